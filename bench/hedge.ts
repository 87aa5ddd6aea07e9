/** A month of recorded six-hourly chains, both coins, hedged by every family. */
import { existsSync } from 'node:fs';
import { hedgeChains } from '../src/app/hedge-chains.ts';
import { hedgeReport } from '../src/app/hedge-report.ts';
import { DEFAULT_BACKTEST, HedgeBacktest } from '../src/hedge/backtest.ts';
import { REFERENCE_FILES } from './hedge-slopes-reference.ts';
import type { Bench } from './run.ts';
import { hashNumbers, missingData } from './surface-rounds.ts';

const FILE = REFERENCE_FILES[1];

/** Seconds for reading, hedging and reporting; the smoke run takes three days. */
export const benches: Bench[] = [
  {
    name: 'hedge/backtest-month',
    unit: 's',
    async run(smoke) {
      if (!existsSync(FILE))
        return missingData('data/chains/deribit_chain_4xdaily_2026-01-28_2026-02-28_crash.parquet');
      const to = smoke ? Date.UTC(2026, 0, 31) : undefined;
      const start = performance.now();
      const run = new HedgeBacktest(DEFAULT_BACKTEST);
      for await (const snapshot of hedgeChains([FILE], { to }, new Map())) run.add(snapshot);
      const report = hedgeReport(run, { windows: [], slopeFamilies: ['venue', 'sticky-strike'], lags: 0 });
      const seconds = (performance.now() - start) / 1000;
      const figures = report.families.map((f) => f.variance_reduction_coin ?? NaN);
      return { samples: [seconds], hash: hashNumbers([figures]) };
    },
  },
];
