/** A future alone against a future and the option at the money, on SYNTHETIC chains whose volatility has a life of its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HedgeDesk } from '../../src/app/hedge-desk.ts';
import { hedgeTarget } from '../../src/engine/hedge-target.ts';
import { HEDGE_MODELS } from '../../src/hedge/hedge-model.ts';
import type { HedgeStart } from '../../src/hedge/hedge-start.ts';
import { secondLegCost, vegaHedge, VEGA_HEDGE, type VegaHedge } from '../../src/hedge/vega-hedge.ts';
import type { QuoteEvent } from '../../src/market/event.ts';
import type { HedgeScoreRecord } from '../../src/model/record.ts';
import { Random } from '../../src/numeric/random.ts';
import { hedgeOfUnderlying } from '../../src/server/wire/hedge.ts';
import {
  expiryIn,
  instrumentsOf,
  listing,
  quotes,
  run,
  snapshotEnd,
  SPOT,
  START,
  type Run,
} from './synthetic-market.ts';

const EXPIRY = expiryIn(40);
const STEP = 300_000;
/** Coins held, by instrument. */
const HELD = new Map(
  instrumentsOf(EXPIRY)
    .filter((o) => o.side === 'put' && (o.strike === 0.94 * SPOT || o.strike === 0.88 * SPOT))
    .map((o, i) => [o.symbol, i === 0 ? 10 : -4]),
);

interface Walked {
  readonly r: Run;
  /** Last two snapshots, by instrument. */
  readonly before: ReadonlyMap<string, QuoteEvent>;
  readonly after: ReadonlyMap<string, QuoteEvent>;
  /** The horizon's start that the last snapshot judged. */
  readonly start: HedgeStart;
  readonly scores: readonly HedgeScoreRecord[];
}

const watch = (r: Run) => r.state.underlyings.get('deribit:BTC')!.hedge;

/** Five-minute snapshots; volatility moves by `wander` a step, on its own. */
function walk(steps: number, wander: number): Walked {
  const r = run();
  const random = new Random(5, 'pair');
  r.push(listing(EXPIRY));
  const holdings = instrumentsOf(EXPIRY).flatMap(({ symbol, side, strike, expiry, settlement }) => {
    const size = HELD.get(symbol);
    if (size === undefined) return [];
    return [
      { kind: 'option' as const, symbol, underlying: 'BTC', side, strike, expiry, settlement, size, entry: null },
    ];
  });
  r.push([
    {
      type: 'positions', at: START, receivedAt: START, source: 'push', account: 'a', mode: 'snapshot', covers: 'all',
      refused: 0, validSeconds: 1e6, fills: false, holdings,
    },
  ]); // prettier-ignore
  let [forward, level] = [SPOT, 0.5];
  let [before, after] = [new Map<string, QuoteEvent>(), new Map<string, QuoteEvent>()];
  let start: HedgeStart | undefined;
  for (let i = 0; i < steps; i++) {
    forward *= 1 + 0.0015 * random.normal();
    level = Math.min(0.9, Math.max(0.25, level + wander * random.normal()));
    const at = START + i * STEP;
    const all = quotes(EXPIRY, { at, forward, level, index: forward });
    [before, after] = [after, new Map(all.map((q) => [q.symbol, q]))];
    start = [...(r.state.underlyings.get('deribit:BTC')?.hedge.starts.values() ?? [])][0];
    r.push([...all, snapshotEnd(at)]);
  }
  assert.ok(start !== undefined);
  return { r, before, after, start, scores: r.records.filter((x) => x.type === 'hedge-score') };
}

const MIDDLE = (q: QuoteEvent | undefined): number => 0.5 * (q!.bid! + q!.ask!);
const wandering = walk(360, 0.002);

test('it is a monitored model like the others, and is judged where a second instrument is known', () => {
  assert.ok(HEDGE_MODELS.has('hedge-delta-vega'));
  const { scores } = wandering;
  const place = scores[0].models.indexOf(VEGA_HEDGE);
  // Thirty moves of the volatility come first: until then it hedges as Black, and says so.
  assert.deepEqual([scores[0].answered[place], scores[0].pair], [0, null]);
  const last = scores.at(-1)!;
  assert.ok(last.answered[place] > 0.9 && last.answered[place] < 1, 'the second instrument is not hedged with itself');
  const late = scores.slice(-100).map((s) => s.pz[place]!);
  const rms = Math.sqrt(late.reduce((t, v) => t + v * v, 0) / late.length);
  assert.ok(rms > 0.02 && rms < 1.5, `pz ${rms}`);
});

