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
    const { pathname: path, searchParams } = new URL(request.url ?? '/', 'http://busy');
    const file = FILES[path];
    if (file !== undefined) {
      response.writeHead(200, { 'content-type': TYPES[file.split('.')[1]] });
      response.end(readFileSync(join(ROOT, 'dashboard', 'dist', file)));
      return;
    }
    const body = answer(path, searchParams, scopes, began);
    response.writeHead(body === null ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body ?? { title: 'Not Found', status: 404 }));
  });
  const wss = new WebSocketServer({ server: http, path: '/api/v1/stream' });
  const clients = new Set<WebSocket>();
  let open = true;
  let seq = 1;
  let second = 0;
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
        } else say({ type: 'snapshot', topic, seq: 0, data: data(topic, scopes, years, began) });
      }
    });
    socket.on('close', () => clients.delete(socket));
  });
  const timer = setInterval(() => {
    const bytes = columns(scopes, years, per, 'delta', seq++);
    for (const socket of clients) socket.send(bytes);
  }, 1000 / hertz);
  const beat = setInterval(() => {
    second++;
    for (const topic of ['status', 'underlyings', 'incidents', 'health', `curves:${KEY}`]) {
      const text = JSON.stringify({ type: 'delta', topic, seq: second, data: data(topic, scopes, years, began) });
      for (const socket of clients) socket.send(text);
    }
  }, 1_000);
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
      clearInterval(beat);
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
    scope, expiry: `${scope.slice(-10)}T08:00:00.000Z`, model: 'svi', loop: 'HEALTHY', loop_since: null, loop_why: null, loop_incident: null, trial: null, proposed: null, years: years[i], forward: 100_000, atm_vol: 0.45, gate: { state: 'OK', reasons: [] },
    age_s: 10, half_life_s: 600, pz: 1, inside_share: 0.9, quoted: 100, two_sided: 100,
  })); // prettier-ignore
}

/** What a topic says now: all of it moves, as it does on a busy day. */
function data(topic: string, scopes: readonly string[], years: readonly number[], began: number): unknown {
  const now = Date.now();
  const at = new Date(now).toISOString();
  const open = incidentsSince(began, scopes).at(-1);
  if (topic === 'status')
    return { mode: 'live', synthetic: true, stamp: 'SYNTHETIC', at, wall: at, started: at, version: '0', champion: 'svi', models: ['svi'], retained: { from: null, to: null } }; // prettier-ignore
  if (topic === 'underlyings')
    return { items: [{ key: KEY, venue: 'deribit', underlying: 'BTC', index: 100_000 + (now % 1_000), at, feed: 'live', platform: 'open', gate: { state: 'OK', reasons: [] }, model: 'svi', model_age_s: (now - began) / 1_000, half_life_s: 600, open_incidents: open === undefined ? 0 : 1, worst_incident: null, expiries: glances(scopes, years) }] }; // prettier-ignore
  if (topic === 'incidents') return { items: incidentsSince(began, scopes).slice(-100) };
  if (topic === 'health') return { health: { events: now - began, clients: 1 }, feeds: [] };
  if (topic.startsWith('trades:')) return { items: [] };
  if (!topic.startsWith('curves:')) return null;
  const k = Array.from({ length: 61 }, (_, i) => -0.4 + (0.8 * i) / 60);
  const sigma = k.map((v) => sigmaAt(v) + 0.001 * Math.sin(now / 1_000));
  return {
    expiries: scopes.map((scope, i) => ({
      scope, expiry: `${scope.slice(-10)}T08:00:00.000Z`, at, years: years[i], forward: 100_000, atm_vol: 0.45,
      curves: [{ model: 'svi', role: 'champion', k, x: k, strike: k.map((v) => 100_000 * Math.exp(v)), sigma, low: sigma.map((v) => v - 0.004), high: sigma.map((v) => v + 0.004), fit: null }],
    })),
  }; // prettier-ignore
}

/** One incident a minute, each resolved by the next. */
function incidentsSince(began: number, scopes: readonly string[]): object[] {
  const now = Date.now();
  return Array.from({ length: Math.floor((now - began) / 60_000) }, (_, i) => {
    const opened = began + (i + 1) * 60_000;
    const over = opened + 60_000 <= now;
    const time = (ms: number): string => new Date(ms).toISOString();
    return {
      id: `busy-${i}`, cause: 'forward', says: 'the forward moved', kind: 'data', severity: 'warning', scope: scopes[i % scopes.length], underlying: KEY,
      state: over ? 'resolved' : 'open', opened: time(opened), updated: time(over ? opened + 60_000 : opened), resolved: over ? time(opened + 60_000) : null,
      acknowledged: null, runner_up: null, money: null, evidence: {}, timeline: [{ at: time(opened), what: 'opened', text: 'opened', data: {} }],
    };
  }); // prettier-ignore
}

function answer(path: string, query: URLSearchParams, scopes: readonly string[], began: number): object | null {
  const now = Date.now();
  const at = new Date(now).toISOString();
  if (path === '/api/v1/session')
    return { name: 'local', role: 'override', can: ['view', 'acknowledge'], secured: false };
  if (path.startsWith('/api/v1/smiles/')) return { key: KEY, at, live: true, expiries: [] };
  if (path.startsWith('/api/v1/scores/')) return scores(Math.max(began, Date.parse(query.get('from') ?? '') || 0), now, scopes); // prettier-ignore
  return null;
}

/** One score a second and expiry between two times. */
function scores(from: number, to: number, scopes: readonly string[]): object {
  const at = Array.from({ length: Math.max(0, Math.floor((to - from) / 1_000)) + 1 }, (_, i) => from + i * 1_000);
  const wave = at.map((t) => 1 + Math.sin(t / 30_000));
  return {
    key: KEY, model: 'svi', horizon_s: 1, from: null, to: null,
    series: scopes.map((scope) => ({ scope, at, n: wave, pz: wave, level: wave, skew: wave, curvature: wave, pr: wave, inside_share: wave, age_s: wave })),
    quality: scopes.map((scope) => ({ scope, at, half_spread: wave, parity_gap: wave, two_sided: wave, unchanged_share: wave, silent_share: wave })),
    thresholds: [{ score: 'pz', value: 3, says: 'the model is refitted' }],
    marks: at.filter((t) => Math.floor(t / 1_000) % 10 === 0).map((t) => ({ at: new Date(t).toISOString(), scope: scopes[0], type: 'calibration', label: 'svi accepted', ok: true })),
    incidents: [],
  }; // prettier-ignore
}
