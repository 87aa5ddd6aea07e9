/** What every smile family must do, whatever it is: a suite that takes one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalCdf } from '../../src/numeric/normal.ts';
import { durrlemanG, impliedDensity } from '../../src/surface/arbitrage.ts';
import type { FitOptions, SliceFit, SliceQuotes, SmileFamily } from '../../src/surface/family.ts';

/** Least squares with equal weights, cold. */
export const EQUAL: FitOptions = { objective: 'equal', huber: 0, start: null, prior: null, arbitrageFree: false };
/** Huber's loss over error bars, cold. */
export const ROBUST: FitOptions = {
  objective: 'error-bars',
  huber: 1.345,
  start: null,
  prior: null,
  arbitrageFree: false,
};

/** A SYNTHETIC slice with volatility(k) at the given log-moneyness; error bars of 0.2 points. */
export function syntheticSlice(years: number, k: readonly number[], volatility: (k: number) => number): SliceQuotes {
  return {
    years,
    forward: 50000,
    k: Float64Array.from(k),
    sigma: Float64Array.from(k, volatility),
    errorBar: new Float64Array(k.length).fill(0.002),
    sigmaBid: new Float64Array(k.length).fill(NaN),
    sigmaAsk: new Float64Array(k.length).fill(NaN),
  };
}

/** `count` even points over [low, high]. */
export function evenly(low: number, high: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));
}

/** SYNTHETIC smiles in the way of crypto (both wings up), equities (steep on the left) and hours to expiry. */
const SMILES: readonly { name: string; slice: SliceQuotes }[] = [
  { name: 'month', slice: syntheticSlice(0.08, evenly(-0.35, 0.3, 25), (k) => 0.5 - 0.1 * k + 0.9 * k * k) },
  { name: 'year', slice: syntheticSlice(1, evenly(-0.6, 0.5, 21), (k) => 0.2 - 0.12 * k + 0.07 * k * k) },
  {
    name: 'hours',
    slice: syntheticSlice(0.0015, evenly(-0.04, 0.04, 17), (k) => 0.6 - 0.4 * k + 60 * k * k),
  },
];

/** Where a family cannot be held to the whole contract, and why. */
export interface Exceptions {
  /** One expiry does not determine the parameters: the search may stop on its ridge. */
  readonly ridge?: boolean;
  /** Tolerance of w at the quotes after refitting an exact smile; default 1e-6 relative. */
  readonly exactFit?: number;
}

/** Runs the suite on one family. */
export function smileFamilyContract(family: SmileFamily, exceptions: Exceptions = {}): void {
  const fits = SMILES.map(({ name, slice }) => ({ name, slice, fit: family.fit(slice, EQUAL) }));
  const on = (title: string): string => `${family.name}: ${title}`;

  test(on('fits ordinary smiles, inside its bounds, with every number finite'), () => {
    for (const { name, slice, fit } of fits) checkFit(family, slice, fit, name, exceptions.ridge ?? false);
  });
  test(on('gradient equals finite differences'), () => fits.forEach((f) => checkGradient(family, f.slice, f.fit)));
  test(on('shape equals finite differences and agrees with the scalar total variance'), () =>
    fits.forEach((f) => checkShape(family, f.slice, f.fit)),
  );
  test(on('an exact smile is found again'), () =>
    fits.forEach((f) => checkExact(family, f.slice, f.fit, exceptions.exactFit ?? 1e-6)),
  );
  test(on('the arbitrage report agrees with a numerical density'), () =>
    fits.forEach((f) => checkArbitrage(family, f.slice, f.fit)),
  );
  test(on('the same input gives the same bits, and a warm start is no worse'), () =>
    fits.forEach((f) => checkRepeat(family, f.slice, f.fit)),
  );
  test(on('one bad print moves a robust fit little'), () => checkRobust(family));
  test(on('degenerate input is an outcome with a reason'), () => checkDegenerate(family));
}