test('what the two hedges left of an option and of the book is what its prices and theirs did', () => {
  const { scores, before, after, start } = wandering;
  const last = scores.at(-1)!;
  const width = start.members.length;
  const place = start.members.indexOf(VEGA_HEDGE);
  const { second, weights } = start.vegaHedge;
  const change = (symbol: string): number => MIDDLE(after.get(symbol)) - MIDDLE(before.get(symbol));
  let [n, plain, both] = [0, 0, 0];
  const book = { raw: 0, plain: 0, both: 0 };
  start.symbols.forEach((symbol, i) => {
    if (i === second) return;
    const [f0, f1] = [before.get(symbol)!.forward!, after.get(symbol)!.forward!];
    const coin = change(symbol);
    // A coin-margined future of h coins earns h (1 - F0/F1) coins a coin.
    const future = 1 - f0 / f1;
    const alone = coin - (start.delta[i] - MIDDLE(before.get(symbol))) * future;
    const pair =
      coin -
      (start.ratios[i * width + place] - MIDDLE(before.get(symbol))) * future +
      weights[i] * change(start.symbols[second]);
    n++;
    plain += alone * alone;
    both += pair * pair;
    const size = HELD.get(symbol) ?? 0;
    book.raw += size * coin;
    book.plain += size * alone;
    book.both += size * pair;
  });
  const close = (a: number, b: number): void => assert.ok(Math.abs(a - b) < 1e-12, `${a} against ${b}`);
  assert.equal(last.pair?.n, n);
  assert.equal(last.pair.instrument, start.symbols[second]);
  close(last.pair.delta, Math.sqrt(plain / n));
  close(last.pair.delta_vega, Math.sqrt(both / n));
  assert.equal(last.book_pair?.n, 2);
  close(last.book_pair.unhedged, book.raw);
  close(last.book_pair.delta, book.plain);
  close(last.book_pair.delta_vega, book.both);
  close(last.book_pair.delta_vega_net, book.both - last.book_pair.delta_vega_cost);
});

test('where volatility wanders the second instrument saves most of what delta leaves; where it stands still it costs', () => {
  const pairsOf = (r: Run) =>
    hedgeOfUnderlying.parse(new HedgeDesk({ state: () => r.state, accept: null }).hedge('deribit:BTC')).pairs;
  const [book, chain] = pairsOf(wandering.r);
  assert.deepEqual([book.basis, chain.basis], ['book', 'chain']);
  assert.ok(chain.saved_net! > 0.8 && book.saved_net! > 0.5, `${chain.saved_net} ${book.saved_net}`);
  assert.ok(chain.delta_vega_cost > chain.delta_cost && chain.delta_vega_net > chain.delta_vega);
  assert.ok(chain.rows > 5_000 && book.rows > 300 && chain.hours >= 25);
  const still = pairsOf(walk(60, 0.00002).r).find((p) => p.basis === 'chain')!;
  assert.ok(still.saved_net! < 0.2, `${still.saved_net}`);
});

