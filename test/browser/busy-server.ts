import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { WebSocketServer, type WebSocket } from 'ws';
import { frameBytes } from '../dashboard/frame-bytes.ts';
import { sigmaAt } from '../dashboard/sample-smile.ts';
import { ROOT } from '../shared.ts';
import { buildPage } from './command.ts';

const KEY = 'deribit:BTC';
const EXPIRIES = 12;
const DAY = 86_400_000;
const FILES: Record<string, string> = {
  '/': 'index.html',
  '/page.js': 'page.js',
  '/page.css': 'page.css',
  '/vernier.svg': 'vernier.svg',
};
const TYPES: Record<string, string> = {
  html: 'text/html',
  js: 'text/javascript',
  css: 'text/css',
  svg: 'image/svg+xml',
};

/** A server that says what docs/api.md says, faster than any market: for what a real one does not do on command. */
export interface BusyServer {
  readonly address: string;
  /** Rows in every frame. */
  readonly rows: number;
  /** Ends every stream and refuses new ones until `accept`. */
  cut(): void;
  accept(): void;
  close(): Promise<void>;
}

/** Serves `rows` quotes of twelve expiries, all of them new `hertz` times a second. */
export async function startBusyServer(rows: number, hertz: number): Promise<BusyServer> {
  await buildPage();
  const per = Math.ceil(rows / EXPIRIES);
  const began = Date.now();
  const scopes = Array.from(
    { length: EXPIRIES },
    (_, i) => `${KEY}:${new Date(began + (i + 2) * 7 * DAY).toISOString().slice(0, 10)}`,
  );
  const years = scopes.map((_, i) => ((i + 2) * 7) / 365);
  const http = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0];
    const file = FILES[path];
    if (file !== undefined) {
      response.writeHead(200, { 'content-type': TYPES[file.split('.')[1]] });
      response.end(readFileSync(join(ROOT, 'dashboard', 'dist', file)));
      return;
    }
    const body = answer(path, scopes);
    response.writeHead(body === null ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body ?? { title: 'Not Found', status: 404 }));
  });
  const wss = new WebSocketServer({ server: http, path: '/api/v1/stream' });
  const clients = new Set<WebSocket>();
  let open = true;
  let seq = 1;
  wss.on('connection', (socket) => {
    if (!open) {
      socket.close(1013);
      return;
    }
    const say = (message: object): void => socket.send(JSON.stringify(message));
    say({ type: 'hello', stream: 's', at: new Date().toISOString() });
    socket.on('message', (bytes: Buffer) => {
      const { op, topics = [] } = JSON.parse(bytes.toString()) as { op: string; topics?: string[] };
      if (op === 'ping') say({ type: 'pong', at: new Date().toISOString() });
      if (op !== 'subscribe') return;
      for (const topic of topics) {
        if (topic.startsWith('quotes:')) {
          say({ type: 'layout', topic, seq: 0, layout: 1, data: layout(scopes, per) });
          socket.send(columns(scopes, years, per, 'snapshot', 0));
          clients.add(socket);
        } else say({ type: 'snapshot', topic, seq: 0, data: snapshot(topic, scopes, years) });
      }
    });
    socket.on('close', () => clients.delete(socket));
  });
  const timer = setInterval(() => {
    const bytes = columns(scopes, years, per, 'delta', seq++);
    for (const socket of clients) socket.send(bytes);
  }, 1000 / hertz);
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
  const { port } = http.address() as { port: number };
  return {
    address: `http://127.0.0.1:${port}/`,
    rows: per * EXPIRIES,
    cut: () => {
      open = false;
      for (const socket of wss.clients) socket.terminate();
    },
    accept: () => (open = true),
    close: async () => {
      clearInterval(timer);
      for (const socket of wss.clients) socket.terminate();
      http.closeAllConnections();
      await new Promise((done) => http.close(done));
    },
  };
}

const strikes = (per: number): number[] =>
  Array.from({ length: per }, (_, i) => -0.35 + (0.7 * Math.floor(i / 2)) / (per / 2));

