import type { Command } from 'commander';
import { checkCalibrations, type CalibrationCheck } from '../app/verify-calibrations.ts';
import { checkLog, type LogCheck } from '../store/inspect.ts';
import { logDirectory } from './log-directory.ts';
import { Progress } from './progress.ts';

const VIOLATIONS = 3;

/** `vernier verify` */
export function registerVerify(program: Command): void {
  program
    .command('verify <log>')
    .description(
      'check every byte, seal and link of a session log, and that every calibration is what its hash names; ' +
        'exit 3 and name segment and offset, or record, when it is not',
    )
    .option('--json', 'one JSON object')
    .action(async (path: string, flags: { json?: boolean }) => {
      const files = await logDirectory(path);
      const progress = new Progress(flags.json === true);
      const check = await checkLog(files, (records) => progress.show(`${records} records checked`));
      progress.show('computing the hashes of the calibrations again');
      const calibrations = await checkCalibrations(path);
      progress.clear();
      const lines = [...checkLines(check), ...calibrationLines(calibrations)];
      process.stdout.write(
        flags.json === true ? `${JSON.stringify({ ...check, calibrations })}\n` : `${lines.join('\n')}\n`,
      );
      if (check.verdict === 'damaged' || calibrations.faults.length > 0) process.exitCode = VIOLATIONS;
    });
}

const FAULTS = {
  'other-content': 'its content is not what its hash says',
  'other-numbers': 'the parameters it shows are not those of its hash',
  'no-name': 'it serves without a hash',
  'unknown-parent': 'its parent is not in the log before it',
  'no-answer': 'the answer or push it was made of is not in the log',
} as const;

/** The look at the calibrations in words. */
export function calibrationLines({ checked, by_kind: kinds, unnamed, faults }: CalibrationCheck): string[] {
  const of = Object.entries(kinds).flatMap(([kind, n]) => (n > 0 ? [`${n} ${kind}`] : []));
  const share = of.length === 0 ? '' : ` (${of.join(', ')})`;
  return [
    ...faults.map((f) => `forged    record ${f.record}, ${f.id}: ${FAULTS[f.reason]}`),
    `hashes    ${checked} calibrations are what they are named${share}, ${unnamed} have no name`,
  ];
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
