/**
 * Options that settle against the average of the index over the last window before expiry (Deribit: 30 minutes).
 *
 * The average of a martingale over the window [T - W, T] has mean F and variance time T - 2W/3: 20 minutes less than
 * the option's life for a 30-minute window. Inside the window the part that has been averaged is known, so the payoff
 * is that of an option on the rest: max(theta(u M - kappa), 0), M the average still to come, u = T/W its share and
 * kappa = K - (1 - u) A the strike less what has accrued; kappa may be negative, and the price is then intrinsic.
 * The average is taken as continuous and lognormal with matched mean and first-order variance (Kemna and Vorst 1990,
 * J. Banking and Finance 14:113, for small sigma^2 T); sampling every 4 seconds moves the variance time by 2 seconds.
 */
import { blackGreeks } from './black.ts';

/** Deribit's averaging window, in years of 365 days. */
export const THIRTY_MINUTES_YEARS = 30 / (365 * 24 * 60);

/** An option that settles against an average. */
export interface AveragedOption {
  readonly side: 'call' | 'put';
  /** Forward F of the index (inside the window, the index itself), in USD; > 0. */
  readonly forward: number;
  /** Strike K, in USD; > 0. */
  readonly strike: number;
  /** Time to expiry T, in years; >= 0. */
  readonly years: number;
  /** Volatility per square root of a year; >= 0. */
  readonly sigma: number;
  /** Average A of the index from the window's start until now, in USD; needed inside the window, else unused. */
  readonly accrued?: number;
  /** Averaging window W, in years; default 30 minutes. */
  readonly window?: number;
}

/** Equivalent option without averaging. */
export interface AverageShape {
  /** u F: the forward times the share still to be averaged (1 before the window), in USD. */
  readonly forward: number;
  /** kappa = K - (1 - u) A, in USD; may be zero or negative inside the window. */
  readonly strike: number;
  /** Variance time, in years. */
  readonly years: number;
  /** u in [0, 1]. */
  readonly share: number;
}

/** Price and greeks of an averaged option with respect to the forward of the index; undiscounted. */
export interface AveragedGreeks {
  /** In USD. */
  readonly price: number;
  /** dV/dF, in coin: falls with the share that is still to be averaged. */
  readonly delta: number;
  /** d2V/dF2, in coin per USD. */
  readonly gamma: number;
  /** dV/dsigma, in USD per 1.00 of volatility. */
  readonly vega: number;
  /** dV/dt at an unchanged forward, in USD per year; inside the window the average accrues at the forward. */
  readonly theta: number;
  /** d2V/dF dsigma. */
  readonly vanna: number;
}

/**
 * Variance time of the settlement average, in years: T - 2W/3 before the window, T/3 of the rest inside it (where the
 * share T/W scales the option too; see {@link averageShape}); 0 at expiry.
 * @param years time to expiry T, in years
 * @param window averaging window W, in years; default 30 minutes
 */
export function averageVarianceYears(years: number, window: number = THIRTY_MINUTES_YEARS): number {
  return years >= window ? years - (2 * window) / 3 : years / 3;
}

/** The option on the part still to be averaged; strike NaN inside the window when `accrued` is missing. */
export function averageShape(option: AveragedOption): AverageShape {
  const { forward, strike, years, accrued = NaN, window = THIRTY_MINUTES_YEARS } = option;
  const varianceYears = averageVarianceYears(years, window);
  if (years >= window) return { forward, strike, years: varianceYears, share: 1 };
  const share = years / window;
  return { forward: share * forward, strike: strike - (1 - share) * accrued, years: varianceYears, share };
}

/**
 * Price and greeks of an option that settles against an average; NaN outside the domain of {@link AveragedOption}.
 * Continuous at the window's start and down to the payoff at expiry.
 */
export function averagedGreeks(option: AveragedOption): AveragedGreeks {
  const { side, sigma, forward, window = THIRTY_MINUTES_YEARS } = option;
  const shape = averageShape(option);
  if (!(option.years >= 0) || Number.isNaN(shape.strike)) return settled(NaN, NaN);
  const sign = side === 'call' ? 1 : -1;
  const depth = sign * (shape.forward - shape.strike);
  if (shape.strike <= 0 || shape.share === 0) return settled(Math.max(0, depth), depth > 0 ? sign * shape.share : 0);
  const black = blackGreeks({ side, forward: shape.forward, strike: shape.strike, years: shape.years, sigma });
  const isInside = shape.share < 1;
  return {
    price: black.price,
    delta: shape.share * black.delta,
    gamma: shape.share * shape.share * black.gamma,
    vega: black.vega,
    theta: isInside ? black.theta / 3 - (forward / window) * (black.delta + black.dualDelta) : black.theta,
    vanna: shape.share * black.vanna,
  };
}

function settled(price: number, delta: number): AveragedGreeks {
  const none = Number.isNaN(price) ? NaN : 0;
  return { price, delta, gamma: none, vega: none, theta: none, vanna: none };
}
