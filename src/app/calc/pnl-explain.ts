import { explainStep } from '../../portfolio/pnl-explain.ts';
import { notNegative, outOfDomain, positive, sideOf } from './calculator.ts';
import type { Calculator } from './calculator.ts';

/** Change of an option's value by Taylor terms and step revaluation; columns of `pnl_explain_cases.csv`. */
export const pnlExplain: Calculator = {
  name: 'pnl-explain',
  description: 'profit and loss of one option by ten Taylor terms and by step revaluation, in usd or coin',
  inputColumns: [['numeraire', 'type', 'F0', 'F1', 'K', 'T0', 'days', 'sigma0', 'sigma1']],
  optionalColumns: [],
  outputColumns: [
    'V0', 'V1', 'pnl', 'delta', 'gamma', 'vega', 'theta', 'vanna', 'volga', 'charm', 'veta', 'speed', 'zomma',
    'residual_DGVT', 'residual_+vanna_volga', 'residual_all_terms', 'waterfall_time', 'waterfall_spot', 'waterfall_vol',
  ], // prettier-ignore
  row(row) {
    const side = sideOf(row.text('type'));
    if (!side) return { refused: `type is ${row.text('type') || 'empty'}` };
    const numeraire = row.text('numeraire');
    if (numeraire !== 'usd' && numeraire !== 'coin') return { refused: `numeraire is ${numeraire || 'empty'}` };
    const wrong = outOfDomain(row, {
      F0: positive,
      F1: positive,
      K: positive,
      T0: positive,
      days: notNegative,
      sigma0: positive,
      sigma1: notNegative,
    });
    if (wrong) return wrong;
    const e = explainStep(
      {
        side,
        strike: row.number('K'),
        forwardBefore: row.number('F0'),
        forwardAfter: row.number('F1'),
        years: row.number('T0'),
        elapsed: row.number('days') / 365,
        sigmaBefore: row.number('sigma0'),
        sigmaAfter: row.number('sigma1'),
      },
      numeraire,
    );
    return [
      e.valueBefore, e.valueAfter, e.pnl, e.delta, e.gamma, e.vega, e.theta, e.vanna, e.volga, e.charm, e.veta, e.speed,
      e.zomma, e.residualFirst, e.residualCross, e.residualAll, e.stepTime, e.stepForward, e.stepVolatility,
    ]; // prettier-ignore
  },
};
