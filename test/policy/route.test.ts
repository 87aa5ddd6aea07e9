/** Alerts as timelines: what is reported when, and what each receiver hears when. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OperatorEvent } from '../../src/market/event.ts';
import type { GateRecord, IncidentRecord } from '../../src/model/record.ts';
import { applySilence, initOversight } from '../../src/policy/oversight.ts';
import { advanceRouter, noteAcknowledgement, noteRecord, noteSilences } from '../../src/policy/route.ts';
import { initRouter, type RouterConfig, type RouterState } from '../../src/policy/router-state.ts';
import type { Notification } from '../../src/policy/notification.ts';

const T0 = Date.UTC(2026, 1, 5, 21);
const CONFIG: RouterConfig = {
  run: 'r',
  rules: [
    { match: { kind: 'data' }, receiver: 'feeds', continue: false },
    { match: { kind: 'gate', severity: 'warning' }, receiver: 'desk', continue: true },
    { match: { severity: 'warning' }, receiver: 'quants', continue: false },
  ],
  groupBy: ['underlying'],
  groupWaitMs: 30_000,
  groupIntervalMs: 300_000,
  repeatMs: 3_600_000,
  heartbeat: null,
  gateModels: ['svi'],
  stamp: null,
};
const MARCH = 'deribit:BTC:2026-03-27';
const JUNE = 'deribit:BTC:2026-06-26';

/** A router with a clock in seconds after T0 and a memory of what was told. */
class Timeline {
  readonly oversight = initOversight();
  readonly state: RouterState;
  readonly told: string[] = [];
  readonly all: Notification[] = [];
  private now = 0;
  private incidents = 0;

  constructor(config: Partial<RouterConfig> = {}) {
    this.state = initRouter({ ...CONFIG, ...config });
  }
  /** Runs second by second to `seconds`. */
  to(seconds: number): this {
    for (; this.now <= seconds; this.now++)
      for (const n of advanceRouter(this.state, T0 + this.now * 1_000)) {
        this.all.push(n);
        const names = (alerts: typeof n.firing): string => alerts.map((a) => `${a.cause}/${a.scopes.length}`).join('+');
        const hidden = n.hidden.length === 0 ? '' : ` (${n.hidden.map((h) => h.because).join()})`;
        this.told.push(`${this.now} ${n.receiver} ${n.reason}: ${names(n.firing)} -${names(n.resolved)}${hidden}`);
      }
    return this;
  }
  incident(
    cause: string,
    scope: string,
    state: IncidentRecord['state'] = 'open',
    severity: IncidentRecord['severity'] = 'warning',
  ): this {
    const id = `i-${++this.incidents}`;
    const at = T0 + this.now * 1_000;
    noteRecord(
      this.state,
      { type: 'incident', id, at: '', state, cause, severity, scope, evidence: { n: this.incidents } },
      at,
    );
    return this;
  }
  gate(scope: string, state: GateRecord['state'], model = 'svi'): this {
    noteRecord(
      this.state,
      { type: 'gate', at: '', scope: `${model}@${scope}`, state, reasons: ['x'] },
      T0 + this.now * 1_000,
    );
    return this;
  }
  operator(
    action: OperatorEvent['action'],
    target: string,
    forSeconds: number | null = null,
    note = 'known',
  ): string | null {
    const at = T0 + this.now * 1_000;
    const until = forSeconds === null ? null : at + forSeconds * 1_000;
    if (action === 'acknowledge') return noteAcknowledgement(this.state, target, { by: 'rita', at });
    const event: OperatorEvent = { type: 'operator', at, receivedAt: at, actor: 'rita', action, target, note, until };
    const refused = applySilence(this.oversight, event);
    noteSilences(this.state, this.oversight.silences, at);
    return refused;
  }
}

test('a group gathers before it is told, tells news no faster than its interval, and the end of all', () => {
  const line = new Timeline().incident('frozen-model', MARCH).to(10).incident('frozen-model', JUNE).to(40);
  assert.deepEqual(line.told, ['30 quants first: frozen-model/2 -']);
  line.incident('local-minimum', MARCH).to(329);
  assert.equal(line.told.length, 1, 'within the interval');
  line.to(400).incident('frozen-model', MARCH, 'resolved').incident('frozen-model', JUNE, 'resolved').to(450);
  line.incident('local-minimum', MARCH, 'resolved').to(500);
  assert.deepEqual(line.told.slice(1), [
    '330 quants new-alerts: frozen-model/2+local-minimum/1 -',
    '431 quants resolved: local-minimum/1 -frozen-model/1',
    '481 quants resolved:  -local-minimum/1',
  ]);
  assert.deepEqual([line.state.alerts.size, line.state.groups.size], [0, 0], 'and everything is forgotten');
});

