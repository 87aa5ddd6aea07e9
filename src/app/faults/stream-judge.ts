/** Incidents of a stream held against the answer key, and trivial monitors at the same tape. */
import { MAD_TO_SD, median, medianAbsoluteDeviation, quantile } from '../../numeric/robust.ts';
import type { Segment, StreamCase } from './stream-plan.ts';
import type { Opened, PlainSample, SegmentRun } from './stream-run.ts';

/** One onset, judged. */
export interface StreamVerdict {
  readonly fault: string;
  readonly layer: StreamCase['layer'];
  readonly expected: readonly string[];
  readonly hard: boolean;
  readonly level: 0 | 1 | 2;
  readonly magnitude: number;
  readonly shape: StreamCase['shape'];
  /** ISO-8601; seed of the stretch. */
  readonly at: string;
  readonly seed: number;
  /** Seconds, and batches of a second, from the onset to the first incident; null = none came. */
  readonly seconds: number | null;
  readonly batches: number | null;
  readonly first: string | null;
  /** An incident came where one was due, or none where silence was. */
  readonly found: boolean;
  /** The first incident carries a right cause (silence kept where silence is right); any incident does. */
  readonly firstNamed: boolean;
  readonly named: boolean;
}

/** Told this long after the end of a fault it still counts, ms: a batch closes after its second. */
const GRACE_MS = 2_000;

/** Judges every onset of a segment by the incidents opened at one operating point. */
export function judgeCases(segment: Segment, opened: readonly Opened[]): StreamVerdict[] {
  return segment.cases.map((c) => {
    const own = opened.filter((o) => o.at > c.from && o.at <= c.to + GRACE_MS);
    const first: Opened | undefined = own[0];
    const silent = c.causes.length === 0;
    const right = (cause: string): boolean => (c.causes as readonly string[]).includes(cause);
    const seconds = first === undefined ? null : (first.at - c.from) / 1000;
    return {
      fault: c.fault,
      layer: c.layer,
      expected: c.causes,
      hard: c.hard,
      level: c.level,
      magnitude: c.magnitude,
      shape: c.shape,
      at: new Date(c.from).toISOString(),
      seed: segment.seed,
      seconds,
      // The batch that closes in the second of the onset is the first that can show it.
      batches: seconds === null ? null : Math.ceil(seconds),
      first: first?.cause ?? null,
      found: silent ? first === undefined : first !== undefined,
      firstNamed: silent ? first === undefined : first !== undefined && right(first.cause),
      named: silent ? first === undefined : own.some((o) => right(o.cause)),
    };
  });
}

/** Incidents opened while nothing of the answer key was on or could still be felt. */
export function strayOf(segment: Segment, opened: readonly Opened[]): Opened[] {
  return opened.filter((o) => !segment.cases.some((c) => o.at >= c.from && o.at < c.quietUntil));
}

/** Hours of a segment in which any alarm is false. */
export function quietHours(segment: Segment): number {
  const busy = segment.cases.reduce((sum, c) => sum + (c.quietUntil - c.from), 0);
  return (segment.until - segment.startAt - busy) / 3_600_000;
}

/** What a monitor is worth at one setting. */
export interface StreamPoint {
  /** The setting: log-odds in nats, or the share of quiet seconds beyond a trivial monitor's threshold. */
  readonly setting: number;
  /** False alarms a day of quiet time, and those among them that page. */
  readonly falsePerDay: number;
  readonly falsePagesPerDay: number;
  readonly found: number;
  readonly right: number;
  /** Median seconds to the first incident; a miss counts as never (null when more than half are missed). */
  readonly medianSeconds: number | null;
}

const never = (v: number): number | null => (v > 1e8 ? null : v);

/** Worth of one operating point over the given runs; onsets for which silence is right count in `right` only. */
export function pointOf(runs: readonly SegmentRun[], index: number, setting: number): StreamPoint {
  const verdicts = runs.flatMap((r) => judgeCases(r.segment, r.opened[index]));
  const due = verdicts.filter((v) => v.expected.length > 0);
  const stray = runs.flatMap((r) => strayOf(r.segment, r.opened[index]));
  const days = runs.reduce((sum, r) => sum + quietHours(r.segment), 0) / 24;
  return {
    setting,
    falsePerDay: stray.length / days,
    falsePagesPerDay: stray.filter((s) => s.severity === 'critical').length / days,
    found: shareOf(due, (v) => v.found),
    right: shareOf(verdicts, (v) => v.firstNamed),
    medianSeconds: due.length === 0 ? null : never(median(due.map((v) => v.seconds ?? 1e9))),
  };
}

