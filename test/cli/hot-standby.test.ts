/**
 * The gate over real processes: two monitors of one SYNTHETIC venue, a client that asks both. One is stopped, cut off and
 * killed while the other carries on; one enforces; break-glass wants its role, opens only where both agree, and lapses.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createGate, GateClosed } from '../../src/library/gate.ts';
import type { ScheduledFault } from '../../src/simulator/fault.ts';
import { startSimulatedDeribit } from '../../src/server/simulated-deribit.ts';
import { NODE, ROOT } from '../shared.ts';

const digest = (token: string): string => createHash('sha256').update(token).digest('hex');

/** Waits for a stated condition; generous, for a machine that is busy. */
async function until(what: string, look: () => boolean | Promise<boolean>): Promise<void> {
  const began = performance.now();
  while (!(await look())) {
    assert.ok(performance.now() - began < 90_000, `waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Starts `vernier watch` and waits for its address. */
async function monitor(
  name: string,
  endpoint: string,
  work: string,
  more: readonly string[],
): Promise<{ child: ChildProcess; port: number }> {
  const args = ['watch', 'deribit:BTC', '--endpoint', endpoint, '--data-dir', join(work, name), '--port', '0', '--quiet', '--no-page', '--token-file', join(work, 'tokens'), '--monitor-name', name, ...more]; // prettier-ignore
  const child = spawn(NODE, [join(ROOT, 'bin/vernier.js'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (s: string) => (out += s));
  const port = (): string | undefined => /http:\/\/127\.0\.0\.1:(\d+)/.exec(out)?.[1];
  await until(`${name} serves: ${out}`, () => port() !== undefined || child.exitCode !== null);
  assert.equal(child.exitCode, null, out);
  return { child, port: Number(port()) };
}

/** A line to a port that can be cut: what is sent then arrives nowhere, and nobody is told. */
async function line(to: number): Promise<{ port: number; cut: (is: boolean) => void; close: () => void }> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    for (const [from, into] of [[near, far], [far, near]] as const) {
      sockets.add(from);
      from.on('data', (bytes) => void (isCut || into.write(bytes)));
      from.on('close', () => into.destroy());
      from.on('error', () => into.destroy());
    } // prettier-ignore
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cut: (is) => (isCut = is),
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

test(
  'two monitors: stopped, cut off, killed; enforcing; break-glass with a role and an end',
  { timeout: 400_000 },
  async (t) => {
    const work = mkdtempSync(join(tmpdir(), 'vernier-standby-'));
    writeFileSync(
      join(work, 'tokens'),
      `sam view ${digest('seer')}\nanna approve ${digest('judge')}\nrita override ${digest('boss')}\n`,
    );
    const venue = await startSimulatedDeribit({
      seed: 5,
      script: 'calm',
      underlyings: ['BTC'],
      instrumentLimit: 300,
      rateLimits: null,
    });
    const children: ChildProcess[] = [];
    const closing: (() => void)[] = [];
    t.after(async () => {
      for (const child of children) child.kill('SIGKILL');
      for (const close of closing) close();
      await venue.close();
      rmSync(work, { recursive: true, force: true });
    });
    const [a, b] = await Promise.all([
      monitor('a', venue.wsUrl, work, ['--gate', 'enforcing']),
      monitor('b', venue.wsUrl, work, []),
    ]);
    children.push(a.child, b.child);
    const toA = await line(a.port);
    closing.push(() => toA.close());
    const urls = [`http://127.0.0.1:${toA.port}`, `http://127.0.0.1:${b.port}`];
    const gate = createGate({ url: urls, token: 'seer', renewMs: 500 });
    closing.push(() => gate.close());

    const authorization = 'Bearer seer';
    let scope = '';
    await until('some expiry may be quoted', async () => {
      const models = (await (await fetch(`${urls[1]}/api/v1/models`, { headers: { authorization } })).json()) as {
        items: { scope: string }[];
      };
      scope = models.items.map((m) => `svi@${m.scope}`).find((s) => gate.mayQuote(s)) ?? '';
      return scope !== '';
    });
    const speaking = (): string => gate.state(scope).monitors.toSorted().join();
    await until('both speak, and are open', () => speaking() === 'a,b' && gate.mayQuote(scope));
    gate.check(scope);

    a.child.kill('SIGSTOP');
    await until('the lease of the stopped one has lapsed', () => speaking() === 'b');
    assert.equal(gate.mayQuote(scope), true, 'the standby carries on');
    a.child.kill('SIGCONT');
    await until('it is back', () => speaking() === 'a,b' && gate.mayQuote(scope));

    toA.cut(true);
    await until('the one that cannot be reached does not count', () => speaking() === 'b');
    assert.equal(gate.mayQuote(scope), true);
    toA.cut(false);
    await until('and counts again', () => speaking() === 'a,b' && gate.mayQuote(scope));

    // From this instant on: a schedule would race with a busy machine.
    const now = venue.simulation.at;
    (venue.simulation.answerKey as ScheduledFault[]).push({ fault: 'crossed', scope: { underlying: 'BTC', expiry: null }, from: now, to: now + 3_600_000, magnitude: 0.5, shape: 'abrupt' }); // prettier-ignore
    await until('the fault shuts both', () => !gate.mayQuote(scope) && gate.state(scope).reasons.some((r) => r.startsWith('crossed-quotes'))); // prettier-ignore
    assert.throws(() => gate.check(scope), (e) => e instanceof GateClosed && e.answer.state === 'DO_NOT_USE'); // prettier-ignore
    const opened = async (url: string, token: string, minutes: number): Promise<number> =>
      (
        await fetch(`${url}/api/v1/gate/overrides`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ scope: 'svi@deribit:BTC', minutes, note: 'known' }),
        })
      ).status;
    assert.deepEqual(
      [await opened(urls[0], 'nobody', 1), await opened(urls[0], 'seer', 1), await opened(urls[0], 'judge', 1)],
      [401, 403, 403],
    );
    assert.equal(await opened(urls[0], 'boss', 0.25), 204);
    await gate.renew();
    assert.equal(gate.mayQuote(scope), false, 'one monitor alone opens nothing');
    assert.equal(await opened(urls[1], 'boss', 0.25), 204);
    await until('opened by hand', () => gate.mayQuote(scope));
    assert.deepEqual([gate.state(scope).state, gate.state(scope).override?.by], ['WIDEN', 'rita']);
    await until('and shut again when it lapses', () => !gate.mayQuote(scope) && gate.state(scope).override === null);

    for (const { child } of [a, b]) child.kill('SIGKILL');
    await until('both dead: the last lease lapses', () => gate.state(scope).reasons.join() === 'lease-expired');
    assert.equal(gate.mayHedge(scope), false);
    const again = await monitor('b', venue.wsUrl, work, ['--port', String(b.port)]);
    children.push(again.child);
    await until('restarted, it speaks again', () => speaking() === 'b');
  },
);
