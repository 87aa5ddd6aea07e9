import type { FitOutcomeRecord } from '../market/event.ts';

/**
 * The one contract that carries the product: a monitored model predicts a market observable, with an error, before it
 * sees it. Surface, hedging and credit models implement it; scores, detectors and the policy loop see only it.
 */
export interface MonitoredModel {
  /** Short and stable: `svi`, `venue-mark`, `desk-a`. */
  readonly name: string;
  readonly kind: 'surface' | 'hedge' | 'credit';
  /** Whether fit jobs can be run here (false: the model is pushed in or read off the venue). */
  readonly calibrated: boolean;
  /** Names of the parameters a fit holds, in order, as they appear in records; empty when their number varies. */
  readonly parameterNames: readonly string[];
  /**
   * Predicts every observation of a batch from a fit made before it. Writes mean and sd (same unit as the observed
   * value; sd is the fit's own uncertainty, without observation noise and without the noise of the horizon).
   */
  predict(fit: Fit, batch: Observations, out: Predictions): void;
  /** The few identified coordinates to watch, with their covariance. */
  features(fit: Fit): Features;
  /** Calibrates. Pure: the job carries everything. */
  fit(job: FitJob): FitOutcomeRecord;
  /**
   * What must hold before `next` may replace `previous` (null on the first fit); empty = nothing breached.
   * `confirmed`: the market itself moved (index, other expiries), so that the bound on moves does not apply.
   */
  guard(previous: Fit | null, next: Fit, confirmed: boolean): readonly Breach[];
}

/** Where a model is watched: one expiry of one underlying (credit: one node set of one name). */
export interface Scope {
  readonly venue: string;
  readonly underlying: string;
  /** Epoch ms; 0 when the scope is the whole underlying. */
  readonly expiry: number;
}

/** Text form of a scope, unique and sortable: `deribit:BTC:2026-03-27`. */
export function scopeKey(scope: Scope): string {
  const base = `${scope.venue}:${scope.underlying}`;
  return scope.expiry === 0 ? base : `${base}:${isoDay(scope.expiry)}`;
}

function isoDay(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 10);
}

/**
 * What the market showed in one batch of one scope, as parallel arrays over the observations that passed the filters.
 * For surfaces the observable is implied volatility (fraction).
 */
export interface Observations {
  readonly at: number;
  /** Time to expiry, years ACT/365 (0 where the observable has no expiry). */
  readonly years: number;
  /** F of the batch, USD (0 where there is none). */
  readonly forward: number;
  /** The model's own coordinate: log-moneyness k for surfaces. */
  readonly k: Float64Array;
  /** Standardised moneyness x = k / (sigma_atm sqrt T) of the batch itself (0 where it makes no sense). */
  readonly x: Float64Array;
  /** Strike, USD: sticky-strike rules need it. */
  readonly strike: Float64Array;
  /** Observed value. */
  readonly value: Float64Array;
  /** One standard error of the observed value, same unit. */
  readonly noise: Float64Array;
  /** Bid and ask in the unit of the value; NaN where absent. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** The venue's own value of the observable (mark volatility); NaN where absent. */
  readonly venueValue: Float64Array;
  /** Of hedging batches, whose value is a price change over a horizon: how the options stood when it began. */
  readonly hedge?: HedgeColumns;
  /** Of credit batches, whose value is a quote in its own convention (decimal): what the convention needs. */
  readonly credit?: CreditColumns;
}

/** What a credit batch adds, parallel to its observations; `k` is the years from the trade date to maturity (ACT/365F). */
export interface CreditColumns {
  /** Days since 1970-01-01. */
  readonly tradeDay: number;
  readonly maturityDay: Float64Array;
  /** 0 par spread, 1 quoted spread, 2 upfront beside the coupon. */
  readonly quoteType: Float64Array;
  /** Running coupon, decimal. */
  readonly coupon: Float64Array;
  readonly recovery: number;
  readonly accrual: 'isda' | 'markit' | 'correct';
  /** Discount curve: years from the trade date, ascending, and continuously compounded zero rates. */
  readonly discountYears: readonly number[];
  readonly discountRates: readonly number[];
}

/**
 * What a hedging batch adds, parallel to its observations. A fit of a hedging model holds one ratio dV/dF per option as
 * of `from`; `row` says which of them belongs to each observation.
 */
export interface HedgeColumns {
  /** Start of the horizon, epoch ms. */
  readonly from: number;
  readonly row: Int32Array;
  /** F at the start and its change, each joined with the option's own quotes, USD. */
  readonly forward: Float64Array;
  readonly forwardMove: Float64Array;
  /** Black's greeks at the start, USD: gamma per USD, vega per 1.00, theta per year. */
  readonly gamma: Float64Array;
  readonly vega: Float64Array;
  readonly theta: Float64Array;
  /** One coin of the second instrument over the option's F: its USD change beyond gamma and theta, and its noise; NaN without one. */
  readonly secondMove?: Float64Array;
  readonly secondNoise?: Float64Array;
}

/** Filled by `predict`; arrays at least as long as the batch. */
export interface Predictions {
  readonly mean: Float64Array;
  readonly sd: Float64Array;
}

/** A fit in force: plain data, so that it can be logged, hashed and compared bit for bit. */
export interface Fit {
  readonly id: string;
  readonly model: string;
  readonly scope: Scope;
  /** Time of the data it was fitted to, epoch ms. */
  readonly at: number;
  /** Forward and time to expiry of the data it was fitted to. */
  readonly forward: number;
  readonly years: number;
  readonly parameters: readonly number[];
  readonly covariance: readonly number[];
  readonly numbers: Readonly<Record<string, number>>;
  /** Of a fit pushed in: the family its parameters belong to; absent = the model's own, or a table of volatilities. */
  readonly family?: string;
  /** Content id of the calibration, where it is registered. */
  readonly content?: string;
}

/** Identified coordinates phi with covariance (row-major); names carry units. */
export interface Features {
  readonly names: readonly string[];
  readonly phi: readonly number[];
  readonly covariance: readonly number[];
}

/** Everything a calibration needs; plain data, so that it crosses threads and replays. */
export interface FitJob {
  readonly id: string;
  readonly model: string;
  readonly scope: Scope;
  readonly at: number;
  readonly reason: FitReason;
  readonly observations: Observations;
  /** Warm start; null = cold. */
  readonly start: readonly number[] | null;
  /** Prior mean and row-major covariance in the model's feature space; null = none. */
  readonly prior: { readonly mean: readonly number[]; readonly covariance: readonly number[] } | null;
  readonly options: Readonly<Record<string, number>>;
  /** Fits of neighbouring scopes, ascending, on which this one leans because its own observations are too few. */
  readonly parents?: readonly ParentFit[];
  /** Of hedging models: what they learn from, as rows of numbers whose meaning is the model's own. */
  readonly moments?: readonly (readonly number[])[];
}

/** A neighbour's fit, as a job carries it. */
export interface ParentFit {
  readonly parameters: readonly number[];
  /** T of the data it was fitted to, and of now, years. */
  readonly years: number;
  readonly yearsNow: number;
  /** Range of its own observations in the model's coordinate: beyond it the fit knows nothing. */
  readonly low: number;
  readonly high: number;
}

/** Why a fit was asked for. */
export type FitReason = 'first' | 'threshold' | 'age' | 'event' | 'schedule' | 'manual' | 'escalation';

/** A guard that does not hold. */
export interface Breach {
  readonly guard: string;
  readonly value: number;
  readonly limit: number;
}
