import assert from 'node:assert/strict';
import { test } from 'node:test';
import { businessCalendar, WEEKENDS } from '../../src/credit/business-day.ts';
import { isoDay, parseDay } from '../../src/credit/calendar-day.ts';
import { ACCRUAL_FORMULAS, cdsGrid } from '../../src/credit/cds-grid.ts';
import type { AccrualFormula } from '../../src/credit/cds-grid.ts';
import { accruedDays, freeDateCds, standardCds } from '../../src/credit/cds-contract.ts';
import { priceCds, survivalProbability } from '../../src/credit/cds-price.ts';
import { continuousCds } from '../../src/credit/continuous-cds.ts';
import { decayMoments } from '../../src/credit/decay-moments.ts';
import { bootstrapDiscount } from '../../src/credit/discount-curve.ts';
import type { DiscountCurve, RateInstrument } from '../../src/credit/discount-curve.ts';
import { flatRate } from '../../src/credit/integrated-rate.ts';
import { flatGrid, quotedSpreadOfUpfront, upfrontOfQuotedSpread } from '../../src/credit/quoted-spread.ts';
import {
  absent,
  bootstrapped,
  contractTo,
  curveOfRates,
  grouped,
  scenarios,
  textRows,
  TRADE,
  Worst,
} from './vectors.ts';

const needs = absent('isda_prices.csv');

test('legs, annuities, spreads, upfronts and quoted spreads (isda_prices.csv), 1e-12', { skip: needs }, () => {
  const sets = scenarios();
  const worst = new Worst();
  for (const r of textRows('isda_prices.csv')) {
    const set = sets.get(r['scenario']);
    assert.ok(set);
    const accrual = r['accrual_formula'].toLowerCase() as AccrualFormula;
    const { curve } = bootstrapped(set, accrual, 'ignore');
    const contract = contractTo(r['maturity']);
    const grid = cdsGrid(contract, set.discount, curve.times, accrual);
    const coupon = Number(r['coupon']);
    const price = priceCds(grid, curve, coupon, set.recovery);
    const quoted = quotedSpreadOfUpfront(
      flatGrid(contract, set.discount, accrual),
      price.upfront,
      coupon,
      set.recovery,
    );
    const got: Record<string, number> = {
      protection_leg: price.protection,
      annuity_dirty: price.annuityDirty,
      annuity_clean: price.annuityClean,
      accrued_yf: grid.accrued,
      accrued_days: accruedDays(contract),
      par_spread: price.parSpread,
      puf_clean: price.upfront,
      pv_dirty: price.dirty,
      clean_price: price.cleanPrice,
      quoted_spread: quoted.status === 'ok' ? quoted.value : NaN,
    };
    const where = `${r['scenario']} ${accrual} ${r['tenor']} ${coupon}`;
    for (const [column, value] of Object.entries(got)) worst.add(`${where} ${column}`, value, Number(r[column]));
    assert.equal(isoDay(contract.settle), r['cash_settle']);
  }
  worst.within(1e-12);
});

test('survival every quarter to ten years (isda_survival_grid.csv), 1e-12', { skip: needs }, () => {
  const sets = scenarios();
  const worst = new Worst();
  for (const r of textRows('isda_survival_grid.csv')) {
    const set = sets.get(r['scenario']);
    assert.ok(set);
    const { curve } = bootstrapped(set, 'isda', 'ignore');
    worst.add(`${r['scenario']} ${r['t']}`, survivalProbability(curve, Number(r['t'])), Number(r['survival']));
  }
  worst.within(1e-12);
});

