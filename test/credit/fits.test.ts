import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bondFlatHazard, bondGrid, bondSchedule, bondValue, bondYield } from '../../src/credit/bond.ts';
import type { RecoveryScheme } from '../../src/credit/bond.ts';
import { parseDay } from '../../src/credit/calendar-day.ts';
import { cdsGrid } from '../../src/credit/cds-grid.ts';
import { bondInstrument, cdsInstrument } from '../../src/credit/curve-instrument.ts';
import type { CurveInstrument } from '../../src/credit/curve-instrument.ts';
import { flatRate } from '../../src/credit/integrated-rate.ts';
import { flatGrid } from '../../src/credit/quoted-spread.ts';
import { fitWeighted, leaveOneOut } from '../../src/credit/weighted-fit.ts';
import { absent, contractTo, textRows, Worst } from './vectors.ts';

const needs = absent('bond_curve_bootstrap.csv', 'wls_hazard_fit.csv');
const bondFile = absent('bond_implied_hazard.csv');
const SETTLE = parseDay('2022-11-21');
const SCHEMES: Readonly<Record<string, RecoveryScheme>> = { RFV: 'face', RT: 'treasury', RMV: 'market' };

test(
  'flat hazards of six bonds under three schemes, and no solution at or below recovery (bond_implied_hazard.csv)',
  { skip: bondFile },
  () => {
    const worst = new Worst();
    let none = 0;
    for (const r of textRows('bond_implied_hazard.csv')) {
      const bond = { settle: parseDay(r['settle']), maturity: parseDay(r['maturity']), coupon: Number(r['coupon']) };
      const where = `${r['bond']} ${r['recovery_scheme']} ${r['recovery']}`;
      const scheme = SCHEMES[r['recovery_scheme']];
      const knots = [(bond.maturity - bond.settle) / 365];
      const laid = bondGrid(bond, flatRate(Number(r['riskfree_cc_flat'])), knots, scheme, Number(r['recovery']));
      assert.ok(laid);
      const dirty = Number(r['clean_price']) + laid.accrued;
      worst.add(`${where} accrued`, laid.accrued, Number(r['accrued_30_360']));
      worst.add(`${where} dirty`, dirty, Number(r['dirty']));
      worst.add(`${where} yield`, bondYield(bond, dirty), Number(r['ytm_semiannual']));
      worst.add(`${where} risk-free`, laid.riskFree, Number(r['riskfree_dirty']));
      const found = bondFlatHazard(laid, dirty);
      if (found.status !== 'ok') {
        assert.match(r['flat_hazard'], /none/);
        assert.ok(dirty <= found.floor && found.floor < found.ceiling, where);
        none++;
        continue;
      }
      worst.add(`${where} hazard`, found.hazard, Number(r['flat_hazard']));
      worst.add(`${where} survival`, found.survivalOneYear, Number(r['survival_1y']));
      worst.add(`${where} loss`, (1 - laid.recovery) * found.hazard, Number(r['lgd_times_hazard']));
    }
    assert.equal(none, 2);
    worst.within(1e-12);
  },
);

test('three bonds make a curve (bond_curve_bootstrap.csv), 1e-10', { skip: needs }, () => {
  const rows = textRows('bond_curve_bootstrap.csv');
  const knots = rows.map((r) => Number(r['t']));
  const instruments = rows.map((r) =>
    bondOf(r['maturity'], Number(r['coupon']), Number(r['clean_price']), 1e-4, knots),
  );
  const fit = fitWeighted(knots, instruments, { huber: Infinity });
  if (fit.status !== 'ok') assert.fail(fit.message);
  const worst = new Worst();
  rows.forEach((r, i) => worst.add(r['node'], fit.hazards[i], Number(r['fwd_hazard'])));
  worst.within(1e-10);
  assert.equal(fit.degrees, 0);
});

function bondOf(
  maturity: string,
  coupon: number,
  clean: number,
  error: number,
  knots: readonly number[],
): CurveInstrument {
  const instrument = bondInstrument(
    maturity,
    { settle: SETTLE, maturity: parseDay(maturity), coupon },
    flatRate(0.038),
    knots,
    { scheme: 'face', rate: 0.4 },
    { clean, error },
  );
  assert.ok(instrument);
  return instrument;
}