test('critical alerts wait for nobody, neither first nor in between', () => {
  const line = new Timeline().to(5).incident('stale-feed', 'deribit:BTC', 'open', 'critical').to(20);
  line.incident('fat-finger', MARCH).to(60).incident('fat-finger', MARCH, 'updated', 'critical').to(70);
  assert.deepEqual(line.told, [
    '6 feeds first: stale-feed/1 -',
    '61 feeds new-alerts: stale-feed/1+fat-finger/1 -',
  ]); // prettier-ignore
  line.incident('gap', MARCH).to(400).incident('gap', MARCH, 'updated', 'critical').to(410);
  assert.deepEqual(line.told.slice(2), [
    '361 feeds new-alerts: stale-feed/1+fat-finger/1+gap/1 -',
    '401 feeds graver: stale-feed/1+fat-finger/1+gap/1 -',
  ]); // prettier-ignore
});

test('the same cause on one underlying is one alert; reports that say nothing new are counted, not told', () => {
  const line = new Timeline().incident('frozen-model', MARCH).to(40);
  for (let i = 0; i < 5; i++) line.incident('frozen-model', MARCH, 'updated');
  line.to(1_000);
  assert.equal(line.told.length, 1);
  assert.equal(line.state.counts.get('duplicate'), 5);
  assert.deepEqual(line.all[0].firing[0].evidence, { n: 1 });
  line.incident('frozen-model', 'deribit:ETH:2026-03-27').to(1_100);
  assert.equal(line.told.at(-1), '1031 quants first: frozen-model/1 -', 'another underlying is another alert');
});

test('what comes and goes before it is told is never told; what flickers after it was told is told once', () => {
  const line = new Timeline().incident('frozen-model', MARCH).to(10).incident('frozen-model', MARCH, 'resolved').to(60);
  assert.deepEqual([line.told, line.state.alerts.size], [[], 0]);
  line.incident('frozen-model', MARCH).to(100);
  for (let s = 110; s < 300; s += 20)
    line
      .incident('frozen-model', MARCH, 'resolved')
      .to(s)
      .incident('frozen-model', MARCH)
      .to(s + 10);
  assert.deepEqual(line.told, ['91 quants first: frozen-model/1 -']);
});

test('a fault in the data hides the model alarms within its scope, not beside it, and lets them out when it ends', () => {
  const line = new Timeline().incident('wrong-forward', MARCH).incident('frozen-model', MARCH).to(200);
  assert.deepEqual(line.told, ['30 feeds first: wrong-forward/1 -']);
  line.incident('model-misspecified', JUNE).to(300);
  assert.equal(line.told.at(-1), '231 quants first: model-misspecified/1 - (inhibited by wrong-forward|deribit:BTC)');
  line.incident('wrong-forward', MARCH, 'resolved').to(700);
  assert.deepEqual(line.told.slice(2), [
    '331 feeds resolved:  -wrong-forward/1',
    '531 quants new-alerts: frozen-model/1+model-misspecified/1 -',
  ]); // prettier-ignore
  const partly = new Timeline()
    .incident('wrong-forward', MARCH)
    .incident('frozen-model', MARCH)
    .incident('frozen-model', JUNE);
  assert.ok(partly.to(60).told.includes('30 quants first: frozen-model/2 -'), 'one scope is unexplained');
  const wide = new Timeline().incident('stale-feed', 'deribit:BTC').incident('frozen-model', JUNE);
  assert.deepEqual(wide.to(60).told, ['30 feeds first: stale-feed/1 -']);
});

test('stress hides drift of its underlying, and never the gate', () => {
  const line = new Timeline().incident('flash-crash', 'deribit:BTC', 'open', 'critical').incident('level-move', MARCH);
  line.gate(MARCH, 'DO_NOT_USE').incident('level-move', 'deribit:ETH:2026-03-27').to(40);
  assert.deepEqual(line.told, [
    '0 quants first: flash-crash/1+gate:svi/1 - (inhibited by flash-crash|deribit:BTC)',
    '30 desk first: gate:svi/1 -',
    '30 quants first: level-move/1 -',
  ]);
});

test('the gate: WIDEN is nothing to wake for, shutting is, many scopes at once is critical, other models are unheard', () => {
  const line = new Timeline().gate(MARCH, 'WIDEN').gate(JUNE, 'DO_NOT_USE', 'venue-mark').to(100);
  assert.deepEqual(line.told, []);
  line.gate(MARCH, 'DO_NOT_USE').to(140);
  assert.deepEqual(line.told, ['131 desk first: gate:svi/1 -', '131 quants first: gate:svi/1 -']);
  line.gate(JUNE, 'HEDGE_ONLY').gate('deribit:BTC:2026-09-25', 'DO_NOT_USE').to(145);
  assert.deepEqual(line.told.slice(2), ['141 desk graver: gate:svi/3 -', '141 quants graver: gate:svi/3 -']);
  assert.deepEqual(line.all.at(-1)!.firing[0].evidence, { state: 'DO_NOT_USE', reasons: ['x'] });
});

