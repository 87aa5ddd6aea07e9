/** Healthy SYNTHETIC chains on coarse prices, of far expiries, with rounded marks: what rounding does is nobody's fault. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { EngineRun } from '../../src/app/faults/engine-run.ts';
import { DEFAULT_CONFIG } from '../../src/engine/config.ts';
import type { MarketEvent, QuoteEvent } from '../../src/market/event.ts';
import { blackGreeks } from '../../src/numeric/black.ts';
import { Random } from '../../src/numeric/random.ts';
import { deribitInstrument, formatDeribitSymbol } from '../../src/venue/deribit-symbol.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const START = Date.UTC(2027, 2, 1, 0, 10);

interface Shape {
  readonly underlying: string;
  readonly spot: number;
  readonly vol: number;
  readonly tick: number;
  readonly days: readonly number[];
  readonly strikeStep: number;
  /** How far the spot wanders, as a share of what the volatility says; 1 without. */
  readonly wanders?: number;
  readonly markStep?: number;
  /** Seconds by which the venue's own clock is ahead of the times it states. */
  readonly clockSeconds?: (snapshot: number) => number;
  /** Share of the rows that repeat the snapshot before. */
  readonly stale?: (snapshot: number) => number;
}

/** Hourly snapshots: a spot that wanders, a smile at rest, quotes rounded outwards by the tick, marks in four digits. */
function* snapshots(shape: Shape, seed: number, count: number): Generator<MarketEvent[]> {
  const random = new Random(seed, 'rounded-chains');
  const { underlying, vol, tick } = shape;
  const linear = underlying.includes('_');
  const last = new Map<string, QuoteEvent>();
  let { spot } = shape;
  for (let i = 0; i < count; i++) {
    const at = START + i * HOUR;
    if (i > 0) spot *= Math.exp((shape.wanders ?? 1) * vol * Math.sqrt(HOUR / (365 * DAY)) * random.normal());
    const events: MarketEvent[] = [];
    for (const days of shape.days) {
      const expiry = Date.UTC(2027, 2, 1, 8) + days * DAY;
      const years = (expiry - at + 1000 * (shape.clockSeconds?.(i) ?? 0)) / (365 * DAY);
      const forward = spot * Math.exp(0.05 * years);
      for (let j = -9; j <= 9; j++) {
        const raw = shape.spot * Math.exp(0.25 * j * vol * Math.sqrt(days / 365));
        const strike = Number((Math.round(raw / shape.strikeStep) * shape.strikeStep).toFixed(4));
        const x = Math.log(strike / forward) / (vol * Math.sqrt(years));
        const sigma = vol * Math.sqrt(Math.max(0.05, 1 - 0.06 * x + 0.045 * x * x));
        for (const side of ['call', 'put'] as const) {
          const symbol = formatDeribitSymbol({ underlying, expiry, strike, side });
          const instrument = deribitInstrument(symbol);
          assert.ok(instrument !== null);
          const { price, delta, vega } = blackGreeks({ side, forward, strike, years, sigma });
          const unit = linear ? 1 : forward;
          const half = Math.max(tick, (0.01 * vega * sigma) / unit);
          const mid = price / unit + 0.2 * half * random.normal();
          const bid = Math.floor((mid - half) / tick) * tick;
          const mark = shape.markStep === undefined ? price / unit : Math.round(price / unit / shape.markStep) * shape.markStep; // prettier-ignore
          const fresh: QuoteEvent = {
            type: 'quote', at, receivedAt: at, venue: 'deribit', symbol, bid: bid > 0 ? bid : null,
            ask: Math.ceil((mid + half) / tick) * tick, bidSize: null, askSize: null, mark, markIv: Math.round(1e4 * sigma) / 1e4,
            forward, forwardName: 'SYN', index: spot, delta, vega: vega / 100, openInterest: 10,
          }; // prettier-ignore
          const old = last.get(symbol);
          const repeats = old !== undefined && random.uniform() < (shape.stale?.(i) ?? 0);
          const quote = repeats ? { ...fresh, bid: old.bid, ask: old.ask } : fresh;
          if (!last.has(symbol)) events.push({ type: 'instrument', at, receivedAt: at, instrument, state: 'open' }); // prettier-ignore
          last.set(symbol, quote);
          events.push(quote);
        }
      }
    }
    yield events;
  }
}

const COARSE: Shape = {
  underlying: 'BTC',
  spot: 60_000,
  vol: 0.5,
  tick: 0.005,
  days: [7, 14, 30, 60, 90],
  strikeStep: 500,
};
const LINEAR: Shape = {
  underlying: 'AVAX_USDC',
  spot: 20,
  vol: 1,
  tick: 0.01,
  days: [2, 7, 14, 30, 60],
  strikeStep: 0.1,
  wanders: 0.05,
};
const FAR: Shape = {
  underlying: 'BTC',
  spot: 60_000,
  vol: 0.5,
  tick: 0.0001,
  days: [365, 500, 730, 1095],
  strikeStep: 1000,
};

/** Causes of data faults, and of liquidity, that a run opens. */
function opened(shape: Shape, seed: number, count: number): string[] {
  const run = new EngineRun(DEFAULT_CONFIG);
  const found: string[] = [];
  let i = 0;
  for (const events of snapshots(shape, seed, count)) {
    const at = START + i * HOUR;
    for (const r of run.run([
      ...events,
      { type: 'snapshot-end', at, receivedAt: at, venue: 'deribit', underlying: shape.underlying },
    ]))
      // prettier-ignore
      if (r.type === 'incident' && r.state === 'open' && (r.severity === 'critical' || r.cause === 'liquidity-contraction'))
        found.push(`${i} ${r.cause}`);
    i++;
  }
  return found;
}

for (const [name, shape] of Object.entries({
  'prices in steps ten times the listed tick': COARSE,
  'prices in steps of a product whose tick nobody listed': LINEAR,
  'options of one to three years alone': FAR,
  'marks in steps of half a per mille': { ...COARSE, tick: 0.0001, markStep: 0.0005 },
}))
  test(`${name} wake nobody`, () => {
    for (const seed of [1, 2]) assert.deepEqual(opened(shape, seed, 14), [], `seed ${seed}`);
  });

test('quotes that stand still on such steps and clocks that are wrong by more than rounding are still found', () => {
  const stale = opened({ ...LINEAR, stale: (i) => (i === 10 ? 0.7 : 0) }, 1, 12);
  assert.equal(stale[0], '10 stale-feed');
  const clock = opened({ ...FAR, clockSeconds: (i) => (i === 10 ? -36_000 : 0) }, 1, 12);
  assert.deepEqual(clock, ['10 clock-skew']);
});
