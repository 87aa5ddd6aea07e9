import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { loopBenchLines } from '../app/loop-bench/report.ts';
import { brokenPromises, runLoopBench } from '../app/loop-bench/run-loop-bench.ts';
import { BenchProgress, whole } from './bench-options.ts';
import { UsageError } from './usage-error.ts';

interface LoopFlags {
  readonly days: string;
  readonly seed: string;
  readonly options?: string;
  readonly json?: boolean;
  readonly out?: string;
}

/** A promise of docs/loop.md broken. */
const VIOLATIONS = 3;
const SHORTEST_DAYS = 0.02;

/** `vernier bench loop --days N --seed S [--json] [--out DIR]` */
export function registerBenchLoop(bench: Command): void {
  bench
    .command('loop')
    .description(
      'the loop on the simulated venue (SYNTHETIC), whose truth is known, one batch a second: against two naive policies, bad data, hindsight, the gate, a quoter through a crash; exit code 3 when a promise is broken',
    )
    .option('--days <n>', 'of the tape with faults and of the one without; parts of a day are possible', '1')
    .option('--seed <n>', 'of the venue and of the faults', '1')
    .option('--options <n>', 'listed; all that the venue would list without it')
    .option('--json', 'the result as one JSON object')
    .option('--out <dir>', 'where report.md and report.json go')
    .action((flags: LoopFlags) => {
      const days = Number(flags.days);
      if (!(days >= SHORTEST_DAYS && days <= 366))
        throw new UsageError(`--days: ${flags.days} is not a number from ${SHORTEST_DAYS} to 366`);
      const progress = new BenchProgress();
      let stage = '';
      const result = runLoopBench({
        seed: whole(flags.seed, '--seed', 0),
        days,
        instrumentLimit: flags.options === undefined ? null : whole(flags.options, '--options', 20),
        onProgress: (what, share) => {
          if (what !== stage) progress.clear();
          stage = what;
          progress.show(what, share);
        },
      });
      progress.clear();
      const broken = brokenPromises(result);
      const lines = loopBenchLines(result, broken);
      if (flags.out !== undefined) {
        mkdirSync(flags.out, { recursive: true });
        writeFileSync(join(flags.out, 'report.json'), `${JSON.stringify({ ...result, broken }, null, 2)}\n`);
        writeFileSync(join(flags.out, 'report.md'), `# The loop, measured (SYNTHETIC)\n\n${lines.join('\n')}\n`);
      }
      process.stdout.write(`${flags.json === true ? JSON.stringify({ ...result, broken }) : lines.join('\n')}\n`);
      if (broken.length > 0) process.exitCode = VIOLATIONS;
    });
}
