import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bootstrapHazards } from '../../src/credit/bootstrap.ts';
import { isoDay, parseDay } from '../../src/credit/calendar-day.ts';
import { ANNUITY, PROTECTION, cdsGrid, legGradients } from '../../src/credit/cds-grid.ts';
import type { AccrualFormula } from '../../src/credit/cds-grid.ts';
import type { CdsQuote } from '../../src/credit/cds-quote.ts';
import { priceCds } from '../../src/credit/cds-price.ts';
import { contractGrid } from '../../src/credit/curve-grid.ts';
import { hedgeRatios } from '../../src/credit/hedge-ratio.ts';
import { bucketedBumps, bucketedCs01, cdsRisk, layTrade, riskDesk, riskGrids } from '../../src/credit/risk.ts';
import type { CdsRisk, RiskDesk } from '../../src/credit/risk.ts';
import {
  absent,
  bootstrapped,
  contractTo,
  curveOfRates,
  gridOf,
  grouped,
  scenarios,
  textRows,
  Worst,
} from './vectors.ts';
import type { Scenario } from './vectors.ts';

const needs = absent('isda_risk.csv');

function deskOf(set: Scenario): RiskDesk {
  const desk = riskDesk(riskGrids(gridOf(set)), set.quotes, bootstrapped(set, 'isda', 'ignore'));
  if ('status' in desk) assert.fail(desk.message);
  return desk;
}

const maturityOf = (set: Scenario, tenor: string): string => {
  const quote = set.quotes.find((q) => q.node === tenor);
  assert.ok(quote, `${set.name} has no ${tenor}`);
  return isoDay(quote.maturity);
};

test('every named sensitivity (isda_risk.csv): CS01 1e-9, here 1e-12', { skip: needs }, () => {
  const sets = scenarios();
  const worst = new Worst();
  const columns: Readonly<Record<string, (k: CdsRisk) => number>> = {
    puf_clean: (k) => k.price.upfront,
    cs01_parallel_up1bp: (k) => k.cs01,
    cs01_parallel_central: (k) => k.cs01Central,
    second_diff_1bp: (k) => k.secondDifference,
    quoted_spread: (k) => k.quotedSpread,
    cs01_quoted_up1bp: (k) => k.cs01Quoted,
    rec01_requoted: (k) => k.recovery01,
    rec01_hazard_fixed: (k) => k.recovery01HazardFixed,
    ir01_rebootstrapped: (k) => k.interest01,
    ir01_hazard_fixed: (k) => k.interest01HazardFixed,
    jtd_buyer: (k) => k.jumpToDefault,
    theta1d_clean_dated_curves: (k) => k.thetaClean,
    theta1d_dirty_dated_curves: (k) => k.thetaDirty,
  };
  for (const [name, rows] of grouped(textRows('isda_risk.csv'), 'scenario')) {
    const set = sets.get(name);
    assert.ok(set);
    const desk = deskOf(set);
    for (const r of rows) {
      const contract = contractTo(maturityOf(set, r['trade_tenor']));
      const risk = cdsRisk(desk, layTrade(desk.grids, { contract, coupon: Number(r['coupon']) }));
      for (const [column, of] of Object.entries(columns))
        worst.add(`${name} ${r['trade_tenor']} ${column}`, of(risk), Number(r[column]));
    }
  }
  worst.within(1e-12);
});

test('bucketed CS01, exact and by bumps, and their sum (isda_bucketed_cs01.csv), 1e-12', { skip: needs }, () => {
  const sets = scenarios();
  const worst = new Worst();
  for (const [name, rows] of grouped(textRows('isda_bucketed_cs01.csv'), 'scenario')) {
    const set = sets.get(name);
    assert.ok(set);
    const desk = deskOf(set);
    for (const [tenor, buckets] of grouped(rows, 'trade_tenor')) {
      const coupon = Number(buckets[0]['coupon']);
      const contract = contractTo(maturityOf(set, tenor));
      const laid = cdsGrid(contract, set.discount, desk.grids.grid.knots, 'isda');
      const exact = bucketedCs01(laid, desk.curve, desk.jacobian, coupon);
      const bumped = bucketedBumps(laid, desk, coupon);
      buckets.forEach((r, i) => {
        worst.add(`${name} ${tenor} ${r['bucket']}`, exact[i], Number(r['dPV_dquote_exact']));
        worst.add(`${name} ${tenor} ${r['bucket']} bumped`, bumped[i], Number(r['fd_up1bp']));
      });
      // First order: the sum of the derivatives is the central parallel CS01 up to the third order of a basis point.
      const risk = cdsRisk(desk, layTrade(desk.grids, { contract, coupon }));
      const sum = exact.reduce((a, b) => a + b, 0) * 1e-4;
      assert.ok(Math.abs(sum - risk.cs01Central) < 1e-9, `${name} ${tenor}: ${sum} against ${risk.cs01Central}`);
    }
  }
  worst.within(1e-12);
});

