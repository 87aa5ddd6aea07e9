/** Residuals of the wings in price steps, against prices worked out by Black-76. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observations } from '../../src/model/contract.ts';
import { blackPrice } from '../../src/numeric/black.ts';
import { tailTicks } from '../../src/score/tail-ticks.ts';

const [FORWARD, YEARS, SIGMA] = [100, 0.25, 0.4];

function batchOf(strikes: readonly number[]): Observations {
  const column = (pick: (strike: number) => number): Float64Array => Float64Array.from(strikes, pick);
  return {
    at: 0, years: YEARS, forward: FORWARD, k: column((s) => Math.log(s / FORWARD)), x: column(() => 0), strike: column((s) => s),
    value: column(() => SIGMA), noise: column(() => 0.01), low: column(() => NaN), high: column(() => NaN), venueValue: column(() => NaN),
  }; // prettier-ignore
}

test('a wing off by a tenth of a point is off by what Black-76 says, in ticks; the body does not count', () => {
  const batch = batchOf([65, 100, 150]);
  const mean = Float64Array.from([SIGMA - 0.001, SIGMA - 0.2, SIGMA - 0.001]);
  const price = (strike: number, sigma: number): number =>
    blackPrice({ side: strike < FORWARD ? 'put' : 'call', forward: FORWARD, strike, years: YEARS, sigma });
  const steps = [65, 150].map((k) => (price(k, SIGMA) - price(k, SIGMA - 0.001)) / 0.01);
  const expected = Math.sqrt((steps[0] ** 2 + steps[1] ** 2) / 2);
  const linear = tailTicks(batch, { mean, sd: mean }, [0.01, 0.01, 0.01], FORWARD);
  assert.ok(Math.abs(linear / expected - 1) < 0.02, `${linear} ${expected}`);
  const coin = tailTicks(batch, { mean, sd: mean }, [1e-4, 1e-4, 1e-4], 1);
  assert.ok(Math.abs(coin / linear - 1) < 1e-9, 'a hundredth of the forward is the same step');
});

test('no wing, no number', () => {
  const batch = batchOf([95, 100, 105]);
  assert.ok(Number.isNaN(tailTicks(batch, { mean: batch.value, sd: batch.value }, [1, 1, 1], 1)));
});
