/** fast-check arbitraries of every event kind, and a seeded maker of quotes for volume. All of it SYNTHETIC. */
import * as fc from 'fast-check';
import type { FitOutcomeRecord, MarketEvent } from '../../src/market/event.ts';
import type { HeldCash, HeldFuture, HeldOption, Holding } from '../../src/market/holding.ts';
import type { OptionInstrument, TickStep } from '../../src/market/instrument.ts';
import type { LogRecord, MetaRecord } from '../../src/store/record-codec.ts';
import { FORMAT } from '../../src/store/record-codec.ts';

const decimal = fc
  .tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 8 }))
  .map(([m, e]) => m / 10 ** e + 0);
const anyDouble = fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0);
export const finite = fc.oneof(
  decimal,
  anyDouble,
  fc.maxSafeInteger().map((x) => x + 0),
  fc.constant(0),
);
const optional = fc.option(finite, { nil: null });
const time = fc.oneof(fc.integer({ min: 1.5e12, max: 2e12 }), finite);
const text = fc.oneof(
  fc.constantFrom('deribit', 'BTC-27MAR26-90000-C', 'BTC', 'SYN.BTC-7', ''),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
);
const optionalText = fc.option(text, { nil: null });
const times = { at: time, receivedAt: time };

const literal = <const T>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const record = <T>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(shape, { noNullPrototype: true });
const instrument = record<OptionInstrument>({
  venue: text, symbol: text, underlying: text, expiry: time, strike: finite, side: literal('call', 'put'),
  settlement: literal('inverse', 'linear'), premiumCurrency: text,
  ticks: fc.array(record<TickStep>({ from: finite, tick: finite }), { minLength: 1, maxLength: 3 }), contractSize: finite,
}); // prettier-ignore
const holding: fc.Arbitrary<Holding> = fc.oneof(
  record<HeldOption>({
    kind: literal('option'), symbol: text, underlying: text, side: literal('call', 'put'), strike: finite, expiry: time,
    settlement: literal('inverse', 'linear'), size: finite, entry: optional,
  }),
  record<HeldFuture>({
    kind: literal('future'), symbol: text, underlying: text, expiry: fc.option(time, { nil: null }),
    settlement: literal('inverse', 'linear'), size: finite, entry: optional,
  }),
  record<HeldCash>({ kind: literal('cash'), symbol: text, underlying: optionalText, size: finite }),
); // prettier-ignore
type Kind<K extends MarketEvent['type']> = Extract<MarketEvent, { type: K }>;

