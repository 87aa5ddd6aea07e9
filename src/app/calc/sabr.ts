import { sabrVolatility } from '../../surface/sabr.ts';
import { correlation, finite, notNegative, outOfDomain, positive } from './calculator.ts';
import type { Calculator } from './calculator.ts';

/** Hagan's SABR volatility, lognormal (shifted when a column `shift` says so); columns of `sabr_hagan.csv`. */
export const sabr: Calculator = {
  name: 'sabr',
  description: "SABR implied volatility by Hagan's 2002 expansion",
  inputColumns: [['F', 'K', 'T', 'alpha', 'beta', 'nu', 'rho']],
  optionalColumns: ['shift'],
  outputColumns: ['vol'],
  row(row) {
    const tests = {
      F: finite,
      K: finite,
      T: positive,
      alpha: positive,
      beta: finite,
      nu: notNegative,
      rho: correlation,
    };
    const wrong = outOfDomain(row, { ...tests, shift: finite });
    if (wrong) return wrong;
    const vol = sabrVolatility({
      forward: row.number('F'),
      strike: row.number('K'),
      years: row.number('T'),
      alpha: row.number('alpha'),
      beta: row.number('beta'),
      nu: row.number('nu'),
      rho: row.number('rho'),
      shift: row.number('shift', 0),
    });
    return Number.isNaN(vol) ? { refused: 'the expansion has no positive volatility here' } : [vol];
  },
};
