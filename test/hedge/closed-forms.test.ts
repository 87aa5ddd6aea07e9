import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  discreteHedgeDeviation,
  lelandNumber,
  lelandVolatility,
  rebalanceToBand,
  whalleyWilmottHalfWidth,
  zakamoulineBand,
} from '../../src/hedge/hedge-band.ts';
import { HestonExpiry, hestonDeltas } from '../../src/hedge/heston-delta.ts';
import { mertonDeltas } from '../../src/hedge/jump-delta.ts';
import { sabrDeltas } from '../../src/hedge/sabr-delta.ts';
import {
  atmSkewStickinessDelta,
  hullWhiteDelta,
  localSkewStickinessDelta,
  premiumAdjusted,
  stickyMoneynessDelta,
  stickyStrikeDelta,
} from '../../src/hedge/smile-delta.ts';
import { blackGreeks } from '../../src/numeric/black.ts';
import { inverseGreeks } from '../../src/numeric/inverse.ts';
import { explainBookStep, type PricePoint } from '../../src/portfolio/book-explain.ts';
import type { FuturePosition } from '../../src/portfolio/position.ts';
import { explainStep } from '../../src/portfolio/pnl-explain.ts';
import { sviShape } from '../../src/surface/svi-curve.ts';
import { absent, numberRows, relative, textRows } from './credit-vectors.ts';

const TIGHT = 1e-12;
const sideOf = (text: string): 'call' | 'put' => (text === 'C' ? 'call' : 'put');

function expectClose(got: number, want: number, tolerance: number, label: string, scale: number = 0): void {
  assert.ok(relative(got, want, scale) <= tolerance, `${label}: ${got}, reference ${want}`);
}

test('smile deltas reproduce smile_deltas_svi.csv', { skip: absent('smile_deltas_svi.csv') }, () => {
  const shape = new Float64Array(3);
  const [forward, years] = [100_000, 30 / 365];
  for (const row of textRows('smile_deltas_svi.csv')) {
    const n = (c: string): number => Number(row[c]);
    const [side, strike] = [sideOf(row['type']), n('K')];
    sviShape([0.008, 0.06, -0.35, 0.02, 0.12], n('k=ln(K/F)'), shape);
    const sigma = Math.sqrt(shape[0] / years);
    const slope = shape[1] / (2 * sigma * years);
    expectClose(sigma, n('sigma'), TIGHT, 'sigma');
    expectClose(slope, n('dsigma_dk'), TIGHT, 'slope');
    const option = { side, forward, strike, years, sigma };
    const { delta, vega } = blackGreeks(option);
    const { priceCoin } = inverseGreeks(option);
    const input = { forward, delta, vega };
    expectClose(vega, n('vega_usd'), TIGHT, 'vega');
    const values: readonly [string, string, number][] = [
      ['delta_R0_sticky_moneyness', 'net_R0', stickyMoneynessDelta(input, slope)],
      ['delta_R0.5', 'net_R0.5', localSkewStickinessDelta(input, 0.5, slope)],
      ['delta_R1_sticky_strike', 'net_R1', stickyStrikeDelta(input)],
      ['delta_R1.5', 'net_R1.5', localSkewStickinessDelta(input, 1.5, slope)],
      ['delta_R2_localvol_proxy', 'net_R2', localSkewStickinessDelta(input, 2, slope)],
      [
        'delta_HullWhite(a=-0.25,b=0.4,c=-0.5 illustrative)',
        'net_HW',
        hullWhiteDelta(input, years, { a: -0.25, b: 0.4, c: -0.5 }),
      ],
    ];
    for (const [column, net, value] of values) {
      // Deltas cancel against their smile term: the scale is that of the terms.
      expectClose(value, n(column), TIGHT, column, Math.abs(delta));
      expectClose(premiumAdjusted(value, priceCoin), n(net), TIGHT, net, Math.abs(delta) + priceCoin);
    }
  }
});

test('the local-slope and ATM forms of skew-stickiness differ away from the money, in sign too', () => {
  const input = { forward: 100_000, delta: -0.1, vega: 5000 };
  // Put wing steeper than the money, R = 1.5: local slope raises the vol with F falling twice over, ATM form less.
  const local = localSkewStickinessDelta(input, 1.5, -0.8) - input.delta;
  const atm = atmSkewStickinessDelta(input, 1.5, -0.3, -0.8) - input.delta;
  assert.ok(local < 0 && atm > 0, `${local} ${atm}`);
  const atMoney = atmSkewStickinessDelta(input, 1.5, -0.3, -0.3);
  assert.ok(Math.abs(atMoney - localSkewStickinessDelta(input, 1.5, -0.3)) < 1e-15);
});

