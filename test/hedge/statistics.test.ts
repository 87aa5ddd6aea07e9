import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attributionRatios, attributionTest, kolmogorovSmirnovPValue } from '../../src/hedge/attribution-lights.ts';
import { dieboldMariano } from '../../src/hedge/diebold-mariano.ts';
import { initDriftChart, updateDriftChart } from '../../src/hedge/drift-chart.ts';
import { initEBacktest, quantileEValue, shortfallEValue, updateEBacktest } from '../../src/hedge/e-backtest.ts';
import { effectiveness } from '../../src/hedge/effectiveness.ts';
import { baselMultiplier, binomialTail, christoffersen, kupiec } from '../../src/hedge/exception-tests.ts';
import { RollingHullWhite, fitHullWhite, type HullWhiteObservation } from '../../src/hedge/hull-white.ts';
import { instrumentHedge } from '../../src/hedge/instrument-hedge.ts';
import { linearRegression, robustErrors } from '../../src/hedge/linear-regression.ts';
import { parameterSlopes, recalibrationDelta } from '../../src/hedge/recalibration-delta.ts';
import { skewStickiness } from '../../src/hedge/skew-stickiness.ts';
import { Random } from '../../src/numeric/random.ts';
import { absent, numberRows, relative, textRows } from './credit-vectors.ts';

function expectClose(got: number, want: number, tolerance: number, label: string, scale: number = 0): void {
  assert.ok(relative(got, want, scale) <= tolerance, `${label}: ${got}, reference ${want}`);
}

function hullWhiteRows(): HullWhiteObservation[] {
  return numberRows('hw_regression_data.csv').map((r, i) => ({
    at: i,
    forward: r['S'],
    forwardChange: r['dS'],
    delta: r['delta_bs'],
    vega: r['vega'],
    years: r['T'],
    unexplained: r['y=df-delta*dS'],
  }));
}

test('Hull-White regression reproduces hw_regression_expected.csv', { skip: absent('hw_regression_data.csv') }, () => {
  const want = Object.fromEntries(
    textRows('hw_regression_expected.csv').map((r) => [r['quantity'], Number(r['value'])]),
  );
  const fit = fitHullWhite(hullWhiteRows());
  assert.equal(fit.status, 'fitted');
  if (fit.status !== 'fitted') return;
  const { a, b, c } = fit.coefficients;
  const got: Record<string, number> = {
    a,
    b,
    c,
    se_a: fit.standardErrors[0],
    se_b: fit.standardErrors[1],
    se_c: fit.standardErrors[2],
    hc0_se_a: fit.robustErrors[0],
    hc0_se_b: fit.robustErrors[1],
    hc0_se_c: fit.robustErrors[2],
    sse_bs: fit.squaresBlack,
    sse_mv: fit.squaresMinimumVariance,
  };
  for (const [name, value] of Object.entries(got)) expectClose(value, want[name], 1e-12, name);
  const gain = Object.entries(want).find(([name]) => name.startsWith('gain'));
  if (gain !== undefined) expectClose(fit.gain, gain[1], 1e-12, 'gain');
});

test(
  'a robust fit ignores a corrupted row that ruins least squares',
  { skip: absent('hw_regression_data.csv') },
  () => {
    const clean = fitHullWhite(hullWhiteRows());
    const rows = hullWhiteRows();
    rows[7] = { ...rows[7], unexplained: 1e6 };
    const plain = fitHullWhite(rows);
    const robust = fitHullWhite(rows, { huber: 1.345 });
    assert.ok(clean.status === 'fitted' && plain.status === 'fitted' && robust.status === 'fitted');
    assert.ok(Math.abs(plain.coefficients.a - clean.coefficients.a) > 1);
    assert.ok(Math.abs(robust.coefficients.a - clean.coefficients.a) < 2 * clean.standardErrors[0]);
  },
);

test('recency weights and the rolling window follow a changed coefficient and see no future', () => {
  const random = new Random(7);
  const rolling = new RollingHullWhite(100, { minimum: 50 });
  const all: HullWhiteObservation[] = [];
  for (let i = 0; i < 400; i++) {
    const o = { at: i, forward: 100, forwardChange: random.normal(), delta: random.uniform(), vega: 10, years: 0.25 };
    const x = (o.vega * o.forwardChange) / (o.forward * 0.5);
    const level = i < 200 ? -0.4 : 0.3;
    const row = { ...o, unexplained: x * level + 0.001 * random.normal() };
    all.push(row);
    rolling.add('call', row);
  }
  const weighted = fitHullWhite(all, { halfLife: 20 });
  const late = rolling.fit('call', 399);
  assert.ok(weighted.status === 'fitted' && late.status === 'fitted');
  assert.ok(Math.abs(weighted.coefficients.a - 0.3) < 0.02, `${weighted.coefficients.a}`);
  assert.ok(Math.abs(late.coefficients.a - 0.3) < 0.01, `${late.coefficients.a}`);
  const early = new RollingHullWhite(1000, { minimum: 50 });
  for (const row of all) early.add('call', row);
  const past = early.fit('call', 199);
  assert.ok(past.status === 'fitted' && past.n === 200 && Math.abs(past.coefficients.a + 0.4) < 0.01);
  assert.deepEqual(early.fit('put', 399), { status: 'too-few-observations', n: 0 });
});

