/** Bands under stress: held or frozen, they grow with the square root of age, ten times as fast in variance; quotes come back in stages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leaseVerdicts } from '../../src/engine/lease-verdicts.ts';
import { updateGates } from '../../src/engine/gates.ts';
import type { LoopState } from '../../src/policy/loop.ts';
import { initLeaseDesk, issueLeases, type DeskHealth } from '../../src/policy/lease-desk.ts';
import type { Lease } from '../../src/policy/lease.ts';
import { expiryIn, listing, quotes, run, snapshotEnd, START, type Run } from './synthetic-market.ts';

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
