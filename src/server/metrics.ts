import { Counter, Gauge, Registry } from 'prom-client';
import type { MonitorView } from './monitor-view.ts';

/** Values of the reason label before the rest is counted as `other`. */
const REASONS = 64;

/** The monitor's figures for Prometheus: base units, bounded labels, read when they are scraped. */
export function metricsOf(
  view: MonitorView,
  clients: () => number,
  dropped: () => ReadonlyMap<string, number>,
): Registry {
  const registry = new Registry();
  // Each is registered by hand: the library would register it with all the world's.
  const registers: Registry[] = [];
  const gauge = (name: string, help: string, read: () => number | null): void => {
    registry.registerMetric(
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read() ?? NaN);
        },
      }),
    );
  };
  const counter = (
    name: string,
    help: string,
    labelNames: string[],
    read: () => Iterable<[string[], number]>,
  ): void => {
    registry.registerMetric(
      new Counter({
        name,
        help,
        labelNames,
        registers,
        collect() {
          this.reset();
          for (const [values, n] of read()) this.inc(Object.fromEntries(labelNames.map((l, i) => [l, values[i]])), n);
        },
      }),
    );
  };
  const built = new Gauge({
    name: 'vernier_build_info',
    help: 'Version of the code and of Node.',
    labelNames: ['version', 'node'],
    registers,
  });
  built.set({ version: view.status().version, node: process.versions.node }, 1);
  registry.registerMetric(built);
  counter('vernier_events_total', 'Events taken by the engine.', [], () => [[[], view.pulse().events]]);
  counter('vernier_quotes_total', 'Quotes taken by the engine.', [], () => [[[], view.pulse().quotes]]);
  counter('vernier_trades_total', 'Prints taken by the engine.', [], () => [[[], view.pulse().trades]]);
  counter('vernier_batches_total', 'Batches closed and scored.', [], () => [[[], view.pulse().batches]]);
  counter('vernier_fits_total', 'Calibrations asked for.', [], () => [[[], view.pulse().fits]]);
  counter('vernier_late_events_total', 'Events behind a closed batch.', [], () => [[[], view.pulse().late]]);
  counter('vernier_refused_total', 'Quotes, rows and messages refused, by reason.', ['reason'], () =>
    boundedReasons(view.pulse().refused_by_reason),
  );
  counter('vernier_incidents_total', 'Incidents opened, by cause.', ['cause'], () =>
    [...view.incidentCounts()].map(([cause, n]): [string[], number] => [[cause], n]),
  );
  gauge('vernier_open_incidents', 'Incidents open now.', () =>
    view.underlyings().reduce((n, u) => n + u.open_incidents, 0),
  );
  const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);
  gauge('vernier_applied_p99_seconds', 'Socket to engine state, 99th percentile.', () =>
    seconds(view.pulse().applied_p99_ms),
  );
  gauge('vernier_close_p99_seconds', 'A closing batch until its scores are out, 99th percentile.', () =>
    seconds(view.pulse().close_p99_ms),
  );
  gauge('vernier_fit_p99_seconds', 'One calibration, 99th percentile.', () => seconds(view.pulse().fit_p99_ms));
  gauge('vernier_loop_lag_p99_seconds', 'Event-loop delay, 99th percentile.', () =>
    seconds(view.pulse().loop_lag_p99_ms),
  );
  gauge('vernier_fits_waiting', 'Calibrations waiting for a thread.', () => view.pulse().fits_waiting);
  gauge('vernier_log_pending_records', 'Records not yet durable.', () => view.pulse().log_pending_records);
  gauge('vernier_log_ok', '1 while the log can be written, else 0.', () =>
    ['ok', 'none'].includes(view.pulse().log_state) ? 1 : 0,
  );
  gauge('vernier_resident_memory_bytes', 'Resident memory.', () => view.pulse().memory_bytes);
  gauge('vernier_stream_clients', 'WebSocket readers.', clients);
  counter('vernier_stream_dropped_total', 'WebSocket readers closed by us, by reason.', ['reason'], () =>
    [...dropped()].map(([reason, n]): [string[], number] => [[reason], n]),
  );
  registry.registerMetric(
    new Gauge({
      name: 'vernier_gate',
      help: '1 for the state the gate of a model on a scope is in.',
      labelNames: ['model', 'scope', 'state'],
      registers,
      collect() {
        this.reset();
        for (const g of view.gates(null)) this.set({ model: g.model, scope: g.scope, state: g.state }, 1);
      },
    }),
  );
  return registry;
}

function boundedReasons(counts: Readonly<Record<string, number>>): [string[], number][] {
  const entries = Object.entries(counts).toSorted((a, b) => b[1] - a[1]);
  const rows = entries.slice(0, REASONS).map(([reason, n]): [string[], number] => [[reason], n]);
  const rest = entries.slice(REASONS).reduce((sum, [, n]) => sum + n, 0);
  return rest > 0 ? [...rows, [['other'], rest]] : rows;
}
