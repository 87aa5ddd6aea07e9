/**
 * What the hedging models that adapt learn from, as sums by hour: Hull and White's regression per side, the smile's moves
 * with the forward per tenor. Sums, not rows: a month of five-minute steps of a whole chain stays a few hundred numbers.
 */
import { exp, log } from '../numeric/exponential.ts';
import { huberWeight } from '../numeric/robust.ts';
import { solveDense, symmetricInverse } from '../numeric/linear-solve.ts';
import type { HedgedBatch } from './hedge-start.ts';
import { secondOrder } from './second-order.ts';
import { noOutcome, pairOutcome, secondRow } from './hedge-outcome.ts';
import { VEGA_HEDGE } from './vega-hedge.ts';
import { addToHour, initHourSums, type HourSums } from './hour-sums.ts';
import { hullWhiteDelta, type HullWhiteCoefficients } from './smile-delta.ts';
import { TENORS, tenorOf } from './bucket.ts';

/** Hours that are remembered. */
const HOURS = 720;
/** Age at which an hour counts half, ms. */
const HALF_LIFE_MS = 7 * 86_400_000;
/** Fewer hours and rows than these fit nothing. */
const LEAST_HOURS = 12;
const LEAST_ROWS = 500;

/** Per side: X'X (6, upper), X'y (3), y'y, rows. */
export const HULL_WHITE_WIDTH = 11;
/** Per tenor: r^2, r dv, (s r)^2, s r dv, dv^2, steps, seconds; r = dlnF, v = volatility at the money, s = its skew. */
export const SMILE_MOVE_WIDTH = 7;
/** Per tenor: steps, r, r^2, and for alpha, rho and nu their change and r times it. */
export const PARAMETER_MOVE_WIDTH = 9;

/** Per tenor: what `delta-vega` left beyond its quotes' noise, squared; (vega/F)^2 times seconds; rows. */
export const PAIR_WIDTH = 3;

/** Everything learnt from; plain data. */
export interface HedgeMoments {
  /** Call, put. */
  readonly sides: readonly [HourSums, HourSums];
  /** In the order of {@link TENORS}. */
  readonly smiles: readonly HourSums[];
  readonly parameters: readonly HourSums[];
  readonly pairs: readonly HourSums[];
}

/** Nothing learnt. */
export function initHedgeMoments(): HedgeMoments {
  const of = (width: number): HourSums => initHourSums(width, HOURS);
  return {
    sides: [of(HULL_WHITE_WIDTH), of(HULL_WHITE_WIDTH)],
    smiles: TENORS.map(() => of(SMILE_MOVE_WIDTH)),
    parameters: TENORS.map(() => of(PARAMETER_MOVE_WIDTH)),
    pairs: TENORS.map(() => of(PAIR_WIDTH)),
  };
}

/**
 * Learns a horizon that has ended. Rows of Hull and White's regression are over F, weighted by 1/sd^2 with Huber's weight
 * of the residual that `before` leaves (the fits in force; undefined = Black), so that one bad print cannot bend a fit.
 */
export function learnHorizon(
  moments: HedgeMoments,
  batch: HedgedBatch,
  atmAfter: number,
  deviation: number,
  before: { readonly call: HullWhiteCoefficients | undefined; readonly put: HullWhiteCoefficients | undefined },
): void {
  const { start } = batch;
  const root = Math.sqrt(start.years);
  for (let i = 0; i < batch.row.length; i++) {
    const o = batch.row[i];
    const isCall = start.isCall[o] === 1;
    const fit = isCall ? before.call : before.put;
    const f = start.forwards[o];
    const relative = batch.move[i] / f;
    const [delta, vega] = [start.delta[o], start.vega[o]];
    const sd2 = batch.noise[i] * batch.noise[i] + (deviation * vega * deviation * vega) / (f * f);
    const explained = delta * relative + secondOrder(batch, i);
    const y = batch.usd[i] - explained;
    const x = ((vega / f) * relative) / root;
    const bend =
      fit === undefined ? 0 : (hullWhiteDelta({ forward: f, delta, vega }, start.years, fit) - delta) * relative;
    const weight = huberWeight((y - bend) / Math.sqrt(sd2)) / sd2;
    if (!(weight > 0) || !(Math.abs(x) > 0) || !(weight < Infinity)) continue;
    const z = [x, x * delta, x * delta * delta];
    addToHour(moments.sides[isCall ? 0 : 1], batch.at, [
      weight * z[0] * z[0], weight * z[0] * z[1], weight * z[0] * z[2], weight * z[1] * z[1], weight * z[1] * z[2], weight * z[2] * z[2],
      weight * z[0] * y, weight * z[1] * y, weight * z[2] * y, weight * y * y, 1,
    ]); // prettier-ignore
  }
  learnSmile(moments, batch, atmAfter);
  learnPair(moments, batch);
}

