/**
 * Every hedging family as a monitored model: its fit is one ratio per option made at the start of a horizon, its
 * observable the change of the option's USD value over F, its error what bids, asks and unforeseen volatility leave.
 * Those that learn are calibrated by jobs whose rows are named in `hedge-moments.ts` or hold a chain's volatilities.
 */
import type { FitOutcomeRecord } from '../market/event.ts';
import type { Breach, Features, Fit, FitJob, MonitoredModel, Observations, Predictions } from '../model/contract.ts';
import type { SliceQuotes } from '../surface/family.ts';
import { hestonSurface } from '../surface/heston-smile.ts';
import { sabr } from '../surface/sabr-fit.ts';
import { TENORS } from './bucket.ts';
import { HEDGE_FAMILIES } from './hedge-family.ts';
import { fitHullWhiteMoments, fitSmileMoves } from './hedge-moments.ts';
import { fitMerton } from './merton-fit.ts';
import { VEGA_HEDGE } from './vega-hedge.ts';
import type { MertonParameters } from './jump-delta.ts';

/** Prefix of a hedging model's name in records and jobs, so that SABR the smile and SABR the hedge stay apart. */
export const HEDGE_PREFIX = 'hedge-';

/** Models that others borrow a calibration from, by family; a family that is absent learns nothing. */
export const CALIBRATED_BY: Readonly<Record<string, string>> = {
  'skew-stickiness-local': 'hedge-skew-stickiness-atm',
  'skew-stickiness-atm': 'hedge-skew-stickiness-atm',
  'hull-white': 'hedge-hull-white',
  sabr: 'hedge-sabr',
  bartlett: 'hedge-sabr',
  recalibration: 'hedge-sabr',
  'heston-mv': 'hedge-heston-mv',
  'jump-mv': 'hedge-jump-mv',
};

/** Models with a calibration of their own, and how long a calibration serves before the next is asked for, ms. */
export const HEDGE_CALIBRATION_MS: Readonly<Record<string, number>> = {
  'hedge-skew-stickiness-atm': 3_600_000,
  'hedge-hull-white': 3_600_000,
  'hedge-sabr': 900_000,
  'hedge-jump-mv': 3_600_000,
  'hedge-heston-mv': 3_600_000,
};

/** Coefficients may move by so many joint standard errors between calibrations unless the market itself moved. */
const MOST_ERRORS = 6;
const NOTHING: FitOutcomeRecord = { status: 'too-few-observations', parameters: [], covariance: [], numbers: {} };
const FLAT = { objective: 'equal', huber: 0, prior: null, arbitrageFree: false } as const;

/**
 * Predicted USD change over F: (ratio dF + 1/2 Gamma dF^2 + Theta dt)/F with the ratio of the start; the error is
 * vega times what volatility does unforeseen over the horizon (`volDeviation`, per root second, of the fit's numbers).
 */
function predict(fit: Fit, batch: Observations, out: Predictions): void {
  const h = batch.hedge;
  if (h === undefined) throw new Error(`${fit.model} predicts hedging batches only`);
  const seconds = (batch.at - h.from) / 1000;
  const elapsed = seconds / (365 * 86_400);
  const deviation = (fit.numbers['volDeviation'] ?? 0) * Math.sqrt(seconds);
  for (let i = 0; i < h.row.length; i++) {
    const move = h.forwardMove[i];
    const second = 0.5 * h.gamma[i] * move * move + h.theta[i] * elapsed;
    out.mean[i] = (fit.parameters[h.row[i]] * move + second) / h.forward[i];
    out.sd[i] = (deviation * h.vega[i]) / h.forward[i];
  }
}

/**
 * As {@link predict}, less what the second instrument did: parameters are the ratios of the USD value, then its weights
 * (coins a coin). The error is what volatility does beyond the second instrument's, and that one's own noise.
 */
function predictPair(fit: Fit, batch: Observations, out: Predictions): void {
  predict(fit, batch, out);
  const { row, secondMove, secondNoise } = batch.hedge ?? {};
  if (row === undefined || secondMove === undefined || secondNoise === undefined)
    throw new Error(`${fit.model} predicts hedging batches with a second instrument only`);
  const n = fit.parameters.length / 2;
  for (let i = 0; i < row.length; i++) {
    const weight = fit.parameters[n + row[i]];
    const noise = weight * secondNoise[i];
    out.mean[i] -= weight * secondMove[i];
    out.sd[i] = Math.sqrt(out.sd[i] * out.sd[i] + noise * noise);
  }
}

