import type { Health } from './wire.ts';

/** A number of the monitor's own pulse. */
export interface PulseRow {
  readonly name: string;
  readonly label: string;
  readonly unit: string;
  readonly decimals: number;
  /** Multiplies the wire's number. */
  readonly scale: number;
  /** Worth a small picture of its last minutes. */
  readonly traced: boolean;
}

export const PULSE_ROWS: readonly PulseRow[] = [
  { name: 'loop_lag_p99_ms', label: 'event-loop lag p99', unit: 'ms', decimals: 1, scale: 1, traced: true },
  { name: 'applied_p99_ms', label: 'event applied p99', unit: 'ms', decimals: 1, scale: 1, traced: true },
  { name: 'close_p99_ms', label: 'batch closed p99', unit: 'ms', decimals: 1, scale: 1, traced: true },
  { name: 'fit_p99_ms', label: 'fit p99', unit: 'ms', decimals: 1, scale: 1, traced: true },
  { name: 'fits_waiting', label: 'fits waiting', unit: '', decimals: 0, scale: 1, traced: true },
  { name: 'log_pending_records', label: 'log records not yet durable', unit: '', decimals: 0, scale: 1, traced: true },
  { name: 'events_per_s', label: 'events', unit: '/s', decimals: 0, scale: 1, traced: true },
  { name: 'quotes_per_s', label: 'quotes', unit: '/s', decimals: 0, scale: 1, traced: true },
  { name: 'memory_bytes', label: 'memory', unit: 'MB', decimals: 0, scale: 1e-6, traced: true },
  { name: 'clients', label: 'readers of the stream', unit: '', decimals: 0, scale: 1, traced: false },
  { name: 'events', label: 'events since the start', unit: '', decimals: 0, scale: 1, traced: false },
  { name: 'trades', label: 'trades', unit: '', decimals: 0, scale: 1, traced: false },
  { name: 'batches', label: 'batches', unit: '', decimals: 0, scale: 1, traced: false },
  { name: 'fits', label: 'fits', unit: '', decimals: 0, scale: 1, traced: false },
  { name: 'late', label: 'late events, counted and set aside', unit: '', decimals: 0, scale: 1, traced: false },
  { name: 'duplicates', label: 'duplicates', unit: '', decimals: 0, scale: 1, traced: false },
  { name: 'uptime_s', label: 'up', unit: 's', decimals: 0, scale: 1, traced: false },
]; // prettier-ignore

/** A number of the pulse in its own unit; null when the server has none. */
export function pulseValue(health: Health | null, row: PulseRow): number | null {
  const v = health?.[row.name];
  return typeof v === 'number' && Number.isFinite(v) ? v * row.scale : null;
}

/** Counts by reason, most first. */
export function counts(health: Health | null, name: string): [string, number][] {
  const of = health?.[name];
  return typeof of === 'object' && of !== null ? Object.entries(of).toSorted((a, b) => b[1] - a[1]) : [];
}
