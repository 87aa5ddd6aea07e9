import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitMerton } from '../../src/hedge/merton-fit.ts';
import { mertonPrice } from '../../src/hedge/jump-delta.ts';
import { blackGreeks } from '../../src/numeric/black.ts';
import { impliedVolatility } from '../../src/numeric/implied-volatility.ts';
import { inverseGreeks } from '../../src/numeric/inverse.ts';
import { Random } from '../../src/numeric/random.ts';
import { explainBook, explainStep, type ExplainStep } from '../../src/portfolio/pnl-explain.ts';
import { revalue } from '../../src/portfolio/revalue.ts';

test('revaluation in columns equals the sum of single options', () => {
  const random = new Random(21);
  const n = 300;
  const column = (draw: () => number): Float64Array => Float64Array.from({ length: n }, draw);
  const positions = {
    isCall: column(() => (random.chance(0.5) ? 1 : 0)),
    forward: column(() => random.between(50_000, 100_000)),
    strike: column(() => random.between(40_000, 120_000)),
    years: column(() => random.between(0.01, 1)),
    size: column(() => random.normal()),
  };
  const sigma = column(() => random.between(0.3, 1));
  const got = revalue(positions, sigma);
  const want = { value: 0, delta: 0, netDelta: 0, vega: 0, zomma: 0 };
  for (let i = 0; i < n; i++) {
    const { forward, strike, years, size, isCall } = positions;
    const option = {
      side: isCall[i] === 1 ? ('call' as const) : ('put' as const),
      forward: forward[i],
      strike: strike[i],
      years: years[i],
      sigma: sigma[i],
    };
    const g = blackGreeks(option);
    want.value += size[i] * g.price;
    want.delta += size[i] * g.delta;
    want.netDelta += size[i] * inverseGreeks(option).deltaPremiumAdjusted;
    want.vega += size[i] * g.vega;
    want.zomma += size[i] * g.zomma;
  }
  for (const [name, value] of Object.entries(want)) {
    const own = got[name as keyof typeof want];
    assert.ok(Math.abs(own - value) <= 1e-11 * Math.max(1, Math.abs(value)), `${name} ${own} ${value}`);
  }
});

test('the explanation of a book adds up: terms, carry and residual are the observed result', () => {
  const step: ExplainStep = {
    side: 'put',
    strike: 90_000,
    forwardBefore: 100_000,
    forwardAfter: 97_000,
    years: 0.1,
    elapsed: 1 / 365,
    sigmaBefore: 0.6,
    sigmaAfter: 0.65,
  };
  const carry = { funding: -12, fees: -5, basis: 30 };
  for (const numeraire of ['usd', 'coin'] as const) {
    const e = explainStep(step, numeraire);
    assert.ok(Math.abs(e.stepTime + e.stepForward + e.stepVolatility - e.pnl) < 1e-12 * Math.abs(e.valueAfter));
    const observed = 2 * e.pnl - 3 * e.pnl - 12 - 5 + 30 + 1;
    const book = explainBook(
      [
        { size: 2, step },
        { size: -3, step },
      ],
      numeraire,
      carry,
      observed,
    );
    assert.ok(Math.abs(book.terms['gamma'] + e.gamma) < 1e-12 * Math.abs(e.gamma));
    // One unit that nothing explains, and the expansion's own residual.
    assert.ok(Math.abs(book.residual - (1 - e.residualAll)) < 1e-9, `${book.residual}`);
    const sum = Object.values(book.terms).reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(sum + book.residual - observed) < 1e-9);
  }
});

test('a fitted jump diffusion reprices the smile it came from', () => {
  const model = { sigma: 0.45, lambda: 5, jumpMean: -0.08, jumpDeviation: 0.12 };
  const years = 20 / 365;
  const k = Float64Array.from([-0.25, -0.18, -0.12, -0.06, 0, 0.05, 0.1, 0.15, 0.2]);
  const sigma = k.map((x) => {
    const option = { side: x < 0 ? ('put' as const) : ('call' as const), forward: 1, strike: Math.exp(x), years };
    return impliedVolatility({ ...option, price: mertonPrice(model, option) }).sigma;
  });
  const none = new Float64Array(k.length).fill(NaN);
  const slice = { years, forward: 1, k, sigma, errorBar: none, sigmaBid: none, sigmaAsk: none };
  const fit = fitMerton(slice, undefined);
  assert.ok(fit !== undefined);
  k.forEach((x, i) => {
    const option = { side: x < 0 ? ('put' as const) : ('call' as const), forward: 1, strike: Math.exp(x), years };
    const own = impliedVolatility({ ...option, price: mertonPrice(fit, option) }).sigma;
    assert.ok(Math.abs(own - sigma[i]) < 0.003, `${x}: ${own} ${sigma[i]}`);
  });
});
