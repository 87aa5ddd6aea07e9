import type { FitOptions, FitStatus, SliceFit, SliceQuotes, SmileFamily } from './family.ts';
import { misfit, refuseSlice, unseenWing } from './slice-checks.ts';
import { descendConstrained, obeys, type Neighbour, type SliceConstraints } from './svi-arbitrage-free.ts';
import { SviProblem } from './svi-problem.ts';
import { everySviStart, sviStarts } from './svi-starts.ts';
import { judgeFit, refusedFit, type Solution } from './uncertainty.ts';

const MAX_ITERATIONS = 120;
const TOLERANCE = 1e-10;

/**
 * Calibrates raw SVI to one slice by Levenberg-Marquardt on volatility residuals with analytic gradients; all bounds
 * always on (b >= 0, b (1 + |rho|) <= 2, minimum variance >= 0, sigma > 0). Cold starts come from a scan of (m, sigma)
 * with the linear parameters solved exactly (Zeliade 2009); the two best distinct minima give `cost` and `rivalCost`.
 * Needs 5 distinct strikes, or 3 with a prior.
 */
export function fitSvi(family: SmileFamily, slice: SliceQuotes, options: FitOptions): SliceFit {
  return fitSviBetween(family, slice, options, []);
}

/** As {@link fitSvi}, without crossing the given expiries. */
export function fitSviBetween(
  family: SmileFamily,
  slice: SliceQuotes,
  options: FitOptions,
  neighbours: readonly Neighbour[],
): SliceFit {
  const withPrior = options.objective === 'error-bars' && options.prior !== null;
  const refusal = refuseSlice(slice, options, withPrior ? 3 : 5);
  if (refusal) return refusedFit(refusal.status, refusal.reason, slice.k.length, 5);
  const problem = new SviProblem(slice, options);
  const n = slice.k.length;
  const limits = { kLow: slice.k[0], kHigh: slice.k[n - 1], butterfly: options.arbitrageFree, neighbours };
  const found = options.start && finite(options.start) ? warm(problem, options.start) : cold(problem);
  const solution = constrain(problem, found, limits);
  const arbitrage = family.arbitrage(solution.parameters, slice.years, limits.kLow, limits.kHigh);
  return confess(judgeFit(family, slice, options, solution, arbitrage), slice, withPrior);
}

/** A minimum of the problem in its own coordinates and cost unit. */
interface Found {
  readonly c: Float64Array;
  readonly cost: number;
  readonly rivalCost: number;
  readonly iterations: number;
  readonly converged: boolean;
}

function finite(start: ArrayLike<number>): boolean {
  for (let i = 0; i < 5; i++) if (!(Math.abs(start[i]) < Infinity)) return false;
  return true;
}

function warm(problem: SviProblem, start: ArrayLike<number>): Found {
  const c = problem.fromRaw(start);
  return { c, rivalCost: NaN, ...problem.descend(c, MAX_ITERATIONS, TOLERANCE) };
}

function cold(problem: SviProblem): Found {
  let best: Found | null = null;
  let rivalCost = NaN;
  let iterations = 0;
  for (const c of sviStarts(problem)) {
    const found = { c, rivalCost: NaN, ...problem.descend(c, MAX_ITERATIONS, TOLERANCE) };
    iterations += found.iterations;
    const distinct = best !== null && differ(best.c, c);
    if (best === null || found.cost < best.cost) {
      if (best !== null && distinct) rivalCost = best.cost;
      best = found;
    } else if (distinct && !(found.cost >= rivalCost)) rivalCost = found.cost;
  }
  return { ...best!, rivalCost, iterations };
}

