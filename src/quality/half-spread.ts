import { median } from '../numeric/robust.ts';
import type { DataBatch } from './batch.ts';
import { batchMetric, type DataMetric, type MetricMemory } from './metric.ts';
import { quotedGrid } from './price-grid.ts';
import { priorSpread } from './prior-baselines.ts';

/** Vega of an option at the money over F sqrt(T): 1/sqrt(2 pi). */
const MONEY_VEGA = 0.3989422804014327;

/** One step of the prices quoted, in volatility at the money times sqrt(T). */
function gridRootYears({ entries, forward }: DataBatch): number {
  const inverse = entries[0]?.instrument.settlement === 'inverse';
  return quotedGrid(entries) / (inverse ? 1 : forward) / MONEY_VEGA;
}

/**
 * Median half-spread of the usable quotes in volatility, fraction. The memory also holds `coarse`, at least 1: by how much
 * the half-spread usual for the tenor must grow so that two steps of the prices quoted fit between bid and ask.
 */
export const halfSpread: DataMetric = {
  name: 'half_spread_vol',
  unit: 'vol',
  says: 'median half-spread of the usable quotes',
  init: () => ({ value: NaN, coarse: 1 }),
  update: (memory, batch) => {
    const { low, high } = batch.observations;
    memory['value'] = low.length === 0 ? NaN : median(low.map((v, i) => 0.5 * (high[i] - v)));
    const coarse = gridRootYears(batch) / priorSpread(batch.years);
    memory['coarse'] = coarse > 1 && coarse < Infinity ? coarse : 1;
  },
  read: (memory) => memory['value'],
};

/**
 * Half-spread in volatility times sqrt(T), as if prices were quoted in steps as fine as where the usual one was measured: what
 * spreads are compared by between times to expiry (half a tick is worth 1/sqrt(T)) and between venues.
 */
export function comparableSpread(memory: MetricMemory, years: number): number {
  const coarse = memory['coarse'];
  return (memory['value'] * Math.sqrt(Math.max(0, years))) / (coarse > 1 ? coarse : 1);
}

/** Median (ask - bid) / mid of two-sided out-of-the-money quotes. */
export const relativeSpread = batchMetric(
  'relative_spread_ratio',
  '1',
  'median spread over mid of out-of-the-money quotes',
  (batch) => batch.relativeSpread,
);
