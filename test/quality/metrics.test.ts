/** What each probe reads on a SYNTHETIC chain whose fault is known. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { QuoteEvent } from '../../src/market/event.ts';
import type { OptionInstrument } from '../../src/market/instrument.ts';
import { DATA_METRICS } from '../../src/quality/registry.ts';
import { AT, batchOf, FORWARD, syntheticBatch, syntheticEntries, trueQuote } from './synthetic-batch.ts';

type Change = (quote: QuoteEvent, instrument: OptionInstrument) => QuoteEvent | null;

function read(name: string, change?: Change): number {
  const metric = DATA_METRICS.find((m) => m.name === name);
  assert.ok(metric !== undefined, name);
  const memory = metric.init();
  metric.update(memory, syntheticBatch(change));
  return metric.read(memory);
}

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} against ${expected} +- ${tolerance}`);
}

test('a published forward 30 bp too high shows as a parity gap of -30 bp', () => {
  near(read('parity_gap_bp'), 0, 0.01);
  const off: Change = (q) => ({ ...q, forward: FORWARD * 1.003 });
  near(read('parity_gap_bp', off), -29.9, 0.2);
  assert.ok(read('parity_gap_errors_ratio', off) < -4);
});

test('marks made for a time to expiry of six hours more imply six hours', () => {
  near(read('time_offset_s'), 0, 1e-3);
  const early: Change = (q, i) => {
    const true6 = trueQuote(i, AT - 21_600_000);
    return { ...q, bid: true6.bid, ask: true6.ask, mark: true6.mark };
  };
  near(read('time_offset_s', early), 21_600, 1);
  near(read('time_ratio_log', early), Math.log((19.8333333 + 0.25) / 19.8333333), 1e-6);
});

test('dollars in place of coins: unit ratio ln F, discount F, bounds broken', () => {
  near(read('unit_ratio_log'), 0, 1e-9);
  const usd: Change = (q) => ({
    ...q,
    bid: (q.bid ?? 0) * FORWARD,
    ask: (q.ask ?? 0) * FORWARD,
    mark: (q.mark ?? 0) * FORWARD,
  });
  near(read('unit_ratio_log', usd), Math.log(FORWARD), 1e-9);
  assert.ok(read('discount_ratio', usd) > 1000);
  assert.ok(read('bound_share', usd) > 0.9);
});

test('calls and puts exchanged: discount -1, every near strike flipped', () => {
  near(read('discount_ratio'), 1, 1e-9);
  assert.equal(read('flipped_share'), 0);
  const flip: Change = (q, i) => ({
    ...trueQuote({ ...i, side: i.side === 'call' ? 'put' : 'call' }, AT),
    symbol: q.symbol,
  });
  near(read('discount_ratio', flip), -1, 1e-9);
  assert.equal(read('flipped_share', flip), 1);
});

test('a forward too high makes calls look cheap against puts', () => {
  near(read('call_put_gap_vol'), 0, 1e-9);
  const gap = read('call_put_gap_vol', (q) => ({ ...q, mark: q.mark, forward: q.forward, bid: q.bid, ask: q.ask }));
  near(gap, 0, 1e-9);
  const dearCalls: Change = (q, i) =>
    i.side === 'call' ? { ...q, bid: (q.bid ?? 0) + 0.002, ask: (q.ask ?? 0) + 0.002 } : q;
  assert.ok(read('call_put_gap_vol', dearCalls) > 0.015);
});

test('repeated quotes: unchanged, and unmoved although the forward moved one per cent', () => {
  assert.equal(read('unchanged_share'), 0);
  assert.equal(read('unmoved_share'), 0);
  const old = (q: QuoteEvent, i: OptionInstrument): QuoteEvent => {
    const before = trueQuote(i, AT - 21_600_000, FORWARD * 0.99);
    return { ...q, bid: before.bid, ask: before.ask };
  };
  assert.equal(read('unchanged_share', old), 1);
  assert.ok(read('unmoved_share', old) > 0.9, `${read('unmoved_share', old)}`);
});

test('silence, one side, crossing and outliers are counted apart', () => {
  assert.equal(
    read('silent_share', () => null),
    1,
  );
  near(
    read('one_sided_share', (q) => ({ ...q, bid: null })),
    1,
    0,
  );
  assert.equal(
    read('crossed_count', (q) => ({ ...q, bid: q.ask, ask: q.bid })),
    44 - oneSided(),
  );
  assert.equal(
    read('one_sided_share', (q) => ({ ...q, bid: q.ask, ask: q.bid })),
    oneSided() / 44,
  );
  let n = 0;
  const finger: Change = (q) => (++n === 20 ? { ...q, bid: (q.bid ?? 0) * 3, ask: (q.ask ?? 0) * 3 } : q);
  assert.equal(read('outlier_count'), 0);
  assert.equal(read('outlier_count', finger), 1);
});

function oneSided(): number {
  return Math.round(read('one_sided_share') * 44);
}

test('a clock nine seconds ahead shows in the receive offset', () => {
  near(
    read('receive_offset_s', (q) => ({ ...q, receivedAt: q.at - 9_000 })),
    9,
    1e-9,
  );
});

test("quotes five per cent above the venue's volatility", () => {
  near(read('mark_gap_log'), 0, 0.01);
  const low: Change = (q) => ({ ...q, markIv: (q.markIv ?? 0) / 1.05 });
  near(read('mark_gap_log', low) - read('mark_gap_log'), Math.log(1.05), 1e-9);
});

test('a quote that has not followed its mark yet is late and not misprinted; one that left it is', () => {
  const entries = syntheticEntries((q) => q);
  const { quote } = entries[20];
  assert.ok(quote !== null && quote.mark !== null);
  const count = (): number => {
    const metric = DATA_METRICS.find((m) => m.name === 'outlier_count');
    assert.ok(metric !== undefined);
    const memory = metric.init();
    metric.update(memory, batchOf(entries));
    return metric.read(memory);
  };
  entries[20].quote = { ...quote, mark: quote.mark * 3 };
  assert.equal(count(), 0, 'the mark moved, the quote has not changed since it agreed with the old one');
  entries[20].markAtChange = quote.mark * 3;
  assert.equal(count(), 1, 'the quote changed under this mark');
});

test('a still market is no stale feed: its marks go on; a row that comes again comes with its mark', () => {
  const metric = DATA_METRICS.find((m) => m.name === 'unchanged_share');
  assert.ok(metric !== undefined);
  const repeated = (mark: (q: QuoteEvent) => number | null): number => {
    const old = syntheticEntries(() => null);
    const entries = syntheticEntries((q, instrument) => {
      const before = old.find((e) => e.instrument.symbol === instrument.symbol)?.quote;
      return before === undefined || before === null
        ? q
        : { ...before, at: q.at, receivedAt: q.at, mark: mark(before) };
    });
    const memory = metric.init();
    metric.update(memory, batchOf(entries));
    assert.equal(metric.read(memory), 1);
    return memory['repeated'];
  };
  assert.equal(
    repeated((q) => (q.mark ?? 0) * 1.001),
    0,
  );
  assert.equal(
    repeated((q) => q.mark),
    1,
  );
});

test('the first close of an expiry has nothing to repeat', () => {
  const metric = DATA_METRICS.find((m) => m.name === 'unchanged_share');
  assert.ok(metric !== undefined);
  const memory = metric.init();
  metric.update(memory, batchOf(syntheticEntries((q) => q), NaN)); // prettier-ignore
  assert.deepEqual([memory['value'], memory['repeated']], [NaN, NaN]);
});

test('wide quotes that are off by less than their half-spread break no bounds, misprint nothing, and make no call-put gap', () => {
  const wide: Change = (q, i) => {
    const half = 0.01;
    const off = i.side === 'call' ? 0.004 : -0.004;
    const middle = (q.mark ?? 0) + off;
    return { ...q, bid: Math.max(0.0001, middle - half), ask: middle + half };
  };
  const narrow: Change = (q, i) => {
    const moved = (q.mark ?? 0) + (i.side === 'call' ? 0.004 : -0.004);
    return { ...q, bid: moved - 0.0003, ask: moved + 0.0003 };
  };
  assert.equal(read('bound_share', wide), 0);
  assert.equal(read('outlier_count', wide), 0);
  near(read('call_put_gap_vol', wide), read('call_put_gap_vol', narrow), 0.01);
  assert.ok(Math.abs(read('call_put_gap_errors_ratio', wide)) < 5, `${read('call_put_gap_errors_ratio', wide)}`);
  assert.ok(read('call_put_gap_errors_ratio', narrow) > 50, `${read('call_put_gap_errors_ratio', narrow)}`);
});

test('an ask below intrinsic value by more than its half-spread breaks the bounds', () => {
  const cheap: Change = (q, i) =>
    i.side === 'call' && i.strike < 80_000 ? { ...q, bid: (q.bid ?? 0) - 0.02, ask: (q.ask ?? 0) - 0.02 } : q;
  assert.ok(read('bound_share', cheap) > 0.1, `${read('bound_share', cheap)}`);
});

test("the forward in the venue's own marks: any forward published beside them shows, whatever the quotes", () => {
  near(read('mark_forward_gap_bp'), 0, 1e-6);
  const off: Change = (q) => ({ ...q, bid: null, ask: null, forward: (q.forward ?? 0) * 1.0015 });
  near(read('mark_forward_gap_bp', off), 1e4 * (1 / 1.0015 - 1), 1e-6);
  const errors = (change: Change): number => {
    const metric = DATA_METRICS.find((m) => m.name === 'mark_forward_gap_bp');
    assert.ok(metric !== undefined);
    const memory = metric.init();
    metric.update(memory, syntheticBatch(change));
    return memory['errors'];
  };
  near(errors(off), 1e4 * (1 - 1 / 1.0015), 1e-6);
  const some: Change = (q, i) => (i.strike % 4_000 === 0 ? { ...q, forward: (q.forward ?? 0) * 1.0015 } : q);
  assert.ok(errors(some) < 3, 'half of the strikes: they do not agree');
  const old: Change = (q, i) => ({ ...trueQuote(i, AT - 21_600_000, FORWARD * 0.99), at: q.at, forward: q.forward });
  assert.ok(Number.isNaN(read('mark_forward_gap_bp', old)), 'old rows sent again say nothing of the forward');
  const dollars: Change = (q) => ({ ...q, mark: (q.mark ?? 0) * 90_000 });
  assert.ok(Number.isNaN(read('mark_forward_gap_bp', dollars)), 'another unit is no forward');
});

test('the usual size of that gap is learnt, and a fault is not learnt as usual', () => {
  const metric = DATA_METRICS.find((m) => m.name === 'mark_forward_gap_bp');
  assert.ok(metric !== undefined);
  const memory = metric.init();
  const by =
    (bp: number): Change =>
    (q) => ({ ...q, forward: (q.forward ?? 0) * (1 + bp / 1e4) });
  for (let i = 0; i < 600; i++) metric.update(memory, syntheticBatch(by(i % 2 === 0 ? 0.2 : -0.2)));
  near(memory['habit'], 0.2, 0.01);
  for (let i = 0; i < 90; i++) metric.update(memory, syntheticBatch(by(15)));
  near(memory['value'], -15, 0.05);
  assert.ok(memory['habit'] < 0.5, `${memory['habit']} after a minute and a half of the fault`);
});
