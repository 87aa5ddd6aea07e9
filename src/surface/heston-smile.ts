/** Heston's model as a smile of one expiry and as a surface over all of them. */
import { exp } from '../numeric/exponential.ts';
import { normalCdf } from '../numeric/normal.ts';
import { normalisedBlack } from '../numeric/normalised-black.ts';
import { huberWeight } from '../numeric/robust.ts';
import { totalVolatility } from '../numeric/total-volatility.ts';
import { checkCalendar, scanArbitrage } from './arbitrage.ts';
import type {
  ArbitrageReport,
  FitOptions,
  SliceFit,
  SliceQuotes,
  SmileFamily,
  SurfaceFamily,
  SurfaceFit,
} from './family.ts';
import { fitHeston, HESTON_PARAMETERS, readHeston } from './heston-fit.ts';
import type { HestonFit } from './heston-fit.ts';
import { hestonWingSlope } from './heston-moments.ts';
import { convergedWeights, strikeSum, strikeSumWithGradient } from './heston.ts';
import type { NodeWeights } from './heston.ts';
import { misfit, refuseSlice, unseenWing } from './slice-checks.ts';
import { smileParabola } from './smile-parabola.ts';
import { judgeFit, refusedFit } from './uncertainty.ts';
import { fitVolatilities } from './volatility-fit.ts';
import type { SliceVolatilities } from './volatility-fit.ts';

/** Normalised prices below this are rounding of the integral: no volatility is read from them. */
const FLOOR = 2e-15;

/** Integral of one expiry, good for |k| up to `reach`. */
interface Expiry {
  readonly key: Float64Array;
  readonly weights: NodeWeights | undefined;
}

/** Strikes are served in bands of |k| up to 0.25, 0.5, 1, ...: the nodes depend on the band alone, never on history. */
function bandOf(k: number): number {
  let reach = 0.25;
  while (reach < Math.abs(k)) reach *= 2;
  return reach;
}

/** Remembers the last integral of each band: a smile is asked for strike by strike. */
class ExpiryMemory {
  readonly #bands = new Map<number, Expiry>();

  weights(p: ArrayLike<number>, years: number, k: number): NodeWeights | undefined {
    if (!(Math.abs(k) <= 64)) return undefined;
    const reach = bandOf(k);
    const known = this.#bands.get(reach);
    if (known && known.key[5] === years && HESTON_PARAMETERS.every((_, j) => known.key[j] === p[j]))
      return known.weights;
    const key = Float64Array.from([p[0], p[1], p[2], p[3], p[4], years]);
    const weights = convergedWeights(readHeston(p), years, [-reach, -0.5 * reach, 0, 0.5 * reach, reach], true);
    this.#bands.set(reach, { key, weights });
    return weights;
  }
}

/** Total volatility s at k from the integral's value there; NaN below the floor. */
function totalVolatilityAt(w: NodeWeights, k: number, integral: number): number {
  const distance = Math.abs(k);
  const rootRatio = exp(-0.5 * distance);
  const beta = normalisedBlack(-distance, Math.sqrt(w.variance), rootRatio) - integral;
  if (!(beta > FLOOR && beta < rootRatio)) return NaN;
  return totalVolatility({ x: -distance, beta, complement: rootRatio - beta, rootRatio }, 0);
}

/** db/ds of the normalised price: e^(-(h^2 + t^2)/2)/sqrt(2 pi). */
function normalisedVega(k: number, s: number): number {
  const h = k / s;
  return Math.exp(-0.5 * (h * h + 0.25 * s * s)) / Math.sqrt(2 * Math.PI);
}

/** db/dk of the normalised out-of-the-money price. */
function normalisedSlope(k: number, s: number): number {
  const x = -Math.abs(k);
  const slope = 0.5 * (exp(0.5 * x) * normalCdf(x / s + 0.5 * s) + exp(-0.5 * x) * normalCdf(x / s - 0.5 * s));
  return k > 0 ? -slope : slope;
}

/**
 * Writes w, w', w'' at k from b(k, s(k)) = b(k, sqrt V) - I(k) differentiated twice; b obeys b_s = s (b_kk - b/4), so
 * only I, I' and I'' are integrals.
 */
function writeShape(w: NodeWeights, k: number, out: Float64Array): void {
  const { re, im, step } = w;
  let integral = 0;
  let first = 0;
  let second = 0;
  for (let j = 0; j <= w.count; j++) {
    const u = j * step;
    const cos = Math.cos(u * k);
    const sin = Math.sin(u * k);
    const even = cos * re[j] + sin * im[j];
    integral += even;
    first += u * (cos * im[j] - sin * re[j]);
    second -= u * u * even;
  }
  const s = totalVolatilityAt(w, k, integral);
  const control = Math.sqrt(w.variance);
  const vega = normalisedVega(k, s);
  const s1 = (normalisedSlope(k, control) - normalisedSlope(k, s) - first) / vega;
  const cross = (-k / (s * s)) * vega;
  const bend = vega * ((k * k) / (s * s * s) - 0.25 * s);
  const rest = 0.25 * integral - second + normalisedVega(k, control) / control - vega / s;
  const s2 = (rest - 2 * cross * s1 - bend * s1 * s1) / vega;
  out[0] = s * s;
  out[1] = 2 * s * s1;
  out[2] = 2 * (s1 * s1 + s * s2);
}

