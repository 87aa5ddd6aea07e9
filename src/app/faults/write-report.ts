/** The bench's results as files: machine-readable, a table to read, the curve to look at, the answer key. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { quantile } from '../../numeric/robust.ts';
import type { ChainBenchResult } from './chain-bench.ts';
import type { ChainReport } from './chain-report.ts';
import { curveSvg } from './curve-svg.ts';
import type { LiveBenchResult } from './live-bench.ts';

const percent = (v: number): string => `${(100 * v).toFixed(1)} %`;

/** The table of a chain report as text lines. */
export function chainTable(report: ChainReport): string[] {
  const lines = [
    `judged on the half after ${report.split}; threshold learnt before it: log-odds ${report.learnt.openLogOdds}`,
    `untouched snapshots opening a data cause: ${percent(report.judged.falseData)}, any cause: ${percent(report.judged.falseAny)}`,
    `found ${percent(report.judged.found)}, top cause right ${percent(report.judged.right)} of all injected cases; ${report.kindsFound95} of ${report.kinds} kinds found in 95 % or more`,
    '',
    '| fault | magnitude | cases | found | cause right | fit error | venue-mark gap | CUSUM of PZ | mistaken for |',
    '|---|---:|---:|---:|---:|---:|---:|---:|---|',
  ];
  for (const r of report.rows)
    lines.push(
      `| ${r.fault} | ${r.magnitude} | ${r.cases} | ${percent(r.found)} | ${percent(r.right)} | ${percent(r.baselines['fit error'])} | ${percent(r.baselines['venue-mark gap'])} | ${percent(r.baselines['CUSUM of PZ'])} | ${r.mistaken.map(([c, n]) => `${c} ${n}`).join(', ')} |`,
    );
  return lines;
}

/** Writes `report.json`, `report.md`, `curve.svg` and `answer-key.ndjson` into a directory. */
export function writeChainReport(directory: string, report: ChainReport, result: ChainBenchResult): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(directory, 'report.md'), `# Faults in recorded chains\n\n${chainTable(report).join('\n')}\n`);
  const points = report.curve.map((p) => ({ x: p.falseAny, y: p.found, label: `${p.openLogOdds}` }));
  writeFileSync(
    join(directory, 'curve.svg'),
    curveSvg('share of untouched snapshots with an incident', 'share of faults found at once', points),
  );
  const key = result.cases.map((c) =>
    JSON.stringify({
      at: new Date(c.at).toISOString(),
      underlying: c.underlying,
      fault: c.fault,
      magnitude: c.magnitude,
      expected: c.expected,
      opened: c.opened,
      found: c.found,
      right: c.right,
    }),
  );
  writeFileSync(join(directory, 'answer-key.ndjson'), `${key.join('\n')}\n`);
}

/** The table of a live run as text lines. */
export function liveTable(result: LiveBenchResult): string[] {
  const lines = [
    `SYNTHETIC venue, ${result.cases.length} onsets in ${Math.round(result.seconds)} s of event time; ${result.stray.length} incidents away from any fault`,
    '',
    '| fault | onsets | found | p50 s | p95 s | first cause right | a right cause |',
    '|---|---:|---:|---:|---:|---:|---:|',
  ];
  const row = (name: string, own: LiveBenchResult['cases']): void => {
    if (own.length === 0) return;
    const delays = own.map((c) => c.seconds ?? 1e9);
    const at = (p: number): string => {
      const v = quantile(delays, p);
      return v > 1e6 ? 'missed' : v.toFixed(1);
    };
    const share = (holds: (c: LiveBenchResult['cases'][number]) => boolean): string =>
      percent(own.filter(holds).length / own.length);
    lines.push(
      `| ${name} | ${own.length} | ${share((c) => c.seconds !== null)} | ${at(0.5)} | ${at(0.95)} | ${share((c) => c.firstNamed)} | ${share((c) => c.named)} |`,
    );
  };
  for (const name of new Set(result.cases.map((c) => c.fault)))
    row(
      name,
      result.cases.filter((c) => c.fault === name),
    );
  row(
    'all hard faults',
    result.cases.filter((c) => c.hard),
  );
  return lines;
}

/** Writes `report.json`, `report.md`, `curve.svg` (share found by seconds) and `answer-key.ndjson` into a directory. */
export function writeLiveReport(directory: string, result: LiveBenchResult): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'report.json'), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(
    join(directory, 'report.md'),
    `# Faults on the simulated venue (SYNTHETIC)\n\n${liveTable(result).join('\n')}\n`,
  );
  const points = [1, 2, 3, 4, 5, 7, 10, 15, 20, 30].map((s) => ({
    x: s,
    y: result.cases.filter((c) => c.seconds !== null && c.seconds <= s).length / result.cases.length,
    label: `${s} s`,
  }));
  writeFileSync(join(directory, 'curve.svg'), curveSvg('seconds after onset', 'share of onsets found', points));
  writeFileSync(join(directory, 'answer-key.ndjson'), `${result.cases.map((c) => JSON.stringify(c)).join('\n')}\n`);
}