/** The five bonds of `wls_hazard_fit.csv`: its file has only the results, its prices follow from them and are round. */
function fiveBonds(knots: readonly number[]): CurveInstrument[] {
  return [
    bondOf('2023-11-21', 0.05, 0.982, 0.002, knots),
    bondOf('2024-11-21', 0.055, 0.958, 0.002, knots),
    bondOf('2026-11-21', 0.06, 0.925, 0.004, knots),
    bondOf('2028-11-21', 0.06, 0.884, 0.005, knots),
    bondOf('2030-11-21', 0.065, 0.871, 0.008, knots),
  ];
}

test(
  'five bonds, two hazards: estimates, standard errors, covariance, chi-square (wls_hazard_fit.csv)',
  { skip: needs },
  () => {
    const wanted = new Map(textRows('wls_hazard_fit.csv').map((r) => [r['quantity'], r]));
    const knots = [2, 10];
    const instruments = fiveBonds(knots);
    const fit = fitWeighted(knots, instruments, { huber: Infinity });
    if (fit.status !== 'ok') assert.fail(fit.message);
    const value = (name: string): number => Number(wanted.get(name)?.['value']);
    const worst = new Worst();
    [0, 1].forEach((i) => {
      worst.add(`hazard ${i}`, fit.hazards[i], value(`hazard_seg${i}`));
      worst.add(`error ${i}`, fit.errors[i], Number(wanted.get(`hazard_seg${i}`)?.['se_or_note']));
    });
    worst.add('covariance', fit.covariance[1], value('cov01'));
    worst.add('chi2', fit.chi2 / 100, value('chi2') / 100);
    instruments.forEach((b, i) => worst.add(b.name, fit.residuals[i], value(`residual_${b.name}`)));
    worst.within(1e-9);
    assert.equal(fit.degrees, 3);
  },
);

test('leaving one out: the observation that pulls is the one the others do not support', () => {
  const knots = [2, 10];
  const exact = fiveBonds(knots);
  const gradient = new Float64Array(2);
  // SYNTHETIC prices of a known curve, one of them two points off.
  const truth = [0.06, 0.09];
  const prices = exact.map((b, i) => ({ ...b, observed: b.evaluate(truth, gradient) - (i === 2 ? 0.02 : 0) }));
  const plain = fitWeighted(knots, prices, { huber: Infinity });
  const robust = fitWeighted(knots, prices);
  if (plain.status !== 'ok' || robust.status !== 'ok') assert.fail();
  const miss = (h: readonly number[]): number => Math.hypot(h[0] - truth[0], h[1] - truth[1]);
  assert.ok(
    miss(robust.hazards) < 0.6 * miss(plain.hazards),
    `${robust.hazards.join()} against ${plain.hazards.join()}`,
  );
  assert.ok(robust.weights[2] < 0.5 && robust.weights.every((w, i) => i === 2 || w > robust.weights[2]));
  const out = leaveOneOut(knots, prices, plain, { huber: Infinity });
  const pulls = out.map((o) => Math.abs(o.halfSpreads));
  assert.equal(pulls.indexOf(Math.max(...pulls)), 2);
  assert.ok(Math.abs(out[2].residual - 0.02) < 1e-9, 'without it the others give the true curve');
});

