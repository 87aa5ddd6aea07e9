import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Monitor } from '../../dashboard/src/monitor.ts';
import { StreamConnection, type ConnectionState } from '../../dashboard/src/stream-connection.ts';
import { frameBytes } from './frame-bytes.ts';
import { sampleCurve } from './sample-smile.ts';

/** A wire of the test's own with its own clock. */
function wire() {
  const sockets: { sent: Record<string, unknown>[]; closed: boolean; hear: (m: object) => void; drop: (code: number) => void }[] = [];
  const states: ConnectionState[] = [];
  const timers: { at: number; run: () => void; off: boolean }[] = [];
  const texts: unknown[] = [];
  let now = 0;
  const connection = new StreamConnection({
    open: () => {
      const runs: Record<string, (e: never) => void> = {};
      const socket = { sent: [] as Record<string, unknown>[], closed: false, hear: (m: object) => runs['message']({ data: JSON.stringify(m) } as never), drop: (code: number) => runs['close']({ code, reason: '' } as never) };
      sockets.push(socket);
      return {
        binaryType: '',
        addEventListener: (type: string, run: (e: never) => void) => (runs[type] = run),
        send: (text: string) => socket.sent.push(JSON.parse(text) as Record<string, unknown>),
        close: () => (socket.closed = true),
      };
    },
    now: () => now,
    after: (ms, run) => {
      const timer = { at: now + ms, run, off: false };
      timers.push(timer);
      return () => (timer.off = true);
    },
    onText: (m) => texts.push(m),
    onFrame: () => {},
    onState: (s) => states.push(s),
  });
  const pass = (ms: number): void => {
    const end = now + ms;
    for (;;) {
      const next = timers.filter((t) => !t.off && t.at <= end).toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      next.off = true;
      now = next.at;
      next.run();
    }
    now = end;
  };
  return { connection, sockets, states, pass };
} // prettier-ignore

test('after a break it asks to go on behind what it saw, without a reload', () => {
  const { connection, sockets, states, pass } = wire();
  connection.want(['status', 'quotes:deribit:BTC']);
  connection.start();
  sockets[0].hear({ type: 'hello', stream: 's1' });
  assert.deepEqual(sockets[0].sent, [{ op: 'subscribe', topics: ['status', 'quotes:deribit:BTC'] }]);
  sockets[0].hear({ type: 'snapshot', topic: 'status', seq: 4, data: {} });
  connection.saw('quotes:deribit:BTC', 17);
  sockets[0].drop(1006);
  assert.equal(states.at(-1)!.state, 'lost');
  pass(300);
  sockets[1].hear({ type: 'hello', stream: 's2' });
  assert.deepEqual(sockets[1].sent[0]['resume'], { stream: 's1', seq: { status: 4, 'quotes:deribit:BTC': 17 } });
  assert.equal(states.at(-1)!.state, 'live');
});

test('it waits longer each time, at most five seconds, and begins short again once it was heard', () => {
  const { connection, sockets, pass } = wire();
  connection.start();
  const tries = (ms: number): number => {
    const before = sockets.length;
    pass(ms);
    return sockets.length - before;
  };
  for (let i = 0; i < 8; i++) {
    sockets.at(-1)!.drop(1006);
    assert.equal(tries(Math.min(5_000, 250 * 2 ** i) - 1), 0, `try ${i} not early`);
    assert.equal(tries(1), 1, `try ${i} not late`);
  }
  sockets.at(-1)!.hear({ type: 'hello', stream: 's' });
  sockets.at(-1)!.drop(1001);
  assert.equal(tries(250), 1);
});

test('a wire that is silent is dead although it is open; a refusal is not knocked at again', () => {
  const { connection, sockets, states, pass } = wire();
  connection.start();
  sockets[0].hear({ type: 'hello', stream: 's' });
  pass(10_000);
  assert.equal(sockets[0].sent.filter((m) => m['op'] === 'ping').length, 2);
  assert.equal(sockets[0].closed, false);
  pass(5_000);
  assert.equal(sockets[0].closed, true);
  pass(300);
  assert.equal(sockets.length, 2);
  sockets[1].drop(4401);
  pass(60_000);
  assert.equal(sockets.length, 2);
  assert.equal(states.at(-1)!.state, 'refused');
});

