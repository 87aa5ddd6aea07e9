/** Kinds of fault beyond the sixteen of the published table: the rest of the catalogue that a chain snapshot can carry. */
import { tickAt } from '../../market/instrument.ts';
import { yearsBetween } from '../../market/year-fraction.ts';
import { carriedExpiries, unchanged, withRows, type FaultKind } from './kinds.ts';
import { MODEL_FAULTS, type ModelFaultName } from './model-faults.ts';
import { revolve } from './reprice.ts';

/** Years at which the term structure turns when the short end rises and the long end falls. */
const PIVOT_YEARS = 45 / 365;

function modelKind(name: ModelFaultName): FaultKind {
  const { says, causes, unit, magnitudes, neutral } = MODEL_FAULTS[name];
  return { name, says, layer: 'model', causes, unit, magnitudes, neutral, model: name, inject: unchanged };
}

/** Kinds beyond the sixteen. */
export const MORE_FAULTS: readonly FaultKind[] = [
  {
    name: 'expiry-stuck',
    says: 'every option of one expiry repeats its previous quote',
    layer: 'data',
    causes: ['stale-feed'],
    unit: '1',
    magnitudes: [1, 1, 1],
    inject: (s, { previous, random }) => {
      const hit = random.pick(carriedExpiries(s));
      return withRows(s, (row) => {
        const old = row.instrument.expiry === hit ? previous.get(row.instrument.symbol)?.quote : undefined;
        if (old === undefined) return row;
        const { bid, ask, bidSize, askSize } = old;
        return { ...row, quote: { ...row.quote, bid, ask, bidSize, askSize } };
      });
    },
  },
  {
    name: 'missing-side',
    says: 'an expiry has no bids',
    layer: 'data',
    causes: ['missing-expiry', 'liquidity-contraction'],
    unit: 'expiries',
    magnitudes: [1, 1, 3],
    inject: (s, { random, magnitude }) => {
      const carried = carriedExpiries(s);
      const hit = new Set<number>();
      while (hit.size < Math.min(magnitude, carried.length)) hit.add(random.pick(carried));
      return withRows(s, (row) =>
        hit.has(row.instrument.expiry) ? { ...row, quote: { ...row.quote, bid: null, bidSize: null } } : row,
      );
    },
  },
  {
    name: 'tick-change',
    says: 'prices are rounded to a coarser step than the instrument says',
    layer: 'data',
    causes: ['unit-mismatch', 'liquidity-contraction'],
    unit: 'factor of tick',
    magnitudes: [5, 10, 30],
    neutral: 1,
    inject: (s, { magnitude }) =>
      withRows(s, (row) => {
        const { bid, ask } = row.quote;
        if (bid === null || ask === null) return row;
        const step = magnitude * tickAt(row.instrument.ticks, bid);
        const low = Math.floor(bid / step + 1e-9) * step;
        return { ...row, quote: { ...row.quote, bid: low > 0 ? low : null, ask: Math.ceil(ask / step - 1e-9) * step } };
      }),
  },
  {
    name: 'index-outlier',
    says: 'the published index is off',
    layer: 'data',
    causes: ['index-dislocation'],
    unit: 'bp',
    magnitudes: [80, 150, 300],
    neutral: 0,
    inject: (s, { magnitude }) =>
      withRows(s, (row) => {
        const { index } = row.quote;
        return { ...row, quote: { ...row.quote, index: index === null ? null : index * (1 + magnitude * 1e-4) } };
      }),
  },
  {
    name: 'vol-jump',
    says: 'the volatility of one expiry moves',
    layer: 'market',
    causes: ['level-move'],
    unit: 'vol',
    magnitudes: [0.03, 0.06, 0.12],
    neutral: 0,
    inject: (s, { magnitude, random }) => {
      const hit = random.pick(carriedExpiries(s));
      return withRows(s, (row) => (row.instrument.expiry === hit ? revolve(row, (sigma) => sigma + magnitude) : row));
    },
  },
  {
    name: 'term-inversion',
    says: 'short volatilities rise and long ones fall',
    layer: 'market',
    causes: ['term-move', 'level-move'],
    unit: 'log volatility',
    magnitudes: [0.08, 0.15, 0.3],
    neutral: 0,
    inject: (s, { magnitude }) =>
      withRows(s, (row) => {
        const years = yearsBetween(s.at, row.instrument.expiry);
        const up = years < PIVOT_YEARS ? magnitude : -magnitude * Math.min(1, years / (4 * PIVOT_YEARS));
        return revolve(row, (sigma) => sigma * Math.exp(up));
      }),
  },
  modelKind('parameter-frozen'),
  modelKind('model-local-minimum'),
  modelKind('model-arbitrageable'),
  modelKind('model-day-count'),
];