test('swaps of every kind and a bond fit one curve; standard errors match a simulation of the quotes', () => {
  const discount = flatRate(0.03);
  const knots = [2, 5, 10];
  const truth = [0.01, 0.02, 0.03];
  const gradient = new Float64Array(3);
  const swap = (maturity: string, kind: 'par' | 'upfront' | 'quoted', error: number): CurveInstrument => {
    const contract = contractTo(maturity, '2022-11-18');
    const grid = cdsGrid(contract, discount, knots, 'isda');
    const flat = flatGrid(contract, discount, 'isda');
    return cdsInstrument(maturity, grid, flat, knots, 0.4, { kind, coupon: 0.01, value: 0, error });
  };
  const exact = [
    swap('2023-12-20', 'par', 1e-4),
    swap('2024-12-20', 'quoted', 1e-4),
    swap('2025-12-20', 'upfront', 3e-4),
    swap('2027-12-20', 'par', 1e-4),
    swap('2032-12-20', 'quoted', 2e-4),
  ].map((b) => ({ ...b, observed: b.evaluate(truth, gradient) }));
  const fit = fitWeighted(knots, exact);
  if (fit.status !== 'ok') assert.fail(fit.message);
  fit.hazards.forEach((h, i) => assert.ok(Math.abs(h - truth[i]) < 1e-10));
  assert.ok(fit.chi2 < 1e-12);
  // Gradients against differences.
  for (const b of exact) {
    b.evaluate(truth, gradient);
    const analytic = [...gradient];
    truth.forEach((h, j) => {
      const at = (d: number): number =>
        b.evaluate(
          truth.map((v, i) => (i === j ? v + d : v)),
          gradient,
        );
      assert.ok(Math.abs((at(1e-6) - at(-1e-6)) / 2e-6 - analytic[j]) < 1e-7 * (1 + Math.abs(h)), `${b.name} ${j}`);
    });
  }
  let state = 7;
  const uniform = (): number => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) + 0.5) / 4294967296;
  const normal = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const squares = [0, 0, 0];
  const rounds = 300;
  for (let k = 0; k < rounds; k++) {
    const noisy = fitWeighted(
      knots,
      exact.map((b) => ({ ...b, observed: b.observed + b.error * normal() })),
      { huber: Infinity },
    );
    if (noisy.status !== 'ok') assert.fail(noisy.message);
    noisy.hazards.forEach((h, i) => (squares[i] += (h - truth[i]) * (h - truth[i])));
  }
  squares.forEach((s, i) => {
    const ratio = Math.sqrt(s / rounds) / fit.errors[i];
    assert.ok(ratio > 0.85 && ratio < 1.15, `segment ${i}: scatter over standard error ${ratio}`);
  });
});

test('fits that cannot be are refused with the number', () => {
  const knots = [2, 10];
  const bonds = fiveBonds(knots);
  const reason = (outcome: ReturnType<typeof fitWeighted>): string => (outcome.status === 'ok' ? 'ok' : outcome.reason);
  assert.equal(reason(fitWeighted(knots, bonds.slice(0, 1))), 'too-few');
  assert.equal(reason(fitWeighted(knots, [bonds[0], { ...bonds[1], error: 0 }])), 'bad-error');
  assert.equal(reason(fitWeighted(knots, [bonds[0], { ...bonds[4], observed: NaN }])), 'not-finite');
  // Nothing beyond two years: the second hazard is open.
  assert.notEqual(
    reason(
      fitWeighted(
        knots,
        bonds.slice(0, 2).map((b, i) => (i === 0 ? b : bondOf('2024-05-21', 0.05, 0.96, 0.002, knots))),
      ),
    ),
    'ok',
  );
  const held = fitWeighted(knots, [bondOf('2023-11-21', 0.05, 1.2, 0.002, knots), ...bonds.slice(2)], { lowest: 0 });
  if (held.status !== 'ok') assert.fail(held.message);
  assert.deepEqual([held.hazards[0], held.held[0], held.errors[0]], [0, 1, 0]);
});

test('terms that make no bond, and the values at the ends of the scale', () => {
  assert.equal(bondSchedule({ settle: SETTLE, maturity: SETTLE, coupon: 0.05 }), undefined);
  assert.equal(bondSchedule({ settle: SETTLE, maturity: SETTLE + 400, coupon: 5 }), undefined);
  assert.equal(bondSchedule({ settle: SETTLE, maturity: SETTLE + 400, coupon: 0.05, frequency: 3 }), undefined);
  const bond = { settle: SETTLE, maturity: parseDay('2027-11-21'), coupon: 0.05 };
  const gradient = new Float64Array(1);
  for (const scheme of ['face', 'treasury', 'market'] as const) {
    const laid = bondGrid(bond, flatRate(0.03), [6], scheme, 0.4);
    assert.ok(laid);
    assert.ok(Math.abs(bondValue(laid, [6], [0], gradient) - laid.riskFree) < 1e-14);
    const floor = { face: 0.4, treasury: 0.4 * laid.riskFree, market: 0 }[scheme];
    assert.ok(Math.abs(bondValue(laid, [6], [500], gradient) - floor) < 1e-3, scheme);
    const under = bondFlatHazard(laid, floor - 0.01);
    if (under.status === 'ok') assert.fail(`${scheme}: ${under.hazard}`);
    assert.ok(Math.abs(under.floor - floor) < 1e-15 && under.ceiling === laid.riskFree);
  }
  assert.ok(Number.isNaN(bondYield(bond, -1)));
});
