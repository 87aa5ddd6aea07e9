/**
 * The nearest curve without arbitrage: least squares over all quotes with no forward hazard below zero. Where quotes ask for
 * a negative one the misfit is shared, instead of being dumped on one node or passed down the curve; the multiplier of a
 * held hazard says what it costs.
 */
import { exp } from '../numeric/exponential.ts';
import { nonNegativeLeastSquares } from '../numeric/non-negative-least-squares.ts';
import { bootstrapHazards } from './bootstrap.ts';
import type { BootstrapOptions } from './bootstrap.ts';
import type { ArbitrageMode, BootstrapOutcome, CreditCurve } from './credit-curve.ts';
import { refusal } from './cds-quote.ts';
import type { CdsQuote } from './cds-quote.ts';
import { cdsInstrument } from './curve-instrument.ts';
import type { CurveInstrument } from './curve-instrument.ts';
import type { CurveGrid } from './curve-grid.ts';
import { fromForwardRates } from './integrated-rate.ts';
import { priceCds } from './cds-price.ts';

/** Gauss-Newton steps; each solves a non-negative least-squares problem exactly. */
const MOST_STEPS = 200;
/** A step of this size ends the search, 1/year. */
const STEP_TOLERANCE = 1e-14;
/** Rounding of a sum of squares, as a fraction. */
const COST_NOISE = 1e-13;
/** What calibration may be told; as {@link BootstrapOptions} with all four modes. */
export interface CalibrationOptions extends Omit<BootstrapOptions, 'arbitrage'> {
  /** Default `ignore`. */
  readonly arbitrage?: ArbitrageMode;
  /** One standard error per quote, in its unit, for mode `constrained`; default: equal in par spread. */
  readonly errors?: readonly number[];
}

/** Calibrates a curve under any {@link ArbitrageMode}. Refusals name the node and the number; nothing is thrown. */
export function calibrateCurve(
  grid: CurveGrid,
  quotes: readonly CdsQuote[],
  options: CalibrationOptions,
): BootstrapOutcome {
  const { arbitrage = 'ignore', errors, ...rest } = options;
  if (arbitrage !== 'constrained') return bootstrapHazards(grid, quotes, { ...rest, arbitrage });
  const exact = bootstrapHazards(grid, quotes, { ...rest, arbitrage: 'zero' });
  if (exact.status !== 'ok' || exact.nodes.every((node) => node.status === 'ok')) return exact;
  const wrong = errors?.findIndex((e) => !(e > 0 && e < Infinity)) ?? -1;
  if (wrong >= 0)
    return refusal('not-finite', quotes[wrong].node, errors?.[wrong] ?? NaN, 0, 'an error bar must be positive');
  return constrained(grid, quotes, exact, errors);
}

/** The quotes of a curve as instruments; errors are in the quotes' units. */
export function curveInstruments(
  grid: CurveGrid,
  quotes: readonly CdsQuote[],
  recovery: number,
  errors: ArrayLike<number>,
): CurveInstrument[] {
  return quotes.map((quote, i) =>
    cdsInstrument(quote.node, grid.grids[i], grid.flatGrids[i], grid.knots, recovery, { ...quote, error: errors[i] }),
  );
}

