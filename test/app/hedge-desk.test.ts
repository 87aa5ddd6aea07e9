/** The hedge room over a real server: what is compared, what to hold, deltas pushed. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { HedgeDesk } from '../../src/app/hedge-desk.ts';
import { EXPLAIN_TERMS } from '../../src/engine/hedge-explain.ts';
import type { MarketEvent } from '../../src/market/event.ts';
import { Random } from '../../src/numeric/random.ts';
import { hedgeOfUnderlying, hedgeTargetAnswer, pushedGreeks } from '../../src/server/wire/hedge.ts';
import { expiryIn, listing, quotes, run, snapshotEnd, SPOT, START } from '../engine/synthetic-market.ts';

const EXPIRY = expiryIn(20);
const symbol = (share: number, side: 'C' | 'P'): string =>
  `BTC-${new Date(EXPIRY).toISOString().slice(0, 10)}-${share * SPOT}-${side}`;

/** Two days of five-minute horizons of one expiry, with a position in it. */
function watched(steps: number) {
  const r = run();
  const random = new Random(3, 'desk');
  r.push(listing(EXPIRY));
  r.push([
    {
      type: 'positions', at: START, receivedAt: START, source: 'push', account: 'a', mode: 'snapshot', covers: 'all', refused: 0,
      validSeconds: 1e6, fills: false,
      holdings: [
        { kind: 'option', symbol: symbol(1, 'C'), underlying: 'BTC', side: 'call', strike: SPOT, expiry: EXPIRY, settlement: 'inverse', size: -10, entry: null },
        { kind: 'option', symbol: 'BTC-NOT-LISTED-C', underlying: 'BTC', side: 'call', strike: 1, expiry: EXPIRY, settlement: 'inverse', size: 1, entry: null },
        { kind: 'future', symbol: 'BTC-PERPETUAL', underlying: 'BTC', expiry: null, settlement: 'inverse', size: 90_000, entry: null },
        { kind: 'cash', symbol: 'BTC', underlying: 'BTC', size: 2 },
      ],
    },
  ]); // prettier-ignore
  let forward = SPOT;
  for (let i = 0; i < steps; i++) {
    forward *= 1 + 0.0015 * random.normal();
    const at = START + i * 300_000;
    r.push([...quotes(EXPIRY, { at, forward, index: forward, level: 0.5 + 0.001 * random.normal() }), snapshotEnd(at)]);
  }
  return { r, forward };
}

test('the room tells slopes with their hours, the target with its band, and terms that add up', () => {
  const { r, forward } = watched(220);
  const desk = new HedgeDesk({ state: () => r.state, accept: null });
  const shown = hedgeOfUnderlying.parse(desk.hedge('deribit:BTC'));
  assert.equal(desk.hedge('deribit:XRP'), null);
  const bucket = shown.buckets.find((b) => b.side === 'call' && b.delta === '50-98')!;
  const strike = bucket.members.find((m) => m.model === 'sticky-strike')!;
  const slope = strike.slopes.find((s) => s.regime === 'any')!;
  assert.ok(slope.hours >= shown.minimum.hours && slope.n >= shown.minimum.rows);
  // The smile sticks to moneyness here: calls gain a little more than Black says, well within a tenth.
  assert.ok(Math.abs(slope.beta - 1) < 0.1 && slope.se < 0.05, `${slope.beta} +- ${slope.se}`);
  assert.ok(strike.reduction_coin > 0.98);
  const terms = new Map(shown.explained.terms.map((t) => [t.name, t.coin]));
  assert.equal(shown.explained.basis, 'book');
  const sum = EXPLAIN_TERMS.slice(0, -1).reduce((s, name) => s + (terms.get(name) ?? NaN), 0);
  assert.ok(Math.abs(sum - terms.get('total')!) < 1e-12);
  assert.ok(Math.abs(terms.get('delta')!) > 0);

  const target = desk.target('deribit:BTC', 0.0005, 1e-6);
  assert.ok(typeof target !== 'string');
  hedgeTargetAnswer.parse(target);
  const start = [...r.state.underlyings.get('deribit:BTC')!.hedge.starts.values()][0];
  const i = start.symbols.indexOf(symbol(1, 'C'));
  assert.deepEqual([target.options, target.unpriced], [1, 1]);
  assert.ok(Math.abs(target.net_delta - target.delta - 10 * start.price[i]) < 1e-12);
  assert.ok(Math.abs(target.black_delta + 10 * start.delta[i]) < 1e-12);
  assert.ok(Math.abs(target.futures_delta - 90_000 / forward) < 1e-9);
  assert.equal(target.target_coin, -target.net_delta);
  assert.ok(Math.abs(target.target_usd + target.delta + 2) < 1e-12);
  // Traded to the nearer edge of the band.
  assert.ok(Math.abs(target.futures_delta + target.trade - (target.target_coin - target.whalley_wilmott)) < 1e-12);
  const calm = desk.target('deribit:BTC', 0.0005, 1e-12);
  assert.ok(typeof calm !== 'string' && calm.whalley_wilmott > target.whalley_wilmott && calm.trade === 0);
});

test('deltas are pushed as one event; what cannot be taken says why', () => {
  const { r } = watched(3);
  const taken: MarketEvent[] = [];
  const desk = new HedgeDesk({ state: () => r.state, accept: (events) => taken.push(...events) });
  const message = pushedGreeks.parse({
    model: 'desk-a', underlying: 'BTC', convention: 'black', at: '2026-01-05T12:10:00Z', greeks: [{ instrument: symbol(1, 'C'), delta: 0.5 }],
  }); // prettier-ignore
  assert.deepEqual(desk.push(message, 'ann'), { accepted: 1, at: '2026-01-05T12:10:00.000Z' });
  assert.equal(taken[0].type, 'pushed-greeks');
  r.push(taken);
  assert.equal(r.state.underlyings.get('deribit:BTC')!.hedge.pushed.get('desk-a')!.deltas.get(symbol(1, 'C')), 0.5);
  const refusal = (answer: unknown): string => (typeof answer === 'string' ? answer : '');
  assert.match(refusal(desk.push({ ...message, model: 'sabr' }, 'ann')), /built in/);
  assert.match(refusal(desk.push({ ...message, underlying: 'XRP' }, 'ann')), /not watched/);
  assert.match(refusal(new HedgeDesk({ state: () => r.state, accept: null }).push(message, 'ann')), /replay/);
});
