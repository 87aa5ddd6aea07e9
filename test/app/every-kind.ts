/**
 * One SYNTHETIC session with calibrations and incidents of every kind of model: smiles, hedges, what users push, credit,
 * a book with limits, faults of the data, moves of the market, and what people order meanwhile.
 */
import { Session, sessionHeader } from '../../src/app/session.ts';
import { DEFAULT_CONFIG, type EngineConfig } from '../../src/engine/config.ts';
import { runFit } from '../../src/engine/models.ts';
import type { MarketEvent, OperatorEvent, PushedFitEvent, QuoteEvent } from '../../src/market/event.ts';
import type { OutputRecord } from '../../src/model/record.ts';
import { Random } from '../../src/numeric/random.ts';
import { simulateCredit } from '../../src/simulator/credit-stream.ts';
import { openLog } from '../../src/store/open-log.ts';
import { yearsBetween } from '../../src/market/year-fraction.ts';
import {
  expiryIn,
  instrumentsOf,
  listing,
  quotes,
  smile,
  snapshotEnd,
  SPOT,
  START,
} from '../engine/synthetic-market.ts';

const HOUR = 3_600_000;
/** Between two snapshots of the chain. */
export const STEP_MS = 300_000;
export const EXPIRIES = [expiryIn(9), expiryIn(40)];
const STEPS = 42;

const LIMIT: EngineConfig['bookLimits'][number] = {
  name: 'vega', record: 'book', field: 'vega_usd_per_point', comparison: 'outside', limit: 1_000, clear: 900,
  consecutive: 1, severity: 'page', models: [], underlyings: [], horizonSeconds: null,
}; // prettier-ignore
export const CONFIG: EngineConfig = { ...DEFAULT_CONFIG, bookLimits: [LIMIT] };

/** Five days of a credit curve with four contributors, one of which speaks basis points on the last. */
function* credit(): Generator<MarketEvent> {
  const from = START - 6 * 24 * HOUR;
  const stream = simulateCredit({
    seed: 3, venue: 'simulated', curve: 'acme', entity: { level: Math.log(0.02), slope: 0.5, hump: 0.1 },
    quoteType: 'par', coupon: 0.01, recovery: 0.4, contributors: ['a', 'b', 'c', 'd'],
    from, until: from + 5 * 24 * HOUR, every: HOUR,
    faults: [{ kind: 'unit-mismatch', variant: 0, contributor: 'b', node: '4Y', size: 0.4, from: from + 4 * 24 * HOUR, until: from + 4.3 * 24 * HOUR }],
  }); // prettier-ignore
  for (const update of stream) {
    yield* update.events;
    const at = update.at + HOUR / 2;
    yield { type: 'timer', at, receivedAt: at };
  }
}

function greeks(all: readonly QuoteEvent[], model: string, of: (delta: number, q: QuoteEvent) => number): MarketEvent {
  const { at, receivedAt, venue } = all[0];
  const [symbols, deltas] = [all.map((q) => q.symbol), all.map((q) => of(q.delta ?? 0, q))];
  return {
    type: 'pushed-greeks', at, receivedAt, model, venue, underlying: 'BTC', convention: 'black', symbols, deltas, version: 'greeks 7', by: 'desk-token',
  }; // prettier-ignore
}

/** A desk's smile of one expiry, three seconds before the batch at `at`; `factor` makes it wrong. */
function table(at: number, expiry: number, level: number, factor: number): PushedFitEvent {
  const strikes = [...new Set(instrumentsOf(expiry).map((i) => i.strike))];
  const years = yearsBetween(at, expiry);
  return {
    type: 'pushed-fit', at: at - 3_000, receivedAt: at - 3_000, model: 'desk', venue: 'deribit', underlying: 'BTC',
    expiry, family: null, parameters: [], strikes, volatilities: strikes.map((k) => factor * smile(Math.log(k / SPOT), level, years)),
    version: '2026.1', by: 'desk-token',
  }; // prettier-ignore
}

function order(at: number, action: OperatorEvent['action'], target: string, minutes: number | null): OperatorEvent {
  const until = minutes === null ? null : at + 60_000 * minutes;
  return { type: 'operator', at, receivedAt: at, actor: 'rita', action, target, note: 'as agreed', until };
}

/** The options: quiet, then a jump of the level, then crossed quotes; a desk whose volatilities are 5 % too high at the end. */
function* options(): Generator<MarketEvent> {
  const random = new Random(5, 'every-kind');
  let forward = SPOT;
  for (const expiry of EXPIRIES) yield* listing(expiry);
  const call = instrumentsOf(EXPIRIES[1]).find((i) => i.strike === SPOT && i.side === 'call')!;
  const { symbol, side, strike, expiry, settlement } = call;
  const option = { kind: 'option', symbol, underlying: 'BTC', side, strike, expiry, settlement, entry: null } as const;
  for (let i = 0; i < STEPS; i++) {
    const at = START + i * STEP_MS;
    forward *= 1 + 0.0012 * random.normal();
    const level = 0.5 + 0.0002 * random.normal() + (i >= 28 ? 0.06 : 0);
    if (i % 10 === 0)
      yield {
        type: 'positions', at: at - 4_000, receivedAt: at - 4_000, source: 'push', account: 'main', mode: 'snapshot', covers: 'all',
        holdings: [{ ...option, size: i >= 20 ? 20 : 2 }], refused: 0, validSeconds: 86_400, fills: false,
      }; // prettier-ignore
    for (const e of EXPIRIES) yield table(at, e, level, i >= 34 ? 1.05 : 1);
    const shown = EXPIRIES.flatMap((e) => quotes(e, { at, forward, level, index: forward }));
    for (const q of shown) {
      const crossed = i >= 32 && i < 34 && q.symbol.includes(new Date(EXPIRIES[0]).toISOString().slice(0, 10));
      yield crossed ? { ...q, bid: q.ask, ask: q.bid } : q;
    }
    yield greeks(shown, 'desk-right', (d) => d);
    yield greeks(shown, 'desk-wrong', (d, q) => d - (q.mark ?? 0));
    yield snapshotEnd(at);
    if (i === 12) yield* orders(at + 1_000);
  }
}

function* orders(at: number): Generator<MarketEvent> {
  yield order(at, 'override', 'svi@deribit:BTC', 10);
  yield order(at, 'silence', 'cause=stale-feed', 60);
  yield order(at, 'manual', 'deribit:BTC:2026-01-14', null);
  yield order(at + 2_000, 'resume', 'deribit:BTC:2026-01-14', null);
}

/** All of it in order of time. */
export function* everyKind(): Generator<MarketEvent> {
  yield* credit();
  yield* options();
}

/** Records it as a session log; what the engine said. */
export async function recordEveryKind(directory: string): Promise<OutputRecord[]> {
  const log = await openLog(directory);
  log.writer.append(sessionHeader(CONFIG, 'SYNTHETIC'));
  const said: OutputRecord[] = [];
  const session = new Session(CONFIG, { target: log.writer, onRecord: (r) => said.push(r), onFit: runFit });
  for (const event of everyKind()) session.push(event);
  await log.close();
  return said;
}
