import type { FitOptions, SliceFit, SliceQuotes, SmileFamily } from './family.ts';
import { refuseSlice, systematicMisfit, unseenWing } from './slice-checks.ts';
import { SviProblem } from './svi-problem.ts';
import { sviStarts } from './svi-starts.ts';
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
  const withPrior = options.objective === 'error-bars' && options.prior !== null;
  const refusal = refuseSlice(slice, options, withPrior ? 3 : 5);
  if (refusal) return refusedFit(refusal.status, refusal.reason, slice.k.length, 5);
  const problem = new SviProblem(slice, options);
  const solution = options.start ? warm(problem, options.start) : cold(problem);
  const n = slice.k.length;
  const arbitrage = family.arbitrage(solution.parameters, slice.years, slice.k[0], slice.k[n - 1]);
  return confess(judgeFit(family, slice, options, solution, arbitrage), slice, withPrior);
}

function warm(problem: SviProblem, start: ArrayLike<number>): Solution {
  for (let i = 0; i < 5; i++) if (!(Math.abs(start[i]) < Infinity)) return cold(problem);
  const c = problem.fromRaw(start);
  const found = problem.descend(c, MAX_ITERATIONS, TOLERANCE);
  return solutionOf(problem, c, found.cost, NaN, found.iterations, found.converged);
}

function cold(problem: SviProblem): Solution {
  let best: Float64Array | null = null;
  let cost = Infinity;
  let rivalCost = NaN;
  let iterations = 0;
  let converged = false;
  for (const c of sviStarts(problem)) {
    const found = problem.descend(c, MAX_ITERATIONS, TOLERANCE);
    iterations += found.iterations;
    const distinct = best !== null && differ(best, c);
    if (found.cost < cost) {
      if (distinct) rivalCost = cost;
      [best, cost, converged] = [c, found.cost, found.converged];
    } else if (distinct && !(found.cost >= rivalCost)) rivalCost = found.cost;
  }
  return solutionOf(problem, best!, cost, rivalCost, iterations, converged);
}

/** Two minima differ when m or log sigma do, in units of the smile. */
function differ(a: Float64Array, b: Float64Array): boolean {
  return Math.abs(a[3] - b[3]) > 0.05 + 0.05 * a[4] || Math.abs(Math.log(a[4] / b[4])) > 0.1;
}

function solutionOf(
  problem: SviProblem,
  c: Float64Array,
  cost: number,
  rivalCost: number,
  iterations: number,
  converged: boolean,
): Solution {
  const weighted = problem.weighted;
  const unit = weighted ? 1 : problem.reference * problem.reference;
  return {
    status: converged ? 'converged' : 'max-iterations',
    reason: converged ? '' : `no convergence in ${iterations} iterations`,
    parameters: problem.toRaw(c),
    iterations,
    cost: cost * unit,
    rivalCost: rivalCost * unit,
  };
}

/** Adds what a minimum does not say by itself: an unobserved wing, parameters nothing determines, a shape missed. */
function confess(fit: SliceFit, slice: SliceQuotes, withPrior: boolean): SliceFit {
  if (fit.status !== 'converged') return fit;
  const wing = withPrior ? '' : unseenWing(slice);
  if (wing) return { ...fit, status: 'degenerate', reason: wing };
  if (fit.covariance.length === 0) {
    const reason = `the quotes do not determine all parameters: log10 condition ${fit.logCondition.toFixed(1)}`;
    return { ...fit, status: 'singular', reason };
  }
  const misfit = systematicMisfit(fit.residuals, slice.k, 0.002);
  return misfit ? { ...fit, reason: misfit } : fit;
}
