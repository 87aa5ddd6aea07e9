/** What makes up the error bar of one implied volatility. Prices are fractions of the forward. */
export interface QuoteNoise {
  /** Half the bid-ask spread in volatility (fraction); see {@link halfSpreadVolatility}. */
  readonly halfSpread: number;
  /** Price increment over forward: the coin tick of a coin-quoted option, tick / F of a linear one. */
  readonly tick: number;
  /** d(price / F)/d(sigma) per unit of volatility (1.00), > 0. */
  readonly vega: number;
  /** Black delta on the forward. */
  readonly delta: number;
  /** p = price / F for coin-quoted options (it makes the delta premium-adjusted); 0 for linear ones. */
  readonly premium: number;
  /** One standard deviation of the relative forward move dF/F between the quote and the forward it is joined with. */
  readonly forwardMove: number;
}

/** Constants of the error bar. */
export interface ErrorBarSettings {
  /** c: standard error as a share of the half-spread. */
  readonly spreadShare: number;
  /** Floor, fraction of volatility. */
  readonly floor: number;
}

/** Measured on Deribit chains: residual over half-spread has sd about 0.4; floor 0.1 volatility points. */
export const DEFAULT_ERROR_BAR: ErrorBarSettings = { spreadShare: 0.4, floor: 0.001 };

/**
 * One standard error of an implied volatility (fraction):
 * sqrt((c h)^2 + (tick/2/vega)^2 + ((delta - p)/vega dF/F)^2 + floor^2).
 * The asynchrony coefficient of a coin quote is d sigma/dF = -(delta - p)/vega, because the coin price V/F itself moves
 * with F; a linear quote has p = 0. NaN when an input is not finite or vega <= 0.
 */
export function errorBar(noise: QuoteNoise, settings: ErrorBarSettings = DEFAULT_ERROR_BAR): number {
  if (!(noise.vega > 0)) return NaN;
  const spread = settings.spreadShare * noise.halfSpread;
  const rounding = (0.5 * noise.tick) / noise.vega;
  const asynchrony = ((noise.delta - noise.premium) / noise.vega) * noise.forwardMove;
  const bar = Math.sqrt(
    spread * spread + rounding * rounding + asynchrony * asynchrony + settings.floor * settings.floor,
  );
  return bar < Infinity ? bar : NaN;
}

/** The two sides of a quote, in volatility and in price over forward; NaN = absent. */
export interface QuoteSides {
  readonly sigmaBid: number;
  readonly sigmaAsk: number;
  readonly bid: number;
  readonly ask: number;
}

/**
 * Half-spread in volatility (fraction). Two-sided: (sigma_ask - sigma_bid) / 2, NaN when crossed. Where the bid has no
 * volatility (absent, or under intrinsic value): the bid counts as zero, so half the ask over vega. Without an ask
 * nothing bounds the price from above: NaN.
 */
export function halfSpreadVolatility(sides: QuoteSides, vega: number): number {
  const { sigmaBid, sigmaAsk, bid, ask } = sides;
  if (sigmaBid === sigmaBid && sigmaAsk === sigmaAsk) return sigmaAsk >= sigmaBid ? 0.5 * (sigmaAsk - sigmaBid) : NaN;
  if (!(ask > 0) || !(vega > 0)) return NaN;
  return (0.5 * (ask - (bid > 0 ? bid : 0))) / vega;
}

/** Extra liquidity weight of a quote: sqrt(min(1, size / median size)), dimensionless; 1 when a size is unknown. */
export function liquidityWeight(size: number, medianSize: number): number {
  if (!(size >= 0) || !(medianSize > 0)) return 1;
  return Math.sqrt(Math.min(1, size / medianSize));
}

/** Effective number of quotes (sum w)^2 / sum w^2 of non-negative weights; 0 for none. */
export function effectiveCount(weights: ArrayLike<number>): number {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < weights.length; i++) {
    sum += weights[i];
    squares += weights[i] * weights[i];
  }
  return squares > 0 ? (sum * sum) / squares : 0;
}