test(
  'discount curves from deposits and swaps, positive and negative (isda_discount_curves.csv)',
  { skip: needs },
  () => {
    const worst = new Worst();
    for (const [name, rows] of grouped(textRows('isda_discount_curves.csv'), 'curve')) {
      if (rows[0]['input_rate'] === '') continue;
      const outcome = bootstrapDiscount(
        TRADE,
        rows.map((r) => ({
          kind: /M$|^1Y$/.test(r['tenor']) ? 'deposit' : 'swap',
          tenor: r['tenor'],
          rate: Number(r['input_rate']),
        })),
        // The euro-like curve is of the older kind: swaps on 30/360.
        { calendar: WEEKENDS, swapDayCount: name === 'NEG_EUR' ? '30/360' : 'act/360' },
      );
      assert.equal(outcome.status, 'ok');
      if (outcome.status !== 'ok') continue;
      rows.forEach((r, i) => {
        worst.add(`${name} ${r['tenor']} time`, outcome.curve.times[i], Number(r['t_act365f']));
        worst.add(`${name} ${r['tenor']}`, Math.exp(-outcome.curve.values[i]), Number(r['discount_factor']));
      });
    }
    worst.within(1e-12);
  },
);

test('the textbook swap (closed_form_continuous_cds.csv), 1e-13', { skip: needs }, () => {
  const worst = new Worst();
  for (const r of textRows('closed_form_continuous_cds.csv')) {
    const [rate, hazard, recovery, years, coupon] = ['r', 'hazard', 'recovery', 'T', 'coupon'].map((c) => Number(r[c]));
    const got = continuousCds(rate, hazard, recovery, years, coupon);
    const where = `r ${rate} hazard ${hazard}`;
    worst.add(where, got.survival, Number(r['survival']));
    worst.add(where, got.protection, Number(r['protection_leg']));
    worst.add(where, got.annuity, Number(r['risky_annuity_continuous']));
    worst.add(where, got.parSpread, Number(r['par_spread']));
    worst.add(where, got.upfront, Number(r['upfront']));
  }
  worst.within(1e-13);
});

test('daily premium tends to the textbook swap', () => {
  // SYNTHETIC: 4 % interest, 3 % hazard; premium paid every month for ten years, no bias.
  const trade = parseDay('2026-01-15');
  const calendar = businessCalendar('none');
  const contract = freeDateCds({
    trade,
    start: trade,
    maturity: parseDay('2036-01-14'),
    months: 1,
    calendar,
    settle: trade,
    stepIn: trade,
  });
  if ('status' in contract) assert.fail(contract.message);
  const grid = cdsGrid(contract, flatRate(0.04), [10], 'correct');
  const price = priceCds(grid, flatRate(0.03), 0.01, 0.4);
  const closed = continuousCds(0.04, 0.03, 0.4, grid.years, 0.01);
  assert.ok(Math.abs(price.protection - closed.protection) < 1e-3);
  // A monthly premium is paid half a month late on the mean; ACT/360 makes it 365/360 larger.
  assert.ok(Math.abs((price.annuityDirty * (360 / 365)) / closed.annuity - 1 + 0.04 / 24) < 5e-4);
});

test("White's three accrual formulae (white2013_three_way_price.csv), 1e-8 on 10mm", { skip: needs }, () => {
  const knots = grouped(textRows('white2013_curves.csv'), 'curve');
  const [yields, survivals] = [knots.get('yield') ?? [], knots.get('survival') ?? []];
  const column = (rows: typeof yields, name: string): number[] => rows.map((r) => Number(r[name]));
  const discount = curveOfRates(column(yields, 't'), column(yields, 'zero_rate_or_survival'));
  const curve = {
    times: column(survivals, 't'),
    values: column(survivals, 'zero_rate_or_survival').map((q) => -Math.log(q)),
  };
  const columns: Record<AccrualFormula, string> = {
    correct: 'pv_correct_10mm',
    isda: 'pv_isda_original_10mm',
    markit: 'pv_markit_fix_10mm',
  };
  const worst = new Worst();
  for (const r of textRows('white2013_three_way_price.csv')) {
    for (const accrual of ACCRUAL_FORMULAS) {
      const contract = contractTo(r['maturity'], '2011-06-13');
      const price = priceCds(cdsGrid(contract, discount, curve.times, accrual), curve, 0.01, 0.4);
      worst.add(`${r['maturity']} ${accrual}`, 1e7 * price.upfront, Number(r[columns[accrual]]));
    }
  }
  worst.within(1e-8);
});

