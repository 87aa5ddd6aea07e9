/**
 * Deltas of SABR: sticky-alpha (Hagan et al. 2002) and Bartlett's, which follows alpha along its mean given the forward
 * and is the variance-optimal one in lognormal SABR (Keller-Ressel 2022). Verified by `sabr_bartlett_delta.csv`.
 */
import { blackGreeks } from '../numeric/black.ts';
import { sabrSensitivity, type SabrQuote } from '../surface/sabr.ts';

/** Undiscounted deltas of one option, coin per coin, at SABR's own volatility. */
export interface SabrDeltas {
  /** sigma, per root year. */
  readonly sigma: number;
  /** dV/dsigma, USD per 1.00. */
  readonly vega: number;
  /** N(d1) (call) or N(d1) - 1 (put) at sigma. */
  readonly black: number;
  /** Delta + vega dsigma/dF at fixed alpha. */
  readonly stickyAlpha: number;
  /** Delta + vega (dsigma/dF + dsigma/dalpha rho nu/F^beta) (Bartlett 2006, Wilmott, eq. 12). */
  readonly bartlett: number;
  /** dV/dalpha at fixed forward, USD per unit of alpha as quoted. */
  readonly alphaVega: number;
}

/** Deltas of an option under SABR as quoted; NaN outside Hagan's domain. */
export function sabrDeltas(side: 'call' | 'put', quote: SabrQuote): SabrDeltas {
  const s = sabrSensitivity(quote);
  const { forward, strike, years } = quote;
  const black = blackGreeks({ side, forward, strike, years, sigma: s.sigma });
  return {
    sigma: s.sigma,
    vega: black.vega,
    black: black.delta,
    stickyAlpha: black.delta + black.vega * s.dSigmaDForward,
    bartlett: black.delta + black.vega * s.bartlettSlope,
    alphaVega: black.vega * s.dSigmaDAlpha,
  };
}
