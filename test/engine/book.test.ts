/** The book in the engine: valued at closes, told in money, gated by age and breaks, limited by rules. SYNTHETIC. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EquityEvent, OwnFillEvent, PositionsEvent } from '../../src/market/event.ts';
import type { Holding } from '../../src/market/holding.ts';
import type { BookRecord, GateRecord, IncidentRecord } from '../../src/model/record.ts';
import type { Rule } from '../../src/policy/rules.ts';
import {
  expiryIn,
  instrumentsOf,
  listing,
  quotes,
  run,
  SPOT,
  snapshotEnd,
  START,
  type Run,
} from './synthetic-market.ts';

const EXPIRY = expiryIn(30);
const HOUR = 3_600_000;
const LISTED = instrumentsOf(EXPIRY);
/** At-the-money call and a put 9 % below. */
const CALL = LISTED.find((i) => i.strike === SPOT && i.side === 'call')!;
const PUT = LISTED.find((i) => i.strike === 0.91 * SPOT && i.side === 'put')!;

function option(of: typeof CALL, size: number): Holding {
  const { symbol, side, strike, expiry, settlement } = of;
  return { kind: 'option', symbol, underlying: 'BTC', side, strike, expiry, settlement, size, entry: null };
}
const cash = (size: number): Holding => ({ kind: 'cash', symbol: 'BTC', underlying: 'BTC', size });

function held(at: number, holdings: readonly Holding[], of: Partial<PositionsEvent> = {}): PositionsEvent {
  return {
    type: 'positions', at, receivedAt: at, source: 'push', account: 'main', mode: 'snapshot', covers: 'all', holdings,
    refused: 0, validSeconds: 86_400, fills: false, ...of,
  }; // prettier-ignore
}

function fill(at: number, tradeId: string, direction: 'buy' | 'sell', amount: number): OwnFillEvent {
  return {
    type: 'own-fill', at, receivedAt: at, venue: 'deribit', account: 'main', symbol: CALL.symbol, tradeId, direction,
    price: 0.05, amount, liquidity: 'maker', fee: null, feeCurrency: null,
  }; // prettier-ignore
}

const book = (r: Run, source = 'champion'): BookRecord[] =>
  r.records.filter((x): x is BookRecord => x.type === 'book' && x.source === source);
const incidents = (r: Run, cause: string): IncidentRecord[] =>
  r.records.filter((x): x is IncidentRecord => x.type === 'incident' && x.cause === cause);

function snapshot(r: Run, at: number, level = 0.5): void {
  r.push([...quotes(EXPIRY, { at, level }), snapshotEnd(at)]);
}

function begun(holdings: readonly Holding[], of: Partial<PositionsEvent> = {}, limits: readonly Rule[] = []): Run {
  const r = run({ bookLimits: limits });
  r.push(listing(EXPIRY));
  r.push([held(START - 1_000, holdings, of)]);
  snapshot(r, START);
  snapshot(r, START + HOUR);
  return r;
}

test('a position is valued at every close under champion and venue, USD delta being equity and net delta', () => {
  const r = begun([option(CALL, 10), option(PUT, -20), cash(3)]);
  const [mine, venue] = [book(r).at(-1)!, book(r, 'venue').at(-1)!];
  assert.deepEqual([mine.status, mine.positions, mine.unvalued, mine.scope], ['ok', 3, 0, 'deribit:BTC']);
  // On one noiseless smile the champion and the venue's marks say the same.
  assert.ok(Math.abs(mine.value_usd / venue.value_usd - 1) < 2e-3, `${mine.value_usd} ${venue.value_usd}`);
  assert.ok(Math.abs(mine.delta_black - venue.delta_black) < 0.02);
  assert.ok(Math.abs(mine.delta_usd - (mine.equity_coin + mine.delta_net)) < 1e-12);
  // The venue's own deltas and marks, added up by hand.
  const at = START + HOUR;
  const quote = (of: typeof CALL) => quotes(EXPIRY, { at }).find((q) => q.symbol === of.symbol)!;
  const [c, p] = [quote(CALL), quote(PUT)];
  assert.ok(Math.abs(venue.delta_black - (10 * c.delta! - 20 * p.delta!)) < 1e-9);
  assert.ok(Math.abs(venue.value_coin - (3 + 10 * c.mark! - 20 * p.mark!)) < 1e-9);
  assert.ok(Math.abs(venue.vega_usd_per_point - (10 * c.vega! - 20 * p.vega!)) < 1e-6);
  const half = (q: typeof c) => 0.5 * (q.ask! - q.bid!);
  assert.ok(Math.abs(mine.close_out_usd! - (10 * half(c) + 20 * half(p)) * SPOT) < 1e-6);
  assert.ok(mine.margin_coin! > 0 && Math.abs(mine.margin_gap!) < 0.05);
});

