import { leastSquares, type LeastSquaresProblem } from '../numeric/least-squares.ts';
import { countCalendarViolations } from './calendar.ts';
import { essviGradient, essviTotalVariance } from './essvi-curve.ts';
import { essviFamily } from './essvi.ts';
import type { FitOptions, FitStatus, SliceFit, SliceQuotes, SurfaceFamily, SurfaceFit } from './family.ts';
import { misfit, refuseSlices, unseenWing } from './slice-checks.ts';
import { phiAt, type Phi } from './ssvi.ts';
import { judgeFit, refusedFit } from './uncertainty.ts';

const NEEDED = 3;
const ROBUST_ROUNDS = 8;

/**
 * SSVI with phi(theta) = eta theta^-gamma (1 + theta)^(gamma - 1) over all expiries: one rho, eta, gamma, and a chain of
 * ATM total variances that does not fall. gamma in [0, 1/2] and eta (1 + |rho|) <= 2 leave no static arbitrage
 * (Gatheral and Jacquier 2014, section 4.2). `shared` = [rho, eta, gamma]; slices are eSSVI slices [theta, rho, psi].
 * `start` is [rho, eta, gamma]; the prior is not used. Huber's loss by reweighting between descents.
 */
export const ssviSurface: SurfaceFamily = { name: 'ssvi', fitSurface: fitSsvi };

/** eta and psi of the unknowns (rho, h, gamma): eta = 2 h / (1 + |rho|) keeps the bound for every h in [0, 1]. */
function phiOf(x: ArrayLike<number>): Phi {
  return { kind: 'power2', p1: Math.max(1e-12, (2 * x[1]) / (1 + Math.abs(x[0]))), p2: x[2] };
}

function fitSsvi(slices: readonly SliceQuotes[], options: FitOptions): SurfaceFit {
  const plain: FitOptions = { ...options, prior: null };
  const refusals = refuseSlices(slices, plain, NEEDED);
  const kept = slices.filter((_, i) => !refusals[i]);
  if (kept.length === 0) {
    const fits = slices.map((s, i) => refusedFit(refusals[i]!.status, refusals[i]!.reason, s.k.length, 3));
    const status: FitStatus = fits[0]?.status ?? 'too-few-quotes';
    return {
      status,
      reason: fits[0]?.reason ?? 'no slice',
      shared: new Float64Array(0),
      slices: fits,
      calendarViolations: 0,
    };
  }
  const found = solve(kept, plain);
  const phi = phiOf(found.x);
  const thetas = thetasOf(found.x, kept.length);
  let at = 0;
  const fits = slices.map((s, i) => {
    const refusal = refusals[i];
    if (refusal) return refusedFit(refusal.status, refusal.reason, s.k.length, 3);
    const theta = thetas[at++];
    return judge(s, plain, Float64Array.of(theta, found.x[0], theta * phiAt(phi, theta).value), found);
  });
  const refused = refusals.filter(Boolean).length;
  return {
    status: found.converged ? 'converged' : 'max-iterations',
    reason: refused > 0 ? `${refused} of ${slices.length} slices refused` : '',
    shared: Float64Array.of(found.x[0], phi.p1, phi.p2),
    slices: fits,
    calendarViolations: countCalendarViolations(essviFamily, slices, fits),
  };
}

function thetasOf(x: ArrayLike<number>, slices: number): Float64Array {
  const thetas = new Float64Array(slices);
  for (let s = 0; s < slices; s++) thetas[s] = (s > 0 ? thetas[s - 1] : 0) + x[3 + s];
  return thetas;
}

interface Solved {
  readonly x: Float64Array;
  readonly iterations: number;
  readonly converged: boolean;
}

/** Starts of (rho, h, gamma) tried from cold. */
const STARTS: readonly (readonly [number, number, number])[] = [
  [-0.2, 0.5, 0.4],
  [-0.6, 0.8, 0.5],
];

function solve(kept: readonly SliceQuotes[], options: FitOptions): Solved {
  const chain: number[] = [];
  let before = 0;
  for (const s of kept) {
    const theta = Math.max(before * (1 + 1e-9), essviFamily.initialGuess(s)[0]);
    chain.push(theta - before);
    before = theta;
  }
  const { start } = options;
  const usable = start !== null && start.length === 3 && Array.from(start).every((v) => Math.abs(v) < Infinity);
  const heads = usable ? [[start[0], (start[1] * (1 + Math.abs(start[0]))) / 2, start[2]]] : STARTS;
  let best: Solved | null = null;
  let cost = Infinity;
  for (const head of heads) {
    const found = descend(kept, options, Float64Array.of(...head, ...chain));
    if (best !== null && !(found.cost < cost)) continue;
    best = found;
    cost = found.cost;
  }
  return best!;
}

