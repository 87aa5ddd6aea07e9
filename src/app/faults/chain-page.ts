/** The chain bench told: tables and pictures. */
import type { ChainReport } from './chain-report.ts';
import { confusionLines, confusionOf, confusionSvg, type Confusion } from './confusion.ts';
import { curveSvg } from './curve-svg.ts';

const percent = (v: number): string => `${(100 * v).toFixed(1)} %`;

function confusion(report: ChainReport): Confusion {
  return confusionOf(
    report.cases.map((c) => ({ expected: c.expected, first: c.found ? (c.opened[0] ?? null) : null })),
  );
}

/** The tables of a chain report as text lines. */
export function chainLines(report: ChainReport): string[] {
  const lines = [
    `judged on the half after ${report.split}; threshold ${report.curve.length > 1 ? 'learnt before it' : 'given'}: log-odds ${report.learnt.openLogOdds}`,
    `untouched snapshots opening a data cause: ${percent(report.judged.falseData)}, any cause: ${percent(report.judged.falseAny)}`,
    `found ${percent(report.judged.found)}, top cause right ${percent(report.judged.right)} of all injected cases; ${report.kindsFound95} of the ${report.kinds} published kinds found in 95 % or more`,
    '',
    '| fault | magnitude | cases | found | cause right | fit error | venue-mark gap | CUSUM of PZ | mistaken for |',
    '|---|---:|---:|---:|---:|---:|---:|---:|---|',
  ];
  for (const r of report.rows)
    lines.push(
      `| ${r.fault} | ${r.magnitude} | ${r.cases} | ${percent(r.found)} | ${percent(r.right)} | ${percent(r.baselines['fit error'])} | ${percent(r.baselines['venue-mark gap'])} | ${percent(r.baselines['CUSUM of PZ'])} | ${r.mistaken.map(([c, n]) => `${c} ${n}`).join(', ')} |`,
    );
  lines.push('', ...confusionLines(confusion(report)));
  lines.push(
    '',
    '| log-odds | untouched with any incident | with a data cause | found | cause right |',
    '|---:|---:|---:|---:|---:|',
  );
  for (const p of report.curve)
    lines.push(
      `| ${p.openLogOdds} | ${percent(p.falseAny)} | ${percent(p.falseData)} | ${percent(p.found)} | ${percent(p.right)} |`,
    );
  if (report.variants.length === 0) return lines;
  lines.push(
    '',
    '| fault | shape | magnitude | cases | found | cause right | p50 snapshots |',
    '|---|---|---:|---:|---:|---:|---:|',
  );
  const order = report.variants.toSorted((a, b) => (a.fault < b.fault ? -1 : a.fault > b.fault ? 1 : a.shape < b.shape ? -1 : a.shape > b.shape ? 1 : a.level - b.level)); // prettier-ignore
  for (const v of order)
    lines.push(
      `| ${v.fault} | ${v.shape} | ${v.magnitude} | ${v.cases} | ${percent(v.found)} | ${percent(v.right)} | ${v.medianDelay ?? 'missed'} |`,
    );
  return lines;
}

/** Pictures by file name: found against false alarms, beside the trivial monitors; delays by course; the confusion of causes. */
export function chainPictures(report: ChainReport): Record<string, string> {
  const share = (v: number): string => `${Math.round(100 * v)} %`;
  const x = 'share of untouched snapshots with an alarm';
  const found = curveSvg({ x, y: 'share of faults found at once', highest: 1, yLabel: share }, [
    { name: 'monitor', points: report.curve.map((p) => ({ x: p.falseAny, y: p.found, label: `${p.openLogOdds}` })) },
    ...Object.entries(report.trivial).map(([name, points]) => ({
      name,
      points: points.map((p) => ({ x: p.falseAny, y: p.found, label: '' })),
    })),
  ]);
  const pictures: Record<string, string> = {
    'found-curve.svg': found,
    'confusion.svg': confusionSvg(confusion(report)),
  };
  if (report.variants.length === 0) return pictures;
  const courses = ['abrupt', 'ramp', 'intermittent'].map((shape) => {
    const own = report.variants.filter((v) => v.shape === shape);
    const cases = own.reduce((sum, v) => sum + v.cases, 0);
    const by = (n: number): number =>
      own.reduce((sum, v) => sum + (v.medianDelay !== null && v.medianDelay <= n ? v.cases : 0), 0) /
      Math.max(1, cases);
    return { name: shape, points: [0, 1, 2, 3, 4, 5].map((n) => ({ x: n, y: by(n), label: '' })) };
  });
  const axes = {
    x: 'snapshots after the onset',
    y: 'share of kinds and sizes found by then (median case)',
    highest: 1,
    yLabel: share,
  };
  return { ...pictures, 'delay-by-course.svg': curveSvg(axes, courses) };
}
