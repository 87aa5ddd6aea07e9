/** Input that is wrong, and laws that hold for input that is right. All curves here are SYNTHETIC. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { bootstrapHazards } from '../../src/credit/bootstrap.ts';
import { parseDay } from '../../src/credit/calendar-day.ts';
import { cdsGrid } from '../../src/credit/cds-grid.ts';
import type { AccrualFormula } from '../../src/credit/cds-grid.ts';
import type { CdsQuote, QuoteKind, RefusalReason } from '../../src/credit/cds-quote.ts';
import { priceCds } from '../../src/credit/cds-price.ts';
import { certifyCurve, splitMove } from '../../src/credit/certificate.ts';
import { calibrateCurve, curveInstruments } from '../../src/credit/constrained-curve.ts';
import { ARBITRAGE_MODES } from '../../src/credit/credit-curve.ts';
import type { CreditCurve } from '../../src/credit/credit-curve.ts';
import { curveGrid } from '../../src/credit/curve-grid.ts';
import type { CurveGrid } from '../../src/credit/curve-grid.ts';
import { bootstrapDiscount, discountFromFactors, discountFromZeroRates } from '../../src/credit/discount-curve.ts';
import { WEEKENDS } from '../../src/credit/business-day.ts';
import { flatRate } from '../../src/credit/integrated-rate.ts';
import { curveJacobian } from '../../src/credit/jacobian.ts';
import { cdsRisk, layTrade, riskDesk, riskGrids } from '../../src/credit/risk.ts';
import { standardMaturity } from '../../src/credit/roll-date.ts';
import { contractTo } from './vectors.ts';

const TRADE = parseDay('2026-01-15');
const TENORS = [6, 12, 24, 36, 48, 60, 84, 120];
const NAMES = ['6M', '1Y', '2Y', '3Y', '4Y', '5Y', '7Y', '10Y'];
const MATURITIES = TENORS.map((m) => standardMaturity(TRADE, m));

function par(values: readonly number[]): CdsQuote[] {
  return values.map((value, i) => ({ node: NAMES[i], maturity: MATURITIES[i], kind: 'par', coupon: 0, value }));
}

function laid(quotes: readonly CdsQuote[], rate = 0.03, accrual: AccrualFormula = 'isda'): CurveGrid {
  const outcome = curveGrid(TRADE, flatRate(rate), quotes, accrual);
  if (outcome.status !== 'ok') assert.fail(outcome.message);
  return outcome.grid;
}

function refused(quotes: readonly CdsQuote[], recovery: number, node: string, reason: RefusalReason): number {
  const grid = laid(quotes.length === 0 ? par([0.01]) : quotes);
  const outcome = bootstrapHazards(grid, quotes, { recovery });
  if (outcome.status !== 'refused') assert.fail(`${reason} at ${node} went through`);
  assert.deepEqual([outcome.reason, outcome.node], [reason, node], outcome.message);
  assert.ok(outcome.message.length > 10);
  return outcome.value;
}

test('wrong quotes are refused with node and number', () => {
  const good = [0.01, 0.011, 0.012, 0.013, 0.014];
  const with3 = (change: Partial<CdsQuote>): CdsQuote[] => par(good).map((q, i) => (i === 3 ? { ...q, ...change } : q));
  assert.equal(refused([], 0.4, '', 'no-quotes'), 0);
  for (const recovery of [1, 1.2, -0.1, 40, NaN]) assert.equal(refused(par(good), recovery, '', 'recovery'), recovery);
  for (const value of [NaN, Infinity, -Infinity])
    assert.equal(refused(with3({ value }), 0.4, '3Y', 'not-finite'), value);
  for (const value of [0, -0.01]) assert.equal(refused(with3({ value }), 0.4, '3Y', 'negative-spread'), value);
  // One node in basis points, in percent; all of them in basis points; a coupon and an upfront in percent.
  for (const value of [130, 13, 1.3, 0.0001]) assert.equal(refused(with3({ value }), 0.4, '3Y', 'unit'), value);
  assert.equal(refused(par([45, 50, 60, 70, 80]), 0.4, '6M', 'unit'), 45);
  assert.equal(refused(par([25, 26, 27, 28, 30]), 0.4, '6M', 'unit'), 25);
  assert.equal(refused(with3({ kind: 'upfront', coupon: 5, value: 0.1 }), 0.4, '3Y', 'unit'), 5);
  assert.equal(refused(with3({ kind: 'upfront', coupon: 0.05, value: 32 }), 0.4, '3Y', 'unit'), 32);
  assert.equal(refused(with3({ kind: 'quoted', coupon: NaN, value: 0.01 }), 0.4, '3Y', 'not-finite'), NaN);
  assert.equal(refused(with3({ kind: 'upfront', coupon: -0.01, value: 0.1 }), 0.4, '3Y', 'negative-spread'), -0.01);
  // The loss itself, more than it, and just below it: the last one has a hazard, but none that the contract can reach.
  for (const value of [0.6, 0.75, 1])
    assert.equal(refused(with3({ kind: 'upfront', coupon: 0.05, value }), 0.4, '3Y', 'upfront-bound'), value);
  assert.equal(refused(with3({ maturity: MATURITIES[2] }), 0.4, '3Y', 'duplicate-maturity'), MATURITIES[2]);
  assert.equal(refused(with3({ maturity: MATURITIES[1] }), 0.4, '3Y', 'unsorted'), MATURITIES[1]);
  const over = curveGrid(TRADE, flatRate(0.03), [{ node: '0M', maturity: TRADE - 20 }]);
  assert.ok(over.status === 'refused' && over.reason === 'maturity' && over.node === '0M');
});

test('an upfront that default at once cannot pay is refused with what it could pay at most', () => {
  const quotes: CdsQuote[] = [
    { node: '6M', maturity: MATURITIES[0], kind: 'upfront', coupon: 0.05, value: 0.1 },
    { node: '1Y', maturity: MATURITIES[1], kind: 'upfront', coupon: 0.05, value: 0.598 },
  ];
  const outcome = bootstrapHazards(laid(quotes), quotes, { recovery: 0.4 });
  if (outcome.status !== 'refused') assert.fail('went through');
  assert.deepEqual([outcome.reason, outcome.node, outcome.value], ['upfront-bound', '1Y', 0.598]);
  assert.ok(outcome.limit > 0.5 && outcome.limit < 0.598, `bound ${outcome.limit}`);
});

test('after a certain default a quote says nothing, and that is said', () => {
  const quotes: CdsQuote[] = [
    { node: '6M', maturity: MATURITIES[0], kind: 'upfront', coupon: 0, value: 0.5999999999 },
    { node: '1Y', maturity: MATURITIES[1], kind: 'par', coupon: 0, value: 0.01 },
  ];
  const outcome = bootstrapHazards(laid(quotes, 0), quotes, { recovery: 0.4 });
  // Whatever it is, it is not a curve that pretends: it is refused at 1Y or holds a negative hazard that says so.
  if (outcome.status === 'ok') assert.equal(outcome.nodes[1].status, 'negative');
  else assert.equal(outcome.node, '1Y');
});

test('inverted curves: the arbitrage is at the node that has it, in all four modes', () => {
  const quotes = par([0.05, 0.04, 0.023, 0.016, 0.012, 0.01]);
  const grid = laid(quotes);
  for (const arbitrage of ARBITRAGE_MODES) {
    const outcome = calibrateCurve(grid, quotes, { recovery: 0.4, arbitrage });
    if (arbitrage === 'fail') {
      assert.ok(outcome.status === 'refused' && outcome.reason === 'arbitrage' && outcome.value > 0);
      continue;
    }
    if (outcome.status !== 'ok') assert.fail(outcome.message);
    const odd = outcome.nodes.filter((n) => !['ok', 'fitted'].includes(n.status));
    assert.ok(odd.length > 0);
    for (const n of odd) {
      if (arbitrage === 'ignore') assert.ok(n.status === 'negative' && n.hazard < 0 && Math.abs(n.residual) < 1e-12);
      if (arbitrage === 'zero') assert.ok(n.status === 'zero' && n.hazard === 0 && n.residual > 1e-6);
      if (arbitrage === 'constrained') assert.ok(n.status === 'held' && n.hazard === 0 && n.multiplier > 0);
    }
  }
});

test('error bars decide where a constrained curve puts the misfit', () => {
  const quotes = par([0.05, 0.04, 0.023, 0.016, 0.012, 0.01]);
  const grid = laid(quotes);
  const missOf3Y = (error: number): number => {
    const errors = quotes.map((_, i) => (i === 3 ? error : 1e-4));
    const outcome = calibrateCurve(grid, quotes, { recovery: 0.4, arbitrage: 'constrained', errors });
    if (outcome.status !== 'ok') assert.fail(outcome.message);
    return Math.abs(outcome.nodes[3].residual);
  };
  assert.ok(missOf3Y(1e-5) < 0.2 * missOf3Y(1e-4) && missOf3Y(1e-4) < missOf3Y(1e-3));
  const wrong = calibrateCurve(grid, quotes, { recovery: 0.4, arbitrage: 'constrained', errors: [1, 1, 0, 1, 1, 1] });
  assert.ok(wrong.status === 'refused' && wrong.node === '2Y');
});

test('discount curves that are none are refused by knot', () => {
  const refusedAt = (outcome: ReturnType<typeof discountFromZeroRates>): number =>
    outcome.status === 'ok' ? NaN : outcome.knot;
  assert.equal(refusedAt(discountFromZeroRates([], [])), 0);
  assert.equal(refusedAt(discountFromZeroRates([1, 1], [0.03, 0.03])), 1);
  assert.equal(refusedAt(discountFromZeroRates([-1], [0.03])), 0);
  assert.equal(refusedAt(discountFromZeroRates([1, 2], [0.03, NaN])), 1);
  assert.equal(refusedAt(discountFromFactors([1, 2], [0.97, 0])), 1);
  const build = (tenor: string, rate: number): number =>
    refusedAt(
      bootstrapDiscount(
        TRADE,
        [
          { kind: 'deposit', tenor: '1M', rate: 0.03 },
          { kind: 'swap', tenor, rate },
        ],
        { calendar: WEEKENDS },
      ),
    );
  for (const [tenor, rate] of [
    ['2Y', 3],
    ['2X', 0.03],
    ['1M', 0.03],
    ['2Y', NaN],
  ] as const)
    assert.equal(build(tenor, rate), 1);
  assert.ok(Number.isNaN(build('2Y', -0.01)), 'negative rates are rates');
});

const anyNumber = fc.oneof(
  fc.double(),
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 1e-300, 1e300, 0.01, 100, 1),
);
const anyQuote = fc.record({
  node: fc.constantFrom(...NAMES),
  maturity: fc.oneof(fc.constantFrom(...MATURITIES), fc.integer({ min: TRADE - 100, max: TRADE + 20_000 })),
  kind: fc.constantFrom<QuoteKind>('par', 'upfront', 'quoted'),
  coupon: anyNumber,
  value: anyNumber,
});

test('whatever the numbers, an outcome: no throw, no NaN in a curve, every node met or marked', () => {
  const quotesOf = fc.array(anyQuote, { maxLength: 6 });
  let curves = 0;
  fc.assert(
    fc.property(
      quotesOf,
      anyNumber,
      fc.double({ min: -0.05, max: 0.2, noNaN: true }),
      fc.constantFrom(...ARBITRAGE_MODES),
      fc.boolean(),
      (raw, recovery, rate, arbitrage, isSorted) => {
        const quotes = isSorted ? [...raw].sort((a, b) => a.maturity - b.maturity) : raw;
        const outcome = curveGrid(TRADE, flatRate(rate), quotes);
        if (outcome.status !== 'ok') {
          assert.equal(outcome.reason, 'maturity');
          return;
        }
        const curve = calibrateCurve(outcome.grid, quotes, { recovery, arbitrage });
        if (curve.status !== 'ok') {
          assert.ok(curve.message.length > 0 && curve.reason.length > 0);
          return;
        }
        curves++;
        curve.nodes.forEach((n) => {
          assert.ok(Number.isFinite(n.hazard) && Number.isFinite(n.integratedHazard) && n.survival >= 0);
          if (n.status === 'ok' || n.status === 'negative')
            assert.ok(Math.abs(n.residual) <= 2e-12, `${n.node} ${n.residual}`);
          if (n.status !== 'negative') assert.ok(n.hazard >= 0);
        });
      },
    ),
    { numRuns: 1500, seed: 9 },
  );
  assert.ok(curves > 30, `only ${curves} curves among them`);
});

const hazards = fc.array(fc.double({ min: 1e-4, max: 0.6, noNaN: true }), { minLength: 1, maxLength: 8 });
const market = fc.record({
  hazards,
  rate: fc.double({ min: -0.01, max: 0.08, noNaN: true }),
  recovery: fc.double({ min: 0, max: 0.9, noNaN: true }),
  kinds: fc.array(fc.constantFrom<QuoteKind>('par', 'upfront', 'quoted'), { minLength: 8, maxLength: 8 }),
  accrual: fc.constantFrom<AccrualFormula>('isda', 'markit', 'correct'),
});

/** Quotes of mixed kinds that a known curve gives exactly. */
function quotesOf(m: typeof market extends fc.Arbitrary<infer T> ? T : never): { grid: CurveGrid; quotes: CdsQuote[] } {
  const blank = m.hazards.map((_, i): CdsQuote => ({
    node: NAMES[i],
    maturity: MATURITIES[i],
    kind: m.kinds[i],
    coupon: 0.05,
    value: 0,
  }));
  const grid = laid(blank, m.rate, m.accrual);
  const gradient = new Float64Array(m.hazards.length);
  const values = curveInstruments(grid, blank, m.recovery, new Float64Array(8).fill(1)).map((q) =>
    q.evaluate(m.hazards, gradient),
  );
  return { grid, quotes: blank.map((q, i) => ({ ...q, value: values[i] })) };
}