test(
  'recalibration-aware delta reproduces model_risk_delta_expected.csv',
  { skip: absent('model_risk_delta_data.csv') },
  () => {
    const data = numberRows('model_risk_delta_data.csv');
    const names = ['alpha', 'rho', 'nu'];
    const slopes = parameterSlopes(
      data.map((r) => r['dF']),
      names.map((name) => data.map((r) => r[`d${name}`])),
    );
    for (const row of numberRows('model_risk_delta_expected.csv')) {
      names.forEach((name, i) => expectClose(slopes[i], row[`beta_${name}`], 1e-12, name));
      const sensitivities = names.map((name) => row[`dP_d${name}`]);
      expectClose(recalibrationDelta(row['dP_dF'], sensitivities, slopes), row['delta_adjusted'], 1e-12, 'delta');
    }
  },
);

test('skew-stickiness reproduces ssr_expected.csv', { skip: absent('ssr_data.csv') }, () => {
  const want = Object.fromEntries(textRows('ssr_expected.csv').map((r) => [r['quantity'], Number(r['value'])]));
  const steps = numberRows('ssr_data.csv').map((r) => ({
    logForwardChange: r['dlnF'],
    atmChange: r['dsigma_atm'],
    skew: r['atm_skew_dsigma_dk'],
  }));
  const s = skewStickiness(steps);
  assert.ok(s);
  expectClose(s.beta, want['beta_no_intercept'], 1e-12, 'beta');
  expectClose(s.classicalError, want['se_ols'], 1e-12, 'se');
  expectClose(s.robustError, want['se_hc0'], 1e-12, 'hc0');
  expectClose(s.ratio, want['SSR=beta/skew'], 1e-12, 'ratio');
  expectClose(s.ratioClassicalError, want['SSR_se'], 1e-12, 'ratio error');
});

test('Diebold-Mariano reproduces dm_test_expected.csv', { skip: absent('dm_test_data.csv') }, () => {
  const data = numberRows('dm_test_data.csv').map((r) => r['loss_differential']);
  for (const row of numberRows('dm_test_expected.csv')) {
    const dm = dieboldMariano(data, row['lags']);
    expectClose(dm.mean, row['mean'], 1e-12, 'mean');
    expectClose(dm.longRunVariance, row['longrun_variance'], 1e-12, 'variance');
    expectClose(dm.standardError, row['se'], 1e-12, 'se');
    expectClose(dm.statistic, row['dm_stat'], 1e-12, 'statistic');
    expectClose(dm.pValue, row['p_two_sided'], 1e-12, 'p');
    expectClose(dm.low, row['ci_lo'], 1e-12, 'low');
    expectClose(dm.high, row['ci_hi'], 1e-12, 'high');
  }
});

const WINDOWS: Readonly<Record<string, readonly [number, number]>> = {
  all: [0, 40],
  first30: [0, 30],
  last10: [30, 40],
};

test(
  'effectiveness reproduces hedge_effectiveness_expected.csv',
  { skip: absent('hedge_effectiveness_data.csv') },
  () => {
    const data = numberRows('hedge_effectiveness_data.csv');
    for (const { window, metric, value } of textRows('hedge_effectiveness_expected.csv')) {
      const [from, to] = WINDOWS[window];
      const rows = data.slice(from, to);
      const e = effectiveness(
        rows.map((r) => r['hedged_item_change']),
        rows.map((r) => r['hedge_instrument_change']),
      );
      assert.ok(e);
      const got: Record<string, number> = {
        n: e.n,
        'cumulative_dollar_offset=-sum(hedge)/sum(item)': e.dollarOffset,
        in_80_125: e.dollarOffset >= 0.8 && e.dollarOffset <= 1.25 ? 1 : 0,
        regression_slope: e.slope,
        slope_se: e.slopeError,
        intercept: e.intercept,
        r_squared: e.rSquared,
        'slope_in_-1.25_-0.8': e.slope >= -1.25 && e.slope <= -0.8 ? 1 : 0,
        variance_reduction: e.varianceReduction,
        '1-E[t^2]/E[x^2]': e.squareReduction,
        min_variance_hedge_multiple: e.minimumVarianceMultiple,
        hit_rate: e.hitRate,
        rmse_reduction: e.rmseReduction,
        mae_reduction: e.maeReduction,
        'es5_hedged(mean of worst 5%)': e.expectedShortfall,
      };
      assert.ok(metric in got, metric);
      const tolerance = metric.startsWith('cumulative') ? 1e-9 : 1e-12;
      expectClose(got[metric], Number(value), tolerance, `${window} ${metric}`);
    }
  },
);

