/** Quote selection: every refusal has a case of its own, in the order in which the filters run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyQuote, newEntry, type ChainEntry } from '../../src/market/chain.ts';
import type { QuoteEvent } from '../../src/market/event.ts';
import { readTwoSided, REFUSALS, selectQuotes, type Refusal } from '../../src/surface/selection.ts';
import { expiryIn, instrumentsOf, quoteOf, smile, SPOT, START } from '../engine/synthetic-market.ts';

const FAR = expiryIn(30);
const at = START;

function chain(change: (q: QuoteEvent, entry: ChainEntry, i: number) => QuoteEvent | null = (q) => q): ChainEntry[] {
  return instrumentsOf(FAR).map((instrument, i) => {
    const entry = newEntry(instrument);
    const quote = change(quoteOf(instrument, { at }), entry, i);
    if (quote !== null) applyQuote(entry, quote);
    return entry;
  });
}

/** Options out of the money at F = SPOT: puts below, calls at and above. */
const OTM = instrumentsOf(FAR).findIndex((i) => i.strike > SPOT && i.side === 'call');

test('a clean chain: every out-of-the-money quote is used, with the volatility it was made from', () => {
  const { observations: o, refused, symbols } = selectQuotes(chain(), at, SPOT, SPOT);
  assert.deepEqual([...refused], [['in-the-money', 17]]);
  assert.equal(o.k.length, 17);
  assert.equal(symbols.length, 17);
  for (let i = 0; i < o.k.length; i++) {
    assert.ok(i === 0 || o.k[i] > o.k[i - 1], 'ascending in k');
    const truth = smile(o.k[i], 0.5, o.years);
    assert.ok(Math.abs(o.value[i] - truth) < 1e-4, `${o.value[i]} against ${truth}`);
    assert.ok(o.low[i] < truth && truth < o.high[i] && o.noise[i] > 0);
    assert.ok(Math.abs(o.venueValue[i] - truth) < 1e-12);
  }
});

/**
 * Not here: `below-intrinsic` and `no-volatility`, guards behind the filters before them that no quote out of the money
 * reaches unless the inversion is wrong.
 */
const CASES: Readonly<Partial<Record<Refusal, () => ReturnType<typeof selectQuotes>>>> = {
  'near-expiry': () => selectQuotes(chain(), FAR - 3_599_000, SPOT, SPOT),
  'not-open': () =>
    selectQuotes(
      chain((q, e, i) => (i === OTM && (e.state = 'halted'), q)),
      at,
      SPOT,
      SPOT,
    ),
  'no-quote': () => one((q) => ({ ...q, bid: null, ask: null })),
  crossed: () => one((q) => ({ ...q, bid: q.ask, ask: q.bid })),
  locked: () => one((q) => ({ ...q, bid: q.ask })),
  'one-sided': () => one((q) => ({ ...q, bid: null })),
  own: () =>
    selectQuotes(
      chain((q, e, i) => {
        if (i === OTM) e.own = { now: { ...q, type: 'own-quote' }, before: null };
        return q;
      }),
      at,
      SPOT,
      SPOT,
    ),
  'no-forward': () =>
    selectQuotes(
      chain((q) => ({ ...q, forward: null })),
      at,
      NaN,
      NaN,
    ),
  repeated: () => {
    const entries = chain();
    applyQuote(entries[OTM], { ...entries[OTM].quote!, at: at + 3_600_000 });
    return selectQuotes(entries, at + 3_600_000, SPOT, SPOT);
  },
  stale: () => {
    const entries = chain();
    applyQuote(entries[OTM], { ...entries[OTM].quote!, at: at + 60_000, forward: SPOT * 1.03 });
    return selectQuotes(entries, at + 60_000, SPOT, SPOT);
  },
  'in-the-money': () => selectQuotes(chain(), at, SPOT, SPOT),
  outlier: () => one((q) => ({ ...q, bid: 1.2 * q.bid!, ask: 1.2 * q.ask! })),
  wide: () => one((q) => ({ ...q, bid: 0.3 * q.ask! })),
  cheap: () => one((q) => ({ ...q, bid: 0.0001, ask: 0.0003 })),
  'above-bound': () => one((q) => ({ ...q, bid: 1.1, ask: 1.2 })),
};

function one(change: (q: QuoteEvent) => QuoteEvent): ReturnType<typeof selectQuotes> {
  return selectQuotes(
    chain((q, _, i) => (i === OTM ? change(q) : q)),
    at,
    SPOT,
    SPOT,
  );
}

for (const reason of REFUSALS) {
  const make = CASES[reason];
  if (make === undefined) continue;
  test(`refusal ${reason}`, () => {
    const { refused, observations } = make();
    assert.ok((refused.get(reason) ?? 0) > 0, JSON.stringify([...refused]));
    const total = [...refused.values()].reduce((s, n) => s + n, 0);
    assert.equal(total + observations.k.length, 34, 'every quote is used or has one reason');
  });
}

