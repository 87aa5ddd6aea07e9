/** A month of recorded six-hourly chains, both coins, hedged by every family. */
import { existsSync } from 'node:fs';
import { hedgeChains } from '../src/app/hedge-chains.ts';
import { hedgeReport } from '../src/app/hedge-report.ts';
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
];