test('attribution lights reproduce pla_expected.csv', { skip: absent('pla_data.csv') }, () => {
  const data = textRows('pla_data.csv');
  for (const row of textRows('pla_expected.csv')) {
    const own = data.filter((r) => r['set'] === row['set']);
    const hypothetical = own.map((r) => Number(r['hpl']));
    const theoretical = own.map((r) => Number(r['rtpl']));
    const a = attributionTest(hypothetical, theoretical);
    const old = attributionRatios(hypothetical, theoretical);
    expectClose(a.spearman, Number(row['spearman']), 1e-12, 'spearman');
    expectClose(a.kolmogorovSmirnov, Number(row['ks_statistic']), 1e-12, 'ks');
    expectClose(a.pValue, Number(row['ks_asymptotic_p']), 1e-12, 'p');
    assert.equal(a.zone, row['zone']);
    assert.match(a.weakness, /stays green/);
    expectClose(old.meanRatio, Number(row['old_2016_mean_ratio']), 1e-12, 'mean ratio');
    expectClose(old.varianceRatio, Number(row['old_2016_variance_ratio']), 1e-12, 'variance ratio');
  }
  for (const row of numberRows('pla_threshold_pvalues.csv'))
    expectClose(kolmogorovSmirnovPValue(row['ks'], row['n'], row['n']), row['asymptotic_p'], 1e-12, 'threshold');
  const constant = new Float64Array(250).fill(1);
  assert.equal(attributionTest(constant, constant).zone, 'red');
});

test('drift charts reproduce drift_detection.csv and its alarms', { skip: absent('drift_detection.csv') }, () => {
  const chart = initDriftChart();
  const first: Record<string, number> = {};
  numberRows('drift_detection.csv').forEach((row, i) => {
    updateDriftChart(chart, row['z']);
    expectClose(chart.cusumUp, row['cusum_plus(k=0.4)'], 1e-12, 'up', 1);
    expectClose(chart.cusumDown, row['cusum_minus'], 1e-12, 'down', 1);
    expectClose(chart.ewma, row['ewma(lambda=0.1)'], 1e-12, 'ewma', 1);
    expectClose(chart.ewmaLimit, row['ewma_3sigma_limit'], 1e-12, 'limit');
    expectClose(chart.runningMean, row['running_mean'], 1e-12, 'mean', 1);
    expectClose(chart.pageHinkley, row['page_hinkley(delta=0.05)'], 1e-12, 'Page-Hinkley', 1);
    if (Math.max(chart.cusumUp, chart.cusumDown) > 5) first['cusum_h5'] ??= i;
    if (Math.abs(chart.ewma) > chart.ewmaLimit) first['ewma_3sigma'] ??= i;
    if (chart.pageHinkley > 10) first['page_hinkley_10'] ??= i;
  });
  for (const row of textRows('drift_detection_alarms.csv'))
    assert.equal(first[row['detector']], Number(row['first_alarm_index']), row['detector']);
});

test('clustered errors see dependence that plain ones miss; Newey-West sees it across clusters', () => {
  const random = new Random(11);
  const [groups, size] = [200, 20];
  const x = new Float64Array(groups * size);
  const y = new Float64Array(groups * size);
  const clusters = new Int32Array(groups * size);
  let [shock, factor] = [0, 0];
  for (let g = 0; g < groups; g++) {
    shock = 0.8 * shock + random.normal();
    factor = 0.8 * factor + random.normal();
    for (let i = 0; i < size; i++) {
      const row = g * size + i;
      x[row] = factor;
      y[row] = 1.5 * factor + shock + 0.1 * random.normal();
      clusters[row] = g;
    }
  }
  const fit = linearRegression(x, y, 1);
  assert.ok(fit);
  const naive = robustErrors(fit, x)[0];
  const clustered = robustErrors(fit, x, { clusters })[0];
  const hac = robustErrors(fit, x, { clusters, lags: 10 })[0];
  assert.ok(Math.abs(clustered / naive - Math.sqrt(size)) < 0.2, `${clustered / naive}`);
  assert.ok(hac > 1.3 * clustered, `${hac / clustered}`);
  // By hand: 2 clusters of scores (1, 2) and (-3): sum of squares 3^2 + 3^2 = 18, (X'X)^-1 = 1/3.
  const small = {
    coefficients: new Float64Array(1),
    residuals: Float64Array.of(1, 2, -3),
    inverse: Float64Array.of(1 / 3),
    squares: 14,
    rows: 3,
    columns: 1,
  };
  expectClose(robustErrors(small, [1, 1, 1], { clusters: [0, 0, 1] })[0], Math.sqrt(18) / 3, 1e-15, 'by hand');
  expectClose(robustErrors(small, [1, 1, 1], { clusters: [0, 0, 1], lags: 1 })[0], Math.sqrt(18 - 9) / 3, 1e-15, 'lag');
});

