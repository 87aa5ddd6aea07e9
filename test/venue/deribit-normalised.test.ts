/** Captured messages against another project's normalised output and against the documents: equal, or a difference stated in docs/deribit.md. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { FutureEvent, MarketEvent, QuoteEvent, TradeEvent } from '../../src/market/event.ts';
import { adapter } from '../../src/venue/deribit.ts';
import type { VenueSession } from '../../src/venue/adapter.ts';
import { feedCapture } from '../contract/venue.ts';
import {
  DATA,
  NO_CAPTURES,
  cryptofeedFrames,
  cryptofeedInstruments,
  csvTickers,
  documentExamples,
  tardisFrames,
} from './deribit-captures.ts';

type Normalised = Record<string, unknown> & { readonly type: string };
const encoder = new TextEncoder();

/** Records of the snapshot by message number; `undefined` there is null here. */
function expectedNormalised(): Map<number, Normalised[]> {
  const path = join(DATA, 'wire', 'tardis-node', 'expected_normalised.snapshot.txt.gz');
  const text = gunzipSync(readFileSync(path)).toString();
  const expected = new Map<number, Normalised[]>();
  for (const match of text.matchAll(/exports\[`mappers > map deribit messages (\d+)`\] = `\n?([\s\S]*?)`;/g)) {
    const json = match[2].replaceAll('undefined', 'null').replaceAll(/,(\s*[\]}])/g, '$1');
    expected.set(Number(match[1]), JSON.parse(json) as Normalised[]);
  }
  return expected;
}

function open(underlyings: string[]): VenueSession {
  const session = adapter.session({ underlyings, topOfBook: 'book', marks: true });
  session.connected(false);
  return session;
}

function eventsOf(session: VenueSession, frame: string, receivedAt: number): MarketEvent[] {
  const into: MarketEvent[] = [];
  session.frame(encoder.encode(frame), receivedAt, into);
  return into;
}
const one = <T extends MarketEvent>(events: readonly MarketEvent[], type: T['type']): T => {
  const found = events.filter((e): e is T => e.type === type);
  assert.equal(found.length, 1, `one ${type} among ${JSON.stringify(events)}`);
  return found[0];
};

function compareOption(expected: Normalised, events: readonly MarketEvent[]): void {
  const quote = one<QuoteEvent>(events, 'quote');
  // Difference 1: the venue's own spelling of a decimal strike is kept (1d02), not upper-cased.
  assert.equal(quote.symbol.toUpperCase(), expected['symbol']);
  const shown = [
    quote.bid,
    quote.bidSize,
    quote.ask,
    quote.askSize,
    quote.mark,
    quote.delta,
    quote.vega,
    quote.forward,
    quote.forwardName,
    quote.openInterest,
  ];
  const theirs = [
    'bestBidPrice',
    'bestBidAmount',
    'bestAskPrice',
    'bestAskAmount',
    'markPrice',
    'delta',
    'vega',
    'underlyingPrice',
    'underlyingIndex',
    'openInterest',
  ];
  assert.deepEqual(
    shown,
    theirs.map((name) => expected[name]),
  );
  assert.equal(quote.markIv, (expected['markIV'] as number) / 100);
  assert.equal(quote.at, Date.parse(expected['timestamp'] as string));
  const { instrument } = events.find((e) => e.type === 'instrument')!;
  assert.deepEqual(
    [instrument.strike, instrument.side, instrument.expiry],
    [expected['strikePrice'], expected['optionType'], Date.parse(expected['expirationDate'] as string)],
  );
}

function compareTrade(expected: Normalised, trade: TradeEvent, liquidation: boolean): void {
  assert.deepEqual(
    [trade.symbol, trade.tradeId, trade.price, trade.direction, trade.at],
    [
      expected['symbol'],
      expected['id'],
      expected['price'],
      expected['side'],
      Date.parse(expected['timestamp'] as string),
    ],
  );
  // Difference 2: the amount of an inverse future is USD on the wire, coins here.
  assert.equal(trade.amount, (expected['amount'] as number) / trade.price);
  assert.equal(trade.kind, liquidation ? 'liquidation' : 'screen');
}

