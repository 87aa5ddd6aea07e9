import type { Fit, Observations } from '../model/contract.ts';
import { blackPrice } from '../numeric/black.ts';
import { bookReserve, INSIDE_SLACK, insideShare, parameterDraws, type Reserve } from '../portfolio/reserve.ts';
import { selectQuotes } from '../surface/selection.ts';
import { fitOf, volatilities, type PricedBook, type PricedExpiry } from './book-market.ts';
import { modelNamed } from './models.ts';
import { newestVersion } from './versions.ts';

/** Draws of each model, the fit itself among them. */
const DRAWS = 24;

/** Model reserve of the options of a book under the champion, by every model that has a fit, the venue's marks included. */
export function reserveOf(book: PricedBook): Reserve {
  const losses = book.expiries.map((e) => expiryLosses(book, e));
  return bookReserve(losses, 'champion', DRAWS);
}

/** Losses of admitted members on one expiry, USD, by model. */
function expiryLosses(book: PricedBook, e: PricedExpiry): Map<string, number[]> {
  const out = new Map<string, number[]>();
  const champion = fitOf(e.state, 'champion');
  const { observations } = selectQuotes(e.state.entries, book.at, e.forward, e.forward);
  if (champion === null || observations.k.length === 0) return out;
  const strikes = e.options.map((o) => o.strike);
  const marked = valueOf(e, volatilities(champion, e.years, e.forward, strikes, book.at), book);
  const needed = insideOf(champion, observations) - INSIDE_SLACK;
  for (const track of e.state.models) {
    const fit = newestVersion(track)?.fit;
    if (fit === undefined) continue;
    const seed = Math.floor(book.at / 1000);
    const admitted: number[] = [];
    for (const parameters of parameterDraws(
      fit.parameters,
      fit.covariance,
      DRAWS,
      seed,
      `${track.model}@${e.state.key}`,
    )) {
      const member: Fit = { ...fit, parameters };
      // Without a two-sided quote nothing can be held against a member but its own domain.
      const inside = insideOf(member, observations);
      if (member.parameters !== champion.parameters && inside < needed) continue;
      const value = valueOf(e, volatilities(member, e.years, e.forward, strikes, book.at), book);
      if (Number.isFinite(value)) admitted.push(marked - value);
    }
    if (admitted.length > 0) out.set(track.model === champion.model ? 'champion' : track.model, admitted);
  }
  return out;
}

function insideOf(fit: Fit, batch: Observations): number {
  const n = batch.k.length;
  const out = { mean: new Float64Array(n), sd: new Float64Array(n) };
  modelNamed(fit.model).predict(fit, batch, out);
  return insideShare(out.mean, batch.low, batch.high);
}

/** USD value of an expiry's options at given volatilities; an option the champion cannot value makes it NaN. */
function valueOf(e: PricedExpiry, sigma: Float64Array, book: PricedBook): number {
  const index = book.underlying.index?.price ?? book.underlying.quotedIndex;
  let total = 0;
  e.options.forEach((o, i) => {
    const { side, strike, size, settlement } = o;
    const usd = blackPrice({ side, forward: e.forward, strike, years: e.years, sigma: sigma[i] });
    total += size * (settlement === 'inverse' ? (usd / e.forward) * index : usd);
  });
  return total;
}
