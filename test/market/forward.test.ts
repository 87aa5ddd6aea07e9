/** Forwards of an expiry from parity, from the neighbours and by vote, on constructed chains where F and D are known. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interpolateForward, parityForward, voteForward, type ParityPair } from '../../src/market/forward.ts';
import { Random } from '../../src/numeric/random.ts';

const F = 90_000;
const STRIKES = [70_000, 78_000, 82_000, 86_000, 88_000, 90_000, 92_000, 95_000, 99_000, 104_000, 110_000];

/** Pairs whose mids obey parity exactly at forward F and discount D; `shift` moves one call. */
function inverse(discount = 1, half = 0.0005, shift: (i: number) => number = () => 0): ParityPair[] {
  return STRIKES.map((strike, i) => {
    const gap = discount * (1 - strike / F) + shift(i);
    const put = 0.05;
    return { strike, callMid: put + gap, putMid: put, callHalfSpread: half, putHalfSpread: half };
  });
}

const linear = (discount: number): ParityPair[] =>
  STRIKES.map((strike) => ({
    strike,
    callMid: 9_000 + discount * (F - strike),
    putMid: 9_000,
    callHalfSpread: 20,
    putHalfSpread: 20,
  }));

test('parity gives back the forward it was built with, coin-settled and linear, with D = 1', () => {
  const coin = parityForward(inverse(), 'inverse', 91_000)!;
  assert.ok(Math.abs(coin.forward - F) < 1e-6 && Math.abs(coin.discount - 1) < 1e-9, JSON.stringify(coin));
  assert.equal(coin.pairs, 11);
  const usd = parityForward(linear(1), 'linear', 91_000)!;
  assert.ok(Math.abs(usd.forward - F) < 1e-6 && Math.abs(usd.discount - 1) < 1e-9);
});

test('the free discount shows a discount factor that is not one', () => {
  assert.ok(Math.abs(parityForward(inverse(0.97), 'inverse', F)!.discount - 0.97) < 1e-9);
  assert.ok(Math.abs(parityForward(linear(0.97), 'linear', F)!.discount - 0.97) < 1e-9);
  assert.ok(Number.isNaN(parityForward(inverse().slice(3, 8), 'inverse', F)!.discount), 'five pairs identify nothing');
});

test('one call that is a tenth of the coin wrong moves the forward by less than its error', () => {
  const clean = parityForward(inverse(), 'inverse', F)!;
  const dirty = parityForward(
    inverse(1, 0.0005, (i) => (i === 5 ? 0.1 : 0)),
    'inverse',
    F,
  )!;
  assert.ok(Math.abs(dirty.forward - F) < 2 * clean.standardError, JSON.stringify(dirty));
});

test('the standard error is what the scatter over noise is', () => {
  const random = new Random(5, 'parity');
  const half = 0.0005;
  const z: number[] = [];
  for (let i = 0; i < 400; i++) {
    const noisy = inverse(1, half, () => half * (random.between(-1, 1) + random.between(-1, 1)));
    const { forward, standardError } = parityForward(noisy, 'inverse', F)!;
    z.push((forward - F) / standardError);
  }
  const rms = Math.sqrt(z.reduce((s, v) => s + v * v, 0) / z.length);
  assert.ok(rms > 0.5 && rms < 1.3, `rms of z ${rms}`);
});

test('strikes beyond a quarter of the guess, crossed spreads and fewer than two pairs give no forward', () => {
  assert.equal(parityForward(inverse(), 'inverse', 300_000), null);
  assert.equal(parityForward(inverse().slice(0, 1), 'inverse', F), null);
  assert.equal(parityForward(inverse(1, 0), 'inverse', F), null);
  assert.equal(parityForward([], 'linear', F), null);
});

test('without a guess the window lies about the strike at which call and put cost the same', () => {
  const wings: ParityPair[] = [30_000, 250_000].map((strike) => {
    const wrong = { strike, callMid: 0.5, putMid: 0.2, callHalfSpread: 1e-6, putHalfSpread: 1e-6 };
    return wrong;
  });
  const { forward, pairs } = parityForward([...wings, ...inverse()], 'inverse', NaN)!;
  assert.ok(Math.abs(forward - F) < 1e-6, `${forward}`);
  assert.equal(pairs, 11);
});

test('the vote is the weighted median: one loud voice does not decide, two that agree do', () => {
  const voices = (venue: number, parity: number, interpolated: number): number | null =>
    voteForward([
      { source: 'venue', forward: venue, weight: 0.8 },
      { source: 'parity', forward: parity, weight: 1 },
      { source: 'interpolated', forward: interpolated, weight: 0.6 },
    ]);
  assert.equal(voices(99_000, 90_000, 90_010), 90_010);
  assert.equal(voices(90_000, 99_000, 90_010), 90_010);
  assert.equal(voices(90_000, 90_005, 80_000), 90_000);
  assert.equal(voteForward([]), null);
  assert.equal(
    voteForward([
      { source: 'venue', forward: NaN, weight: 1 },
      { source: 'parity', forward: -1, weight: 1 },
    ]),
    null,
  );
});

test('between neighbours ln(F/S) is linear in time; beyond the last it goes on at its rate; the spot is the origin', () => {
  const at = (years: number): number => 100 * Math.exp(0.05 * years);
  const neighbours = [0.1, 0.5].map((years) => ({ years, forward: at(years) }));
  for (const years of [0.02, 0.1, 0.3, 0.5, 0.9])
    assert.ok(Math.abs(interpolateForward(years, 100, neighbours)! / at(years) - 1) < 1e-12, `${years}`);
  assert.equal(interpolateForward(0.3, NaN, neighbours), null);
  assert.equal(interpolateForward(0.3, 100, []), null);
});
