import type { Command } from 'commander';
import { brokenExposure, exposureLines, runExposureBench } from '../app/loop-bench/exposure-bench.ts';
import { BenchProgress, whole } from './bench-options.ts';
import { UsageError } from './usage-error.ts';

interface ExposureFlags {
  readonly days: string;
  readonly seed: string;
  readonly seeds: string;
  readonly options?: string;
  readonly json?: boolean;
}

/** A promise of docs/gate.md broken. */
const VIOLATIONS = 3;
const SHORTEST_DAYS = 0.02;

/** `vernier bench exposure --seeds N --days D [--options K] [--json]` */
export function registerBenchExposure(bench: Command): void {
  bench
    .command('exposure')
    .description(
      'what the gate saves on the simulated venue (SYNTHETIC), by kind of fault over several seeds, and what it costs without any; exit code 3 when a promise is broken',
    )
    .option('--seed <n>', 'the first', '1')
    .option('--seeds <n>', 'how many, counting up', '3')
    .option(
      '--days <n>',
      'of the tape with faults and of the one without, each seed; parts of a day are possible',
      '0.1',
    )
    .option('--options <n>', 'listed; all that the venue would list without it')
    .option('--json', 'the result as one JSON object')
    .action((flags: ExposureFlags) => {
      const days = Number(flags.days);
      if (!(days >= SHORTEST_DAYS && days <= 366))
        throw new UsageError(`--days: ${flags.days} is not a number from ${SHORTEST_DAYS} to 366`);
      const first = whole(flags.seed, '--seed', 0);
      const progress = new BenchProgress();
      const result = runExposureBench({
        seeds: Array.from({ length: whole(flags.seeds, '--seeds', 1, 1_000) }, (_, i) => first + i),
        days,
        instrumentLimit: flags.options === undefined ? null : whole(flags.options, '--options', 20),
        onProgress: (what, share) => progress.show(what, share),
      });
      progress.clear();
      const broken = brokenExposure(result);
      const lines = exposureLines(result, broken);
      process.stdout.write(`${flags.json === true ? JSON.stringify({ ...result, broken }) : lines.join('\n')}\n`);
      if (broken.length > 0) process.exitCode = VIOLATIONS;
    });
}
