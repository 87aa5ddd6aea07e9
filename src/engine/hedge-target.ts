import { bucketKey, deltaClassOf, tenorOf } from '../hedge/bucket.ts';
import { rebalanceToBand, whalleyWilmottHalfWidth, zakamoulineBand } from '../hedge/hedge-band.ts';
import type { HedgeStart } from '../hedge/hedge-start.ts';
import { VEGA_HEDGE } from '../hedge/vega-hedge.ts';
import type { LeaseVerdict } from '../policy/lease-desk.ts';
import type { GateState } from '../policy/gate.ts';
import { futureExposure } from '../portfolio/position.ts';
import { positionsIn } from './book-market.ts';
import { slopeOf } from './hedge-contest.ts';
import type { HedgeBucket, HedgeWatch } from './hedge-state.ts';
import type { EngineState, UnderlyingState } from './state.ts';

/** What a trader decides, not a model. */
export interface HedgePreferences {
  /** Cost of trading the hedge one way, share of notional. */
  readonly cost: number;
  /** Risk aversion gamma of exponential utility, per USD. */
  readonly riskAversion: number;
}

/** Five basis points; a band of about one percent of delta for a book of a hundred coins of at-the-money options. */
export const DEFAULT_PREFERENCES: HedgePreferences = { cost: 0.0005, riskAversion: 1e-6 };

/** The hedge to hold against the options of one underlying, coins of futures or perpetual. */
export interface HedgeTarget {
  /** Epoch ms of the ratios; the oldest of them. */
  readonly asOf: number;
  /** Options with a ratio, and those without (no two-sided quote when the horizon began). */
  readonly options: number;
  readonly unpriced: number;
  /** Sum of size x ratio, of size x (ratio - premium), and of size x Black's. */
  readonly delta: number;
  readonly netDelta: number;
  readonly blackDelta: number;
  /** What futures and coin cash bring. */
  readonly futuresDelta: number;
  readonly cash: number;
  /** Futures delta that leaves the book's coin value, and its USD value, unmoved. */
  readonly targetCoin: number;
  readonly targetUsd: number;
  /** One standard error of the target from the slopes of its buckets; null where a bucket has too few data. */
  readonly standardError: number | null;
  /** Gamma of the options, coins per USD; half-widths of the no-trade bands around the target, coins. */
  readonly gamma: number;
  readonly whalleyWilmott: number;
  readonly zakamouline: number | null;
  /** Futures delta to trade now for the coin target: to the nearer edge of the band, 0 inside it. */
  readonly trade: number;
  /** Options to trade now beside what is held, coins: second instruments where a hedge of two is relied on. */
  readonly optionTrades: readonly { readonly instrument: string; readonly size: number }[];
  readonly gate: GateState;
}

interface Sums {
  options: number;
  unpriced: number;
  delta: number;
  net: number;
  black: number;
  gamma: number;
  gammaYears: number;
  gammaSigma: number;
  weight: number;
  readonly byBucket: Map<string, number>;
  readonly seconds: Map<string, number>;
  asOf: number;
}

/** Target of an underlying for the positions held now; null when nothing is known of its hedging yet. */
export function hedgeTarget(
  state: EngineState,
  underlying: UnderlyingState,
  preferences: HedgePreferences = DEFAULT_PREFERENCES,
): HedgeTarget | null {
  const watch = underlying.hedge;
  const starts = [...watch.starts.values()];
  const index = underlying.index?.price ?? underlying.quotedIndex;
  if (starts.length === 0 || !(index > 0)) return null;
  const places = new Map(starts.flatMap((s) => s.symbols.map((symbol, i) => [symbol, { s, i }] as const)));
  const sums: Sums = {
    options: 0, unpriced: 0, delta: 0, net: 0, black: 0, gamma: 0, gammaYears: 0, gammaSigma: 0, weight: 0,
    byBucket: new Map(), seconds: new Map(), asOf: Math.min(...starts.map((s) => s.at)),
  }; // prettier-ignore
  let [futuresDelta, cash] = [0, 0];
  for (const p of positionsIn(state, underlying)) {
    if (p.kind === 'equity') cash += p.underlying === null ? 0 : p.size;
    else if (p.kind === 'future')
      futuresDelta += futureExposure(p, underlying.futures.get(p.symbol)?.mark ?? index).deltaCoin;
    else addOption(watch, underlying.underlying, places.get(p.symbol), p.size, sums);
  }
  const input = {
    spot: index,
    sigma: sums.weight > 0 ? sums.gammaSigma / sums.weight : NaN,
    years: sums.weight > 0 ? sums.gammaYears / sums.weight : NaN,
    rate: 0,
    ...preferences,
    gamma: sums.gamma,
  };
  const half = whalleyWilmottHalfWidth({ ...input, years: 0 });
  const z = input.years > 0 && input.sigma > 0 ? zakamoulineBand(input) : null;
  const targetCoin = -sums.net;
  return {
    asOf: sums.asOf,
    options: sums.options,
    unpriced: sums.unpriced,
    delta: sums.delta,
    netDelta: sums.net,
    blackDelta: sums.black,
    futuresDelta,
    cash,
    targetCoin,
    targetUsd: -(sums.delta + cash),
    standardError: errorOf(watch, sums.byBucket),
    gamma: sums.gamma,
    whalleyWilmott: half,
    zakamouline: z === null ? null : z.base + z.gammaPart,
    trade: rebalanceToBand(futuresDelta, targetCoin, half) - futuresDelta,
    optionTrades: [...sums.seconds].map(([instrument, size]) => ({ instrument, size })),
    gate: watch.gate,
  };
}

