import { blackGreeks } from '../../numeric/black.ts';
import { exp } from '../../numeric/exponential.ts';
import { impliedVolatility } from '../../numeric/implied-volatility.ts';
import { inverseGreeks } from '../../numeric/inverse.ts';
import { sabrDeltas } from '../../hedge/sabr-delta.ts';
import {
  atmSkewStickinessDelta,
  hullWhiteDelta,
  localSkewStickinessDelta,
  premiumAdjusted,
  stickyMoneynessDelta,
  stickyStrikeDelta,
} from '../../hedge/smile-delta.ts';
import { sabrSensitivity } from '../../surface/sabr.ts';
import { correlation, finite, notNegative, outOfDomain, positive, sideOf } from './calculator.ts';
import type { Calculator, Row } from './calculator.ts';

/** R of the local-slope columns. */
const LOCAL = [0.5, 1.5, 2] as const;

const TESTS = {
  F: positive,
  K: positive,
  T: positive,
  'k=ln(K/F)': finite,
  sigma: positive,
  value_coin: positive,
  dsigma_dk: finite,
  dsigma_dk_atm: finite,
  R: finite,
  a: finite,
  b: finite,
  c: finite,
  alpha: positive,
  beta: finite,
  rho: correlation,
  nu: notNegative,
};

interface PricedOption {
  readonly side: 'call' | 'put';
  readonly forward: number;
  readonly strike: number;
  readonly years: number;
  readonly sigma: number;
}

/** The forward, or from k; the time, or from the coin price at the stated volatility; the volatility, or SABR's. */
function optionOf(row: Row, side: 'call' | 'put'): PricedOption {
  const strike = row.number('K');
  const forward = row.has('F') ? row.number('F') : strike * exp(-row.number('k=ln(K/F)'));
  const stated = row.number('sigma');
  if (row.has('T')) {
    const years = row.number('T');
    const sigma = Number.isNaN(stated) ? sabrSensitivity(sabrQuote(row, forward, strike, years)).sigma : stated;
    return { side, forward, strike, years, sigma };
  }
  const price = row.number('value_coin') * forward;
  const total = impliedVolatility({ side, forward, strike, years: 1, price }).sigma;
  return { side, forward, strike, years: (total / stated) * (total / stated), sigma: stated };
}

type SabrInput = Parameters<typeof sabrDeltas>[1];

function sabrQuote(row: Row, forward: number, strike: number, years: number): SabrInput {
  const n = (c: string): number => row.number(c);
  return { forward, strike, years, alpha: n('alpha'), beta: n('beta'), nu: n('nu'), rho: n('rho') };
}

/** Columns of `inverse_option_greeks.csv` that a hedge needs. */
function conventions(option: PricedOption): number[] {
  const g = inverseGreeks(option);
  const notional = g.deltaPremiumAdjusted * option.forward;
  return [g.priceUsd, g.priceCoin, g.deltaBlack, g.deltaPremiumAdjusted, g.slopeCoin, notional, g.vegaUsdPerUnit];
}

/** Columns of `smile_deltas_svi.csv`, and the ATM form of skew-stickiness; NaN where a needed column is absent. */
function smileRules(row: Row, option: PricedOption): number[] {
  const { forward, years } = option;
  const { delta, vega } = blackGreeks(option);
  const { priceCoin } = inverseGreeks(option);
  const input = { forward, delta, vega };
  const slope = row.number('dsigma_dk');
  const local = LOCAL.map((r) => localSkewStickinessDelta(input, r, slope));
  const usd = [stickyMoneynessDelta(input, slope), local[0], stickyStrikeDelta(input), local[1], local[2]];
  const atm = atmSkewStickinessDelta(input, row.number('R'), row.number('dsigma_dk_atm'), slope);
  const fit = { a: row.number('a'), b: row.number('b'), c: row.number('c') };
  const hull = hullWhiteDelta(input, years, fit);
  const net = (value: number): number => premiumAdjusted(value, priceCoin);
  return [...usd, ...usd.map(net), atm, net(atm), hull, net(hull)];
}

/** Columns of `sabr_bartlett_delta.csv`, at SABR's own volatility. */
function sabrRules(row: Row, option: PricedOption): number[] {
  const quote = sabrQuote(row, option.forward, option.strike, option.years);
  const s = sabrSensitivity(quote);
  const d = sabrDeltas(option.side, quote);
  return [s.sigma, s.dSigmaDForward, s.dSigmaDAlpha, d.black, d.stickyAlpha, d.bartlett];
}

/**
 * Hedge ratios of one option under named rules, USD and premium-adjusted (`net_`). A rule whose columns a file does not
 * have (skew, R, Hull-White's a, b, c, SABR's parameters) stays empty. Columns of the hedging vector files.
 */
export const hedgeRatios: Calculator = {
  name: 'hedge-ratios',
  description: 'hedge ratios: Black, premium-adjusted, smile rules, Hull-White, SABR and Bartlett',
  inputColumns: [
    ['type', 'F', 'K', 'T', 'sigma'],
    ['type', 'K', 'k=ln(K/F)', 'sigma', 'value_coin'],
    ['F', 'K', 'T', 'alpha', 'beta', 'rho', 'nu'],
  ],
  optionalColumns: ['dsigma_dk', 'dsigma_dk_atm', 'R', 'a', 'b', 'c', 'alpha', 'beta', 'rho', 'nu'],
  outputColumns: [
    'value_usd', 'value_coin', 'delta_usd', 'net_delta(delta-coin_value)', 'dcoin_dF', 'hedge_notional_usd_net',
    'vega_usd', 'delta_R0_sticky_moneyness', 'delta_R0.5', 'delta_R1_sticky_strike', 'delta_R1.5',
    'delta_R2_localvol_proxy', 'net_R0', 'net_R0.5', 'net_R1', 'net_R1.5', 'net_R2', 'delta_atm_R', 'net_atm_R',
    'delta_HullWhite', 'net_HW', 'sigma_hagan', 'dsigma_dF', 'dsigma_dalpha', 'delta_black', 'delta_sabr',
    'delta_bartlett',
  ], // prettier-ignore
  row(row) {
    const side = sideOf(row.text('type', 'call'));
    if (!side) return { refused: `type is ${row.text('type') || 'empty'}` };
    const wrong = outOfDomain(row, TESTS);
    if (wrong) return wrong;
    const option = optionOf(row, side);
    if (!(option.sigma > 0 && option.years > 0)) return { refused: `no volatility or time at K ${option.strike}` };
    return [...conventions(option), ...smileRules(row, option), ...sabrRules(row, option)];
  },
};