test('topics come and go by what is looked at', () => {
  const { connection, sockets } = wire();
  connection.want(['status', 'quotes:a']);
  connection.start();
  sockets[0].hear({ type: 'hello', stream: 's' });
  connection.want(['status', 'quotes:b']);
  assert.deepEqual(sockets[0].sent.slice(1), [{ op: 'unsubscribe', topics: ['quotes:a'] }, { op: 'subscribe', topics: ['quotes:b'] }]); // prettier-ignore
});

const KEY = 'deribit:BTC';
const SCOPE = 'deribit:BTC:2026-03-27';
function monitor() {
  const queue: (() => void)[] = [];
  const m = new Monitor((run) => queue.push(run), () => 0); // prettier-ignore
  m.select(KEY);
  return { m, flush: () => queue.splice(0).forEach((run) => run()) };
}

test('the picture puts curves and quotes together and tells its listeners once a frame', () => {
  const { m, flush } = monitor();
  let told = 0;
  const seen: string[] = [];
  m.listen(['quotes', 'curves'], () => (told++, seen.push(...m.touched)));
  flush();
  told = 0;
  assert.equal(m.picture(SCOPE), null);
  m.text({ type: 'snapshot', topic: `curves:${KEY}`, seq: 1, data: { expiries: [{ scope: SCOPE, expiry: '2026-03-27T08:00:00.000Z', at: '2026-01-01T00:00:00.000Z', years: 0.25, forward: 99, atm_vol: 0.45, curves: [sampleCurve()] }] } }); // prettier-ignore
  m.text({ type: 'layout', topic: `quotes:${KEY}`, seq: 1, layout: 1, data: { scopes: [SCOPE], refusals: [], symbol: ['A'], scope: [0], side: ['call'], strike: [110], contract_size: [1] } }); // prettier-ignore
  const bytes = frameBytes({ topic: `quotes:${KEY}`, seq: 2, type: 'snapshot', layout: 1, at: 0, scopes: [{ forward: 100, atm_vol: 0.45, years: 0.24 }] }, { row: [0], k: [0.1], refused: [0] }); // prettier-ignore
  m.frame(bytes);
  flush();
  assert.equal(told, 1);
  assert.deepEqual(seen, [SCOPE]);
  const picture = m.picture(SCOPE)!;
  assert.equal(picture.forward, 100, 'the newest forward is the frame of quotes');
  assert.ok(Math.abs(picture.quotes[0].model - (0.45 - 0.01 + 0.008)) < 1e-6);
});

test('a frame that cannot be used is reported, never half taken in; another underlying forgets', () => {
  const { m } = monitor();
  const broken: string[] = [];
  m.onBroken = (topic) => broken.push(topic);
  m.frame(new ArrayBuffer(3));
  m.frame(frameBytes({ topic: `quotes:${KEY}`, seq: 2, type: 'delta', layout: 9, at: 0, scopes: [] }, { row: [0] }));
  assert.deepEqual(broken, [`quotes:${KEY}`, `quotes:${KEY}`]);
  m.frame(
    frameBytes({ topic: 'quotes:deribit:ETH', seq: 2, type: 'delta', layout: 9, at: 0, scopes: [] }, { row: [0] }),
  );
  assert.equal(broken.length, 2, 'a late frame of what was looked at before is nobody’s trouble');
});