function features(fit: Fit): Features {
  const known = fit.parameters.filter((v) => Math.abs(v) < Infinity);
  const mean = known.reduce((s, v) => s + v, 0) / known.length;
  return { names: ['mean ratio, coin per coin'], phi: [mean], covariance: [0] };
}

/** A coefficient that leaves its error's reach is no refit but another model. */
function guard(previous: Fit | null, next: Fit, confirmed: boolean): readonly Breach[] {
  const breaches: Breach[] = [];
  if (!next.parameters.every((v) => Math.abs(v) < Infinity)) breaches.push({ guard: 'finite', value: NaN, limit: 0 });
  const n = next.parameters.length;
  if (previous === null || confirmed || previous.parameters.length !== n || next.covariance.length !== n * n)
    return breaches;
  next.parameters.forEach((v, j) => {
    const variance = next.covariance[j * n + j] + (previous.covariance[j * n + j] ?? 0);
    const errors = Math.abs(v - previous.parameters[j]) / Math.sqrt(variance);
    if (variance > 0 && errors > MOST_ERRORS)
      breaches.push({
        guard: `move of ${next.model} parameter ${j}, standard errors`,
        value: errors,
        limit: MOST_ERRORS,
      });
  });
  return breaches;
}

function fitHullWhite(job: FitJob): FitOutcomeRecord {
  const fits = [0, 1].map((side) => fitHullWhiteMoments(job.moments ?? [], side, job.at));
  const [call, put] = fits;
  if (call === undefined || put === undefined) return NOTHING;
  const covariance = new Float64Array(36);
  fits.forEach((fit, side) => {
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 3; j++) covariance[(3 * side + i) * 6 + 3 * side + j] = fit?.covariance[3 * i + j] ?? 0;
  });
  return {
    status: 'converged',
    parameters: [...call.coefficients, ...put.coefficients],
    covariance: [...covariance],
    numbers: { rows: call.rows + put.rows, hours: Math.min(call.hours, put.hours) },
  };
}

/** A ratio whose standard error exceeds this says nothing: sticky strike (1) stands in. */
const LARGEST_ERROR = 1;

function fitSkewStickiness(job: FitJob): FitOutcomeRecord {
  const fits = TENORS.map((_, tenor) => fitSmileMoves(job.moments ?? [], tenor, job.at));
  if (fits.every((f) => f.ratio === undefined)) return NOTHING;
  const numbers: Record<string, number> = {};
  fits.forEach(({ ratio, beta }, i) => {
    if (ratio !== undefined && Number.isFinite(ratio.standardError)) numbers[`ratioError${i}`] = ratio.standardError;
    if (beta === undefined || !Number.isFinite(beta.standardError)) return;
    numbers[`beta${i}`] = beta.slope;
    numbers[`betaError${i}`] = beta.standardError;
  });
  const isKnown = (f: (typeof fits)[number]): boolean => f.ratio !== undefined && f.ratio.standardError < LARGEST_ERROR;
  return {
    status: 'converged',
    parameters: fits.map((f) => (isKnown(f) ? (f.ratio?.slope ?? 1) : 1)),
    covariance: [],
    numbers,
  };
}

/** Slices of a job: rows of expiry (epoch ms), years, k, sigma; expiries together, k ascending. */
export function slicesOf(rows: readonly (readonly number[])[], most: number): { expiry: number; slice: SliceQuotes }[] {
  const groups = new Map<number, (readonly number[])[]>();
  for (const r of rows) groups.set(r[0], [...(groups.get(r[0]) ?? []), r]);
  return [...groups].map(([expiry, own]) => {
    const count = Math.min(most, own.length);
    const chosen = Array.from(
      { length: count },
      (_, i) => own[Math.round((i * (own.length - 1)) / Math.max(1, count - 1))],
    );
    const blank = (): Float64Array => new Float64Array(count).fill(NaN);
    return {
      expiry,
      slice: {
        years: chosen[0][1],
        forward: 1,
        k: Float64Array.from(chosen, (r) => r[2]),
        sigma: Float64Array.from(chosen, (r) => r[3]),
        errorBar: new Float64Array(count).fill(0.005),
        sigmaBid: blank(),
        sigmaAsk: blank(),
      },
    };
  });
}

