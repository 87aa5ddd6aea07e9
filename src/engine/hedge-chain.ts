import { chainExpiry, type ChainExpiry, type ChainOption } from '../hedge/chain-snapshot.ts';
import { isOwnTouch, type ChainEntry } from '../market/chain.ts';
import { yearsBetween } from '../market/year-fraction.ts';
import { impliedVolatility } from '../numeric/implied-volatility.ts';
import type { ExpiryState } from './state.ts';

/** Closer to delivery the settlement average makes another option of it, years (methods note, correction 9). */
const LEAST_YEARS = 2 / (24 * 365);
/** Wider quotes say nothing about a price change, share of the middle. */
const WIDEST = 0.25;

/**
 * The options of an expiry that may be hedged and judged now: open, two-sided, not made by our own orders, each middle
 * joined with the forward published when its bid or ask last changed. Null when it is over or too near its delivery.
 */
export function hedgeChain(expiry: ExpiryState, at: number, forward: number): ChainExpiry | null {
  const years = yearsBetween(at, expiry.expiry);
  if (!(years > LEAST_YEARS) || !(forward > 0)) return null;
  const options: ChainOption[] = [];
  for (const entry of expiry.entries) {
    const option = hedgeOption(entry, years, forward);
    if (option !== null) options.push(option);
  }
  const chain = options.length === 0 ? undefined : chainExpiry(at, expiry.expiry, shareStrikes(options));
  return chain === undefined ? null : { ...chain, forward };
}

/** An option in the money takes the volatility of its strike's other side, which is quoted closer: parity makes them one. */
function shareStrikes(options: readonly ChainOption[]): ChainOption[] {
  const outside = new Map<number, number>();
  for (const o of options) if ((o.side === 'call') === o.strike >= o.forward) outside.set(o.strike, o.sigma);
  return options.map((o) => {
    const sigma = outside.get(o.strike);
    return sigma === undefined || sigma === o.sigma ? o : { ...o, sigma };
  });
}

function hedgeOption(entry: ChainEntry, years: number, consensus: number): ChainOption | null {
  const { quote, instrument } = entry;
  if (quote === null || entry.state !== 'open' || isOwnTouch(entry)) return null;
  const { bid, ask } = quote;
  if (bid === null || ask === null || !(bid > 0) || !(ask > bid)) return null;
  const forward = entry.forwardAtChange > 0 ? entry.forwardAtChange : consensus;
  const unit = instrument.settlement === 'inverse' ? 1 : 1 / forward;
  const mark = 0.5 * (bid + ask) * unit;
  const halfSpread = 0.5 * (ask - bid) * unit;
  if (halfSpread > WIDEST * mark) return null;
  const { side, strike, symbol } = instrument;
  const { status, sigma } = impliedVolatility({ side, forward, strike, years, price: mark * forward });
  if (status !== 'ok') return null;
  return { symbol, side, strike, forward, mark, sigma, halfSpread, venueDelta: quote.delta ?? NaN };
}
