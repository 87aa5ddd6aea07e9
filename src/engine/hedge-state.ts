import { initFundingWatch, type FundingWatch } from '../hedge/funding-watch.ts';
import { initHedgeMoments, type HedgeMoments } from '../hedge/hedge-moments.ts';
import type { HedgeStart, PushedDeltas } from '../hedge/hedge-start.ts';
import { initHourSums, type HourSums } from '../hedge/hour-sums.ts';
import type { RatioCheck } from '../hedge/ratio-check.ts';
import type { PairWatch } from './hedge-pair.ts';
import type { Bucket } from '../hedge/bucket.ts';
import type { Fit } from '../model/contract.ts';
import type { GateState } from '../policy/gate.ts';
import { initIncidentBook, type IncidentBook } from '../policy/incident.ts';
import type { Registry } from '../policy/registry.ts';
import type { Comparison } from '../policy/promotion.ts';
import { GATE_CLOSED } from '../policy/gate.ts';

/** What is known of hedging one underlying: plain data, every part bounded. */
export interface HedgeWatch {
  /** Incidents of hedging: apart, so that they touch neither baselines nor refits of smiles. */
  readonly incidents: IncidentBook;
  /** The horizon under way of each expiry, by its key. */
  readonly starts: Map<string, HedgeStart>;
  readonly moments: HedgeMoments;
  /** Calibrations in force, by model (`hedge-...`). */
  readonly calibrations: Map<string, Fit>;
  /** Calibrations and pushed tables by content id. */
  readonly registry: Registry;
  /** Jobs in flight and when one was last asked for, by model. */
  readonly pending: Map<string, string>;
  readonly askedAt: Map<string, number>;
  jobs: number;
  /** The user's own deltas, by name. */
  readonly pushed: Map<string, PushedDeltas>;
  /** By tenor x delta x side. */
  readonly buckets: Map<string, HedgeBucket>;
  /** Of members that state deltas, by name. */
  readonly checks: Map<string, RatioCheck>;
  /** Index at five-minute spacing, oldest first: ages of ratios and regimes are measured on it. */
  readonly path: { readonly at: number; readonly price: number }[];
  /** Regime of each hour that horizons ended in, oldest first. */
  readonly regimes: { readonly hour: number; regime: HedgeRegime }[];
  /** By symbol of the perpetual. */
  readonly funding: Map<string, FundingWatch>;
  /** Delta alone against delta and vega, by key of the expiry. */
  readonly pairs: Map<string, PairWatch>;
  /** What horizons did to one coin of every option, and to those held, by hour (`hedge-explain.ts`). */
  readonly explained: { readonly chain: HourSums; readonly book: HourSums };
  gate: GateState;
  /** End of the last horizon, epoch ms; -Infinity before. */
  judgedAt: number;
}

/**
 * `stress`: within an hour of a five-minute move beyond eight robust standard deviations; otherwise how the volatility
 * at the money moved with the forward over the last twelve hours. A label beside every slope, never an error of a model.
 */
export type HedgeRegime = 'stress' | 'volatility-against-spot' | 'volatility-with-spot' | 'unclear';

/** One bucket: the models compared in it and the one that is relied on. */
export interface HedgeBucket {
  readonly bucket: Bucket;
  champion: string;
  /** Who served before, and since when the champion serves (epoch ms; -Infinity: from the beginning). */
  former: string | null;
  since: number;
  /** The winner that waits for an operator; null without one. */
  proposed: string | null;
  /** Number of the five-minute slot under way. */
  slot: number;
  /** Sums of that slot, and of the last hours, by member. */
  readonly now: Map<string, Float64Array>;
  readonly hours: Map<string, HourSums>;
  /** By rival: is it better than the champion. */
  readonly comparisons: Map<string, Comparison>;
}

/** Terms of an explanation, and the hours they are kept for: five days. */
const EXPLAINED = 7;
const EXPLAINED_HOURS = 120;

/** Nothing hedged. */
export function initHedgeWatch(): HedgeWatch {
  return {
    incidents: initIncidentBook(),
    starts: new Map(),
    moments: initHedgeMoments(),
    calibrations: new Map(),
    registry: new Map(),
    pending: new Map(),
    askedAt: new Map(),
    jobs: 0,
    pushed: new Map(),
    buckets: new Map(),
    checks: new Map(),
    path: [],
    regimes: [],
    funding: new Map(),
    pairs: new Map(),
    explained: { chain: initHourSums(EXPLAINED, EXPLAINED_HOURS), book: initHourSums(EXPLAINED, EXPLAINED_HOURS) },
    gate: GATE_CLOSED,
    judgedAt: -Infinity,
  };
}

/** The watch of a perpetual, made at its first sight. */
export function fundingOf(watch: HedgeWatch, symbol: string): FundingWatch {
  let found = watch.funding.get(symbol);
  if (found === undefined) watch.funding.set(symbol, (found = initFundingWatch(symbol)));
  return found;
}
