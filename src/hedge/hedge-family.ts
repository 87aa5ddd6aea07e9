/**
 * The competing hedge ratios of one option. A family says how much coin hedges the option's USD value (dV/dF under its
 * rule); in coin accounting every family but `black` subtracts the premium, so that Black against premium-adjusted is a
 * test of the convention and all others are tests of the rule.
 */
import { log } from '../numeric/exponential.ts';
import type { BlackGreeks } from '../numeric/black.ts';
import type { ChainExpiry, ChainOption } from './chain-snapshot.ts';
import { sviVolatility, type ExpiryModels, type ModelName } from './expiry-models.ts';
import { mertonDeltas } from './jump-delta.ts';
import type { MoveSummary } from './move-history.ts';
import { recalibrationDelta } from './recalibration-delta.ts';
import { sabrDeltas } from './sabr-delta.ts';
import { blackGreeks } from '../numeric/black.ts';
import {
  atmSkewStickinessDelta,
  hullWhiteDelta,
  localSkewStickinessDelta,
  stickyMoneynessDelta,
  type HullWhiteCoefficients,
} from './smile-delta.ts';

/** Everything a family may look at: the start of the step and the past. */
export interface HedgeView {
  readonly option: ChainOption;
  readonly expiry: ChainExpiry;
  readonly models: ExpiryModels;
  readonly moves: MoveSummary;
  /** Fitted for the option's side; undefined while there is too little to fit. */
  readonly hullWhite: HullWhiteCoefficients | undefined;
  /** Black's greeks at the mark volatility, USD. */
  readonly greeks: BlackGreeks;
}

/** One family. */
export interface HedgeFamily {
  readonly name: string;
  /** dV/dF in coin per coin; NaN where the family has no answer. */
  usdRatio(view: HedgeView): number;
  /** What is subtracted of the premium: `usd` accounting, `coin` accounting. */
  readonly premium: { readonly usd: 0 | 1; readonly coin: 0 | 1 };
  /** Fitted models it reads, so that a backtest of few families fits few. */
  readonly uses: readonly ModelName[];
}

const NET = { usd: 0, coin: 1 } as const;

function family(name: string, usdRatio: (view: HedgeView) => number, uses: readonly ModelName[] = []): HedgeFamily {
  return { name, usdRatio, premium: NET, uses };
}

function smileInput(v: HedgeView): { forward: number; delta: number; vega: number } {
  return { forward: v.option.forward, delta: v.greeks.delta, vega: v.greeks.vega };
}

function slopeAt(v: HedgeView): number {
  if (v.models.svi === undefined) return NaN;
  return sviVolatility(v.models.svi, log(v.option.strike / v.option.forward), v.expiry.years).slope;
}

function sabrOf(v: HedgeView): ReturnType<typeof sabrDeltas> | undefined {
  const p = v.models.sabr;
  if (p === undefined) return undefined;
  const { years } = v.expiry;
  const { forward } = v.option;
  const quote = { forward, strike: v.option.strike, years, alpha: p[0], beta: 1, rho: p[1], nu: p[2] };
  return sabrDeltas(v.option.side, quote);
}

/** Black's own delta at the mark plus what the model adds to Black's delta at the model's own volatility. */
function correction(v: HedgeView, modelDelta: number, modelBlack: number): number {
  return v.greeks.delta + (modelDelta - modelBlack);
}

function hestonRatio(v: HedgeView): number {
  const { side, strike, forward } = v.option;
  return v.models.heston === undefined ? NaN : v.models.heston.deltas(side, forward, strike).minimumVariance;
}

function jumpRatio(v: HedgeView): number {
  if (v.models.merton === undefined) return NaN;
  const { side, strike } = v.option;
  return mertonDeltas(v.models.merton, { side, strike, forward: v.option.forward, years: v.expiry.years })
    .minimumVariance;
}

/** dV/d(alpha, rho, nu) of lognormal SABR: vega times the volatility's own derivatives, by central differences. */
function sabrSensitivities(v: HedgeView, p: ArrayLike<number>): number[] {
  const { years } = v.expiry;
  const { forward } = v.option;
  const at = (alpha: number, rho: number, nu: number): number =>
    sabrDeltas(v.option.side, { forward, strike: v.option.strike, years, alpha, beta: 1, rho, nu }).sigma;
  const steps = [1e-5, 1e-5, 1e-5 * Math.max(1, p[2])];
  return steps.map((h, j) => {
    const up = [p[0], p[1], p[2]];
    const down = [p[0], p[1], p[2]];
    up[j] += h;
    down[j] -= h;
    return (v.greeks.vega * (at(up[0], up[1], up[2]) - at(down[0], down[1], down[2]))) / (2 * h);
  });
}

function recalibrated(v: HedgeView): number {
  const p = v.models.sabr;
  const s = sabrOf(v);
  if (p === undefined || s === undefined) return NaN;
  const perUsd = v.moves.sabrSlopes.map((slope) => slope / v.option.forward);
  return recalibrationDelta(correction(v, s.stickyAlpha, s.black), sabrSensitivities(v, p), perUsd);
}

/** Every family that hedges with the forward alone, in the order of reports. */
export const HEDGE_FAMILIES: readonly HedgeFamily[] = [
  { name: 'black', usdRatio: (v) => v.greeks.delta, premium: { usd: 0, coin: 0 }, uses: [] },
  { name: 'premium-adjusted', usdRatio: (v) => v.greeks.delta, premium: { usd: 1, coin: 1 }, uses: [] },
  family('venue', (v) => v.option.venueDelta),
  family('sticky-strike', (v) => v.greeks.delta),
  family('sticky-moneyness', (v) => stickyMoneynessDelta(smileInput(v), slopeAt(v)), ['svi']),
  family('skew-stickiness-local', (v) => localSkewStickinessDelta(smileInput(v), v.moves.ratio, slopeAt(v)), ['svi']),
  family(
    'skew-stickiness-atm',
    (v) => atmSkewStickinessDelta(smileInput(v), v.moves.ratio, v.models.atmSlope, slopeAt(v)),
    ['svi'],
  ),
  family('hull-white', (v) =>
    v.hullWhite === undefined ? v.greeks.delta : hullWhiteDelta(smileInput(v), v.expiry.years, v.hullWhite),
  ),
  family(
    'sabr',
    (v) => {
      const s = sabrOf(v);
      return s === undefined ? NaN : correction(v, s.stickyAlpha, s.black);
    },
    ['sabr'],
  ),
  family(
    'bartlett',
    (v) => {
      const s = sabrOf(v);
      return s === undefined ? NaN : correction(v, s.bartlett, s.black);
    },
    ['sabr'],
  ),
  family('heston-mv', hestonRatio, ['heston']),
  family('jump-mv', jumpRatio, ['merton']),
  family('recalibration', recalibrated, ['sabr']),
];

/** Greeks of an option at its mark volatility, USD, undiscounted. */
export function markGreeks(option: ChainOption, expiry: ChainExpiry): BlackGreeks {
  const { side, strike, sigma, forward } = option;
  return blackGreeks({ side, strike, sigma, forward, years: expiry.years });
}
