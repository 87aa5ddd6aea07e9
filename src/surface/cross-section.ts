import { MAD_TO_SD, median } from '../numeric/robust.ts';

/** A usable quote beside the venue's own opinion of it. Volatilities are fractions. */
export interface MarkedVolatility {
  readonly sigma: number;
  /** One standard error of it. */
  readonly noise: number;
  /** The venue's mark volatility published with it; NaN without one. */
  readonly venue: number;
}

const MINIMUM = 8;
const FARTHEST = 6;
/** Beyond this share of the quotes it is the slice that is suspect, and no single quote. */
const MOST = 0.25;

/**
 * Quotes that stand apart from the rest of their expiry: |sigma - mark - median| above six times the larger of the quote's
 * own error bar and the robust scatter of all of them. The marks take the shape of the smile away, their common error falls
 * out with the median. Null when there are none, or so many (over a quarter) that the rest is no reference.
 * Source: methods.md 1.2 rule 10.
 */
export function outlying(quotes: readonly MarkedVolatility[]): ReadonlySet<MarkedVolatility> | null {
  const marked = quotes.filter((q) => q.venue > 0);
  if (marked.length < MINIMUM) return null;
  const centre = median(marked.map((q) => q.sigma - q.venue));
  const scatter = MAD_TO_SD * median(marked.map((q) => Math.abs(q.sigma - q.venue - centre)));
  const apart = marked.filter((q) => Math.abs(q.sigma - q.venue - centre) > FARTHEST * Math.max(q.noise, scatter));
  return apart.length === 0 || apart.length > MOST * marked.length ? null : new Set(apart);
}