test('the multi-instrument hedge: hand-solved, with cost and carry, and singular when instruments repeat', () => {
  // One factor of variance 4, book 3, one instrument of exposure 2: w = -3/2 without cost.
  const free = instrumentHedge({ exposures: [3], instruments: [2], covariance: [4] });
  assert.ok(free.status === 'solved');
  assert.deepEqual(
    [free.weights[0], free.unhedgedVariance, free.hedgedVariance, free.varianceReduction],
    [-1.5, 36, 0, 1],
  );
  // (16 + 8) w = -24 -> w = -1; left 3 - 2 = 1, variance 4.
  const costly = instrumentHedge({ exposures: [3], instruments: [2], covariance: [4], cost: [8] });
  assert.ok(costly.status === 'solved');
  assert.deepEqual([costly.weights[0], costly.hedgedVariance], [-1, 4]);
  // Carry of 16 against being long: 16 w = -24 - 16 -> w = -2.5.
  const carried = instrumentHedge({ exposures: [3], instruments: [2], covariance: [4], carry: [16] });
  assert.ok(carried.status === 'solved' && carried.weights[0] === -2.5);
  // Delta and vega by future and option: option -2 takes the vega, the future takes what delta that adds.
  const two = instrumentHedge({ exposures: [0.5, 100], instruments: [1, 0.5, 0, 50], covariance: [1, 0.1, 0.1, 1] });
  assert.ok(two.status === 'solved');
  expectClose(two.weights[1], -2, 1e-12, 'option');
  expectClose(two.weights[0], 0.5, 1e-12, 'future');
  assert.equal(instrumentHedge({ exposures: [1], instruments: [1, 1], covariance: [1] }).status, 'singular');
});

test('exception tests: Kupiec, Christoffersen and the exact binomial against hand and published values', () => {
  assert.equal(kupiec(0, 250, 0.01).statistic, -500 * Math.log(0.99));
  // Kupiec 1995: at 255 days and 1 % the test does not reject for 0 < x < 7.
  assert.ok(kupiec(6, 255, 0.01).pValue > 0.05 && kupiec(7, 255, 0.01).pValue < 0.05);
  expectClose(kupiec(5, 500, 0.01).statistic, 0, 1e-12, 'at the rate itself', 1);
  // P(X >= 5) for 250 days at 1 %: the Basel yellow false rate of 10.8 %.
  expectClose(binomialTail(5, 250, 0.01), 0.1078, 5e-3, 'Basel');
  expectClose(binomialTail(2, 3, 0.5), 0.5, 1e-14, '2 of 3');
  assert.deepEqual(baselMultiplier(7), { zone: 'amber', multiplier: 1.83 });
  const clustered = Array.from({ length: 250 }, (_, i) => i >= 100 && i < 105);
  const spread = Array.from({ length: 250 }, (_, i) => i % 50 === 25);
  assert.ok(christoffersen(clustered, 0.02).independence.pValue < 1e-4);
  const calm = christoffersen(spread, 0.02);
  assert.ok(calm.independence.pValue > 0.5 && calm.conditionalCoverage.pValue > 0.7 && calm.exceptions === 5);
});

test('e-backtests: at most 5 % of right forecasts ever pass 20; too small a quantile does', () => {
  let passed = 0;
  let found = 0;
  for (let run = 0; run < 300; run++) {
    const random = new Random(1000 + run);
    const right = initEBacktest();
    const wrong = initEBacktest();
    for (let day = 0; day < 1000; day++) {
      const u = random.uniform();
      updateEBacktest(right, quantileEValue(u, 0.99, 0.99));
      updateEBacktest(wrong, quantileEValue(u, 0.96, 0.99));
    }
    if (right.peak > Math.log(20)) passed++;
    if (wrong.peak > Math.log(20)) found++;
  }
  assert.ok(passed <= 15, `${passed} of 300`);
  assert.ok(found >= 270, `${found} of 300`);
  // Exponential losses: quantile ln 100 at 1 %, shortfall one more; the e-value has mean one.
  const random = new Random(5);
  let sum = 0;
  for (let i = 0; i < 200_000; i++)
    sum += shortfallEValue(-Math.log(1 - random.uniform()), Math.log(100), Math.log(100) + 1, 0.99);
  assert.ok(Math.abs(sum / 200_000 - 1) < 0.1, `${sum / 200_000}`);
});
