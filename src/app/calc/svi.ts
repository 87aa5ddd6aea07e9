import { durrlemanG, impliedDensity } from '../../surface/arbitrage.ts';
import { sviShape } from '../../surface/svi-curve.ts';
import { correlation, finite, notNegative, outOfDomain } from './calculator.ts';
import type { Calculator, Row } from './calculator.ts';

/** Total variance of raw SVI and its first two derivatives by k, or why the row has none. */
export function sviRow(row: Row): Float64Array | { readonly refused: string } {
  const tests = { a: finite, b: notNegative, rho: correlation, m: finite, sigma: notNegative, k: finite };
  const wrong = outOfDomain(row, tests);
  if (wrong) return wrong;
  const shape = new Float64Array(3);
  const parameters = [row.number('a'), row.number('b'), row.number('rho'), row.number('m'), row.number('sigma')];
  sviShape(parameters, row.number('k'), shape);
  return shape;
}

/** Raw SVI: total variance w(k), derivatives, Durrleman's g and the density of ln(S_T/F); `svi_durrleman_g.csv`. */
export const svi: Calculator = {
  name: 'svi',
  description: 'raw SVI: total variance, its derivatives, Durrleman g and implied density',
  inputColumns: [['a', 'b', 'rho', 'm', 'sigma', 'k']],
  optionalColumns: [],
  outputColumns: ['w', 'dw_dk', 'd2w_dk2', 'g', 'density'],
  row(row) {
    const shape = sviRow(row);
    if ('refused' in shape) return shape;
    const k = row.number('k');
    const [w, w1, w2] = shape;
    return [w, w1, w2, durrlemanG(k, w, w1, w2), impliedDensity(k, w, w1, w2)];
  },
};