/** Share of a list for which something holds; 0 of an empty one. */
export function shareOf<T>(list: readonly T[], holds: (item: T) => boolean): number {
  return list.length === 0 ? 0 : list.filter(holds).length / list.length;
}

type Pick = (s: PlainSample) => number;
/** Trivial monitors by name: the number they watch. */
const PLAIN: readonly (readonly [string, Pick, boolean])[] = [
  ['fit error', (s) => s.fitError, false],
  ['venue-mark gap', (s) => s.markGap, false],
  ['CUSUM of PZ', (s) => s.logPz, true],
];
/** Shares of quiet seconds beyond the threshold: the settings tried. */
const QUIET_SHARES = [0.05, 0.01, 0.002, 0.0005, 0.0001] as const;
/** Seconds that an alarm keeps quiet after it rang. */
const REFRACTORY_MS = 300_000;
const CUSUM_SLACK = 0.5;
const CUSUM_WINSOR = 6;

/**
 * Curves of the trivial monitors: scale and thresholds from the quiet seconds of the first runs, judged on the second.
 * The CUSUM sums winsorised standard scores of the median ln PZ less half a one.
 */
export function plainCurves(learn: readonly SegmentRun[], judged: readonly SegmentRun[]): Map<string, StreamPoint[]> {
  const curves = new Map<string, StreamPoint[]>();
  for (const [name, pick, summed] of PLAIN) {
    const series = (runs: readonly SegmentRun[], pickScale: Pick) =>
      runs.map((r) => ({ segment: r.segment, values: summed ? cusumOf(r.plain, pickScale) : r.plain.map((s) => pickScale(s)), at: r.plain.map((s) => s.at) })); // prettier-ignore
    const raw = learn.flatMap((r) => r.plain.filter((s) => quietAt(r.segment, s.at)).map(pick)).filter(Number.isFinite);
    if (raw.length < 100) continue;
    const [centre, sd] = [median(raw), Math.max(1e-12, MAD_TO_SD * medianAbsoluteDeviation(raw))];
    const scale: Pick = (s) => (pick(s) - centre) / sd;
    const quiet = series(learn, scale).flatMap((s) => s.values.filter((_, i) => quietAt(s.segment, s.at[i]))).filter(Number.isFinite); // prettier-ignore
    const tested = series(judged, scale);
    curves.set(
      name,
      QUIET_SHARES.map((share) => plainPoint(tested, quantile(quiet, 1 - share), share)),
    );
  }
  return curves;
}

function quietAt(segment: Segment, at: number): boolean {
  return !segment.cases.some((c) => at >= c.from && at < c.quietUntil);
}

function cusumOf(samples: readonly PlainSample[], z: Pick): number[] {
  let sum = 0;
  return samples.map((s) => {
    const v = z(s);
    if (Number.isFinite(v)) sum = Math.max(0, sum + Math.min(CUSUM_WINSOR, v) - CUSUM_SLACK);
    return sum;
  });
}

interface PlainSeries {
  readonly segment: Segment;
  readonly values: readonly number[];
  readonly at: readonly number[];
}

function plainPoint(runs: readonly PlainSeries[], threshold: number, setting: number): StreamPoint {
  let [falseAlarms, hours] = [0, 0];
  const delays: number[] = [];
  for (const { segment, values, at } of runs) {
    hours += quietHours(segment);
    let last = -Infinity;
    values.forEach((v, i) => {
      if (!(v > threshold) || !quietAt(segment, at[i])) return;
      if (at[i] - last > REFRACTORY_MS) falseAlarms++;
      last = at[i];
    });
    for (const c of segment.cases) {
      if (c.causes.length === 0) continue;
      const i = at.findIndex((t, j) => t > c.from && t <= c.to + GRACE_MS && values[j] > threshold);
      delays.push(i < 0 ? 1e9 : (at[i] - c.from) / 1000);
    }
  }
  return {
    setting,
    falsePerDay: (24 * falseAlarms) / hours,
    falsePagesPerDay: (24 * falseAlarms) / hours,
    found: shareOf(delays, (d) => d < 1e8),
    right: 0,
    medianSeconds: delays.length === 0 ? null : never(median(delays)),
  };
}
