/** The ladder of families: from the champion to a richer one, to the arbitrage-free curve, and back down. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { end, openNextTrial, promote } from '../../src/engine/run-trial.ts';
import type { Effect } from '../../src/engine/effect.ts';
import type { ExpiryState, UnderlyingState } from '../../src/engine/state.ts';
import type { ActionRecord } from '../../src/model/record.ts';
import { DEFAULT_CONFIG } from '../../src/engine/config.ts';
import { expiryIn, listing, quotes, run, snapshotEnd, START, type Run } from './synthetic-market.ts';

const EXPIRY = expiryIn(30);

function calibrated(): { r: Run; underlying: UnderlyingState; expiry: ExpiryState } {
  const r = run();
  r.push([...listing(EXPIRY), ...quotes(EXPIRY, { at: START }), snapshotEnd(START)]);
  const underlying = r.state.underlyings.get('deribit:BTC')!;
  return { r, underlying, expiry: underlying.expiries[0] };
}

const said = (effects: readonly Effect[]): string[] =>
  effects.map((e) =>
    e.type === 'record' ? `${(e.record as ActionRecord).kind}: ${(e.record as ActionRecord).outcome}` : 'fit',
  );

/** Puts the loop where an alarm of the shape has put it. */
function alarm(r: Run, expiry: ExpiryState, at: number): string[] {
  const effects: Effect[] = [];
  openNextTrial(r.state, expiry, at, effects);
  expiry.loop.machine = { ...expiry.loop.machine, state: 'SHADOW' };
  return said(effects);
}

test('a lost trial is followed by the next richer family, and after the arbitrage-free curve the search backs off', () => {
  const { r, underlying, expiry } = calibrated();
  assert.deepEqual(DEFAULT_CONFIG.challengers, ['sabr', 'spline'], 'the last rung cannot hold arbitrage');
  assert.deepEqual(alarm(r, expiry, START), ['trial: sabr beside svi']);
  const first: Effect[] = [];
  end(r.state, underlying, expiry, 'lost', START + 1_000, first);
  assert.ok(said(first).includes('trial: ended: sabr (lost)'));
  assert.deepEqual(alarm(r, expiry, START + 2_000), ['trial: spline beside svi']);
  assert.equal(expiry.loop.budget.rejections, 0, 'the ladder is one search');
  end(r.state, underlying, expiry, 'lost', START + 3_000, []);
  assert.equal(expiry.loop.budget.rejections, 1);
  assert.ok(expiry.loop.budget.freeAt > START + 3_000 + 299_000);
  assert.equal(expiry.loop.rung, 0, 'the next search begins below');
  assert.deepEqual(
    expiry.models.map((t) => t.model),
    ['svi', 'venue-mark'],
  );
});

test('up by promotion and back down: reversed by evidence, or simpler when the richer family has not proved itself in a day', () => {
  for (const input of ['reversed', 'simpler'] as const) {
    const { r, underlying, expiry } = calibrated();
    alarm(r, expiry, START);
    end(r.state, underlying, expiry, 'lost', START + 1_000, []);
    alarm(r, expiry, START + 2_000);
    const up: Effect[] = [];
    promote(r.state, expiry, 'spline', false, 'automatic', START + 3_000, up);
    assert.deepEqual(said(up), ['promote: promoted: spline over svi by automatic']);
    assert.deepEqual([expiry.loop.champion, expiry.loop.rung, expiry.loop.trial?.mode], ['spline', 2, 'probation']);
    expiry.loop.machine = { ...expiry.loop.machine, state: 'HEALTHY' };
    const down: Effect[] = [];
    end(r.state, underlying, expiry, input, START + 4_000, down);
    assert.ok(said(down).includes(`roll-back: spline back to svi (${input})`), said(down).join());
    assert.deepEqual([expiry.loop.champion, expiry.loop.rung, expiry.loop.trial], ['svi', 0, null]);
    assert.deepEqual(
      expiry.models.map((t) => t.model),
      ['svi', 'venue-mark'],
    );
    assert.equal(expiry.loop.budget.rejections, input === 'reversed' ? 1 : 0, 'coming down by itself is no rejection');
  }
});