function descend(kept: readonly SliceQuotes[], options: FitOptions, start: Float64Array): Solved & { cost: number } {
  const robust = options.objective === 'error-bars' && options.huber > 0;
  const weights = kept.map((s) =>
    options.objective === 'error-bars' ? s.errorBar.map((e) => 1 / e) : new Float64Array(s.k.length).fill(1),
  );
  const shares = weights.map((w) => new Float64Array(w.length).fill(1));
  const settings = { maxIterations: 100, costTolerance: 1e-10, stepTolerance: 1e-10, gradientTolerance: 1e-10 };
  let found = leastSquares(problemOf(kept, weights, shares), start, settings);
  let iterations = found.iterations;
  const rounds = robust ? ROBUST_ROUNDS : 0;
  for (let round = 0; round < rounds; round++) {
    let i = 0;
    kept.forEach((s, j) => {
      for (let q = 0; q < s.k.length; q++, i++) {
        const z = Math.abs(found.r[i] / Math.sqrt(shares[j][q]));
        shares[j][q] = z > options.huber ? options.huber / z : 1;
      }
    });
    found = leastSquares(problemOf(kept, weights, shares), found.p, settings);
    iterations += found.iterations;
  }
  return { x: found.p, iterations, converged: found.converged, cost: found.cost };
}

function problemOf(kept: readonly SliceQuotes[], weights: Float64Array[], shares: Float64Array[]): LeastSquaresProblem {
  const m = kept.length;
  const size = 3 + m;
  const gradient = new Float64Array(3);
  const evaluate = (x: Float64Array, r: Float64Array, jacobian: Float64Array | undefined): boolean => {
    const phi = phiOf(x);
    const thetas = thetasOf(x, m);
    let row = 0;
    for (let s = 0; s < m; s++) {
      const { k, sigma, years } = kept[s];
      const theta = thetas[s];
      const f = phiAt(phi, theta);
      const p = [theta, x[0], theta * f.value];
      const byRho = (-p[2] * Math.sign(x[0])) / (1 + Math.abs(x[0]));
      const byGamma = p[2] * (Math.log(1 + theta) - Math.log(theta));
      for (let i = 0; i < k.length; i++, row++) {
        const w = essviTotalVariance(p, k[i]);
        const share = weights[s][i] * Math.sqrt(shares[s][i]);
        const model = Math.sqrt(w / years);
        r[row] = share * (model - sigma[i]);
        if (!jacobian) continue;
        essviGradient(p, k[i], gradient);
        const t = share / (2 * model * years);
        const at = row * size;
        jacobian.fill(0, at, at + size);
        jacobian[at] = t * (gradient[1] + gradient[2] * byRho);
        jacobian[at + 1] = (t * gradient[2] * p[2]) / Math.max(1e-12, x[1]);
        jacobian[at + 2] = t * gradient[2] * byGamma;
        const byTheta = t * (gradient[0] + gradient[2] * (f.value + theta * f.slope));
        for (let j = 0; j <= s; j++) jacobian[at + 3 + j] = byTheta;
      }
    }
    return true;
  };
  const lower = new Float64Array(size);
  const upper = new Float64Array(size).fill(100);
  lower.set([-0.999, 1e-6, 0, 1e-12]);
  upper.set([0.999, 1, 0.5]);
  return { parameters: size, residuals: weights.reduce((n, w) => n + w.length, 0), evaluate, lower, upper };
}

function judge(slice: SliceQuotes, options: FitOptions, parameters: Float64Array, found: Solved): SliceFit {
  const n = slice.k.length;
  const arbitrage = essviFamily.arbitrage(parameters, slice.years, slice.k[0], slice.k[n - 1]);
  const status: FitStatus = found.converged ? 'converged' : 'max-iterations';
  const reason = found.converged ? '' : `no convergence in ${found.iterations} iterations`;
  const solution = { status, reason, parameters, iterations: found.iterations, cost: NaN, rivalCost: NaN };
  const fit = judgeFit(essviFamily, slice, options, solution, arbitrage);
  let cost = 0;
  for (let i = 0; i < n; i++) {
    const z = fit.residuals[i] / (options.objective === 'error-bars' ? slice.errorBar[i] : 1);
    cost += z * z;
  }
  if (status !== 'converged') return { ...fit, cost };
  const wing = unseenWing(slice);
  if (wing) return { ...fit, cost, status: 'degenerate', reason: wing };
  return { ...fit, cost, reason: misfit(fit.residuals, slice) };
}
