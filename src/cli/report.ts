import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { evidencePage } from '../app/evidence-page.ts';
import { gatherEvidence } from '../app/evidence.ts';
import { makeDirectory } from '../store/make-directory.ts';
import { logDirectory } from './log-directory.ts';
import { writing } from './output-file.ts';
import { parseTime, UsageError } from './usage-error.ts';

/** `vernier report --log DIR --from --to --out DIR` */
export function registerReport(program: Command): void {
  program
    .command('report')
    .description('evidence pack for model-risk review from a session log: evidence.html and evidence.json')
    .requiredOption('--log <dir>', 'directory of the session log')
    .requiredOption('--out <dir>', 'where the two files go; made when it is not there')
    .option('--from <time>', 'ISO-8601 UTC (default: the log from its beginning)')
    .option('--to <time>', 'ISO-8601 UTC (default: to its end)')
    .action(async (flags: { log: string; out: string; from?: string; to?: string }) => {
      await logDirectory(flags.log);
      const from = flags.from === undefined ? -8.64e15 : parseTime('--from', flags.from);
      const to = flags.to === undefined ? 8.64e15 : parseTime('--to', flags.to);
      if (from > to) throw new UsageError(`--from ${flags.from ?? ''}: later than --to ${flags.to ?? ''}`);
      const evidence = await gatherEvidence(flags.log, from, to);
      writing('--out', flags.out, () => {
        makeDirectory(flags.out);
        writeFileSync(join(flags.out, 'evidence.json'), `${JSON.stringify(evidence, null, 1)}\n`);
        writeFileSync(join(flags.out, 'evidence.html'), evidencePage(evidence));
      });
      process.stdout.write(`${join(flags.out, 'evidence.html')}\n${join(flags.out, 'evidence.json')}\n`);
      if (evidence.log.damage.length > 0) process.exitCode = 3;
    });
}
