/** A certificate as lines of text for a terminal, and as an SVG picture. */
import type { CertifiedNode, CurveCertificate } from '../../credit/certificate.ts';

/** Half-width of the residual bar in cells, at {@link BAR_RANGE} half-spreads. */
const BAR_CELLS = 10;
const BAR_RANGE = 2;

/** A table of nodes with a bar per residual, and what the curve comes to. */
export function certificateLines(name: string, certificate: CurveCertificate): string[] {
  const { nodes } = certificate;
  const highest = Math.max(...nodes.map((n) => n.hazard + n.hazardError), 1e-12);
  const lines = [
    `${name}: ${nodes.length} nodes, rms ${fixed(certificate.rms, 3)} half-spreads, largest ${fixed(certificate.largest, 3)}, ` +
      `${(100 * certificate.inside).toFixed(0)} % inside bid and ask`,
    `nearest arbitrage: ${certificate.nearestArbitrage}, ${fixed(certificate.distanceToArbitrage, 1)} half-spreads away` +
      (Number.isNaN(certificate.ageMs) ? '' : `; oldest quote ${fixed(certificate.ageMs / 1000, 0)} s`),
    '',
    ' node      hazard   +- 1 sd  survival   to arb.   without  residual (half-spreads)',
  ];
  for (const n of nodes) {
    lines.push(
      `${n.node.padStart(5)} ${percent(n.hazard, 4)} ${percent(n.hazardError, 4)} ${percent(n.survival, 3)} ` +
        `${fixed(n.distanceToArbitrage, 1).padStart(9)} ${fixed(n.withoutIt, 1).padStart(9)}  ${bar(n.residual)} ${fixed(n.residual, 3)}` +
        (n.status === 'ok' ? '' : ` ${n.status}`),
    );
  }
  lines.push('', 'forward hazard with one standard deviation:');
  for (const n of nodes) lines.push(`${n.node.padStart(5)} |${band(n, highest)}`);
  return lines;
}

function bar(residual: number): string {
  const size = Math.min(BAR_CELLS, Math.round((Math.abs(residual) / BAR_RANGE) * BAR_CELLS));
  const left = residual < 0 ? '#'.repeat(size) : '';
  const right = residual > 0 ? '#'.repeat(size) : '';
  return `${left.padStart(BAR_CELLS)}|${right.padEnd(BAR_CELLS)}`;
}

/** Cells of the hazard chart. */
const WIDTH = 60;

function band(node: CertifiedNode, highest: number): string {
  const at = (v: number): number => Math.max(0, Math.min(WIDTH - 1, Math.round((v / highest) * (WIDTH - 1))));
  const cells = Array.from({ length: WIDTH }, () => ' ');
  for (let i = at(node.hazard - node.hazardError); i <= at(node.hazard + node.hazardError); i++) cells[i] = '-';
  cells[at(node.hazard)] = 'o';
  return `${cells.join('').trimEnd()}  ${percent(node.hazard, 2).trim()}`;
}

function percent(v: number, digits: number): string {
  return `${(100 * v).toFixed(digits)}%`.padStart(9);
}

function fixed(v: number, digits: number): string {
  return Number.isFinite(v) ? v.toFixed(digits) : '-';
}

const [SVG_WIDTH, SVG_HEIGHT, LEFT, TOP, BOTTOM, RESIDUALS] = [760, 460, 64, 56, 40, 110];

/** The curve as steps with its band, and the residuals below; no script, no outside reference. */
export function certificateSvg(name: string, certificate: CurveCertificate): string {
  const { nodes } = certificate;
  const end = nodes[nodes.length - 1].years;
  const low = Math.min(0, ...nodes.map((n) => n.hazard - n.hazardError));
  const high = Math.max(...nodes.map((n) => n.hazard + n.hazardError), 1e-12);
  const floor = SVG_HEIGHT - BOTTOM - RESIDUALS;
  const x = (t: number): string => (LEFT + (t / end) * (SVG_WIDTH - LEFT - 20)).toFixed(2);
  const y = (h: number): string => (floor - ((h - low) / (high - low)) * (floor - TOP)).toFixed(2);
  const starts = nodes.map((_, i) => (i === 0 ? 0 : nodes[i - 1].years));
  const bands = nodes.map((n, i) => {
    const top = y(n.hazard + n.hazardError);
    const height = (Number(y(n.hazard - n.hazardError)) - Number(top)).toFixed(2);
    const width = (Number(x(n.years)) - Number(x(starts[i]))).toFixed(2);
    return `<rect x="${x(starts[i])}" y="${top}" width="${width}" height="${height}" fill="#4477aa" fill-opacity="0.25"/>`;
  });
  const steps = nodes.map(
    (n, i) => `${i === 0 ? 'M' : 'L'}${x(starts[i])} ${y(n.hazard)}L${x(n.years)} ${y(n.hazard)}`,
  );
  const middle = SVG_HEIGHT - BOTTOM - RESIDUALS / 2 + 8;
  const reach = RESIDUALS / 2 - 18;
  const bars = nodes.map((n) => {
    const size = Math.max(-1, Math.min(1, n.residual / BAR_RANGE)) * reach;
    const top = size > 0 ? middle - size : middle;
    const colour = Math.abs(n.residual) > 1 ? '#cc3311' : '#228833';
    return (
      `<rect x="${(Number(x(n.years)) - 4).toFixed(2)}" y="${top.toFixed(2)}" width="8" height="${Math.max(1, Math.abs(size)).toFixed(2)}" fill="${colour}"/>` +
      `<text x="${x(n.years)}" y="${SVG_HEIGHT - 18}" text-anchor="middle">${escaped(n.node)}</text>`
    );
  });
  const line = (at: number, dash: string): string =>
    `<line x1="${LEFT}" x2="${SVG_WIDTH - 20}" y1="${at.toFixed(2)}" y2="${at.toFixed(2)}" stroke="#888" stroke-dasharray="${dash}"/>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SVG_WIDTH} ${SVG_HEIGHT}" font-family="sans-serif" font-size="12" role="img">`,
    `<title>${escaped(name)}: forward hazards, their bands and the residuals of the quotes</title>`,
    `<rect width="${SVG_WIDTH}" height="${SVG_HEIGHT}" fill="#fff"/>`,
    `<text x="${LEFT}" y="22" font-size="15">${escaped(name)}: forward hazard, 1/year, with one standard deviation</text>`,
    `<text x="${LEFT}" y="40">rms ${fixed(certificate.rms, 3)} half-spreads; nearest arbitrage ${escaped(certificate.nearestArbitrage)}, ${fixed(certificate.distanceToArbitrage, 1)} half-spreads away</text>`,
    `<text x="${LEFT - 6}" y="${y(high)}" text-anchor="end">${(100 * high).toFixed(2)}%</text>`,
    `<text x="${LEFT - 6}" y="${y(low)}" text-anchor="end">${(100 * low).toFixed(2)}%</text>`,
    line(Number(y(0)), ''),
    ...bands,
    `<path d="${steps.join('')}" fill="none" stroke="#004488" stroke-width="2"/>`,
    line(middle, ''),
    line(middle - reach / BAR_RANGE, '3 3'),
    line(middle + reach / BAR_RANGE, '3 3'),
    `<text x="${LEFT - 6}" y="${middle + 4}" text-anchor="end">residual</text>`,
    ...bars,
    '</svg>',
    '',
  ].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