/** What `delta-vega` left of each option beyond the noise of both quotes: volatility that is not the money's. */
function learnPair(moments: HedgeMoments, batch: HedgedBatch): void {
  const { start, row } = batch;
  const { second, weights } = start.vegaHedge;
  const r = secondRow(batch);
  if (r < 0) return;
  const seconds = (batch.at - start.at) / 1000;
  const outcome = noOutcome();
  const [place, sums] = [start.members.indexOf(VEGA_HEDGE), new Float64Array(PAIR_WIDTH)];
  for (let i = 0; i < row.length; i++) {
    const o = row[i];
    pairOutcome(batch, i, place, r, outcome);
    if (outcome.own === 0) continue;
    const other = (weights[o] * batch.noise[r] * start.forwards[second]) / start.forwards[o];
    const error = outcome.realised - outcome.predicted;
    const vega = start.vega[o] / start.forwards[o];
    sums[0] += error * error - batch.noise[i] * batch.noise[i] - other * other;
    sums[1] += vega * vega * seconds;
    sums[2]++;
  }
  if (sums[2] > 0) addToHour(moments.pairs[TENORS.indexOf(tenorOf(start.years))], batch.at, sums);
}

function learnSmile(moments: HedgeMoments, batch: HedgedBatch, atmAfter: number): void {
  const { start } = batch;
  const r = logMove(batch);
  const change = atmAfter - start.atm;
  const s = start.atmSlope;
  if (!(Math.abs(r) + Math.abs(change) + Math.abs(s) < Infinity)) return;
  const seconds = (batch.at - start.at) / 1000;
  const row = [r * r, r * change, s * r * s * r, s * r * change, change * change, 1, seconds];
  addToHour(moments.smiles[TENORS.indexOf(tenorOf(start.years))], batch.at, row);
}

/** Median-free log move of the expiry's forward: the mean over its rows, which share it but for their own clocks. */
export function logMove(batch: HedgedBatch): number {
  let sum = 0;
  for (let i = 0; i < batch.move.length; i++) sum += log(batch.forwardAfter[i] / batch.start.forwards[batch.row[i]]);
  return sum / batch.move.length;
}

/** Learns what refitting did to SABR's parameters while the forward moved by `r` = dlnF. */
export function learnParameters(
  moments: HedgeMoments,
  at: number,
  years: number,
  r: number,
  changes: readonly number[],
): void {
  const [a, rho, nu] = changes;
  if (!(Math.abs(r) + Math.abs(a) + Math.abs(rho) + Math.abs(nu) < Infinity)) return;
  addToHour(moments.parameters[TENORS.indexOf(tenorOf(years))], at, [1, r, r * r, a, r * a, rho, r * rho, nu, r * nu]);
}

/** One estimated vector with its covariance clustered by hour (row-major), or none. */
export interface MomentFit {
  readonly coefficients: readonly number[];
  readonly covariance: readonly number[];
  readonly rows: number;
  readonly hours: number;
}

/** Weight of an hour of age `age` ms. */
function recency(age: number): number {
  return exp((-Math.max(0, age) * 0.6931471805599453) / HALF_LIFE_MS);
}

/**
 * Hull and White's a, b, c from hours of sums (first two numbers of a row: side, hour), recency-weighted, with a
 * covariance that lets all rows of an hour depend on each other. Undefined below 12 hours or 500 rows.
 */
export function fitHullWhiteMoments(
  rows: readonly (readonly number[])[],
  side: number,
  at: number,
): MomentFit | undefined {
  const own = rows.filter((r) => r[0] === side);
  const gram = new Float64Array(9);
  const right = new Float64Array(3);
  let n = 0;
  for (const r of own) {
    const w = recency(at - r[1]);
    const x = r.slice(2);
    const full = [x[0], x[1], x[2], x[1], x[3], x[4], x[2], x[4], x[5]];
    for (let j = 0; j < 9; j++) gram[j] += w * full[j];
    for (let j = 0; j < 3; j++) right[j] += w * x[6 + j];
    n += x[10];
  }
  if (own.length < LEAST_HOURS || n < LEAST_ROWS) return undefined;
  const solved = solveDense(Float64Array.from(gram), right, 3);
  const inverse = symmetricInverse(gram, 3);
  if (solved === undefined || inverse === undefined) return undefined;
  const meat = new Float64Array(9);
  for (const r of own) {
    const w = recency(at - r[1]);
    const x = r.slice(2);
    const full = [x[0], x[1], x[2], x[1], x[3], x[4], x[2], x[4], x[5]];
    const u = [0, 1, 2].map(
      (j) => w * (x[6 + j] - full[3 * j] * solved[0] - full[3 * j + 1] * solved[1] - full[3 * j + 2] * solved[2]),
    );
    for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) meat[3 * i + j] += u[i] * u[j];
  }
  const scale = own.length / (own.length - 1);
  return {
    coefficients: [...solved],
    covariance: [...sandwich(inverse, meat)].map((v) => v * scale),
    rows: n,
    hours: own.length,
  };
}