test('coin greeks reproduce inverse_option_greeks.csv', { skip: absent('inverse_option_greeks.csv') }, () => {
  for (const row of textRows('inverse_option_greeks.csv')) {
    const n = (c: string): number => Number(row[c]);
    const option = {
      side: sideOf(row['type']),
      forward: n('F'),
      strike: n('K'),
      years: n('T'),
      sigma: n('sigma'),
    };
    const g = inverseGreeks(option);
    const b = blackGreeks(option);
    const f = option.forward;
    const values: readonly [string, number, number][] = [
      ['value_usd', g.priceUsd, 0],
      ['value_coin', g.priceCoin, 0],
      ['delta_usd', g.deltaBlack, 0],
      ['net_delta(delta-coin_value)', g.deltaPremiumAdjusted, 0],
      ['dcoin_dF', g.slopeCoin, 0],
      ['gamma_usd', g.gammaUsd, 0],
      ['d2coin_dF2', g.gammaCoin, g.gammaUsd / f],
      ['vega_usd_per_1.00', g.vegaUsdPerUnit, 0],
      ['vega_coin_per_1.00', g.vegaCoinPerUnit, 0],
      ['theta_usd_per_year', g.thetaUsdPerYear, 0],
      ['theta_coin_per_year', g.thetaCoinPerYear, 0],
      ['vanna_usd', b.vanna, b.vega / f],
      ['vanna_coin', (b.vanna - b.vega / f) / f, b.vega / (f * f)],
      ['volga_usd', b.volga, b.vega / option.sigma],
      ['volga_coin', b.volga / f, b.vega / (option.sigma * f)],
      ['speed_usd', b.speed, b.gamma / f],
      ['charm_per_year', b.charm, 0.1],
      ['hedge_notional_usd_net', g.deltaPremiumAdjusted * f, 0],
    ];
    for (const [column, value, scale] of values)
      expectClose(value, n(column), TIGHT, `${column} ${row['type']} ${row['K']}`, Math.abs(scale));
  }
});

test('SABR and Bartlett deltas reproduce sabr_bartlett_delta.csv', { skip: absent('sabr_bartlett_delta.csv') }, () => {
  for (const row of numberRows('sabr_bartlett_delta.csv')) {
    const quote = {
      forward: row['F'],
      strike: row['K'],
      years: row['T'],
      alpha: row['alpha'],
      beta: row['beta'],
      nu: row['nu'],
      rho: row['rho'],
    };
    const d = sabrDeltas('call', quote);
    expectClose(d.sigma, row['sigma_hagan'], TIGHT, 'sigma');
    expectClose(d.vega, row['vega'], TIGHT, 'vega');
    expectClose(d.black, row['delta_black'], TIGHT, 'black');
    expectClose(d.stickyAlpha, row['delta_sabr'], TIGHT, 'sticky alpha', d.black);
    expectClose(d.bartlett, row['delta_bartlett'], TIGHT, 'bartlett', d.black);
    expectClose(d.alphaVega, row['dsigma_dalpha'] * row['vega'], TIGHT, 'alpha vega');
  }
});

test('Heston and Merton deltas reproduce model_mv_deltas.csv', { skip: absent('model_mv_deltas.csv') }, () => {
  for (const row of textRows('model_mv_deltas.csv')) {
    const p = Object.fromEntries(row['params'].split(' ').map((pair) => pair.split('='))) as Record<string, string>;
    const option = {
      side: 'call' as const,
      forward: Number(row['S']),
      strike: Number(row['K']),
      years: Number(row['T']),
    };
    const n = (c: string): number => Number(row[c]);
    if (row['model(r=q=0,call)'] === 'heston') {
      const model = {
        kappa: Number(p['kappa']),
        theta: Number(p['theta']),
        sigma: Number(p['xi']),
        rho: Number(p['rho']),
        v0: Number(p['v0']),
      };
      const d = hestonDeltas(model, option);
      expectClose(d.price, n('price'), TIGHT, 'price');
      expectClose(d.partial, n('delta_partial'), TIGHT, 'partial');
      expectClose(d.varianceVega, n('dC_dv0'), TIGHT, 'dC/dv0');
      expectClose(d.minimumVariance, n('delta_min_variance'), TIGHT, 'minimum variance');
      const put = hestonDeltas(model, { ...option, side: 'put' });
      expectClose(put.partial, d.partial - 1, TIGHT, 'put partial');
      expectClose(put.price, d.price - option.forward + option.strike, 1e-11, 'put-call parity');
    } else {
      const model = {
        sigma: Number(p['sigma']),
        lambda: Number(p['lambda']),
        jumpMean: Number(p['muJ']),
        jumpDeviation: Number(p['deltaJ']),
      };
      const d = mertonDeltas(model, option);
      expectClose(d.price, n('price'), TIGHT, 'price');
      expectClose(d.partial, n('delta_partial'), TIGHT, 'partial');
      expectClose(d.minimumVariance, n('delta_min_variance'), TIGHT, 'minimum variance');
    }
  }
});

