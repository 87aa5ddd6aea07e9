import type { Command } from 'commander';
import { Backtest } from '../app/rules-backtest.ts';
import { loadRules, runRuleTests } from '../app/rules-file.ts';
import type { OutputRecord } from '../model/record.ts';
import { readRecords } from '../store/log-reader.ts';
import { logDirectory } from './log-directory.ts';

/** Exit code when a check found violations. */
const VIOLATIONS = 3;

/** `vernier rules test FILE` and `vernier rules backtest FILE LOG` */
export function registerRules(program: Command): void {
  const rules = program.command('rules').description('check and try alerting rules (docs/monitor.md)');
  rules
    .command('test')
    .description('check a rules file and run the unit tests in it')
    .argument('<file>', 'YAML')
    .action((file: string) => {
      const checked = loadRules(file);
      const results = runRuleTests(checked);
      for (const r of results)
        process.stdout.write(
          r.mistakes.length === 0 ? `ok ${r.name}\n` : `not ok ${r.name}: ${r.mistakes.join('; ')}\n`,
        );
      const failed = results.filter((r) => r.mistakes.length > 0).length;
      process.stdout.write(`${checked.rules.length} rules, ${results.length} tests, ${failed} failed\n`);
      if (failed > 0) process.exitCode = VIOLATIONS;
    });
  rules
    .command('backtest')
    .description('run rules over a session log: alerts a week, time open, causes at the time')
    .argument('<file>', 'YAML')
    .argument('<log>', 'directory of a session log')
    .option('--json', 'one JSON object a rule')
    .action(async (file: string, log: string, flags: { json?: boolean }) => {
      const backtest = new Backtest(loadRules(file).rules);
      for await (const item of readRecords(await logDirectory(log)))
        if (item.kind === 'record' && item.record.kind === 'output')
          backtest.take(item.record.record as unknown as OutputRecord);
      for (const r of backtest.result()) {
        if (flags.json === true)
          process.stdout.write(
            `${JSON.stringify({ type: 'rule', rule: r.rule, severity: r.severity, opened: r.opened, per_week: r.perWeek, median_open_s: r.medianOpenSeconds, still_open: r.stillOpen, causes: r.causes })}\n`,
          );
        else {
          const causes = Object.entries(r.causes)
            .map(([cause, n]) => `${cause} ${n}`)
            .join(', ');
          const open = r.medianOpenSeconds === null ? '-' : `${Math.round(r.medianOpenSeconds)} s`;
          process.stdout.write(
            `${r.rule} (${r.severity}): ${r.opened} opened, ${r.perWeek.toFixed(2)} a week, median open ${open}, still open ${r.stillOpen}${causes === '' ? '' : `; ${causes}`}\n`,
          );
        }
      }
    });
}