/** One arbitrary per kind: a new kind of event does not compile until it is here. */
export const eventOf: { [K in MarketEvent['type']]: fc.Arbitrary<Kind<K>> } = {
  'credit-terms': record({
    type: literal('credit-terms'), ...times, venue: text, curve: text, eventDefinition: text, recovery: finite,
    accrual: literal('isda', 'markit', 'correct'), roll: literal('2009', '2015'),
    discountYears: fc.array(finite, { maxLength: 3 }), discountRates: fc.array(finite, { maxLength: 3 }),
  }),
  'credit-quote': record({
    type: literal('credit-quote'), ...times, venue: text, curve: text, contributor: text, node: text,
    quoteType: literal('par', 'quoted', 'upfront'), bid: optional, ask: optional, coupon: finite, recovery: optional,
  }),
  instrument: record({ type: literal('instrument'), ...times, instrument, state: literal('open', 'expired') }),
  quote: record({
    type: literal('quote'), ...times, venue: text, symbol: text, bid: optional, ask: optional, bidSize: optional,
    askSize: optional, mark: optional, markIv: optional, forward: optional, forwardName: optionalText, index: optional,
    delta: optional, vega: optional, openInterest: optional,
  }),
  trade: record({
    type: literal('trade'), ...times, venue: text, symbol: text, tradeId: text, price: finite, amount: finite,
    direction: literal('buy', 'sell'), kind: literal('screen', 'liquidation', 'block', 'combo', 'rfq'),
    packageId: optionalText, iv: optional, mark: optional, index: optional, late: fc.boolean(),
  }),
  index: record({ type: literal('index'), ...times, venue: text, underlying: text, name: text, price: finite }),
  future: record({
    type: literal('future'), ...times, venue: text, symbol: text, underlying: text, expiry: optional, bid: optional,
    ask: optional, mark: optional, funding8h: optional,
  }),
  'volatility-index': record({ type: literal('volatility-index'), ...times, venue: text, underlying: text, volatility: finite }),
  'snapshot-end': record({ type: literal('snapshot-end'), ...times, venue: text, underlying: text }),
  gap: record({
    type: literal('gap'), ...times, venue: text, symbol: optionalText, reason: literal('crash', 'silence'), from: time, to: optional,
  }),
  feed: record({ type: literal('feed'), ...times, venue: text, state: literal('live', 'down'), detail: text }),
  platform: record({ type: literal('platform'), ...times, venue: text, underlying: optionalText, state: literal('open', 'locked') }),
  delivery: record({ type: literal('delivery'), ...times, venue: text, underlying: text, expiry: time, price: finite }),
  refused: record({ type: literal('refused'), ...times, venue: text, reason: text, field: text, value: text }),
  pulse: record({
    type: literal('pulse'), ...times, venue: text, loopLagMs: finite, queueLength: finite, clockOffsetMs: optional,
    droppedQuotes: finite,
  }),
  timer: record({ type: literal('timer'), ...times }),
  operator: record({
    type: literal('operator'), ...times, actor: text, action: literal('silence', 'refit'), target: text, note: text, until: optional,
  }),
  'pushed-fit': record({
    type: literal('pushed-fit'), ...times, model: text, venue: text, underlying: text, expiry: time, family: optionalText,
    parameters: fc.array(finite), strikes: fc.array(finite), volatilities: fc.array(finite),
  }),
  'pushed-greeks': record({
    type: literal('pushed-greeks'), ...times, model: text, venue: text, underlying: text,
    convention: literal('black', 'premium-adjusted', 'rule'), symbols: fc.array(text), deltas: fc.array(finite),
  }),
  'own-quote': record({
    type: literal('own-quote'), ...times, venue: text, symbol: text, bid: optional, bidSize: optional, ask: optional,
    askSize: optional,
  }),
  'own-fill': record({
    type: literal('own-fill'), ...times, venue: text, account: text, symbol: text, tradeId: text,
    direction: literal('buy', 'sell'), price: finite, amount: finite, liquidity: literal('maker', 'taker'), fee: optional,
    feeCurrency: optionalText,
  }),
  positions: record({
    type: literal('positions'), ...times, source: text, account: text, mode: literal('snapshot', 'delta'),
    covers: literal('all', 'positions'), holdings: fc.array(holding, { maxLength: 4 }), refused: finite, validSeconds: finite,
    fills: fc.boolean(),
  }),
  equity: record({
    type: literal('equity'), ...times, source: text, account: text, currency: text, underlying: optionalText, cash: finite,
    equity: optional, initialMargin: optional, maintenanceMargin: optional, validSeconds: finite,
  }),
  'fit-result': record({
    type: literal('fit-result'), ...times, jobId: text,
    outcome: record<FitOutcomeRecord>({
      status: text, parameters: fc.array(finite), covariance: fc.array(finite),
      numbers: fc.dictionary(fc.string(), finite, { noNullPrototype: true }),
    }),
  }),
}; // prettier-ignore

export const META: MetaRecord = { kind: 'meta', format: FORMAT, code: '0.1.0', configuration: { model: 'svi' } };

const plain = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    finite,
    text,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;
const output = fc
  .record({ type: text, at: time, body: plain }, { noNullPrototype: true })
  .map((r) => ({ kind: 'output', record: r }) as unknown as LogRecord);

/** Any record; metas now and then, so that sessions follow each other. */
export const anyRecord: fc.Arbitrary<LogRecord> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .oneof(...(Object.values(eventOf) as fc.Arbitrary<MarketEvent>[]))
      .map((event) => ({ kind: 'input', event }) as const),
  },
  { weight: 2, arbitrary: output },
  { weight: 1, arbitrary: fc.constant(META) },
);

/** A deterministic stream of quotes over a chain of `symbols` instruments, with the digits a venue sends. SYNTHETIC. */
export function* syntheticQuotes(count: number, symbols = 800): Generator<LogRecord> {
  let seed = 12345;
  const next = (n: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 4294967296) * n);
  };
  const names = Array.from({ length: symbols }, (_, i) => `BTC-27MAR26-${40000 + i * 500}-${i % 2 ? 'P' : 'C'}`);
  for (let i = 0; i < count; i++) {
    const at = 1767225600000 + i * 3;
    const ticks = 20 + next(2000);
    const side = i % 2 ? -1 : 1;
    yield {
      kind: 'input',
      event: {
        type: 'quote', at, receivedAt: at + 5 + next(40), venue: 'deribit', symbol: names[next(symbols)],
        bid: ticks % 50 === 0 ? null : (ticks * 5) / 10000, ask: (ticks * 5 + 5) / 10000, bidSize: next(900) / 10,
        askSize: next(900) / 10, mark: (ticks * 50 + next(50)) / 100000, markIv: (3000 + next(4000)) / 10000,
        forward: (9000000 + next(1000000)) / 100, forwardName: `BTC-27MAR26`, index: (9000000 + next(1000000)) / 100,
        delta: (side * (1 + next(99998))) / 100000, vega: (1 + next(2000000)) / 100000, openInterest: next(90000) / 10,
      },
    }; // prettier-ignore
  }
}
