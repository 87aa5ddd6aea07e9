/**
 * Heston prices by Lewis' single integral with a Black control variate of the expected variance V. Out-of-the-money
 * price over forward, k = ln(K/F):
 *
 *     e^(k/2) [ b(k, V) - 1/pi int_0^inf Re( e^(-iuk) (phi(u - i/2) - e^(-(u^2 + 1/4) V/2)) ) / (u^2 + 1/4) du ]
 *
 * (Lewis 2001; Andersen and Piterbarg 2010, section 8.4). The control variate removes the poles at +-i/2, so equally
 * spaced nodes converge faster than any power of their distance; phi is evaluated once per expiry and node, for every
 * strike. Verified by `heston_prices.csv` and `heston_jacobian_cui.csv`.
 */
import { logMoneyness, normalisedBlack } from '../numeric/normalised-black.ts';
import { exp } from '../numeric/exponential.ts';
import {
  characteristicValue,
  hestonCharacteristic,
  hestonDomain,
  hestonExpectedVariance,
  hestonLogModulus,
} from './heston-characteristic.ts';
import type { HestonParameters } from './heston-characteristic.ts';

/** Equally spaced nodes u_j = j h, j = 0..count, of the trapezoid rule for one expiry. */
export interface QuadraturePlan {
  /** h, per unit log-moneyness. */
  readonly step: number;
  readonly count: number;
}

/** Nodes beyond which a plan is refused: the parameters leave a density too narrow to integrate. */
const MAX_NODES = 1 << 15;

/**
 * Where to stop and how finely to step so that truncation is below `tolerance` (in units of the forward), for strikes
 * up to |k| <= `reach`. The step keeps the images of the density, 2 pi / h apart, `spread` standard deviations away from
 * the strikes. Undefined when that takes more than 32,768 nodes.
 */
export function quadraturePlan(
  p: HestonParameters,
  years: number,
  reach: number,
  tolerance: number,
  spread: number,
): QuadraturePlan | undefined {
  const variance = hestonExpectedVariance(p, years);
  const deviation = Math.sqrt(variance);
  const step = (2 * Math.PI) / (reach + spread * deviation);
  const limit = Math.log(tolerance);
  const rest = (u: number): number => {
    const modulus = Math.max(hestonLogModulus(p, u, years), -0.5 * (u * u + 0.25) * variance);
    return modulus - Math.log(u) - limit;
  };
  let high = 4 / deviation;
  let low = 0;
  while (rest(high) > 0) {
    low = high;
    high *= 2;
    if (high > MAX_NODES * step) return undefined;
  }
  for (let i = 0; i < 4; i++) {
    const middle = 0.5 * (low + high);
    if (rest(middle) > 0) low = middle;
    else high = middle;
  }
  return { step, count: Math.max(8, Math.ceil(high / step)) };
}

/** Integrand weights of one expiry at every node: shared by its strikes. */
export interface NodeWeights {
  readonly step: number;
  readonly count: number;
  /** Total variance of the control variate. */
  readonly variance: number;
  /** (phi - control) h / (pi c), real and imaginary parts, node by node; the first node has half weight. */
  readonly re: Float64Array;
  readonly im: Float64Array;
  /** d phi/d parameter_j h / (pi c) at [j * (count + 1) + node]; empty without gradient. */
  readonly gradientRe: Float64Array;
  readonly gradientIm: Float64Array;
}

/**
 * Weights at the nodes of a plan. `odd` takes only odd nodes (the new ones when a step is halved), all with full weight.
 */
export function nodeWeights(
  p: HestonParameters,
  years: number,
  plan: QuadraturePlan,
  gradient: boolean,
  odd = false,
): NodeWeights {
  const { step, count } = plan;
  const variance = hestonExpectedVariance(p, years);
  const n = count + 1;
  const re = new Float64Array(n);
  const im = new Float64Array(n);
  const gradientRe = new Float64Array(gradient ? 5 * n : 0);
  const gradientIm = new Float64Array(gradient ? 5 * n : 0);
  const value = characteristicValue();
  const g = value.logGradient;
  for (let j = odd ? 1 : 0; j < n; j += odd ? 2 : 1) {
    const u = j * step;
    const c = u * u + 0.25;
    const weight = ((j === 0 ? 0.5 : 1) * step) / (Math.PI * c);
    hestonCharacteristic(p, u, years, value, gradient);
    re[j] = (value.re - exp(-0.5 * c * variance)) * weight;
    im[j] = value.im * weight;
    if (!gradient) continue;
    for (let m = 0; m < 5; m++) {
      gradientRe[m * n + j] = (value.re * g[2 * m] - value.im * g[2 * m + 1]) * weight;
      gradientIm[m * n + j] = (value.re * g[2 * m + 1] + value.im * g[2 * m]) * weight;
    }
  }
  return { step, count, variance, re, im, gradientRe, gradientIm };
}

/** The rotation e^(-iuk) is recomputed every so many nodes: rounding of the recurrence stays at a few ulps. */
const RESYNC = 32;

/** sum_j Re(e^(-i u_j k) w_j): the integral at one strike. */
export function strikeSum(w: NodeWeights, k: number): number {
  const { re, im, step } = w;
  const n = w.count + 1;
  const turnC = Math.cos(step * k);
  const turnS = Math.sin(step * k);
  let sum = 0;
  for (let block = 0; block < n; block += RESYNC) {
    let cos = Math.cos(block * step * k);
    let sin = Math.sin(block * step * k);
    const end = Math.min(n, block + RESYNC);
    for (let j = block; j < end; j++) {
      sum += cos * re[j] + sin * im[j];
      const next = cos * turnC - sin * turnS;
      sin = sin * turnC + cos * turnS;
      cos = next;
    }
  }
  return sum;
}

