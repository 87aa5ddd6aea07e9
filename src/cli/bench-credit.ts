import type { Command } from 'commander';
import { CREDIT_BENCH_CURVES, IN_TIME, runCreditBench, type CreditBenchResult } from '../app/faults/credit-bench.ts';
import { DEFAULT_CONFIG } from '../engine/config.ts';
import { CREDIT_FAULT_KINDS } from '../simulator/credit-fault.ts';
import { BenchProgress, whole } from './bench-options.ts';

interface CreditFlags {
  readonly days: string;
  readonly seed: string;
  readonly onsets: string;
  readonly json?: boolean;
}

/** More than one false incident a month on a curve. */
const VIOLATIONS = 3;

/** `vernier bench credit [--days 365] [--onsets 4] [--seed N] [--json]` */
export function registerBenchCredit(bench: Command): void {
  bench
    .command('credit')
    .description(
      `simulated credit quotes (SYNTHETIC) of ${CREDIT_BENCH_CURVES.length} curves: false incidents a month in health, and whether each fault's cause is named within ${IN_TIME} updates; exit code 3 above one false incident a month`,
    )
    .option('--days <n>', 'of health per curve', '365')
    .option('--onsets <n>', 'faults per kind and curve', '4')
    .option('--seed <n>', 'of the streams', '1')
    .option('--json', 'the result as one JSON object')
    .action((flags: CreditFlags) => {
      const progress = new BenchProgress();
      const result = runCreditBench({
        config: DEFAULT_CONFIG,
        seed: whole(flags.seed, '--seed', 0),
        days: whole(flags.days, '--days', 1, 3650),
        onsets: whole(flags.onsets, '--onsets', 1, 1000),
        onProgress: (share) => progress.show(`seed ${flags.seed}`, share),
      });
      progress.clear();
      process.stdout.write(flags.json === true ? `${JSON.stringify(result)}\n` : `${tables(result).join('\n')}\n`);
      if (result.health.some((h) => h.falsePerMonth > 1)) process.exitCode = VIOLATIONS;
    });
}

function tables(result: CreditBenchResult): string[] {
  const lines = [
    `simulated credit quotes (SYNTHETIC), seed ${result.seed}`,
    '',
    '| curve | months | updates | false incidents | a month | moves of the market | next quotes, half-spreads: median, 90 % |',
    '|---|---|---|---|---|---|---|',
    ...result.health.map(
      (h) =>
        `| ${h.curve} | ${h.months.toFixed(1)} | ${h.updates} | ${h.falseIncidents.length} | ${h.falsePerMonth.toFixed(2)} | ${h.moves} | ${h.halfSpreads.map((v) => v.toFixed(2)).join(', ')} |`,
    ),
    '',
    `| fault | onsets | named within ${IN_TIME} updates | median updates | another cause named before |`,
    '|---|---|---|---|---|',
  ];
  for (const kind of CREDIT_FAULT_KINDS) {
    const of = result.verdicts.filter((v) => v.kind === kind);
    const named = of.filter((v) => v.updates !== null);
    const waits = named.map((v) => v.updates ?? 0).toSorted((a, b) => a - b);
    const other = of.filter((v) => v.before.length > 0).length;
    lines.push(
      `| ${kind} | ${of.length} | ${named.length} (${((100 * named.length) / Math.max(1, of.length)).toFixed(1)} %) | ${waits[Math.floor(waits.length / 2)] ?? '-'} | ${other} |`,
    );
  }
  for (const h of result.health)
    for (const i of h.falseIncidents) lines.push(`false: ${i.at} ${h.curve} ${i.cause} on ${i.scope}`);
  for (const v of result.verdicts)
    if (v.updates === null)
      lines.push(
        `missed: ${v.at} ${v.curve} ${v.kind} variant ${v.variant} of ${v.contributor ?? 'all'}; said ${v.before.join(', ') || 'nothing'}`,
      );
  return lines;
}