test('the 18 messages of tardis-node give its values, or a stated difference', { skip: NO_CAPTURES }, () => {
  const expected = expectedNormalised();
  const frames = tardisFrames();
  assert.equal(expected.size, frames.length);
  const compared: Record<string, number> = {};
  frames.forEach((frame, i) => {
    const events = eventsOf(open(['BTC', 'ETH', 'MATIC_USDC', 'LINK_USDC']), frame, 1_800_000_000_000);
    const theirs = expected.get(i + 1)!;
    const isLiquidation = theirs.some((r) => r.type === 'liquidation');
    const trades = events.filter((e): e is TradeEvent => e.type === 'trade');
    theirs.filter((r) => r.type === 'trade').forEach((r, k) => compareTrade(r, trades[k], isLiquidation));
    for (const record of theirs) {
      compared[record.type] = (compared[record.type] ?? 0) + 1;
      if (record.type === 'option_summary') compareOption(record, events);
      else if (record.type === 'derivative_ticker' || record.type === 'book_ticker') compareTouch(record, events);
      else if (record.type === 'book_change') compareBook(record, events);
    }
    // Difference 3: the quote channel, which tardis-node leaves out, updates the touch.
    if (theirs.length === 0)
      assert.deepEqual(
        [one<FutureEvent>(events, 'future').bid, one<FutureEvent>(events, 'future').ask],
        [9600.5, 9601],
      );
  });
  assert.deepEqual(compared, {
    trade: 4,
    book_change: 4,
    derivative_ticker: 5,
    book_ticker: 10,
    option_summary: 5,
    liquidation: 2,
  });
});

function compareTouch(record: Normalised, events: readonly MarketEvent[]): void {
  const symbol = record['symbol'] as string;
  if (/-(STRD|FS|CSR12)-/.test(symbol)) {
    // Difference 4: combos are kept apart, under a refusal that names them.
    const refused = one<MarketEvent & { type: 'refused' }>(events, 'refused');
    assert.deepEqual([refused.reason, refused.value], ['combo-instrument', symbol]);
    return;
  }
  const touch = events.find((e) => e.type === 'future' || e.type === 'quote') as FutureEvent | QuoteEvent;
  assert.equal(touch.at, Date.parse(record['timestamp'] as string));
  if (record.type === 'book_ticker') assert.deepEqual([touch.bid, touch.ask], [record['bidPrice'], record['askPrice']]);
  // Difference 5: `fundingRate` there is current_funding; ours is funding_8h, whose unit is in its name.
  else assert.equal(touch.mark, record['markPrice']);
}

function compareBook(record: Normalised, events: readonly MarketEvent[]): void {
  if (record['isSnapshot'] === false) {
    // Difference 6: a delta without its snapshot is a gap, not a book.
    assert.equal(one<MarketEvent & { type: 'gap' }>(events, 'gap').reason, 'change-id');
    return;
  }
  const touch = events.find((e) => e.type === 'future' || e.type === 'quote') as FutureEvent | QuoteEvent;
  const best = (side: string, sign: number): number | null => {
    const prices = (record[side] as { price: number }[]).map((l) => l.price);
    return prices.length === 0 ? null : sign * Math.max(...prices.map((p) => sign * p));
  };
  assert.deepEqual([touch.bid, touch.ask], [best('bids', 1), best('asks', -1)]);
}

test(
  'the cryptofeed capture: tickers say what the wire says, and no book loses its place',
  { skip: NO_CAPTURES },
  () => {
    const session = open(['BTC', 'ETH']);
    const lastTicker = new Map<string, Record<string, number>>();
    const counts = { ticker: 0, book: 0, joint: 0 };
    for (const { frame, receivedAt } of cryptofeedFrames()) {
      const events = eventsOf(session, frame, receivedAt);
      assert.ok(
        events.every((e) => e.type !== 'gap' && e.type !== 'refused'),
        JSON.stringify(events),
      );
      const message = JSON.parse(frame) as { params?: { channel: string; data: Record<string, number> } };
      if (message.params === undefined) continue;
      const { channel, data } = message.params;
      const symbol = channel.split('.')[1];
      const quote = events.findLast((e): e is QuoteEvent => e.type === 'quote');
      if (channel.startsWith('ticker.')) {
        counts.ticker += 1;
        lastTicker.set(symbol, data);
        const or = (x: number | undefined): number | null => (x === undefined || x === 0 ? null : x);
        assert.deepEqual(
          [quote!.bid, quote!.ask, quote!.bidSize, quote!.askSize],
          [
            or(data['best_bid_price']),
            or(data['best_ask_price']),
            or(data['best_bid_amount']),
            or(data['best_ask_amount']),
          ],
        );
        assert.deepEqual(
          [quote!.mark, quote!.markIv, quote!.forward, quote!.index, quote!.openInterest],
          [
            data['mark_price'],
            data['mark_iv'] / 100,
            data['underlying_price'],
            data['index_price'],
            data['open_interest'],
          ],
        );
        continue;
      }
      counts.book += 1;
      const ticker = lastTicker.get(symbol);
      // Ticker and book of one millisecond are one state seen twice.
      if (quote === undefined || ticker?.['timestamp'] !== data['timestamp']) continue;
      counts.joint += 1;
      assert.deepEqual(
        [quote.bid ?? 0, quote.ask ?? 0, quote.bidSize ?? 0, quote.askSize ?? 0],
        [ticker['best_bid_price'], ticker['best_ask_price'], ticker['best_bid_amount'], ticker['best_ask_amount']],
      );
    }
    assert.deepEqual({ ticker: counts.ticker, book: counts.book }, { ticker: 89, book: 46 });
    assert.ok(counts.joint > 20, `${counts.joint} joint states`);
  },
);

