import type { Command } from 'commander';
import { registerBenchCredit } from './bench-credit.ts';
import { registerBenchFaults } from './bench-faults.ts';
import { registerBenchMonth } from './bench-month.ts';
import { registerBenchReplay } from './bench-replay.ts';

/** `vernier bench credit|faults|month|replay` */
export function registerBench(program: Command): void {
  const bench = program.command('bench').description('measure the monitor itself, on recorded and simulated tapes');
  registerBenchFaults(bench);
  registerBenchMonth(bench);
  registerBenchReplay(bench);
  registerBenchCredit(bench);
}
