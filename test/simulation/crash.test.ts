/**
 * A live monitor is killed with SIGKILL at random instants and its connections are cut, under load from the simulated
 * venue. Nothing it acknowledged may be lost, nothing may be there twice, the chain stays whole, and what is recovered
 * replays to the same hash.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Random } from '../../src/numeric/random.ts';
import { startSimulatedDeribit } from '../../src/server/simulated-deribit.ts';
import { nodeFiles } from '../../src/store/log-files.ts';
import { readRecords } from '../../src/store/log-reader.ts';
import { NODE, ROOT } from '../shared.ts';
import { records, vernier } from '../cli/run-vernier.ts';

const KILLS = 50;
const CUTS = 20;

/**
 * Runs a watch until it is killed: `afterMs` after its start, or after the first thing it says (then at most 15 s).
 * What it printed had been acknowledged as durable.
 */
function live(endpoint: string, directory: string, afterMs: number, fromFirstWord: boolean): Promise<string[]> {
  return new Promise((resolve) => {
    const child: ChildProcess = spawn(
      NODE,
      [join(ROOT, 'bin/vernier.js'), 'watch', 'deribit:BTC', '--endpoint', endpoint, '--data-dir', directory, '--json'],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let out = '';
    let err = '';
    const kill = (ms: number): void => void setTimeout(() => child.kill('SIGKILL'), ms);
    child.stdout?.setEncoding('utf8').on('data', (s: string) => {
      if (out === '' && fromFirstWord) kill(afterMs);
      out += s;
    });
    child.stderr?.setEncoding('utf8').on('data', (s: string) => (err += s));
    kill(fromFirstWord ? 15_000 : afterMs);
    child.on('close', (code) => {
      assert.equal(code, null, `the watch ended by itself: ${err}`);
      const lines = out.split('\n');
      lines.pop();
      resolve(lines.filter((l) => l !== ''));
    });
  });
}

test(
  `${KILLS} kills and ${CUTS} cut connections lose nothing that was acknowledged`,
  { timeout: 540_000 },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'vernier-crash-'));
    const random = new Random(20261122);
    const venue = await startSimulatedDeribit({
      seed: 3,
      script: 'busy',
      underlyings: ['BTC'],
      instrumentLimit: 200,
      rateLimits: null,
    });
    const said: string[] = [];
    let cuts = 0;
    let printed: Print[] = [];
    const cutter = setInterval(() => {
      cuts++;
      venue.disconnectAll();
    }, 2_000);
    try {
      for (let i = 0; i < KILLS; i++) {
        const fromFirstWord = i % 3 === 0;
        const after = fromFirstWord ? 900 * random.uniform() : 300 + 1_600 * random.uniform();
        said.push(...(await live(venue.wsUrl, directory, after, fromFirstWord)));
      }
      clearInterval(cutter);
      said.push(...(await live(venue.wsUrl, directory, 6_000, true)));
      printed = await tradesOf(venue.httpUrl);
      // A quick machine is through before the market has printed enough to lose anything.
      for (let more = 0; more < 60 && printed.length < ENOUGH_PRINTS; more++) {
        said.push(...(await live(venue.wsUrl, directory, 2_000, true)));
        printed = await tradesOf(venue.httpUrl);
      }
    } finally {
      clearInterval(cutter);
      await venue.close();
    }
    assert.ok(cuts >= CUTS, `${cuts} cuts`);
    const log = join(directory, 'log');
    const outputs = new Map<string, number>();
    const trades = new Map<string, number>();
    const loggedAt = new Map<string, number>();
    let gaps = 0;
    for await (const item of readRecords(nodeFiles(log))) {
      assert.notEqual(item.kind, 'damage');
      if (item.kind !== 'record') continue;
      if (item.record.kind === 'output') {
        const text = JSON.stringify(item.record.record);
        outputs.set(text, (outputs.get(text) ?? 0) + 1);
      } else if (item.record.kind === 'input') {
        const { event } = item.record;
        if (event.type === 'trade') {
          trades.set(event.tradeId, (trades.get(event.tradeId) ?? 0) + 1);
          loggedAt.set(event.tradeId, event.at);
        }
        if (event.type === 'gap') gaps++;
      }
    }
    const canonical = (line: string): string => JSON.stringify(sortKeys(JSON.parse(line)));
    const logged = new Set([...outputs.keys()].map(canonical));
    const lost = said.filter((line) => !logged.has(canonical(line)));
    assert.deepEqual(lost.slice(0, 3), [], `${lost.length} of ${said.length} acknowledged records are not in the log`);
    assert.ok(said.length > 0, 'the watch said something');
    assert.deepEqual([...trades].filter(([, n]) => n > 1).slice(0, 3), [], 'no trade twice');
    const first = Math.min(...loggedAt.values());
    const last = Math.max(...loggedAt.values());
    const missed = printed.filter((t) => t.timestamp > first && t.timestamp < last && !trades.has(t.trade_id));
    assert.ok(trades.size > 50, `${trades.size} trades`);
    assert.deepEqual(
      missed.slice(0, 3),
      [],
      `${missed.length} of ${printed.length} prints of the venue are not in the log`,
    );
    assert.ok(gaps >= KILLS / 2, `${gaps} gaps recorded`);
    const verified = await vernier(['verify', log]);
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    const replayed = await vernier(['replay', log, '--json']);
    assert.equal(replayed.code, 0, replayed.stderr);
    assert.equal(records(replayed).at(-1)!['type'], 'summary');
    rmSync(directory, { recursive: true, force: true });
  },
);

/** More than the fifty that must be in the log: the first and the last moments are not. */
const ENOUGH_PRINTS = 70;

interface Print {
  readonly trade_id: string;
  readonly timestamp: number;
}

/** Every print the venue still remembers, by its own history. */
async function tradesOf(httpUrl: string): Promise<Print[]> {
  const all: Print[] = [];
  let from = 0;
  for (;;) {
    const query = `currency=BTC&kind=option&start_timestamp=${from}&end_timestamp=${Date.now() + 60_000}&count=1000&sorting=asc`;
    const reply = await fetch(`${httpUrl}/public/get_last_trades_by_currency_and_time?${query}`);
    const { result } = (await reply.json()) as { result: { trades: Print[]; has_more: boolean } };
    all.push(...result.trades);
    const end = result.trades.at(-1)?.timestamp;
    if (!result.has_more || end === undefined || end === from) return all;
    from = end;
  }
}

function sortKeys(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(sortKeys);
  return Object.fromEntries(
    Object.entries(value)
      .toSorted((a, b) => (a[0] < b[0] ? -1 : 1))
      .map(([k, v]) => [k, sortKeys(v)]),
  );
}
