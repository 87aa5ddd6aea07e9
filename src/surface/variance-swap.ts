/** The level of a variance swap that a smile implies. */
import { exp } from '../numeric/exponential.ts';
import { normalisedBlack } from '../numeric/normalised-black.ts';
import { gaussLegendre } from '../numeric/quadrature.ts';

/** A fair variance and what it rests on. */
export interface VarianceSwap {
  /** Fair annualised variance, per year of `years`; NaN when the smile has no value somewhere. */
  readonly variance: number;
  /** Its root: the swap's volatility, fraction. */
  readonly volatility: number;
  /** Share of the variance that comes from strikes outside [kLow, kHigh]: extrapolation, in [0, 1]. */
  readonly extrapolatedShare: number;
  /** `truncated`: the wings were still paying 1e-12 of the total at |k| = 60 (a wing at Lee's bound). */
  readonly status: 'ok' | 'truncated' | 'not-finite';
}

const RULE = gaussLegendre(16);
/** Panels are this many at-the-money standard deviations wide. */
const PANEL = 0.5;
const FARTHEST = 60;
const NEGLIGIBLE = 1e-13;
/** A smile that ends (Heston's, where its integral is rounding) may end where a panel pays less than this share. */
const ENDED = 1e-9;

/**
 * Fair variance of continuously monitored variance by replication with out-of-the-money options,
 * (2/T) int e^(-k) o(k) dk, o = out-of-the-money price over forward (Demeterfi, Derman, Kamal and Zou 1999; Gatheral
 * 2006, eq. 11.4). It equals -2 E[ln(S_T/F)]/T. `totalVariance` is w(k) of an expiry `years` away; [kLow, kHigh] is the
 * quoted range. A wing without a value ends the integral where it no longer pays; elsewhere it is `not-finite`.
 */
export function varianceSwap(
  totalVariance: (k: number) => number,
  years: number,
  kLow: number,
  kHigh: number,
): VarianceSwap {
  const width = PANEL * Math.sqrt(totalVariance(0));
  if (!(width > 0 && years > 0))
    return { variance: NaN, volatility: NaN, extrapolatedShare: NaN, status: 'not-finite' };
  // e^(-k) o(k) = e^(-k/2) b(-|k|, sqrt w): the normalised price never cancels.
  const integrand = (k: number): number => {
    const x = -Math.abs(k);
    return exp(-0.5 * k) * normalisedBlack(x, Math.sqrt(totalVariance(k)), exp(0.5 * x));
  };
  const panel = (a: number, b: number): number => {
    let sum = 0;
    for (let i = 0; i < RULE.nodes.length; i++) {
      sum += RULE.weights[i] * integrand(0.5 * (a + b) + 0.5 * (b - a) * RULE.nodes[i]);
    }
    return 0.5 * Math.abs(b - a) * sum;
  };
  let total = 0;
  let outside = 0;
  let isTruncated = false;
  for (const sign of [-1, 1]) {
    const edge = sign < 0 ? kLow : kHigh;
    let step = width;
    let from = 0;
    let last = Infinity;
    // A panel ends at the quoted edge, so that the two parts are told apart exactly; far out panels grow with |k|.
    while (true) {
      let to = from + sign * step;
      if (sign * from < sign * edge && sign * to > sign * edge) to = edge;
      const part = panel(from, to);
      if (Number.isNaN(part) && last <= ENDED * total) break;
      last = part;
      total += part;
      if (sign * from >= sign * edge) outside += part;
      from = to;
      step = Math.max(width, 0.1 * Math.abs(from));
      if (!(part > NEGLIGIBLE * total)) break;
      if (Math.abs(from) > FARTHEST) {
        isTruncated = true;
        break;
      }
    }
  }
  const variance = (2 * total) / years;
  const status = !(variance < Infinity) ? 'not-finite' : isTruncated ? 'truncated' : 'ok';
  return { variance, volatility: Math.sqrt(variance), extrapolatedShare: outside / total, status };
}
