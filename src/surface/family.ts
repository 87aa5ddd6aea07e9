/**
 * The contract of a smile family: total implied variance w(k) = sigma^2 T of one expiry as a function of
 * log-moneyness k = ln(K/F), with what calibration and monitoring need to know about it.
 * One file per family in this folder; `test/contract/` runs every one through the same suite.
 */
export interface SmileFamily {
  readonly name: string;
  readonly parameters: readonly ParameterSpec[];
  /** w(k); `years` is T > 0. NaN outside the domain, never a throw. */
  totalVariance(parameters: ArrayLike<number>, k: number, years: number): number;
  /** Writes w, dw/dk, d2w/dk2 into `out[0..2]`. */
  shape(parameters: ArrayLike<number>, k: number, years: number, out: Float64Array): void;
  /** Writes dw/dparameter_j into `out[j]`. */
  gradient(parameters: ArrayLike<number>, k: number, years: number, out: Float64Array): void;
  /** A start from which the fit converges on ordinary data; inside the bounds. */
  initialGuess(slice: SliceQuotes): Float64Array;
  /** What is known about arbitrage of these parameters; `kLow`, `kHigh` bound the quoted range. */
  arbitrage(parameters: ArrayLike<number>, years: number, kLow: number, kHigh: number): ArbitrageReport;
  /** Calibrates one expiry. Degenerate input is an outcome, never a throw. */
  fit(slice: SliceQuotes, options: FitOptions): SliceFit;
}

/** One parameter of a family: its name, unit (`variance`, `1`, `log-moneyness`, ...) and the bounds the fit imposes. */
export interface ParameterSpec {
  readonly name: string;
  readonly unit: string;
  readonly lower: number;
  readonly upper: number;
}

/** What one expiry shows a calibration: parallel arrays, sorted by k ascending, volatilities as fractions. */
export interface SliceQuotes {
  /** T, years ACT/365 (or variance time), > 0. */
  readonly years: number;
  /** F, USD. */
  readonly forward: number;
  /** ln(K/F). */
  readonly k: Float64Array;
  /** Implied volatility of the mid (or mark). */
  readonly sigma: Float64Array;
  /** One standard error of each volatility (methods.md 1.5), > 0. */
  readonly errorBar: Float64Array;
  /** Implied volatility of bid and ask where known; NaN where one-sided. */
  readonly sigmaBid: Float64Array;
  readonly sigmaAsk: Float64Array;
}

/** `equal`: sum of squared volatility residuals. `error-bars`: residual over error bar, Huber, optional prior. */
export type Objective = 'equal' | 'error-bars';

/** A Gaussian prior in the coordinates (ATM vol, skew, curvature), all per unit x or as fractions as `smile-factors.ts` defines. */
export interface FactorPrior {
  readonly mean: readonly [number, number, number];
  /** Row-major 3x3 covariance. */
  readonly covariance: readonly number[];
}

/** How to calibrate. */
export interface FitOptions {
  readonly objective: Objective;
  /** Huber threshold in standard errors; 0 = least squares. */
  readonly huber: number;
  /** Warm start; null = cold with multi-start. */
  readonly start: ArrayLike<number> | null;
  readonly prior: FactorPrior | null;
  /** Impose freedom from butterfly arbitrage in the quoted range. */
  readonly arbitrageFree: boolean;
}

/** How strong a statement about arbitrage is. */
export type ArbitrageStrength = 'theorem' | 'sufficient-condition' | 'scan';

/** What is known about static arbitrage of one slice. */
export interface ArbitrageReport {
  /** min over the quoted range of Durrleman's g(k); < 0 = butterfly arbitrage there. */
  readonly minG: number;
  /** Where that minimum lies. */
  readonly minGAt: number;
  /** min of g over 1.5x the quoted range: extrapolation. */
  readonly minGExtrapolated: number;
  /** Steepest wing slope |dw/dk| at infinity; Lee's bound is 2. */
  readonly wingSlope: number;
  readonly strength: ArbitrageStrength;
}

/** Why a calibration stopped, or why there is none. */
export type FitStatus =
  | 'converged'
  | 'max-iterations'
  | 'too-few-quotes'
  | 'singular'
  | 'degenerate'
  | 'not-finite'
  | 'expired'
  | 'infeasible';

/** A calibrated slice with what is needed to judge it. Arrays are in the order of the input quotes. */
export interface SliceFit {
  readonly status: FitStatus;
  /** Why, in words and numbers, when not converged. */
  readonly reason: string;
  readonly parameters: Float64Array;
  /** Row-major covariance of parameters under the objective's noise; empty when singular. */
  readonly covariance: Float64Array;
  /** sqrt(mean (sigma_model - sigma)^2), fraction. */
  readonly rmseVol: number;
  /** Sum of squared standardised residuals over (n - parameters). */
  readonly chi2PerDof: number;
  /** observed - predicted volatility. */
  readonly residuals: Float64Array;
  /** Diagonal of the hat matrix. */
  readonly leverage: Float64Array;
  /** log10 of the condition number of the scaled Jacobian. */
  readonly logCondition: number;
  readonly iterations: number;
  /** Cost of the best and second-best distinct minimum seen by the multi-start (NaN if only one was found). */
  readonly cost: number;
  readonly rivalCost: number;
  readonly arbitrage: ArbitrageReport;
}

/** A family whose parameters span all expiries (SSVI, eSSVI, Heston): fitted as one surface. */
export interface SurfaceFamily {
  readonly name: string;
  fitSurface(slices: readonly SliceQuotes[], options: FitOptions): SurfaceFit;
}

/** One fitted surface: per-slice fits expressed in the slice family's parameters. */
export interface SurfaceFit {
  readonly status: FitStatus;
  readonly reason: string;
  /** Parameters that span the surface (empty for sequential families). */
  readonly shared: Float64Array;
  readonly slices: readonly SliceFit[];
  /** Number of (k, T) points in the quoted range where total variance decreases in T. */
  readonly calendarViolations: number;
}