/** The curve, or undefined for quotes that look like another unit (a 1 bp node beside a 3,000 bp one). */
function curveOf(grid: CurveGrid, quotes: readonly CdsQuote[], recovery: number): CreditCurve | undefined {
  const curve = bootstrapHazards(grid, quotes, { recovery });
  if (curve.status === 'ok') return curve;
  assert.equal(curve.reason, 'unit', curve.message);
  return undefined;
}

test('a known curve comes back: hazards, re-pricing to 1e-12, survival that only falls', () => {
  let seen = 0;
  fc.assert(
    fc.property(market, (m) => {
      const { grid, quotes } = quotesOf(m);
      const curve = curveOf(grid, quotes, m.recovery);
      if (!curve) return;
      seen++;
      let before = 1;
      curve.nodes.forEach((n, i) => {
        assert.ok(Math.abs(n.residual) <= 1e-12);
        assert.ok(n.survival <= before);
        // What is left to find weighs less and less: the error allowed grows as survival falls.
        assert.ok(
          Math.abs(n.hazard - m.hazards[i]) <= (1e-13 / before) * 1e3,
          `${n.node}: ${n.hazard}, not ${m.hazards[i]}`,
        );
        before = n.survival;
      });
      const warm = bootstrapHazards(grid, quotes, { recovery: m.recovery, start: m.hazards });
      if (warm.status !== 'ok') assert.fail(warm.message);
      warm.hazards.forEach((h, i) =>
        assert.ok(Math.abs(h - curve.hazards[i]) <= (1e-13 / curve.nodes[i].survival) * 1e3),
      );
    }),
    { numRuns: 300, seed: 3 },
  );
  assert.ok(seen > 200, `${seen} curves`);
});

