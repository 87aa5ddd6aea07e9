/** What every alert sink must do, whatever it is: a suite that takes one with a real receiver behind it. */
import assert from 'node:assert/strict';
import { createServer, connect, type Server, type Socket } from 'node:net';
import { inspect } from 'node:util';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import type { Alert } from '../../src/policy/alert.ts';
import type { Notification } from '../../src/policy/notification.ts';
import { Delivery } from '../../src/sink/delivery.ts';
import { SinkError, type Sink } from '../../src/sink/sink.ts';

/** A sink's counterpart: something real that takes what it sends. */
export interface Receiver {
  /** TCP port on 127.0.0.1. */
  readonly port: number;
  /** Everything taken so far, as text, one entry a message. */
  received(): Promise<readonly string[]>;
  /** Answers from now on: as usual, `come back later`, or `never`. */
  readonly refuse: (how: 'no' | 'for-now' | 'for-good') => void;
  close(): Promise<void>;
}

/** The sink under test. */
export interface SinkCase {
  readonly kind: string;
  /** False, or why it cannot be tested here. */
  readonly skip: string | false;
  start(): Promise<Receiver>;
  /** A sink that speaks to that port. */
  make(port: number): Sink;
  /** Texts that must never appear in an error. */
  readonly secrets: readonly string[];
}

const AT = Date.UTC(2026, 1, 5, 21);

/** A SYNTHETIC alert. */
export function alert(over: Partial<Alert> = {}): Alert {
  return {
    key: 'frozen-model|deribit:BTC',
    kind: 'model',
    cause: 'frozen-model',
    says: 'the model repeats old parameters although the data have moved',
    severity: 'warning',
    underlying: 'deribit:BTC',
    scopes: ['deribit:BTC:2026-03-27'],
    incidents: ['deribit:BTC-7'],
    evidence: { pz: 4.2, text: '.\r\n.\r\nQUIT\r\nBcc: x@example.org \u001b[31m' },
    startsAt: AT,
    endsAt: null,
    ...over,
  };
}

/** A SYNTHETIC notification. */
export function notification(over: Partial<Notification> = {}): Notification {
  return {
    id: 'run-1',
    at: AT,
    reason: 'first',
    receiver: 'quants',
    group: { underlying: 'deribit:BTC' },
    severity: 'warning',
    firing: [alert()],
    resolved: [],
    hidden: [],
    stamp: null,
    everyMs: null,
    ...over,
  };
}

const RESOLVED = notification({
  id: 'run-2',
  reason: 'resolved',
  firing: [],
  resolved: [alert({ endsAt: AT + 60_000 })],
});
const HEARTBEAT = notification({ id: 'run-3', reason: 'heartbeat', firing: [], everyMs: 60_000 });

/** A wire that can be cut or go silent, in front of any receiver. */
async function wire(port: number): Promise<{ port: number; mode: 'through' | 'silent' | 'cut'; close(): void }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    if (line.mode === 'cut') socket.destroy();
    if (line.mode !== 'through') return;
    const onward = connect(port, '127.0.0.1');
    sockets.add(onward);
    onward.on('error', () => socket.destroy()).on('close', () => sockets.delete(onward));
    socket.pipe(onward).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const line = {
    port: (server.address() as AddressInfo).port,
    mode: 'through' as 'through' | 'silent' | 'cut',
    close() {
      server.close();
      for (const s of sockets) s.destroy();
    },
  };
  return line;
}