/** Parameters by expiry from a flat list (expiry, then `width` numbers each). */
export function byExpiry(parameters: readonly number[], width: number): Map<number, readonly number[]> {
  const out = new Map<number, readonly number[]>();
  for (let i = 0; i + width < parameters.length; i += width + 1)
    out.set(parameters[i], parameters.slice(i + 1, i + 1 + width));
  return out;
}

/** Strikes an expiry of the costly models, expiries of the Heston surface and its shortest, years. */
const THIN = 9;
const SURFACE_EXPIRIES = 6;
const SHORTEST = 2 / 365;

function fitSabr(job: FitJob): FitOutcomeRecord {
  const starts = byExpiry(job.start ?? [], 3);
  const parameters: number[] = [];
  for (const { expiry, slice } of slicesOf(job.moments ?? [], 60)) {
    if (slice.k.length < 5) continue;
    const start = starts.get(expiry);
    const fit = sabr.fit(slice, { ...FLAT, start: start === undefined ? null : Float64Array.from(start) });
    if (fit.rmseVol < Infinity && fit.parameters.length === 3) parameters.push(expiry, ...fit.parameters);
  }
  return parameters.length === 0 ? NOTHING : { status: 'converged', parameters, covariance: [], numbers: {} };
}

function fitJumps(job: FitJob): FitOutcomeRecord {
  const starts = byExpiry(job.start ?? [], 4);
  const parameters: number[] = [];
  for (const { expiry, slice } of slicesOf(job.moments ?? [], THIN)) {
    if (slice.k.length < 5) continue;
    const s = starts.get(expiry);
    const start: MertonParameters | undefined =
      s === undefined ? undefined : { sigma: s[0], lambda: s[1], jumpMean: s[2], jumpDeviation: s[3] };
    const fit = fitMerton(slice, start);
    if (fit !== undefined) parameters.push(expiry, fit.sigma, fit.lambda, fit.jumpMean, fit.jumpDeviation);
  }
  return parameters.length === 0 ? NOTHING : { status: 'converged', parameters, covariance: [], numbers: {} };
}

function fitHeston(job: FitJob): FitOutcomeRecord {
  const all = slicesOf(job.moments ?? [], THIN).filter(({ slice }) => slice.k.length >= 5 && slice.years > SHORTEST);
  const stride = Math.max(1, Math.floor(all.length / SURFACE_EXPIRIES));
  const slices = all.filter((_, i) => i % stride === 0).map((s) => s.slice);
  if (slices.length === 0) return NOTHING;
  const start = job.start === null ? null : Float64Array.from(job.start);
  const fit = hestonSurface.fitSurface(slices, { ...FLAT, start });
  if (!fit.shared.every((v) => Math.abs(v) < Infinity)) return NOTHING;
  return { status: 'converged', parameters: [...fit.shared], covariance: [], numbers: {} };
}

const FITS: Readonly<Record<string, (job: FitJob) => FitOutcomeRecord>> = {
  'hedge-hull-white': fitHullWhite,
  'hedge-skew-stickiness-atm': fitSkewStickiness,
  'hedge-sabr': fitSabr,
  'hedge-jump-mv': fitJumps,
  'hedge-heston-mv': fitHeston,
};

const NAMES: Readonly<Record<string, readonly string[]>> = {
  'hedge-hull-white': ['call a', 'call b', 'call c', 'put a', 'put b', 'put c'],
  'hedge-skew-stickiness-atm': TENORS.map((t) => `R ${t}`),
};

/** A hedging model of that family (`hedge-` and its name), built in or the user's. */
export function hedgeModel(name: string): MonitoredModel {
  const fit = FITS[name];
  return {
    name,
    kind: 'hedge',
    calibrated: fit !== undefined,
    parameterNames: NAMES[name] ?? [],
    predict: name === HEDGE_PREFIX + VEGA_HEDGE ? predictPair : predict,
    features,
    fit: (job) => fit?.(job) ?? { ...NOTHING, status: 'not-calibrated' },
    guard,
  };
}

/** Every built-in hedging model, by name. */
export const HEDGE_MODELS: ReadonlyMap<string, MonitoredModel> = new Map(
  [...HEDGE_FAMILIES.map((f) => f.name), VEGA_HEDGE].map((name) => [
    HEDGE_PREFIX + name,
    hedgeModel(HEDGE_PREFIX + name),
  ]),
);
