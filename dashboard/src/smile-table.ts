import { residual, type SmilePicture } from './smile-picture.ts';
import type { Table } from './table.ts';

/** Every quote of an expiry with what the model makes of it. */
export function quotesTable(picture: SmilePicture): Table {
  const number = (v: number): number | null => (Number.isFinite(v) ? v : null);
  return {
    caption: `Quotes of ${picture.expiry.slice(0, 10)}, ${picture.quotes.length} instruments`,
    columns: [
      { name: 'symbol' },
      { name: 'strike', unit: 'USD', decimals: 0 },
      { name: 'side' },
      { name: 'bid', unit: 'coin', decimals: 4 },
      { name: 'ask', unit: 'coin', decimals: 4 },
      { name: 'σ bid', unit: '%', decimals: 2 },
      { name: 'σ ask', unit: '%', decimals: 2 },
      { name: 'model', unit: '%', decimals: 2 },
      { name: 'mark', unit: '%', decimals: 2 },
      { name: 'residual', unit: 'half-spreads', decimals: 2 },
      { name: 'delta', decimals: 3 },
      { name: 'x', decimals: 2 },
      { name: 'age', unit: 's', decimals: 0 },
      { name: 'refused' },
    ],
    rows: picture.quotes.map((q) => [
      q.symbol,
      q.strike,
      q.side,
      number(q.bid),
      number(q.ask),
      number(100 * q.sigmaBid),
      number(100 * q.sigmaAsk),
      number(100 * q.model),
      number(100 * q.venueMark),
      number(residual(q)),
      number(q.delta),
      number(q.x),
      number(q.ageS),
      q.refused ?? '',
    ]),
  };
}
