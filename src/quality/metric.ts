import type { DataBatch } from './batch.ts';

/** What a metric remembers between batches: numbers only, so that a checkpoint can hold it. */
export type MetricMemory = Record<string, number>;

/**
 * One measurement of the data or the liquidity of an expiry. `update` reads one closed batch in O(1) per quote and
 * O(1) memory; `read` gives the value after the last update, NaN when the batch could not say.
 */
export interface DataMetric {
  /** Ends in its unit: `_share`, `_bp`, `_s`, `_vol`, `_count`, `_ratio`, `_log`. */
  readonly name: string;
  readonly unit: '1' | 'bp' | 's' | 'vol' | 'count' | 'log';
  /** One line for the metrics page: what it measures and what it tells. */
  readonly says: string;
  init(): MetricMemory;
  update(memory: MetricMemory, batch: DataBatch): void;
  read(memory: MetricMemory): number;
}

/** A metric that depends on the batch alone. */
export function batchMetric(
  name: string,
  unit: DataMetric['unit'],
  says: string,
  measure: (batch: DataBatch) => number,
): DataMetric {
  return {
    name,
    unit,
    says,
    init: () => ({ value: NaN }),
    update: (memory, batch) => void (memory['value'] = measure(batch)),
    read: (memory) => memory['value'],
  };
}
