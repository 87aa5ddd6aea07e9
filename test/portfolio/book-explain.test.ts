/** Explaining a book: terms that add up, carry by hand, and what each source of profit is called. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addExplanation, EXPLAIN_TERMS, explainBookStep, noExplanation, type BookStepInput, type PricePoint,
} from '../../src/portfolio/book-explain.ts'; // prettier-ignore
import { bookExposure } from '../../src/portfolio/exposure.ts';
import type { FuturePosition, OptionPosition, Position } from '../../src/portfolio/position.ts';
import { historicalWindows, JOINT_STRESSES, termChange } from '../../src/portfolio/stress.ts';
import { shockedVolatility } from '../../src/portfolio/scenario.ts';
import { bookReserve, insideShare, parameterDraws } from '../../src/portfolio/reserve.ts';

const AT = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const EXPIRY = AT + 30 * 24 * HOUR;

const option = (symbol: string, settlement: 'inverse' | 'linear', side: 'call' | 'put', strike: number, size: number): OptionPosition => ({
  kind: 'option', account: 'a', symbol, underlying: 'BTC', side, strike, expiry: EXPIRY, settlement, size, entry: NaN,
}); // prettier-ignore
const perpetual = (size: number, entry = NaN): FuturePosition => ({
  kind: 'future', account: 'a', symbol: 'PERP', underlying: 'BTC', expiry: null, settlement: 'inverse', size, entry,
}); // prettier-ignore
const cash: Position = { kind: 'equity', account: 'a', currency: 'BTC', underlying: 'BTC', size: 3 };

function point(at: number, index: number, forward: number, sigma: number, rate = 0): PricePoint {
  const mark = { forward, sigma };
  return {
    at,
    index,
    options: new Map([['C', mark], ['P', mark], ['L', mark]]), // prettier-ignore
    futures: new Map([['PERP', index]]),
    funding: new Map([['PERP', rate]]),
  };
}

const BOOK: readonly Position[] = [
  option('C', 'inverse', 'call', 100_000, 10),
  option('P', 'inverse', 'put', 90_000, -5),
  option('L', 'linear', 'put', 95_000, 2),
  perpetual(-200_000, 95_000),
  cash,
];

const step = (of: Partial<BookStepInput>): BookStepInput => ({
  positions: BOOK,
  before: point(AT, 100_000, 100_500, 0.6),
  after: point(AT + HOUR, 100_400, 100_950, 0.605),
  predicted: new Map(),
  delivered: new Map(),
  fills: [],
  ...of,
});

test('USD profit is the change of what the exposures say the book is worth, and the terms leave next to nothing of an hour', () => {
  const input = step({});
  const { usd, coin, unpriced } = explainBookStep(input);
  assert.deepEqual(unpriced, []);
  const worth = (p: PricePoint): { usd: number; coin: number } => {
    const { total } = bookExposure(BOOK, {
      at: p.at, index: () => p.index, futureMark: () => p.index, dollar: () => 1,
      option: ({ symbol }) => ({ ...p.options.get(symbol)!, venueDelta: NaN, bid: NaN, ask: NaN }),
    }); // prettier-ignore
    return { usd: total.valueUsd, coin: total.valueCoin };
  };
  assert.ok(Math.abs(usd.valueBefore - worth(input.before).usd) < 1e-6);
  assert.ok(Math.abs(usd.pnl - (worth(input.after).usd - worth(input.before).usd)) < 1e-6);
  assert.ok(Math.abs(coin.pnl - (worth(input.after).coin - worth(input.before).coin)) < 1e-10);
  let sum = 0;
  for (const t of EXPLAIN_TERMS) sum += usd.terms[t];
  assert.ok(Math.abs(sum + usd.residual - usd.pnl) < 1e-9);
  assert.ok(Math.abs(usd.residual) < 1e-4 * Math.abs(usd.terms.delta), `${usd.residual} of ${usd.terms.delta}`);
  // Exact revaluation of the options, whatever their terms.
  const options = usd.stepTime + usd.stepForward + usd.stepVolatility;
  const rest = usd.terms.futures + usd.terms.equity + usd.terms.basis;
  assert.ok(Math.abs(options + rest - usd.pnl) < 1e-6);
});

test('futures, cash and funding by hand', () => {
  const { usd, coin } = explainBookStep(step({
    positions: [perpetual(-200_000, 95_000), cash],
    before: point(AT, 100_000, 100_000, 0.6, 0.0002),
    after: point(AT + 4 * HOUR, 101_000, 101_000, 0.6, 0.0004),
  })); // prettier-ignore
  const gain = -200_000 * (1 / 100_000 - 1 / 101_000);
  assert.ok(Math.abs(coin.terms.futures - gain) < 1e-12);
  // Half of eight hours at the mean of 0.02 and 0.04 %: the short receives 200,000/100,000 x 0.0003/2 coins.
  assert.ok(Math.abs(coin.terms.funding - 2 * 0.00015) < 1e-12);
  assert.ok(Math.abs(usd.terms.funding - 2 * 0.00015 * 101_000) < 1e-9);
  // Three coins of cash and the result of the short so far move with the index.
  const won = -200_000 * (1 / 95_000 - 1 / 100_000);
  assert.ok(Math.abs(usd.terms.equity - (3 + won) * 1_000) < 1e-6);
  assert.ok(Math.abs(usd.terms.futures - gain * 101_000) < 1e-6);
  assert.ok(Math.abs(coin.residual) < 1e-15);
});

test('a trade earns from its price to the end of the step and pays its fee; what has no price is named', () => {
  const bought = { position: perpetual(0), signed: 100_000, price: 99_000, fee: 0.0005, feeInCoin: true };
  const unknown = { ...bought, position: { ...perpetual(0), symbol: 'NONE' } };
  const { usd, coin, unpriced } = explainBookStep(step({ positions: [], fills: [bought, unknown] }));
  const gain = 100_000 * (1 / 99_000 - 1 / 100_400);
  assert.ok(Math.abs(coin.terms.trades - gain) < 1e-12);
  assert.ok(Math.abs(usd.terms.trades - gain * 100_400) < 1e-9);
  assert.ok(Math.abs(coin.terms.fees + 0.001) < 1e-15, 'both paid a fee');
  assert.deepEqual(unpriced, ['NONE']);
});

test('an option that expires is worth its payoff at the delivery price', () => {
  const late = step({
    positions: [option('C', 'linear', 'call', 100_000, 1)],
    before: point(EXPIRY - HOUR, 101_000, 101_000, 0.6),
    after: point(EXPIRY + HOUR, 103_000, 103_000, 0.6),
    delivered: new Map([[EXPIRY, 102_000]]),
  });
  assert.ok(Math.abs(explainBookStep(late).usd.valueAfter - 2_000) < 1e-9);
});

test('vega splits into what the model predicted for the new forward and what is beyond it', () => {
  const { usd } = explainBookStep(step({ predicted: new Map([['C', 0.602], ['P', 0.602], ['L', 0.602]]) })); // prettier-ignore
  assert.ok(Math.abs(usd.vegaPredicted / usd.terms.vega - 0.4) < 1e-9);
  assert.ok(Math.abs(usd.vegaPredicted + usd.vegaUnpredicted - usd.terms.vega) < 1e-9);
});

test('steps add up: values from the first start to the last end', () => {
  const [a, b] = [step({}), step({ before: point(AT + HOUR, 100_400, 100_950, 0.605), after: point(AT + 2 * HOUR, 99_000, 99_500, 0.63) })]; // prettier-ignore
  const sum = noExplanation();
  addExplanation(sum, explainBookStep(a).usd, true);
  addExplanation(sum, explainBookStep(b).usd, false);
  assert.ok(Math.abs(sum.valueAfter - sum.valueBefore - sum.pnl) < 1e-6);
});

test('stresses by tenor, and windows of a history: the move that was, at constant tenor', () => {
  assert.deepEqual([termChange([7, 30], [0.4, 0.1], 1 / 365), termChange([7, 30], [0.4, 0.1], 1)], [0.4, 0.1]);
  const mid = termChange([7, 28], [0.4, 0.2], 14 / 365);
  assert.ok(Math.abs(mid - 0.3) < 1e-12, 'half way in ln T');
  const short = JOINT_STRESSES.find((s) => s.name === 'short-end-2026-02-06')!.scenario.volatility;
  assert.ok(Math.abs(shockedVolatility(0.6, 7 / 365, short) - 1.18) < 1e-12);
  const term = (shift: number) => [{ years: 7 / 365, atm: 0.5 + shift }, { years: 90 / 365, atm: 0.6 + shift }]; // prettier-ignore
  const points = [0, 6, 12, 40].map((h, i) => ({ at: AT + h * HOUR, index: 100 - 10 * i, term: term(0.1 * i) }));
  const windows = historicalWindows(points, 6);
  assert.deepEqual(windows.map((w) => Math.round(1000 * w.scenario.spot)), [-100, -111], 'the third ends too late'); // prettier-ignore
  const { volatility } = windows[0].scenario;
  assert.ok(volatility.kind === 'term' && volatility.change.every((c) => Math.abs(c - 0.1) < 0.01));
});

test('the reserve: draws have the covariance asked for, rejected members do not count, the point is the ninetieth', () => {
  const draws = parameterDraws([1, 2], [0.04, 0.01, 0.01, 0.09], 4_000, 7, 'x');
  assert.deepEqual(draws[0], [1, 2]);
  const mean = (of: (d: number[]) => number): number => draws.reduce((s, d) => s + of(d), 0) / draws.length;
  assert.ok(
    Math.abs(mean((d) => (d[0] - 1) ** 2) - 0.04) < 0.003 &&
      Math.abs(mean((d) => (d[0] - 1) * (d[1] - 2)) - 0.01) < 0.004,
  );
  assert.deepEqual(parameterDraws([1, 2], [], 10, 7, 'x'), [[1, 2]]);
  assert.deepEqual(parameterDraws([1, 2], [1, 2, 2, 1], 10, 7, 'x'), [[1, 2]], 'no covariance at all');
  assert.equal(insideShare([0.5, 0.6, 0.7], [0.4, 0.61, NaN], [0.55, 0.7, NaN]), 0.5);
  const losses = Array.from({ length: 11 }, (_, i) => i * 10);
  const { usd, members } = bookReserve([new Map([['champion', losses]])], 'champion', 11);
  assert.deepEqual([usd, members], [90, 11]);
  const two = bookReserve([new Map([['champion', [0]], ['sabr', [50]]]), new Map([['champion', [0]]])], 'champion', 5); // prettier-ignore
  assert.deepEqual([two.usd, two.members], [50, 10]);
  assert.equal(bookReserve([new Map([['champion', [-5]]])], 'champion', 3).usd, 0, 'never a gain');
});
