/** The chain bench judged: thresholds learnt on one half of the tape, everything reported on the other. */
import { median, medianAbsoluteDeviation, quantile, MAD_TO_SD } from '../../numeric/robust.ts';
import type { ChainBenchResult, CleanCase, FaultCase } from './chain-bench.ts';
import { FAULTS } from './kinds.ts';
import type { PlainStatistics } from './plain-statistics.ts';

/** One operating point: the threshold with what it cost and found. */
export interface OperatingPoint {
  readonly openLogOdds: number;
  /** Share of untouched snapshots that open an incident with a data cause, and with any. */
  readonly falseData: number;
  readonly falseAny: number;
  readonly found: number;
  readonly right: number;
}

/** One fault kind at the published magnitude. */
export interface FaultRow {
  readonly fault: string;
  readonly magnitude: number;
  readonly cases: number;
  readonly found: number;
  readonly right: number;
  /** Top causes of the cases that were named wrongly, most frequent first; `-` is silence. */
  readonly mistaken: readonly (readonly [string, number])[];
  /** Share found by each trivial monitor at 5 % false alarms. */
  readonly baselines: Readonly<Record<string, number>>;
}

/** One size and course of one kind, at the learnt threshold on the judged half. */
export interface VariantRow {
  readonly fault: string;
  readonly shape: string;
  readonly magnitude: number;
  readonly level: 0 | 1 | 2;
  readonly cases: number;
  readonly found: number;
  readonly right: number;
  /** Median snapshots from the onset to the first incident, misses counting as never; null when more than half are missed. */
  readonly medianDelay: number | null;
}

/** A trivial monitor at one threshold: share of untouched snapshots beyond it, share of faults found. */
export interface TrivialPoint {
  readonly falseAny: number;
  readonly found: number;
}

/** The report of a run. */
export interface ChainReport {
  readonly split: string;
  readonly learnt: OperatingPoint;
  readonly judged: OperatingPoint;
  readonly curve: readonly OperatingPoint[];
  readonly rows: readonly FaultRow[];
  /** Of the sixteen published kinds: how many ran, and how many were found in 95 % or more. */
  readonly kinds: number;
  readonly kindsFound95: number;
  /** The judged half's cases of the published size at the learnt threshold. */
  readonly cases: readonly FaultCase[];
  readonly variants: readonly VariantRow[];
  /** Trivial monitors, thresholds from the learning half, judged on the other. */
  readonly trivial: Readonly<Record<string, readonly TrivialPoint[]>>;
}

/** Largest share of untouched snapshots that may open a data cause. */
const FALSE_LIMIT = 0.05;

/** A run of the whole tape at one threshold. */
export interface RunAt {
  readonly openLogOdds: number;
  readonly result: ChainBenchResult;
}

/** Judges runs at several thresholds; `plain` is a run whose monitor never interferes, for the trivial monitors. */
export function chainReport(runs: readonly RunAt[], plain: ChainBenchResult): ChainReport {
  const times = runs[0].result.clean.map((c) => c.at).toSorted((a, b) => a - b);
  const middle = times[Math.floor(times.length / 2)] ?? Infinity;
  const first = runs.map((r) => point(r, (at) => at < middle));
  const second = runs.map((r) => point(r, (at) => at >= middle));
  const allowed = first.filter((p) => p.falseData <= FALSE_LIMIT && p.falseAny <= 2 * FALSE_LIMIT);
  const learnt = allowed.length === 0 ? first[first.length - 1] : best(allowed);
  const chosen = runs.findIndex((r) => r.openLogOdds === learnt.openLogOdds);
  const judgedCases = runs[chosen].result.cases.filter((c) => c.at >= middle);
  const rows = faultRows(judgedCases, plain, middle);
  const published = new Set(FAULTS.map((f) => f.name));
  const main = rows.filter((r) => published.has(r.fault));
  return {
    split: new Date(middle).toISOString(),
    learnt,
    judged: second[chosen],
    curve: second,
    rows,
    kinds: new Set(main.map((r) => r.fault)).size,
    kindsFound95: main.filter((r) => r.found >= 0.95).length,
    cases: judgedCases,
    variants: [],
    trivial: trivialCurves(plain, middle),
  };
}

/** The report with a run of the other sizes and courses at its threshold. */
export function withVariants(report: ChainReport, run: ChainBenchResult): ChainReport {
  const middle = Date.parse(report.split);
  const groups = new Map<string, FaultCase[]>();
  for (const c of run.cases) {
    if (c.at < middle) continue;
    const key = `${c.fault} ${c.shape} ${c.level}`;
    groups.set(key, [...(groups.get(key) ?? []), c]);
  }
  const variants = [...groups.values()].map((own): VariantRow => {
    const delay = median(own.map((c) => c.delay ?? 1e9));
    const { fault, shape, magnitude, level } = own[0];
    return {
      fault,
      shape,
      magnitude,
      level,
      cases: own.length,
      found: share(own, (c) => c.found),
      right: share(own, (c) => c.right),
      medianDelay: delay > 1e6 ? null : delay,
    };
  });
  return { ...report, variants };
}

