import { applyOwnQuote } from '../market/chain.ts';
import type { OwnFillEvent, OwnQuoteEvent } from '../market/event.ts';
import { countRefused, type EngineState } from './state.ts';

/** Notes where our own orders rest: from here on the selection leaves out the quotes that they make. */
export function onOwnQuote(state: EngineState, event: OwnQuoteEvent): void {
  const place = state.instruments.get(`${event.venue}:${event.symbol}`);
  if (place === undefined) countRefused(state, 'own-unknown-instrument');
  else if (place.entry.own !== null && event.at < place.entry.own.now.at) countRefused(state, 'own-out-of-order');
  else applyOwnQuote(place.entry, event);
}

/** Notes that a print is ours, so that it tests no model. One that was scored before this came is only counted. */
export function onOwnFill(state: EngineState, event: OwnFillEvent): void {
  const place = state.instruments.get(`${event.venue}:${event.symbol}`);
  if (place === undefined) {
    // Fills of futures are the book's: no model is scored on their prints.
    const isFuture = [...state.underlyings.values()].some(
      (u) => u.venue === event.venue && u.futures.has(event.symbol),
    );
    if (!isFuture) countRefused(state, 'own-unknown-instrument');
    return;
  }
  const { ownTrades, recentTrades } = place.underlying;
  const print = `${event.symbol}|${event.tradeId}`;
  if (recentTrades.has(print) && !ownTrades.has(print)) countRefused(state, 'own-fill-after-print');
  ownTrades.add(print);
  if (ownTrades.size > OWN_TRADES) for (const oldest of ownTrades) if (ownTrades.delete(oldest)) break;
}

/** Own prints remembered per underlying. */
const OWN_TRADES = 5_000;