const published = absent('published/isda_excel_yieldflat_0pc.csv');

test(
  'the ISDA Excel sheet, 100 contracts on free dates: its print precision, 3e-6 on 10mm',
  { skip: published },
  () => {
    const worst = new Worst();
    let expired = 0;
    for (const r of textRows('published/isda_excel_yieldflat_0pc.csv')) {
      const trade = parseDay(r['today']);
      const nodes = Object.keys(r).filter((name) => name.startsWith('cumhaz_'));
      const curve = {
        times: nodes.map((n) => (parseDay(n.slice(7)) - trade) / 365),
        values: nodes.map((n) => Number(r[n])),
      };
      const contract = freeDateCds({ trade, start: parseDay(r['start']), maturity: parseDay(r['end']), settle: trade });
      if ('status' in contract) {
        // Contracts that are over: the sheet has zeros.
        assert.ok(Number(r['excel_protection_leg']) === 0 && Number(r['excel_premium_leg_clean']) === 0);
        expired++;
        continue;
      }
      const coupon = Number(r['spread_bp']) / 1e4;
      const price = priceCds(cdsGrid(contract, flatRate(0), curve.times, 'isda'), curve, coupon, 0.4);
      const where = `${r['today']} ${r['start']} ${r['end']}`;
      worst.add(`${where} protection`, 1e7 * price.protection, Number(r['excel_protection_leg']));
      worst.add(`${where} premium`, 1e7 * coupon * price.annuityClean, Number(r['excel_premium_leg_clean']));
      assert.equal(accruedDays(contract), Number(r['excel_accrued_days']), where);
    }
    assert.equal(expired, 2);
    worst.within(3e-6);
  },
);

function rates(
  file: string,
  kind: string,
  only: (row: Record<string, string>) => boolean = () => true,
): RateInstrument[] {
  return textRows(file)
    .filter(only)
    .map((r) => ({ kind: r[kind].startsWith('M') ? 'deposit' : 'swap', tenor: r['tenor'], rate: Number(r['rate']) }));
}

function curveFrom(trade: string, instruments: readonly RateInstrument[], legacy: boolean): DiscountCurve {
  const outcome = bootstrapDiscount(parseDay(trade), instruments, {
    calendar: WEEKENDS,
    ...(legacy ? { swapMonths: 6, swapDayCount: '30/360' as const } : {}),
  });
  if (outcome.status !== 'ok') assert.fail(outcome.message);
  return outcome.curve;
}

test('the official grid of 22 June 2022, within 0.005 on 10mm', { skip: published }, () => {
  const trade = parseDay('2022-06-22');
  const discount = curveFrom('2022-06-22', rates('published/cdsmodel_rfr_grid_usd_20220622_rates.csv', 'type'), false);
  const calendar = businessCalendar('new-york');
  const worst = new Worst();
  for (const r of textRows('published/cdsmodel_rfr_grid_usd_20220622.csv')) {
    const contract = standardCds(trade, parseDay(r['maturity']), { calendar });
    if ('status' in contract) assert.fail(contract.message);
    const grid = flatGrid(contract, discount, 'isda');
    const coupon = Number(r['coupon']);
    const converted = upfrontOfQuotedSpread(grid, Number(r['quoted_spread']), coupon, Number(r['recovery']));
    assert.equal(converted.status, 'ok');
    if (converted.status === 'ok')
      worst.add(r['maturity'], 1e7 * (converted.value - coupon * grid.accrued), Number(r['grid_cash_10mm']));
  }
  worst.within(0.005);
});

