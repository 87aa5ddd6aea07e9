import type { InstrumentPlace } from '../../engine/state.ts';
import type { TradeEvent } from '../../market/event.ts';
import { isoTime } from '../../market/iso-time.ts';
import { yearsBetween } from '../../market/year-fraction.ts';
import { impliedVolatility } from '../../numeric/implied-volatility.ts';
import type { SmileTrade } from '../../server/wire/smile.ts';

/** Prints kept per expiry. */
const KEPT = 50;
/** Prints kept for those who follow them: more than come between two looks. */
const RECENT = 1_000;
/** Scopes kept; expiries go, others come. */
const SCOPES = 512;

/** The newest prints of every expiry, with the volatility they imply. */
export class TradeTape {
  private readonly byScope = new Map<string, { readonly at: number; readonly trade: SmileTrade }[]>();
  /** The newest of all, for whoever follows them. */
  private readonly recent: { readonly number: number; readonly scope: string; readonly trade: SmileTrade }[] = [];
  private next = 0;

  add(event: TradeEvent, place: InstrumentPlace): void {
    const scope = place.expiry.key;
    let tape = this.byScope.get(scope);
    if (tape === undefined) {
      if (this.byScope.size >= SCOPES) for (const oldest of this.byScope.keys()) if (this.byScope.delete(oldest)) break;
      this.byScope.set(scope, (tape = []));
    }
    const trade = printOf(event, place);
    tape.push({ at: event.at, trade });
    this.recent.push({ number: this.next++, scope, trade });
    if (this.recent.length > RECENT) this.recent.shift();
    if (tape.length > KEPT) tape.shift();
  }

  /** Prints of an underlying from number `from` on, oldest first, and the number of the next one. */
  since(key: string, from: number): { readonly next: number; readonly items: { scope: string; trade: SmileTrade }[] } {
    const items = this.recent
      .filter((t) => t.number >= from && t.scope.startsWith(`${key}:`))
      .map(({ scope, trade }) => ({ scope, trade }));
    return { next: this.next, items };
  }

  /** Prints of a scope up to a time, newest first; x in units of `atmVol sqrt(years)`. */
  read(scope: string, until: number, atmVol: number, years: number): SmileTrade[] {
    const unit = atmVol * Math.sqrt(years);
    return (this.byScope.get(scope) ?? [])
      .filter((t) => t.at <= until)
      .map(({ trade }) => ({ ...trade, x: trade.k === null || !(unit > 0) ? null : trade.k / unit }))
      .reverse();
  }
}

function printOf(event: TradeEvent, place: InstrumentPlace): SmileTrade {
  const { instrument, quote } = place.entry;
  const { strike, side } = instrument;
  const forward = quote?.forward ?? NaN;
  const years = yearsBetween(event.at, instrument.expiry);
  const price = event.price * (instrument.settlement === 'inverse' ? forward : 1);
  const implied =
    event.iv ?? (forward > 0 && years > 0 ? impliedVolatility({ forward, strike, years, price, side }).sigma : NaN);
  return {
    at: isoTime(event.at),
    symbol: event.symbol,
    strike,
    k: forward > 0 ? Math.log(strike / forward) : null,
    x: null,
    sigma: Number.isFinite(implied) && implied > 0 ? implied : null,
    price: event.price,
    amount: event.amount,
    direction: event.direction,
    kind: event.kind,
  };
}
