/** Changes quotes in volatility and back into prices on the venue's tick grid. */
import { tickAt } from '../../market/instrument.ts';
import { yearsBetween } from '../../market/year-fraction.ts';
import { blackPrice } from '../../numeric/black.ts';
import { impliedVolatility } from '../../numeric/implied-volatility.ts';
import type { ChainRow } from './chain-snapshot.ts';

/** The row with every volatility changed by `change(sigma, k)`; prices that have no volatility stay. */
export function revolve(row: ChainRow, change: (sigma: number, k: number) => number): ChainRow {
  const { instrument, quote } = row;
  const forward = quote.forward;
  const years = yearsBetween(quote.at, instrument.expiry);
  if (forward === null || !(years > 0)) return row;
  const { strike, side, settlement } = instrument;
  const unit = settlement === 'inverse' ? forward : 1;
  const k = Math.log(strike / forward);
  const price = (old: number | null, rounded: boolean): number | null => {
    if (old === null) return null;
    const found = impliedVolatility({ forward, strike, years, price: old * unit, side });
    if (found.status !== 'ok') return old;
    const sigma = Math.max(0.01, change(found.sigma, k));
    const fresh = blackPrice({ side, forward, strike, years, sigma }) / unit;
    if (!rounded) return fresh;
    const tick = tickAt(instrument.ticks, fresh);
    return Math.max(tick, Math.round(fresh / tick) * tick);
  };
  const markIv = quote.markIv === null ? null : Math.max(0.01, change(quote.markIv, k));
  const bid = price(quote.bid, true);
  const ask = price(quote.ask, true);
  return {
    instrument,
    quote: { ...quote, bid, ask, mark: quote.mark === null ? null : price(quote.mark, false), markIv },
  };
}

/** ATM volatility per expiry (epoch ms) from the venue's marks: what a skew move is measured in. */
export function atmByExpiry(rows: readonly ChainRow[]): Map<number, number> {
  const best = new Map<number, { distance: number; iv: number }>();
  for (const { instrument, quote } of rows) {
    if (quote.markIv === null || quote.forward === null) continue;
    const distance = Math.abs(Math.log(instrument.strike / quote.forward));
    const held = best.get(instrument.expiry);
    if (held === undefined || distance < held.distance) best.set(instrument.expiry, { distance, iv: quote.markIv });
  }
  return new Map([...best].map(([expiry, b]) => [expiry, b.iv]));
}
