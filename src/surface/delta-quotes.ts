/** A smile in the language of delta: strikes, risk reversals and butterflies. */
import { normalCdf } from '../numeric/normal.ts';
import { findRoot } from '../numeric/root.ts';

/**
 * Which delta a quote means. `black`: theta N(theta d1) on the forward, undiscounted. `premium-adjusted`:
 * theta e^k N(theta d2) = Black's less the premium over forward, that of coin-settled books.
 */
export type DeltaConvention = 'black' | 'premium-adjusted';

/** Delta of an out- or in-the-money option at log-moneyness k and total variance w, in units of the forward, signed. */
export function forwardDelta(side: 'call' | 'put', k: number, w: number, convention: DeltaConvention): number {
  const theta = side === 'call' ? 1 : -1;
  const root = Math.sqrt(w);
  const d2 = -k / root - 0.5 * root;
  return convention === 'black' ? theta * normalCdf(theta * (d2 + root)) : theta * Math.exp(k) * normalCdf(theta * d2);
}

/** The strike of a delta, or why there is none. */
export type DeltaStrike =
  | { readonly status: 'ok'; readonly k: number; readonly volatility: number }
  | { readonly status: 'no-strike'; readonly reason: string };

/** Steps of the search from the wing toward the forward, in at-the-money standard deviations. */
const STEP = 0.25;
const FARTHEST = 12;

/**
 * Log-moneyness of the option whose |delta| is `delta` (0.25 for 25 delta). The search comes from the far wing, so it
 * finds the out-of-the-money branch of the premium-adjusted call delta, which is not monotonic. `totalVariance` is w(k)
 * of an expiry `years` away.
 */
export function strikeOfDelta(
  totalVariance: (k: number) => number,
  years: number,
  side: 'call' | 'put',
  delta: number,
  convention: DeltaConvention,
): DeltaStrike {
  const deviation = Math.sqrt(totalVariance(0));
  if (!(delta > 0 && delta < 1 && deviation > 0 && years > 0)) {
    return { status: 'no-strike', reason: `delta ${delta}, ATM total volatility ${deviation}, T ${years}` };
  }
  const sign = side === 'call' ? 1 : -1;
  const excess = (k: number): number => Math.abs(forwardDelta(side, k, totalVariance(k), convention)) - delta;
  let outer = sign * FARTHEST * deviation;
  while (outer * sign > -FARTHEST * deviation) {
    const inner = outer - sign * STEP * deviation;
    if (excess(outer) <= 0 && excess(inner) > 0) {
      const root = findRoot(excess, inner, outer, { relative: 1e-14, absolute: 1e-14 });
      return { status: 'ok', k: root.x, volatility: Math.sqrt(totalVariance(root.x) / years) };
    }
    outer = inner;
  }
  return { status: 'no-strike', reason: `no ${side} has ${convention} delta ${delta}` };
}

/** Quotes of one delta, all volatilities as fractions. */
export interface DeltaQuotes {
  readonly convention: DeltaConvention;
  readonly delta: number;
  /** Volatility at k = 0, the forward: the level that the butterfly is measured from. */
  readonly atm: number;
  readonly callVolatility: number;
  readonly putVolatility: number;
  /** call - put. */
  readonly riskReversal: number;
  /** (call + put)/2 - ATM: the smile butterfly, not the market strangle. */
  readonly butterfly: number;
  /** Log-moneyness of the two strikes. */
  readonly kCall: number;
  readonly kPut: number;
}

/** Risk reversal and butterfly of a delta; the strike's `no-strike` when either side has none. */
export function deltaQuotes(
  totalVariance: (k: number) => number,
  years: number,
  delta: number,
  convention: DeltaConvention,
): DeltaQuotes | Extract<DeltaStrike, { status: 'no-strike' }> {
  const call = strikeOfDelta(totalVariance, years, 'call', delta, convention);
  if (call.status !== 'ok') return call;
  const put = strikeOfDelta(totalVariance, years, 'put', delta, convention);
  if (put.status !== 'ok') return put;
  const atm = Math.sqrt(totalVariance(0) / years);
  return {
    convention,
    delta,
    atm,
    callVolatility: call.volatility,
    putVolatility: put.volatility,
    riskReversal: call.volatility - put.volatility,
    butterfly: 0.5 * (call.volatility + put.volatility) - atm,
    kCall: call.k,
    kPut: put.k,
  };
}
