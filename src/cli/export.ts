import type { Command } from 'commander';
import { exportLog } from '../store/parquet-export.ts';
import { logDirectory } from './log-directory.ts';
import { Progress } from './progress.ts';

/** `vernier export` */
export function registerExport(program: Command): void {
  program
    .command('export <log>')
    .description('write the sealed segments of a session log as Parquet files (venue=/date=/), each once')
    .requiredOption('--out <dir>', 'directory for the Parquet files')
    .option('--json', 'one JSON object')
    .action(async (path: string, flags: { out: string; json?: boolean }) => {
      const files = await logDirectory(path);
      const progress = new Progress(flags.json === true);
      const done = await exportLog(files, flags.out, (segment, of) => progress.show(`segment ${segment} of ${of}`));
      progress.clear();
      if (flags.json === true) {
        process.stdout.write(`${JSON.stringify(done)}\n`);
        return;
      }
      const { quotes, trades, outputs } = done.rows;
      process.stdout.write(
        `exported  ${done.segments_exported} segments to ${done.files} files: ${quotes} quotes, ${trades} trades, ${outputs} outputs\n` +
          `skipped   ${done.segments_skipped} exported before, ${done.segments_open} still open\n`,
      );
      for (const { segment, offset, reason } of done.damage)
        process.stdout.write(`damaged   segment ${segment} at byte ${offset}: ${reason} (vernier verify says more)\n`);
    });
}