function layout(scopes: readonly string[], per: number): object {
  const each = scopes.flatMap((_, s) => strikes(per).map((k, i) => ({ s, k, side: i % 2 === 0 ? 'call' : 'put' })));
  return {
    scopes,
    refusals: ['in-the-money', 'stale'],
    symbol: each.map((e) => `BTC-${e.s}-${Math.round(100_000 * Math.exp(e.k))}-${e.side[0].toUpperCase()}`),
    scope: each.map((e) => e.s),
    side: each.map((e) => e.side),
    strike: each.map((e) => Math.round(100_000 * Math.exp(e.k))),
    contract_size: each.map(() => 1),
  };
}

/** Every row new in every frame: the smiles breathe. */
function columns(
  scopes: readonly string[],
  years: readonly number[],
  per: number,
  type: string,
  seq: number,
): ArrayBuffer {
  const k = scopes.flatMap(() => strikes(per));
  const sigma = k.map((v, i) => sigmaAt(v) + 0.002 * Math.sin(seq / 3 + i));
  const head = {
    topic: `quotes:${KEY}`, seq, type, layout: 1, at: Date.now(),
    scopes: years.map((y) => ({ forward: 100_000, atm_vol: 0.45, years: y })),
  }; // prettier-ignore
  return frameBytes(head, {
    row: k.map((_, i) => i),
    bid: k.map(() => 0.01),
    ask: k.map(() => 0.012),
    k,
    delta: k.map(() => 0.4),
    sigma_bid: sigma.map((s) => s - 0.006),
    sigma_mid: sigma,
    sigma_ask: sigma.map((s) => s + 0.006),
    venue_mark: sigma,
    error_bar: k.map(() => 0.003),
    refused: k.map((v, i) => ((i % 2 === 0) === v < 0 ? 1 : 0)),
    changed: k.map(() => 0),
  });
}

function glances(scopes: readonly string[], years: readonly number[]): object[] {
  return scopes.map((scope, i) => ({
    scope, expiry: `${scope.slice(-10)}T08:00:00.000Z`, years: years[i], forward: 100_000, atm_vol: 0.45, gate: { state: 'OK', reasons: [] },
    age_s: 10, half_life_s: 600, pz: 1, inside_share: 0.9, quoted: 100, two_sided: 100,
  })); // prettier-ignore
}

function snapshot(topic: string, scopes: readonly string[], years: readonly number[]): unknown {
  const at = new Date().toISOString();
  if (topic === 'status')
    return { mode: 'live', synthetic: true, stamp: 'SYNTHETIC', at, wall: at, started: at, version: '0', champion: 'svi', models: ['svi'], retained: { from: null, to: null } }; // prettier-ignore
  if (topic === 'underlyings')
    return { items: [{ key: KEY, venue: 'deribit', underlying: 'BTC', index: 100_000, at, feed: 'live', platform: 'open', gate: { state: 'OK', reasons: [] }, model: 'svi', model_age_s: 10, half_life_s: 600, open_incidents: 0, worst_incident: null, expiries: glances(scopes, years) }] }; // prettier-ignore
  if (topic === 'incidents') return { items: [] };
  if (topic === 'health') return { health: { events: 1, clients: 1 }, feeds: [] };
  if (!topic.startsWith('curves:')) return null;
  const k = Array.from({ length: 61 }, (_, i) => -0.4 + (0.8 * i) / 60);
  return {
    expiries: scopes.map((scope, i) => ({
      scope, expiry: `${scope.slice(-10)}T08:00:00.000Z`, at, years: years[i], forward: 100_000, atm_vol: 0.45,
      curves: [{ model: 'svi', role: 'champion', k, x: k, strike: k.map((v) => 100_000 * Math.exp(v)), sigma: k.map(sigmaAt), low: k.map((v) => sigmaAt(v) - 0.004), high: k.map((v) => sigmaAt(v) + 0.004), fit: null }],
    })),
  }; // prettier-ignore
}

function answer(path: string, scopes: readonly string[]): object | null {
  const at = new Date().toISOString();
  if (path === '/api/v1/session')
    return { name: 'local', role: 'override', can: ['view', 'acknowledge'], secured: false };
  if (path.startsWith('/api/v1/smiles/')) return { key: KEY, at, live: true, expiries: [] };
  if (path.startsWith('/api/v1/scores/'))
    return { key: KEY, model: 'svi', horizon_s: 1, from: null, to: null, series: scopes.map((scope) => ({ scope, at: [Date.now()], pz: [1] })), quality: [], thresholds: [], marks: [], incidents: [] }; // prettier-ignore
  return null;
}
