import { test } from 'node:test';
import assert from 'node:assert/strict';
import { QuoteBook, type QuoteLayout } from '../../dashboard/src/quote-book.ts';
import { decodeFrame, FrameError } from '../../dashboard/src/quote-frame.ts';
import { frameBytes } from './frame-bytes.ts';

const LAYOUT: QuoteLayout = {
  scopes: ['deribit:BTC:2026-03-27', 'deribit:BTC:2026-06-26'],
  refusals: ['stale', 'wide'],
  symbol: ['B', 'A', 'C'],
  scope: [0, 0, 1],
  side: ['put', 'call', 'call'],
  strike: [90_000, 90_000, 100_000],
  contract_size: [1, 1, 1],
};
const AT = Date.parse('2026-02-05T21:29:00Z');
const head = (type: string, layout = 3) => ({
  topic: 'quotes:deribit:BTC',
  seq: 5,
  type,
  layout,
  at: AT,
  scopes: [
    { forward: 95_000, atm_vol: 0.5, years: 0.25 },
    { forward: 96_000, atm_vol: null, years: 0.5 },
  ],
});
const snapshot = () =>
  frameBytes(head('snapshot'), {
    row: [0, 1, 2],
    bid: [0.01, 0.02, NaN],
    ask: [0.02, 0.03, 0.04],
    k: [-0.25, -0.25, 0.05],
    sigma_bid: [0.5, 0.5, NaN],
    sigma_mid: [0.52, 0.52, NaN],
    sigma_ask: [0.54, 0.54, 0.6],
    refused: [0, 2, 1],
    changed: [2, 4, 8],
  });

test('a frame is read column by column, and one whose length is not what its head says is refused', () => {
  const frame = decodeFrame(snapshot());
  assert.equal(frame.rows, 3);
  assert.deepEqual([...frame.columns['k']], [-0.25, -0.25, 0.05].map(Math.fround));
  assert.throws(() => decodeFrame(snapshot().slice(0, -4)), FrameError);
  assert.throws(() => decodeFrame(new ArrayBuffer(2)), FrameError);
  const long = snapshot();
  new DataView(long).setUint32(0, 1 << 20, true);
  assert.throws(() => decodeFrame(long), FrameError);
});

test('quotes of an expiry come by strike, call before put, with the words for why they are refused', () => {
  const book = new QuoteBook();
  assert.equal(book.apply(decodeFrame(snapshot())), null, 'columns without a layout mean nothing');
  book.setLayout(3, LAYOUT);
  assert.deepEqual(book.apply(decodeFrame(snapshot())), new Set(LAYOUT.scopes));
  const quotes = book.quotesOf(LAYOUT.scopes[0], (k) => 0.5 + k);
  assert.deepEqual(quotes.map((q) => [q.symbol, q.refused]), [['A', 'wide'], ['B', null]]); // prettier-ignore
  assert.equal(quotes[0].x, -0.25 / (0.5 * 0.5));
  assert.equal(quotes[0].model, 0.25);
  assert.equal(quotes[1].ageS, 2);
  assert.ok(Number.isNaN(book.quotesOf(LAYOUT.scopes[1], () => NaN)[0].x), 'no x without an at-the-money volatility');
});

test('a delta changes its rows only and names the expiry it touched; ages go on', () => {
  const book = new QuoteBook();
  book.setLayout(3, LAYOUT);
  book.apply(decodeFrame(snapshot()));
  const later = { ...head('delta'), at: AT + 3_000 };
  const touched = book.apply(
    decodeFrame(frameBytes(later, { row: [2], bid: [0.035], sigma_mid: [0.55], changed: [0] })),
  );
  assert.deepEqual(touched, new Set([LAYOUT.scopes[1]]));
  assert.equal(book.quotesOf(LAYOUT.scopes[1], () => NaN)[0].bid, Math.fround(0.035));
  assert.equal(book.quotesOf(LAYOUT.scopes[0], () => NaN)[1].ageS, 5);
  assert.equal(book.apply(decodeFrame(frameBytes(head('delta', 4), { row: [0] }))), null, 'another layout');
});