/** Shares of untouched snapshots beyond a trivial monitor's threshold that are tried. */
const TRIVIAL_SHARES = [0.01, 0.02, 0.05, 0.1, 0.2] as const;

function trivialCurves(plain: ChainBenchResult, middle: number): Record<string, TrivialPoint[]> {
  const learn = plain.clean.filter((c) => c.at < middle);
  const clean = plain.clean.filter((c) => c.at >= middle);
  const cases = plain.cases.filter((c) => c.at >= middle);
  const curves: Record<string, TrivialPoint[]> = {};
  for (const tolerated of TRIVIAL_SHARES)
    for (const { name, alarms } of trivialLimits(learn, tolerated))
      (curves[name] ??= []).push({
        falseAny: share(clean, (c) => alarms(c.statistics)),
        found: share(cases, (c) => alarms(c.statistics)),
      });
  return curves;
}

/** The least sensitive threshold that names nearly as many as the best: what is gained by the last per cent is noise. */
function best(points: readonly OperatingPoint[]): OperatingPoint {
  const most = Math.max(...points.map((p) => p.right)) - 0.01;
  return points.filter((p) => p.right >= most).reduce((a, b) => (b.openLogOdds > a.openLogOdds ? b : a));
}

function point(run: RunAt, inside: (at: number) => boolean): OperatingPoint {
  const clean = run.result.clean.filter((c) => inside(c.at));
  const cases = run.result.cases.filter((c) => inside(c.at));
  return {
    openLogOdds: run.openLogOdds,
    falseData: share(clean, (c) => c.dataCause),
    falseAny: share(clean, (c) => c.opened.length > 0),
    found: share(cases, (c) => c.found),
    right: share(cases, (c) => c.right),
  };
}

function share<T>(list: readonly T[], holds: (item: T) => boolean): number {
  return list.length === 0 ? 0 : list.filter(holds).length / list.length;
}

function faultRows(cases: readonly FaultCase[], plain: ChainBenchResult, middle: number): FaultRow[] {
  const limits = trivialLimits(
    plain.clean.filter((c) => c.at < middle),
    FALSE_LIMIT,
  );
  const rows: FaultRow[] = [];
  for (const name of new Set(cases.map((c) => c.fault))) {
    const own = cases.filter((c) => c.fault === name);
    const bare = plain.cases.filter((c) => c.fault === name && c.at >= middle);
    const wrong = new Map<string, number>();
    for (const c of own) if (!c.right) wrong.set(c.opened[0] ?? '-', (wrong.get(c.opened[0] ?? '-') ?? 0) + 1);
    rows.push({
      fault: name,
      magnitude: own[0].magnitude,
      cases: own.length,
      found: share(own, (c) => c.found),
      right: share(own, (c) => c.right),
      mistaken: [...wrong].toSorted((a, b) => b[1] - a[1]),
      baselines: Object.fromEntries(limits.map((l) => [l.name, share(bare, (c) => l.alarms(c.statistics))])),
    });
  }
  return rows;
}

interface Trivial {
  readonly name: string;
  readonly alarms: (s: PlainStatistics) => boolean;
}

/** Thresholds of the trivial monitors that a tolerated share of the learning half exceeds; the CUSUM's one step is z - 0.5 on ln PZ. */
function trivialLimits(clean: readonly CleanCase[], tolerated: number): Trivial[] {
  const of = (pick: (s: PlainStatistics) => number): number[] =>
    clean.map((c) => pick(c.statistics)).filter(Number.isFinite);
  const fit = quantile(
    of((s) => s.fitError),
    1 - tolerated,
  );
  const gap = quantile(
    of((s) => s.markGap),
    1 - tolerated,
  );
  const pz = of((s) => s.logPz);
  const centre = median(pz);
  const sd = MAD_TO_SD * medianAbsoluteDeviation(pz);
  const z = (v: number): number => Math.min(6, (v - centre) / sd) - 0.5;
  const sum = quantile(pz.map(z), 1 - tolerated);
  return [
    { name: 'fit error', alarms: (s) => s.fitError > fit },
    { name: 'venue-mark gap', alarms: (s) => s.markGap > gap },
    { name: 'CUSUM of PZ', alarms: (s) => z(s.logPz) > sum },
  ];
}
