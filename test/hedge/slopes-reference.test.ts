import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { REFERENCE_FILES, REFERENCE_WINDOWS, referenceSlopes } from '../../bench/hedge-slopes-reference.ts';
import { hedgeChains } from '../../src/app/hedge-chains.ts';
import { DEFAULT_BACKTEST, HedgeBacktest } from '../../src/hedge/backtest.ts';
import { clusterSlope, pairedSlopeDifference } from '../../src/hedge/slope.ts';

const skip = REFERENCE_FILES.every((f) => existsSync(f))
  ? false
  : '../shared/data/chains/deribit_chain_4xdaily_* are absent';

test(
  'slopes on the recorded months agree with an independent computation, per window and without the crash',
  { skip },
  async () => {
    const backtest = new HedgeBacktest({
      ...DEFAULT_BACKTEST,
      families: ['black', 'premium-adjusted', 'venue', 'sticky-strike'],
    });
    for await (const snapshot of hedgeChains(REFERENCE_FILES, {}, new Map())) backtest.add(snapshot);
    const { ledger } = backtest;
    let compared = 0;
    for (const want of await referenceSlopes(REFERENCE_FILES)) {
      const filter = {
        bucket: (b: { underlying: string; side: string; delta: string }): boolean =>
          b.underlying === want.underlying && b.side === want.side && b.delta === want.deltaClass,
        at: REFERENCE_WINDOWS[want.window],
      };
      const got = clusterSlope(ledger.slopeCells('venue', filter));
      if (got === undefined) continue;
      compared++;
      const label = `${want.underlying} ${want.side} ${want.deltaClass} ${want.window}`;
      assert.equal(got.n, want.n, label);
      assert.equal(got.clusters, want.clusters, label);
      assert.ok(Math.abs(got.beta - want.beta) < 1e-6, `${label}: ${got.beta}, reference ${want.beta}`);
      assert.ok(
        Math.abs(got.standardError / want.se - 1) < 1e-4,
        `${label}: ${got.standardError}, reference ${want.se}`,
      );
      // Errors that pretend rows are independent are several times too small.
      assert.ok(got.standardError > 2 * got.naiveError, label);
    }
    assert.ok(compared >= 70, `${compared}`);
    // Methods note, correction 15: mid-January .95, the crash .56, without it .89 (its own windows differ slightly).
    const calls = (window: string): number =>
      clusterSlope(
        ledger.slopeCells('venue', {
          bucket: (b) => b.underlying === 'BTC' && b.side === 'call' && b.delta === '10-25',
          at: REFERENCE_WINDOWS[window],
        }),
      )?.beta ?? NaN;
    assert.ok(Math.abs(calls('mid-january') - 0.95) < 0.03, `${calls('mid-january')}`);
    assert.ok(calls('crash') < 0.65 && calls('without-crash') > 0.8, `${calls('crash')} ${calls('without-crash')}`);
    // The venue's delta is Black's: a paired difference sees that no bias is there to find, whatever the regime does.
    const own = (family: string) => ledger.slopeCells(family, { bucket: (b) => b.delta === '25-50' });
    const pair = pairedSlopeDifference(own('venue'), own('sticky-strike'));
    assert.ok(
      pair !== undefined && Math.abs(pair.difference) < 0.01 && pair.standardError < 0.005,
      `${pair?.difference}`,
    );
    // Published: 77.7 -> 87.9 % (BTC), 73.0 -> 86.0 % (ETH) by hedging with the premium-adjusted delta.
    for (const [underlying, plain, adjusted] of [
      ['BTC', 0.777, 0.879],
      ['ETH', 0.73, 0.86],
    ] as const) {
      const outside = {
        bucket: (b: { underlying: string; delta: string }) => b.underlying === underlying && b.delta !== '50-98',
      };
      const [black, premium] = ledger.scores(outside);
      assert.ok(Math.abs(black.coinReduction - plain) < 0.12, `${underlying} ${black.coinReduction}`);
      assert.ok(Math.abs(premium.coinReduction - adjusted) < 0.12, `${underlying} ${premium.coinReduction}`);
      assert.ok(premium.coinReduction > black.coinReduction + 0.04);
    }
  },
);
