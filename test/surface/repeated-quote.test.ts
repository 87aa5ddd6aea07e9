/** An old row sent again is told apart from a quiet quote, with marks and without; neither parity nor selection sees it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyQuote, newEntry, type ChainEntry } from '../../src/market/chain.ts';
import type { QuoteEvent } from '../../src/market/event.ts';
import { isRepeated } from '../../src/surface/repeated-quote.ts';
import { readTwoSided, selectQuotes } from '../../src/surface/selection.ts';
import { expiryIn, instrumentsOf, quoteOf, SPOT, START } from '../engine/synthetic-market.ts';

const FAR = expiryIn(30);
const INSTRUMENTS = instrumentsOf(FAR);
const CALL = INSTRUMENTS.findIndex((i) => i.strike > SPOT && i.side === 'call');
const HOURS = 6 * 3_600_000;

/** A quote, and the message `later` ms after it. */
function said(later: number, change: Partial<QuoteEvent>, first: Partial<QuoteEvent> = {}): ChainEntry {
  const entry = newEntry(INSTRUMENTS[CALL]);
  const quote = { ...quoteOf(INSTRUMENTS[CALL], { at: START }), ...first };
  applyQuote(entry, quote);
  applyQuote(entry, { ...quote, at: START + later, ...change });
  return entry;
}

const never = (): number => assert.fail('the mark answers without a delta');
/** An option of delta .4: its value moves by 0.4 % of the coin when the forward does by 1 %. */
const delta = (): number => 0.4;

test('hours later: bid, ask, mark and mark volatility again is an old row; a mark of its own is a quiet quote', () => {
  assert.equal(isRepeated(said(HOURS, {}), SPOT, never), true);
  assert.equal(isRepeated(said(HOURS, { mark: 0.0123 }), 2 * SPOT, never), false);
  assert.equal(isRepeated(said(HOURS, { markIv: 0.51 }), 2 * SPOT, never), false);
  assert.equal(isRepeated(newEntry(INSTRUMENTS[CALL]), SPOT, never), false);
  const again = said(HOURS, { mark: 0.0123 });
  applyQuote(again, { ...again.quote!, at: START + 2 * HOURS });
  assert.equal(isRepeated(again, SPOT, never), true, 'a quiet quote whose next message repeats it');
});

test('in a stream: only when the forward has moved the value by more than a tick, and not at once', () => {
  assert.equal(isRepeated(said(6_000, {}), SPOT, delta), false);
  assert.equal(isRepeated(said(6_000, {}), 1.01 * SPOT, delta), true);
  assert.equal(isRepeated(said(4_000, {}), 1.01 * SPOT, delta), false);
  assert.equal(
    isRepeated(said(6_000, {}), 1.01 * SPOT, () => 0),
    false,
  );
});

test('with a mark alone the forward decides however far apart; without marks it must move the value by the spread', () => {
  const markOnly = { markIv: null };
  assert.equal(isRepeated(said(HOURS, markOnly, markOnly), SPOT, delta), false);
  assert.equal(isRepeated(said(HOURS, markOnly, markOnly), 1.01 * SPOT, delta), true);
  const none = { mark: null, markIv: null };
  const bare = said(HOURS, none, none);
  const spread = (bare.quote!.ask! - bare.quote!.bid!) / (0.4 - 0.5 * (bare.quote!.ask! + bare.quote!.bid!));
  assert.equal(isRepeated(bare, (1 + 0.9 * spread) * SPOT, delta), false);
  assert.equal(isRepeated(bare, (1 + 1.1 * spread) * SPOT, delta), true);
  assert.equal(isRepeated(said(60_000, none, none), 2 * SPOT, delta), false, 'rule 4 judges streams');
  assert.equal(isRepeated(said(HOURS, { ...none, forward: null }, { ...none, forward: null }), SPOT, delta), false);
});

/** A chain six hours on at another forward and level; every third quote is the old row under the new forward. */
function laterChain(change: (old: QuoteEvent, now: QuoteEvent) => QuoteEvent): ChainEntry[] {
  return INSTRUMENTS.map((instrument, i) => {
    const entry = newEntry(instrument);
    const old = quoteOf(instrument, { at: START });
    const now = quoteOf(instrument, { at: START + HOURS, forward: 1.01 * SPOT, level: 0.55 });
    applyQuote(entry, old);
    applyQuote(entry, i % 3 === 0 ? change(old, now) : now);
    return entry;
  });
}

const oldRow = (old: QuoteEvent, now: QuoteEvent): QuoteEvent => ({ ...old, at: now.at, forward: now.forward, index: now.index }); // prettier-ignore

test('a third of a chain sent again: refused one by one as repeated, and no pair of the parity forward holds one', () => {
  const select = (chain: ChainEntry[]) => selectQuotes(chain, START + HOURS, 1.01 * SPOT, 1.01 * SPOT);
  const clean = select(laterChain((_, now) => now));
  const spoilt = laterChain(oldRow);
  const { observations: o, refused } = select(spoilt);
  assert.equal(refused.get('repeated'), INSTRUMENTS.filter((_, i) => i % 3 === 0).length);
  const truth = new Map(Array.from(clean.observations.strike, (k, i) => [k, clean.observations.value[i]]));
  assert.ok(o.k.length >= 10 && o.k.length < clean.observations.k.length);
  for (let i = 0; i < o.k.length; i++) assert.equal(o.value[i], truth.get(o.strike[i]), 'an untouched quote');
  const pairs = readTwoSided(spoilt).pairs.map((p) => p.strike);
  const whole = INSTRUMENTS.filter((_, i) => i % 2 === 0 && i % 3 !== 0 && (i + 1) % 3 !== 0).map((x) => x.strike);
  assert.deepEqual(pairs, whole);
});

test('the same without marks and deltas: the delta of the mid tells what has moved too far, and the wings stay', () => {
  const bare = (q: QuoteEvent): QuoteEvent => ({ ...q, mark: null, markIv: null, delta: null });
  const chain = INSTRUMENTS.map((instrument, i) => {
    const entry = newEntry(instrument);
    const old = bare(quoteOf(instrument, { at: START }));
    const now = bare(quoteOf(instrument, { at: START + HOURS, forward: 1.03 * SPOT, level: 0.55 }));
    applyQuote(entry, old);
    applyQuote(entry, i % 3 === 0 ? { ...oldRow(old, now) } : now);
    return entry;
  });
  const { refused, symbols } = selectQuotes(chain, START + HOURS, 1.03 * SPOT, 1.03 * SPOT);
  assert.ok((refused.get('repeated') ?? 0) >= 6, JSON.stringify([...refused]));
  const near = INSTRUMENTS.filter((x, i) => i % 3 === 0 && Math.abs(x.strike / SPOT - 1) < 0.07).map((x) => x.symbol);
  assert.deepEqual(symbols.filter((s) => near.includes(s)), []); // prettier-ignore
});
