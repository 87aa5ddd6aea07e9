/** The contract of every venue file: what it parses is finite and dated, what it cannot parse it refuses, never by a throw. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MarketEvent } from '../../src/market/event.ts';
import type { VenueAdapter, VenueRequest, VenueSession } from '../../src/venue/adapter.ts';
import { Random } from '../../src/numeric/random.ts';

/** One captured payload: a frame of the socket, or the result of a request. */
export interface Capture {
  readonly source: string;
  readonly receivedAt: number;
  readonly frame?: string;
  readonly result?: { readonly request: VenueRequest; readonly value: unknown };
  /** The payload holds market data that must come out as at least one event that is no refusal. */
  readonly market: boolean;
}

export interface VenueCaptures {
  readonly underlyings: readonly string[];
  readonly captures: readonly Capture[];
  /** Option names that must survive parse and print. */
  readonly symbols: readonly string[];
}

const encoder = new TextEncoder();

/** Feeds one payload; the events it made. */
export function feedCapture(session: VenueSession, capture: Capture): MarketEvent[] {
  const into: MarketEvent[] = [];
  if (capture.frame !== undefined) session.frame(encoder.encode(capture.frame), capture.receivedAt, into);
  if (capture.result !== undefined)
    session.result(capture.result.request, capture.result.value, capture.receivedAt, into);
  return into;
}

/** Every number anywhere in a value is finite. */
export function assertFinite(value: unknown, where: string): void {
  if (typeof value === 'number') assert.ok(Number.isFinite(value), `${where} is ${value}`);
  else if (typeof value === 'object' && value !== null)
    for (const [k, v] of Object.entries(value)) assertFinite(v, `${where}.${k}`);
}

function assertEvent(event: MarketEvent, source: string): void {
  assertFinite(event, `${source} ${event.type}`);
  assert.ok(event.at > 1_262_304_000_000 && event.receivedAt > 1_262_304_000_000, `${source}: both times are epoch ms`);
  if (event.type === 'quote' && event.markIv !== null)
    assert.ok(event.markIv > 0 && event.markIv <= 100, `${source}: a fraction`);
  if (event.type === 'refused')
    assert.ok(event.reason !== '' && event.field !== '' && event.value.length < 100, source);
}

/** One byte of `text` replaced, removed or doubled, or a slice of it. */
function mutate(bytes: Uint8Array, random: () => number): Uint8Array {
  const copy = [...bytes];
  const times = 1 + Math.floor(random() * 3);
  for (let i = 0; i < times; i++) {
    const place = Math.floor(random() * copy.length);
    const choice = random();
    if (choice < 0.5) copy[place] = Math.floor(random() * 256);
    else if (choice < 0.7) copy.splice(place, 1 + Math.floor(random() * 12));
    else if (choice < 0.9) copy.splice(place, 0, ...copy.slice(place, place + Math.floor(random() * 12)));
    else copy.length = place;
  }
  return Uint8Array.from(copy);
}

/** JSON whose leaves are replaced by values of the wrong kind. */
function poison(value: unknown, random: () => number): unknown {
  const wrong: unknown[] = [
    null,
    '',
    '-',
    'None',
    'NaN',
    'x',
    -1,
    0,
    '0',
    Infinity,
    -1e308,
    {},
    [],
    true,
    { toString: 1, valueOf: 1 },
    [[]],
    '1e5',
    1e18,
  ];
  if (random() < 0.08) return wrong[Math.floor(random() * wrong.length)];
  if (Array.isArray(value)) return value.map((v) => poison(v, random));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, poison(v, random)]));
}

export function venueContract(adapter: VenueAdapter, load: () => VenueCaptures | string): void {
  const loaded = load();
  const skip = typeof loaded === 'string' ? loaded : false;
  const { underlyings, captures, symbols } =
    typeof loaded === 'string' ? { underlyings: [], captures: [], symbols: [] } : loaded;
  const open = (): VenueSession => {
    const session = adapter.session({ underlyings, topOfBook: 'book', marks: true });
    session.connected(false);
    return session;
  };

  test(`${adapter.venue}: every captured payload parses to finite numbers with both times`, { skip }, () => {
    assert.ok(captures.length > 0);
    const session = open();
    for (const capture of captures) {
      const events = feedCapture(session, capture);
      for (const event of events) assertEvent(event, capture.source);
      if (capture.market)
        assert.ok(
          events.some((e) => e.type !== 'refused'),
          `${capture.source}: no event from ${capture.frame ?? 'result'}`,
        );
    }
  });

  test(`${adapter.venue}: symbols round-trip`, { skip }, () => {
    assert.ok(symbols.length > 0);
    for (const symbol of symbols) assert.equal(adapter.symbol(symbol), symbol);
    assert.equal(adapter.symbol('no such thing'), null);
  });

  test(`${adapter.venue}: junk is refused without a throw, and the session goes on`, { skip }, () => {
    const generator = new Random(20_260_301);
    const random = (): number => generator.uniform();
    const session = open();
    let refused = 0;
    for (let round = 0; round < 12; round++) {
      for (const capture of captures) {
        const into: MarketEvent[] = [];
        if (capture.frame !== undefined) {
          session.frame(mutate(encoder.encode(capture.frame), random), capture.receivedAt, into);
          const poisoned = JSON.stringify(poison(JSON.parse(capture.frame), random)) ?? '';
          session.frame(encoder.encode(poisoned), capture.receivedAt, into);
        }
        if (capture.result !== undefined)
          session.result(capture.result.request, poison(capture.result.value, random), capture.receivedAt, into);
        for (const event of into) assertEvent(event, `junk of ${capture.source}`);
        refused += into.filter((e) => e.type === 'refused').length;
      }
    }
    assert.ok(refused > captures.length, 'the fuzz must reach the refusals');
    const again = captures.find((c) => c.market && c.frame !== undefined)!;
    assert.ok(feedCapture(session, again).length > 0, 'the session still parses');
  });

  test(`${adapter.venue}: requests carry their parameters, credits and a bucket that exists`, () => {
    const session = adapter.session({ underlyings: ['BTC'], topOfBook: 'ticker', marks: false });
    const requests = [
      ...session.discover(),
      ...session.snapshot(),
      ...session.history(1, 2),
      adapter.probe(),
      adapter.subscribe(['c']),
    ];
    for (const request of requests) {
      assert.ok(adapter.rateLimits[request.bucket].capacity >= request.cost, request.method);
      assert.deepEqual(JSON.parse(JSON.stringify(request.params)), request.params);
      assert.ok(adapter.encode(7, request).includes(request.method));
    }
    for (const endpoint of Object.values(adapter.endpoints)) assert.equal(new URL(endpoint).protocol, 'wss:');
  });
}