test('instrument lists of 2021 and 2022 list every option, of coin and of USDC alike', { skip: NO_CAPTURES }, () => {
  for (const capture of cryptofeedInstruments()) {
    const rows = capture.result!.value as {
      kind: string;
      instrument_name: string;
      strike: number;
      tick_size: number;
      expiration_timestamp: number;
    }[];
    const underlyings = [...new Set(rows.map((r) => r.instrument_name.split('-')[0]))];
    const events = feedCapture(open(underlyings), capture);
    const options = new Map(rows.filter((r) => r.kind === 'option').map((r) => [r.instrument_name, r]));
    const listed = events.filter((e) => e.type === 'instrument');
    assert.equal(listed.length, options.size, capture.source);
    assert.ok(
      events.every((e) => e.type !== 'refused'),
      capture.source,
    );
    for (const { instrument } of listed) {
      const row = options.get(instrument.symbol)!;
      assert.deepEqual(
        [instrument.strike, instrument.expiry, instrument.ticks],
        [row.strike, row.expiration_timestamp, [{ from: 0, tick: row.tick_size }]],
      );
    }
  }
});

test('the examples of the documents parse to what their text says', { skip: NO_CAPTURES }, () => {
  const session = open(['BTC', 'ETH']);
  const events = documentExamples().map((capture) => [capture.source, feedCapture(session, capture)] as const);
  const of = (source: string): MarketEvent[] => events.filter(([s]) => s === source).flatMap(([, e]) => e);
  assert.ok(
    of('ws-ticker.md').some(
      (e) => e.type === 'future' && e.funding8h === 0.0000211 && e.mark === 36446.51 && e.bid === 36442.5,
    ),
  );
  assert.ok(of('ws-book.md').some((e) => e.type === 'future' && e.bid === 5042.34 && e.ask === 5042.64));
  // markprice.options carries a fraction where the ticker carries percent.
  assert.ok(
    of('ws-markprice-options.md').some(
      (e) => e.type === 'quote' && e.symbol === 'BTC-2JUN21-37000-P' && e.markIv === 0.9 && e.mark === 0.0333,
    ),
  );
  assert.ok(
    of('json-rpc-overview.md').some(
      (e) => e.type === 'index' && e.name === 'btc_usd' && e.price === 6521.17 && e.at === 1535098298227,
    ),
  );
  assert.ok(of('api-get-index-price.md').some((e) => e.type === 'index' && e.price === 11628.81));
  const summary = of('api-get-book-summary-by-currency.md');
  assert.ok(
    summary.some(
      (e) => e.type === 'quote' && e.bid === 0.1488 && e.ask === 0.34 && e.forward === 121.38 && e.at === 1550227952163,
    ),
  );
  assert.ok(summary.some((e) => e.type === 'snapshot-end' && e.underlying === 'ETH'));
});

test(
  'Python spellings of 2020 ticks: None and 0.0 are missing, marks and greeks are kept',
  { skip: NO_CAPTURES },
  () => {
    const session = open(['BTC', 'ETH']);
    for (const capture of csvTickers()) {
      const row = capture.result!.value as Record<string, string> & { greeks: Record<string, string> };
      const quote = one<QuoteEvent>(feedCapture(session, capture), 'quote');
      assert.equal(quote.bid, Number(row['best_bid_price']) || null);
      assert.equal(quote.ask, Number(row['best_ask_price']) || null);
      assert.equal(quote.markIv, Number(row['mark_iv']) / 100);
      assert.equal(quote.delta, Number(row.greeks['delta']));
      assert.equal(quote.forwardName, row['underlying_index']);
    }
  },
);