function checkFit(family: SmileFamily, slice: SliceQuotes, fit: SliceFit, name: string, ridge: boolean): void {
  const allowed = ridge ? ['converged', 'singular', 'max-iterations'] : ['converged', 'singular'];
  assert.ok(allowed.includes(fit.status), `${name}: ${fit.status} ${fit.reason}`);
  const n = slice.k.length;
  assert.equal(fit.parameters.length, family.parameters.length);
  family.parameters.forEach((spec, j) => {
    const v = fit.parameters[j];
    assert.ok(
      v >= spec.lower && v <= spec.upper,
      `${name}: ${spec.name} = ${v} outside [${spec.lower}, ${spec.upper}]`,
    );
  });
  assert.equal(fit.residuals.length, n);
  assert.equal(fit.leverage.length, n);
  let squares = 0;
  let trace = 0;
  for (let i = 0; i < n; i++) {
    const predicted = Math.sqrt(family.totalVariance(fit.parameters, slice.k[i], slice.years) / slice.years);
    assert.ok(Math.abs(slice.sigma[i] - predicted - fit.residuals[i]) < 1e-12, 'residual = observed - predicted');
    assert.ok(fit.leverage[i] >= 0 && fit.leverage[i] <= 1, `leverage ${fit.leverage[i]}`);
    squares += fit.residuals[i] * fit.residuals[i];
    trace += fit.leverage[i];
  }
  assert.ok(Math.abs(fit.rmseVol - Math.sqrt(squares / n)) <= 1e-12);
  assert.ok(trace <= family.parameters.length + 1e-9, `leverages sum to ${trace}, the number of parameters at most`);
  assert.ok(fit.arbitrage.wingSlope <= 2 + 1e-9, `wing slope ${fit.arbitrage.wingSlope} breaks Lee's bound`);
  const p = family.parameters.length;
  if (fit.covariance.length > 0) for (let j = 0; j < p; j++) assert.ok(fit.covariance[j * p + j] >= 0);
}

function checkGradient(family: SmileFamily, slice: SliceQuotes, fit: SliceFit): void {
  const p = family.parameters.length;
  const analytic = new Float64Array(p);
  for (let i = 0; i < slice.k.length; i += 4) {
    const k = slice.k[i];
    family.gradient(fit.parameters, k, slice.years, analytic);
    const w = family.totalVariance(fit.parameters, k, slice.years);
    for (let j = 0; j < p; j++) {
      const size = Math.max(Math.abs(fit.parameters[j]), 1e-3);
      const h = 1e-5 * size;
      const at = (shift: number): number => {
        const moved = Float64Array.from(fit.parameters);
        moved[j] += shift;
        return family.totalVariance(moved, k, slice.years);
      };
      const numeric = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
      if (!Number.isFinite(numeric)) continue; // a bound: no two-sided difference there
      const scale = Math.max(Math.abs(analytic[j]), w / size);
      const message = `${family.parameters[j].name} at k = ${k}: ${analytic[j]} against ${numeric}`;
      assert.ok(Math.abs(analytic[j] - numeric) <= 1e-6 * scale, message);
    }
  }
}

function checkShape(family: SmileFamily, slice: SliceQuotes, fit: SliceFit): void {
  const shape = new Float64Array(3);
  const w = (k: number): number => family.totalVariance(fit.parameters, k, slice.years);
  const deviation = Math.sqrt(w(0));
  for (const k of evenly(slice.k[0], slice.k[slice.k.length - 1], 9)) {
    family.shape(fit.parameters, k, slice.years, shape);
    assert.ok(Math.abs(shape[0] - w(k)) <= 1e-12 * w(k));
    const h = 1e-3 * deviation;
    const first = (8 * (w(k + h) - w(k - h)) - (w(k + 2 * h) - w(k - 2 * h))) / (12 * h);
    const second = (16 * (w(k + h) + w(k - h)) - (w(k + 2 * h) + w(k - 2 * h)) - 30 * w(k)) / (12 * h * h);
    const unit = w(k) / deviation;
    assert.ok(Math.abs(shape[1] - first) <= 1e-6 * (Math.abs(first) + unit), `w' at ${k}: ${shape[1]}, ${first}`);
    const bound = 1e-4 * (Math.abs(second) + unit / deviation);
    assert.ok(Math.abs(shape[2] - second) <= bound, `w'' at ${k}: ${shape[2]}, ${second}`);
  }
}

