/** Bands under stress: held or frozen, they grow with the square root of age, ten times as fast in variance; quotes come back in stages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leaseVerdicts } from '../../src/engine/lease-verdicts.ts';
import { updateGates } from '../../src/engine/gates.ts';
import type { LoopState } from '../../src/policy/loop.ts';
import { initLeaseDesk, issueLeases, type DeskHealth } from '../../src/policy/lease-desk.ts';
import { hasQuorum, initLately, updateLately, type Seen } from '../../src/policy/quorum.ts';
import type { ModelTrack } from '../../src/engine/state.ts';
import type { Lease } from '../../src/policy/lease.ts';
import { answerOf, expiryIn, listing, quotes, run, snapshotEnd, SPOT, START, type Run } from './synthetic-market.ts';

const EXPIRY = expiryIn(30);
const HOUR = 3_600_000;
const DAY = '2026-02-04';
/** A level that the model before it misses by two to four standard errors. */
const MOVED = 0.512;
const strikeOf = (symbol: string): number => Number(symbol.split('-').at(-2));

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

/** A stream of one expiry, answered for twelve seconds and not after: its champion, and what sends the next second. */
function unanswered(): { readonly r: Run; readonly track: ModelTrack; readonly second: (level: number) => void } {
  const r = run({}, false);
  r.push(listing(EXPIRY));
  const [track] = r.state.underlyings.get('deribit:BTC')!.expiries[0].models;
  let i = 0;
  const second = (level: number): void => {
    r.push(quotes(EXPIRY, { at: START + 1000 * i, level: level + 1e-4 * (i % 3) }));
    i++;
  };
  for (let n = 0; n < 12; n++) {
    second(0.5);
    if (track.pending !== null) r.push([answerOf(r.jobs.at(-1)!, START + 1000 * (i - 1))]);
  }
  return { r, track, second };
}

test('a model that ten batches contradict and nothing replaces may be hedged with and not quoted on, until a refit is proved', () => {
  const { r, track, second } = unanswered();
  assert.equal(track.gate.state, 'OK');
  const asked = r.jobs.length;
  const seconds = (n: number): void => {
    for (let i = 0; i < n; i++) second(MOVED);
  };
  seconds(8);
  assert.ok(track.pz > 2 && track.pz < 4, String(track.pz));
  assert.equal(track.gate.state, 'WIDEN', 'a move of the market');
  seconds(6);
  assert.deepEqual([track.gate.state, track.gate.reasons], ['HEDGE_ONLY', ['contradicted']]);
  assert.ok(r.jobs.length > asked, 'a refit was asked for and never came');
  r.push([answerOf(r.jobs.at(-1)!, START + 1000 * 26)]);
  seconds(3);
  assert.equal(track.gate.state, 'OK', 'it has followed, and that is proved');
  assert.ok([...r.state.underlyings.get('deribit:BTC')!.incidents.open.values()].some((x) => x.cause === 'level-move' && x.verified)); // prettier-ignore
});

test('one batch that the model does not explain widens before anything is named; a miss beyond what widening covers ends quoting', () => {
  const { r, track, second } = unanswered();
  const health: DeskHealth = { dataAgeMs: () => 0, feed: () => 'live', platform: () => 'open', loopLagMs: 0 };
  const lease = (): Lease =>
    issueLeases(initLeaseDesk(), [], leaseVerdicts(r.state), health, START).find((l) => l.scope === `svi@deribit:BTC:${DAY}`)!; // prettier-ignore
  assert.deepEqual([lease().state, lease().multiplier], ['OK', 1]);
  // A batch closes when the next one begins.
  second(MOVED);
  second(MOVED);
  const { open } = r.state.underlyings.get('deribit:BTC')!.incidents;
  assert.equal(open.size, 0, 'nothing is named yet');
  assert.deepEqual([track.gate.state, track.gate.reasons], ['WIDEN', ['suspected']]);
  assert.ok(lease().multiplier! >= track.pz && track.pz > 2, `${lease().multiplier} covers ${track.pz}`);
  second(0.54);
  second(0.54);
  assert.ok(track.pz > 4, String(track.pz));
  assert.deepEqual([track.gate.state, track.gate.reasons], ['HEDGE_ONLY', ['contradicted']]);
  assert.deepEqual([lease().state, lease().multiplier], ['HEDGE_ONLY', null]);
});