function createSmile(): SmileFamily {
  const memory = new ExpiryMemory();
  const partial = new Float64Array(5);
  const family: SmileFamily = {
    name: 'heston',
    parameters: HESTON_PARAMETERS,
    totalVariance(p, k, years) {
      const w = memory.weights(p, years, k);
      if (!w) return NaN;
      const s = totalVolatilityAt(w, k, strikeSum(w, k));
      return s * s;
    },
    shape(p, k, years, out) {
      const w = memory.weights(p, years, k);
      if (w) writeShape(w, k, out);
      else out.fill(NaN, 0, 3);
    },
    gradient(p, k, years, out) {
      const w = memory.weights(p, years, k);
      const s = w ? totalVolatilityAt(w, k, strikeSumWithGradient(w, k, partial, 0)) : NaN;
      const scale = (-2 * s) / normalisedVega(k, s);
      for (let j = 0; j < 5; j++) out[j] = scale * partial[j];
    },
    initialGuess: (slice) => startOf([slice]),
    arbitrage: (p, years, kLow, kHigh) => report(family, p, years, kLow, kHigh),
    fit: (slice, options) => fitSlice(family, slice, options),
  };
  return family;
}

/**
 * Implied volatility of Heston's model at one expiry: kappa, theta, sigma, rho, v0. One expiry does not identify kappa,
 * theta and v0 apart (`logCondition` says so); {@link hestonSurface} fits all expiries. NaN where the price is below
 * about 2e-15 of the forward.
 */
export const heston: SmileFamily = createSmile();

/** The model is an arbitrage-free diffusion; g is scanned all the same, and the wing slopes come from its moments. */
function report(
  family: SmileFamily,
  p: ArrayLike<number>,
  years: number,
  kLow: number,
  kHigh: number,
): ArbitrageReport {
  const slope = hestonWingSlope(readHeston(p), years);
  return scanArbitrage((k, out) => family.shape(p, k, years, out), kLow, kHigh, slope, [], 'theorem');
}

/** v0 and theta from the first and last level, sigma and rho from the middle slice by SABR's equivalence. */
function startOf(slices: readonly SliceQuotes[]): Float64Array {
  const shapes = slices.map((s) => smileParabola(s));
  const middle = slices.length >> 1;
  const { level, slope, bend } = shapes[middle];
  const square = Math.max(0, 3 * level * bend + 6 * slope * slope);
  const nu = Math.max(Math.sqrt(square), 2.1 * Math.abs(slope), 0.1);
  const first = shapes[0].level;
  const last = shapes[shapes.length - 1].level;
  const kappa = 1 / Math.max(0.02, slices[middle].years);
  const guess = [kappa, last * last, 2 * nu * level, Math.max(-0.9, Math.min(0.9, (2 * slope) / nu)), first * first];
  return Float64Array.from(guess, (v, j) =>
    Math.min(HESTON_PARAMETERS[j].upper, Math.max(HESTON_PARAMETERS[j].lower, v)),
  );
}

function weightsOf(slice: SliceQuotes, options: FitOptions): Float64Array {
  return options.objective === 'equal'
    ? new Float64Array(slice.k.length).fill(1)
    : Float64Array.from(slice.errorBar, (bar) => 1 / bar);
}

/** Finds the minimum in logarithms, then lets the common fit apply Huber's loss and the prior from there. */
function fitSlice(family: SmileFamily, slice: SliceQuotes, options: FitOptions): SliceFit {
  const refused = refuseSlice(slice, options, 5);
  if (refused) return refusedFit(refused.status, refused.reason, slice.k.length, 5);
  const { years, k, sigma } = slice;
  const rough = fitHeston(
    [{ years, k, target: sigma, weight: weightsOf(slice, options) }],
    'volatility',
    options.start ?? startOf([slice]),
  );
  if (!(rough.cost < Infinity)) return refusedFit(rough.status, rough.reason, k.length, 5, rough.iterations);
  if (options.objective === 'equal' || (options.huber === 0 && !options.prior)) {
    const solution = { ...rough, rivalCost: NaN };
    const own = family.arbitrage(rough.parameters, years, k[0], k[k.length - 1]);
    return confess(judgeFit(family, slice, options, solution, own), slice);
  }
  const gradient = new Float64Array(5);
  const volatilities: SliceVolatilities = (p, out, jacobian) => {
    for (let i = 0; i < k.length; i++) {
      out[i] = Math.sqrt(family.totalVariance(p, k[i], years) / years);
      if (!(out[i] > 0)) return false;
      if (!jacobian) continue;
      family.gradient(p, k[i], years, gradient);
      for (let j = 0; j < 5; j++) jacobian[i * 5 + j] = gradient[j] / (2 * out[i] * years);
    }
    return true;
  };
  return fitVolatilities(family, slice, options, volatilities, [rough.parameters], 5);
}