function addOption(
  watch: HedgeWatch,
  underlying: string,
  place: { readonly s: HedgeStart; readonly i: number } | undefined,
  size: number,
  sums: Sums,
): void {
  if (place === undefined) {
    sums.unpriced++;
    return;
  }
  const { s, i } = place;
  const held = bucketAt(watch, underlying, s, i);
  const hedge = championHedge(held, s, i);
  sums.options++;
  sums.delta += size * hedge.usd;
  sums.net += size * hedge.coin;
  if (hedge.second !== 0) {
    const second = s.symbols[s.vegaHedge.second];
    sums.seconds.set(second, (sums.seconds.get(second) ?? 0) + size * hedge.second);
  }
  sums.black += size * s.delta[i];
  sums.gamma += size * s.gamma[i];
  const weight = Math.abs(size * s.gamma[i]);
  sums.gammaYears += weight * s.years;
  sums.gammaSigma += weight * s.sigma[i];
  sums.weight += weight;
  const key = held === undefined ? '' : bucketKey(held.bucket);
  sums.byBucket.set(key, (sums.byBucket.get(key) ?? 0) + size * hedge.usd);
}

function bucketAt(watch: HedgeWatch, underlying: string, s: HedgeStart, i: number): HedgeBucket | undefined {
  const delta = deltaClassOf(s.delta[i]);
  if (delta === undefined) return undefined;
  const side = s.isCall[i] === 1 ? ('call' as const) : ('put' as const);
  return watch.buckets.get(bucketKey({ underlying, side, tenor: tenorOf(s.years), delta }));
}

/** Place of the member that is relied on in a bucket; -1 before anybody is. */
function championPlace(held: HedgeBucket | undefined, s: HedgeStart): number {
  return held === undefined ? -1 : s.members.indexOf(held.champion);
}

/**
 * dV/dF of an option by the model that is relied on in its bucket, of the future alone; Black's where that has no answer or
 * hedges with a second instrument (which says nothing of how volatility follows the forward).
 */
export function championRatio(held: HedgeBucket | undefined, s: HedgeStart, i: number): number {
  const place = held?.champion === VEGA_HEDGE ? -1 : championPlace(held, s);
  const ratio = place < 0 ? NaN : s.ratios[i * s.members.length + place];
  return Math.abs(ratio) < Infinity ? ratio : s.delta[i];
}

/** Coins that hedge one coin of an option: of the future for its coin value and its USD value, and of a second instrument. */
function championHedge(
  held: HedgeBucket | undefined,
  s: HedgeStart,
  i: number,
): { readonly coin: number; readonly usd: number; readonly second: number } {
  const weight = s.vegaHedge.weights[i];
  if (held?.champion !== VEGA_HEDGE || !(Math.abs(weight) < Infinity)) {
    const ratio = championRatio(held, s, i);
    return { coin: ratio - s.price[i], usd: ratio, second: 0 };
  }
  const ratio = s.ratios[i * s.members.length + championPlace(held, s)];
  return { coin: ratio - s.price[i], usd: ratio + weight * s.price[s.vegaHedge.second], second: weight };
}

/** Slopes of different buckets share their market: their errors are added, not squared and added. */
function errorOf(watch: HedgeWatch, byBucket: ReadonlyMap<string, number>): number | null {
  let total = 0;
  for (const [key, delta] of byBucket) {
    const held = watch.buckets.get(key);
    const slope = held === undefined ? undefined : slopeOf(held, held.champion, null);
    if (slope === undefined) return null;
    total += Math.abs(delta) * slope.standardError;
  }
  return total;
}

/** What consumers may rely on in hedging, one scope an underlying (`hedge@venue:underlying`), for the lease desk. */
export function hedgeLeases(state: EngineState): LeaseVerdict[] {
  const verdicts: LeaseVerdict[] = [];
  for (const underlying of state.underlyings.values()) {
    const { starts, gate, buckets } = underlying.hedge;
    if (starts.size === 0 && gate.state === 'DO_NOT_USE' && buckets.size === 0) continue;
    const ownerOf: Record<string, string> = {};
    for (const i of underlying.incidents.open.values())
      if (i.scope === underlying.key && gate.reasons.includes(i.cause)) ownerOf[i.cause] = underlying.key;
    const asOf = starts.size === 0 ? null : Math.min(...[...starts.values()].map((s) => s.at));
    verdicts.push({
      scope: `hedge@${underlying.key}`,
      gate,
      ownerOf,
      modelId: asOf === null ? null : `hedge@${underlying.key}#${asOf}`,
      asOf,
      uncertainty: asOf === null ? null : 1,
    });
  }
  return verdicts;
}
