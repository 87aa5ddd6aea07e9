import type { QuoteFrame, ScopeFacts } from './quote-frame.ts';
import type { Quote } from './smile-picture.ts';

/** What rows of the table stand for; sent before the columns and again when instruments come or go. */
export interface QuoteLayout {
  readonly scopes: readonly string[];
  readonly refusals: readonly string[];
  readonly symbol: readonly string[];
  readonly scope: readonly number[];
  readonly side: readonly ('call' | 'put')[];
  readonly strike: readonly number[];
  readonly contract_size: readonly number[];
}

const COLUMNS = [
  'bid', 'ask', 'k', 'delta', 'sigma_bid', 'sigma_mid', 'sigma_ask', 'venue_mark', 'error_bar', 'refused', 'changed',
] as const; // prettier-ignore
type ColumnName = (typeof COLUMNS)[number];

/** The live quotes of one underlying as columns; tells which expiries a frame touched, so that only those are redrawn. */
export class QuoteBook {
  layout: QuoteLayout | null = null;
  layoutId = -1;
  /** Epoch ms of the newest frame. */
  at = NaN;
  private columns = new Map<ColumnName, Float64Array>();
  private facts: readonly ScopeFacts[] = [];
  private rowsOf: readonly (readonly number[])[] = [];
  private scopeIndex = new Map<string, number>();

  /** A new meaning of the rows: what was held is forgotten. */
  setLayout(id: number, layout: QuoteLayout): void {
    this.layout = layout;
    this.layoutId = id;
    this.columns = new Map(COLUMNS.map((name) => [name, new Float64Array(layout.symbol.length).fill(NaN)]));
    this.facts = [];
    this.scopeIndex = new Map(layout.scopes.map((scope, i) => [scope, i]));
    const rows: number[][] = layout.scopes.map(() => []);
    layout.scope.forEach((s, row) => rows[s]?.push(row));
    this.rowsOf = rows;
  }

  /** Takes a frame in; returns the scopes it changed, or null when its layout is not the one held. */
  apply(frame: QuoteFrame): Set<string> | null {
    if (this.layout === null || frame.layout !== this.layoutId) return null;
    if (frame.type === 'snapshot') for (const column of this.columns.values()) column.fill(NaN);
    const touched = new Set<string>();
    const index = frame.columns['row'];
    if (index === undefined) return null;
    for (const name of COLUMNS) {
      const from = frame.columns[name];
      const to = this.columns.get(name);
      if (from === undefined || to === undefined) continue;
      const late = name === 'changed';
      for (let i = 0; i < frame.rows; i++) {
        const row = index[i];
        if (row >= 0 && row < to.length) to[row] = late ? frame.at - 1000 * from[i] : from[i];
      }
    }
    for (let i = 0; i < frame.rows; i++) {
      const scope = this.layout.scope[index[i]];
      if (scope !== undefined) touched.add(this.layout.scopes[scope]);
    }
    this.facts = frame.scopes;
    this.at = frame.at;
    return touched;
  }

  /** Forward (USD), at-the-money volatility and years of an expiry; null before the first frame. */
  factsOf(scope: string): ScopeFacts | null {
    const i = this.scopeIndex.get(scope);
    return i === undefined ? null : (this.facts[i] ?? null);
  }

  /** Instruments with any number in them. */
  get live(): number {
    const bid = this.columns.get('sigma_mid');
    return bid === undefined ? 0 : bid.reduce((n, v) => n + (Number.isFinite(v) ? 1 : 0), 0);
  }

  /** The quotes of an expiry by strike; `model` gives the champion's volatility at a log-moneyness. */
  quotesOf(scope: string, model: (k: number) => number): Quote[] {
    const i = this.scopeIndex.get(scope);
    const layout = this.layout;
    if (i === undefined || layout === null) return [];
    const { atm_vol: atm = null, years = NaN } = this.facts[i] ?? {};
    const width = (atm ?? NaN) * Math.sqrt(years);
    const value = (name: ColumnName, row: number): number => this.columns.get(name)?.[row] ?? NaN;
    const quotes = this.rowsOf[i].map((row): Quote => {
      const k = value('k', row);
      const why = value('refused', row);
      return {
        symbol: layout.symbol[row],
        side: layout.side[row],
        strike: layout.strike[row],
        k,
        x: k / width,
        delta: value('delta', row),
        bid: value('bid', row),
        ask: value('ask', row),
        sigmaBid: value('sigma_bid', row),
        sigmaMid: value('sigma_mid', row),
        sigmaAsk: value('sigma_ask', row),
        venueMark: value('venue_mark', row),
        errorBar: value('error_bar', row),
        model: model(k),
        refused: why === 0 ? null : (layout.refusals[why - 1] ?? 'no-quote'),
        ageS: (this.at - value('changed', row)) / 1000,
      };
    });
    return quotes.sort((a, b) => a.strike - b.strike || (a.side === 'call' ? -1 : 1) - (b.side === 'call' ? -1 : 1));
  }
}