test('a jump diffusion without jumps hedges as Black', () => {
  const model = { sigma: 0.6, lambda: 0, jumpMean: -0.1, jumpDeviation: 0.2 };
  const option = { side: 'put' as const, forward: 100, strike: 90, years: 0.1 };
  const black = blackGreeks({ ...option, sigma: 0.6 });
  expectClose(mertonDeltas(model, option).minimumVariance, black.delta, TIGHT, 'delta');
});

test('no-trade bands reproduce hedge_bands.csv', { skip: absent('hedge_bands.csv') }, () => {
  for (const row of numberRows('hedge_bands.csv')) {
    const option = { side: 'call' as const, forward: row['S'], strike: row['K'], years: row['T'], sigma: row['sigma'] };
    const rate = row['r'];
    // The vectors' delta and gamma are those of a spot option at rate r.
    const g = blackGreeks({ ...option, forward: row['S'] * Math.exp(rate * row['T']), rate });
    const growth = Math.exp(rate * row['T']);
    const gamma = g.gamma * growth * growth;
    expectClose(g.delta * growth, row['delta'], TIGHT, 'delta');
    expectClose(gamma, row['gamma'], TIGHT, 'gamma');
    const cost = row['cost_lambda(one way, proportional)'];
    const input = {
      spot: row['S'],
      sigma: row['sigma'],
      years: row['T'],
      rate,
      cost,
      riskAversion: row['risk_aversion_gamma'],
      gamma,
    };
    const z = zakamoulineBand(input);
    expectClose(whalleyWilmottHalfWidth(input), row['whalley_wilmott_halfwidth'], TIGHT, 'Whalley-Wilmott');
    expectClose(z.base, row['zak_H0'], TIGHT, 'H0');
    expectClose(z.gammaPart, row['zak_H1'], TIGHT, 'H1');
    expectClose(z.adjustment, row['zak_K'], TIGHT, 'K');
    expectClose(z.sigmaLong, row['zak_sigma_long'], TIGHT, 'long');
    expectClose(z.sigmaShort, row['zak_sigma_short'], TIGHT, 'short');
    const number = lelandNumber(2 * cost, row['sigma'], 1 / 365);
    expectClose(number, row['leland_number(dt=1d,k=2lambda)'], TIGHT, 'Leland');
    expectClose(lelandVolatility(row['sigma'], number), row['leland_sigma_short_option'], TIGHT, 'Leland sigma');
    expectClose(
      discreteHedgeDeviation(g.vega, row['sigma'], 30),
      row['derman_kamal_std_30_rebalances'],
      TIGHT,
      'Derman-Kamal',
    );
  }
});

test('a hedge inside its band is left alone, outside it moves to the nearer edge', () => {
  assert.equal(rebalanceToBand(0.45, 0.5, 0.1), 0.45);
  assert.equal(rebalanceToBand(0.3, 0.5, 0.1), 0.4);
  assert.equal(rebalanceToBand(0.9, 0.5, 0.1), 0.6);
});

