import type { ChainEntry } from '../market/chain.ts';
import { blackPrice } from '../numeric/black.ts';
import { exp, log } from '../numeric/exponential.ts';
import { impliedVolatility } from '../numeric/implied-volatility.ts';
import type { NearQuote } from './batch.ts';

/** Strikes probed on each side of the forward. */
const STRIKES_EACH_SIDE = 3;
const SQRT_TWO_PI = 2.5066282746310002;
/** Strikes further than this many standard deviations of the log-price are not near the money. */
const NEAR_SD = 1.5;

/**
 * The marked two-sided quotes of the strikes next to the forward (USD), both sides of each, under the quote's own
 * published forward times `correction` (consensus over published).
 */
export function nearQuotes(
  entries: readonly ChainEntry[],
  forward: number,
  correction: number,
  years: number,
): NearQuote[] {
  const found: NearQuote[] = [];
  if (!(forward > 0) || !(years > 0)) return found;
  let middle = 0;
  while (middle < entries.length && entries[middle].instrument.strike < forward) middle++;
  for (let step = -1; step <= 1; step += 2) {
    let strikes = 0;
    let last = NaN;
    for (let i = step < 0 ? middle - 1 : middle; i >= 0 && i < entries.length; i += step) {
      const quote = probe(entries[i], forward, correction, years);
      if (quote === null) continue;
      if (quote.strike !== last && ++strikes > STRIKES_EACH_SIDE) break;
      last = quote.strike;
      found.push(quote);
    }
  }
  return found;
}

function probe(entry: ChainEntry, consensus: number, correction: number, years: number): NearQuote | null {
  const { quote, instrument } = entry;
  if (quote === null || quote.bid === null || quote.ask === null || quote.bid >= quote.ask) return null;
  if (quote.mark === null || quote.markIv === null || !(quote.mark > 0) || !(quote.markIv > 0)) return null;
  const forward = quote.forward === null ? consensus : quote.forward * correction;
  if (Math.abs(log(instrument.strike / forward)) > NEAR_SD * quote.markIv * Math.sqrt(years)) return null;
  const scale = instrument.settlement === 'inverse' ? 1 : 1 / forward;
  const { strike, side } = instrument;
  const mid = 0.5 * (quote.bid + quote.ask) * scale;
  const mark = quote.mark * scale;
  const invert = (price: number): number => {
    const found = impliedVolatility({ forward, strike, years, price: price * forward, side });
    return found.status === 'ok' ? found.sigma : NaN;
  };
  const ratio = invert(mark) / quote.markIv;
  const halfSpread = 0.5 * (quote.ask - quote.bid) * scale;
  const deviation = quote.markIv * Math.sqrt(years);
  const d1 = log(forward / strike) / deviation + 0.5 * deviation;
  const vega = (Math.sqrt(years) * exp(-0.5 * d1 * d1)) / SQRT_TWO_PI;
  return {
    strike,
    side,
    mid,
    halfSpread,
    mark,
    markIv: quote.markIv,
    modelPrice: blackPrice({ side, forward, strike, years, sigma: quote.markIv }) / forward,
    midIv: invert(mid),
    halfSpreadVol: halfSpread / vega,
    impliedYears: ratio * ratio * years,
  };
}
