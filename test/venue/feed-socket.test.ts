/** The feed over real WebSockets in this process: bursts, cut connections, half-open peers, refused upgrades. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { MarketEvent } from '../../src/market/event.ts';
import { adapter } from '../../src/venue/deribit.ts';
import { createFeed } from '../../src/venue/feed.ts';
import type { Feed } from '../../src/venue/feed.ts';
import type { FeedLimits } from '../../src/venue/feed-options.ts';
import { instrumentRow, notification, of, tickerData, tradeData } from './deribit-messages.ts';

const SYMBOLS = Array.from({ length: 800 }, (_, i) => `BTC-27MAR26-${10_000 + i * 100}-C`);

interface Peer {
  readonly endpoint: string;
  readonly sockets: Set<WebSocket>;
  trades: Record<string, unknown>[];
  frozen: boolean;
  broadcast(text: string): void;
  close(): Promise<void>;
}

/** A SYNTHETIC venue that lists `symbols` and accepts every channel. */
async function openPeer(symbols: readonly string[]): Promise<Peer> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  const answer = (method: string, params: Record<string, unknown>): unknown => {
    if (method === 'public/get_instruments')
      return params['kind'] === 'option' ? symbols.map((s) => instrumentRow(s)) : [];
    if (method === 'public/get_book_summary_by_currency') return [];
    if (method === 'public/get_last_trades_by_currency_and_time') return { trades: peer.trades, has_more: false };
    if (method === 'public/status') return { locked: 'false' };
    return method.endsWith('subscribe') ? params['channels'] : 'ok';
  };
  server.on('connection', (socket) => {
    peer.sockets.add(socket);
    socket.on('close', () => peer.sockets.delete(socket));
    socket.on('message', (data: Buffer) => {
      const { id, method, params } = JSON.parse(data.toString()) as {
        id: number;
        method: string;
        params: Record<string, unknown>;
      };
      if (!peer.frozen) socket.send(JSON.stringify({ jsonrpc: '2.0', id, result: answer(method, params) }));
    });
  });
  const peer: Peer = {
    endpoint: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`,
    sockets: new Set(),
    trades: [],
    frozen: false,
    broadcast: (text) => {
      if (!peer.frozen) for (const socket of peer.sockets) socket.send(text);
    },
    close: async () => {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return peer;
}

const until = async (what: string, condition: () => boolean, timeoutMs = 8_000): Promise<void> => {
  for (const end = Date.now() + timeoutMs; !condition(); await new Promise((resolve) => setTimeout(resolve, 5)))
    if (Date.now() > end) assert.fail(`not in time: ${what}`);
};

const QUICK: Partial<FeedLimits> = {
  tickMs: 20,
  silenceMs: 300,
  deadMs: 700,
  backoffBaseMs: 20,
  backoffCapMs: 100,
  drainMs: 1_000,
};

function open(
  peer: Peer,
  onEvents: (events: MarketEvent[]) => void | boolean,
  limits: Partial<FeedLimits> = QUICK,
): Feed {
  const feed = createFeed({
    venue: adapter,
    underlyings: ['BTC'],
    endpoint: peer.endpoint,
    random: () => 0.5,
    onEvents,
    limits,
  });
  feed.start();
  return feed;
}

test('a burst of 30,000 tickers and 3,000 prints: every print once, every quote delivered or counted, memory bounded', async () => {
  const peer = await openPeer(SYMBOLS);
  const seen = { quotes: 0, trades: new Set<string>(), last: new Map<string, number>() };
  let largest = 0;
  const feed = open(
    peer,
    (events) => {
      largest = Math.max(largest, events.length);
      for (const e of events) {
        if (e.type === 'trade') seen.trades.add(e.tradeId);
        if (e.type !== 'quote') continue;
        seen.quotes += 1;
        seen.last.set(e.symbol, e.openInterest!);
      }
    },
    { queueSoft: 2_000 },
  );
  await until('live', () => feed.statistics().state === 'live');
  const before = process.memoryUsage().rss;
  const at = Date.now();
  const began = performance.now();
  for (let i = 0; i < 30_000; i++) {
    const symbol = SYMBOLS[i % SYMBOLS.length];
    peer.broadcast(notification(`ticker.${symbol}.100ms`, tickerData(symbol, at, { open_interest: i })));
    if (i % 10 === 0) peer.broadcast(notification('trades.option.BTC.100ms', [tradeData(symbol, at, `t${i}`)]));
    if (i % 3_000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await until('all frames', () => feed.statistics().frames >= 33_000 && feed.statistics().queueLength === 0, 20_000);
  const seconds = (performance.now() - began) / 1_000;
  assert.equal(seen.trades.size, 3_000);
  assert.equal(seen.quotes + feed.statistics().droppedQuotes, 30_000);
  for (let k = 0; k < SYMBOLS.length; k++) {
    const newest = 30_000 - 1 - ((30_000 - 1 - k) % SYMBOLS.length);
    assert.equal(seen.last.get(SYMBOLS[k]), newest, 'the newest quote of each symbol has arrived');
  }
  assert.ok(largest <= 2_000 + SYMBOLS.length + 3_000, `a batch of ${largest}`);
  assert.ok(process.memoryUsage().rss - before < 400e6, 'memory is bounded');
  assert.ok(seconds < 20, `${seconds} s`);
  await feed.close();
  await peer.close();
});

test('twenty cut connections under load: every print arrives exactly once, late or not', async () => {
  const peer = await openPeer(SYMBOLS.slice(0, 20));
  const got: string[] = [];
  const gaps: MarketEvent[] = [];
  const feed = open(peer, (events) => {
    got.push(...of(events, 'trade').map((t) => t.tradeId));
    gaps.push(...of(events, 'gap'));
  });
  let made = 0;
  let cuts = 0;
  const print = (): void => {
    const trade = tradeData(SYMBOLS[made % 20], Date.now(), `p${made++}`);
    peer.trades.push(trade);
    peer.broadcast(notification('trades.option.BTC.100ms', [trade]));
  };
  await until('live', () => feed.statistics().state === 'live');
  const timer = setInterval(print, 2);
  while (cuts < 20) {
    await until('live again', () => feed.statistics().state === 'live');
    await new Promise((resolve) => setTimeout(resolve, 10 + cuts));
    for (const socket of peer.sockets) socket.terminate();
    cuts += 1;
    await until('down', () => feed.statistics().state !== 'live');
  }
  await until('live at the end', () => feed.statistics().state === 'live');
  clearInterval(timer);
  await until('all prints', () => got.length >= made);
  assert.equal(new Set(got).size, got.length, 'no print twice');
  assert.deepEqual([...got].sort(), Array.from({ length: made }, (_, i) => `p${i}`).sort());
  assert.equal(of(gaps, 'gap').filter((g) => g.to === null).length, 20);
  assert.equal(of(gaps, 'gap').filter((g) => g.to !== null).length, 20);
  await feed.close();
  await peer.close();
});

test('a peer that stops answering is left, and found again when it answers', async () => {
  const peer = await openPeer(SYMBOLS.slice(0, 2));
  const states: string[] = [];
  const feed = open(peer, (events) => void states.push(...of(events, 'feed').map((e) => e.state)));
  await until('live', () => states.includes('live'));
  peer.frozen = true;
  await until('stale', () => states.includes('stale'), 1_000);
  await until('down', () => states.includes('down'), 1_500);
  peer.frozen = false;
  const before = states.length;
  await until('live again', () => states.slice(before).includes('live'), 15_000);
  await feed.close();
  await peer.close();
});

test('a refused upgrade and a closed port are attempts like others; a server that names a time is given it', async () => {
  let attempts: number[] = [];
  const server = createServer();
  server.on('upgrade', (_request, socket) => {
    attempts.push(Date.now());
    socket.end('HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const details: string[] = [];
  const feed = createFeed({
    venue: adapter,
    underlyings: ['BTC'],
    endpoint: `ws://127.0.0.1:${port}`,
    random: () => 0,
    limits: QUICK,
    onEvents: (events) => void details.push(...of(events, 'feed').map((e) => e.detail)),
  });
  feed.start();
  await until('two attempts', () => attempts.length >= 2);
  assert.ok(attempts[1] - attempts[0] >= 950, `${attempts[1] - attempts[0]} ms`);
  assert.ok(details.includes('HTTP 429'));
  attempts = [];
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await until('refused', () => details.includes('ECONNREFUSED'));
  await feed.close();
});
