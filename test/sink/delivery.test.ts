/** The queue in front of a sink: bounds, order, pauses, dead letters; and the registry against the folder. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { DeadLetters } from '../../src/sink/dead-letter.ts';
import { Delivery, type DeliveryOptions } from '../../src/sink/delivery.ts';
import { SINKS } from '../../src/sink/registry.ts';
import { SinkError, type Sink } from '../../src/sink/sink.ts';
import { notification } from '../contract/sink.ts';
import { ROOT } from '../shared.ts';

/** A sink that fails as told and remembers when it was tried. */
function setUp(fail: (n: number) => Error | null, options: Partial<DeliveryOptions> = {}) {
  const [tried, sent, dead]: [number[], string[], string[]] = [[], [], []];
  const sink: Sink = {
    name: 's',
    kind: 'test',
    async send(n, signal) {
      tried.push(performance.now());
      const error = fail(tried.length);
      if (error !== null) throw error;
      if (signal.aborted) throw new SinkError('timeout', 's: aborted');
      sent.push(n.id);
    },
  };
  const delivery = new Delivery(sink, {
    baseMs: 20,
    capMs: 60,
    random: () => 0.5,
    onDead: (_, n, why, attempts) => dead.push(`${n.id} ${why} ${attempts}`),
    ...options,
  });
  return { delivery, tried, sent, dead };
}
const busy = (): SinkError => new SinkError('busy', 's: busy');

test('pauses grow with jitter up to the cap, and the receiver may ask for longer', async () => {
  const wish = new SinkError('busy', 's: busy', 100);
  const { delivery, tried, sent } = setUp((n) => (n <= 3 ? busy() : n === 4 ? wish : null));
  delivery.push(notification());
  await delivery.close(5_000);
  const pauses = tried.slice(1).map((t, i) => t - tried[i]);
  for (const [i, least] of [15, 30, 45, 100].entries())
    assert.ok(pauses[i] >= least - 1 && pauses[i] < least + 40, `pause ${i}: ${pauses[i]}`);
  assert.deepEqual(sent, ['run-1']);
});

test('what grows too old is given up, the next has its turn, and the figures say so', async () => {
  const { delivery, sent, dead } = setUp((n) => (n <= 4 ? busy() : null), { giveUpMs: 90 });
  for (const id of ['a', 'b']) delivery.push(notification({ id }));
  await delivery.close(5_000);
  assert.deepEqual([sent, dead], [['b'], ['a s: busy 3']]);
  const { sent: n, failedAttempts, dead: lost, failing } = delivery.figures();
  assert.deepEqual([n, failedAttempts, lost, failing], [1, 4, 1, false]);
});

test('the queue is bounded: the oldest that is not critical goes first, and every loss is kept', async () => {
  const { delivery, sent, dead } = setUp((n) => (n === 1 ? busy() : null), { queueLimit: 3 });
  delivery.push(notification({ id: 'first' }));
  for (const [id, severity] of [['a', 'critical'], ['b', 'warning'], ['c', 'warning'], ['d', 'critical']] as const)
    delivery.push(notification({ id, severity })); // prettier-ignore
  await delivery.close(5_000);
  assert.deepEqual(sent, ['first', 'a', 'c', 'd']);
  assert.deepEqual(dead, ['b too many notifications waited 0']);
});

test('a heartbeat is tried once, and only the newest waits', async () => {
  const { delivery, sent, tried } = setUp((n) => (n <= 2 ? busy() : null));
  delivery.push(notification({ id: 'alert' }));
  for (const id of ['h1', 'h2', 'h3']) delivery.push(notification({ id, reason: 'heartbeat' }));
  await delivery.close(5_000);
  assert.deepEqual(sent, ['alert', 'h3']);
  const failing = setUp(() => busy());
  failing.delivery.push(notification({ reason: 'heartbeat' }));
  await failing.delivery.close(5_000);
  assert.deepEqual([failing.tried.length, failing.dead, tried.length], [1, [], 4]);
});

test('a stop does not wait for the outage to end: what could not go is kept', async () => {
  const { delivery, dead } = setUp(busy, { baseMs: 60_000, capMs: 60_000 });
  for (const id of ['a', 'b']) delivery.push(notification({ id }));
  const began = performance.now();
  await delivery.close(50);
  assert.ok(performance.now() - began < 1_000);
  assert.deepEqual(dead, ['a the monitor stops 2', 'b the monitor stops 1']);
  delivery.push(notification({ id: 'late' }));
  assert.equal(dead.length, 3);
});

test('a bug in a sink ends one notification, not the monitor, and tells nothing of what it held', async () => {
  const { delivery, sent, dead } = setUp((n) => (n === 1 ? new TypeError('hunter2') : null));
  for (const id of ['a', 'b']) delivery.push(notification({ id }));
  await delivery.close(5_000);
  assert.deepEqual([sent, dead], [['b'], ['a s: failed inside 1']]);
});

test('dead letters are lines that can be read again, for the owner only, in bounded files', (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'vernier-dead-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'dead.ndjson');
  const letters = new DeadLetters(path);
  letters.keep('hook', notification(), 'hook: status 404', 1);
  const line = JSON.parse(readFileSync(path, 'utf8')) as { sink: string; why: string; notification: { id: string } };
  assert.deepEqual([line.sink, line.why, line.notification.id], ['hook', 'hook: status 404', 'run-1']);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  writeFileSync(path, 'x'.repeat(9_999_990));
  letters.keep('hook', notification(), 'full', 1);
  assert.deepEqual(readdirSync(folder).sort(), ['dead.ndjson', 'dead.ndjson.1']);
  assert.ok(statSync(path).size < 5_000);
});

test('every sink file of the room is registered under its own kind', () => {
  const files = readdirSync(join(ROOT, 'src/sink')).filter((f) =>
    /export const definition/.test(readFileSync(join(ROOT, 'src/sink', f), 'utf8')),
  );
  assert.deepEqual(files.map((f) => f.replace('.ts', '')).sort(), Object.keys(SINKS).sort());
  for (const [kind, definition] of Object.entries(SINKS)) assert.equal(definition.kind, kind);
});
