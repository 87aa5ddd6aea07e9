/** A month of recorded six-hourly chains, both coins, hedged by every family; one five-minute horizon of a live chain. */
import { existsSync } from 'node:fs';
import { hedgeChains } from '../src/app/hedge-chains.ts';
import { hedgeReport } from '../src/app/hedge-report.ts';
import { EngineRun } from '../src/app/faults/engine-run.ts';
import { DEFAULT_CONFIG } from '../src/engine/config.ts';
import { readBatch } from '../src/engine/read-batch.ts';
import type { EngineState } from '../src/engine/state.ts';
import { watchHedge } from '../src/engine/watch-hedge.ts';
import { simulatedEvents } from '../src/simulator/market-events.ts';
import { Simulation } from '../src/simulator/simulation.ts';
import { DEFAULT_BACKTEST, HedgeBacktest } from '../src/hedge/backtest.ts';
import { REFERENCE_FILES } from './hedge-slopes-reference.ts';
import type { Bench } from './run.ts';
import { hashNumbers, missingData } from './surface-rounds.ts';

const FILE = REFERENCE_FILES[1];

/**
 * Processor seconds for reading, hedging and reporting (one thread: the wall clock of an idle core); the smoke run takes
 * three days.
 */
export const benches: Bench[] = [
  {
    name: 'hedge/backtest-month',
    unit: 's',
    async run(smoke) {
      if (!existsSync(FILE))
        return missingData('data/chains/deribit_chain_4xdaily_2026-01-28_2026-02-28_crash.parquet');
      const to = smoke ? Date.UTC(2026, 0, 31) : undefined;
      const start = process.cpuUsage();
      const run = new HedgeBacktest(DEFAULT_BACKTEST);
      for await (const snapshot of hedgeChains([FILE], { to }, new Map())) run.add(snapshot);
      const report = hedgeReport(run, { windows: [], slopeFamilies: ['venue', 'sticky-strike'], lags: 0 });
      const spent = process.cpuUsage(start);
      const seconds = (spent.user + spent.system) / 1e6;
      const figures = report.families.map((f) => f.variance_reduction_coin ?? NaN);
      return { samples: [seconds], hash: hashNumbers([figures]) };
    },
  },
  {
    name: 'hedge/horizon-of-a-chain',
    unit: 'ms',
    run(smoke) {
      const startAt = Date.UTC(2026, 0, 5, 9);
      const simulation = new Simulation({ seed: 1, startAt, underlyings: ['BTC'], stepMs: 300_000, truthHistory: 10, instrumentLimit: smoke ? 60 : null }); // prettier-ignore
      const engine = new EngineRun(DEFAULT_CONFIG);
      const hours = smoke ? 1 : 14;
      for (const events of simulatedEvents(simulation, { until: startAt + hours * 3_600_000 })) engine.run(events);
      const last = [...simulatedEvents(simulation, { until: simulation.at + 300_000, snapshotEnd: false })].flat();
      engine.run(last);
      const samples: number[] = [];
      let scored = 0;
      for (let i = 0; i < (smoke ? 2 : 21); i++) {
        const { state } = engine.fork();
        const underlying = state.underlyings.get('deribit:BTC')!;
        const at = simulation.at;
        const closed = readBatch(underlying, underlying.expiries, at).map((reading) => ({ reading, scores: [], elapsedSeconds: 300, shift: [], drift: 0 })); // prettier-ignore
        const before = process.cpuUsage();
        const effects = watchHedge(state, underlying, closed, at);
        const spent = process.cpuUsage(before);
        samples.push((spent.user + spent.system) / 1000);
        scored = effects.filter((e) => e.type === 'record' && e.record.type === 'hedge-score').length;
      }
      return { samples, hash: hashNumbers([[scored, underlyingOptions(engine.state)]]) };
    },
  },
];

function underlyingOptions(state: EngineState): number {
  return [...state.underlyings.values()].reduce((n, u) => n + u.expiries.reduce((m, e) => m + e.entries.length, 0), 0);
}