test('82 parallel CS01 and conversions of the ISDA Excel plug-in', { skip: published }, () => {
  const file = 'published/isda_excel_parallel_cs01_rates.csv';
  const [cs01, quoted, cash] = [new Worst(), new Worst(), new Worst()];
  for (const r of textRows('published/isda_excel_parallel_cs01.csv')) {
    const trade = r['trade_date'];
    const discount = curveFrom(
      trade,
      rates(file, 'type(M/S)', (row) => row['trade_date'] === trade),
      true,
    );
    const coupon = Number(r['coupon']);
    const grid = flatGrid(contractTo(r['maturity'], trade), discount, 'isda');
    let spread = Number(r['quoted_spread_decimal']);
    if (r['quote_type'] === 'puf') {
      const converted = quotedSpreadOfUpfront(grid, Number(r['quote']) / 100, coupon, 0.4);
      assert.equal(converted.status, 'ok');
      if (converted.status === 'ok') {
        quoted.add(r['maturity'], converted.value, spread);
        spread = converted.value;
      }
    }
    const [here, up] = [spread, spread + 1e-4].map((s) => upfrontOfQuotedSpread(grid, s, coupon, 0.4));
    if (here.status !== 'ok' || up.status !== 'ok') assert.fail(r['maturity']);
    cs01.add(r['maturity'], 1e6 * (up.value - here.value), Number(r['isda_excel_cs01_per_1mm']));
    if (r['own_dirty_1mm'] !== '')
      cash.add(r['maturity'], 1e6 * (here.value - coupon * grid.accrued), Number(r['own_dirty_1mm']));
  }
  cs01.within(1e-8);
  quoted.within(1e-12);
  cash.within(1e-8);
});

test('conversions there and back, and where no flat hazard exists', () => {
  const discount = flatRate(0.03);
  const grid = flatGrid(contractTo('2031-06-20'), discount, 'isda');
  for (const spread of [1e-6, 0.002, 0.01, 0.2, 3]) {
    const there = upfrontOfQuotedSpread(grid, spread, 0.05, 0.4);
    if (there.status !== 'ok') assert.fail();
    const back = quotedSpreadOfUpfront(grid, there.value, 0.05, 0.4);
    if (back.status !== 'ok') assert.fail();
    assert.ok(Math.abs(back.value / spread - 1) < 1e-9, `${spread} came back as ${back.value}`);
    const bump = 1e-5 * spread;
    const up = upfrontOfQuotedSpread(grid, spread + bump, 0.05, 0.4);
    const down = upfrontOfQuotedSpread(grid, spread - bump, 0.05, 0.4);
    if (up.status !== 'ok' || down.status !== 'ok') assert.fail();
    assert.ok(Math.abs((up.value - down.value) / (2 * bump) / there.slope - 1) < 1e-5);
    assert.ok(Math.abs(there.slope * back.slope - 1) < 1e-9);
  }
  const beyond = quotedSpreadOfUpfront(grid, 0.61, 0.01, 0.4);
  assert.equal(beyond.status, 'no-hazard');
  if (beyond.status === 'no-hazard') assert.ok(Math.abs(beyond.bound - 0.6) < 0.01, String(beyond.bound));
});

test('moments of a decay: series and closed form meet, against the alternating series in many terms', () => {
  const out = new Float64Array(4);
  const moment = (n: number, x: number): number => {
    let term = 1;
    let sum = 0;
    for (let k = 0; k < 60; k++) {
      sum += term / (k + n);
      term *= -x / (k + 1);
    }
    return sum;
  };
  for (const x of [0, 1e-300, 1e-12, 1e-5, 0.01, 0.0999999, 0.1, 0.1000001, 0.3, 1, -1e-9, -0.05, -0.1, -0.4, -2]) {
    decayMoments(x, out);
    assert.ok(Math.abs(out[0] / Math.exp(-x) - 1) < 4e-16);
    for (let n = 1; n <= 3; n++)
      assert.ok(Math.abs(out[n] / moment(n, x) - 1) < [0, 1e-15, 4e-15, 6e-14][n], `e${n}(${x}) ${out[n]}`);
  }
});