test(
  "White's 21 maturities: buckets exact and by bumps, par spreads by zero hazards (white2013_*)",
  { skip: needs },
  () => {
    const knots = grouped(textRows('white2013_curves.csv'), 'curve');
    const column = (name: string, what: string): number[] => (knots.get(name) ?? []).map((r) => Number(r[what]));
    const discount = curveOfRates(column('yield', 't'), column('yield', 'zero_rate_or_survival'));
    const times = column('survival', 't');
    const nodes = (knots.get('survival') ?? []).map((r) => r['node']);
    const original = { times, values: column('survival', 'zero_rate_or_survival').map((q) => -Math.log(q)) };
    const trade = parseDay('2011-06-13');
    const contracts = times.map((t) => contractTo(isoDay(trade + Math.round(t * 365)), '2011-06-13'));
    // The buckets are of the vendor's accrual formula, the spread sensitivities of the standard one.
    const grid = contractGrid(trade, discount, contracts, 'markit');
    const quotes: CdsQuote[] = contracts.map((c, i) => ({
      node: nodes[i],
      maturity: c.maturity,
      kind: 'par',
      coupon: 0,
      value: priceCds(grid.grids[i], original, 0, 0.4).parSpread,
    }));
    const curve = bootstrapHazards(grid, quotes, { recovery: 0.4 });
    if (curve.status !== 'ok') assert.fail(curve.message);
    const desk = riskDesk(riskGrids(grid), quotes, curve);
    if ('status' in desk) assert.fail(desk.message);
    const [exact, bumps, spreads] = [new Worst(), new Worst(), new Worst()];
    curve.nodes.forEach((node, i) => exact.add(node.node, node.integratedHazard, original.values[i]));
    const laid = (maturity: string, accrual: AccrualFormula = 'markit'): ReturnType<typeof cdsGrid> =>
      cdsGrid(contractTo(maturity, '2011-06-13'), discount, grid.knots, accrual);
    for (const r of textRows('white2013_bucketed_cs01_analytic.csv')) {
      const got = bucketedCs01(laid(r['cds_maturity']), curve, desk.jacobian, 0.01);
      nodes.forEach((node, i) => exact.add(`${r['cds_maturity']} ${node}`, got[i], Number(r[node])));
      exact.add(
        `${r['cds_maturity']} total`,
        got.reduce((a, b) => a + b, 0),
        Number(r['total']),
      );
    }
    for (const r of textRows('white2013_bucketed_cs01_forward_fd.csv')) {
      const got = bucketedBumps(laid(r['cds_maturity']), desk, 0.01);
      nodes.forEach((node, i) => bumps.add(`${r['cds_maturity']} ${node}`, got[i] / 1e-4, Number(r[node])));
      const contract = contractTo(r['cds_maturity'], '2011-06-13');
      bumps.add(
        `${r['cds_maturity']} parallel`,
        cdsRisk(desk, layTrade(desk.grids, { contract, coupon: 0.01 })).cs01 / 1e-4,
        Number(r['parallel']),
      );
    }
    for (const r of textRows('white2013_parspread_sensitivity_to_zero_hazard.csv')) {
      const got = spreadByZeroHazard(laid(r['cds_maturity'], 'isda'), times, curve.hazards);
      nodes.forEach((node, i) => spreads.add(`${r['cds_maturity']} ${node}`, got[i], Number(r[node])));
    }
    exact.within(1e-11);
    bumps.within(1e-9);
    spreads.within(1e-11);
  },
);

/** Derivative of a par spread by the zero hazard H(t)/t of each node, the others fixed (R = 0.4). */
function spreadByZeroHazard(
  grid: ReturnType<typeof cdsGrid>,
  times: readonly number[],
  hazards: readonly number[],
): number[] {
  const n = times.length;
  const legs = new Float64Array(4);
  const [protectionBy, annuityBy] = [new Float64Array(n), new Float64Array(n)];
  legGradients(grid, times, hazards, legs, protectionBy, annuityBy);
  const clean = legs[ANNUITY] - grid.accrued * grid.settleDiscount;
  const spread = (0.6 * legs[PROTECTION]) / clean;
  const byHazard = times.map((_, j) => (0.6 * protectionBy[j] - spread * annuityBy[j]) / clean);
  const length = (j: number): number => times[j] - (j === 0 ? 0 : times[j - 1]);
  return times.map((t, j) => t * (byHazard[j] / length(j) - (j + 1 < n ? byHazard[j + 1] / length(j + 1) : 0)));
}

test(
  'hedge ratios cancel every bucket; a pillar hedges itself; fewer hedges leave least squares',
  { skip: needs },
  () => {
    const set = scenarios().get('S02_upward_IG');
    assert.ok(set);
    const desk = deskOf(set);
    const pillars = set.quotes.map((q) => ({ contract: contractTo(isoDay(q.maturity)), coupon: q.value }));
    const between = { contract: contractTo('2031-12-20'), coupon: 0.01 };
    const full = hedgeRatios(desk, between, pillars);
    if (full.status !== 'ok') assert.fail(full.message);
    assert.ok(full.left.every((v) => Math.abs(v) < 1e-12));
    // 6Y lies between 5Y and 7Y: both are sold, and little of anything else.
    assert.ok(full.notionals[5] < -0.3 && full.notionals[6] < -0.3, String(full.notionals));
    assert.ok(full.notionals.every((w, i) => i === 5 || i === 6 || Math.abs(w) < 0.02));
    const own = hedgeRatios(desk, pillars[3], pillars);
    if (own.status !== 'ok') assert.fail(own.message);
    own.notionals.forEach((w, i) => assert.ok(Math.abs(w + (i === 3 ? 1 : 0)) < 1e-12));
    const two = hedgeRatios(desk, between, [pillars[5], pillars[6]]);
    if (two.status !== 'ok') assert.fail(two.message);
    assert.ok(two.left.some((v) => Math.abs(v) > 1e-6) && two.left.every((v) => Math.abs(v) < 0.1));
    assert.equal(hedgeRatios(desk, between, []).status, 'refused');
    assert.equal(hedgeRatios(desk, between, [pillars[2], pillars[2]]).status, 'refused');
  },
);
