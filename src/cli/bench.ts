import type { Command } from 'commander';
import { registerBenchFaults } from './bench-faults.ts';
import { registerBenchMonth } from './bench-month.ts';

/** `vernier bench faults|month` */
export function registerBench(program: Command): void {
  const bench = program.command('bench').description('measure the monitor itself, on recorded and simulated tapes');
  registerBenchFaults(bench);
  registerBenchMonth(bench);
}
