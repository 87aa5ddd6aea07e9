/** The gate's client against monitors that die, hang, restart, are cut off, and clocks that jump. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { test, type TestContext } from 'node:test';
import type { AddressInfo } from 'node:net';
import { createGate, GateClosed, type Gate, type GateTransport, type LeaseAnswer } from '../../src/library/gate.ts';
import { initLeaseDesk, issueLeases, type DeskHealth } from '../../src/policy/lease-desk.ts';
import type { GateState } from '../../src/policy/gate.ts';

const HEALTHY: DeskHealth = { dataAgeMs: () => 0, feed: () => 'live', platform: () => 'open', loopLagMs: 0 };
const SCOPE = 'svi@deribit:BTC:2026-03-27';

/** A monitor in memory with the real desk behind it; every misfortune is a switch. */
class TestMonitor implements GateTransport {
  readonly name = 'test';
  gate: GateState = { state: 'OK', reasons: [] };
  run = 'run-1';
  desk = initLeaseDesk();
  mode: LeaseAnswer['mode'] = 'advisory';
  /** The monitor's own wall clock. */
  wall = Date.UTC(2026, 1, 5);
  fault: 'none' | 'dead' | 'hung' = 'none';
  /** Answers wait here while the line is cut: made before, delivered after. */
  cut = false;
  readonly inFlight: (() => void)[] = [];
  listener: ((raw: unknown) => void) | null = null;

  answer(nonce: string | null): LeaseAnswer {
    const verdict = { scope: SCOPE, gate: this.gate, ownerOf: {}, modelId: 'c1', asOf: this.wall, uncertainty: 1 };
    const leases = issueLeases(this.desk, [], [verdict], HEALTHY, this.wall);
    const { sequence } = this.desk;
    return { monitor: 'a', run: this.run, nonce, mode: this.mode, issued_at: '', ttl_ms: 5_000, sequence, leases };
  }
  request(nonce: string, signal: AbortSignal): Promise<unknown> {
    if (this.fault === 'dead') return Promise.reject(new Error('connection refused'));
    if (this.fault === 'hung')
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('no answer'))));
    const answer = this.answer(nonce);
    if (!this.cut) return Promise.resolve(answer);
    return new Promise((resolve) => this.inFlight.push(() => resolve(answer)));
  }
  subscribe(listener: (raw: unknown) => void): () => void {
    this.listener = listener;
    return () => (this.listener = null);
  }
}

class TestClock {
  mono = 1_000;
  time = Date.UTC(2026, 1, 5);
  monotonic(): number {
    return this.mono;
  }
  wall(): number {
    return this.time;
  }
  pass(ms: number): void {
    this.mono += ms;
    this.time += ms;
  }
}

function setUp(t: TestContext): { monitor: TestMonitor; clock: TestClock; gate: Gate; trouble: string[] } {
  const [monitor, clock, trouble] = [new TestMonitor(), new TestClock(), [] as string[]];
  const gate = createGate({ transport: monitor, clock, renewMs: 0, onTrouble: (_, what) => trouble.push(what) });
  t.after(() => gate.close());
  return { monitor, clock, gate, trouble };
}

test('closed until the first answer, open on OK, and every state says what it allows', async (t) => {
  const { monitor, gate } = setUp(t);
  assert.equal(gate.mayQuote(SCOPE), false);
  assert.deepEqual(gate.state(SCOPE).reasons, ['no-lease']);
  const allows = async (state: GateState['state']): Promise<[boolean, boolean]> => {
    monitor.gate = { state, reasons: state === 'OK' ? [] : ['some-cause'] };
    await gate.renew();
    return [gate.mayQuote(SCOPE), gate.mayHedge(SCOPE)];
  };
  assert.deepEqual(await allows('OK'), [true, true]);
  assert.deepEqual(await allows('WIDEN'), [true, true]);
  assert.equal(gate.state(SCOPE).multiplier, 2);
  assert.deepEqual(await allows('HEDGE_ONLY'), [false, true]);
  assert.deepEqual(await allows('DO_NOT_USE'), [false, false]);
  assert.deepEqual(gate.state(SCOPE).reasons, ['some-cause']);
});