test('the model reserve is the loss that admitted draws leave, not zero and not the whole spread', () => {
  const { reserve_usd: reserve, close_out_usd: spread } = begun([option(CALL, 10), option(PUT, -20)]).records.findLast(
    (x): x is BookRecord => x.type === 'book' && x.source === 'champion',
  )!;
  assert.ok(reserve! > 0 && reserve! < spread!, `${reserve} of ${spread}`);
});

test('drift not yet booked is what revaluation at the moved market gives, and stands on the incident', () => {
  const r = begun([option(CALL, 10), option(PUT, -20), cash(3)]);
  const before = book(r, 'venue').at(-1)!;
  // Four points up before any refit: the champion that was scored has not seen it.
  r.push([...quotes(EXPIRY, { at: START + 2 * HOUR, level: 0.54 }), snapshotEnd(START + 2 * HOUR)]);
  const now = book(r).at(-1)!;
  const venue = book(r, 'venue').at(-1)!;
  const time = before.theta_usd_per_day / 24;
  const moved = venue.value_usd - before.value_usd - time;
  assert.ok(now.drift_usd! < 0 === moved < 0, `${now.drift_usd} ${moved}`);
  assert.ok(Math.abs(now.drift_usd! / moved - 1) < 0.1, `drift ${now.drift_usd}, by revaluation ${moved}`);
  const opened = incidents(r, 'level-move').find((i) => i.state === 'open')!;
  assert.ok(Math.abs(opened.evidence['money_usd'] as number) > 0);
  assert.equal(opened.evidence['money_status'], 'ok');
});

test('the recalibration jump is the change of value by the new fit at the market of now', () => {
  const r = begun([option(CALL, 10)]);
  snapshot(r, START + 2 * HOUR, 0.54);
  snapshot(r, START + 3 * HOUR, 0.54);
  const records = book(r);
  const jump = records.at(-1)!.jump_usd!;
  // Four points of 0.95 (the smile at the money is 0.95 to 1 times the level) on ten at-the-money vegas.
  const vega = records.at(-1)!.vega_usd_per_point;
  assert.ok(jump > 3 * vega && jump < 4.5 * vega, `${jump} of ${vega} a point`);
  snapshot(r, START + 4 * HOUR, 0.54);
  assert.ok(Math.abs(book(r).at(-1)!.jump_usd!) < 0.05 * vega, 'the next fit says the same: no jump');
});

test('positions that nobody confirmed are stale: money is not stated, exposures say how old they are', () => {
  const r = begun([option(CALL, 10)], { validSeconds: 2 * 3_600 });
  assert.equal(book(r).at(-1)!.status, 'ok');
  snapshot(r, START + 2 * HOUR);
  const stale = book(r).at(-1)!;
  assert.deepEqual([stale.status, stale.age_s], ['position-stale', 7_201]);
  assert.ok(stale.delta_black !== 0);
  for (const field of ['drift_usd', 'jump_usd', 'close_out_usd', 'reserve_usd', 'margin_coin'] as const)
    assert.equal(stale[field], null, field);
  const [opened] = incidents(r, 'position-stale');
  assert.deepEqual([opened.state, opened.scope, opened.evidence['accounts']], ['open', 'deribit:BTC', ['main']]);
  // It neither vetoes refits nor closes the gate: the models are not at fault.
  assert.equal(r.state.underlyings.get('deribit:BTC')!.incidents.open.size, 0);
  r.push([held(START + 3 * HOUR - 1, [option(CALL, 10)])]);
  snapshot(r, START + 3 * HOUR);
  assert.deepEqual([book(r).at(-1)!.status, incidents(r, 'position-stale').at(-1)!.state], ['ok', 'resolved']);
  assert.ok(book(r).at(-1)!.drift_usd !== null);
});