/** {@link strikeSum}, with the five sums of the gradient written to `out[at..at + 4]`. */
export function strikeSumWithGradient(w: NodeWeights, k: number, out: Float64Array, at: number): number {
  const { re, im, step, gradientRe, gradientIm } = w;
  const n = w.count + 1;
  const turnC = Math.cos(step * k);
  const turnS = Math.sin(step * k);
  let sum = 0;
  let g0 = 0;
  let g1 = 0;
  let g2 = 0;
  let g3 = 0;
  let g4 = 0;
  for (let block = 0; block < n; block += RESYNC) {
    let cos = Math.cos(block * step * k);
    let sin = Math.sin(block * step * k);
    const end = Math.min(n, block + RESYNC);
    for (let j = block; j < end; j++) {
      sum += cos * re[j] + sin * im[j];
      g0 += cos * gradientRe[j] + sin * gradientIm[j];
      g1 += cos * gradientRe[n + j] + sin * gradientIm[n + j];
      g2 += cos * gradientRe[2 * n + j] + sin * gradientIm[2 * n + j];
      g3 += cos * gradientRe[3 * n + j] + sin * gradientIm[3 * n + j];
      g4 += cos * gradientRe[4 * n + j] + sin * gradientIm[4 * n + j];
      const next = cos * turnC - sin * turnS;
      sin = sin * turnC + cos * turnS;
      cos = next;
    }
  }
  out[at] = g0;
  out[at + 1] = g1;
  out[at + 2] = g2;
  out[at + 3] = g3;
  out[at + 4] = g4;
  return sum;
}

/** First truncation of the adaptive pricer, in units of the forward. */
const TRUNCATION = 1e-17;
/** A halving that changes no strike by more than this leaves a much smaller error. */
const HALVING = 1e-13;
const MAX_HALVINGS = 10;

/**
 * Node weights whose integral is converged at every strike of `ks` to about 1e-15 of the forward: the step is halved
 * until nothing moves. Undefined outside the domain or when the integral does not converge.
 */
export function convergedWeights(
  p: HestonParameters,
  years: number,
  ks: ArrayLike<number>,
  gradient: boolean,
): NodeWeights | undefined {
  if (!hestonDomain(p) || !(years > 0 && years < Infinity)) return undefined;
  let reach = 0;
  for (let i = 0; i < ks.length; i++) reach = Math.max(reach, Math.abs(ks[i]));
  if (!(reach < Infinity)) return undefined;
  const plan = quadraturePlan(p, years, reach, TRUNCATION, 8);
  if (!plan) return undefined;
  let { step, count } = plan;
  let weights = nodeWeights(p, years, plan, false);
  let before = Float64Array.from(ks, (k) => strikeSum(weights, k));
  for (let i = 0; i < MAX_HALVINGS; i++) {
    step *= 0.5;
    count *= 2;
    if (count > MAX_NODES) return undefined;
    weights = nodeWeights(p, years, { step, count }, false, true);
    const now = Float64Array.from(ks, (k, j) => 0.5 * before[j] + strikeSum(weights, k));
    let change = 0;
    for (let j = 0; j < ks.length; j++) change = Math.max(change, Math.abs(now[j] - before[j]));
    if (!(change < Infinity)) return undefined;
    before = now;
    if (change <= HALVING) return nodeWeights(p, years, { step, count }, gradient);
  }
  return undefined;
}

/** Out-of-the-money price over forward at k = ln(K/F), undiscounted, from converged weights; never below zero. */
export function outOfTheMoney(w: NodeWeights, k: number): number {
  const distance = Math.abs(k);
  const black = normalisedBlack(-distance, Math.sqrt(w.variance), exp(-0.5 * distance));
  return exp(0.5 * k) * Math.max(0, black - strikeSum(w, k));
}

/** One European option under Heston's model. */
export interface HestonOption {
  readonly side: 'call' | 'put';
  /** Spot S > 0, in money. */
  readonly spot: number;
  /** Strike K > 0, in money. */
  readonly strike: number;
  /** T, years, > 0. */
  readonly years: number;
  /** Continuously compounded interest rate, per year. */
  readonly rate: number;
  /** Continuously compounded yield of the underlying, per year. */
  readonly yield: number;
}

/**
 * Present value of a European option under Heston's model, in the money of spot and strike; error about 1e-15 of the
 * forward. NaN outside the domain. Verified by `heston_prices.csv`.
 */
export function hestonPrice(p: HestonParameters, option: HestonOption): number {
  const { side, spot, strike, years, rate } = option;
  const forward = spot * exp((rate - option.yield) * years);
  const k = -logMoneyness(forward, strike);
  const weights = convergedWeights(p, years, [k], false);
  if (!weights) return NaN;
  const outside = forward * outOfTheMoney(weights, k);
  const intrinsic = Math.max(0, side === 'call' ? forward - strike : strike - forward);
  return exp(-rate * years) * (intrinsic + outside);
}

/**
 * Partial derivatives of the price over discounted forward, e^(k/2) times minus the gradient's integral, by kappa,
 * theta, sigma, rho, v0 (equal for call and put). Empty outside the domain. Verified by `heston_jacobian_cui.csv`.
 */
export function hestonGradient(p: HestonParameters, years: number, k: number): Float64Array {
  const weights = convergedWeights(p, years, [k], true);
  if (!weights) return new Float64Array(0);
  const out = new Float64Array(5);
  strikeSumWithGradient(weights, k, out, 0);
  const scale = -exp(0.5 * k);
  return out.map((v) => v * scale);
}
