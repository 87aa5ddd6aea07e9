/** What was fitted to the batches that a data fault makes suspect is taken back, and what served before serves again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leaseVerdicts } from '../../src/engine/lease-verdicts.ts';
import { expiryIn, listing, quotes, run, SPOT, START, type Run } from './synthetic-market.ts';

const NEAR = expiryIn(4);
const [NEAR_KEY, FAR_KEY] = ['deribit:BTC:2026-01-09', 'deribit:BTC:2026-02-04'];
const EXPIRIES = [NEAR, expiryIn(11), expiryIn(30)];
const SVI = `svi@${NEAR_KEY}`;

/** A batch a second; the near expiry's published forward is off by 0.4 % in the seconds of `bad`. */
function stream(r: Run, from: number, to: number, bad: (second: number) => boolean): void {
  for (let i = from; i < to; i++) {
    const at = START + i * 1_000 + 300;
    const level = 0.5 + 0.0004 * (((i * 7) % 5) - 2);
    for (const expiry of EXPIRIES)
      r.push(quotes(expiry, { at, level, published: expiry === NEAR && bad(i) ? SPOT * 1.004 : undefined }));
    const close = START + i * 1_000 + 1_500;
    r.push([{ type: 'timer', at: close, receivedAt: close }]);
  }
}

/** Times of the data behind the versions of the near expiry's smile, s after the start. */
const versions = (r: Run): number[] =>
  r.state.underlyings.get('deribit:BTC')!.expiries[0].models[0].versions.map((v) => (v.fit.at - START) / 1_000);
const withdrawn = (r: Run): string[] =>
  r.records.flatMap((x) => (x.type === 'action' && x.kind === 'withdraw' ? [`${x.scope} ${x.outcome}`] : []));
const leased = (r: Run, scope: string): { modelId: string | null; asOf: number | null } =>
  leaseVerdicts(r.state).find((v) => v.scope === scope)!;

function begun(): Run {
  const r = run();
  r.push(EXPIRIES.flatMap((e) => listing(e)));
  return r;
}

test('a refit on the first bad batch goes live, and is taken back when the fault is named: the older fit serves and is leased', () => {
  const r = begun();
  stream(r, 0, 40, () => false);
  const before = versions(r);
  const far = leased(r, `svi@${FAR_KEY}`).modelId;
  const at = START + 40_000;
  r.push([{ type: 'operator', at, receivedAt: at, actor: 'rita', action: 'refit', target: NEAR_KEY, note: '', until: null }]); // prettier-ignore
  stream(r, 40, 41, () => true);
  assert.deepEqual(versions(r), [...before, 41], 'nothing is known yet: the fit on the bad batch is live');
  stream(r, 41, 44, () => true);
  assert.deepEqual(withdrawn(r), [`${NEAR_KEY} svi: 1 fitted to suspect batches`]);
  assert.deepEqual(versions(r), before);
  const { modelId, asOf } = leased(r, SVI);
  assert.equal(asOf, START + before.at(-1)! * 1_000, 'the lease speaks of the older fit');
  assert.ok(r.records.some((x) => x.type === 'calibration' && x.id === modelId && x.status === 'accepted'));
  assert.equal(leased(r, `svi@${FAR_KEY}`).modelId, far, 'another expiry keeps its own');
});

test('without an older version the suspect one stays, and its gate is shut', () => {
  const r = begun();
  stream(r, 0, 7, (second) => second >= 3);
  const gates = r.records.flatMap((x) => (x.type === 'gate' && x.scope === SVI ? [x.state] : []));
  assert.ok(r.records.some((x) => x.type === 'incident' && x.scope === NEAR_KEY && x.state === 'open'));
  assert.deepEqual([versions(r), withdrawn(r), gates.at(-1)], [[1], [], 'DO_NOT_USE']);
});
