/** The kinds of fault that the bench injects into one snapshot, with three magnitudes each and the cause that names them. */
import { tickAt } from '../../market/instrument.ts';
import { yearsBetween } from '../../market/year-fraction.ts';
import type { Random } from '../../numeric/random.ts';
import type { Cause } from '../../policy/causes.ts';
import type { ChainRow, ChainSnapshot } from './chain-snapshot.ts';
import type { ModelFaultName } from './model-faults.ts';
import { atmByExpiry, revolve } from './reprice.ts';

/** What an injection may look at beside the snapshot. */
export interface InjectionContext {
  readonly random: Random;
  readonly magnitude: number;
  /** The snapshot before, by symbol. */
  readonly previous: ReadonlyMap<string, ChainRow>;
}

/** One kind of fault. `model` faults change what the calibrator answers, see `model-faults.ts`. */
export interface FaultKind {
  readonly name: string;
  readonly says: string;
  readonly layer: 'data' | 'market' | 'model';
  /** Right names, the best first. */
  readonly causes: readonly Cause[];
  readonly unit: string;
  /** Small, the one of the published table, large. */
  readonly magnitudes: readonly [number, number, number];
  /** Value of the magnitude at which nothing is wrong; without it a fault grows by the share of options it has reached. */
  readonly neutral?: number;
  /** The model fault that spoils the answers; `frozen-model` reaches back by hours instead. */
  readonly model?: ModelFaultName;
  readonly inject: (snapshot: ChainSnapshot, context: InjectionContext) => ChainSnapshot;
}

const HOUR_MS = 3_600_000;

/** The snapshot with every row changed; null drops it. */
export function withRows(snapshot: ChainSnapshot, change: (row: ChainRow) => ChainRow | null): ChainSnapshot {
  return { ...snapshot, rows: snapshot.rows.map(change).filter((r) => r !== null) };
}

/** Expiries (epoch ms) with at least `minimum` two-sided quotes and a day to live, ascending. */
export function carriedExpiries(snapshot: ChainSnapshot, minimum: number = 16): number[] {
  const counts = new Map<number, number>();
  for (const { instrument, quote } of snapshot.rows)
    if (quote.bid !== null && quote.ask !== null && instrument.expiry > snapshot.at + 24 * HOUR_MS)
      counts.set(instrument.expiry, (counts.get(instrument.expiry) ?? 0) + 1);
  return [...counts].filter(([, n]) => n >= minimum).map(([expiry]) => expiry).toSorted((a, b) => a - b); // prettier-ignore
}

function repeat(row: ChainRow, previous: ReadonlyMap<string, ChainRow>): ChainRow {
  const old = previous.get(row.instrument.symbol)?.quote;
  if (old === undefined) return row;
  const { bid, ask, bidSize, askSize, mark, markIv } = old;
  return { ...row, quote: { ...row.quote, bid, ask, bidSize, askSize, mark, markIv } };
}

function scaled(row: ChainRow, factor: (forward: number) => number): ChainRow {
  const { quote } = row;
  const f = quote.forward === null ? 1 : factor(quote.forward);
  const times = (v: number | null): number | null => (v === null ? null : v * f);
  return { ...row, quote: { ...quote, bid: times(quote.bid), ask: times(quote.ask), mark: times(quote.mark) } };
}

function partner(row: ChainRow): string {
  const { symbol } = row.instrument;
  return symbol.slice(0, -1) + (symbol.endsWith('C') ? 'P' : 'C');
}

/** Faults of the model leave the data alone. */
export const unchanged = (snapshot: ChainSnapshot): ChainSnapshot => snapshot;

