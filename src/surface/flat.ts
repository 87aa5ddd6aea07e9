import { scanArbitrage } from './arbitrage.ts';
import type { FitOptions, ParameterSpec, SliceFit, SliceQuotes, SmileFamily } from './family.ts';
import { misfit, refuseSlice, unseenWing } from './slice-checks.ts';
import { judgeFit, refusedFit } from './uncertainty.ts';

/** Standard deviations at which the tilt of the linear family has half faded; it bounds the volatility on both sides. */
const REACH = 3;
/** Largest |tilt|: volatility stays within 10 % and 190 % of its ATM level. */
const STEEPEST = 0.3;
const SWEEPS = 40;

const LEVEL: ParameterSpec = { name: 'atm', unit: 'volatility', lower: 1e-4, upper: 100 };
const TILT: ParameterSpec = { name: 'tilt', unit: 'share of atm per x', lower: -STEEPEST, upper: STEEPEST };

/** The fallback for a slice with one quote: one volatility at every strike. Parameter: [atm]. Always free of arbitrage. */
export const flatFamily: SmileFamily = {
  name: 'flat',
  parameters: [LEVEL],
  totalVariance: (p, _k, years) => (p[0] > 0 ? p[0] * p[0] * years : NaN),
  shape: (p, _k, years, out) => {
    out[0] = p[0] > 0 ? p[0] * p[0] * years : NaN;
    out[1] = 0;
    out[2] = 0;
  },
  gradient: (p, _k, years, out) => {
    out[0] = 2 * p[0] * years;
  },
  initialGuess: (slice) => Float64Array.of(nearestVolatility(slice)),
  arbitrage: (_p, _years, kLow) => ({ minG: 1, minGAt: kLow, minGExtrapolated: 1, wingSlope: 0, strength: 'theorem' }),
  fit: (slice, options) => fitFallback(flatFamily, slice, options, 1),
};

/**
 * The fallback for a slice with two to four quotes: volatility linear in x = k/(atm sqrt T) near the money, fading to a
 * level at the wings, sigma(k) = atm (1 + tilt x / sqrt(1 + x^2/9)). Parameters: [atm, tilt]; atm tilt is the skew of
 * `smile-factors.ts`. Bounded volatility keeps Lee's bounds; butterflies are scanned.
 */
export const linearFamily: SmileFamily = {
  name: 'linear',
  parameters: [LEVEL, TILT],
  totalVariance: (p, k, years) => {
    const x = k / (p[0] * Math.sqrt(years));
    const sigma = p[0] * (1 + (p[1] * x) / Math.sqrt(1 + (x * x) / (REACH * REACH)));
    return sigma > 0 ? sigma * sigma * years : NaN;
  },
  shape: (p, k, years, out) => {
    const scale = 1 / (p[0] * Math.sqrt(years));
    const x = k * scale;
    const root = Math.sqrt(1 + (x * x) / (REACH * REACH));
    const cube = root * root * root;
    const sigma = p[0] * (1 + (p[1] * x) / root);
    const s1 = (p[0] * p[1] * scale) / cube;
    const s2 = (((-3 * p[0] * p[1] * x) / (REACH * REACH)) * scale * scale) / (cube * root * root);
    out[0] = sigma > 0 ? sigma * sigma * years : NaN;
    out[1] = 2 * sigma * s1 * years;
    out[2] = 2 * (s1 * s1 + sigma * s2) * years;
  },
  gradient: (p, k, years, out) => {
    const x = k / (p[0] * Math.sqrt(years));
    const root = Math.sqrt(1 + (x * x) / (REACH * REACH));
    const fade = x / root;
    const sigma = p[0] * (1 + p[1] * fade);
    out[0] = 2 * sigma * years * (1 + p[1] * (fade - x / (root * root * root)));
    out[1] = 2 * sigma * years * p[0] * fade;
  },
  initialGuess: (slice) => Float64Array.of(nearestVolatility(slice), 0),
  arbitrage: (p, years, kLow, kHigh) => scanArbitrage((k, out) => linearFamily.shape(p, k, years, out), kLow, kHigh, 0),
  fit: (slice, options) => fitFallback(linearFamily, slice, options, 2),
};

function nearestVolatility(slice: SliceQuotes): number {
  let nearest = 0;
  for (let i = 1; i < slice.k.length; i++) if (Math.abs(slice.k[i]) < Math.abs(slice.k[nearest])) nearest = i;
  return slice.sigma.length > 0 ? slice.sigma[nearest] : 0.5;
}

