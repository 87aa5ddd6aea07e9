import { readForwards } from '../../engine/read-batch.ts';
import type { ExpiryState, UnderlyingState } from '../../engine/state.ts';
import type { ChainEntry } from '../../market/chain.ts';
import type { QuoteEvent } from '../../market/event.ts';
import { impliedVolatility } from '../../numeric/implied-volatility.ts';
import { normalCdf } from '../../numeric/normal.ts';
import type { QuoteLayout, QuoteReader, QuoteRows } from '../../server/monitor-view.ts';
import { atmVolatility, REFUSALS, selectQuotes } from '../../surface/selection.ts';

/** Columns of a row, in the order of the binary frame after `row`. */
export const QUOTE_COLUMNS = [
  'bid',
  'ask',
  'k',
  'delta',
  'sigma_bid',
  'sigma_mid',
  'sigma_ask',
  'venue_mark',
  'error_bar',
  'refused',
  'changed',
] as const;
const [BID, ASK, K, DELTA, SIGMA_BID, SIGMA_MID, SIGMA_ASK, VENUE_MARK, ERROR_BAR, REFUSED] = QUOTE_COLUMNS.keys();
const CHANGED = 10;
/** Forwards are read again this often, ms of wall time. */
const FORWARDS_MS = 1_000;
/** All rows are judged again this often even without a new quote: staleness comes by itself, ms. */
const REJUDGE_MS = 5_000;

/** Where an expiry stands in the table. */
export interface TableScope {
  readonly expiry: ExpiryState;
  readonly first: number;
  readonly end: number;
  forward: number;
  published: number;
  years: number;
  atmVol: number;
  quoted: number;
  twoSided: number;
}

/** The quotes of one underlying as columns, each row judged as calibration would judge it. */
export class QuoteTable {
  layout: QuoteLayout = emptyLayout(0);
  scopes: TableScope[] = [];
  columns: Float32Array[] = [];
  /** Epoch ms at which bid or ask last changed; 0 before the first quote. */
  changedAt = new Float64Array(0);
  at = NaN;
  private readonly underlying: UnderlyingState;
  private readonly clock: () => number;
  private entries: ChainEntry[] = [];
  private seen: (QuoteEvent | null)[] = [];
  private versions = new Uint32Array(0);
  private version = 0;
  private shape = '';
  private forwardsAt = -Infinity;
  private rejudgedAt = -Infinity;

  /** `clock`: monotonic ms, for how often the slow parts run. */
  constructor(underlying: UnderlyingState, clock: () => number = () => performance.now()) {
    this.underlying = underlying;
    this.clock = clock;
  }

  /** Brings the table to the chain as it is now; `at` is the market's time, epoch ms. */
  refresh(at: number): void {
    this.at = at;
    const shape = this.underlying.expiries.map((e) => `${e.expiry}:${e.entries.length}`).join();
    const now = this.clock();
    if (shape !== this.shape) this.lay(shape);
    else if (now - this.forwardsAt < FORWARDS_MS && !this.anyNew()) return;
    if (now - this.forwardsAt >= FORWARDS_MS) this.readForwards(now, at);
    const all = now - this.rejudgedAt >= REJUDGE_MS;
    if (all) this.rejudgedAt = now;
    this.version++;
    for (const scope of this.scopes) {
      let touched = false;
      for (let row = scope.first; row < scope.end; row++) {
        const { quote } = this.entries[row];
        if (!all && quote === this.seen[row]) continue;
        this.seen[row] = quote;
        if (this.judge(row, scope, at)) touched = true;
      }
      if (touched || all) scope.atmVol = this.atmOf(scope);
    }
  }

  /** A reader that hears of every change from now on. */
  reader(marketTime: () => number): QuoteReader {
    let read = 0;
    let layout = -1;
    return {
      all: () => {
        this.refresh(marketTime());
        return this.rowsWhere(() => true);
      },
      changed: () => {
        this.refresh(marketTime());
        const whole = this.layout.layout !== layout;
        const since = read;
        read = this.version;
        layout = this.layout.layout;
        const rows = this.rowsWhere((row) => whole || this.versions[row] > since);
        return rows.rows === 0 ? null : rows;
      },
    };
  }

  private anyNew(): boolean {
    for (let i = 0; i < this.entries.length; i++) if (this.entries[i].quote !== this.seen[i]) return true;
    return false;
  }

  private lay(shape: string): void {
    this.shape = shape;
    const { expiries } = this.underlying;
    this.entries = expiries.flatMap((e) => e.entries);
    let first = 0;
    this.scopes = expiries.map((expiry): TableScope => {
      const end = first + expiry.entries.length;
      const scope = {
        expiry,
        first,
        end,
        forward: NaN,
        published: NaN,
        years: NaN,
        atmVol: NaN,
        quoted: 0,
        twoSided: 0,
      };
      first = end;
      return scope;
    });
    this.layout = layoutOf(this.layout.layout + 1, this.scopes, this.entries);
    const n = this.entries.length;
    this.columns = QUOTE_COLUMNS.map(() => new Float32Array(n).fill(NaN));
    this.columns[REFUSED].fill(1 + REFUSALS.indexOf('no-quote'));
    this.changedAt = new Float64Array(n);
    this.seen = this.entries.map(() => null);
    this.versions = new Uint32Array(n).fill(this.version + 1);
    this.forwardsAt = -Infinity;
    this.rejudgedAt = -Infinity;
  }

