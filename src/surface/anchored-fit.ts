import type { ParentFit } from '../model/contract.ts';
import { huberWeight, MAD_TO_SD, median } from '../numeric/robust.ts';
import type { FitOptions, SliceFit, SliceQuotes, SmileFamily } from './family.ts';
import { interpolateInTime } from './time-interpolation.ts';

/** A smile that another one leans on: its volatility (fraction) at log-moneyness k. */
export type BaseSmile = (k: number) => number;

/** What is known before the quotes of the spread over the base, in volatility fractions. */
export interface SpreadPrior {
  readonly levelSd: number;
  /** Per unit x. */
  readonly skewSd: number;
}

/** Points of the anchored smile that the family is fitted through, over this many standard deviations at least. */
const GRID = 25;
const REACH = 2.5;
/** Beyond the body the skew's spread stays what it is there. */
const BODY = 2;
const PASSES = 4;
/** Fewer quotes than this say nothing about the skew. */
const QUOTES_FOR_SKEW = 4;
/** Error of the base's shape, volatility fraction, at least. */
const SHAPE_SD = 0.001;

/**
 * Calibrates a slice that cannot or must not choose its own shape: sigma(k) = base(k) + a + b x, a and b by robust
 * regression of the quotes under the prior (x = k over the base's ATM deviation, held beyond two), then the family
 * fitted through that curve. Error bars of the curve are those of a, b and of the base's shape, so that the covariance
 * says what the quotes left open. Null without a quote or where the base has no volatility.
 */
export function fitAnchored(
  family: SmileFamily,
  slice: SliceQuotes,
  base: BaseSmile,
  prior: SpreadPrior,
  options: FitOptions,
): SliceFit | null {
  const atm = base(0);
  if (!(atm > 0) || slice.k.length === 0) return null;
  const deviation = atm * Math.sqrt(slice.years);
  const spread = spreadOver(slice, base, deviation, prior, options.huber);
  if (spread === null) return null;
  const n = slice.k.length;
  const low = Math.min(slice.k[0], -REACH * deviation);
  const high = Math.max(slice.k[n - 1], REACH * deviation);
  const k = new Float64Array(GRID);
  const sigma = new Float64Array(GRID);
  const errorBar = new Float64Array(GRID);
  const share = Math.sqrt(GRID / family.parameters.length);
  for (let i = 0; i < GRID; i++) {
    k[i] = low + ((high - low) * i) / (GRID - 1);
    const x = held(k[i] / deviation);
    const centre = base(k[i]);
    sigma[i] = Math.max(0.3 * centre, centre + spread.a + spread.b * x);
    const variance =
      spread.varianceA + x * x * spread.varianceB + 2 * x * spread.covariance + spread.shape * spread.shape;
    errorBar[i] = share * Math.sqrt(variance);
    if (!(sigma[i] > 0) || !(errorBar[i] > 0)) return null;
  }
  const none = new Float64Array(GRID).fill(NaN);
  const curve: SliceQuotes = { ...slice, k, sigma, errorBar, sigmaBid: none, sigmaAsk: none };
  return family.fit(curve, { ...options, huber: 0, prior: null });
}

function held(x: number): number {
  return Math.max(-BODY, Math.min(BODY, x));
}

interface Spread {
  readonly a: number;
  readonly b: number;
  readonly varianceA: number;
  readonly varianceB: number;
  readonly covariance: number;
  /** Robust spread of what a and b leave, at least SHAPE_SD. */
  readonly shape: number;
}

function spreadOver(
  slice: SliceQuotes,
  base: BaseSmile,
  deviation: number,
  prior: SpreadPrior,
  huber: number,
): Spread | null {
  const n = slice.k.length;
  const e = new Float64Array(n);
  for (let i = 0; i < n; i++) e[i] = slice.sigma[i] - base(slice.k[i]);
  if (!e.every(Number.isFinite)) return null;
  let [a, b, scale] = [median(e), 0, 1];
  let inverse: readonly [number, number, number] = [0, 0, 0];
  for (let pass = 0; pass < PASSES; pass++) {
    let [s0, s1, s2] = [1 / (prior.levelSd * prior.levelSd), 0, 1 / (prior.skewSd * prior.skewSd)];
    let [t0, t1] = [0, 0];
    const bends = n >= QUOTES_FOR_SKEW;
    for (let i = 0; i < n; i++) {
      const x = held(slice.k[i] / deviation);
      const bar = slice.errorBar[i];
      const z = Math.abs(e[i] - a - b * x) / bar;
      const w = (huber > 0 ? huberWeight(z / scale, huber) : 1) / (bar * bar);
      s0 += w;
      t0 += w * e[i];
      if (!bends) continue;
      s1 += w * x;
      s2 += w * x * x;
      t1 += w * x * e[i];
    }
    const det = s0 * s2 - s1 * s1;
    if (!(det > 0)) return null;
    a = (t0 * s2 - t1 * s1) / det;
    b = (t1 * s0 - t0 * s1) / det;
    inverse = [s2 / det, s0 / det, -s1 / det];
    const left = slice.k.map((k, i) => Math.abs(e[i] - a - b * held(k / deviation)) / slice.errorBar[i]);
    scale = Math.max(1, MAD_TO_SD * median(left));
  }
  const left = slice.k.map((k, i) => Math.abs(e[i] - a - b * held(k / deviation)));
  const shape = Math.max(SHAPE_SD, MAD_TO_SD * median(left));
  const inflation = scale * scale;
  return {
    a,
    b,
    varianceA: inverse[0] * inflation,
    varianceB: inverse[1] * inflation,
    covariance: inverse[2] * inflation,
    shape,
  };
}

/**
 * The parent smile of an expiry: neighbouring expiries (ascending, one or more) interpolated in total variance at equal
 * x = k / (sigma_atm sqrt T), because smiles of different tenors resemble each other in x and not in k. Before the
 * first expiry volatility at equal x stays; beyond a parent's own quotes its volatility stays. `years` = T of the child.
 */
export function parentSmile(family: SmileFamily, parents: readonly ParentFit[], years: number): BaseSmile {
  const smiles = parents.map((p) => {
    const atm = Math.sqrt(family.totalVariance(p.parameters, 0, p.years) / p.years);
    const unit = atm * Math.sqrt(p.yearsNow);
    const share = p.yearsNow / p.years;
    return {
      years: p.yearsNow,
      shape: (x: number, out: Float64Array): void => {
        const k = x * unit;
        const inside = k >= p.low && k <= p.high;
        family.shape(p.parameters, Math.min(p.high, Math.max(p.low, k)), p.years, out);
        out[0] *= share;
        out[1] *= inside ? share * unit : 0;
        out[2] *= inside ? share * unit * unit : 0;
      },
    };
  });
  const surface = interpolateInTime(smiles);
  const deviation = Math.sqrt(surface.totalVariance(0, years));
  return (k) => Math.sqrt(surface.totalVariance(k / deviation, years) / years);
}
