/** A volatility surface from the smiles of its expiries: interpolation in time that keeps calendar order. */
import { YEAR_MS } from '../market/year-fraction.ts';
import { varianceSpeed, varianceYears } from '../numeric/variance-clock.ts';
import type { VarianceClock } from '../numeric/variance-clock.ts';
import type { SmileShape } from './arbitrage.ts';
import type { SmileFamily } from './family.ts';

/** The smile of one expiry. */
export interface ExpirySmile {
  /** T, calendar years, > 0. */
  readonly years: number;
  /** Writes w, dw/dk, d2w/dk2 at log-moneyness k. */
  readonly shape: SmileShape;
}

/** A fitted family as the smile of its expiry. */
export function smileOf(family: SmileFamily, parameters: ArrayLike<number>, years: number): ExpirySmile {
  return { years, shape: (k, out) => family.shape(parameters, k, years, out) };
}

/** Calendar years to expiry -> variance years, increasing and 0 at 0, with its derivative. */
export interface TimeMap {
  variance(years: number): number;
  /** d variance / d years, > 0. */
  speed(years: number): number;
}

/** The calendar as its own clock. */
export const CALENDAR_TIME: TimeMap = { variance: (years) => years, speed: () => 1 };

/** A variance clock seen from `now` (epoch ms): hours of the week and dated events weigh what the clock's data say. */
export function clockFrom(clock: VarianceClock, now: number): TimeMap {
  return {
    variance: (years) => varianceYears(clock, now, now + years * YEAR_MS),
    speed: (years) => varianceSpeed(clock, now + years * YEAR_MS),
  };
}

/** Total variance at any log-moneyness and time. */
export interface VolatilitySurface {
  /** Calendar years of the expiries it rests on. */
  readonly expiries: readonly number[];
  /** w(k, T); NaN unless T > 0. */
  totalVariance(k: number, years: number): number;
  /** Writes w, dw/dk, d2w/dk2, dw/dT (per calendar year) into `out[0..3]`; NaN unless T > 0. */
  shape(k: number, years: number, out: Float64Array): void;
}

/**
 * Surface through the given smiles, in order of time, at least one:
 * - between two expiries w(k, .) is linear in variance time at equal k (Gatheral and Jacquier 2014, lemma 5.1), so it
 *   grows with T wherever the far smile lies above the near one, and nowhere else;
 * - before the first, w = w_1(k) tau/tau_1: volatility in variance time stays, order holds down to w = 0, and a smile
 *   without butterflies keeps none (g is concave in the factor and non-negative at 0 and 1);
 * - after the last, w = w_n(k) + v (tau - tau_n) with v >= 0 the forward variance at k = 0 of the last interval (of the
 *   whole life if there is one expiry): wings keep their slopes, so Lee's bound stays kept.
 * Throws a RangeError when the expiries are not positive and increasing.
 */
export function interpolateInTime(smiles: readonly ExpirySmile[], clock: TimeMap = CALENDAR_TIME): VolatilitySurface {
  const expiries = smiles.map((s) => s.years);
  if (expiries.length === 0) throw new RangeError('a surface needs at least one expiry');
  expiries.forEach((t, i) => {
    if (!(t > (i === 0 ? 0 : expiries[i - 1]) && t < Infinity)) throw new RangeError(`expiry ${i} is ${t} years`);
  });
  const taus = expiries.map((t) => clock.variance(t));
  const last = smiles.length - 1;
  const near = new Float64Array(3);
  const far = new Float64Array(3);
  const forwardVariance = atTheMoneyGrowth(smiles, taus);

  function shape(k: number, years: number, out: Float64Array): void {
    if (!(years > 0)) {
      out.fill(NaN, 0, 4);
      return;
    }
    const tau = clock.variance(years);
    const speed = clock.speed(years);
    let upper = 0;
    while (upper <= last && expiries[upper] < years) upper++;
    if (upper === 0) {
      smiles[0].shape(k, far);
      blend(0, 0, 0, tau / taus[0], out);
      out[3] = (speed * far[0]) / taus[0];
    } else if (upper > last) {
      smiles[last].shape(k, far);
      blend(0, 0, 0, 1, out);
      out[0] += forwardVariance * (tau - taus[last]);
      out[3] = speed * forwardVariance;
    } else {
      smiles[upper - 1].shape(k, near);
      smiles[upper].shape(k, far);
      const gap = taus[upper] - taus[upper - 1];
      blend(near[0], near[1], near[2], (tau - taus[upper - 1]) / gap, out);
      out[3] = (speed * (far[0] - near[0])) / gap;
    }
  }
  /** (1 - share) near + share far, component by component. */
  function blend(w: number, w1: number, w2: number, share: number, out: Float64Array): void {
    out[0] = w + share * (far[0] - w);
    out[1] = w1 + share * (far[1] - w1);
    out[2] = w2 + share * (far[2] - w2);
  }
  const scratch = new Float64Array(4);
  return {
    expiries,
    shape,
    totalVariance(k, years) {
      shape(k, years, scratch);
      return scratch[0];
    },
  };
}

/** Forward variance per variance year at k = 0 over the last interval, at least 0. */
function atTheMoneyGrowth(smiles: readonly ExpirySmile[], taus: readonly number[]): number {
  const at = new Float64Array(3);
  const level = (i: number): number => {
    smiles[i].shape(0, at);
    return at[0];
  };
  const last = smiles.length - 1;
  const before = last === 0 ? 0 : level(last - 1);
  const span = last === 0 ? taus[0] : taus[last] - taus[last - 1];
  return Math.max(0, (level(last) - before) / span);
}