test('the monitor dies: open to the end of the lease, then closed', async (t) => {
  const { monitor, clock, gate, trouble } = setUp(t);
  await gate.renew();
  monitor.fault = 'dead';
  clock.pass(4_999);
  await gate.renew();
  assert.equal(gate.mayQuote(SCOPE), true);
  assert.equal(gate.state(SCOPE).expiresInMs, 1);
  clock.pass(1);
  assert.equal(gate.mayQuote(SCOPE), false);
  assert.deepEqual(gate.state(SCOPE).reasons, ['lease-expired']);
  assert.deepEqual(trouble, ['connection refused']);
});

test('the monitor hangs: a question without an answer renews nothing and is given up', async (t) => {
  const { monitor, clock, gate, trouble } = setUp(t);
  await gate.renew();
  monitor.fault = 'hung';
  const asked = gate.renew();
  clock.pass(5_000);
  assert.equal(gate.mayQuote(SCOPE), false);
  await asked;
  assert.deepEqual(trouble, ['no answer']);
  monitor.fault = 'none';
  await gate.renew();
  assert.equal(gate.mayQuote(SCOPE), true, 'and asks again when it is back');
});

test('the monitor restarts: lower sequences of the new run count, its verdict at once', async (t) => {
  const { monitor, gate } = setUp(t);
  for (let i = 0; i < 5; i++) await gate.renew();
  monitor.run = 'run-2';
  monitor.desk = initLeaseDesk();
  monitor.gate = { state: 'DO_NOT_USE', reasons: ['clock-skew'] };
  await gate.renew();
  assert.deepEqual(gate.state(SCOPE).reasons, ['clock-skew']);
});

test('cut off: answers that arrive late live from when they were asked for, not from when they came', async (t) => {
  const { monitor, clock, gate } = setUp(t);
  await gate.renew();
  monitor.cut = true;
  const asked = gate.renew();
  clock.pass(60_000);
  monitor.gate = { state: 'DO_NOT_USE', reasons: ['stale-feed'] };
  monitor.cut = false;
  for (const deliver of monitor.inFlight) deliver();
  await asked;
  assert.equal(gate.mayQuote(SCOPE), false, 'an OK of a minute ago opens nothing');
  assert.deepEqual(gate.state(SCOPE).reasons, ['lease-expired']);
});

test('a push closes at once but prolongs nothing, and old or foreign news are ignored', async (t) => {
  const { monitor, clock, gate, trouble } = setUp(t);
  const stale = monitor.answer(null);
  monitor.listener!(stale);
  assert.equal(gate.mayQuote(SCOPE), false, 'nothing was asked: nothing is held');
  await gate.renew();
  monitor.gate = { state: 'DO_NOT_USE', reasons: ['gap'] };
  monitor.listener!(monitor.answer(null));
  assert.deepEqual(gate.state(SCOPE).reasons, ['gap']);
  monitor.listener!(stale);
  assert.deepEqual(gate.state(SCOPE).reasons, ['gap'], 'an older sequence');
  monitor.gate = { state: 'OK', reasons: [] };
  clock.pass(3_000);
  monitor.listener!({ ...monitor.answer(null), run: 'someone-else' });
  assert.deepEqual(gate.state(SCOPE).reasons, ['gap'], 'another run');
  monitor.listener!(monitor.answer(null));
  assert.equal(gate.mayQuote(SCOPE), true);
  clock.pass(2_000);
  assert.equal(gate.mayQuote(SCOPE), false, 'five seconds after the question, whatever was pushed since');
  monitor.listener!({ leases: 'all' });
  assert.match(trouble.at(-1)!, /^leases:/);
});