/** Imposes the constraints where the free minimum breaks them, and expresses the result in raw parameters. */
function constrain(problem: SviProblem, found: Found, limits: SliceConstraints): Solution {
  const { c } = found;
  let { cost, iterations } = found;
  let status: FitStatus = found.converged ? 'converged' : 'max-iterations';
  let reason = found.converged ? '' : `no convergence in ${iterations} iterations`;
  if ((limits.butterfly || limits.neighbours.length > 0) && !obeys(problem.toRaw(c), limits)) {
    const result = descendConstrained(problem, c, limits);
    cost = result.cost;
    iterations += result.iterations;
    status = result.status === 'optimal' ? 'converged' : result.status === 'feasible' ? 'max-iterations' : 'infeasible';
    if (result.status === 'feasible')
      reason = 'free of arbitrage, but not the best such curve: it was flattened to obey';
    if (result.status === 'infeasible') reason = 'no SVI curve obeys the constraints on this range';
  }
  const unit = problem.weighted ? 1 : problem.reference * problem.reference;
  const parameters = problem.toRaw(c);
  return { status, reason, parameters, iterations, cost: cost * unit, rivalCost: found.rivalCost * unit };
}

/** One local minimum of an SVI calibration: raw parameters and objective (unit as {@link SliceFit.cost}). */
export interface SviMinimum {
  readonly parameters: Float64Array;
  readonly cost: number;
}

/** Minima this many units of chi2 above the best (five standard errors) are no rivals. */
const RIVAL_UNITS = 25;

/**
 * The distinct local minima that 28 starts find within 25 units of chi2 of the best, best first (a unit is 1 under
 * `error-bars`, the residual variance under `equal`); none when the slice is refused. Slower than a fit (about 0.3 ms)
 * and asked for when identifiability is in doubt: minima within about one unit explain the quotes equally well.
 */
export function sviMinima(slice: SliceQuotes, options: FitOptions): SviMinimum[] {
  const withPrior = options.objective === 'error-bars' && options.prior !== null;
  if (refuseSlice(slice, options, withPrior ? 3 : 5)) return [];
  const problem = new SviProblem(slice, options);
  const unit = problem.weighted ? 1 : problem.reference * problem.reference;
  const found: { c: Float64Array; cost: number }[] = [];
  for (const c of everySviStart(problem)) {
    const { cost } = problem.descend(c, MAX_ITERATIONS, TOLERANCE);
    const same = found.findIndex((f) => !differ(f.c, c));
    if (same < 0) found.push({ c, cost });
    else if (cost < found[same].cost) found[same] = { c, cost };
  }
  found.sort((a, b) => a.cost - b.cost);
  const best = found[0].cost;
  const chi2 = problem.weighted ? 1 : best / Math.max(1, problem.n - 5);
  const rivals = found.filter(({ cost }) => cost - best <= RIVAL_UNITS * chi2);
  return rivals.map(({ c, cost }) => ({ parameters: problem.toRaw(c), cost: cost * unit }));
}

/** Two minima differ when m or log sigma do, in units of the smile. */
function differ(a: Float64Array, b: Float64Array): boolean {
  return Math.abs(a[3] - b[3]) > 0.05 + 0.05 * a[4] || Math.abs(Math.log(a[4] / b[4])) > 0.1;
}

/** Share of total variance that wings must add over the quoted range to count as a smile. */
const FLAT = 1e-9;

/** Adds what a minimum does not say by itself: an unobserved wing, parameters nothing determines, a shape missed. */
function confess(fit: SliceFit, slice: SliceQuotes, withPrior: boolean): SliceFit {
  if (fit.status !== 'converged') return fit;
  const wing = withPrior ? '' : unseenWing(slice);
  if (wing) return { ...fit, status: 'degenerate', reason: wing };
  const { k } = slice;
  const rise = fit.parameters[1] * (k[k.length - 1] - k[0]);
  if (!(rise > FLAT * slice.years * slice.sigma[0] * slice.sigma[0])) {
    const reason = `the smile is flat (b = ${fit.parameters[1]}): nothing determines rho, m and sigma`;
    return { ...fit, status: 'singular', reason, covariance: new Float64Array(0), logCondition: Infinity };
  }
  if (fit.covariance.length === 0) {
    const reason = `the quotes do not determine all parameters: log10 condition ${fit.logCondition.toFixed(1)}`;
    return { ...fit, status: 'singular', reason };
  }
  return { ...fit, reason: misfit(fit.residuals, slice) };
}