function checkExact(family: SmileFamily, slice: SliceQuotes, fit: SliceFit, tolerance: number): void {
  const truth = fit.parameters;
  const w = (k: number): number => family.totalVariance(truth, k, slice.years);
  const exact = syntheticSlice(slice.years, Array.from(slice.k), (k) => Math.sqrt(w(k) / slice.years));
  const again = family.fit(exact, EQUAL);
  for (const k of slice.k) {
    const found = family.totalVariance(again.parameters, k, slice.years);
    assert.ok(Math.abs(found - w(k)) <= tolerance * w(k), `w(${k}) = ${found}, was ${w(k)}`);
  }
  if (!(again.logCondition < 3)) return; // the quotes do not determine the parameters one by one
  again.parameters.forEach((v, j) => {
    const size = Math.max(Math.abs(truth[j]), 1e-2);
    assert.ok(Math.abs(v - truth[j]) <= 1e3 * tolerance * size, `${family.parameters[j].name}: ${v}, was ${truth[j]}`);
  });
}

/** Undiscounted call over forward. */
function call(k: number, w: number): number {
  const root = Math.sqrt(w);
  return normalCdf(-k / root + root / 2) - Math.exp(k) * normalCdf(-k / root - root / 2);
}

function checkArbitrage(family: SmileFamily, slice: SliceQuotes, fit: SliceFit): void {
  const { parameters, arbitrage } = fit;
  const [low, high] = [slice.k[0], slice.k[slice.k.length - 1]];
  const shape = new Float64Array(3);
  const w = (k: number): number => family.totalVariance(parameters, k, slice.years);
  for (const k of evenly(low, high, 301)) {
    family.shape(parameters, k, slice.years, shape);
    const g = durrlemanG(k, shape[0], shape[1], shape[2]);
    assert.ok(g >= arbitrage.minG - 1e-7, `g(${k}) = ${g} below the reported minimum ${arbitrage.minG}`);
  }
  assert.ok(arbitrage.minGExtrapolated <= arbitrage.minG + 1e-12);
  assert.ok(arbitrage.minGAt >= low - 1e-12 && arbitrage.minGAt <= high + 1e-12);
  // d2C/dK2 dK/dk = density of log-moneyness, from call prices alone.
  const deviation = Math.sqrt(w(0));
  for (const k of [-deviation, 0, 0.7 * deviation]) {
    if (k < low || k > high) continue;
    const h = 0.01 * deviation;
    const slopeAt = (x: number): number => {
      const price = (y: number): number => call(y, w(y));
      const d = (8 * (price(x + h) - price(x - h)) - (price(x + 2 * h) - price(x - 2 * h))) / (12 * h);
      return d * Math.exp(-x);
    };
    const numeric = (8 * (slopeAt(k + h) - slopeAt(k - h)) - (slopeAt(k + 2 * h) - slopeAt(k - 2 * h))) / (12 * h);
    family.shape(parameters, k, slice.years, shape);
    const density = impliedDensity(k, shape[0], shape[1], shape[2]);
    assert.ok(Math.abs(density - numeric) <= 1e-4 * (1 / deviation), `density at ${k}: ${density} against ${numeric}`);
  }
}

function checkRepeat(family: SmileFamily, slice: SliceQuotes, fit: SliceFit): void {
  const again = family.fit(slice, EQUAL);
  assert.deepEqual(again.parameters, fit.parameters);
  assert.deepEqual(again.covariance, fit.covariance);
  const warm = family.fit(slice, { ...EQUAL, start: fit.parameters });
  assert.ok(warm.rmseVol <= fit.rmseVol * (1 + 1e-5) + 1e-9, `warm ${warm.rmseVol}, cold ${fit.rmseVol}`);
}