function sandwich(inverse: Float64Array, meat: Float64Array): Float64Array {
  const product = (a: Float64Array, b: Float64Array): Float64Array =>
    Float64Array.from({ length: 9 }, (_, k) => {
      const [i, j] = [Math.floor(k / 3), k % 3];
      return a[3 * i] * b[j] + a[3 * i + 1] * b[3 + j] + a[3 * i + 2] * b[6 + j];
    });
  return product(product(inverse, meat), inverse);
}

/** Slope of one sum on another by hours, no intercept: sum(xy)/sum(xx), error clustered by hour. */
export interface HourSlope {
  readonly slope: number;
  readonly standardError: number;
  readonly hours: number;
  readonly rows: number;
}

/**
 * Slope of `xy` on `xx` (places in a cell) over the given hours, each with its weight, ascending; undefined below 12 hours
 * or without variation. Error: sandwich over hours times G/(G-1).
 */
export function hourSlope(
  cells: readonly { readonly weight: number; readonly sums: ArrayLike<number> }[],
  places: { readonly xx: number; readonly xy: number; readonly n: number },
  least: number = LEAST_HOURS,
): HourSlope | undefined {
  let [xx, xy, n] = [0, 0, 0];
  for (const { weight, sums } of cells) {
    xx += weight * sums[places.xx];
    xy += weight * sums[places.xy];
    n += sums[places.n];
  }
  if (cells.length < least || !(xx > 0)) return undefined;
  const slope = xy / xx;
  let meat = 0;
  for (const { weight, sums } of cells) {
    const u = weight * (sums[places.xy] - slope * sums[places.xx]);
    meat += u * u;
  }
  const standardError = Math.sqrt((meat * cells.length) / (cells.length - 1)) / xx;
  return { slope, standardError, hours: cells.length, rows: n };
}

/** Skew-stickiness ratio and d sigma_atm / dlnF of one tenor from rows (tenor, hour, sums), recency-weighted. */
export function fitSmileMoves(
  rows: readonly (readonly number[])[],
  tenor: number,
  at: number,
): { readonly ratio: HourSlope | undefined; readonly beta: HourSlope | undefined } {
  const cells = rows.filter((r) => r[0] === tenor).map((r) => ({ weight: recency(at - r[1]), sums: r.slice(2) }));
  return {
    ratio: hourSlope(cells, { xx: 2, xy: 3, n: 5 }),
    beta: hourSlope(cells, { xx: 0, xy: 1, n: 5 }),
  };
}

/** Slopes of alpha, rho, nu per unit dlnF, about their means; zeros below 30 refits. */
export function parameterSlopesOf(sums: HourSums): Float64Array {
  const out = new Float64Array(3);
  const t = new Float64Array(PARAMETER_MOVE_WIDTH);
  for (const c of sums.cells) for (let j = 0; j < t.length; j++) t[j] += c.sums[j];
  const [n, r, rr] = t;
  const variance = rr - (r * r) / n;
  if (!(n >= 30) || !(variance > 0)) return out;
  for (let j = 0; j < 3; j++) out[j] = (t[4 + 2 * j] - (r * t[3 + 2 * j]) / n) / variance;
  return out;
}

/** Standard deviation of the volatility at the money over root second, per tenor; `fallback` with under 30 steps. */
export function volatilityDeviation(sums: HourSums, fallback: number): number {
  const t = new Float64Array(SMILE_MOVE_WIDTH);
  for (const c of sums.cells) for (let j = 0; j < t.length; j++) t[j] += c.sums[j];
  return t[5] >= 30 && t[6] > 0 ? Math.sqrt(t[4] / t[6]) : fallback;
}

/** Steps before which a covariance is an accident. */
const LEAST_STEPS = 30;

/**
 * Covariance of (dlnF, d sigma_atm) over `seconds`, row-major 2 x 2, from a tenor's moves about zero; undefined with under
 * 30 of them. Moves are taken to be independent: a day's is the sum of its horizons', quote noise included.
 */
export function moveCovariance(sums: HourSums, seconds: number): Float64Array | undefined {
  const t = new Float64Array(SMILE_MOVE_WIDTH);
  for (const c of sums.cells) for (let j = 0; j < t.length; j++) t[j] += c.sums[j];
  if (!(t[5] >= LEAST_STEPS) || !(t[6] > 0) || !(t[0] > 0) || !(t[4] > 0)) return undefined;
  const scale = seconds / t[6];
  return Float64Array.of(scale * t[0], scale * t[1], scale * t[1], scale * t[4]);
}

/** Standard deviation over root second of the volatility that `delta-vega` leaves; `fallback` before it is known. */
export function pairDeviation(sums: HourSums, fallback: number): number {
  const t = new Float64Array(PAIR_WIDTH);
  for (const c of sums.cells) for (let j = 0; j < t.length; j++) t[j] += c.sums[j];
  return t[2] >= LEAST_ROWS && t[1] > 0 ? Math.sqrt(Math.max(0, t[0]) / t[1]) : fallback;
}

/** Rows of a job: a leading number, the hour, the sums. */
export function momentRows(groups: readonly HourSums[]): number[][] {
  return groups.flatMap((g, i) => g.cells.map((c) => [i, c.hour, ...c.sums]));
}
