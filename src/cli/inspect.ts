import type { Command } from 'commander';
import { inspectLog, type LogInspection } from '../store/inspect.ts';
import { logDirectory } from './log-directory.ts';
import { Progress } from './progress.ts';
import { checkLines } from './verify.ts';

const SHOWN = 10;

/** `vernier inspect` */
export function registerInspect(program: Command): void {
  program
    .command('inspect <log>')
    .description('what a session log holds: span, instruments, gaps, incidents, and whether its chain is intact')
    .option('--json', 'one JSON object')
    .action(async (path: string, flags: { json?: boolean }) => {
      const files = await logDirectory(path);
      const progress = new Progress(flags.json === true);
      const found = await inspectLog(files, (records) => progress.show(`${records} records read`));
      progress.clear();
      process.stdout.write(
        flags.json === true ? `${JSON.stringify(found)}\n` : `${inspectionLines(found).join('\n')}\n`,
      );
    });
}

function inspectionLines(found: LogInspection): string[] {
  const { first, last, expiries } = found;
  const sessions = found.sessions.map((s) => `${s.code} from record ${s.sequence}`);
  return [
    `span      ${first === null ? 'no input' : `${first} to ${last}`}`,
    `sessions  ${few(sessions, sessions.length, ', ')}`,
    `inputs    ${counts(found.inputs)}`,
    `outputs   ${counts(found.outputs)}`,
    `venues    ${found.venues.join(', ') || 'none'}`,
    `chain of  ${found.instruments} instruments, ${expiries.length} expiries${expiries.length > 0 ? `: ${expiries[0]} to ${expiries.at(-1)}` : ''}`,
    `gaps      ${found.gap_count}`,
    ...rows(found.gaps.map((g) => `${g.from} to ${g.to ?? 'now'} ${g.venue} ${g.symbol ?? 'feed'} ${g.reason}`)),
    `incidents ${found.incident_count}`,
    ...rows(found.incidents.map((i) => `${i.opened ?? ''} ${i.id} ${i.severity} ${i.cause} ${i.state}`)),
    ...checkLines(found),
  ];
}

function counts(of: Readonly<Record<string, number>>): string {
  const all = Object.entries(of).map(([kind, n]) => `${n} ${kind}`);
  return all.join(', ') || 'none';
}

function rows(all: readonly string[]): string[] {
  const shown = all.slice(0, SHOWN).map((row) => `          ${row}`);
  return all.length > SHOWN ? [...shown, `          ... ${all.length - SHOWN} more (--json lists them)`] : shown;
}

function few(all: readonly string[], total: number, separator: string): string {
  const shown = all.slice(0, 3).join(separator);
  return total > 3 ? `${shown} and ${total - 3} more` : shown || 'none';
}
