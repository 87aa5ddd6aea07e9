import { scanArbitrage } from './arbitrage.ts';
import { countCalendarViolations } from './calendar.ts';
import type {
  ArbitrageReport,
  FitOptions,
  SliceFit,
  SliceQuotes,
  SmileFamily,
  SurfaceFamily,
  SurfaceFit,
} from './family.ts';
import { ESSVI_PARAMETERS, essviGradient, essviShape, essviTotalVariance, essviWingSlope } from './essvi-curve.ts';
import { EssviProblem } from './essvi-problem.ts';
import { misfit, refuseSlices, unseenWing } from './slice-checks.ts';
import { ssviButterflyFree } from './ssvi.ts';
import { judgeFit, refusedFit, type Solution } from './uncertainty.ts';

const NEEDED = 3;
const MAX_ITERATIONS = 150;
const TOLERANCE = 1e-8;
const BUTTERFLY_ROUNDS = 8;

/** One slice of eSSVI, [theta, rho, psi]; fitted alone, or as part of a surface by {@link essviSurface}. */
export const essviFamily: SmileFamily = {
  name: 'essvi',
  parameters: ESSVI_PARAMETERS,
  totalVariance: (p, k) => essviTotalVariance(p, k),
  shape: (p, k, _years, out) => essviShape(p, k, out),
  gradient: (p, k, _years, out) => essviGradient(p, k, out),
  initialGuess: guessEssvi,
  arbitrage: (p, _years, kLow, kHigh) => arbitrageOfEssvi(p, kLow, kHigh),
  fit: (slice, options) => essviSurface.fitSurface([slice], options).slices[0],
};

/**
 * The whole surface at once, slices in order of expiry: Levenberg-Marquardt over increments of (psi (1 - rho),
 * psi (1 + rho), 1/phi), started from slices fitted alone and raised to a monotone chain. No calendar arbitrage by the
 * sufficient condition of Corbetta et al. 2019, no butterfly arbitrage by theorem 4.2 of Gatheral and Jacquier 2014,
 * whatever the options ask. A slice that cannot be calibrated is refused with its reason; the others are fitted.
 * `start` is the concatenation of [theta, rho, psi] of every slice; the prior is not used (it speaks of one slice).
 */
export const essviSurface: SurfaceFamily = { name: 'essvi', fitSurface: fitEssvi };

function arbitrageOfEssvi(p: ArrayLike<number>, kLow: number, kHigh: number): ArbitrageReport {
  const vertex = (-p[1] * p[0]) / p[2];
  const sigma = (Math.sqrt((1 - p[1]) * (1 + p[1])) * p[0]) / p[2];
  const landmarks = p[2] > 0 ? [-4, -2, -1, -0.5, 0, 0.5, 1, 2, 4].map((t) => vertex + t * sigma) : [];
  const strength = ssviButterflyFree(p[0], p[1], p[2]) ? 'sufficient-condition' : 'scan';
  return scanArbitrage((k, out) => essviShape(p, k, out), kLow, kHigh, essviWingSlope(p), landmarks, strength);
}

/** ATM variance from the quote nearest the forward, no skew, and half of the steepest smile allowed. */
function guessEssvi(slice: SliceQuotes): Float64Array {
  let nearest = 0;
  for (let i = 1; i < slice.k.length; i++) if (Math.abs(slice.k[i]) < Math.abs(slice.k[nearest])) nearest = i;
  const sigma = slice.sigma.length > 0 ? slice.sigma[nearest] : 0.5;
  const theta = sigma * sigma * slice.years;
  return Float64Array.of(theta, 0, Math.min(1, Math.sqrt(theta)));
}

function fitEssvi(slices: readonly SliceQuotes[], options: FitOptions): SurfaceFit {
  const plain: FitOptions = { ...options, prior: null };
  const refusals = refuseSlices(slices, plain, NEEDED);
  const kept = slices.filter((_, i) => !refusals[i]);
  if (kept.length === 0) {
    const [status, reason] =
      slices.length > 0 ? [refusals[0]!.status, refusals[0]!.reason] : (['too-few-quotes', 'no slice'] as const);
    const refused = slices.map((s, i) => refusedFit(refusals[i]!.status, refusals[i]!.reason, s.k.length, 3));
    return { status, reason, shared: new Float64Array(0), slices: refused, calendarViolations: 0 };
  }
  const problem = new EssviProblem(kept, plain);
  const increments = startOf(kept, plain, slices, refusals.map(Boolean));
  const result = descend(problem, increments);
  const levels = separated(problem.expand(increments));
  let at = 0;
  const fits = slices.map((s, i) => {
    const refusal = refusals[i];
    if (refusal) return refusedFit(refusal.status, refusal.reason, s.k.length, 3);
    return judgeSlice(s, plain, levels.subarray(3 * at, 3 * at++ + 3), result);
  });
  const refused = refusals.filter(Boolean).length;
  const notes = refused > 0 ? `${refused} of ${slices.length} slices refused` : '';
  return {
    status: result.converged ? 'converged' : 'max-iterations',
    reason: result.converged ? notes : `no convergence in ${result.iterations} iterations`,
    shared: new Float64Array(0),
    slices: fits,
    calendarViolations: countCalendarViolations(essviFamily, slices, fits),
  };
}

/** Relative step between equal levels, so that the conditions survive the rounding of (theta, rho, psi). */
const SEPARATION = 1e-14;