/** Runs the suite. */
export function sinkSuite(subject: SinkCase): void {
  const options = { skip: subject.skip, timeout: 30_000 };
  const name = (text: string): string => `${subject.kind}: ${text}`;
  const started = subject.skip === false ? subject.start() : null;
  after(async () => (await started)?.close());
  const failure = async (sink: Sink, timeoutMs: number): Promise<SinkError> => {
    const error: unknown = await sink.send(notification(), AbortSignal.timeout(timeoutMs)).then(
      () => null,
      (e: unknown) => e,
    );
    assert.ok(error instanceof SinkError, inspect(error));
    const told = inspect(error, { depth: 9, showHidden: true });
    for (const secret of subject.secrets) assert.ok(!told.includes(secret), `the error tells a secret: ${told}`);
    return error;
  };

  test(name('what fires, what is over and the heartbeat arrive, once each'), options, async () => {
    const receiver = await started!;
    const sink = subject.make(receiver.port);
    const before = (await receiver.received()).length;
    for (const n of [notification(), RESOLVED, HEARTBEAT]) await sink.send(n, AbortSignal.timeout(10_000));
    await sink.close?.();
    const received = (await receiver.received()).slice(before);
    assert.equal(received.length, 3);
    assert.match(received[0], /frozen-model/);
    assert.match(received[0], /2026-03-27/);
    assert.match(received[2], /heartbeat|alive/);
  });

  test(name('a receiver that is not there is unreachable, and worth another try'), options, async () => {
    const receiver = await started!;
    const line = await wire(receiver.port);
    const sink = subject.make(line.port);
    line.mode = 'cut';
    const error = await failure(sink, 5_000);
    assert.deepEqual([error.code, error.retryable], ['unreachable', true]);
    line.close();
    assert.equal((await failure(sink, 5_000)).code, 'unreachable', 'nobody listens');
    await sink.close?.();
  });

  test(name('a receiver that says nothing is given up in time'), options, async () => {
    const receiver = await started!;
    const line = await wire(receiver.port);
    line.mode = 'silent';
    const sink = subject.make(line.port);
    const began = performance.now();
    const error = await failure(sink, 300);
    assert.deepEqual([error.code, error.retryable], ['timeout', true]);
    assert.ok(performance.now() - began < 2_000);
    line.close();
    await sink.close?.();
  });

  test(name('through an outage: tried again until it arrives, in order, and nothing is lost'), options, async () => {
    const receiver = await started!;
    const line = await wire(receiver.port);
    line.mode = 'cut';
    const [dead, trouble]: [string[], (string | null)[]] = [[], []];
    const delivery = new Delivery(subject.make(line.port), {
      baseMs: 20,
      capMs: 40,
      timeoutMs: 5_000,
      onDead: (_, n, why) => dead.push(`${n.id} ${why}`),
      onTrouble: (_, error) => trouble.push(error === null ? null : error.code),
    });
    const before = (await receiver.received()).length;
    delivery.push(notification({ id: 'run-11' }));
    delivery.push(notification({ id: 'run-12', firing: [alert({ key: 'k2', cause: 'local-minimum' })] }));
    while (trouble.length < 2) await new Promise((r) => setTimeout(r, 5));
    line.mode = 'through';
    await delivery.close(10_000);
    const received = (await receiver.received()).slice(before);
    assert.equal(received.length, 2, received.join('\n---\n'));
    assert.match(received[0], /frozen-model/);
    assert.match(received[1], /local-minimum/);
    assert.deepEqual([dead, trouble.at(-1), new Set(trouble.slice(0, -1))], [[], null, new Set(['unreachable'])]);
    line.close();
  });

  test(name('busy is tried again, refused is not and goes to the dead letters'), options, async () => {
    const receiver = await started!;
    const sink = subject.make(receiver.port);
    receiver.refuse('for-now');
    assert.deepEqual([(await failure(sink, 5_000)).code], ['busy']);
    receiver.refuse('for-good');
    const error = await failure(sink, 5_000);
    assert.deepEqual([error.code, error.retryable], ['refused', false]);
    const dead: string[] = [];
    const delivery = new Delivery(sink, { onDead: (_, n, why, attempts) => dead.push(`${n.id} ${why} ${attempts}`) });
    delivery.push(notification());
    await delivery.close(10_000);
    assert.equal(dead.length, 1);
    assert.match(dead[0], /^run-1 .* 1$/);
    receiver.refuse('no');
  });
}
