import type { Command } from 'commander';
import { runHedgeBench, type HedgeBenchResult } from '../app/faults/hedge-bench.ts';
import { BenchProgress, whole } from './bench-options.ts';

interface HedgeFlags {
  readonly days: string;
  readonly seed: string;
  readonly onsets: string;
  readonly options?: string;
  readonly json?: boolean;
}

/** A fault was not named in time, or more than one false page in thirty days. */
const VIOLATIONS = 3;

/** `vernier bench hedge --days N --seed S [--json]` */
export function registerBenchHedge(bench: Command): void {
  bench
    .command('hedge')
    .description(
      'the hedging monitor on the simulated venue (SYNTHETIC) at five-minute horizons: faults of stated deltas and of ' +
        'funding named in time, false pages without; exit code 3 when a target is missed',
    )
    .option('--days <n>', 'of health, twice: the month script, and regimes of spot and volatility in turns', '30')
    .option('--seed <n>', 'of the venue and the onsets', '1')
    .option('--onsets <n>', 'of each fault', '3')
    .option('--options <n>', 'that the venue lists; all without it')
    .option('--json', 'the result as one JSON object')
    .action((flags: HedgeFlags) => {
      const progress = new BenchProgress();
      const result = runHedgeBench({
        seed: whole(flags.seed, '--seed', 0),
        days: whole(flags.days, '--days', 1, 3650),
        onsets: whole(flags.onsets, '--onsets', 0, 1000),
        instrumentLimit: flags.options === undefined ? null : whole(flags.options, '--options', 20),
        onProgress: (what, share) => progress.show(what, share),
      });
      progress.clear();
      process.stdout.write(flags.json === true ? `${JSON.stringify(result)}\n` : table(result));
      const late = result.cases.some((c) => c.named_h === null);
      if (late || result.health.some((h) => h.pages_per_30_days > 1)) process.exitCode = VIOLATIONS;
    });
}

function table(result: HedgeBenchResult): string {
  const lines = [`seed ${result.seed}: hours from onset to the right name (allowed)`];
  for (const c of result.cases) {
    const named = c.named_h === null ? 'not named' : `${c.named_h.toFixed(2)} h`;
    lines.push(`  ${c.fault}: ${named} (${c.within_h} h)${c.others.length > 0 ? `; also ${c.others.join(', ')}` : ''}`);
  }
  for (const h of result.health) {
    lines.push(
      `${h.days} days without a fault (${h.script}): ${h.pages.length} pages, ${h.pages_per_30_days.toFixed(2)} in 30 days`,
    );
    for (const p of h.pages) lines.push(`  ${p}`);
  }
  return `${lines.join('\n')}\n`;
}