test('a silence hides what it matches until it lapses; nothing can silence gate or override', () => {
  const line = new Timeline();
  assert.equal(line.operator('silence', 'cause=frozen-model,underlying=deribit:BTC', 600), null);
  line.incident('frozen-model', MARCH).incident('frozen-model', 'deribit:ETH:2026-03-27').to(500);
  assert.deepEqual(line.told, ['30 quants first: frozen-model/1 -']);
  assert.equal(line.all[0].group['underlying'], 'deribit:ETH');
  line.to(700);
  assert.equal(line.told.at(-1), '630 quants first: frozen-model/1 -', 'it still fires when the silence is over');
  assert.equal(line.operator('silence', 'underlying=deribit:SOL', 600), null);
  line.gate('deribit:SOL:2026-03-27', 'DO_NOT_USE').incident('local-minimum', 'deribit:SOL:2026-03-27').to(800);
  assert.match(line.told.at(-1)!, /quants first: gate:svi\/1 - \(silence s-/);
  for (const [target, says] of [
    ['kind=gate', /gate cannot be silenced/],
    ['cause=gate:svi', /gate:svi cannot be silenced/],
    ['kind=override,scope=deribit', /override cannot be silenced/],
    ['colour=red', /target: colour/],
    ['cause=', /no value/],
    ['', /one of kind/],
    ['severity=loud', /severity loud/],
  ] as const)
    assert.match(line.operator('silence', target, 600)!, says);
  assert.match(line.operator('silence', 'kind=model')!, /until/);
  assert.match(line.operator('silence', 'kind=model', 8 * 86_400)!, /at most 7 days/);
  assert.match(line.operator('silence', 'kind=model', 60, '')!, /note/);
});

test('what still fires is repeated, unless somebody took it, and again when it grows graver', () => {
  const line = new Timeline().incident('frozen-model', MARCH).to(3_640);
  assert.equal(line.told.at(-1), '3630 quants repeat: frozen-model/1 -');
  assert.equal(line.operator('acknowledge', 'i-1'), null);
  line.to(20_000);
  assert.equal(line.told.length, 2);
  line.incident('local-minimum', MARCH).to(30_000);
  assert.deepEqual(line.told.slice(2, 4), [
    '20031 quants new-alerts: frozen-model/1+local-minimum/1 -',
    '23631 quants repeat: local-minimum/1 - (acknowledged by rita)',
  ]);
  line.incident('frozen-model', MARCH, 'updated', 'critical').to(30_001);
  assert.equal(line.told.at(-1), '30001 quants graver: frozen-model/1+local-minimum/1 -');
  assert.match(line.operator('acknowledge', 'i-99')!, /nothing that fires/);
  line.gate(MARCH, 'DO_NOT_USE');
  assert.match(line.operator('acknowledge', 'gate:svi|deribit:BTC')!, /cannot be acknowledged/);
});

test('the heart beats whatever happens, also after the clock was set back', () => {
  const beats = { heartbeat: { receiver: 'ops', everyMs: 60_000 } };
  const line = new Timeline(beats).to(200);
  assert.deepEqual(line.told.map((t) => t.split(' ')[0]), ['0', '60', '120', '180']); // prettier-ignore
  assert.deepEqual([line.all[0].everyMs, line.all[0].receiver], [60_000, 'ops']);
  const state = initRouter({ ...CONFIG, ...beats });
  assert.equal(advanceRouter(state, T0).length, 1);
  assert.equal(advanceRouter(state, T0 - 86_400_000).length, 1);
});

test('a flood ends in one alert that says so, and memory stays bounded', () => {
  const line = new Timeline();
  for (let i = 0; i < 2_000; i++) line.incident('fat-finger', `deribit:C${i}:2026-03-27`);
  line.to(0);
  assert.ok(line.state.alerts.size <= 502);
  assert.ok(line.told.includes('0 quants first: alert-overflow/1 -'));
  assert.equal(line.state.counts.get('overflow'), 1_499);
});

test('every identifier is used once and the state is plain data', () => {
  const line = new Timeline().incident('frozen-model', MARCH).to(40).incident('gap', JUNE).to(100);
  assert.equal(new Set(line.all.map((n) => n.id)).size, line.all.length);
  assert.deepEqual(structuredClone(line.state), line.state);
});
