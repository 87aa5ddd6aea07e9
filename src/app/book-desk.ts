import type { EngineState, UnderlyingState } from '../engine/state.ts';
import type { EventTimes, MarketEvent } from '../market/event.ts';
import type { Holding } from '../market/holding.ts';
import { isoTime } from '../market/iso-time.ts';
import type { BookRecord, OutputRecord } from '../model/record.ts';
import { DEFAULT_ACCOUNT, isLapsed, preferred, type Account } from '../portfolio/account.ts';
import type { BookReport } from '../portfolio/book-lines.ts';
import { bookReport } from '../portfolio/book-report.ts';
import type { BookSource } from '../server/book-room.ts';
import type { BookOverview, BookShown, HeldRow, Pushed, PushAnswer } from '../server/wire/book.ts';
import { epochMs } from '../server/wire/scalars.ts';
import { coinOfCurrency, deribitHolding } from '../venue/deribit-holding.ts';
import { engineSources, positionsOf } from './book-engine.ts';
import { summed } from './position-watch.ts';
import { VenueClock } from './venue-clock.ts';

/** What the desk needs of a running monitor. */
export interface BookDeskPorts {
  readonly state: () => EngineState | null;
  /** Takes events through the log; null while nothing can be taken (a replay, or before the watch has begun). */
  readonly accept: ((events: readonly MarketEvent[]) => void) | null;
}

/** Champion's figures kept for the page, a record each. */
const HISTORY = 720;
/** A report serves everybody who asks within so long, ms. */
const REPORT_MS = 5_000;
const MOST_REFUSALS = 20;

interface Kept {
  readonly latest: Map<string, BookRecord>;
  readonly history: BookRecord[];
  report: { readonly at: number; readonly wall: number; readonly report: BookReport } | null;
}

/** The book between engine and server: takes what is pushed, remembers what was recorded, reports on demand. */
export class BookDesk implements BookSource {
  readonly clock = new VenueClock();
  private readonly ports: BookDeskPorts;
  private readonly kept = new Map<string, Kept>();

  constructor(ports: BookDeskPorts) {
    this.ports = ports;
  }

  /** Takes every event of the market. */
  onEvent(event: MarketEvent): void {
    this.clock.onEvent(event);
  }

  /** Takes an output record. */
  onRecord(record: OutputRecord): void {
    if (record.type !== 'book') return;
    const kept = this.keptOf(record.scope);
    if (record.source === 'champion') {
      // A replay that was wound back tells its past anew.
      while (kept.history.length > 0 && kept.history[kept.history.length - 1].at >= record.at) kept.history.pop();
      kept.latest.clear();
      kept.history.push(record);
      if (kept.history.length > HISTORY) kept.history.shift();
    }
    kept.latest.set(record.source, record);
  }

  overview(): BookOverview {
    const state = this.ports.state();
    if (state === null) return { at: null, accounts: [], differences: [], underlyings: [] };
    const now = this.clock.now();
    const speaking = new Set(preferred(state.book.accounts.values()));
    return {
      at: isoTime(now),
      accounts: [...state.book.accounts.values()].map((a) => accountShown(a, speaking.has(a), now)),
      differences: [...state.book.differences].map(([key, { expected, found }]) => {
        const [account, symbol] = key.split('|');
        return { account, symbol, expected, found };
      }),
      underlyings: [...state.underlyings.values()].map((u) => ({
        key: u.key,
        status: u.book.status,
        faults: [...u.book.faults],
        valued_at: u.book.valuedAt === -Infinity ? null : isoTime(u.book.valuedAt),
        positions: this.kept.get(u.key)?.latest.get('champion')?.positions ?? 0,
      })),
    };
  }

  book(key: string): BookShown | null {
    const state = this.ports.state();
    const underlying = state?.underlyings.get(key);
    if (state == null || underlying === undefined) return null;
    const kept = this.keptOf(key);
    const report = this.reportOf(state, underlying, kept);
    const lines = (of: readonly object[]): BookShown['records'] => of as unknown as BookShown['records'];
    const column = (field: keyof BookRecord): (number | null)[] =>
      kept.history.map((r) => (typeof r[field] === 'number' ? r[field] : null));
    return {
      key,
      at: report === null ? null : isoTime(report.at),
      status: underlying.book.status,
      faults: [...underlying.book.faults],
      records: lines([...kept.latest.values()]),
      exposures: lines(report?.exposures ?? []),
      buckets: lines(report?.buckets ?? []),
      vegas: lines(report?.vegas ?? []),
      scenarios: lines(report?.scenarios ?? []),
      money: lines(report?.money ?? []),
      unvalued: [...(report?.unvalued ?? [])],
      history: {
        at: kept.history.map((r) => Date.parse(r.at)),
        drift_usd: column('drift_usd'),
        jump_usd: column('jump_usd'),
        reserve_usd: column('reserve_usd'),
        delta_usd: column('delta_usd'),
        vega_usd_per_point: column('vega_usd_per_point'),
      },
    };
  }