test('an expiry that is over is gone from the picture, and what was held of it too', () => {
  const { m } = monitor();
  const expiry = (day: string) => ({ scope: `${KEY}:${day}`, expiry: `${day}T08:00:00.000Z`, at: '', years: 0.1, forward: 1, atm_vol: 0.5, curves: [] }); // prettier-ignore
  const status = (at: string): void => m.text({ type: 'delta', topic: 'status', seq: 1, data: { at } });
  status('2026-02-05T21:00:00.000Z');
  m.text({ type: 'snapshot', topic: `curves:${KEY}`, seq: 1, data: { expiries: [expiry('2026-02-06'), expiry('2026-02-27')] } }); // prettier-ignore
  assert.deepEqual(m.scopes(), [`${KEY}:2026-02-06`, `${KEY}:2026-02-27`]);
  status('2026-02-06T08:00:00.000Z');
  assert.deepEqual(m.scopes(), [`${KEY}:2026-02-27`]);
  m.text({ type: 'delta', topic: `curves:${KEY}`, seq: 2, data: { expiries: [expiry('2026-02-27')] } });
  assert.equal(m.picture(`${KEY}:2026-02-06`), null);
});

test('prints come over the stream, newest first, and are bounded', () => {
  const { m } = monitor();
  const print = (n: number) => ({ scope: SCOPE, trade: { symbol: String(n), k: 0, sigma: 0.5 } });
  m.text({ type: 'snapshot', topic: `curves:${KEY}`, seq: 1, data: { expiries: [{ scope: SCOPE, expiry: '2026-03-27T08:00:00.000Z', at: '', years: 0.25, forward: 99, atm_vol: 0.45, curves: [] }] } }); // prettier-ignore
  m.text({ type: 'snapshot', topic: `trades:${KEY}`, seq: 1, data: { items: [print(1), print(2)] } });
  m.text({ type: 'delta', topic: `trades:${KEY}`, seq: 2, data: { items: Array.from({ length: 60 }, (_, i) => print(3 + i)) } }); // prettier-ignore
  const symbols = m.picture(SCOPE)!.trades.map((t) => t.symbol);
  assert.deepEqual([symbols[0], symbols.at(-1), symbols.length], ['62', '13', 50]);
  assert.ok(m.touched.has(SCOPE));
});

test('an answer that the stream has overtaken does not bring the past back', () => {
  const { m } = monitor();
  const state = (seeking: 'incident' | null) => ({
    at: null,
    first: null,
    speed: 1,
    playing: false,
    seeking,
    ended: false,
    fraction: 0,
    incidents: 0,
    error: null,
  });
  m.text({ type: 'snapshot', topic: 'replay', seq: 1, data: state(null) });
  const heard = m.replayWords;
  m.putReplay(state('incident'), heard);
  assert.equal(m.replay?.seeking, 'incident');
  m.text({ type: 'delta', topic: 'replay', seq: 2, data: state(null) });
  m.putReplay(state('incident'), heard);
  assert.equal(m.replay?.seeking, null);
});

test('deltas change what they name, a snapshot forgets the rest, memory has a bound', () => {
  const { m } = monitor();
  const item = (id: number) => ({ id: `i${id}`, state: 'open' });
  m.text({ type: 'snapshot', topic: 'incidents', seq: 1, data: { items: [item(1), item(2)] } });
  m.text({ type: 'delta', topic: 'incidents', seq: 2, data: { items: [{ id: 'i2', state: 'resolved' }] } });
  assert.deepEqual([...m.incidents.values()].map((i) => i.state), ['open', 'resolved']); // prettier-ignore
  m.text({ type: 'snapshot', topic: 'incidents', seq: 3, data: { items: [item(3)] } });
  assert.deepEqual([...m.incidents.keys()], ['i3']);
  m.text({
    type: 'delta',
    topic: 'incidents',
    seq: 4,
    data: { items: Array.from({ length: 2_000 }, (_, i) => item(i)) },
  });
  assert.equal(m.incidents.size, 1_000);
  for (let i = 0; i < 700; i++)
    m.text({ type: 'delta', topic: 'health', seq: i, data: { health: { events: i }, feeds: [] } });
  assert.equal(m.pulses.length, 600);
});
