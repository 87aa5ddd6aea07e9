import { blackGreeks } from '../../numeric/black.ts';
import { finite, notNegative, outOfDomain, positive, sideOf } from './calculator.ts';
import type { Calculator } from './calculator.ts';

/** Black-76 price and greeks on the forward, discounted at r; columns and units of `black76_greeks.csv`. */
export const black76: Calculator = {
  name: 'black76',
  description: 'Black-76 price and 15 greeks on the forward',
  inputColumns: [['type', 'F', 'K', 'T', 'sigma']],
  optionalColumns: ['r'],
  outputColumns: [
    'price', 'delta', 'gamma', 'vega', 'theta', 'rho', 'vanna', 'volga', 'charm', 'speed', 'zomma', 'color', 'veta',
    'ultima', 'dual_delta', 'dual_gamma',
  ], // prettier-ignore
  row(row) {
    const side = sideOf(row.text('type'));
    if (!side) return { refused: `type is ${row.text('type') || 'empty'}` };
    const wrong = outOfDomain(row, { F: positive, K: positive, T: notNegative, sigma: notNegative, r: finite });
    if (wrong) return wrong;
    const g = blackGreeks({
      side,
      forward: row.number('F'),
      strike: row.number('K'),
      years: row.number('T'),
      sigma: row.number('sigma'),
      rate: row.number('r', 0),
    });
    return [
      g.price, g.delta, g.gamma, g.vega, g.theta, g.rho, g.vanna, g.volga, g.charm, g.speed, g.zomma, g.color, g.veta,
      g.ultima, g.dualDelta, g.dualGamma,
    ]; // prettier-ignore
  },
};