test('the Jacobian against differences of whole calibrations; buckets sum to the parallel move', () => {
  fc.assert(
    fc.property(market, (m) => {
      const { grid, quotes } = quotesOf(m);
      const curve = curveOf(grid, quotes, m.recovery);
      if (!curve || curve.nodes.some((n) => n.survival < 0.02)) return;
      const jacobian = curveJacobian(grid, quotes, curve);
      if (jacobian.status !== 'ok') assert.fail(jacobian.message);
      const n = quotes.length;
      for (let j = 0; j < n; j++) {
        const bump = 1e-6;
        const at = (by: number): CreditCurve | undefined =>
          curveOf(
            grid,
            quotes.map((q, i) => (i === j ? { ...q, value: q.value + by } : q)),
            m.recovery,
          );
        const [up, down] = [at(bump), at(-bump)];
        if (!up || !down) continue;
        for (let i = 0; i < n; i++) {
          const difference = (up.hazards[i] - down.hazards[i]) / (2 * bump);
          const scale = Math.max(1, ...curve.hazards.map((_, k) => Math.abs(jacobian.hazards[i * n + k])));
          assert.ok(
            Math.abs(difference - jacobian.hazards[i * n + j]) < 2e-5 * scale * scale,
            `${i} by ${j}: ${difference} ${jacobian.hazards[i * n + j]}`,
          );
        }
      }
      const desk = riskDesk(riskGrids(grid), quotes, curve);
      if ('status' in desk) assert.fail(desk.message);
      const risk = cdsRisk(desk, layTrade(desk.grids, { contract: contractTo('2029-06-20'), coupon: 0.01 }));
      const sum = risk.bucketed.reduce((a, b) => a + b, 0) * 1e-4;
      if (!Number.isNaN(risk.cs01Central))
        assert.ok(Math.abs(sum - risk.cs01Central) < 1e-6 * (1 + 1e4 * Math.abs(sum)), `${sum} ${risk.cs01Central}`);
    }),
    { numRuns: 60, seed: 5 },
  );
});

