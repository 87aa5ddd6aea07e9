/** Bands under stress: held or frozen, they grow with the square root of age, ten times as fast in variance; quotes come back in stages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leaseVerdicts } from '../../src/engine/lease-verdicts.ts';
import { updateGates } from '../../src/engine/gates.ts';
import type { LoopState } from '../../src/policy/loop.ts';
import { initLeaseDesk, issueLeases, type DeskHealth } from '../../src/policy/lease-desk.ts';
import type { Lease } from '../../src/policy/lease.ts';
import { answerOf, expiryIn, listing, quotes, run, snapshotEnd, START, type Run } from './synthetic-market.ts';

const EXPIRY = expiryIn(30);
const HOUR = 3_600_000;

function proven(): Run {
  const r = run();
  r.push(listing(EXPIRY));
  for (const at of [START, START + HOUR])
    r.push([...quotes(EXPIRY, { at, level: 0.5 + (at - START) / 1e10 }), snapshotEnd(at)]);
  return r;
}

function put(r: Run, machine: Partial<LoopState>): void {
  const { loop } = r.state.underlyings.get('deribit:BTC')!.expiries[0];
  loop.machine = { ...loop.machine, ...machine };
}

/** Uncertainty multiplier of the champion's lease, `seconds` after its fit. */
function uncertainty(r: Run, seconds: number): number {
  const underlying = r.state.underlyings.get('deribit:BTC')!;
  underlying.watermark = START + HOUR + seconds * 1000;
  const verdict = leaseVerdicts(r.state).find((v) => v.scope.startsWith('svi@'))!;
  return verdict.uncertainty!;
}

test('the band of a held model grows with the square root of age, its variance ten times as fast as in health', () => {
  const r = proven();
  const excess = (seconds: number): number => uncertainty(r, seconds) ** 2 - 1;
  const [healthy, later] = [excess(100), excess(400)];
  assert.ok(healthy > 0 && Math.abs(later / healthy - 4) < 1e-9, `${healthy} ${later}`);
  for (const state of ['HOLD', 'STRESS'] as const) {
    put(r, { state });
    assert.ok(Math.abs(excess(100) / healthy - 10) < 1e-9, state);
    assert.ok(Math.abs(excess(900) / excess(100) - 9) < 1e-9, state);
  }
});

test('re-entry: twice as wide for ten minutes, one and a half times for five, then as before', () => {
  const r = proven();
  const underlying = r.state.underlyings.get('deribit:BTC')!;
  const health: DeskHealth = { dataAgeMs: () => 0, feed: () => 'live', platform: () => 'open', loopLagMs: 0 };
  const back = START + 2 * HOUR;
  const leaseAt = (minutes: number): Lease => {
    const at = back + minutes * 60_000;
    put(r, { state: 'HEALTHY', reentryAt: back });
    r.push([...quotes(EXPIRY, { at, level: 0.5 + (at - START) / 1e10 }), snapshotEnd(at)]);
    put(r, { state: 'HEALTHY', reentryAt: back });
    assert.deepEqual(
      [...underlying.incidents.open.values()].map((i) => i.cause),
      [],
    );
    updateGates(underlying, [], at);
    return issueLeases(initLeaseDesk(), [], leaseVerdicts(r.state), health, at).find((l) =>
      l.scope.startsWith('svi@'),
    )!;
  };
  assert.deepEqual([leaseAt(1).state, leaseAt(1.1).multiplier], ['WIDEN', 2]);
  const second = leaseAt(11);
  assert.deepEqual([second.state, second.reasons], ['WIDEN', ['re-entry-1.5x']]);
  assert.ok(second.multiplier! >= 1.5 && second.multiplier! < 2, String(second.multiplier));
  assert.equal(leaseAt(16).state, 'OK');
});

test('a model that ten batches contradict and nothing replaces may be hedged with and not quoted on, until a refit is proved', () => {
  const r = run({}, false);
  r.push(listing(EXPIRY));
  const { models } = r.state.underlyings.get('deribit:BTC')!.expiries[0];
  const second = (i: number, level: number): void =>
    void r.push(quotes(EXPIRY, { at: START + 1000 * i, level: level + 1e-4 * (i % 3) }));
  let i = 0;
  for (; i < 12; i++) {
    second(i, 0.5);
    if (models[0].pending !== null) r.push([answerOf(r.jobs.at(-1)!, START + 1000 * i)]);
  }
  assert.equal(models[0].gate.state, 'OK');
  const asked = r.jobs.length;
  for (; i < 20; i++) second(i, 0.54);
  assert.equal(models[0].gate.state, 'WIDEN', 'a move of the market');
  for (; i < 26; i++) second(i, 0.54);
  assert.deepEqual([models[0].gate.state, models[0].gate.reasons], ['HEDGE_ONLY', ['contradicted']]);
  assert.ok(r.jobs.length > asked, 'a refit was asked for and never came');
  r.push([answerOf(r.jobs.at(-1)!, START + 1000 * i)]);
  for (const end = i + 4; i < end; i++) second(i, 0.54);
  assert.equal(models[0].gate.state, 'OK', 'it has followed, and that is proved');
  assert.ok([...r.state.underlyings.get('deribit:BTC')!.incidents.open.values()].some((x) => x.cause === 'level-move' && x.verified)); // prettier-ignore
});
