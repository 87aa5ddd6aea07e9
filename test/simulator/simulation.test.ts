/** The simulated venue in virtual time: determinism, sane quotes, a day's life, the truth for hindsight. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { tickAt } from '../../src/market/instrument.ts';
import { DAY, HOUR, MINUTE, SECOND, dateCode, hourOfWeek, listedExpiries } from '../../src/simulator/calendar.ts';
import { simulatedEvents } from '../../src/simulator/market-events.ts';
import type { QuoteOutput, SimulatedOutput } from '../../src/simulator/output.ts';
import { cappedIndex } from '../../src/simulator/reference-price.ts';
import { SCRIPT_NAMES, scriptOf } from '../../src/simulator/script.ts';
import { createSimulation, type SimulationConfig } from '../../src/simulator/simulation.ts';

const START = Date.UTC(2026, 0, 15, 0, 30);
const SMALL: SimulationConfig = { seed: 11, startAt: START, underlyings: ['BTC'], instrumentLimit: 120 };

function digest(outputs: readonly SimulatedOutput[]): string {
  return createHash('sha256').update(JSON.stringify(outputs)).digest('hex');
}

test('the calendar lists what the venue lists', () => {
  const codes = listedExpiries(START).map((e) => dateCode(e.expiry));
  assert.deepEqual(codes, [
    '15JAN26',
    '16JAN26',
    '17JAN26',
    '18JAN26',
    '23JAN26',
    '30JAN26',
    '27FEB26',
    '27MAR26',
    '26JUN26',
    '25SEP26',
    '25DEC26',
  ]);
  assert.deepEqual(listedExpiries(START).filter((e) => e.hasFuture).map((e) => dateCode(e.expiry)).slice(0, 3), ['16JAN26', '23JAN26', '30JAN26']); // prettier-ignore
  assert.equal(hourOfWeek(Date.UTC(2026, 0, 12, 5)), 5);
});

test('the same seed gives the same bytes however time is cut, another seed others', () => {
  const whole = createSimulation(SMALL).advance(START + 20 * SECOND);
  const parts: SimulatedOutput[] = [];
  const cut = createSimulation(SMALL);
  for (const s of [3.33, 3.4, 11, 20]) parts.push(...cut.advance(START + s * SECOND));
  assert.equal(digest(parts), digest(whole));
  assert.notEqual(digest(createSimulation({ ...SMALL, seed: 12 }).advance(START + 20 * SECOND)), digest(whole));
  assert.ok(whole.length > 2000);
});

test('quotes in calm: on their ticks, bid below ask, around the truth, sides missing as measured', () => {
  const simulation = createSimulation({ seed: 5, startAt: START, underlyings: ['BTC'], stepMs: MINUTE });
  let [count, noBid, noAsk, inside, near] = [0, 0, 0, 0, 0];
  for (let i = 0; i < 20; i++) {
    const out: SimulatedOutput[] = [];
    simulation.step(out);
    const truth = simulation.truth('BTC', simulation.at)!;
    for (const q of out) {
      if (q.type !== 'quote') continue;
      count++;
      const { strike, side, expiry, ticks } = q.option.instrument;
      if (q.bid === null) noBid++;
      if (q.ask === null) noAsk++;
      for (const price of [q.bid, q.ask]) {
        if (price === null) continue;
        assert.ok(price > 0);
        const tick = tickAt(ticks, price - 1e-9);
        assert.ok(
          Math.abs(price / tick - Math.round(price / tick)) < 1e-6,
          `${q.option.instrument.symbol} ${price} off tick`,
        );
      }
      if (q.bid === null || q.ask === null) continue;
      assert.ok(q.bid < q.ask);
      const fair = truth.smile(expiry)!.price(strike, side === 'call') / truth.smile(expiry)!.forward;
      near++;
      if (fair >= q.bid && fair <= q.ask) inside++;
    }
  }
  assert.ok(noBid / count > 0.03 && noBid / count < 0.13, `bids missing ${noBid / count}`);
  assert.ok(noAsk / count > 0.008 && noAsk / count < 0.035, `asks missing ${noAsk / count}`);
  assert.ok(inside / near > 0.82 && inside / near < 0.98, `truth inside the quote ${inside / near}`);
});

test('a roll: averaging, delivery at the half-hour mean, expired options silent, a new expiry with no history', () => {
  const simulation = createSimulation({
    ...SMALL,
    instrumentLimit: null,
    startAt: Date.UTC(2026, 0, 15, 7, 20),
    stepMs: 10 * SECOND,
  });
  const out = simulation.advance(Date.UTC(2026, 0, 15, 8, 5));
  const roll = Date.UTC(2026, 0, 15, 8);
  const delivery = out.find((o) => o.type === 'delivery')!;
  assert.ok(delivery.type === 'delivery' && delivery.expiry === roll && delivery.at === roll);
  const window = out.filter(
    (o) => o.type === 'index' && o.name === 'btc_usd' && o.at > roll - 30 * MINUTE && o.at <= roll,
  );
  const mean = window.reduce((s, o) => s + (o.type === 'index' ? o.price : 0), 0) / window.length;
  assert.ok(Math.abs(delivery.price / mean - 1) < 2e-5, `${delivery.price} against ${mean}`);
  const after = out.slice(out.indexOf(delivery));
  assert.ok(!after.some((o) => o.type === 'quote' && o.option.instrument.expiry === roll));
  const listed = after.filter((o) => o.type === 'instrument' && o.state === 'open');
  assert.ok(
    listed.some(
      (o) => o.type === 'instrument' && o.option.instrument.expiry === roll + 4 * DAY && o.option.createdAt === roll,
    ),
  );
  const symbols = new Set(listed.map((o) => (o.type === 'instrument' ? o.option.instrument.symbol : '')));
  assert.ok(after.some((o) => o.type === 'quote' && symbols.has(o.option.instrument.symbol)));
  const resumed = after.find((o) => o.type === 'quote') as QuoteOutput;
  assert.ok(resumed.at - roll >= 8 * SECOND, 'quoting pauses at settlement');
});

test('trades: at the touch, with direction, and packages, blocks and liquidations marked', () => {
  const simulation = createSimulation({ ...SMALL, script: 'crash', stepMs: MINUTE, startAt: START });
  const trades = simulation.advance(START + 6 * HOUR).filter((o) => o.type === 'trade');
  const kinds = new Set(trades.map((t) => t.kind));
  for (const kind of ['screen', 'liquidation', 'block', 'combo', 'rfq'] as const) assert.ok(kinds.has(kind), kind);
  for (const t of trades) {
    assert.ok(t.price > 0 && t.amount > 0 && t.iv >= 0);
    assert.equal(t.packageId === null, t.kind === 'screen' || t.kind === 'liquidation');
  }
  const ids = trades.map((t) => Number(t.tradeId));
  assert.deepEqual(
    ids,
    [...ids].sort((a, b) => a - b),
  );
  assert.equal(new Set(ids).size, ids.length);
});

test('a crash: spot falls and half recovers, all tenors up, books empty for minutes', () => {
  const simulation = createSimulation({
    seed: 2,
    startAt: START,
    underlyings: ['ETH'],
    script: 'crash',
    stepMs: MINUTE,
    instrumentLimit: 200,
  });
  const before = simulation.advance(START + 59 * MINUTE).length > 0 && simulation.truth('ETH', START + 55 * MINUTE)!;
  assert.ok(before !== false);
  const twoSided = new Map<number, number>();
  for (const o of simulation.advance(START + 2 * HOUR))
    if (o.type === 'quote' && o.bid !== null && o.ask !== null) twoSided.set(o.at, (twoSided.get(o.at) ?? 0) + 1);
  const bottom = simulation.truth('ETH', START + 78 * MINUTE)!;
  const after = simulation.truth('ETH', START + 119 * MINUTE)!;
  assert.ok(bottom.factors.spot < 0.92 * before.factors.spot);
  assert.ok(after.factors.spot > bottom.factors.spot);
  for (const e of listedExpiries(START + HOUR)) {
    const up = bottom.smile(e.expiry)!.atmVolatility() - before.smile(e.expiry)!.atmVolatility();
    assert.ok(up > 0.05, `${dateCode(e.expiry)} up by ${up}`);
  }
  assert.ok((twoSided.get(START + 77 * MINUTE) ?? 0) < 0.25 * twoSided.get(START + 61 * MINUTE)!);
});

test('events: contract kept, a snapshot end per underlying, quotes of a step complete', () => {
  const config: SimulationConfig = { seed: 3, startAt: START, stepMs: MINUTE, instrumentLimit: 60 };
  let batches = 0;
  for (const batch of simulatedEvents(config, { until: START + 5 * MINUTE })) {
    batches++;
    assert.deepEqual(batch.slice(-2).map((e) => e.type), ['snapshot-end', 'snapshot-end']); // prettier-ignore
    assert.equal(batch.filter((e) => e.type === 'quote').length, 120);
    for (const e of batch) {
      assert.ok(e.receivedAt >= e.at);
      for (const value of Object.values(e)) assert.ok(typeof value !== 'number' || Number.isFinite(value));
    }
  }
  assert.equal(batches, 5);
});

test('every script runs and names its phases in order', () => {
  for (const name of SCRIPT_NAMES) {
    const script = scriptOf(name, START);
    assert.equal(script.phases[0].after, 0);
    assert.deepEqual(script.phases.map((p) => p.after), script.phases.map((p) => p.after).sort((a, b) => a - b)); // prettier-ignore
    assert.ok(createSimulation({ ...SMALL, instrumentLimit: 10, script: name }).advance(START + SECOND).length > 0);
  }
});

test('the index forgets one venue that is wrong, and a bad configuration is refused by name', () => {
  const good = [100, 100.01, 99.99, 100.02, 99.98, 100, 100.01, 99.99];
  assert.ok(Math.abs(cappedIndex([...good.slice(1), 60]) - 100) < 0.02);
  assert.throws(() => createSimulation({ seed: 1, startAt: START, underlyings: ['XYZ'] }), /underlyings: XYZ/);
  assert.throws(() => createSimulation({ seed: -1, startAt: START }), /seed: -1/);
});

test('underlyings move together, as coins do', () => {
  const simulation = createSimulation({ seed: 8, startAt: START, stepMs: HOUR, instrumentLimit: 2 });
  const moves: [number, number][] = [];
  let before: [number, number] | null = null;
  for (let i = 0; i < 400; i++) {
    simulation.step([]);
    const now = ['BTC', 'ETH'].map((u) => Math.log(simulation.truth(u, simulation.at)!.factors.spot)) as [
      number,
      number,
    ];
    if (before !== null) moves.push([now[0] - before[0], now[1] - before[1]]);
    before = now;
  }
  const sum = (f: (m: [number, number]) => number): number => moves.reduce((s, m) => s + f(m), 0);
  const correlation = sum((m) => m[0] * m[1]) / Math.sqrt(sum((m) => m[0] * m[0]) * sum((m) => m[1] * m[1]));
  assert.ok(correlation > 0.45 && correlation < 0.95, `correlation ${correlation}`);
});
