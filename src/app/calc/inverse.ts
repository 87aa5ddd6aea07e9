import { coinPriceAtIndex, inverseGreeks } from '../../numeric/inverse.ts';
import { notNegative, outOfDomain, positive, sideOf } from './calculator.ts';
import type { Calculator } from './calculator.ts';

/** Coin-settled option: coin and USD price and greeks at zero rate; columns and units of `inverse_options.csv`. */
export const inverse: Calculator = {
  name: 'inverse',
  description: 'inverse (coin-settled) option: coin and USD prices and greeks',
  inputColumns: [['type', 'F', 'K', 'T', 'sigma']],
  optionalColumns: ['index'],
  outputColumns: [
    'price_coin', 'price_usd_fwd', 'price_usd_index', 'delta_bs', 'delta_ntd', 'gamma_usd', 'vega_usd',
    'vega_usd_per_volpt', 'theta_usd', 'theta_usd_per_day', 'dC_dF', 'gamma_coin', 'vega_coin', 'theta_coin',
    'parity_C_minus_P_coin',
  ], // prettier-ignore
  row(row) {
    const side = sideOf(row.text('type'));
    if (!side) return { refused: `type is ${row.text('type') || 'empty'}` };
    const wrong = outOfDomain(row, { F: positive, K: positive, T: notNegative, sigma: notNegative });
    if (wrong) return wrong;
    const forward = row.number('F');
    const strike = row.number('K');
    const g = inverseGreeks({ side, forward, strike, years: row.number('T'), sigma: row.number('sigma') });
    return [
      g.priceCoin,
      g.priceUsd,
      coinPriceAtIndex(g.priceCoin, row.number('index', NaN)),
      g.deltaBlack,
      g.deltaPremiumAdjusted,
      g.gammaUsd,
      g.vegaUsdPerUnit,
      g.vegaUsdPerPoint,
      g.thetaUsdPerYear,
      g.thetaUsdPerDay,
      g.slopeCoin,
      g.gammaCoin,
      g.vegaCoinPerUnit,
      g.thetaCoinPerYear,
      (forward - strike) / forward,
    ];
  },
};
