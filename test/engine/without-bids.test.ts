/** A market in which nobody bids from its first quote on: nothing is unusual in it, so no incident opens, and the leases say why nothing serves (SYNTHETIC). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leaseVerdicts } from '../../src/engine/lease-verdicts.ts';
import { initLeaseDesk, issueLeases, type DeskHealth } from '../../src/policy/lease-desk.ts';
import { expiryIn, listing, quotes, run, START } from './synthetic-market.ts';

const LIVE: DeskHealth = { dataAgeMs: () => 100, feed: () => 'live', platform: () => 'open', loopLagMs: 1 };

test('all bids are missing from the first snapshot on: every lease is a verdict with its reason, not a warm-up', () => {
  const r = run();
  r.push(listing(expiryIn(18)));
  for (let i = 0; i < 20; i++) {
    const at = START + i * 1_000 + 300;
    r.push(quotes(expiryIn(18), { at, level: 0.5 }).map((q) => ({ ...q, bid: null, bidSize: null })));
    const close = START + i * 1_000 + 1_500;
    r.push([{ type: 'timer', at: close, receivedAt: close }]);
  }
  const leases = issueLeases(initLeaseDesk(), [], leaseVerdicts(r.state), LIVE, START + 21_000);
  const said = leases.filter((l) => l.scope.startsWith('svi@')).map((l) => [l.state, l.standing, l.reasons.join()]);
  assert.deepEqual(said, [['DO_NOT_USE', 'verdict', 'no-quotes']]);
});