test('the filters run in the order of REFUSALS: a quote with two faults is refused for the first', () => {
  const crossedAndHalted = chain((q, e, i) => {
    if (i !== OTM) return q;
    e.state = 'halted';
    return { ...q, bid: q.ask, ask: q.bid };
  });
  const { refused } = selectQuotes(crossedAndHalted, at, SPOT, SPOT);
  assert.deepEqual([refused.get('not-open'), refused.get('crossed')], [1, undefined]);
});

test('a quote that is old but whose forward has not moved is not stale', () => {
  const entries = chain();
  const { refused } = selectQuotes(entries, at + 3_600_000, SPOT, SPOT);
  assert.equal(refused.get('stale'), undefined);
});

test('a quote whose mark has left it is stale: by half its half-spread after six of its own intervals, by all of it after ten minutes', () => {
  const stale = (laterMs: number, intervalMs: number, halves: number): boolean => {
    const entries = chain();
    const entry = entries[OTM];
    const { bid, ask, mark } = entry.quote!;
    entry.intervalMs = intervalMs;
    applyQuote(entry, { ...entry.quote!, at: at + laterMs, mark: mark! + halves * 0.5 * (ask! - bid!) });
    return selectQuotes(entries, at + laterMs, SPOT, SPOT).refused.get('stale') === 1;
  };
  assert.deepEqual(
    [stale(7_000, 1_000, 0.6), stale(7_000, 1_000, 0.4), stale(7_000, 2_000, 0.6)],
    [true, false, false],
  );
  assert.deepEqual(
    [stale(4_000, 100, 3), stale(601_000, 600_000, 1.1), stale(601_000, 600_000, 0.9)],
    [false, true, false],
  );
  assert.equal(stale(590_000, 600_000, 3), false);
});

test('an option missing from the newest sample of a recording has no quote of now; a quiet one of a stream has', () => {
  const missed = (pace: number): number | undefined => {
    const entries = chain();
    entries[OTM].speaksMs = pace;
    for (const entry of entries)
      if (entry !== entries[OTM]) applyQuote(entry, quoteOf(entry.instrument, { at: at + 3_600_000, level: 0.51 }));
    return selectQuotes(entries, at + 3_600_000, SPOT, SPOT).refused.get('stale');
  };
  assert.deepEqual([missed(3_600_000), missed(1_000)], [1, undefined]);
});

test('quotes that stand apart from their marks are outliers one by one; a quarter of a slice and more make it suspect', () => {
  const dear = (every: number): (number | undefined)[] => {
    let n = 0;
    const { refused, observations } = selectQuotes(
      chain((q, e) => {
        const otm = e.instrument.side === 'call' ? e.instrument.strike >= SPOT : e.instrument.strike < SPOT;
        return otm && n++ % every === 0 ? { ...q, bid: 1.2 * q.bid!, ask: 1.2 * q.ask! } : q;
      }),
      at,
      SPOT,
      SPOT,
    );
    return [refused.get('outlier'), observations.k.length];
  };
  assert.deepEqual(dear(5), [4, 13]);
  assert.deepEqual(dear(3), [undefined, 17]);
  const moved = selectQuotes(
    chain((q) => ({ ...q, markIv: q.markIv! + 0.05 })),
    at,
    SPOT,
    SPOT,
  );
  assert.equal(moved.refused.get('outlier'), undefined, 'marks that are all off together accuse nobody');
  const bare = selectQuotes(
    chain((q, _, i) => ({ ...q, markIv: null, ask: i === OTM ? 1.2 * q.ask! : q.ask })),
    at,
    SPOT,
    SPOT,
  );
  assert.equal(bare.refused.get('outlier'), undefined, 'without marks there is no reference');
});

test('a forward that the vote corrected scales every quote by the correction, each keeping its own move', () => {
  const entries = chain((q, _, i) => ({ ...q, forward: SPOT * (1.02 + 0.0001 * (i % 2)) }));
  const published = readTwoSided(entries).venueForward;
  const { observations: o } = selectQuotes(entries, at, SPOT, published);
  assert.ok(Math.abs(o.k[8] - Math.log(o.strike[8] / SPOT)) < 2e-4);
  assert.equal(o.forward, SPOT);
});

test('the first pass counts sides and pairs calls with puts of the same strike only', () => {
  const clean = readTwoSided(chain());
  assert.deepEqual([clean.pairs.length, clean.quoted, clean.twoSided, clean.synthetic], [17, 34, 34, true]);
  assert.equal(clean.venueForward, SPOT);
  const broken = readTwoSided(
    chain((q, _, i) => {
      if (i === 0) return { ...q, bid: q.ask, ask: q.bid };
      if (i === 2) return { ...q, bid: q.ask };
      if (i === 4) return { ...q, bid: null };
      return i === 6 ? null : q;
    }),
  );
  assert.deepEqual(
    [broken.pairs.length, broken.quoted, broken.twoSided, broken.crossed, broken.locked],
    [13, 33, 30, 1, 1],
  );
});
