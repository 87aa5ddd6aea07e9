/** Exposure by kind of fault over several seeds, with the gate and without it (SYNTHETIC), and what the gate costs in quiet. */
import { ExposureWatch, type FaultExposure } from './exposure-watch.ts';
import { GateWatch } from './gate-watch.ts';
import { loopPlan, quietScript } from './run-loop-bench.ts';
import { runTape, TAPE_START, type TapeOptions } from './tape.ts';
import { watching, type Watcher } from './watchers.ts';

/** What to run. */
export interface ExposureBenchOptions {
  readonly seeds: readonly number[];
  /** Of the tape with faults and of the one without, each seed. */
  readonly days: number;
  readonly instrumentLimit: number | null;
  readonly onProgress: (what: string, share: number) => void;
}

/** Faults of one kind over all seeds. */
export interface ExposureRow {
  readonly fault: string;
  readonly n: number;
  /** Median and ninetieth percentile of vega-seconds, USD per volatility point x s. */
  readonly gated: readonly [number, number];
  readonly ungated: readonly [number, number];
  /** The same of the seconds until the gate left OK, over those of which it did; and how many it never did. */
  readonly left_ok_s: readonly [number, number];
  readonly never: number;
}

/** Result of the bench. */
export interface ExposureBenchResult {
  /** Every fault that was met. */
  readonly faults: readonly FaultExposure[];
  readonly rows: readonly ExposureRow[];
  readonly gated: number;
  readonly ungated: number;
  /** Share of lease time that was not OK on the tape without faults, by seed. */
  readonly quiet: readonly { readonly seed: number; readonly not_ok_share: number; readonly lease_hours: number }[];
}

/** Kinds come in turn: every seed begins so many further, so that a few short tapes hold them all. */
const TURN = 8;

/** Runs both tapes of every seed. */
export function runExposureBench(options: ExposureBenchOptions): ExposureBenchResult {
  const { seeds, days, instrumentLimit, onProgress } = options;
  const minutes = days * 1_440;
  const found: FaultExposure[] = [];
  const quiet: { seed: number; not_ok_share: number; lease_hours: number }[] = [];
  for (const [i, seed] of seeds.entries()) {
    const run = (half: 0 | 0.5, tape: Partial<TapeOptions>, watcher: Watcher): void => {
      const told: Watcher = {
        onStep: (_state, _simulation, _truth, at) =>
          onProgress('exposure', (i + half + (0.5 * (at - TAPE_START)) / (60_000 * minutes)) / seeds.length),
      };
      runTape({ seed, minutes, instrumentLimit, keep: false, ...tape, ...watching([watcher, told]) });
    };
    const exposure = new ExposureWatch(TAPE_START);
    run(0, { faults: loopPlan(seed, days, TURN * seed) }, exposure);
    found.push(...exposure.exposure());
    const gate = new GateWatch(TAPE_START);
    run(0.5, { script: quietScript(days) }, gate);
    const { not_ok_share, lease_hours } = gate.leaseTime();
    quiet.push({ seed, not_ok_share, lease_hours });
  }
  const rows = [...Map.groupBy(found, (e) => e.fault)].map(([fault, each]) => rowOf(fault, each));
  return {
    faults: found,
    rows: rows.toSorted((a, b) => b.ungated[0] - a.ungated[0] || (a.fault < b.fault ? -1 : 1)),
    gated: found.reduce((s, e) => s + e.vega_seconds, 0),
    ungated: found.reduce((s, e) => s + e.ungated_vega_seconds, 0),
    quiet,
  };
}

function rowOf(fault: string, each: readonly FaultExposure[]): ExposureRow {
  const left = each.flatMap((e) => (e.left_ok_s === null ? [] : [e.left_ok_s]));
  return {
    fault,
    n: each.length,
    gated: quantiles(each.map((e) => e.vega_seconds)),
    ungated: quantiles(each.map((e) => e.ungated_vega_seconds)),
    left_ok_s: quantiles(left),
    never: each.length - left.length,
  };
}

/** Median and ninetieth percentile, of the values that are there; NaN of none. */
function quantiles(values: readonly number[]): [number, number] {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (p: number): number => sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? NaN;
  return [at(0.5), at(0.9)];
}

/** What may be lost without a fault: half a per cent of lease time. */
const MOST_NOT_OK = 0.005;

/** What of the promises of docs/gate.md the result breaks, in words; empty = none. */
export function brokenExposure(r: ExposureBenchResult): string[] {
  const broken = r.quiet
    .filter((q) => !(q.not_ok_share <= MOST_NOT_OK))
    .map((q) => `seed ${q.seed}: not OK ${(100 * q.not_ok_share).toFixed(2)} % of lease time without faults against ${100 * MOST_NOT_OK} %`); // prettier-ignore
  return r.gated <= r.ungated ? broken : [...broken, `exposure ${r.gated} with the gate against ${r.ungated} without`];
}

/** Lines of Markdown. */
export function exposureLines(r: ExposureBenchResult, broken: readonly string[]): string[] {
  const whole = (v: number): string => Math.round(v).toString();
  const seconds = (v: number): string => (Number.isFinite(v) ? v.toFixed(1) : '-');
  return [
    'USD per volatility point x seconds of one at-the-money option per expiry with the truth outside the published band (SYNTHETIC).',
    '',
    '| fault | n | under OK, median | p90 | without the gate, median | p90 | s until OK was left, median | p90 | never |',
    '|---|---|---|---|---|---|---|---|---|',
    ...r.rows.map(
      (e) =>
        `| ${e.fault} | ${e.n} | ${e.gated.map(whole).join(' | ')} | ${e.ungated.map(whole).join(' | ')} | ${e.left_ok_s.map(seconds).join(' | ')} | ${e.never} |`,
    ),
    '',
    `Together ${whole(r.gated)} under OK, ${whole(r.ungated)} without the gate.`,
    ...r.quiet.map((q) => `Without faults, seed ${q.seed}: not OK ${(100 * q.not_ok_share).toFixed(3)} % of ${whole(q.lease_hours)} lease hours.`), // prettier-ignore
    '',
    broken.length === 0 ? 'Every promise holds.' : 'Promises that do not hold:',
    ...broken.map((b) => `- ${b}`),
  ];
}