test('quotes on one side of the forward alone place nothing at the money: three batches of them end quoting, one with both restores it', () => {
  const { r, track } = unanswered();
  let i = 12;
  const second = (above: number): void => {
    const all = quotes(EXPIRY, { at: START + 1000 * i++, level: 0.5 + 1e-4 * (i % 3) });
    r.push(all.map((q) => (strikeOf(q.symbol) > above ? q : { ...q, bid: null, ask: null })));
    if (track.pending !== null) r.push([answerOf(r.jobs.at(-1)!, START + 1000 * (i - 1))]);
  };
  // One strike after the other, slowly: nobody misses them.
  for (const share of [0.75, 0.8, 0.84, 0.88, 0.91, 0.94, 0.96, 0.98])
    for (let n = 0; n < 15; n++) second(share * SPOT);
  assert.deepEqual([track.gate.state, ...track.gate.reasons], ['OK']);
  for (let n = 0; n < 3; n++) second(SPOT);
  assert.ok(!track.gate.reasons.includes('forward-unquoted'), 'two batches are not enough');
  second(SPOT);
  assert.deepEqual([track.gate.state, ...track.gate.reasons], ['HEDGE_ONLY', 'forward-unquoted']);
  second(0.98 * SPOT);
  second(0.98 * SPOT);
  assert.ok(!track.gate.reasons.includes('forward-unquoted'), track.gate.reasons.join());
});

test('the quorum under stress: eight quotes or what is usual, more after it was lost, and after ten minutes what is usual now', () => {
  const seen = (twoSided: number, coverage: number): Seen => ({ twoSided, used: twoSided, coverage });
  const calm = { twoSided: 40, coverage: 10 };
  const none = initLately();
  assert.ok(hasQuorum(seen(8, 6), calm, none, false));
  assert.ok(!hasQuorum(seen(7, 6), calm, none, false), 'too few');
  assert.ok(!hasQuorum(seen(8, 5.9), calm, none, false), 'too little vega');
  assert.ok(!hasQuorum(seen(9, 8), calm, none, true) && !hasQuorum(seen(10, 7.4), calm, none, true), 'a quarter more');
  assert.ok(hasQuorum(seen(10, 7.5), calm, none, true));
  const child = { twoSided: 7, coverage: 5 };
  assert.ok(hasQuorum(seen(5, 4), child, none, false), 'a slice that never has eight');
  assert.ok(!hasQuorum(seen(4, 4), child, none, false));
  assert.ok(hasQuorum(seen(6, 4), child, none, true), 'and can get back what it lost');
  assert.ok(!hasQuorum(seen(2, 5), { twoSided: 2, coverage: 1 }, none, false), 'two quotes place no level');
  assert.ok(!hasQuorum({ twoSided: 20, used: 0, coverage: 0 }, { twoSided: NaN, coverage: NaN }, none, false), 'none usable'); // prettier-ignore
  assert.ok(hasQuorum(seen(8, 1), { twoSided: NaN, coverage: NaN }, none, false), 'nothing known: the count decides');
  const lately = initLately();
  for (let s = 0; s < 600; s++) {
    updateLately(lately, seen(6, 2), START + 1000 * s);
    if (s === 500) assert.ok(!hasQuorum(seen(6, 2), calm, lately, true), 'not before ten minutes');
  }
  assert.ok(hasQuorum(seen(6, 2), calm, lately, true), 'a market that stays thin is the market there is');
  assert.ok(
    !hasQuorum(seen(4, 2), calm, lately, true) && !hasQuorum(seen(6, 1.4), calm, lately, true),
    'but no thinner',
  );
  assert.ok(hasQuorum(seen(8, 6), { twoSided: 12, coverage: 9 }, lately, false) && !hasQuorum(seen(2, 9), calm, lately, false)); // prettier-ignore
});