test('clocks jump: the consumer wall clock by a day either way, the monitor clock by a year', async (t) => {
  const { monitor, clock, gate } = setUp(t);
  monitor.wall += 365 * 86_400_000;
  await gate.renew();
  assert.equal(gate.mayQuote(SCOPE), true, 'the monitor a year ahead');
  clock.time -= 86_400_000;
  assert.equal(gate.mayQuote(SCOPE), true, 'set back: the monotonic clock goes on counting');
  clock.mono += 5_000;
  assert.equal(gate.mayQuote(SCOPE), false);
  await gate.renew();
  assert.equal(gate.mayQuote(SCOPE), true);
  clock.time += 2 * 86_400_000;
  assert.equal(gate.mayQuote(SCOPE), false, 'set forward or suspended: nobody can tell, so closed');
  await gate.renew();
  assert.equal(gate.mayQuote(SCOPE), true, 'until the next renewal');
  clock.mono -= 1;
  assert.equal(gate.mayQuote(SCOPE), false, 'a monotonic clock that went backwards is no clock');
});

test('an answer to another question and a malformed one renew nothing', async (t) => {
  const { monitor, gate, trouble } = setUp(t);
  const honest = monitor.request.bind(monitor);
  monitor.request = async (nonce, signal) => ({ ...((await honest(nonce, signal)) as object), nonce: 'other' });
  await gate.renew();
  assert.equal(gate.mayQuote(SCOPE), false);
  assert.match(trouble[0], /^nonce:/);
  const broken: [RegExp, (a: LeaseAnswer) => unknown][] = [
    [/^answer: not an object/, () => null],
    [/^leases\[0\]\.state:/, (a) => ({ ...a, leases: [{ ...a.leases[0], state: 'FINE' }] })],
    [/^leases\[0\]\.multiplier:/, (a) => ({ ...a, leases: [{ ...a.leases[0], multiplier: 0.1 }] })],
    [/^leases\[0\]\.standing:/, (a) => ({ ...a, leases: [{ ...a.leases[0], standing: undefined }] })],
    [/^answer\.ttl_ms:/, (a) => ({ ...a, ttl_ms: NaN })],
    [/^answer\.sequence:/, (a) => ({ ...a, sequence: '9' })],
    [/^mode:/, (a) => ({ ...a, mode: 'lenient' })],
  ];
  for (const [says, spoil] of broken) {
    monitor.request = async (nonce, signal) => spoil((await honest(nonce, signal)) as LeaseAnswer);
    await gate.renew();
    assert.match(trouble.at(-1)!, says);
  }
  assert.equal(gate.mayQuote(SCOPE), false);
});

test('advisory tells, enforcing throws; a closed gate stays closed', async () => {
  const monitor = new TestMonitor();
  const refused: string[] = [];
  const advisory = createGate({
    transport: monitor,
    renewMs: 0,
    onRefused: (a, use) => refused.push(`${use} ${a.state}`),
  });
  advisory.check(SCOPE);
  assert.deepEqual(refused, ['quote DO_NOT_USE']);
  const enforcing = createGate({ transport: monitor, renewMs: 0, mode: 'enforcing' });
  assert.throws(
    () => enforcing.check(SCOPE),
    (e) => e instanceof GateClosed && /may not quote \(no-lease\)/.test(e.message),
  );
  monitor.gate = { state: 'HEDGE_ONLY', reasons: ['frozen-model'] };
  monitor.mode = 'enforcing';
  await Promise.all([advisory.renew(), enforcing.renew()]);
  enforcing.check(SCOPE, 'hedge');
  assert.throws(() => advisory.check(SCOPE), GateClosed, 'the monitor asks for enforcement');
  monitor.gate = { state: 'OK', reasons: [] };
  await enforcing.renew();
  enforcing.check(SCOPE);
  enforcing.close();
  assert.throws(() => enforcing.check(SCOPE), /gate-closed-by-owner/);
  advisory.close();
  assert.throws(() => createGate({}), TypeError);
});