/**
 * Gauss-Newton on the one or two parameters with Huber reweighting; the prior is not used (two numbers have no
 * curvature to be told about), and free of butterflies on request by shrinking the tilt.
 */
function fitFallback(family: SmileFamily, slice: SliceQuotes, options: FitOptions, needed: number): SliceFit {
  const plain: FitOptions = { ...options, prior: null };
  const refusal = refuseSlice(slice, plain, needed);
  const n = slice.k.length;
  if (refusal) return refusedFit(refusal.status, refusal.reason, n, family.parameters.length);
  const p = family.initialGuess(slice);
  let cost = costOf(family, p, slice, plain);
  let iterations = 0;
  let converged = false;
  while (iterations < SWEEPS && !converged) {
    iterations++;
    let share = 1;
    const step = gaussNewtonStep(family, p, slice, plain);
    converged = true;
    for (let halvings = 0; halvings < 12; halvings++, share *= 0.5) {
      const trial = p.map((v, j) => {
        const { lower, upper } = family.parameters[j];
        return Math.min(upper, Math.max(lower, v + share * step[j]));
      });
      const next = costOf(family, trial, slice, plain);
      if (!(next < cost)) continue;
      converged = cost - next <= 1e-12 * cost;
      p.set(trial);
      cost = next;
      break;
    }
  }
  const report = (): ReturnType<SmileFamily['arbitrage']> =>
    family.arbitrage(p, slice.years, slice.k[0], slice.k[n - 1]);
  for (let i = 0; options.arbitrageFree && i < 60 && !(report().minG >= 0); i++) p[1] *= 0.9;
  const solution = {
    status: converged ? ('converged' as const) : ('max-iterations' as const),
    reason: converged ? '' : `no convergence in ${iterations} iterations`,
    parameters: p,
    iterations,
    cost: costOf(family, p, slice, plain),
    rivalCost: NaN,
  };
  const fit = judgeFit(family, slice, plain, solution, report());
  if (!converged) return fit;
  return { ...fit, reason: unseenWing(slice) || misfit(fit.residuals, slice) };
}

function costOf(family: SmileFamily, p: Float64Array, slice: SliceQuotes, options: FitOptions): number {
  const { k, sigma, errorBar, years } = slice;
  const weighted = options.objective === 'error-bars';
  let cost = 0;
  for (let i = 0; i < k.length; i++) {
    const e = sigma[i] - Math.sqrt(family.totalVariance(p, k[i], years) / years);
    const z = weighted ? Math.abs(e / errorBar[i]) : Math.abs(e);
    cost += weighted && options.huber > 0 && z > options.huber ? options.huber * (2 * z - options.huber) : z * z;
  }
  return cost;
}

function gaussNewtonStep(family: SmileFamily, p: Float64Array, slice: SliceQuotes, options: FitOptions): Float64Array {
  const { k, sigma, errorBar, years } = slice;
  const gradient = new Float64Array(2);
  let h00 = 0, h01 = 0, h11 = 0, g0 = 0, g1 = 0; // prettier-ignore
  for (let i = 0; i < k.length; i++) {
    const predicted = Math.sqrt(family.totalVariance(p, k[i], years) / years);
    family.gradient(p, k[i], years, gradient);
    const e = sigma[i] - predicted;
    let weight = 1;
    if (options.objective === 'error-bars') {
      const z = Math.abs(e / errorBar[i]);
      weight = (options.huber > 0 && z > options.huber ? options.huber / z : 1) / (errorBar[i] * errorBar[i]);
    }
    const j0 = gradient[0] / (2 * predicted * years);
    const j1 = gradient[1] / (2 * predicted * years);
    h00 += weight * j0 * j0;
    h01 += weight * j0 * j1;
    h11 += weight * j1 * j1; // prettier-ignore
    g0 += weight * j0 * e;
    g1 += weight * j1 * e; // prettier-ignore
  }
  if (p.length === 1) return Float64Array.of(g0 / h00);
  const determinant = h00 * h11 - h01 * h01;
  if (!(determinant > 1e-14 * h00 * h11)) return Float64Array.of(g0 / h00, 0);
  return Float64Array.of((g0 * h11 - g1 * h01) / determinant, (g1 * h00 - g0 * h01) / determinant);
}