  *holdings(): Iterable<HeldRow> {
    for (const a of this.ports.state()?.book.accounts.values() ?? [])
      for (const h of a.holdings.values())
        yield {
          account: a.account,
          source: a.source,
          instrument: h.symbol,
          kind: h.kind,
          size: h.size,
          entry: h.kind === 'cash' ? null : h.entry,
        };
  }

  push(message: Pushed): PushAnswer | string {
    const { accept } = this.ports;
    if (accept === null) return 'this is a replay: what was held in it is in it already';
    if (this.ports.state() === null) return 'the watch has not begun';
    const now = this.clock.now();
    const stamped = (text: string | undefined): EventTimes => {
      const at = text === undefined ? now : epochMs(text);
      return { at: Math.min(at, now), receivedAt: Date.now() };
    };
    const refused: string[] = [];
    const events = eventsOf(message, stamped, refused);
    accept(events);
    const rows = message.op === 'positions' ? message.positions.length - refused.length : events.length;
    return { taken: rows, refused: refused.slice(0, MOST_REFUSALS), at: isoTime(now) };
  }

  private keptOf(key: string): Kept {
    let kept = this.kept.get(key);
    if (kept === undefined) this.kept.set(key, (kept = { latest: new Map(), history: [], report: null }));
    return kept;
  }

  private reportOf(state: EngineState, underlying: UnderlyingState, kept: Kept): BookReport | null {
    const wall = performance.now();
    const at = underlying.closedAt;
    if (!Number.isFinite(at)) return null;
    if (kept.report !== null && (kept.report.at === at || wall - kept.report.wall < REPORT_MS))
      return kept.report.report;
    const positions = positionsOf(state, underlying.key);
    const report = positions.length === 0 ? null : bookReport(positions, engineSources(state, positions, at), null, false); // prettier-ignore
    kept.report = report === null ? null : { at, wall, report };
    return report;
  }
}

function accountShown(a: Account, speaks: boolean, now: number): BookOverview['accounts'][number] {
  const known = a.at > -Infinity;
  const at = Math.min(a.at, a.cashAt);
  return {
    account: a.account,
    source: a.source,
    speaks,
    at: known ? isoTime(at) : null,
    age_s: known ? Math.max(0, (now - at) / 1000) : null,
    valid_s: a.validSeconds,
    lapsed: isLapsed(a, now),
    holdings: a.holdings.size,
    refused_rows: a.refused,
    breaks: [...a.breaks].map(([symbol, { expected, found }]) => ({ symbol, expected, found })),
    margins: [...a.margins].map(([currency, m]) => ({
      currency,
      equity: m.equity,
      initial_margin: m.initialMargin,
      maintenance_margin: m.maintenanceMargin,
    })),
  };
}

function eventsOf(message: Pushed, stamped: (at: string | undefined) => EventTimes, refused: string[]): MarketEvent[] {
  if (message.op === 'positions') {
    const holdings: Holding[] = [];
    message.positions.forEach(({ instrument, size, entry }, i) => {
      const holding = deribitHolding(instrument, size, entry);
      if (typeof holding === 'string') refused.push(`positions.${i}: ${holding}`);
      else holdings.push(holding);
    });
    const { account, mode, valid_s: validSeconds, complete_fills: fills } = message;
    const positions = { source: 'push', account, mode, covers: 'all', validSeconds, fills } as const;
    return [{ type: 'positions', ...stamped(message.at), ...positions, holdings: summed(holdings), refused: refused.length }]; // prettier-ignore
  }
  if (message.op === 'fills')
    return message.fills.map(({ instrument: symbol, trade_id: tradeId, fee_currency: feeCurrency, at, ...rest }) => {
      const { venue, account } = message;
      return { type: 'own-fill', ...stamped(at), venue, account, symbol, tradeId, feeCurrency, ...rest };
    });
  if (message.op === 'orders')
    return message.orders.map(({ instrument: symbol, bid, bid_size: bidSize, ask, ask_size: askSize }) => {
      return { type: 'own-quote', ...stamped(undefined), venue: message.venue, symbol, bid, bidSize, ask, askSize };
    });
  const { account, currency, cash, equity, valid_s: validSeconds } = message;
  return [
    {
      type: 'equity',
      ...stamped(message.at),
      source: 'push',
      account: account === '' ? DEFAULT_ACCOUNT : account,
      currency,
      underlying: coinOfCurrency(currency),
      cash,
      equity,
      initialMargin: message.initial_margin,
      maintenanceMargin: message.maintenance_margin,
      validSeconds,
    },
  ];
}