test('fills move the position at once, once only, and a snapshot that disagrees with them is a break', () => {
  const of = { fills: true, validSeconds: 86_400 };
  const r = begun([option(CALL, 10)], of);
  const size = (): number => r.state.book.accounts.get('push|main')!.holdings.get(CALL.symbol)!.size;
  const t = START + HOUR;
  r.push([fill(t + 1_000, 'a', 'buy', 2), fill(t + 1_000, 'a', 'buy', 2), fill(t + 2_000, 'b', 'sell', 5)]);
  assert.equal(size(), 7);
  // The snapshot was taken between the two fills: it agrees, and the later fill still counts.
  r.push([held(t + 1_500, [option(CALL, 12)], of)]);
  assert.equal(size(), 7);
  r.push([held(t + 3_000, [option(CALL, 7)], of)]);
  snapshot(r, START + 2 * HOUR);
  assert.deepEqual([book(r).at(-1)!.status, incidents(r, 'reconciliation-break').length], ['ok', 0]);
  // A fill that never came: seven by the fills, nine in the snapshot.
  r.push([held(START + 2 * HOUR + 1, [option(CALL, 9)], of)]);
  snapshot(r, START + 3 * HOUR);
  const broken = incidents(r, 'reconciliation-break').at(-1)!;
  assert.deepEqual(broken.evidence['breaks'], [
    { account: 'main', symbol: CALL.symbol, kind: 'fills', expected: 7, found: 9 },
  ]);
  assert.deepEqual([book(r).at(-1)!.status, book(r).at(-1)!.drift_usd], ['reconciliation-break', null]);
  // It came late after all.
  r.push([fill(START + 2 * HOUR, 'c', 'buy', 2)]);
  snapshot(r, START + 4 * HOUR);
  assert.deepEqual([size(), book(r).at(-1)!.status], [9, 'ok']);
});

test('two sources of one account that differ are a break; the venue is believed before a file', () => {
  const r = begun([option(CALL, 10)], { source: 'file', validSeconds: 86_400 });
  r.push([held(START + HOUR + 1, [option(CALL, 8)], { source: 'deribit', validSeconds: 86_400 })]);
  snapshot(r, START + 2 * HOUR);
  const last = book(r).at(-1)!;
  assert.equal(last.status, 'reconciliation-break');
  const [broken] = incidents(r, 'reconciliation-break');
  assert.deepEqual(broken.evidence['breaks'], [
    { account: 'main', symbol: CALL.symbol, kind: 'sources', expected: 8, found: 10 },
  ]);
  assert.ok(Math.abs(last.delta_black - 8 * 0.55) < 0.3, 'eight calls, not ten');
  r.push([held(START + 2 * HOUR + 1, [option(CALL, 8)], { source: 'file', validSeconds: 86_400 })]);
  snapshot(r, START + 3 * HOUR);
  assert.equal(book(r).at(-1)!.status, 'ok');
});

test('rows that could not be read leave a book that is not whole', () => {
  const r = begun([option(CALL, 10)], { refused: 1 });
  assert.equal(book(r).at(-1)!.status, 'reconciliation-break');
});

test('a limit of the book is a rule: it opens an incident, leaves hedging alone allowed, and ends past its clear', () => {
  const limit: Rule = {
    name: 'delta', record: 'book', field: 'delta_usd', comparison: 'outside', limit: 20, clear: 10, consecutive: 1,
    severity: 'page', models: ['champion'], underlyings: [], horizonSeconds: null,
  }; // prettier-ignore
  const r = begun([option(CALL, 10), cash(3)], {}, [limit]);
  const gates = (): GateRecord[] => r.records.filter((x): x is GateRecord => x.type === 'gate' && x.scope.startsWith('svi@')); // prettier-ignore
  assert.equal(gates().at(-1)!.state, 'OK');
  r.push([held(START + HOUR + 1, [option(CALL, 10), cash(30)])]);
  snapshot(r, START + 2 * HOUR);
  const [opened] = incidents(r, 'book-limit');
  assert.deepEqual([opened.state, opened.severity], ['open', 'critical']);
  const [breach] = opened.evidence['limits'] as { rule: string; value: number; limit: number }[];
  assert.ok(breach.rule === 'delta' && breach.value > 20 && breach.limit === 20);
  assert.deepEqual([gates().at(-1)!.state, gates().at(-1)!.reasons], ['HEDGE_ONLY', ['book-limit']]);
  r.push([held(START + 2 * HOUR + 1, [option(CALL, 10), cash(1)])]);
  snapshot(r, START + 3 * HOUR);
  assert.deepEqual([incidents(r, 'book-limit').at(-1)!.state, gates().at(-1)!.state], ['resolved', 'OK']);
});

