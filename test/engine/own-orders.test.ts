/** Our own orders in the engine: no model learns from them or is judged by them, and where they make the market that is said. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MarketEvent, OwnFillEvent, OwnQuoteEvent, QuoteEvent, TradeEvent } from '../../src/market/event.ts';
import type { IncidentRecord } from '../../src/model/record.ts';
import { expiryIn, listing, quotes, run, snapshotEnd, START, type Run } from './synthetic-market.ts';

const EXPIRY = expiryIn(30);
const HOUR = 3_600_000;

function ours(quote: QuoteEvent, of: Partial<OwnQuoteEvent> = {}): OwnQuoteEvent {
  const { at, receivedAt, venue, symbol, bid, bidSize } = quote;
  return { type: 'own-quote', at, receivedAt, venue, symbol, bid, bidSize, ask: null, askSize: null, ...of };
}

/** A SYNTHETIC chain of which the options from `first` to `last` are quoted a tenth too high in volatility. */
function chain(at: number, first: number, last: number, level = 0.5): QuoteEvent[] {
  const high = quotes(EXPIRY, { at, level: level * 1.1 });
  return quotes(EXPIRY, { at, level }).map((q, i) => (i >= first && i < last ? high[i] : q));
}

const fitted = (r: Run): number[] => r.jobs.map((j) => j.observations.k.length);
const refused = (r: Run): number => r.state.counts.refused.get('own') ?? 0;

test('quotes that are ours are left out of fits and scores, and are back when the order is gone', () => {
  const r = run();
  const at = [START, START + HOUR, START + 2 * HOUR];
  const first = chain(at[0], 20, 24);
  r.push([...listing(EXPIRY), ...first.slice(20, 24).map((q) => ours(q)), ...first, snapshotEnd(at[0])]);
  const [without] = fitted(r);
  // Calls and puts alternate: two of the four are out of the money and would have been used.
  assert.deepEqual([without, refused(r)], [15, 4]);
  const fit = r.state.underlyings.get('deribit:BTC')!.expiries[0].models[0].versions[0].fit;
  const clean = run();
  clean.push([...listing(EXPIRY), ...quotes(EXPIRY, { at: at[0] }), snapshotEnd(at[0])]);
  const reference = clean.state.underlyings.get('deribit:BTC')!.expiries[0].models[0].versions[0].fit;
  const atm = (f: typeof fit): number => f.parameters[0];
  assert.ok(Math.abs(atm(fit) - atm(reference)) < 0.02 * Math.abs(atm(reference)), 'our own prices taught nothing');

  const second = quotes(EXPIRY, { at: at[1] });
  r.push([...second.slice(20, 24).map((q) => ours(q, { bid: null, bidSize: null })), ...second, snapshotEnd(at[1])]);
  assert.deepEqual([fitted(r).at(-1), refused(r)], [17, 4]);
});

test('an order in the middle of a larger size, or away from the touch, makes no quote; a changed one counts until the venue has followed', () => {
  const cases: readonly [string, Partial<OwnQuoteEvent>, number][] = [
    ['a tenth of the size', { bidSize: 1 }, 0],
    ['half of it', { bidSize: 5 }, 1],
    ['unknown size', { bidSize: null }, 1],
    ['below the touch', { bid: 0.0001 }, 0],
    ['the ask', { bid: null, ask: 0.00001 }, 1],
  ];
  for (const [name, own, expected] of cases) {
    const r = run();
    const all = quotes(EXPIRY, { at: START });
    r.push([...listing(EXPIRY), ours(all[18], own), ...all, snapshotEnd(START)]);
    assert.equal(refused(r), expected, name);
  }
  const r = run();
  const all = quotes(EXPIRY, { at: START });
  const gone = { ...ours(all[18]), bid: null, bidSize: null, at: START + 10, receivedAt: START + 10 };
  r.push([...listing(EXPIRY), ours(all[18]), ...all, gone, snapshotEnd(START + 20)]);
  assert.equal(refused(r), 1, 'the quote on the screen is still ours');
  r.push([{ ...all[18], at: START + 30, receivedAt: START + 30 }, snapshotEnd(START + 40)]);
  assert.equal(refused(r), 1, 'now it is somebody else');
});

test('where our orders make up half of an expiry, the cause is own-feedback: nothing is fitted, and it ends with them', () => {
  const r = run();
  r.push([...listing(EXPIRY), ...quotes(EXPIRY, { at: START }), snapshotEnd(START)]);
  const before = r.jobs.length;
  const later = START + HOUR;
  const all = quotes(EXPIRY, { at: later, level: 0.6 });
  r.push([...all.slice(4, 30).map((q) => ours(q)), ...all, snapshotEnd(later)]);
  const opened = r.records.filter((x): x is IncidentRecord => x.type === 'incident' && x.state === 'open');
  assert.deepEqual(
    opened.map((i) => [i.cause, i.scope]),
    [['own-feedback', 'deribit:BTC:2026-02-04']],
  );
  assert.equal(r.jobs.length, before, 'vetoed');
  const end = later + HOUR;
  const free = quotes(EXPIRY, { at: end, level: 0.6 });
  r.push([...free.map((q) => ours(q, { bid: null, bidSize: null })), ...free, snapshotEnd(end)]);
  assert.ok(
    r.records.some((x) => x.type === 'incident' && x.cause === 'own-feedback' && x.state === 'resolved'),
    'resolved',
  );
  assert.ok(r.jobs.length > before);
});

test('our own prints test no model, whether they are told by the fill or hit our resting order', () => {
  const r = run();
  const all = quotes(EXPIRY, { at: START });
  r.push([...listing(EXPIRY), ...all, snapshotEnd(START)]);
  const at = START + 5_000;
  const { symbol } = all[20];
  const trade = (tradeId: string, direction: 'buy' | 'sell', price: number): TradeEvent => ({
    type: 'trade', at, receivedAt: at, venue: 'deribit', symbol, tradeId, price, amount: 1, direction, kind: 'screen',
    packageId: null, iv: null, mark: null, index: null, late: false,
  }); // prettier-ignore
  const fill = (tradeId: string, of: Partial<OwnFillEvent> = {}): OwnFillEvent => ({
    type: 'own-fill', at, receivedAt: at, venue: 'deribit', account: '', symbol, tradeId, direction: 'buy', price: 0.03,
    amount: 1, liquidity: 'taker', fee: null, feeCurrency: null, ...of,
  }); // prettier-ignore
  const [bid, ask] = [all[20].bid!, all[20].ask!];
  const events: MarketEvent[] = [
    fill('a'),
    trade('a', 'buy', ask),
    trade('b', 'buy', ask),
    ours({ ...all[20], at }, { bid }),
    trade('c', 'sell', bid),
    trade('d', 'buy', ask),
    fill('d'),
    fill('e', { symbol: 'BTC-NOWHERE' }),
  ];
  r.push(events);
  const { trades } = r.state.underlyings.get('deribit:BTC')!.expiries[0].models[0];
  assert.deepEqual([trades.count, trades.apart.own], [2, 2], 'b and d are others, a and c are ours');
  assert.equal(r.state.counts.refused.get('own-fill-after-print'), 1);
  assert.equal(r.state.counts.refused.get('own-unknown-instrument'), 1);
});
