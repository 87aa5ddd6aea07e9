import type { Command } from 'commander';
import { checkLog, type LogCheck } from '../store/inspect.ts';
import { logDirectory } from './log-directory.ts';
import { Progress } from './progress.ts';

const VIOLATIONS = 3;

/** `vernier verify` */
export function registerVerify(program: Command): void {
  program
    .command('verify <log>')
    .description(
      'check every byte, seal and link of a session log; exit 3 and name segment and offset when it is damaged',
    )
    .option('--json', 'one JSON object')
    .action(async (path: string, flags: { json?: boolean }) => {
      const files = await logDirectory(path);
      const progress = new Progress(flags.json === true);
      const check = await checkLog(files, (records) => progress.show(`${records} records checked`));
      progress.clear();
      process.stdout.write(flags.json === true ? `${JSON.stringify(check)}\n` : `${checkLines(check).join('\n')}\n`);
      if (check.verdict === 'damaged') process.exitCode = VIOLATIONS;
    });
}

/** The check in words. */
export function checkLines(check: Omit<LogCheck, 'type'>): string[] {
  const lines = check.damage.map((d) => {
    const lost = d.records_lost === null ? 'an unknown number of records lost' : `${d.records_lost} records lost`;
    return `damaged   ${d.segment} at byte ${d.offset}: ${d.reason}, ${lost}`;
  });
  const end =
    check.verdict === 'open' ? ` (not sealed: in use or killed; ${check.torn_bytes} unfinished bytes at the end)` : '';
  lines.push(`chain     ${check.verdict}${end}`, `records   ${check.records} in ${check.segments} segments`);
  lines.push(`sha256    ${check.log_sha256 ?? 'unknown because of the damage'}`);
  return lines;
}