/** Adds what a minimum does not say by itself: a wing that no quote shows, a shape that the model cannot take. */
function confess(fit: SliceFit, slice: SliceQuotes): SliceFit {
  if (fit.status !== 'converged') return fit;
  const unread = fit.residuals.findIndex((e) => Number.isNaN(e));
  if (unread >= 0) {
    const reason = `the model's price at k = ${slice.k[unread]} is below ${FLOOR} of the forward: it has no volatility`;
    return { ...fit, status: 'not-finite', reason };
  }
  return { ...fit, reason: [unseenWing(slice), misfit(fit.residuals, slice)].filter(Boolean).join('; ') };
}

/** Rounds of reweighting under Huber's loss. */
const HUBER_ROUNDS = 4;

/** One Heston model for every expiry: the surface form. Huber's loss is applied by reweighting; a prior is not used. */
export const hestonSurface: SurfaceFamily = {
  name: 'heston',
  fitSurface(slices, options) {
    const usable = slices.filter((s) => refuseSlice(s, { ...options, prior: null }, 1) === null);
    if (usable.length === 0) return refusedSurface(slices, options);
    const fit = searchSurface(usable, options);
    const status = fit.status;
    const memory = createSmile();
    const fits = slices.map((s): SliceFit => {
      const refused = refuseSlice(s, { ...options, prior: null }, 1);
      if (refused) return refusedFit(refused.status, refused.reason, s.k.length, 5);
      if (!(fit.cost < Infinity)) return refusedFit(status, fit.reason, s.k.length, 5, fit.iterations);
      const solution = { ...fit, status, rivalCost: NaN };
      const own = report(memory, fit.parameters, s.years, s.k[0], s.k[s.k.length - 1]);
      return confess(judgeFit(memory, s, { ...options, prior: null }, solution, own), s);
    });
    return {
      status,
      reason: fit.reason,
      shared: fit.parameters,
      slices: fits,
      calendarViolations: fit.cost < Infinity ? calendar(memory, fit.parameters, usable) : 0,
    };
  },
};

function searchSurface(slices: readonly SliceQuotes[], options: FitOptions): HestonFit {
  const weights = slices.map((s) => weightsOf(s, options));
  const data = slices.map((s, i) => ({ years: s.years, k: s.k, target: s.sigma, weight: weights[i] }));
  let fit = fitHeston(data, 'volatility', options.start ?? startOf(slices));
  if (!(options.objective === 'error-bars' && options.huber > 0)) return fit;
  for (let round = 0; round < HUBER_ROUNDS && fit.cost < Infinity; round++) {
    let row = 0;
    slices.forEach((s, i) => {
      for (let j = 0; j < s.k.length; j++, row++) {
        const z = fit.residuals[row] / (weights[i][j] * s.errorBar[j]);
        weights[i][j] = Math.sqrt(huberWeight(z, options.huber)) / s.errorBar[j];
      }
    });
    fit = fitHeston(data, 'volatility', fit.parameters);
  }
  return fit;
}

function refusedSurface(slices: readonly SliceQuotes[], options: FitOptions): SurfaceFit {
  const fits = slices.map((s) => {
    const refused = refuseSlice(s, { ...options, prior: null }, 1);
    return refusedFit(refused?.status ?? 'degenerate', refused?.reason ?? '', s.k.length, 5);
  });
  const status = fits[0]?.status ?? 'too-few-quotes';
  const reason = fits[0]?.reason ?? 'no slices';
  return { status, reason, shared: new Float64Array(5).fill(NaN), slices: fits, calendarViolations: 0 };
}

/** Total variance at equal k grows with T in any diffusion; the count proves the numbers do too. */
function calendar(family: SmileFamily, p: ArrayLike<number>, slices: readonly SliceQuotes[]): number {
  let violations = 0;
  for (let i = 1; i < slices.length; i++) {
    const [near, far] = [slices[i - 1], slices[i]];
    const low = Math.max(near.k[0], far.k[0]);
    const high = Math.min(near.k[near.k.length - 1], far.k[far.k.length - 1]);
    if (!(high > low && far.years > near.years)) continue;
    const nearFamily = createSmile();
    const at = (f: SmileFamily, years: number) => (k: number) => f.totalVariance(p, k, years);
    violations += checkCalendar(at(nearFamily, near.years), at(family, far.years), low, high).violations;
  }
  return violations;
}