/** Levels that touch, parted by rounding's width; the cap of 4 on the slopes stays. */
function separated(levels: Float64Array): Float64Array {
  for (let i = 3; i < levels.length; i++) {
    const raised = Math.max(levels[i], levels[i - 3] * (1 + SEPARATION));
    levels[i] = i % 3 === 2 ? raised : Math.min(4, raised);
  }
  return levels;
}

interface Outcome {
  readonly iterations: number;
  readonly converged: boolean;
}

/** The free descent, then rounds with butterfly multipliers while a slice is too steep; ends inside the conditions. */
function descend(problem: EssviProblem, x: Float64Array): Outcome {
  let { iterations, converged, cost } = problem.descend(x, MAX_ITERATIONS, TOLERANCE);
  problem.expand(x);
  let worst = steepest(problem);
  if (worst > 0) {
    const scale = problem.levels[2] * problem.levels[2];
    problem.stiffness = (10 * Math.max(cost, 1e-12)) / scale;
    for (let round = 0; round < BUTTERFLY_ROUNDS; round++) {
      const found = problem.descend(x, MAX_ITERATIONS, TOLERANCE);
      iterations += found.iterations;
      converged = found.converged;
      problem.expand(x);
      const breach = problem.updateMultipliers();
      if (breach < 1e-6 * problem.levels[2]) break;
      if (breach > 0.25 * worst) problem.stiffness *= 8;
      worst = breach;
    }
    widen(problem, x);
  }
  return { iterations, converged };
}

function steepest(problem: EssviProblem): number {
  let worst = -Infinity;
  for (let s = 0; s < problem.slices; s++) {
    const [left, right, width] = problem.levels.subarray(3 * s, 3 * s + 3);
    worst = Math.max(worst, left - 4 * width, right - 4 * width);
  }
  return worst;
}

/** Raises widths to max(left, right)/4, keeping the chain. */
function widen(problem: EssviProblem, x: Float64Array): void {
  const levels = Float64Array.from(problem.expand(x));
  let before = 0;
  for (let s = 0; s < problem.slices; s++) {
    const width = Math.max(before, levels[3 * s + 2], 0.25 * Math.max(levels[3 * s], levels[3 * s + 1]));
    x[3 * s + 2] = width - before;
    before = width;
  }
}

/** Levels of each slice fitted alone (or of the given start), raised to a chain that does not fall; as increments. */
function startOf(
  kept: readonly SliceQuotes[],
  options: FitOptions,
  slices: readonly SliceQuotes[],
  refused: readonly boolean[],
): Float64Array {
  const increments = new Float64Array(3 * kept.length);
  const { start } = options;
  const given = start !== null && start.length === 3 * slices.length;
  const own: number[] = [];
  for (let i = 0, s = 0; i < slices.length; i++) {
    if (refused[i]) continue;
    const p = given ? Array.from({ length: 3 }, (_, j) => start[3 * i + j]) : guessEssvi(kept[s]);
    const usable = p[0] > 0 && Math.abs(p[1]) <= 1 && p[2] > 0 && p[0] + p[2] < Infinity;
    own.push(...levelsOf(usable ? p : guessEssvi(kept[s])));
    if (!given && kept.length > 1) {
      const alone = new EssviProblem([kept[s]], options);
      const x = Float64Array.from(own.slice(-3));
      alone.descend(x, 25, 1e-4);
      own.splice(-3, 3, ...alone.expand(x));
    }
    s++;
  }
  for (let j = 0; j < 3; j++) {
    let before = 0;
    for (let s = 0; s < kept.length; s++) {
      const level = Math.max(before, own[3 * s + j]);
      increments[3 * s + j] = level - before;
      before = level;
    }
  }
  return increments;
}

function levelsOf(p: ArrayLike<number>): [number, number, number] {
  return [p[2] * (1 - p[1]), p[2] * (1 + p[1]), p[0] / p[2]];
}

function judgeSlice(slice: SliceQuotes, options: FitOptions, levels: Float64Array, result: Outcome): SliceFit {
  const psi = 0.5 * (levels[0] + levels[1]);
  const rho = psi > 0 ? (levels[1] - levels[0]) / (levels[1] + levels[0]) : 0;
  const parameters = Float64Array.of(psi * levels[2], rho, psi);
  const solution: Solution = {
    status: result.converged ? 'converged' : 'max-iterations',
    reason: result.converged ? '' : `no convergence in ${result.iterations} iterations`,
    parameters,
    iterations: result.iterations,
    cost: 0,
    rivalCost: NaN,
  };
  const n = slice.k.length;
  const fit = judgeFit(essviFamily, slice, options, solution, arbitrageOfEssvi(parameters, slice.k[0], slice.k[n - 1]));
  return confess(fit, slice, options);
}

/** The slice's own cost, and what its convergence does not say. */
function confess(fit: SliceFit, slice: SliceQuotes, options: FitOptions): SliceFit {
  let cost = 0;
  for (let i = 0; i < slice.k.length; i++) {
    const e = Math.abs(fit.residuals[i]);
    const z = options.objective === 'error-bars' ? e / slice.errorBar[i] : e;
    const robust = options.objective === 'error-bars' && options.huber > 0 && z > options.huber;
    cost += robust ? options.huber * (2 * z - options.huber) : z * z;
  }
  if (fit.status !== 'converged') return { ...fit, cost };
  const wing = unseenWing(slice);
  if (wing) return { ...fit, cost, status: 'degenerate', reason: wing };
  return { ...fit, cost, reason: misfit(fit.residuals, slice) };
}