  private readForwards(now: number, at: number): void {
    this.forwardsAt = now;
    const found = new Map(readForwards(this.underlying, at).map((f) => [f.expiry, f]));
    for (const scope of this.scopes) {
      const f = found.get(scope.expiry);
      if (f === undefined) continue;
      scope.forward = f.consensus;
      scope.published = f.published;
      scope.years = f.years;
      scope.quoted = f.quoted;
      scope.twoSided = f.twoSided;
    }
  }

  /** Judges one row anew; whether anything on it differs from before. */
  private judge(row: number, scope: TableScope, at: number): boolean {
    const entry = this.entries[row];
    const values = judged(entry, at, scope);
    let changed = false;
    for (let c = 0; c < values.length; c++) {
      const value = Math.fround(values[c]);
      if (Object.is(this.columns[c][row], value)) continue;
      this.columns[c][row] = value;
      changed = true;
    }
    this.changedAt[row] = entry.changedAt;
    if (changed) this.versions[row] = this.version;
    return changed;
  }

  private atmOf(scope: TableScope): number {
    const k: number[] = [];
    const sigma: number[] = [];
    for (let row = scope.first; row < scope.end; row++) {
      if (this.columns[REFUSED][row] !== 0) continue;
      k.push(this.columns[K][row]);
      sigma.push(this.columns[SIGMA_MID][row]);
    }
    return atmVolatility(k, sigma);
  }

  private rowsWhere(wanted: (row: number) => boolean): QuoteRows {
    const picked: number[] = [];
    for (let row = 0; row < this.entries.length; row++) if (wanted(row)) picked.push(row);
    const columns: Record<string, Float32Array> = { row: Float32Array.from(picked) };
    QUOTE_COLUMNS.forEach((name, c) => {
      columns[name] =
        c === CHANGED
          ? Float32Array.from(picked, (row) => this.ageOf(row))
          : Float32Array.from(picked, (row) => this.columns[c][row]);
    });
    const finite = (v: number): number | null => (Number.isFinite(v) ? v : null);
    return {
      layout: this.layout,
      at: this.at,
      rows: picked.length,
      columns,
      scopes: this.scopes.map((s) => ({
        forward: finite(s.forward),
        atm_vol: finite(s.atmVol),
        years: Number.isFinite(s.years) ? s.years : 0,
      })),
    };
  }

  /** Seconds since bid or ask changed; NaN before the first quote. */
  private ageOf(row: number): number {
    return this.changedAt[row] > 0 ? Math.max(0, (this.at - this.changedAt[row]) / 1000) : NaN;
  }
}

function emptyLayout(layout: number): QuoteLayout {
  return { layout, scopes: [], refusals: REFUSALS, symbol: [], scope: [], side: [], strike: [], contractSize: [] };
}

function layoutOf(layout: number, scopes: readonly TableScope[], entries: readonly ChainEntry[]): QuoteLayout {
  return {
    layout,
    scopes: scopes.map((s) => s.expiry.key),
    refusals: REFUSALS,
    symbol: entries.map((e) => e.instrument.symbol),
    scope: scopes.flatMap((s, i) => Array.from({ length: s.end - s.first }, () => i)),
    side: entries.map((e) => e.instrument.side),
    strike: entries.map((e) => e.instrument.strike),
    contractSize: entries.map((e) => e.instrument.contractSize),
  };
}

/** The row's columns up to `refused`: what calibration sees where it takes the quote, what can be said where not. */
function judged(entry: ChainEntry, at: number, scope: TableScope): number[] {
  const out = Array<number>(QUOTE_COLUMNS.length - 1).fill(NaN);
  const { instrument, quote } = entry;
  const selection = selectQuotes([entry], at, scope.forward, scope.published);
  const o = selection.observations;
  const used = o.k.length === 1;
  const [reason] = selection.refused.keys();
  out[REFUSED] = used ? 0 : 1 + REFUSALS.indexOf(reason ?? 'no-quote');
  if (quote === null) return out;
  out[BID] = quote.bid ?? NaN;
  out[ASK] = quote.ask ?? NaN;
  out[VENUE_MARK] = quote.markIv ?? NaN;
  const correction = scope.forward > 0 && scope.published > 0 ? scope.forward / scope.published : 1;
  const forward = quote.forward === null ? scope.forward : quote.forward * correction;
  if (!(forward > 0)) return out;
  const { strike, side } = instrument;
  out[K] = Math.log(strike / forward);
  if (used) {
    out[SIGMA_BID] = o.low[0];
    out[SIGMA_MID] = o.value[0];
    out[SIGMA_ASK] = o.high[0];
    out[ERROR_BAR] = o.noise[0];
  } else {
    const unit = instrument.settlement === 'inverse' ? forward : 1;
    const invert = (price: number | null): number =>
      price === null || !(scope.years > 0)
        ? NaN
        : finiteOr(impliedVolatility({ forward, strike, years: scope.years, price: price * unit, side }).sigma);
    out[SIGMA_BID] = invert(quote.bid);
    out[SIGMA_ASK] = invert(quote.ask);
    out[SIGMA_MID] = quote.bid === null || quote.ask === null ? NaN : invert(0.5 * (quote.bid + quote.ask));
  }
  const sigma = out[SIGMA_MID] > 0 ? out[SIGMA_MID] : out[VENUE_MARK];
  const total = sigma * Math.sqrt(scope.years);
  if (total > 0) out[DELTA] = normalCdf(-out[K] / total + 0.5 * total) - (side === 'call' ? 0 : 1);
  return out;
}

function finiteOr(sigma: number): number {
  return Number.isFinite(sigma) && sigma > 0 ? sigma : NaN;
}