test(
  'a book explained with its perpetual reproduces hedged_pnl_inverse_perp.csv',
  { skip: absent('hedged_pnl_inverse_perp.csv') },
  () => {
    const days = new Map(textRows('pnl_explain_cases.csv').map((r) => [r['case'], Number(r['days'])]));
    for (const row of textRows('hedged_pnl_inverse_perp.csv')) {
      const n = (c: string): number => Number(row[c]);
      const name = row['case(see pnl_explain_cases)'];
      for (const [ratio, suffix] of [
        ['delta', 'delta'],
        ['net_delta', 'net'],
      ]) {
        const hours = 24 * (days.get(name) ?? NaN);
        const notional = n('perp0') * n(ratio);
        const price = (at: number, perpetual: number): PricePoint => ({ at, index: perpetual, options: new Map(), futures: new Map([['P', perpetual]]), funding: new Map([['P', 0.0001]]) }); // prettier-ignore
        const held: FuturePosition = { kind: 'future', account: 'a', symbol: 'P', underlying: 'BTC', settlement: 'inverse', expiry: null, size: notional, entry: NaN }; // prettier-ignore
        const { terms } = explainBookStep({
          positions: [held],
          before: price(0, n('perp0')),
          after: price(hours * 3_600_000, n('perp1')),
          predicted: new Map(),
          delivered: new Map(),
          fills: [],
        }).coin;
        const option = n('coin0') - n('coin1');
        const r = {
          notional,
          option,
          perpetual: terms.futures,
          funding: terms.funding,
          hedged: option + terms.futures,
        };
        const scale = Math.abs(r.option) + Math.abs(r.perpetual);
        const label = `${name} ${row['basis']} ${suffix}`;
        expectClose(r.option, n('unhedged_short_pnl_coin'), TIGHT, label, n('coin0') + n('coin1'));
        expectClose(r.notional, n(suffix === 'net' ? 'N_usd_net' : 'N_usd_delta'), TIGHT, label);
        expectClose(r.perpetual, n(`perp_pnl_${suffix}`), TIGHT, label, Math.abs(n(ratio)));
        expectClose(r.hedged, n(`hedged_${suffix}`), TIGHT, label, scale);
        expectClose(r.funding, n(`funding_${suffix}`), TIGHT, label);
        expectClose(r.hedged + r.funding + n(`fee_${suffix}`), n(`total_${suffix}`), TIGHT, label, scale);
      }
    }
  },
);

const TERMS: readonly (readonly [string, keyof ReturnType<typeof explainStep>])[] = [
  ['V0', 'valueBefore'],
  ['V1', 'valueAfter'],
  ['pnl', 'pnl'],
  ['delta', 'delta'],
  ['gamma', 'gamma'],
  ['vega', 'vega'],
  ['theta', 'theta'],
  ['vanna', 'vanna'],
  ['volga', 'volga'],
  ['charm', 'charm'],
  ['veta', 'veta'],
  ['speed', 'speed'],
  ['zomma', 'zomma'],
  ['residual_DGVT', 'residualFirst'],
  ['residual_+vanna_volga', 'residualCross'],
  ['residual_all_terms', 'residualAll'],
  ['waterfall_time', 'stepTime'],
  ['waterfall_spot', 'stepForward'],
  ['waterfall_vol', 'stepVolatility'],
];

test('profit and loss explain reproduces pnl_explain_cases.csv', { skip: absent('pnl_explain_cases.csv') }, () => {
  for (const row of textRows('pnl_explain_cases.csv')) {
    const n = (c: string): number => Number(row[c]);
    const e = explainStep(
      {
        side: sideOf(row['type']),
        strike: n('K'),
        forwardBefore: n('F0'),
        forwardAfter: n('F1'),
        years: n('T0'),
        elapsed: n('days') / 365,
        sigmaBefore: n('sigma0'),
        sigmaAfter: n('sigma1'),
      },
      row['numeraire'] === 'usd' ? 'usd' : 'coin',
    );
    // Differences of values are good to the rounding of the values.
    const scale = Math.abs(e.valueBefore) + Math.abs(e.valueAfter);
    for (const [column, name] of TERMS) {
      const isDifference = /pnl|residual|waterfall/.test(column);
      expectClose(
        e[name],
        n(column),
        TIGHT,
        `${row['case']} ${row['numeraire']} ${column}`,
        isDifference ? scale : 1e-300,
      );
    }
  }
});

test('the quick Heston grid gives the exact hedge ratio to 1e-7', () => {
  const model = { kappa: 2, theta: 0.4, sigma: 1.2, rho: -0.3, v0: 0.36 };
  for (const years of [2 / 365, 30 / 365, 0.5]) {
    const reach = 2.5 * 0.6 * Math.sqrt(years);
    const exact = new HestonExpiry(model, years, reach);
    const quick = new HestonExpiry(model, years, reach, 'quick');
    for (const k of [-0.99 * reach, -0.3 * reach, 0, 0.5 * reach, 0.99 * reach]) {
      const a = exact.deltas('call', 1, Math.exp(k)).minimumVariance;
      const b = quick.deltas('call', 1, Math.exp(k)).minimumVariance;
      assert.ok(Math.abs(a - b) < 1e-7, `${years} ${k}: ${a} ${b}`);
    }
  }
});
