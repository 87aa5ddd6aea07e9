/** Every incident ends with a verdict: a rule's when it ends by itself, a person's over any rule; both feed the precision figure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deserialize, serialize } from 'node:v8';
import type { EngineState } from '../../src/engine/state.ts';
import { step } from '../../src/engine/step.ts';
import type { MarketEvent, OperatorEvent } from '../../src/market/event.ts';
import type { VerdictRecord } from '../../src/model/record.ts';
import { carriedOver } from '../../src/policy/oversight.ts';
import {
  giveVerdict,
  initVerdictBook,
  judgeByRule,
  precisionOf,
  precisionTable,
  VERDICTS_KEPT,
  type VerdictFacts,
} from '../../src/policy/verdict.ts';
import { answerOf, expiryIn, listing, quotes, run, snapshotEnd, SPOT, START, type Run } from './synthetic-market.ts';

const NEAR = expiryIn(4);
const FAR = expiryIn(30);
const HOUR = 3_600_000;

const FACTS: VerdictFacts = {
  cause: 'wrong-forward',
  kind: 'data',
  openSeconds: 60,
  repeated: false,
  alive: true,
  verified: false,
  lineReported: false,
  refitted: false,
  endPz: 1,
  peakPz: 1,
};
const ruled = (over: Partial<VerdictFacts>): string => judgeByRule({ ...FACTS, ...over });

test('each rule rests on something the alarm did not use, and the first that applies decides', () => {
  assert.equal(ruled({}), 'nothing-confirmed-it');
  assert.equal(ruled({ repeated: true, verified: true }), 'same-cause-wider');
  assert.equal(ruled({ alive: false, endPz: NaN }), 'scope-ended');
  const move = { cause: 'level-move', kind: 'market', endPz: 3 } as const;
  assert.equal(ruled({ ...move, verified: true }), 'refit-verified');
  assert.equal(ruled({ verified: true }), 'nothing-confirmed-it', 'a refit proves no fault of the data');
  const wider = { cause: 'liquidity-contraction', kind: 'market', verified: true } as const;
  assert.equal(ruled(wider), 'nothing-confirmed-it', 'nor that spreads had widened');
  assert.equal(ruled({ cause: 'gap', lineReported: true }), 'line-reported-it');
  assert.equal(ruled({ lineReported: true }), 'nothing-confirmed-it', 'a lost line does not make a forward wrong');
  assert.equal(ruled({ peakPz: 5 }), 'old-fit-right-again');
  assert.equal(
    ruled({ peakPz: 5, refitted: true }),
    'nothing-confirmed-it',
    'a new fit says nothing about the old one',
  );
  assert.equal(ruled({ peakPz: 9, endPz: 5 }), 'data-stayed-there');
  assert.equal(ruled({ peakPz: 9, endPz: 5, openSeconds: 601 }), 'nothing-confirmed-it', 'the market had time to move');
  assert.equal(ruled({ ...move, endPz: 1.2 }), 'old-fit-still-right');
  assert.equal(ruled({ ...move, endPz: 1.2, refitted: true }), 'nothing-confirmed-it');
  assert.equal(ruled({ cause: 'liquidity-contraction', kind: 'market' }), 'nothing-confirmed-it');
  assert.equal(ruled({ ...move, endPz: NaN }), 'nothing-confirmed-it', 'nothing was scored');
});

test("precision: Wilson's interval, nothing from nothing, duplicates and unclear left out", () => {
  // By hand: of 10, 8 right -> 0.490 .. 0.943; of 5, none right -> 0 .. 0.434.
  const eight = precisionOf(8, 2);
  assert.ok(Math.abs(eight.low! - 0.4901625) < 1e-6 && Math.abs(eight.high! - 0.9433178) < 1e-6, JSON.stringify(eight));
  const none = precisionOf(0, 5);
  assert.ok(none.low === 0 && Math.abs(none.high! - 0.4344825) < 1e-6, JSON.stringify(none));
  assert.deepEqual(precisionOf(0, 0), { precision: null, low: null, high: null });
  const book = initVerdictBook();
  const give = (incident: string, verdict: 'true' | 'false' | 'duplicate' | 'unclear', byRule = false): void =>
    giveVerdict(book, {
      incident, cause: 'gap', scope: 's', verdict, by: byRule ? 'rule' : 'rita', rule: byRule ? 'line-reported-it' : null, note: '', at: 1, endedAt: 1,
    }); // prettier-ignore
  give('i-1', 'true', true);
  give('i-2', 'true', true);
  give('i-3', 'duplicate');
  give('i-4', 'unclear');
  give('i-2', 'false');
  const [all, gap] = precisionTable(book);
  assert.deepEqual([all.cause, gap.cause, gap.rules, gap.people], [
    'all', 'gap', { true: 1, false: 0, duplicate: 0, unclear: 0 }, { true: 0, false: 1, duplicate: 1, unclear: 1 },
  ]); // prettier-ignore
  assert.deepEqual([gap.overall.precision, gap.byPeople.precision, all.overall.precision], [0.5, 0, 0.5]);
  for (let i = 0; i < VERDICTS_KEPT + 10; i++) give(`n-${i}`, 'true');
  assert.equal(book.given.size, VERDICTS_KEPT, 'those that can be corrected are bounded');
  assert.equal(precisionTable(book)[1].people.true, VERDICTS_KEPT + 10, 'the counts are not');
});

/** Snapshots an hour apart; in those of `bad` the near expiry's published forward is two per cent off. */
function snapshots(r: Run, from: number, to: number, bad: readonly number[]): void {
  for (let i = from; i < to; i++) {
    const at = START + i * HOUR;
    const published = bad.includes(i) ? SPOT * 1.02 : undefined;
    r.push([...quotes(NEAR, { at, published }), ...quotes(FAR, { at }), snapshotEnd(at)]);
  }
}

