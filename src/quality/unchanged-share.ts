import type { ChainEntry } from '../market/chain.ts';
import type { QuoteEvent } from '../market/event.ts';
import { tickAt } from '../market/instrument.ts';
import { exp } from '../numeric/exponential.ts';
import { refreshedSince } from './batch.ts';
import type { DataMetric, MetricMemory } from './metric.ts';
import { quotedGrid } from './price-grid.ts';

/** Cheaper quotes keep their price for honest reasons: a tick is much of it. */
const BODY_TICKS = 8;
const MINIMUM = 4;
/** Between closes of a stream nothing is expected of a quote, s: silence is told there by rates. */
const EXPECTED_FROM = 60;

/**
 * Share of the two-sided quotes worth at least eight ticks whose bid and ask are those of the previous close. The memory
 * also holds `n`, the quotes it is a share of, so that shares of several expiries can be pooled; `repeated`, the share
 * whose mark has not moved either: a market may stand still, but the value of an option does not; and, between closes at
 * least a minute apart, `expected`, the share that {@link standingProbability} lets expect.
 */
export const unchangedShare: DataMetric = {
  name: 'unchanged_share',
  unit: '1',
  says: 'two-sided quotes whose bid and ask equal those of the previous close; near 1 the feed repeats itself',
  init: () => ({ value: NaN, n: 0, repeated: NaN, expected: NaN }),
  update: (memory, batch) => {
    let [n, same, repeated, expected] = [0, 0, 0, 0];
    const previous = batch.at - batch.elapsedSeconds * 1000;
    const slow = batch.elapsedSeconds >= EXPECTED_FROM;
    const grid = slow ? quotedGrid(batch.entries) : 0;
    for (const entry of batch.entries) {
      const q = entry.quote;
      if (q === null || q.bid === null || q.ask === null || !refreshedSince(entry, batch.at, batch.elapsedSeconds))
        continue;
      const tick = Math.max(grid, tickAt(entry.instrument.ticks, q.bid));
      if (q.bid < BODY_TICKS * tick) continue;
      n++;
      if (slow) expected += expectedToStand(entry, q, tick);
      if (!(entry.changedAt <= previous)) continue;
      same++;
      if (q.mark !== null && entry.newsAt <= previous) repeated++;
    }
    memory['n'] = n;
    const known = n >= MINIMUM && batch.elapsedSeconds > 0;
    memory['value'] = known ? same / n : NaN;
    memory['repeated'] = known ? repeated / n : NaN;
    memory['expected'] = known && slow ? expected / n : NaN;
  },
  read: (memory) => memory['value'],
};

/** What a venue without greeks is taken to mean for the delta of a quote worth eight ticks. */
const SMALL_DELTA = 0.25;

/** {@link standingProbability} of a quote on steps of `tick`, by how far its value has moved since the previous close. */
function expectedToStand(entry: ChainEntry, quote: QuoteEvent, tick: number): number {
  const { mark, forward, delta } = quote;
  const bid = quote.bid ?? 0;
  const ask = quote.ask ?? 0;
  let moved = mark === null ? NaN : Math.abs(mark - entry.closedMark);
  // A mark that has not moved by a digit tells of nothing: it may be repeated like the quote.
  if (!(moved > 0)) {
    const inverse = entry.instrument.settlement === 'inverse';
    const exposure = delta === null ? SMALL_DELTA : Math.abs(delta - (inverse ? 0.5 * (bid + ask) : 0));
    moved = exposure * Math.abs((forward ?? NaN) / entry.closedForward - 1) * (inverse ? 1 : (forward ?? NaN));
  }
  // Of a value that nobody publishes nothing can be expected: it may have stood still.
  const known = Number.isFinite(moved) ? moved : 0;
  return standingProbability(known, tick, 0.5 * Math.max(0, ask - bid));
}

/** A bid stays on its tick with probability max(0, 1 - |move| / tick), here a Gaussian of the same area: its variance, ticks^2. */
const TICK_VARIANCE = 0.15915494309189535;
/** By how much the middle and the width of a quote differ between two looks, half-spreads. */
const MIDDLE_SD = 0.19;
const WIDTH_SD = 0.1;

/**
 * Probability that a quote's bid and ask both stand where they stood although its value moved by `moved`, with ticks of
 * `tick` and `half` between bid or ask and middle (all premium currency):
 *
 *     E[f(moved + m - q) f(moved + m + q)],  f(x) = exp(-x^2 / 2 a^2), a^2 = tick^2 / 2 pi,
 *     m ~ N(0, (0.19 half)^2), q ~ N(0, (0.1 half)^2)
 *
 * f is the probability that an edge which moved by x is rounded to the same tick (the triangle 1 - |x| / tick, replaced
 * by a Gaussian of its area), m and q are what a market maker's middle and width differ by between two looks. Time does
 * not enter but through the move. Against recorded six-hourly chains and the simulated venue at ten minutes:
 * `docs/monitor.md`.
 */
export function standingProbability(moved: number, tick: number, half: number): number {
  const a2 = TICK_VARIANCE * tick * tick;
  const middle = 2 * MIDDLE_SD * MIDDLE_SD * half * half;
  const width = 2 * WIDTH_SD * WIDTH_SD * half * half;
  return exp((-moved * moved) / (a2 + middle)) / Math.sqrt((1 + middle / a2) * (1 + width / a2));
}

/** What the unchanged quotes of several expiries come to, against what {@link unchangedShare} lets expect of them. */
export interface StaleShare {
  /** Share of the comparable quotes that repeat their bid and ask, and their mark too. */
  readonly unchanged: number;
  readonly repeated: number;
  /**
   * Share s of quotes that must be stale for so many to be unchanged: unchanged = s + (1 - s) expected; negative when
   * fewer are than expected.
   */
  readonly stale: number;
  /** (unchanged - expected) quotes in standard deviations of their count, at most: as if all were equally likely. */
  readonly z: number;
}

const UNKNOWN: StaleShare = { unchanged: NaN, repeated: NaN, stale: NaN, z: NaN };

/** A chance that a standard deviation of zero must not hide, quotes^2. */
const LEAST_VARIANCE = 0.25;

/** Pools the memories of `unchanged_share` of expiries; NaN throughout with fewer than `minimum` quotes to compare. */
export function staleShare(memories: readonly MetricMemory[], minimum: number): StaleShare {
  let [n, same, repeated, expected, variance] = [0, 0, 0, 0, 0];
  for (const memory of memories) {
    if (!Number.isFinite(memory['value'])) continue;
    n += memory['n'];
    same += memory['n'] * memory['value'];
    repeated += memory['n'] * memory['repeated'];
    expected += memory['n'] * memory['expected'];
    variance += memory['n'] * memory['expected'] * (1 - memory['expected']);
  }
  if (n < minimum) return UNKNOWN;
  return {
    unchanged: same / n,
    repeated: repeated / n,
    stale: (same - expected) / (n - expected),
    z: (same - expected) / Math.sqrt(variance + LEAST_VARIANCE),
  };
}