test(
  'over http with two monitors: one hangs, the other carries on; both gone, closed',
  { timeout: 10_000 },
  async (t) => {
    const monitor = new TestMonitor();
    const serve = (): Promise<Server> =>
      new Promise((resolve) => {
        const server = createServer((request, response) => {
          if (monitor.fault === 'hung') return;
          assert.equal(request.headers.authorization, 'Bearer tok-1');
          const nonce = new URL(request.url ?? '/', 'http://x').searchParams.get('nonce');
          response.end(JSON.stringify(monitor.answer(nonce)));
        }).listen(0, '127.0.0.1', () => resolve(server));
      });
    const servers = [await serve(), await serve()];
    t.after(() => servers.map((s) => s.close() && s.closeAllConnections()));
    const url = servers.map((s) => `http://127.0.0.1:${(s.address() as AddressInfo).port}`);
    const clock = new TestClock();
    const trouble: string[] = [];
    const gate = createGate({
      url,
      token: 'tok-1',
      clock,
      renewMs: 0,
      onTrouble: (m, what) => trouble.push(`${m} ${what}`),
    });
    t.after(() => gate.close());
    await gate.renew();
    assert.equal(gate.mayQuote(SCOPE), true);
    servers[0].close();
    servers[0].closeAllConnections();
    clock.pass(5_000);
    await gate.renew();
    assert.equal(gate.mayQuote(SCOPE), true, 'the standby carries on');
    monitor.fault = 'hung';
    clock.pass(5_000);
    assert.equal(gate.mayQuote(SCOPE), false);
    await gate.renew();
    assert.equal(trouble.length, 3);
    assert.ok(trouble.every((what) => !what.includes('tok-1')));
  },
);

test('a token that no header can carry is refused without being repeated', () => {
  for (const url of ['http://127.0.0.1:1', 'ws://127.0.0.1:1'])
    assert.throws(
      () => createGate({ url, token: 'se cret\n' }),
      (e) => e instanceof TypeError && !e.message.includes('cret'),
    );
});

/** A monitor in a process of its own, with leases of 600 ms. */
const CHILD = `
import { createServer } from 'node:http';
let sequence = 0;
createServer((request, response) => {
  const nonce = new URL(request.url, 'http://x').searchParams.get('nonce');
  sequence++;
  const lease = { scope: '${SCOPE}', state: 'OK', multiplier: 1, model_id: 'c', as_of: null, uncertainty_multiplier: 1,
    reasons: [], standing: 'verdict', override: null, issued_at: '', ttl_ms: 600, expires_at: '', sequence };
  response.end(JSON.stringify({ monitor: 'child', run: String(process.pid), nonce, mode: 'advisory', issued_at: '',
    ttl_ms: 600, sequence, leases: [lease] }));
}).listen(Number(process.argv[1] ?? 0), '127.0.0.1', function () { console.log(this.address().port); });`;

async function startChild(port: number): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', CHILD, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, port: Number(line.toString()) };
}

test('a real process that is stopped, goes on, is killed and comes back', { timeout: 30_000 }, async (t) => {
  const first = await startChild(0);
  const children = [first.child];
  t.after(() => children.map((c) => c.kill('SIGKILL')));
  const gate = createGate({ url: `http://127.0.0.1:${first.port}`, renewMs: 50 });
  t.after(() => gate.close());
  const until = async (open: boolean): Promise<number> => {
    const began = performance.now();
    while (gate.mayQuote(SCOPE) !== open) await new Promise((r) => setTimeout(r, 5));
    return performance.now() - began;
  };
  await until(true);
  first.child.kill('SIGSTOP');
  assert.ok((await until(false)) < 900, 'hung: closed with its lease');
  first.child.kill('SIGCONT');
  await until(true);
  first.child.kill('SIGKILL');
  assert.ok((await until(false)) < 900, 'killed: closed with its lease');
  await new Promise((r) => setTimeout(r, 100));
  assert.equal(gate.mayQuote(SCOPE), false);
  children.push((await startChild(first.port)).child);
  await until(true);
});
