/** The Deribit session on SYNTHETIC messages of every kind: units, missing values, merging, life-cycle, refusals. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MarketEvent, QuoteEvent } from '../../src/market/event.ts';
import type { VenueSession } from '../../src/venue/adapter.ts';
import { adapter } from '../../src/venue/deribit.ts';
import { BOOK_FORMS } from '../../src/venue/deribit/book.ts';
import { ERROR_CODES, errorOutcome } from '../../src/venue/deribit/errors.ts';
import { currencyOf, indexOf, parseOtherName, underlyingOfIndex } from '../../src/venue/deribit/names.ts';
import * as request from '../../src/venue/deribit/requests.ts';
import {
  CALL,
  PUT,
  SOL,
  T0,
  bookData,
  hear,
  hearChannel,
  instrumentRow,
  notification,
  of,
  openSession,
  tickerData,
  tradeData,
} from './deribit-messages.ts';

const ticker = (session: VenueSession, name: string, at: number, over: Record<string, unknown> = {}) =>
  hearChannel(session, `ticker.${name}.100ms`, tickerData(name, at, over));
const quoteOf = (events: readonly MarketEvent[]): QuoteEvent => of(events, 'quote').at(-1)!;

test('a ticker is a whole quote: percent to fraction, both times, the forward with its name', () => {
  const { events } = ticker(openSession(), CALL, T0 - 30);
  assert.deepEqual(quoteOf(events), {
    type: 'quote',
    at: T0 - 30,
    receivedAt: T0,
    venue: 'deribit',
    symbol: CALL,
    bid: 0.0365,
    ask: 0.04,
    bidSize: 15.4,
    askSize: 4.8,
    mark: 0.0385,
    markIv: 0.6321,
    forward: 90_123.5,
    forwardName: 'BTC-27MAR26',
    index: 90_001.25,
    delta: 0.55,
    vega: 95.5,
    openInterest: 533.2,
  });
  assert.equal(of(events, 'instrument')[0].instrument.symbol, CALL, 'an option not listed before announces itself');
});

test('scanner and JSON.parse make the same events of the same ticker', () => {
  const frame = notification(`ticker.${CALL}.100ms`, tickerData(CALL, T0));
  // A space after the first brace makes another shape of the same message.
  assert.deepEqual(hear(openSession(), frame).events, hear(openSession(), `{ ${frame.slice(1)}`).events);
});

test('missing in every spelling, decided by the type of the field', () => {
  const read = (field: string, value: unknown): MarketEvent[] => {
    const over = field.startsWith('greeks.')
      ? { greeks: { delta: 0.1, vega: 1, [field.slice(7)]: value } }
      : { [field]: value };
    return ticker(openSession(), CALL, T0, over).events;
  };
  const shown: Record<string, keyof QuoteEvent> = {
    best_bid_price: 'bid', best_ask_amount: 'askSize', mark_price: 'mark', mark_iv: 'markIv', underlying_price: 'forward',
    index_price: 'index', open_interest: 'openInterest', 'greeks.delta': 'delta', 'greeks.vega': 'vega',
  }; // prettier-ignore
  const zeroIsReal = ['mark_price', 'open_interest', 'greeks.delta', 'greeks.vega'];
  for (const [field, key] of Object.entries(shown)) {
    for (const missing of [null, '', '-', 'None', undefined]) {
      const events = read(field, missing);
      assert.equal(quoteOf(events)[key], null, `${field} ${String(missing)}`);
      assert.equal(of(events, 'refused').length, 0, `${field} ${String(missing)}`);
    }
    for (const zero of [0, '0', '0.0', -0])
      assert.equal(quoteOf(read(field, zero))[key], zeroIsReal.includes(field) ? 0 : null, `${field} ${zero}`);
    const minusOne = read(field, -1);
    assert.equal(quoteOf(minusOne)[key], field === 'greeks.delta' ? -1 : null, `${field} -1`);
    assert.equal(of(minusOne, 'refused').length, field === 'greeks.vega' ? 1 : 0, `${field} -1`);
    for (const junk of ['abc', 'NaN', 'Infinity', true, {}, [], '1,5', 1e16]) {
      const events = read(field, junk);
      const refused = of(events, 'refused');
      assert.equal(quoteOf(events)[key], null, `${field} ${JSON.stringify(junk)}`);
      assert.deepEqual([refused.length, refused[0].field], [1, field]);
      assert.ok(quoteOf(events).ask !== null || key === 'ask', 'nothing else is lost');
    }
  }
  assert.equal(quoteOf(read('best_bid_price', '0.0365')).bid, 0.0365, 'decimal text is a number');
});

test('a size without its price is no size', () => {
  const { events } = ticker(openSession(), CALL, T0, { best_bid_price: 0, best_bid_amount: 12 });
  assert.deepEqual([quoteOf(events).bid, quoteOf(events).bidSize], [null, null]);
});

test('a row without name or time is refused whole, naming field and value', () => {
  const session = openSession();
  for (const [over, field, value] of [
    [{ timestamp: null }, 'timestamp', 'null'],
    [{ timestamp: 12 }, 'timestamp', '12'],
    [{ instrument_name: 42 }, 'instrument_name', '42'],
    [{ instrument_name: 'BTC-31FEB26-1-C' }, 'instrument_name', 'BTC-31FEB26-1-C'],
  ] as const) {
    const { events } = ticker(session, CALL, T0, over);
    assert.deepEqual(
      events.map((e) => e.type),
      ['refused'],
    );
    assert.deepEqual([of(events, 'refused')[0].field, of(events, 'refused')[0].value], [field, value]);
  }
});

test('futures and the perpetual; funding is a rate per 8 hours', () => {
  const session = openSession();
  const perpetual = {
    best_bid_price: 90_000.5,
    best_ask_price: 90_001,
    mark_price: 90_000.7,
    funding_8h: -0.00008477,
    greeks: undefined,
    underlying_index: undefined,
  };
  const future = of(ticker(session, 'BTC-PERPETUAL', T0, perpetual).events, 'future')[0];
  assert.deepEqual(
    [future.underlying, future.expiry, future.bid, future.ask, future.mark, future.funding8h],
    ['BTC', null, 90_000.5, 90_001, 90_000.7, -0.00008477],
  );
  const dated = of(ticker(session, 'BTC-27MAR26', T0, perpetual).events, 'future')[0];
  assert.deepEqual([dated.expiry, dated.funding8h], [Date.UTC(2026, 2, 27, 8), null]);
  assert.equal(of(ticker(session, 'SOL_USDC-PERPETUAL', T0, perpetual).events, 'future')[0].underlying, 'SOL_USDC');
});

test('combos and spot pairs are kept apart, under their own reasons', () => {
  for (const [name, reason] of [
    ['BTC-STRD-27MAR26-90000', 'combo-instrument'],
    ['BTC-FS-27MAR26_PERP', 'combo-instrument'],
    ['BTC-CSR12-27MAR26-21000_23000', 'combo-instrument'],
    ['BTC_USDC', 'spot-instrument'],
    ['nonsense', 'unknown-instrument'],
  ] as const) {
    const { events } = ticker(openSession(), name, T0, { instrument_name: name });
    assert.deepEqual(
      events.map((e) => (e.type === 'refused' ? e.reason : e.type)),
      [reason],
      name,
    );
  }
});

test('names, currencies and indices belong together', () => {
  for (const [underlying, currency, index] of [
    ['BTC', 'BTC', 'btc_usd'],
    ['SOL_USDC', 'USDC', 'sol_usdc'],
  ] as const) {
    assert.equal(currencyOf(underlying), currency);
    assert.equal(indexOf(underlying), index);
    assert.equal(underlyingOfIndex(index), underlying);
  }
  assert.equal(underlyingOfIndex('BTC'), null);
  assert.equal(parseOtherName('BTC-99ZZZ26'), null);
});

test('prints: kinds by their flags, the package they belong to, percent, caps', () => {
  const session = openSession();
  const print = (over: Record<string, unknown>, name = CALL) =>
    of(hearChannel(session, 'trades.option.BTC.100ms', [tradeData(name, T0, 't1', over)]).events, 'trade')[0];
  assert.deepEqual({ ...print({}) }, {
    type: 'trade', at: T0, receivedAt: T0, venue: 'deribit', symbol: CALL, tradeId: 't1', price: 0.0405, amount: 0.3, direction: 'buy',
    kind: 'screen', packageId: null, iv: 0.645, mark: 0.0385, index: 90_000, late: false,
  }); // prettier-ignore
  for (const flag of ['M', 'T', 'MT']) assert.equal(print({ liquidation: flag }).kind, 'liquidation');
  const flags = (over: Record<string, unknown>) => [print(over).kind, print(over).packageId];
  assert.deepEqual(flags({ block_trade_id: 'BLOCK-9', block_trade_leg_count: 2 }), ['block', 'BLOCK-9']);
  assert.deepEqual(flags({ block_rfq_id: 939, block_trade_id: 'BLOCK-9' }), ['rfq', 'BLOCK-9']);
  assert.deepEqual(flags({ block_rfq_id: 939 }), ['rfq', '939']);
  assert.deepEqual(flags({ combo_id: 'BTC-CS-27MAR26-90000_95000', combo_trade_id: 412 }), ['combo', '412']);
  assert.deepEqual(flags({ combo_id: 'BTC-CS-27MAR26-90000_95000' }), ['combo', 'BTC-CS-27MAR26-90000_95000']);
  assert.equal(print({ iv: 0 }).iv, null, 'below intrinsic');
  assert.equal(print({ iv: 999 }).iv, null, 'the cap is no measurement');
  assert.equal(
    print({ amount: 90_000, price: 45_000 }, 'BTC-PERPETUAL').amount,
    2,
    'USD of an inverse future to coins',
  );
  assert.equal(print({ amount: 3 }, 'SOL_USDC-PERPETUAL').amount, 3, 'a linear future trades in coins');
});

test('a bad print is refused and its neighbours are kept', () => {
  const session = openSession();
  const bad = [
    { price: 0 },
    { amount: null },
    { direction: 'up' },
    { trade_id: null },
    { timestamp: 'x' },
    { instrument_name: 'BTC-FS-27MAR26_PERP' },
  ];
  const data = [
    tradeData(CALL, T0, 'a'),
    ...bad.map((over, i) => tradeData(CALL, T0, `bad${i}`, over)),
    null,
    7,
    tradeData(PUT, T0, 'b'),
  ];
  const { events } = hearChannel(session, 'trades.option.BTC.100ms', data);
  assert.deepEqual(
    of(events, 'trade').map((t) => t.tradeId),
    ['a', 'b'],
  );
  assert.deepEqual(
    of(events, 'refused').map((r) => r.field),
    ['price', 'amount', 'direction', 'trade_id', 'timestamp', 'instrument_name', 'data', 'data'],
  );
  assert.equal(
    of(hearChannel(session, 'trades.option.USDC.100ms', [tradeData('XRP_USDC-27MAR26-2d5-C', T0, 'x')]).events, 'trade')
      .length,
    0,
    'not asked for',
  );
});

test('index, volatility index, platform state and status', () => {
  const session = openSession();
  const index = of(
    hearChannel(session, 'deribit_price_index.sol_usdc', { timestamp: T0, price: 151.5, index_name: 'sol_usdc' })
      .events,
    'index',
  )[0];
  assert.deepEqual([index.underlying, index.name, index.price], ['SOL_USDC', 'sol_usdc', 151.5]);
  const dvol = of(
    hearChannel(session, 'deribit_volatility_index.btc_usd', { timestamp: T0, volatility: 45.5 }).events,
    'volatility-index',
  )[0];
  assert.deepEqual([dvol.underlying, dvol.volatility], ['BTC', 0.455]);
  const platform = (data: unknown) =>
    of(hearChannel(session, 'platform_state', data).events, 'platform').map((p) => [p.underlying, p.state]);
  assert.deepEqual(platform({ price_index: 'btc_usd', locked: true }), [['BTC', 'locked']]);
  assert.deepEqual(platform({ price_index: 'btc_usd', locked: false }), [['BTC', 'open']]);
  assert.deepEqual(platform({ maintenance: true }), [[null, 'maintenance']]);
  const status = (result: unknown): unknown[] => {
    const into: MarketEvent[] = [];
    session.result(request.status(), result, T0, into);
    return into.map((e) => (e.type === 'platform' ? [e.underlying, e.state] : e.type));
  };
  assert.deepEqual(status({ locked: 'partial', locked_indices: ['btc_usd', 'sol_usdc'] }), [
    ['BTC', 'locked'],
    ['SOL_USDC', 'locked'],
  ]);
  assert.deepEqual(status({ locked: 'true' }), [[null, 'locked']]);
  assert.deepEqual(status({ locked: false }), [[null, 'open']]);
  assert.deepEqual(status('x'), ['refused']);
});

test('marks: a fraction already, merged into the last quote', () => {
  const session = openSession();
  ticker(session, CALL, T0);
  const { events } = hearChannel(session, 'markprice.options.btc_usd', [
    { timestamp: T0 + 50, instrument_name: CALL, mark_price: 0.041, iv: 0.655 },
    { timestamp: T0 + 50, instrument_name: 'BTC-CS-27MAR26-1_2', mark_price: 0.041, iv: 0.6 },
  ]);
  const quote = quoteOf(events);
  assert.deepEqual([quote.mark, quote.markIv, quote.bid, quote.delta, quote.at], [0.041, 0.655, 0.0365, 0.55, T0 + 50]);
  assert.equal(of(events, 'refused')[0].reason, 'combo-instrument');
});

test('the quote channel moves the touch and keeps the rest; what is older is overtaken', () => {
  const session = openSession({ topOfBook: 'quote' });
  const touch = (at: number, bid: number) =>
    hearChannel(session, `quote.${CALL}`, {
      timestamp: at,
      instrument_name: CALL,
      best_bid_price: bid,
      best_bid_amount: 3,
      best_ask_price: 0.05,
      best_ask_amount: 1,
    }).events;
  ticker(session, CALL, T0);
  const moved = quoteOf(touch(T0 + 10, 0.037));
  assert.deepEqual([moved.bid, moved.bidSize, moved.ask, moved.mark, moved.at], [0.037, 3, 0.05, 0.0385, T0 + 10]);
  assert.equal(touch(T0 + 5, 0.03).length, 0, 'an older touch');
  const late = quoteOf(ticker(session, CALL, T0 + 8, { mark_price: 0.0386 }).events);
  assert.deepEqual(
    [late.bid, late.mark, late.at],
    [0.037, 0.0386, T0 + 10],
    'an older ticker brings its mark, not its touch',
  );
  assert.equal(quoteOf(ticker(session, CALL, T0 + 20).events).bid, 0.0365);
});

test('instruments: ticks by steps, settlement, state; a name that contradicts its fields is refused', () => {
  const list = (rows: unknown, currency = 'BTC', session = openSession()) => {
    const into: MarketEvent[] = [];
    session.result(request.instruments(currency, 'option'), rows, T0, into);
    return into;
  };
  const btc = of(list([instrumentRow(CALL)]), 'instrument')[0];
  assert.deepEqual(
    [
      btc.state,
      btc.instrument.settlement,
      btc.instrument.premiumCurrency,
      btc.instrument.strike,
      btc.instrument.side,
      btc.instrument.expiry,
    ],
    ['open', 'inverse', 'BTC', 90_000, 'call', Date.UTC(2026, 2, 27, 8)],
  );
  assert.deepEqual(btc.instrument.ticks, [
    { from: 0, tick: 0.0001 },
    { from: 0.005, tick: 0.0005 },
  ]);
  const sol = of(list([instrumentRow(SOL)], 'USDC'), 'instrument')[0];
  assert.deepEqual(
    [sol.instrument.underlying, sol.instrument.settlement, sol.instrument.premiumCurrency, sol.instrument.ticks],
    ['SOL_USDC', 'linear', 'USDC', [{ from: 0, tick: 0.01 }]],
  );
  assert.equal(
    of(
      list([instrumentRow('MATIC_USDC-27MAR26-1d02-C')], 'USDC', openSession({ underlyings: ['MATIC_USDC'] })),
      'instrument',
    )[0].instrument.strike,
    1.02,
  );
  for (const [over, field] of [
    [{ strike: 95_000 }, 'strike'],
    [{ option_type: 'put' }, 'option_type'],
    [{ expiration_timestamp: T0 }, 'expiration_timestamp'],
    [{ settlement_currency: 'ETH' }, 'settlement_currency'],
  ] as const) {
    const refused = of(list([instrumentRow(CALL, over), instrumentRow(PUT)]), 'refused');
    assert.deepEqual([refused.length, refused[0].reason, refused[0].field], [1, 'contradicts-name', field]);
  }
  assert.equal(of(list([instrumentRow(CALL, { state: 'locked' })]), 'instrument')[0].state, 'locked');
  assert.equal(of(list('x'), 'refused')[0].reason, 'not-a-list');
});

test('the form of 2021, without settlement currency, index or steps', () => {
  const into: MarketEvent[] = [];
  const row = {
    instrument_name: 'BTC-24SEP21-40000-P',
    kind: 'option',
    strike: 40_000,
    option_type: 'put',
    quote_currency: 'BTC',
    base_currency: 'BTC',
    tick_size: 0.0005,
    expiration_timestamp: Date.UTC(2021, 8, 24, 8),
    is_active: true,
    contract_size: 1,
  };
  openSession().result(request.instruments('BTC', 'option'), [row], Date.UTC(2021, 6, 22), into);
  assert.deepEqual(
    of(into, 'instrument').map((e) => [e.state, e.instrument.ticks, e.instrument.premiumCurrency]),
    [['open', [{ from: 0, tick: 0.0005 }], 'BTC']],
  );
});

test('a later list says what came and what went; channels follow', () => {
  const session = openSession({ underlyings: ['BTC'] });
  const list = (names: string[]): MarketEvent[] => {
    const into: MarketEvent[] = [];
    session.result(
      request.instruments('BTC', 'option'),
      names.map((n) => instrumentRow(n)),
      T0,
      into,
    );
    return into;
  };
  list([CALL]);
  assert.ok(session.channels().includes(`ticker.${CALL}.100ms`));
  assert.deepEqual(list([CALL]), [], 'nothing new, nothing said');
  assert.deepEqual(
    of(list([PUT]), 'instrument').map((e) => [e.instrument.symbol, e.state]),
    [
      [PUT, 'open'],
      [CALL, 'delisted'],
    ],
  );
  assert.ok(!session.channels().includes(`ticker.${CALL}.100ms`));
  assert.ok(session.channels().includes(`ticker.${PUT}.100ms`));
});

test('life-cycle channel: new listings, settlement, expiry; only of what was asked for', () => {
  const session = openSession({ underlyings: ['BTC'] });
  const life = (name: string, state: string, at = T0) =>
    hearChannel(session, 'instrument.state.option.BTC', { timestamp: at, state, instrument_name: name });
  const created = life(CALL, 'created');
  assert.deepEqual([created.signal?.kind, of(created.events, 'instrument')[0].state], ['channels-changed', 'open']);
  assert.ok(session.channels().includes(`ticker.${CALL}.100ms`));
  assert.deepEqual(life(CALL, 'settled').events, [], 'the daily settlement of what lives on');
  assert.deepEqual(
    of(life(CALL, 'deactivated').events, 'instrument').map((e) => e.state),
    ['halted'],
  );
  assert.deepEqual(
    of(life(CALL, 'settled', Date.UTC(2026, 2, 27, 8, 0, 1)).events, 'instrument').map((e) => e.state),
    ['expired'],
  );
  assert.ok(!session.channels().includes(`ticker.${CALL}.100ms`));
  assert.deepEqual(life('ETH-27MAR26-3000-C', 'created').events, []);
  assert.equal(of(life(PUT, 'dancing').events, 'refused')[0].field, 'state');
  hearChannel(
    session,
    'instrument.creation.option.BTC',
    instrumentRow(PUT, { tick_size: 0.0002, tick_size_steps: [] }),
  );
  assert.ok(session.channels().includes(`ticker.${PUT}.100ms`));
  hearChannel(session, 'instrument.state.future.BTC', {
    timestamp: T0,
    state: 'created',
    instrument_name: 'BTC-26JUN26',
  });
  assert.ok(session.channels().includes('ticker.BTC-26JUN26.100ms'));
});

test('expiry: delivery price once, then time itself expires what the venue forgot', () => {
  const session = openSession({ underlyings: ['BTC'] });
  const expiry = Date.UTC(2026, 2, 27, 8);
  ticker(session, CALL, T0);
  ticker(session, PUT, T0);
  const { events } = ticker(session, CALL, expiry + 40, { state: 'delivered', delivery_price: 91_234.5 });
  assert.deepEqual(
    of(events, 'instrument').map((e) => e.state),
    ['expired'],
  );
  assert.deepEqual(
    of(events, 'delivery').map((d) => [d.underlying, d.expiry, d.price]),
    [['BTC', expiry, 91_234.5]],
  );
  assert.equal(
    of(ticker(session, PUT, expiry + 50, { state: 'delivered', delivery_price: 91_234.5 }).events, 'delivery').length,
    0,
  );
  const other = openSession({ underlyings: ['BTC'] });
  ticker(other, CALL, T0);
  other.channels();
  const into: MarketEvent[] = [];
  assert.equal(other.tick(expiry + 59_000, into), null);
  assert.equal(other.tick(expiry + 60_000, into)?.kind, 'channels-changed');
  assert.deepEqual(
    of(into, 'instrument').map((e) => [e.instrument.symbol, e.state]),
    [[CALL, 'expired']],
  );
  assert.ok(!other.channels().includes(`ticker.${CALL}.100ms`));
});

test('book: best of book through deltas, a gap by change id, one request for a snapshot, healing', () => {
  const session = openSession({ topOfBook: 'book' });
  const channel = `book.${CALL}.100ms`;
  const book = (at: number, id: number, over: Record<string, unknown> = {}) =>
    hearChannel(session, channel, bookData(CALL, at, id, over), at);
  const delta = (at: number, id: number, previous: number, bids: unknown[], asks: unknown[] = []) =>
    book(at, id, { type: 'change', prev_change_id: previous, bids, asks });
  const first = quoteOf(book(T0, 1).events);
  assert.deepEqual([first.bid, first.ask, first.bidSize, first.askSize], [0.036, 0.04, 10, 5]);
  assert.deepEqual(
    of(delta(T0 + 1, 2, 1, [['new', 0.037, 4]]).events, 'quote').map((q) => [q.bid, q.bidSize]),
    [[0.037, 4]],
  );
  assert.deepEqual(
    of(delta(T0 + 2, 3, 2, [['delete', 0.037, 0]]).events, 'quote').map((q) => [q.bid, q.bidSize]),
    [[0.036, 10]],
  );
  assert.deepEqual(delta(T0 + 3, 4, 3, [['change', 0.0355, 7]]).events, [], 'below the touch');
  assert.deepEqual(
    of(delta(T0 + 4, 5, 4, [], [['delete', 0.04, 0]]).events, 'quote').map((q) => [q.ask, q.askSize]),
    [[null, null]],
  );
  const broken = delta(T0 + 5, 9, 7, [['new', 0.039, 1]]);
  assert.deepEqual(
    of(broken.events, 'gap').map((g) => [g.symbol, g.reason, g.from, g.to]),
    [[CALL, 'change-id', T0 + 4, null]],
  );
  assert.deepEqual(broken.signal, { kind: 'resync', channels: [channel] });
  const waiting = delta(T0 + 6, 10, 9, [['new', 0.0391, 1]]);
  assert.deepEqual(
    [waiting.events, waiting.signal?.kind === 'resync'],
    [[], false],
    'deltas before the snapshot wait in silence',
  );
  const overdue: MarketEvent[] = [];
  assert.deepEqual(session.tick(T0 + 5_100, overdue), { kind: 'resync', channels: [channel] });
  const healed = book(T0 + 6_000, 20).events;
  assert.deepEqual(
    of(healed, 'gap').map((g) => [g.from, g.to]),
    [[T0 + 4, T0 + 6_000]],
  );
  assert.equal(quoteOf(healed).bid, 0.036);
  session.connected(false);
  assert.equal(
    of(delta(T0 + 7_000, 21, 20, []).events, 'gap').length,
    1,
    'a new connection must begin with a snapshot',
  );
});

test('book forms are dated: before 2021 the missing prev_change_id, then the type', () => {
  assert.ok(BOOK_FORMS.every((form, i) => i === 0 || form.until > BOOK_FORMS[i - 1].until));
  assert.equal(BOOK_FORMS.at(-1)!.until, Infinity);
  const old = Date.UTC(2019, 7, 1);
  const session = openSession({ topOfBook: 'book' });
  const first = hearChannel(
    session,
    'book.ETH-PERPETUAL.raw',
    { timestamp: old, instrument_name: 'ETH-PERPETUAL', change_id: 5, bids: [['new', 217.8, 10]], asks: [] },
    old,
  );
  assert.equal(of(first.events, 'future')[0].bid, 217.8);
  const next = hearChannel(
    session,
    'book.ETH-PERPETUAL.raw',
    {
      timestamp: old + 1,
      instrument_name: 'ETH-PERPETUAL',
      change_id: 6,
      prev_change_id: 5,
      bids: [['new', 217.9, 10]],
      asks: [],
    },
    old,
  );
  assert.equal(of(next.events, 'future')[0].bid, 217.9);
  const today = hearChannel(session, `book.${CALL}.100ms`, bookData(CALL, T0, 1, { type: undefined }));
  assert.deepEqual(
    of(today.events, 'refused').map((r) => [r.reason, r.field]),
    [['unknown-form', 'type']],
  );
  const reopened = hearChannel(
    session,
    `book.${PUT}.100ms`,
    bookData(PUT, T0, 1, { type: 'change', prev_change_id: 0 }),
  );
  assert.equal(quoteOf(reopened.events).bid, 0.036, 'a change on nothing is a snapshot');
  const grouped = hearChannel(session, `book.${PUT}.none.20.100ms`, {
    timestamp: T0 + 1,
    instrument_name: PUT,
    change_id: 2,
    bids: [[0.03, 1]],
    asks: [],
  });
  assert.deepEqual([quoteOf(grouped.events).bid, quoteOf(grouped.events).ask], [0.03, null]);
});

test('history: late, in pages that overlap by a millisecond, until there is no more', () => {
  const session = openSession({ underlyings: ['BTC'] });
  const asked = session.history(T0, T0 + 1_000);
  assert.deepEqual(
    asked.map((r) => r.params),
    [{ currency: 'BTC', kind: 'option', start_timestamp: T0, end_timestamp: T0 + 1_000, count: 1_000, sorting: 'asc' }],
  );
  const into: MarketEvent[] = [];
  const page = session.result(
    asked[0],
    { trades: [tradeData(CALL, T0 + 10, 'a'), tradeData(CALL, T0 + 20, 'b')], has_more: true },
    T0 + 2_000,
    into,
  );
  assert.deepEqual(
    of(into, 'trade').map((t) => [t.tradeId, t.late, t.at]),
    [
      ['a', true, T0 + 10],
      ['b', true, T0 + 20],
    ],
  );
  assert.deepEqual(
    page.next.map((r) => r.params['start_timestamp']),
    [T0 + 20],
  );
  const stuck = session.result(
    page.next[0],
    { trades: [tradeData(CALL, T0 + 20, 'b')], has_more: true },
    T0 + 2_000,
    into,
  );
  assert.deepEqual(
    stuck.next.map((r) => r.params['start_timestamp']),
    [T0 + 21],
    'a page of one millisecond does not loop',
  );
  assert.deepEqual(session.result(asked[0], { trades: [], has_more: false }, T0, into).next, []);
});

test('a summary never replaces what the stream has shown since, and ends the snapshot', () => {
  const session = openSession({ underlyings: ['BTC'] });
  ticker(session, CALL, T0 + 100);
  const row = (name: string) => ({
    instrument_name: name,
    creation_timestamp: T0,
    bid_price: 0.03,
    ask_price: null,
    mark_price: 0.031,
    mark_iv: 60,
    underlying_price: 90_000,
    underlying_index: 'SYN.BTC-27MAR26',
    open_interest: 0,
    mid_price: null,
  });
  const into: MarketEvent[] = [];
  session.result(request.bookSummary('BTC'), [row(CALL), row(PUT)], T0 + 200, into);
  assert.deepEqual(
    of(into, 'quote').map((q) => [q.symbol, q.bid, q.ask, q.markIv, q.forwardName, q.openInterest, q.at]),
    [[PUT, 0.03, null, 0.6, 'SYN.BTC-27MAR26', 0, T0]],
  );
  assert.deepEqual(into.at(-1)!.type, 'snapshot-end');
});

test('heartbeats, answers and errors become signals', () => {
  const session = openSession();
  const heartbeat = (type: string) =>
    hear(session, JSON.stringify({ jsonrpc: '2.0', method: 'heartbeat', params: { type } }));
  assert.deepEqual(heartbeat('test_request').signal, { kind: 'reply', request: adapter.probe() });
  assert.deepEqual(heartbeat('heartbeat'), { events: [], signal: null });
  assert.equal(of(heartbeat('x').events, 'refused').length, 1);
  assert.deepEqual(
    hear(session, '{"jsonrpc":"2.0","id":4,"result":{"version":"1"},"usIn":1,"usOut":2,"testnet":false}').signal,
    { kind: 'result', id: 4, result: { version: '1' }, at: null },
  );
  assert.deepEqual(
    hear(session, '{"jsonrpc":"2.0","id":5,"error":{"code":10028,"message":"too_many_requests","data":{"reason":"r"}}}')
      .signal,
    { kind: 'error', id: 5, code: 10028, reason: 'too_many_requests' },
  );
  assert.equal(hear(session, '{"jsonrpc":"2.0","error":{"code":10028}}').signal?.kind, 'error');
  for (const junk of [
    '',
    '[]',
    '3',
    'null',
    '{}',
    '{"method":"subscription"}',
    '{"method":"subscription","params":{"channel":3}}',
    '{"method":"subscription","params":{"channel":"new.kind"}}',
  ])
    assert.equal(of(hear(session, junk).events, 'refused').length, 1, junk);
});

test('every documented error code has an outcome, and an unknown one fails its request only', () => {
  assert.ok(Object.keys(ERROR_CODES).length > 130);
  assert.deepEqual([10028, 10041, 13009, 13004, 11051, 13778, 424_242].map(errorOutcome), [
    'rate-limited',
    'retry',
    'reauthenticate',
    'fatal',
    'retry',
    'fatal',
    'fatal',
  ]);
});

test('private requests only read', () => {
  assert.equal(adapter.privateRequest('private/buy', {}), null);
  assert.equal(adapter.privateRequest('private/get_positions', { currency: 'BTC' })!.method, 'private/get_positions');
  assert.deepEqual(adapter.grant({ access_token: 'a', refresh_token: 'r', expires_in: 900 }), {
    refreshToken: 'r',
    expiresInMs: 900_000,
  });
  assert.equal(adapter.grant({ expires_in: 900 }), null);
});

test('channels: raw when authenticated, the touch channel that was chosen, DVOL where there is one', () => {
  const session = openSession({ underlyings: ['BTC', 'SOL_USDC'], topOfBook: 'quote' });
  ticker(session, CALL, T0);
  session.connected(true);
  const channels = session.channels();
  for (const wanted of [
    `ticker.${CALL}.raw`,
    `quote.${CALL}`,
    'trades.option.BTC.raw',
    'trades.option.USDC.raw',
    'deribit_price_index.btc_usd',
    'deribit_price_index.sol_usdc',
    'deribit_volatility_index.btc_usd',
    'markprice.options.btc_usd',
    'instrument.state.option.USDC',
    'platform_state',
  ])
    assert.ok(channels.includes(wanted), wanted);
  assert.ok(!channels.includes('deribit_volatility_index.sol_usdc'));
  assert.equal(new Set(channels).size, channels.length);
});
