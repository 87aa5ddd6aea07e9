import { hestonPrice } from '../../surface/heston.ts';
import { finite, outOfDomain, positive, sideOf } from './calculator.ts';
import type { Calculator } from './calculator.ts';

/** European option under Heston's model; columns of `heston_prices.csv` (q 0 and a call when they are not there). */
export const heston: Calculator = {
  name: 'heston',
  description: "European option price under Heston's model",
  inputColumns: [['S', 'K', 'T', 'r', 'kappa', 'theta', 'sigma', 'rho', 'v0']],
  optionalColumns: ['q', 'type'],
  outputColumns: ['price'],
  row(row) {
    const side = sideOf(row.text('type', 'call'));
    if (!side) return { refused: `type is ${row.text('type') || 'empty'}` };
    const inside = (v: number): boolean => v > -1 && v < 1;
    const model = { kappa: positive, theta: positive, sigma: positive, rho: inside, v0: positive };
    const wrong = outOfDomain(row, { S: positive, K: positive, T: positive, r: finite, q: finite, ...model });
    if (wrong) return wrong;
    const parameters = {
      kappa: row.number('kappa'),
      theta: row.number('theta'),
      sigma: row.number('sigma'),
      rho: row.number('rho'),
      v0: row.number('v0'),
    };
    const price = hestonPrice(parameters, {
      side,
      spot: row.number('S'),
      strike: row.number('K'),
      years: row.number('T'),
      rate: row.number('r'),
      yield: row.number('q', 0),
    });
    return Number.isNaN(price) ? { refused: 'the integral does not converge' } : [price];
  },
};
