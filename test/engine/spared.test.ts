/** A fault that a quorum of expiries shows is named on the whole; the gates of those that show nothing of it stay open. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initIncidentBook, updateIncidents, type Incident } from '../../src/policy/incident.ts';
import { isSpared, noteSound } from '../../src/policy/spared.ts';
import { expiryIn, listing, quotes, run, SPOT, START, type Run } from './synthetic-market.ts';

const WHOLE = 'deribit:BTC';
const DAYS = [4, 11, 18, 30];
const KEYS = DAYS.map((d) => `${WHOLE}:${new Date(expiryIn(d)).toISOString().slice(0, 10)}`);

/** A batch a second; from second 30 on the published forwards of the first `bad` expiries are two per cent off. */
function stream(r: Run, from: number, to: number, bad: number): void {
  for (let i = from; i < to; i++) {
    const at = START + i * 1_000 + 300;
    const level = 0.5 + 0.0004 * (((i * 7) % 5) - 2);
    DAYS.forEach((d, k) => {
      r.push(quotes(expiryIn(d), { at, level, published: i >= 30 && k < bad ? SPOT * 1.02 : undefined }));
    });
    const close = START + i * 1_000 + 1_500;
    r.push([{ type: 'timer', at: close, receivedAt: close }]);
  }
}

const gates = (r: Run): string[] =>
  r.state.underlyings.get(WHOLE)!.expiries.map((e) => e.models.find((m) => m.model === 'svi')!.gate.state);

test('three of four forwards are wrong: the whole has the incident, the fourth expiry keeps its gate', () => {
  const r = run();
  r.push(DAYS.flatMap((d) => listing(expiryIn(d))));
  stream(r, 0, 30, 3);
  assert.deepEqual(gates(r), ['OK', 'OK', 'OK', 'OK']);
  stream(r, 30, 40, 3);
  const open = [...r.state.underlyings.get(WHOLE)!.incidents.open.values()].map((i) => `${i.cause} ${i.scope}`);
  assert.ok(open.includes(`wrong-forward ${WHOLE}`), open.join());
  assert.deepEqual(gates(r).slice(0, 3), ['DO_NOT_USE', 'DO_NOT_USE', 'DO_NOT_USE']);
  assert.notEqual(gates(r)[3], 'DO_NOT_USE');
});

test('what is the own of the whole, or rests on signs that no expiry has, spares nobody; nor does one sound close', () => {
  const opened = (cause: string): Incident => {
    const book = initIncidentBook();
    updateIncidents(book, WHOLE, 1, [{ cause, kind: 'data', scope: WHOLE, severity: 'critical', logOdds: 9, evidence: {} }], () => true); // prettier-ignore
    return [...book.open.values()][0];
  };
  const quiet = [{ scope: KEYS[0], signs: new Map() }];
  for (const cause of ['index-dislocation', 'clock-skew', 'venue-outage', 'stale-feed', 'crossed-quotes']) {
    const incident = opened(cause);
    for (let i = 0; i < 9; i++) noteSound(incident, WHOLE, quiet);
    assert.equal(isSpared(incident, KEYS[0]), false, cause);
  }
  const forward = opened('wrong-forward');
  for (let i = 0; i < 2; i++) noteSound(forward, WHOLE, quiet);
  assert.equal(isSpared(forward, KEYS[0]), false);
  noteSound(forward, WHOLE, quiet);
  assert.equal(isSpared(forward, KEYS[0]), true);
  assert.equal(isSpared(forward, KEYS[1]), false, 'an expiry that has not closed has shown nothing either way');
  noteSound(forward, WHOLE, [{ scope: KEYS[0], signs: new Map([['forward-gap', { value: 30, strength: 1 }]]) }]);
  assert.equal(isSpared(forward, KEYS[0]), false, 'and one close that shows it closes it again');
});