/** Every kind, in the order of the published table. */
export const FAULTS: readonly FaultKind[] = [
  {
    name: 'stale-all',
    says: 'every option repeats its previous quote',
    layer: 'data',
    causes: ['stale-feed'],
    unit: '1',
    magnitudes: [1, 1, 1],
    inject: (s, { previous }) => withRows(s, (row) => repeat(row, previous)),
  },
  {
    name: 'stale-share',
    says: 'a share of the options repeats its previous quote',
    layer: 'data',
    causes: ['stale-feed'],
    unit: 'share',
    magnitudes: [0.15, 0.3, 0.6],
    neutral: 0,
    inject: (s, { previous, random, magnitude }) =>
      withRows(s, (row) => (random.uniform() < magnitude ? repeat(row, previous) : row)),
  },
  {
    name: 'index-as-forward',
    says: 'the index is published as every forward',
    layer: 'data',
    causes: ['wrong-forward'],
    unit: '1',
    magnitudes: [1, 1, 1],
    inject: (s) => withRows(s, (row) => ({ ...row, quote: { ...row.quote, forward: row.quote.index } })),
  },
  {
    name: 'forward-off',
    says: 'every published forward is off',
    layer: 'data',
    causes: ['wrong-forward'],
    unit: 'bp',
    magnitudes: [15, 30, 60],
    neutral: 0,
    inject: (s, { magnitude }) =>
      withRows(s, (row) => {
        const { forward } = row.quote;
        return { ...row, quote: { ...row.quote, forward: forward === null ? null : forward * (1 + magnitude * 1e-4) } };
      }),
  },
  {
    name: 'vol-scale',
    model: 'model-scale',
    says: "the model's volatilities are scaled",
    layer: 'model',
    causes: ['convention-mismatch'],
    unit: 'factor',
    magnitudes: [1.02, 1.05, 1.1],
    neutral: 1,
    inject: unchanged,
  },
  {
    name: 'frozen-model',
    says: 'the calibrator answers with parameters of the past',
    layer: 'model',
    causes: ['frozen-model'],
    unit: 'hours',
    magnitudes: [12, 24, 48],
    neutral: 0,
    inject: unchanged,
  },
  {
    name: 'skew-jump',
    says: 'the skew of every expiry moves',
    layer: 'market',
    causes: ['skew-move'],
    unit: 'vol per x',
    magnitudes: [0.015, 0.03, 0.06],
    neutral: 0,
    inject: (s, { magnitude }) => {
      const atm = atmByExpiry(s.rows);
      return withRows(s, (row) => {
        const years = yearsBetween(s.at, row.instrument.expiry);
        const unit = (atm.get(row.instrument.expiry) ?? 0.5) * Math.sqrt(Math.max(years, 1e-4));
        return revolve(row, (sigma, k) => sigma - magnitude * Math.max(-2.5, Math.min(2.5, k / unit)));
      });
    },
  },
  {
    name: 'fat-finger',
    says: 'one option is quoted at a multiple of its price',
    layer: 'data',
    causes: ['fat-finger'],
    unit: 'factor',
    magnitudes: [2, 3, 10],
    neutral: 1,
    inject: (s, { random, magnitude }) => {
      const worth = s.rows.filter(
        ({ instrument, quote }) =>
          instrument.expiry > s.at + 24 * HOUR_MS &&
          quote.bid !== null &&
          quote.ask !== null &&
          quote.bid >= 8 * tickAt(instrument.ticks, quote.bid),
      );
      if (worth.length === 0) return s;
      const { symbol } = random.pick(worth).instrument;
      return withRows(s, (row) => {
        if (row.instrument.symbol !== symbol) return row;
        const { bid, ask } = row.quote;
        return { ...row, quote: { ...row.quote, bid: (bid ?? 0) * magnitude, ask: (ask ?? 0) * magnitude } };
      });
    },
  },
  {
    name: 'crossed',
    says: 'a share of the options shows a bid above its ask',
    layer: 'data',
    causes: ['crossed-quotes'],
    unit: 'share',
    magnitudes: [0.03, 0.1, 0.3],
    neutral: 0,
    inject: (s, { random, magnitude }) =>
      withRows(s, (row) => {
        const { bid, ask } = row.quote;
        if (bid === null || ask === null || random.uniform() >= magnitude) return row;
        return { ...row, quote: { ...row.quote, bid: ask, ask: bid } };
      }),
  },
  {
    name: 'clock-skew',
    says: 'every time stamp is late',
    layer: 'data',
    causes: ['clock-skew'],
    unit: 'hours',
    magnitudes: [1, 6, 24],
    neutral: 0,
    inject: (s, { magnitude }) => {
      const at = s.at + magnitude * HOUR_MS;
      return {
        ...withRows(s, (row) =>
          row.instrument.expiry > at ? { ...row, quote: { ...row.quote, at, receivedAt: at } } : null,
        ),
        at,
      };
    },
  },
  {
    name: 'missing-expiry',
    says: 'no quote of an expiry arrives',
    layer: 'data',
    causes: ['missing-expiry'],
    unit: 'expiries',
    magnitudes: [1, 1, 3],
    inject: (s, { random, magnitude, previous }) => {
      const gone = new Set<number>();
      // An expiry that nobody has seen yet cannot be missed.
      const known = new Set([...previous.values()].map((r) => r.instrument.expiry));
      const carried = carriedExpiries(s).filter((expiry) => known.has(expiry));
      while (gone.size < Math.min(magnitude, carried.length)) gone.add(random.pick(carried));
      return withRows(s, (row) => (gone.has(row.instrument.expiry) ? null : row));
    },
  },
  {
    name: 'usd-as-coin',
    says: 'prices are dollars where coin is meant',
    layer: 'data',
    causes: ['unit-mismatch'],
    unit: 'share of expiries',
    magnitudes: [0.1, 1, 1],
    inject: (s, { random, magnitude }) => {
      const carried = carriedExpiries(s);
      const hit = new Set(carried.filter(() => random.uniform() < magnitude));
      if (hit.size === 0) hit.add(random.pick(carried));
      const all = magnitude >= 1;
      return withRows(s, (row) => (all || hit.has(row.instrument.expiry) ? scaled(row, (f) => f) : row));
    },
  },
  {
    name: 'liquidity-contraction',
    says: 'spreads widen in volatility and quotes are pulled (2.5 spreads: 20 %)',
    layer: 'market',
    causes: ['liquidity-contraction'],
    unit: 'factor of spread',
    magnitudes: [2, 3, 5],
    neutral: 1,
    inject: (s, { random, magnitude }) =>
      withRows(s, (row) => {
        if (random.uniform() < 0.08 * magnitude)
          return { ...row, quote: { ...row.quote, bid: null, ask: null, bidSize: null, askSize: null } };
        const { bid, ask } = row.quote;
        if (bid === null || ask === null || bid >= ask) return row;
        const mid = 0.5 * (bid + ask);
        const tick = tickAt(row.instrument.ticks, mid);
        const half = 0.5 * (ask - bid) * magnitude;
        const low = Math.floor((mid - half) / tick + 1e-9) * tick;
        const high = Math.ceil((mid + half) / tick - 1e-9) * tick;
        return { ...row, quote: { ...row.quote, bid: low > 0 ? low : null, ask: high } };
      }),
  },
  {
    name: 'call-put-flip',
    says: 'calls of an expiry carry the quotes of puts and the reverse',
    layer: 'data',
    causes: ['call-put-flip'],
    unit: 'expiries',
    magnitudes: [1, 1, 3],
    inject: (s, { random, magnitude }) => {
      const carried = carriedExpiries(s);
      const hit = new Set<number>();
      while (hit.size < Math.min(magnitude, carried.length)) hit.add(random.pick(carried));
      const bySymbol = new Map(s.rows.map((r) => [r.instrument.symbol, r]));
      return withRows(s, (row) => {
        const other = hit.has(row.instrument.expiry) ? bySymbol.get(partner(row)) : undefined;
        return other === undefined ? row : { ...row, quote: { ...other.quote, symbol: row.quote.symbol } };
      });
    },
  },
  {
    name: 'wrong-expiry-map',
    says: 'an expiry carries the quotes of the one before',
    layer: 'data',
    causes: ['wrong-expiry'],
    unit: 'expiries',
    magnitudes: [1, 1, 2],
    inject: (s, { random, magnitude }) => {
      const carried = carriedExpiries(s);
      const bySymbol = new Map(s.rows.map((r) => [key(r.instrument.expiry, r), r]));
      const source = new Map<number, number>();
      for (let i = 0; i < magnitude && carried.length > 1; i++) {
        const j = 1 + random.integer(carried.length - 1);
        source.set(carried[j], carried[j - 1]);
      }
      return withRows(s, (row) => {
        const from = source.get(row.instrument.expiry);
        if (from === undefined) return row;
        const other = bySymbol.get(key(from, row));
        return other === undefined ? null : { ...row, quote: { ...other.quote, symbol: row.quote.symbol } };
      });
    },
  },
  {
    name: 'level-jump',
    says: 'all volatilities move up',
    layer: 'market',
    causes: ['level-move'],
    unit: 'vol',
    magnitudes: [0.03, 0.05, 0.1],
    neutral: 0,
    inject: (s, { magnitude }) => withRows(s, (row) => revolve(row, (sigma) => sigma + magnitude)),
  },
];

function key(expiry: number, row: ChainRow): string {
  return `${expiry}:${row.instrument.strike}:${row.instrument.side}`;
}
