/** What a hedge backtest has to say, as plain data: families side by side, slopes by window and regime, winners. */
import { BACKTEST_FAMILIES, type HedgeBacktest } from '../hedge/backtest.ts';
import { DELTAS, TENORS, type Bucket } from '../hedge/bucket.ts';
import type { LedgerFilter } from '../hedge/hedge-ledger.ts';
import { regimesOf, type Regime } from '../hedge/regime.ts';
import { evidenceLines, type EvidenceLine } from './hedge-evidence-lines.ts';
import { compare, initComparison } from '../policy/promotion.ts';
import { clusterSlope, pairedSlopeDifference } from '../hedge/slope.ts';

/** A named span of time; bounds epoch ms, from inclusive, to exclusive; `outside` takes the complement. */
export interface ReportWindow {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly outside?: boolean;
}

/** One family over one set of options. */
export interface FamilyLine {
  readonly type: 'family';
  readonly underlying: string;
  /** `all`, or `otm`: |delta| below a half. */
  readonly set: string;
  readonly window: string;
  readonly family: string;
  readonly n: number;
  /** Share of rows the family itself hedged; Black stood in on the others. */
  readonly answered: number | null;
  /** 1 - Var(hedged)/Var(unhedged). */
  readonly variance_reduction_coin: number | null;
  readonly variance_reduction_usd: number | null;
  /** 1 - mean square of the family over that of the reference. */
  readonly gain_coin: number | null;
  readonly gain_usd: number | null;
  /** Diebold-Mariano against the reference; positive: the family loses less. */
  readonly dm_coin: number | null;
  readonly dm_usd: number | null;
  /** Mean rebalancing cost a step, basis points of a coin. */
  readonly cost_bp: number | null;
}

/** One slope; null figures where data are too few. */
export interface SlopeLine {
  readonly type: 'slope';
  readonly underlying: string;
  readonly side: string;
  readonly delta: string;
  readonly tenor: string;
  readonly window: string;
  readonly regime: string;
  readonly family: string;
  readonly beta: number | null;
  readonly se: number | null;
  readonly naive_se: number | null;
  readonly n: number;
  readonly clusters: number;
  /** Paired difference to the reference family, and its error. */
  readonly minus_reference: number | null;
  readonly minus_reference_se: number | null;
}

/** The best family of one bucket. */
export interface WinnerLine {
  readonly type: 'winner';
  readonly underlying: string;
  readonly side: string;
  readonly delta: string;
  readonly tenor: string;
  readonly currency: 'coin' | 'usd';
  readonly family: string;
  readonly n: number;
  readonly gain: number;
  readonly dm: number | null;
  readonly p: number | null;
  /** log10 of the sequential evidence (block averages) that it beats the reference, may be read at any time; null for the reference. */
  readonly evidence: number | null;
}

/** One family on the book that was asked about. */
export interface BookLine {
  readonly type: 'book';
  readonly underlying: string;
  readonly family: string;
  readonly steps: number;
  /** Standard deviation of a step's change: coin, and USD over the forward. */
  readonly unhedged_coin: number;
  readonly hedged_coin: number;
  readonly unhedged_usd: number;
  readonly hedged_usd: number;
  readonly variance_reduction_coin: number | null;
  readonly variance_reduction_usd: number | null;
  /** Of all steps, coin. */
  readonly cost_coin: number;
}

/** Everything. */
export interface HedgeReport {
  readonly steps: number;
  readonly windows: readonly ReportWindow[];
  readonly families: readonly FamilyLine[];
  readonly slopes: readonly SlopeLine[];
  readonly winners: readonly WinnerLine[];
  readonly book: readonly BookLine[];
  readonly evidence: readonly EvidenceLine[];
}

/** What to report. */
export interface ReportRequest {
  readonly windows: readonly ReportWindow[];
  /** Families whose slopes are listed. */
  readonly slopeFamilies: readonly string[];
  /** Newey-West lags of slopes, in steps; 0 = clusters only. */
  readonly lags: number;
}

/** The family all others are compared with: Black's delta in the right convention of each currency. */
export const REFERENCE_FAMILY = 'sticky-strike';
/** Days of data that the Diebold-Mariano test lets depend on each other. */
const DEPENDENT_MS = 2 * 86_400_000;
/** A winner is named from this many option-steps on. */
const MINIMUM_ROWS = 100;

const orNull = (v: number | undefined): number | null => (v !== undefined && Number.isFinite(v) ? v : null);

/** A pause longer than this starts another stretch of the recording. */
const LONGEST_PAUSE_MS = 3 * 86_400_000;

