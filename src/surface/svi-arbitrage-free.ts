import { checkCalendar, minimumG, type Minimum } from './arbitrage.ts';
import { sviShape, sviTotalVariance, sviVertexLandmarks } from './svi-curve.ts';
import { ButterflyRows, CalendarRows, type ConstraintRows } from './svi-penalties.ts';
import type { SviProblem } from './svi-problem.ts';

/** What a slice must not do, over the quoted range [kLow, kHigh] in log-moneyness. */
export interface SliceConstraints {
  readonly kLow: number;
  readonly kHigh: number;
  /** Impose g >= 0 (no butterfly arbitrage). */
  readonly butterfly: boolean;
  /** Total variance of the next nearer expiry; null = no calendar condition. */
  readonly nearer: ((k: number) => number) | null;
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

/** Worst breach of the constraints by raw parameters: value < 0 is a breach, `at` is where (log-moneyness). */
function worstBreach(raw: Float64Array, limits: SliceConstraints): { butterfly: Minimum; calendar: Minimum } {
  const none = { value: Infinity, at: 0 };
  const { kLow, kHigh, nearer } = limits;
  let butterfly: Minimum = none;
  let calendar: Minimum = none;
  if (limits.butterfly) butterfly = minimumG((k, out) => sviShape(raw, k, out), kLow, kHigh, sviVertexLandmarks(raw));
  if (nearer) {
    const check = checkCalendar(nearer, (k) => sviTotalVariance(raw, k), kLow, kHigh);
    calendar = { value: check.minimum, at: check.at };
  }
  return { butterfly, calendar };
}

/** True when raw SVI parameters obey the constraints, by scan. */
export function obeys(raw: Float64Array, limits: SliceConstraints): boolean {
  const { butterfly, calendar } = worstBreach(raw, limits);
  return butterfly.value >= 0 && calendar.value >= 0;
}

/**
 * Moves c (a free minimum of the problem) to the best curve that obeys the constraints: augmented Lagrangian on a grid
 * of the quoted range, verified by a finer scan whose worst point joins the grid (cutting planes). If that does not end
 * in a curve that obeys, the free curve is flattened toward its ATM level (raised, for a calendar breach) until it does.
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
    const breach = worstBreach(problem.toRaw(c), limits);
    let worst = -Infinity;
    for (const { kind, rows } of sets) {
      worst = Math.max(worst, rows.updateMultipliers(c) / rows.margin);
      if (breach[kind].value < 0) rows.addPoint(breach[kind].at / problem.length);
    }
    if (breach.butterfly.value >= 0 && breach.calendar.value >= 0) {
      status = 'optimal';
      if (worst <= 1) break;
    }
    if (worst > 0.25 * previous) for (const { rows } of sets) rows.stiffness *= 8;
    previous = worst;
  }
  problem.penalties.length -= sets.length;
  if (!obeys(problem.toRaw(c), limits)) status = retreat(problem, c, free, limits) ? 'feasible' : 'infeasible';
  return { status, cost: problem.cost(c), iterations };
}

interface ConstraintSet {
  readonly kind: 'butterfly' | 'calendar';
  readonly rows: ConstraintRows;
}

function constraintSets(problem: SviProblem, c: Float64Array, limits: SliceConstraints): ConstraintSet[] {
  const low = limits.kLow / problem.length;
  const high = limits.kHigh / problem.length;
  const points: number[] = [];
  for (let i = 0; i <= GRID; i++) points.push(low + (i * (high - low)) / GRID);
  // A violation of 0.1 in g (10 % in variance) then costs as much as the misfit itself.
  let energy = 1e-6 * problem.n;
  for (let i = 0; i < problem.n; i++) energy += 1e-6 * problem.weight[i] * problem.weight[i];
  const stiffness = 100 * Math.max(problem.cost(c), energy);
  const sets: ConstraintSet[] = [];
  if (limits.butterfly) {
    sets.push({ kind: 'butterfly', rows: new ButterflyRows(points, problem.length, 1e-4, stiffness) });
  }
  const { nearer } = limits;
  if (nearer) {
    const variance = problem.length * problem.length;
    const floor = (y: number): number => nearer(y * problem.length) / variance;
    sets.push({ kind: 'calendar', rows: new CalendarRows(points, floor, 1e-5, stiffness) });
  }
  return sets;
}

/** Flattens (and for the calendar raises) the free curve just enough to obey; false when nothing does. */
function retreat(problem: SviProblem, c: Float64Array, free: Float64Array, limits: SliceConstraints): boolean {
  const raw = problem.toRaw(free);
  const level = Math.max(sviTotalVariance(raw, 0), 1e-8 * problem.length * problem.length);
  const blend = (share: number): Float64Array => {
    const out = Float64Array.from(raw);
    out[1] *= share;
    out[0] = share * raw[0] + (1 - share) * level;
    const { calendar } = worstBreach(out, limits);
    if (calendar.value < 0) out[0] -= calendar.value * (1 + 1e-9) - 1e-12 * level;
    return out;
  };
  let low = 0;
  let high = 1;
  if (!obeys(problem.toRaw(problem.fromRaw(blend(0))), limits)) return false;
  for (let i = 0; i < 30; i++) {
    const middle = 0.5 * (low + high);
    if (obeys(problem.toRaw(problem.fromRaw(blend(middle))), limits)) low = middle;
    else high = middle;
  }
  c.set(problem.fromRaw(blend(low)));
  return true;
}
