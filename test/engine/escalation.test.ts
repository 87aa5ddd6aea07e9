/** The ladder of families: from the champion to a richer one, to the arbitrage-free curve, and back down. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { end, openNextTrial, promote } from '../../src/engine/run-trial.ts';
import type { Effect } from '../../src/engine/effect.ts';
import type { ExpiryState, UnderlyingState } from '../../src/engine/state.ts';
import type { MarketEvent } from '../../src/market/event.ts';
import type { FitJob } from '../../src/model/contract.ts';
import { PER_HOUR } from '../../src/policy/budget.ts';
import type { ActionRecord } from '../../src/model/record.ts';
import { DEFAULT_CONFIG } from '../../src/engine/config.ts';
import { answerOf, expiryIn, listing, quotes, run, snapshotEnd, START, type Run } from './synthetic-market.ts';

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

/** An answer that no guard lets through, as a family gives one that cannot take the shape. */
const unusable = (job: FitJob, at: number): MarketEvent => ({
  type: 'fit-result',
  at,
  receivedAt: at,
  jobId: job.id,
  outcome: { status: 'degenerate', parameters: [], covariance: [], numbers: { used: job.observations.k.length } },
});

/** A stream of one batch a second from second `from` to `to`; answers what is asked as `able` says of the model. */
function stream(r: Run, from: number, to: number, able: (model: string) => boolean): void {
  for (let i = from; i < to; i++) {
    const at = START + i * 1_000;
    const asked = r.jobs.length;
    r.push(quotes(EXPIRY, { at, level: 0.5 + 2e-5 * (i % 3) }));
    for (const job of r.jobs.slice(asked)) r.push([able(job.model) ? answerOf(job, at + 40) : unusable(job, at + 40)]);
  }
}

const told = (r: Run, kind: string): string[] =>
  r.records.flatMap((x) => (x.type === 'action' && x.kind === kind ? [x.outcome] : []));

test('a family without a first fit does not leave its expiry in WARMUP: the next one stands in, and it comes back when it can', () => {
  const r = run({}, false);
  r.push(listing(EXPIRY));
  stream(r, 0, 90, (model) => model !== 'svi');
  const { expiries } = r.state.underlyings.get('deribit:BTC')!;
  const { loop, models } = expiries[0];
  assert.deepEqual(told(r, 'stand-in'), ['sabr for svi: no fit in 4 answers']);
  assert.deepEqual([loop.machine.state, loop.champion, loop.trial?.standIn], ['HEALTHY', 'sabr', true]);
  assert.equal(models.find((t) => t.model === 'sabr')!.gate.state, 'OK', 'and may be used');
  assert.ok(
    r.jobs.some((j) => j.model === 'svi' && j.at > START + 60_000),
    'the configured family is tried on',
  );
  stream(r, 90, 420, () => true);
  assert.deepEqual(told(r, 'roll-back'), ['sabr back to svi (simpler)']);
  assert.deepEqual([expiries[0].loop.champion, expiries[0].loop.trial, loop.budget.rejections], ['svi', null, 0]);
  assert.deepEqual(
    models.map((t) => t.model),
    ['svi', 'venue-mark'],
  );
});

test('when no family has a fit the ladder is climbed in turn, within the budget of changes, and the first that can serves', () => {
  const r = run({}, false);
  r.push(listing(EXPIRY));
  stream(r, 0, 900, () => false);
  const said = told(r, 'stand-in').map((s) => s.replace(/:.*/, ''));
  assert.deepEqual(said.slice(0, 4), ['sabr for svi', 'spline for sabr', 'svi for spline', 'sabr for svi']);
  assert.ok(said.length <= PER_HOUR, `${said.length}`);
  const { loop, models } = r.state.underlyings.get('deribit:BTC')!.expiries[0];
  assert.ok(
    models.every((t) => t.gate.state === 'DO_NOT_USE' || t.model === 'venue-mark'),
    'nothing may be used',
  );
  assert.ok(models.length <= 3, 'those that failed are forgotten');
  // While the stand-in has no fit either, the configured family needs no comparison to come first.
  stream(r, 900, 1_000, (model) => model === 'svi');
  assert.deepEqual([loop.machine.state, loop.champion], ['HEALTHY', 'svi']);
});

test('few quotes are no fault of the family: nothing stands in for it', () => {
  const r = run({}, false);
  r.push(listing(EXPIRY));
  for (let i = 0; i < 120; i++) {
    const at = START + i * 1_000;
    const asked = r.jobs.length;
    r.push(quotes(EXPIRY, { at, level: 0.5 + 2e-5 * (i % 3) }).slice(0, 12));
    for (const job of r.jobs.slice(asked)) r.push([answerOf(job, at + 40)]);
  }
  assert.ok(r.jobs.length >= 4, `${r.jobs.length} first fits asked for`);
  assert.equal(r.state.underlyings.get('deribit:BTC')!.expiries[0].loop.machine.state, 'WARMUP');
  assert.deepEqual(told(r, 'stand-in'), []);
});