function constrained(
  grid: CurveGrid,
  quotes: readonly CdsQuote[],
  start: CreditCurve,
  errors: readonly number[] | undefined,
): BootstrapOutcome {
  const n = quotes.length;
  const { recovery } = start;
  // Without error bars an upfront counts as the par spread that would be worth it.
  const scale = errors ?? quotes.map((q, i) => (q.kind === 'upfront' ? annuityOf(grid, i, start) : 1));
  const instruments = curveInstruments(grid, quotes, recovery, scale);
  const r = new Float64Array(n);
  const jacobian = new Float64Array(n * n);
  const gradient = new Float64Array(n);
  const evaluate = (at: Float64Array): number => {
    let cost = 0;
    instruments.forEach((instrument, i) => {
      r[i] = (instrument.evaluate(at, gradient) - instrument.observed) / instrument.error;
      for (let j = 0; j < n; j++) jacobian[i * n + j] = gradient[j] / instrument.error;
      cost += r[i] * r[i];
    });
    return cost;
  };
  let x: Float64Array = Float64Array.from(start.hazards);
  let cost = evaluate(x);
  for (let step = 0; step < MOST_STEPS; step++) {
    const next = gaussNewton(jacobian, r, x, n);
    if (next === undefined)
      return refusal('numerical-failure', '', step, MOST_STEPS, 'the quotes leave a combination of hazards open');
    if (largestMove(x, next) <= STEP_TOLERANCE) break;
    let trial = evaluate(next);
    // A full step nearly always pays; otherwise it is halved until it does.
    // (Near the end the sum of squares is flat to rounding while the steps still shrink.)
    const limit = cost * (1 + COST_NOISE);
    for (let halving = 0; !(trial <= limit) && halving < 40; halving++) {
      for (let j = 0; j < n; j++) next[j] = 0.5 * (next[j] + x[j]);
      trial = evaluate(next);
    }
    if (!(trial <= limit)) {
      evaluate(x);
      break;
    }
    x = next;
    cost = trial;
  }
  if (!Number.isFinite(cost))
    return refusal('numerical-failure', '', cost, NaN, 'no finite value at the constrained curve');
  return asCurve(grid, quotes, start, x, gradientOf(jacobian, r, n));
}

/** Minimiser of the linearised problem over hazards >= 0. */
function gaussNewton(jacobian: Float64Array, r: Float64Array, x: Float64Array, n: number): Float64Array | undefined {
  const h = new Float64Array(n * n);
  const g = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let target = -r[i];
    for (let j = 0; j < n; j++) target += jacobian[i * n + j] * x[j];
    for (let a = 0; a < n; a++) {
      g[a] += jacobian[i * n + a] * target;
      for (let b = 0; b < n; b++) h[a * n + b] += jacobian[i * n + a] * jacobian[i * n + b];
    }
  }
  const solved = nonNegativeLeastSquares(h, g, n);
  return solved.status === 'converged' ? solved.x : undefined;
}

function largestMove(a: Float64Array, b: Float64Array): number {
  let most = 0;
  for (let j = 0; j < a.length; j++) most = Math.max(most, Math.abs(a[j] - b[j]));
  return most;
}

/** Half of the sum of squares by each hazard: the multiplier where it is held. */
function gradientOf(jacobian: Float64Array, r: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) out[j] += jacobian[i * n + j] * r[i];
  return out;
}

function annuityOf(grid: CurveGrid, i: number, curve: CreditCurve): number {
  return priceCds(grid.grids[i], curve.curve, 0, curve.recovery).annuityClean;
}

/** Residuals below this (per unit notional) are exact. */
const EXACT = 1e-12;

function asCurve(
  grid: CurveGrid,
  quotes: readonly CdsQuote[],
  start: CreditCurve,
  hazards: Float64Array,
  gradient: Float64Array,
): CreditCurve {
  const curve = fromForwardRates(grid.knots, [...hazards]);
  const nodes = quotes.map((quote, i) => {
    const coupon = quote.kind === 'par' ? quote.value : quote.coupon;
    const { upfront } = priceCds(grid.grids[i], curve, coupon, start.recovery);
    const residual = upfront - start.upfronts[i];
    const isHeld = hazards[i] === 0;
    return {
      node: quote.node,
      years: grid.knots[i],
      integratedHazard: curve.values[i],
      survival: exp(-curve.values[i]),
      hazard: hazards[i],
      status: isHeld ? ('held' as const) : Math.abs(residual) <= EXACT ? ('ok' as const) : ('fitted' as const),
      residual,
      valueAtZero: start.nodes[i].valueAtZero,
      multiplier: isHeld ? gradient[i] : 0,
    };
  });
  return { ...start, curve, hazards: [...hazards], nodes };
}
