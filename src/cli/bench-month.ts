import type { Command } from 'commander';
import { runLong, type LongRunResult } from '../app/faults/long-run.ts';
import { longRunTable, worstPageRate } from '../app/faults/long-run-report.ts';
import { DEFAULT_CONFIG } from '../engine/config.ts';
import { SCRIPT_NAMES } from '../simulator/script.ts';
import { BenchProgress, chosen, whole } from './bench-options.ts';
import { writeOutputs } from './output-file.ts';

interface MonthFlags {
  readonly days: string;
  readonly seed: string;
  readonly underlyings: string;
  readonly script: string;
  readonly step: string;
  readonly options?: string;
  readonly json?: boolean;
  readonly out?: string;
}

/** A page budget broken, or a page from a roll. */
const VIOLATIONS = 3;
const UNDERLYINGS = ['BTC', 'ETH'] as const;

/** `vernier bench month --days 31 --seed N [--underlyings BTC,ETH] [--json] [--out DIR]` */
export function registerBenchMonth(bench: Command): void {
  bench
    .command('month')
    .description(
      'weeks of the simulated venue (SYNTHETIC) with crashes and daily rolls: every page judged by the answer key; exit code 3 when the page budget is broken',
    )
    .option('--days <n>', 'of virtual time', '31')
    .option('--seed <n>', 'of the venue', '1')
    .option('--underlyings <list>', 'BTC, ETH or both', 'BTC,ETH')
    .option('--script <name>', `what happens: ${SCRIPT_NAMES.join(', ')}`, 'month')
    .option('--step <seconds>', 'between batches', '60')
    .option('--options <n>', 'per underlying; all that the venue would list without it')
    .option('--json', 'the result as one JSON object')
    .option('--out <dir>', 'where report.md, report.json and incidents.ndjson go')
    .action((flags: MonthFlags) => {
      const progress = new BenchProgress();
      const result = runLong({
        config: DEFAULT_CONFIG,
        seed: whole(flags.seed, '--seed', 0),
        days: whole(flags.days, '--days', 1, 3650),
        underlyings: chosen(UNDERLYINGS, String, flags.underlyings, '--underlyings'),
        script: chosen(SCRIPT_NAMES, String, flags.script, '--script')[0],
        stepMs: 1000 * whole(flags.step, '--step', 1, 86_400),
        instrumentLimit: flags.options === undefined ? null : whole(flags.options, '--options', 20),
        onProgress: (share) => progress.show(`seed ${flags.seed}`, share),
      });
      progress.clear();
      if (flags.out !== undefined) write(flags.out, result);
      process.stdout.write(
        flags.json === true ? `${JSON.stringify(result)}\n` : `${longRunTable(result).join('\n')}\n`,
      );
      const rolls = result.tallies.some((t) => t.pagesFromRolls > 0);
      if (rolls || worstPageRate(result) > DEFAULT_CONFIG.pageBudgetPerWeek) process.exitCode = VIOLATIONS;
    });
}

function write(directory: string, result: LongRunResult): void {
  const { incidents, ...rest } = result;
  writeOutputs('--out', directory, {
    'report.json': `${JSON.stringify(rest, null, 2)}\n`,
    'report.md': `# A simulated month (SYNTHETIC)\n\n${longRunTable(result).join('\n')}\n`,
    'incidents.ndjson': incidents.map((i) => `${JSON.stringify(i)}\n`).join(''),
  });
}
