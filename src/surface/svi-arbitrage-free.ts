import { checkCalendar, minimumG, type Minimum } from './arbitrage.ts';
import { sviShape, sviTotalVariance, sviVertexLandmarks } from './svi-curve.ts';
import { ButterflyRows, CalendarRows, type ConstraintRows } from './svi-penalties.ts';
import type { SviProblem } from './svi-problem.ts';

/** What a slice must not do: butterflies over the quoted range [kLow, kHigh], crossings with neighbouring expiries. */
export interface SliceConstraints {
  readonly kLow: number;
  readonly kHigh: number;
  /** Impose g >= 0 (no butterfly arbitrage). */
  readonly butterfly: boolean;
  /** Expiries not to be crossed. */
  readonly neighbours: readonly Neighbour[];
}

/** Total variance of another expiry and the range over which it must not be crossed. */
export interface Neighbour {
  /** 1: nearer, bounds from below; -1: farther, bounds from above. */
  readonly side: 1 | -1;
  readonly totalVariance: (k: number) => number;
  readonly kLow: number;
  readonly kHigh: number;
}

/** A constrained descent: `status` says whether the curve obeys, and whether it is the best that does. */
export interface ConstrainedDescent {
  readonly status: 'optimal' | 'feasible' | 'infeasible';
  /** Cost of the quotes and the prior alone. */
  readonly cost: number;
  readonly iterations: number;
}

const GRID = 24;
const ROUNDS = 14;
const INNER = 30;

/** Lowest g by raw parameters; nothing to fear when butterflies are allowed. */
function worstButterfly(raw: Float64Array, limits: SliceConstraints): Minimum {
  if (!limits.butterfly) return { value: Infinity, at: 0 };
  return minimumG((k, out) => sviShape(raw, k, out), limits.kLow, limits.kHigh, sviVertexLandmarks(raw));
}

/** Smallest distance in total variance to a neighbour by raw parameters; < 0 is a crossing. */
function worstCrossing(raw: Float64Array, neighbour: Neighbour): Minimum {
  const own = (k: number): number => sviTotalVariance(raw, k);
  const [near, far] = neighbour.side === 1 ? [neighbour.totalVariance, own] : [own, neighbour.totalVariance];
  const check = checkCalendar(near, far, neighbour.kLow, neighbour.kHigh);
  return { value: check.minimum, at: check.at };
}

/** True when raw SVI parameters obey the constraints, by scan. */
export function obeys(raw: Float64Array, limits: SliceConstraints): boolean {
  return worstButterfly(raw, limits).value >= 0 && limits.neighbours.every((n) => worstCrossing(raw, n).value >= 0);
}

/**
 * Moves c (a free minimum of the problem) to the best curve that obeys the constraints: augmented Lagrangian on a grid
 * of the quoted range, verified by a finer scan whose worst point joins the grid (cutting planes). If that does not end
 * in a curve that obeys, the free curve is flattened toward its ATM level until it does.
 */
export function descendConstrained(problem: SviProblem, c: Float64Array, limits: SliceConstraints): ConstrainedDescent {
  const free = Float64Array.from(c);
  const sets = constraintSets(problem, c, limits);
  problem.penalties.push(...sets.map((s) => s.rows));
  let iterations = 0;
  let previous = Infinity;
  let status: ConstrainedDescent['status'] = 'infeasible';
  for (let round = 0; round < ROUNDS; round++) {
    iterations += problem.descend(c, INNER, 1e-7).iterations;
    const raw = problem.toRaw(c);
    let worst = -Infinity;
    let obedient = true;
    for (const { rows, scan } of sets) {
      worst = Math.max(worst, rows.updateMultipliers(c) / rows.margin);
      const breach = scan(raw);
      if (breach.value >= 0) continue;
      obedient = false;
      rows.addPoint(breach.at / problem.length);
    }
    if (obedient) status = 'optimal';
    if (obedient && worst <= 1) break;
    if (worst > 0.25 * previous) for (const { rows } of sets) rows.stiffness *= 8;
    previous = worst;
  }
  problem.penalties.length -= sets.length;
  if (!obeys(problem.toRaw(c), limits)) status = retreat(problem, c, free, limits) ? 'feasible' : 'infeasible';
  return { status, cost: problem.cost(c), iterations };
}

interface ConstraintSet {
  readonly rows: ConstraintRows;
  readonly scan: (raw: Float64Array) => Minimum;
}

function constraintSets(problem: SviProblem, c: Float64Array, limits: SliceConstraints): ConstraintSet[] {
  const grid = (kLow: number, kHigh: number): number[] =>
    Array.from({ length: GRID + 1 }, (_, i) => (kLow + (i * (kHigh - kLow)) / GRID) / problem.length);
  // A violation of 0.1 in g (10 % in variance) then costs as much as the misfit itself.
  let energy = 1e-6 * problem.n;
  for (let i = 0; i < problem.n; i++) energy += 1e-6 * problem.weight[i] * problem.weight[i];
  const stiffness = 100 * Math.max(problem.cost(c), energy);
  const sets: ConstraintSet[] = [];
  if (limits.butterfly) {
    const points = grid(limits.kLow, limits.kHigh);
    const rows = new ButterflyRows(points, problem.length, 1e-4, stiffness);
    sets.push({ rows, scan: (raw) => worstButterfly(raw, limits) });
  }
  const variance = problem.length * problem.length;
  for (const neighbour of limits.neighbours) {
    const scaled = (y: number): number => neighbour.totalVariance(y * problem.length) / variance;
    const rows = new CalendarRows(grid(neighbour.kLow, neighbour.kHigh), scaled, neighbour.side, 1e-5, stiffness);
    sets.push({ rows, scan: (raw) => worstCrossing(raw, neighbour) });
  }
  return sets;
}

/** Bisections of the share of the free curve's wings that is kept. */
const RETREAT_STEPS = 30;

/** Flattens the free curve toward its ATM level just enough to obey; false when even the flat curve does not. */
function retreat(problem: SviProblem, c: Float64Array, free: Float64Array, limits: SliceConstraints): boolean {
  const raw = problem.toRaw(free);
  const level = Math.max(sviTotalVariance(raw, 0), 1e-8 * problem.length * problem.length);
  const blend = (share: number): Float64Array => {
    const out = Float64Array.from(raw);
    out[1] *= share;
    out[0] = share * raw[0] + (1 - share) * level;
    return problem.fromRaw(out);
  };
  const obedient = (share: number): boolean => obeys(problem.toRaw(blend(share)), limits);
  if (!obedient(0)) return false;
  let low = 0;
  let high = 1;
  for (let i = 0; i < RETREAT_STEPS; i++) {
    const middle = 0.5 * (low + high);
    if (obedient(middle)) low = middle;
    else high = middle;
  }
  c.set(blend(low));
  return true;
}