test('a certificate: noise shows as residuals of a wider curve, age is the oldest, distance shrinks with the spread', () => {
  const quotes = par([0.01, 0.011, 0.012, 0.0125, 0.013]);
  const grid = laid(quotes);
  const curve = curveOf(grid, quotes, 0.4);
  assert.ok(curve);
  const facts = quotes.map((_, i) => ({ halfSpread: 2e-4, ageMs: 1000 * i }));
  const made = certifyCurve(grid, quotes, facts, curve);
  if (made.status !== 'ok') assert.fail(made.message);
  assert.ok(made.largest < 1e-9 && made.inside === 1 && made.ageMs === 4000);
  const wide = certifyCurve(
    grid,
    quotes,
    facts.map((f) => ({ halfSpread: 2 * f.halfSpread })),
    curve,
  );
  if (wide.status !== 'ok') assert.fail(wide.message);
  made.nodes.forEach((n, i) => {
    assert.ok(Math.abs(wide.nodes[i].hazardError / n.hazardError - 2) < 1e-12);
    assert.ok(Math.abs(wide.nodes[i].distanceToArbitrage / n.distanceToArbitrage - 0.5) < 1e-12);
  });
  // The distance, walked: the own quote lower by that much (to first order) has no hazard left.
  const near = made.nodes[3];
  const lower = quotes.map((q, i) =>
    i === 3 ? { ...q, value: q.value - near.distanceToArbitrage * near.halfSpread } : q,
  );
  const walked = curveOf(grid, lower, 0.4);
  assert.ok(walked && Math.abs(walked.hazards[3]) < 0.05 * near.hazard);
  assert.ok(Number.isNaN(wide.ageMs));
  // One quote out of line is what the others do not support.
  const bent = quotes.map((q, i) => (i === 2 ? { ...q, value: q.value + 1e-3 } : q));
  const bentCurve = curveOf(grid, bent, 0.4);
  assert.ok(bentCurve);
  const outlier = certifyCurve(grid, bent, facts, bentCurve);
  if (outlier.status !== 'ok') assert.fail(outlier.message);
  // In half-spreads: five off, and seen to be about that by the others, who agreed with it before.
  assert.ok(
    Math.abs(made.nodes[2].withoutIt) < 1.5 && outlier.nodes[2].withoutIt < -3,
    String(outlier.nodes[2].withoutIt),
  );
});