test('cash from the venue has an age of its own, and what is out of domain or order is counted and costs nothing else', () => {
  const r = begun([option(CALL, 10)], { source: 'deribit', covers: 'positions', validSeconds: 86_400 });
  const equity: EquityEvent = {
    type: 'equity', at: START + HOUR, receivedAt: START + HOUR, source: 'deribit', account: 'main', currency: 'BTC',
    underlying: 'BTC', cash: 5, equity: 5.4, initialMargin: 0.1, maintenanceMargin: 0.05, validSeconds: 60,
  }; // prettier-ignore
  r.push([equity, { ...equity, cash: NaN }, held(START - 9_000, [], { source: 'deribit' })]);
  r.push([held(START + HOUR, [{ ...option(CALL, 1), size: NaN }], { source: 'deribit' })]);
  const counted = r.state.counts.refused;
  assert.deepEqual([counted.get('holding-out-of-domain'), counted.get('positions-out-of-order')], [2, 1]);
  snapshot(r, START + HOUR + 30_000);
  assert.equal(book(r).at(-1)!.status, 'ok');
  assert.ok(book(r).at(-1)!.equity_coin > 5);
  snapshot(r, START + 2 * HOUR);
  assert.equal(book(r).at(-1)!.status, 'position-stale');
});

test('a book that is closed is said to be empty once, and then nothing is said of it', () => {
  const r = begun([option(CALL, 10)]);
  r.push([held(START + HOUR + 1, [])]);
  snapshot(r, START + 2 * HOUR);
  assert.deepEqual([book(r).at(-1)!.positions, book(r).at(-1)!.value_usd], [0, 0]);
  const said = book(r).length;
  snapshot(r, START + 3 * HOUR);
  assert.equal(book(r).length, said);
});

test('a margin that was measured before a holding had a price is measured anew when it has one; it follows the spot', () => {
  const far = { kind: 'future', symbol: 'BTC-FAR', underlying: 'BTC', expiry: expiryIn(200), settlement: 'inverse', size: -180_000, entry: SPOT } as const; // prettier-ignore
  const r = begun([far, cash(3)]);
  const before = book(r).at(-1)!;
  assert.deepEqual([before.unvalued, before.margin_coin], [1, 0]);
  const at = START + HOUR + 20_000;
  r.push([
    {
      type: 'future', at, receivedAt: at, venue: 'deribit', symbol: 'BTC-FAR', underlying: 'BTC', expiry: far.expiry, bid: SPOT - 5,
      ask: SPOT + 5, mark: SPOT, funding8h: null,
    },
  ]); // prettier-ignore
  snapshot(r, at);
  const after = book(r).at(-1)!;
  assert.equal(after.unvalued, 0);
  // Two coins short: the grid's worst is +16 %, 2 (1 - 1/1.16); a short of two coins cannot lose three.
  assert.ok(Math.abs(after.margin_coin! - 2 * (1 - 1 / 1.16)) < 1e-12, `${after.margin_coin}`);
  assert.deepEqual([after.liquidation_down, after.liquidation_up], [null, null]);
  r.push([held(at + 20_000, [{ ...far, size: -450_000 }, cash(3)])]);
  snapshot(r, at + 80_000);
  // Five coins short, x = F / F': 3 - 5 (1 - x) = 5 x (1 - 1/1.16), so that 5 x / 1.16 = 2.
  const up = 5 / (1.16 * 2) - 1;
  assert.ok(Math.abs(book(r).at(-1)!.liquidation_up! - up) < 1e-9, `${book(r).at(-1)!.liquidation_up} ${up}`);
});