function begun(): Run {
  const r = run();
  r.push([...listing(NEAR), ...listing(FAR)]);
  return r;
}

const verdicts = (r: { records: Run['records'] }): VerdictRecord[] =>
  r.records.filter((x): x is VerdictRecord => x.type === 'verdict');
const says = (at: number, target: string, verdict: OperatorEvent['verdict'], note = 'seen on the screen'): MarketEvent => ({
  type: 'operator', at, receivedAt: at, actor: 'rita', action: 'verdict', target, note, until: null, verdict,
}); // prettier-ignore

test('an incident that ends by itself is judged by a rule that is named; a person corrects it, in the counts too', () => {
  const r = begun();
  snapshots(r, 0, 6, [4]);
  const [first] = verdicts(r);
  const opened = r.records.find((x) => x.type === 'incident')!;
  assert.deepEqual(
    [first.incident, first.cause, first.by, first.automatic, first.rule !== null],
    [(opened as { id: string }).id, 'wrong-forward', 'rule', true, true],
  );
  const table = (): unknown => precisionTable(r.state.oversight.verdicts)[1];
  r.push([says(START + 6 * HOUR, first.incident, 'true')]);
  const [, second] = verdicts(r);
  assert.deepEqual(
    [second.verdict, second.by, second.automatic, second.rule, second.note],
    ['true', 'rita', false, null, 'seen on the screen'],
  );
  assert.deepEqual(table(), {
    cause: 'wrong-forward',
    people: { true: 1, false: 0, duplicate: 0, unclear: 0 },
    rules: { true: 0, false: 0, duplicate: 0, unclear: 0 },
    byPeople: precisionOf(1, 0),
    overall: precisionOf(1, 0),
  });
  r.push([says(START + 6 * HOUR, 'deribit:BTC-99', 'true'), says(START + 6 * HOUR, first.incident, undefined)]);
  assert.equal(verdicts(r).length, 2);
  assert.equal(r.state.counts.refused.get('verdict-unknown-incident'), 1);
  assert.equal(r.state.counts.refused.get('verdict-missing'), 1);
});

