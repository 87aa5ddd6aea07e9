import { durrlemanG, impliedDensity } from '../../surface/arbitrage.ts';
import { finite, outOfDomain, positive } from './calculator.ts';
import type { Calculator } from './calculator.ts';
import { sviRow } from './svi.ts';

/**
 * Durrleman's g and the risk-neutral density of ln(S_T/F) at k, per unit log-moneyness, from a raw SVI slice or from any
 * curve's w, dw/dk and d2w/dk2; columns of `svi_durrleman_g.csv`.
 */
export const density: Calculator = {
  name: 'density',
  description: 'implied density and Durrleman g from SVI parameters, or from total variance and its derivatives',
  inputColumns: [
    ['a', 'b', 'rho', 'm', 'sigma', 'k'],
    ['w', 'dw_dk', 'd2w_dk2', 'k'],
  ],
  optionalColumns: [],
  outputColumns: ['g', 'density'],
  row(row) {
    const fromSvi = density.inputColumns[0].every((c) => row.has(c));
    const wrong = fromSvi ? undefined : outOfDomain(row, { w: positive, dw_dk: finite, d2w_dk2: finite, k: finite });
    if (wrong) return wrong;
    const shape = fromSvi ? sviRow(row) : [row.number('w'), row.number('dw_dk'), row.number('d2w_dk2')];
    if ('refused' in shape) return shape;
    const [w, w1, w2] = shape;
    if (!(w > 0)) return { refused: `w is ${w}` };
    const k = row.number('k');
    return [durrlemanG(k, w, w1, w2), impliedDensity(k, w, w1, w2)];
  },
};