test('a move of the quotes is explained by them; a hazard moved by hand is not', () => {
  const quotes = par([0.01, 0.011, 0.012, 0.0125, 0.013]);
  const grid = laid(quotes);
  const before = curveOf(grid, quotes, 0.4);
  assert.ok(before);
  const jacobian = curveJacobian(grid, quotes, before);
  if (jacobian.status !== 'ok') assert.fail(jacobian.message);
  const moved = quotes.map((q, i) => ({ ...q, value: q.value * (1 + 0.01 * (i - 2)) }));
  const after = curveOf(grid, moved, 0.4);
  assert.ok(after);
  const values = (q: readonly CdsQuote[]): number[] => q.map((x) => x.value);
  const split = splitMove(
    jacobian,
    { hazards: before.hazards, quotes: values(quotes) },
    { hazards: after.hazards, quotes: values(moved) },
  );
  const size = (v: readonly number[]): number => Math.max(...v.map(Math.abs));
  assert.ok(size(split.unexplained) < 0.01 * size(split.explained));
  const byHand = before.hazards.map((h, i) => (i === 2 ? h + 0.002 : h));
  const odd = splitMove(
    jacobian,
    { hazards: before.hazards, quotes: values(quotes) },
    { hazards: byHand, quotes: values(quotes) },
  );
  assert.ok(size(odd.explained) === 0 && Math.abs(odd.unexplained[2] - 0.002) < 1e-15);
});

test('knots that add nothing change nothing, however near a date; the vendor formula is the one that feels them', () => {
  const contract = contractTo('2031-06-20');
  const curve = { times: [1, 3, 6], values: [0.02, 0.08, 0.2] };
  const plain = { times: [2, 30], values: [0.05, 0.9] };
  const rate = (t: number): number => (t <= 2 ? 0.025 * t : 0.05 + (0.85 / 28) * (t - 2));
  // A day is 0.0027 years: three of these are within half a day of a payment.
  const times = [0.1781, 0.1785, 0.4274, 1.0001, 2, 4.4311, 5.4275, 30];
  const crowded = { times, values: times.map(rate) };
  for (const accrual of ['isda', 'correct', 'markit'] as const) {
    const [a, b] = [plain, crowded].map((d) => priceCds(cdsGrid(contract, d, curve.times, accrual), curve, 0.05, 0.4));
    assert.ok(Math.abs(a.protection - b.protection) < 1e-14, accrual);
    const gap = Math.abs(a.annuityDirty - b.annuityDirty);
    assert.ok(accrual === 'markit' ? gap > 1e-9 : gap < 1e-14, `${accrual} ${gap}`);
  }
});
