import { impliedVolatility } from '../../numeric/implied-volatility.ts';
import { sideOf } from './calculator.ts';
import type { Calculator } from './calculator.ts';

/** Black-76 implied volatility of a present value, with what became of the quote; columns of `implied_vol.csv`. */
export const impliedVol: Calculator = {
  name: 'implied-vol',
  description: 'implied volatility of a price, and a status that says why there is none',
  inputColumns: [['type', 'F', 'K', 'T', 'price']],
  optionalColumns: ['r', 'discount'],
  outputColumns: ['sigma', 'status'],
  row(row) {
    const side = sideOf(row.text('type'));
    if (!side) return { refused: `type is ${row.text('type') || 'empty'}`, cells: ['', 'out-of-domain'] };
    const years = row.number('T');
    const { sigma, status } = impliedVolatility({
      side,
      forward: row.number('F'),
      strike: row.number('K'),
      years,
      price: row.number('price'),
      discount: row.number('discount', Math.exp(-row.number('r', 0) * years)),
    });
    if (Number.isNaN(sigma)) return { refused: `status ${status}`, cells: ['', status] };
    return [sigma, status];
  },
};