function checkRobust(family: SmileFamily): void {
  const { slice } = SMILES[1];
  const truth = family.fit(slice, EQUAL).parameters;
  const w = (k: number): number => family.totalVariance(truth, k, 1);
  const clean = syntheticSlice(1, Array.from(slice.k), (k) => Math.sqrt(w(k)));
  const sigma = Float64Array.from(clean.sigma, (v, i) => v + (i % 2 === 0 ? 1e-3 : -1e-3));
  sigma[14] += 0.1;
  const hit = family.fit({ ...clean, sigma }, ROBUST);
  const level = Math.sqrt(family.totalVariance(hit.parameters, 0, 1));
  assert.ok(
    Math.abs(level - Math.sqrt(w(0))) < 0.002,
    `ATM ${level}, was ${Math.sqrt(w(0))}: one print of 21 is off by 0.1`,
  );
}

interface Degenerate {
  readonly name: string;
  readonly slice: SliceQuotes;
  /** The fit may succeed, as long as it is not a silent bad one. */
  readonly mayFit: boolean;
}

const ordinary = (k: number): number => 0.5 - 0.1 * k + 0.9 * k * k;

const DEGENERATE: readonly Degenerate[] = [
  { name: 'no quotes', slice: syntheticSlice(0.1, [], ordinary), mayFit: false },
  { name: 'one quote', slice: syntheticSlice(0.1, [0], ordinary), mayFit: true },
  { name: 'two quotes', slice: syntheticSlice(0.1, [-0.1, 0.1], ordinary), mayFit: true },
  {
    name: 'one strike ten times',
    slice: syntheticSlice(
      0.1,
      Array.from({ length: 10 }, () => 0.1),
      ordinary,
    ),
    mayFit: true,
  },
  { name: 'all volatilities equal', slice: syntheticSlice(0.1, evenly(-0.3, 0.3, 15), () => 0.5), mayFit: true },
  { name: 'calls only', slice: syntheticSlice(0.1, evenly(0.1, 0.4, 12), ordinary), mayFit: true },
  { name: 'minutes to expiry', slice: syntheticSlice(1e-5, evenly(-0.004, 0.004, 11), () => 0.5), mayFit: true },
  { name: 'expired', slice: syntheticSlice(0, evenly(-0.3, 0.3, 15), ordinary), mayFit: false },
  { name: 'NaN time', slice: syntheticSlice(NaN, evenly(-0.3, 0.3, 15), ordinary), mayFit: false },
  {
    name: 'NaN volatility',
    slice: syntheticSlice(0.1, evenly(-0.3, 0.3, 15), (k) => (k > 0.2 ? NaN : 0.5)),
    mayFit: false,
  },
  {
    name: 'infinite strike',
    slice: syntheticSlice(0.1, [-0.1, -0.05, 0, 0.05, 0.1, Infinity], () => 0.5),
    mayFit: false,
  },
  { name: 'zero volatility', slice: syntheticSlice(0.1, evenly(-0.3, 0.3, 15), (k) => Math.abs(k) * 0), mayFit: false },
  { name: 'unsorted', slice: syntheticSlice(0.1, [0.1, -0.1, 0, 0.2, -0.2, 0.3], ordinary), mayFit: false },
];

function checkDegenerate(family: SmileFamily): void {
  for (const { name, slice, mayFit } of DEGENERATE)
    for (const options of [EQUAL, ROBUST, { ...EQUAL, arbitrageFree: true }]) {
      const fit = family.fit(slice, options);
      const context = `${name}: ${fit.status} "${fit.reason}" rmse ${fit.rmseVol}`;
      assert.equal(fit.residuals.length, slice.k.length, context);
      assert.equal(fit.parameters.length, family.parameters.length, context);
      if (fit.status !== 'converged') assert.ok(fit.reason.length > 0, context);
      else assert.ok(mayFit && fit.parameters.every(Number.isFinite) && (fit.rmseVol < 0.03 || fit.reason), context);
    }
  const bad = syntheticSlice(0.1, evenly(-0.3, 0.3, 15), ordinary);
  const holes = family.fit({ ...bad, errorBar: bad.errorBar.map((e, i) => (i === 3 ? NaN : e)) }, ROBUST);
  assert.equal(holes.status, 'not-finite');
  assert.match(holes.reason, /errorBar\[3\]/);
}
