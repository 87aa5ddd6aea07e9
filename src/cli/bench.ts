import type { Command } from 'commander';
import { registerBenchCredit } from './bench-credit.ts';
import { registerBenchExposure } from './bench-exposure.ts';
import { registerBenchFaults } from './bench-faults.ts';
import { registerBenchHedge } from './bench-hedge.ts';
import { registerBenchLoop } from './bench-loop.ts';
import { registerBenchMonth } from './bench-month.ts';
import { registerBenchOnsets } from './bench-onsets.ts';
import { registerBenchReplay } from './bench-replay.ts';

/** `vernier bench credit|exposure|faults|hedge|loop|month|onsets|replay` */
export function registerBench(program: Command): void {
  const bench = program.command('bench').description('measure the monitor itself, on recorded and simulated tapes');
  registerBenchExposure(bench);
  registerBenchFaults(bench);
  registerBenchHedge(bench);
  registerBenchLoop(bench);
  registerBenchMonth(bench);
  registerBenchOnsets(bench);
  registerBenchReplay(bench);
  registerBenchCredit(bench);
}
