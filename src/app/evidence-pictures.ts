import { text } from './evidence-text.ts';
import type { Breach, Evidence } from './evidence.ts';

const WIDTH = 900;

/** A bar for each incident, one line a cause. */
export function timeline(e: Evidence): string {
  if (e.from === null || e.to === null || e.breaches.rows.length === 0) return '';
  const [from, to] = [Date.parse(e.from), Date.parse(e.to)];
  const causes = [...new Set(e.breaches.rows.map((b) => b.cause))];
  const x = (at: number): number => 180 + ((at - from) / (to - from || 1)) * (WIDTH - 200);
  const bar = (b: Breach): string => {
    const left = x(Date.parse(b.opened));
    const right = x(b.resolved === null ? to : Date.parse(b.resolved));
    const fill = b.severity === 'critical' ? '#b3261e' : '#c77700';
    return `<rect x="${left.toFixed(1)}" y="${6 + 22 * causes.indexOf(b.cause)}" width="${Math.max(2, right - left).toFixed(1)}" height="14" fill="${fill}"><title>${text(`${b.id} ${b.scope}`)}</title></rect>`;
  };
  const labels = causes.map(
    (c, i) => `<text x="172" y="${18 + 22 * i}" text-anchor="end" font-size="12">${text(c)}</text>`,
  );
  return `<svg viewBox="0 0 ${WIDTH} ${22 * causes.length + 8}" role="img" aria-label="Incidents over time, by cause">${labels.join('')}${e.breaches.rows.map(bar).join('')}</svg>`;
}

const COLOURS = ['#1565c0', '#b3261e', '#2e7d32', '#6a1b9a', '#c77700'];

/** Worst PZ over time on a logarithmic axis, one line a model. */
export function pzPicture(e: Evidence): string {
  const { pz } = e.pictures;
  if (pz.length < 2) return '';
  const times = pz.map((p) => Date.parse(p.at));
  const [from, to] = [Math.min(...times), Math.max(...times)];
  const top = Math.max(1, Math.log10(Math.max(...pz.map((p) => p.pz))));
  const x = (at: number): number => 40 + ((at - from) / (to - from || 1)) * (WIDTH - 60);
  const y = (v: number): number => 190 - ((Math.max(-1, Math.log10(v)) + 1) / (top + 1)) * 170;
  const grid = [0.1, 1, 10, 100].filter((v) => Math.log10(v) <= top).map((v) => `<line x1="40" x2="${WIDTH - 20}" y1="${y(v).toFixed(1)}" y2="${y(v).toFixed(1)}" stroke="#ddd"/><text x="34" y="${(y(v) + 4).toFixed(1)}" text-anchor="end" font-size="11">${v}</text>`); // prettier-ignore
  const models = [...new Set(pz.map((p) => p.model))];
  const lines = models.map((model, i) => {
    const points = pz
      .filter((p) => p.model === model)
      .map((p) => `${x(Date.parse(p.at)).toFixed(1)},${y(p.pz).toFixed(1)}`);
    const colour = COLOURS[i % COLOURS.length];
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="1.3"/><text x="${48 + 130 * i}" y="14" font-size="12" fill="${colour}">${text(model)}</text>`;
  });
  return `<svg viewBox="0 0 ${WIDTH} 200" role="img" aria-label="Worst PZ over time, by model">${grid.join('')}${lines.join('')}</svg>`;
}

const STATES = ['OK', 'WIDEN', 'HEDGE_ONLY', 'DO_NOT_USE'] as const;
const STATE_COLOURS = ['#2e7d32', '#c9a200', '#c77700', '#b3261e'];

/** How the gate's time divides into its states, a bar for each model. */
export function gatePicture(e: Evidence): string {
  const rows = e.outcomes.gate.filter((g) => STATES.some((s) => g.seconds[s] > 0));
  if (rows.length === 0) return '';
  const bars = rows.map((g, i) => {
    const total = STATES.reduce((sum, s) => sum + g.seconds[s], 0);
    let x = 180;
    const parts = STATES.map((s, k) => {
      const width = ((WIDTH - 200) * g.seconds[s]) / total;
      const rect = `<rect x="${x.toFixed(1)}" y="${6 + 24 * i}" width="${width.toFixed(1)}" height="16" fill="${STATE_COLOURS[k]}"><title>${s} ${((100 * g.seconds[s]) / total).toFixed(1)} %</title></rect>`;
      x += width;
      return rect;
    });
    return `<text x="172" y="${18 + 24 * i}" text-anchor="end" font-size="12">${text(g.model)}</text>${parts.join('')}`;
  });
  const y = 24 * rows.length + 22;
  const legend = STATES.map(
    (s, k) =>
      `<rect x="${180 + 150 * k}" y="${y - 10}" width="10" height="10" fill="${STATE_COLOURS[k]}"/><text x="${196 + 150 * k}" y="${y}" font-size="12">${s}</text>`,
  );
  return `<svg viewBox="0 0 ${WIDTH} ${y + 8}" role="img" aria-label="Time of the gate in each state, by model">${bars.join('')}${legend.join('')}</svg>`;
}

/** How often alarms were right: a point for the estimate, a line for the 95 % interval, one row a cause. */
export function precisionPicture(e: Evidence): string {
  const rows = e.precision.filter((r) => r.overall.precision !== null);
  if (rows.length === 0) return '';
  const x = (share: number): number => 180 + share * (WIDTH - 200);
  const lines = rows.map((r, i) => {
    const y = 14 + 22 * i;
    const { precision, low, high } = r.overall;
    return `<text x="172" y="${y + 4}" text-anchor="end" font-size="12">${text(r.cause)}</text><line x1="${x(low ?? 0).toFixed(1)}" x2="${x(high ?? 1).toFixed(1)}" y1="${y}" y2="${y}" stroke="#1565c0" stroke-width="2"/><circle cx="${x(precision ?? 0).toFixed(1)}" cy="${y}" r="4" fill="#1565c0"/>`;
  });
  const bottom = 22 * rows.length + 8;
  const axis = [0, 0.5, 0.9, 1].map(
    (v) =>
      `<line x1="${x(v)}" x2="${x(v)}" y1="4" y2="${bottom}" stroke="#ddd"/><text x="${x(v)}" y="${bottom + 12}" text-anchor="middle" font-size="11">${100 * v} %</text>`,
  );
  return `<svg viewBox="0 0 ${WIDTH} ${bottom + 18}" role="img" aria-label="Precision of alarms with its interval, by cause">${axis.join('')}${lines.join('')}</svg>`;
}