/** Stretches of the recording between long pauses, named by their dates, when there are several. */
export function recordingSegments(backtest: HedgeBacktest): ReportWindow[] {
  const times = [...new Set(backtest.returns.map((r) => r.at))].toSorted((a, b) => a - b);
  const segments: ReportWindow[] = [];
  let first = 0;
  for (let i = 1; i <= times.length; i++) {
    if (i < times.length && times[i] - times[i - 1] <= LONGEST_PAUSE_MS) continue;
    const [from, to] = [times[first], times[i - 1] + 1];
    segments.push({ name: `${isoDay(from)}..${isoDay(to)}`, from, to });
    first = i;
  }
  return segments.length > 1 ? segments : [];
}

function isoDay(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** Tells of every step whether it is inside a window. */
export function inWindow(w: ReportWindow): (at: number) => boolean {
  return (at) => (at >= w.from && at < w.to) !== (w.outside === true);
}

/** The report of a finished backtest. */
export function hedgeReport(backtest: HedgeBacktest, request: ReportRequest): HedgeReport {
  const underlyings = [...new Set(backtest.returns.map((r) => r.underlying))].toSorted();
  const whole: ReportWindow = { name: 'all', from: -Infinity, to: Infinity };
  const windows = [whole, ...request.windows];
  const families: FamilyLine[] = [];
  const slopes: SlopeLine[] = [];
  const winners: WinnerLine[] = [];
  for (const underlying of underlyings) {
    for (const window of windows) families.push(...familyLines(backtest, underlying, window));
    slopes.push(...slopeLines(backtest, underlying, windows, request));
    winners.push(...winnerLines(backtest, underlying));
  }
  const book = underlyings.flatMap((u) => bookLines(backtest, u));
  const evidence = evidenceLines(backtest, underlyings, REFERENCE_FAMILY, request.slopeFamilies);
  return { steps: backtest.returns.length, windows, families, slopes, winners, book, evidence };
}

function bookLines(backtest: HedgeBacktest, underlying: string): BookLine[] {
  return backtest.book.scores(underlying).map((s) => ({
    type: 'book',
    underlying,
    family: s.family,
    steps: s.steps,
    unhedged_coin: s.coinUnhedged,
    hedged_coin: s.coinHedged,
    unhedged_usd: s.usdUnhedged,
    hedged_usd: s.usdHedged,
    variance_reduction_coin: orNull(1 - (s.coinHedged * s.coinHedged) / (s.coinUnhedged * s.coinUnhedged)),
    variance_reduction_usd: orNull(1 - (s.usdHedged * s.usdHedged) / (s.usdUnhedged * s.usdUnhedged)),
    cost_coin: s.cost,
  }));
}

function dmLags(backtest: HedgeBacktest): number {
  const longest = backtest.returns.map((r) => r.at - r.from).toSorted((a, b) => a - b);
  const step = longest[Math.floor(longest.length / 2)] ?? DEPENDENT_MS;
  // A variance over lags of half the sample is no estimate: a short stretch of short steps gets fewer.
  return Math.max(1, Math.min(Math.round(DEPENDENT_MS / step), Math.floor(longest.length / 8)));
}

function familyLines(backtest: HedgeBacktest, underlying: string, window: ReportWindow): FamilyLine[] {
  const { ledger } = backtest;
  const lags = dmLags(backtest);
  const lines: FamilyLine[] = [];
  const sets: [string, (b: Bucket) => boolean][] = [
    ['otm', (b) => b.underlying === underlying && b.delta !== '50-98'],
    ['all', (b) => b.underlying === underlying],
  ];
  for (const [set, bucket] of sets) {
    const filter: LedgerFilter = { bucket, at: inWindow(window) };
    const scores = ledger.scores(filter);
    const reference = scores.find((s) => s.family === REFERENCE_FAMILY);
    for (const s of scores) {
      const compare = (currency: 'coin' | 'usd'): number | null =>
        reference === undefined || s === reference
          ? null
          : orNull(ledger.compare(s.family, REFERENCE_FAMILY, currency, lags, filter).statistic);
      lines.push({
        type: 'family',
        underlying,
        set,
        window: window.name,
        family: s.family,
        n: s.n,
        answered: orNull(s.answered / s.n),
        variance_reduction_coin: orNull(s.coinReduction),
        variance_reduction_usd: orNull(s.usdReduction),
        gain_coin: reference === undefined ? null : orNull(1 - s.coinSquare / reference.coinSquare),
        gain_usd: reference === undefined ? null : orNull(1 - s.usdSquare / reference.usdSquare),
        dm_coin: compare('coin'),
        dm_usd: compare('usd'),
        cost_bp: orNull(1e4 * s.cost),
      });
    }
  }
  return lines;
}

function slopeLines(
  backtest: HedgeBacktest,
  underlying: string,
  windows: readonly ReportWindow[],
  request: ReportRequest,
): SlopeLine[] {
  const { ledger } = backtest;
  const own = backtest.returns.filter((r) => r.underlying === underlying);
  const labels = regimesOf(
    own.map((r) => r.at),
    own.map((r) => r.logReturn),
  );
  const regimeAt = new Map(own.map((r, i) => [r.at, labels[i]]));
  const regimes: (Regime | 'any')[] = ['any', 'calm', 'stress'];
  const lines: SlopeLine[] = [];
  for (const side of ['call', 'put'] as const)
    for (const delta of DELTAS)
      for (const tenor of ['all', ...TENORS])
        for (const window of windows)
          for (const regime of regimes) {
            const inside = inWindow(window);
            const filter: LedgerFilter = {
              bucket: (b) =>
                b.underlying === underlying &&
                b.side === side &&
                b.delta === delta &&
                (tenor === 'all' || b.tenor === tenor),
              at: (t) => inside(t) && (regime === 'any' || regimeAt.get(t) === regime),
            };
            for (const family of request.slopeFamilies) {
              if (!ledger.families.includes(family)) continue;
              const cells = ledger.slopeCells(family, filter);
              const n = cells.reduce((sum, c) => sum + c.n, 0);
              if (n === 0) continue;
              const slope = clusterSlope(cells, request.lags);
              const isReference = family === REFERENCE_FAMILY || !ledger.families.includes(REFERENCE_FAMILY);
              const pair = isReference
                ? undefined
                : pairedSlopeDifference(cells, ledger.slopeCells(REFERENCE_FAMILY, filter), request.lags);
              lines.push({
                type: 'slope',
                underlying,
                side,
                delta,
                tenor,
                window: window.name,
                regime,
                family,
                beta: orNull(slope?.beta),
                se: orNull(slope?.standardError),
                naive_se: orNull(slope?.naiveError),
                n,
                clusters: cells.filter((c) => c.n > 0).length,
                minus_reference: orNull(pair?.difference),
                minus_reference_se: orNull(pair?.standardError),
              });
            }
          }
  return lines;
}

/** log10 E that a family beats the reference, from loss differences in order of time. */
function evidenceOf(differences: Float64Array): number {
  return differences.reduce(compare, initComparison()).logBetter / Math.LN10;
}

/** Families that hedge with the forward alone compete; the two-instrument hedge is shown, not crowned. */
function winnerLines(backtest: HedgeBacktest, underlying: string): WinnerLine[] {
  const { ledger } = backtest;
  if (!ledger.families.includes(REFERENCE_FAMILY)) return [];
  const lags = dmLags(backtest);
  const lines: WinnerLine[] = [];
  for (const b of ledger.buckets()) {
    if (b.underlying !== underlying) continue;
    const filter: LedgerFilter = {
      bucket: (o) => o.underlying === underlying && o.side === b.side && o.tenor === b.tenor && o.delta === b.delta,
    };
    const all = ledger.scores(filter);
    const reference = all.find((s) => s.family === REFERENCE_FAMILY);
    if (reference === undefined || reference.n < MINIMUM_ROWS) continue;
    for (const currency of ['coin', 'usd'] as const) {
      const square = (s: (typeof all)[number]): number => (currency === 'coin' ? s.coinSquare : s.usdSquare);
      const single = all.filter((s) => s.family !== VEGA && s.n === reference.n && square(s) >= 0);
      const best = single.reduce((a, s) => (square(s) < square(a) ? s : a), reference);
      const dm = best === reference ? undefined : ledger.compare(best.family, REFERENCE_FAMILY, currency, lags, filter);
      lines.push({
        type: 'winner',
        underlying,
        side: b.side,
        delta: b.delta,
        tenor: b.tenor,
        currency,
        family: best.family,
        n: reference.n,
        gain: 1 - square(best) / square(reference),
        dm: orNull(dm?.statistic),
        p: orNull(dm?.pValue),
        evidence:
          best === reference
            ? null
            : evidenceOf(ledger.lossDifferences(best.family, REFERENCE_FAMILY, currency, filter)),
      });
    }
  }
  return lines;
}

const VEGA = BACKTEST_FAMILIES[BACKTEST_FAMILIES.length - 1];