test('what has proved better is proposed, never crowned unasked; approved, the target names the option to trade', () => {
  const { r } = wandering;
  const buckets = [...watch(r).buckets];
  assert.ok(buckets.every(([, b]) => b.champion !== VEGA_HEDGE));
  const waiting = buckets.filter(([, b]) => b.proposed === VEGA_HEDGE);
  assert.ok(waiting.length > 0);
  const said = r.records.filter((x) => x.type === 'action' && x.outcome.includes('needs a second instrument'));
  assert.ok(said.length >= waiting.length);
  const underlying = r.state.underlyings.get('deribit:BTC')!;
  assert.deepEqual(hedgeTarget(r.state, underlying)?.optionTrades, []);
  const at = START + 361 * STEP;
  r.push(
    waiting.map(([bucket]) => ({
      type: 'operator', at, receivedAt: at, actor: 'ann', action: 'approve', target: `deribit:BTC:hedge/${bucket}`, note: '', until: null,
    })),
  ); // prettier-ignore
  assert.ok(waiting.every(([, b]) => b.champion === VEGA_HEDGE));
  const start = [...watch(r).starts.values()][0];
  const { second, weights } = start.vegaHedge;
  const place = start.members.indexOf(VEGA_HEDGE);
  const target = hedgeTarget(r.state, underlying)!;
  const served = [...HELD].filter(([symbol]) => {
    const o = start.symbols.indexOf(symbol);
    const delta = Math.abs(start.delta[o]) < 0.25 ? '10-25' : '25-50';
    return waiting.some(([, b]) => b.bucket.side === 'put' && b.bucket.delta === delta);
  });
  assert.ok(served.length > 0);
  const wanted = served.reduce((sum, [symbol, size]) => sum + size * weights[start.symbols.indexOf(symbol)], 0);
  assert.deepEqual(target.optionTrades, [{ instrument: start.symbols[second], size: wanted }]);
  if (served.length === HELD.size) {
    const net = [...HELD].reduce((sum, [symbol, size]) => {
      const o = start.symbols.indexOf(symbol);
      return sum + size * (start.ratios[o * start.members.length + place] - start.price[o]);
    }, 0);
    assert.ok(Math.abs(target.netDelta - net) < 1e-12);
  }
});

/** Five options of an expiry in columns, F = 100. */
function columns(forward: number) {
  const strike = Float64Array.of(80, 90, 100, 110, 120);
  const of = (v: readonly number[]): Float64Array => Float64Array.from(v);
  return {
    symbols: ['80', '90', '100', '110', '120'],
    isCall: Uint8Array.of(0, 0, 1, 1, 1),
    strike,
    forward,
    forwards: new Float64Array(5).fill(forward),
    price: of([0.01, 0.02, 0.05, 0.02, 0.01]),
    half: of([0.001, 0.001, 0.002, 0.001, 0.001]),
    delta: of([-0.1, -0.25, 0.52, 0.31, 0.15]),
    vega: of([5, 10, 12, 9, 6]),
  };
}

test('without costs both exposures are gone; the second instrument stays while it is near the money', () => {
  const c = columns(100);
  c.half.fill(1e-12);
  c.price.fill(1e-12);
  const ratios = new Float64Array(5);
  const h = vegaHedge(c, [1, 0, 0, 1], null, ratios, 1, 0);
  assert.equal(c.symbols[h.second], '100');
  assert.ok(Number.isNaN(h.weights[h.second]) && Number.isNaN(ratios[h.second]));
  // Vega 10 against 12; delta -0.25 less 10/12 of 0.52. The future's fee, 5 bp, bends it by its square, 2.5e-7 of the covariance.
  assert.ok(Math.abs(h.weights[1] + 10 / 12) < 1e-4);
  assert.ok(Math.abs(ratios[1] - (-0.25 - (10 / 12) * 0.52)) < 1e-4);
  const moved = columns(106);
  moved.delta[2] = 0.65;
  const kept = vegaHedge(moved, [1, 0, 0, 1], { ...h, ...c }, ratios, 1, 0);
  assert.equal(kept.second, 2);
  moved.delta[2] = 0.75;
  const other = vegaHedge(moved, [1, 0, 0, 1], { ...h, ...c }, ratios, 1, 0);
  assert.equal(moved.symbols[other.second], '110');
  assert.equal(vegaHedge(c, undefined, null, ratios, 1, 0).second, -1);
});

test('changing the second leg costs what is traded: nothing at first, the difference, or both legs of a switch; a book nets', () => {
  const of = (v: readonly number[]): Float64Array => Float64Array.from(v);
  const h: VegaHedge = {
    second: 0,
    weights: of([NaN, -1, 0.5]),
    before: of([NaN, -0.8, 0.4]),
    cost: 0.01,
    costBefore: NaN,
  };
  const one = (): number => 1;
  const close = (a: number, b: number): void => assert.ok(Math.abs(a - b) < 1e-15, `${a} against ${b}`);
  close(secondLegCost(h, [1], one), 0.002);
  close(
    secondLegCost(h, [1, 2], (i) => (i === 1 ? 1 : 2)),
    0,
  );
  close(secondLegCost({ ...h, costBefore: 0.02 }, [1], one), 0.8 * 0.02 + 0.01);
  close(secondLegCost({ ...h, before: new Float64Array(3).fill(NaN) }, [1], one), 0);
});