test("a person's verdict on an open incident stands when it ends; what comes back within ten minutes is a duplicate", () => {
  const r = begun();
  snapshots(r, 0, 5, [4]);
  const open = [...r.state.underlyings.get('deribit:BTC')!.incidents.open.values()][0];
  r.push([says(START + 4 * HOUR + 1, open.id, 'false')]);
  snapshots(r, 5, 6, []);
  assert.deepEqual(verdicts(r).map((v) => [v.verdict, v.by]), [['false', 'rita']]); // prettier-ignore
  const given = r.state.oversight.verdicts.given.get(open.id)!;
  assert.equal(given.endedAt, START + 5 * HOUR);
  // Ten minutes after the end it is there again, and gone a snapshot later.
  const at = START + 5 * HOUR + 600_000;
  r.push([...quotes(NEAR, { at, published: SPOT * 1.02 }), ...quotes(FAR, { at }), snapshotEnd(at)]);
  snapshots(r, 6, 8, []);
  const last = verdicts(r).at(-1)!;
  assert.deepEqual([last.verdict, last.rule], ['duplicate', 'same-cause-wider']);
});

test('orders and verdicts are in the state that a checkpoint holds, and give the same records from there', () => {
  const r = begun();
  snapshots(r, 0, 6, [4]);
  const at = START + 5 * HOUR;
  const act = (action: OperatorEvent['action'], target: string, until: number | null = null): MarketEvent => ({
    type: 'operator', at, receivedAt: at, actor: 'rita', action, target, note: 'known', until,
  }); // prettier-ignore
  r.push([
    act('override', 'svi@deribit:BTC:2026-01-09', at + 600_000),
    act('silence', 'cause=level-move', at + 7 * HOUR),
    act('manual', 'deribit:BTC:2026-01-09'),
    act('acknowledge', verdicts(r)[0].incident),
    act('override', 'nonsense', at + 600_000),
    act('silence', 'kind=gate', at + 600_000),
  ]);
  assert.equal(r.state.counts.refused.get('operator-override-refused'), 1);
  assert.equal(r.state.counts.refused.get('operator-silence-refused'), 1, 'nothing silences the gate');
  const copy = deserialize(serialize(r.state)) as EngineState;
  assert.deepEqual(copy.oversight, r.state.oversight);
  assert.deepEqual([...copy.oversight.overrides.keys()], ['svi@deribit:BTC:2026-01-09']);
  const near = copy.underlyings.get('deribit:BTC')!.expiries[0];
  assert.equal(near.loop.machine.state, 'MANUAL');
  const before = r.records.length;
  const again: unknown[] = [];
  const one = (event: MarketEvent): void => {
    const effects = step(copy, event);
    for (const effect of effects) if (effect.type === 'record') again.push(effect.record);
    for (const effect of effects) if (effect.type !== 'record') one(answerOf(effect.job));
  };
  const events = [6, 7, 8].flatMap((i): MarketEvent[] => {
    const t = START + i * HOUR;
    return [...quotes(NEAR, { at: t, published: i === 6 ? SPOT * 1.02 : undefined }), ...quotes(FAR, { at: t }), snapshotEnd(t)];
  }); // prettier-ignore
  r.push(events);
  for (const event of events) one(event);
  assert.ok(again.some((x) => (x as { type: string }).type === 'verdict'));
  assert.deepEqual(again, r.records.slice(before));
  const carried = carriedOver(copy.oversight);
  assert.deepEqual([...carried.silences.keys()], ['s-1'], 'another configuration takes the orders over');
  assert.equal(carried.acknowledged.size, 0, 'but not what hangs on the numbers of incidents');
  r.push([{ ...act('resume', 's-1'), at: at + 4 * HOUR, receivedAt: at + 4 * HOUR }]);
  assert.deepEqual([r.state.oversight.silences.size, r.state.oversight.overrides.size], [0, 0], 'ended, and lapsed');
});
