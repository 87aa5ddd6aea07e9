import type { Command } from 'commander';
import { flipBytes, recordMonth } from '../app/loop-bench/month-log.ts';
import { replayLog } from '../app/replay-log.ts';
import { DEFAULT_CONFIG } from '../engine/config.ts';
import { SCRIPT_NAMES } from '../simulator/script.ts';
import { checkLog } from '../store/inspect.ts';
import { nodeFiles } from '../store/log-files.ts';
import { BenchProgress, chosen, whole } from './bench-options.ts';

interface ReplayFlags {
  readonly days: string;
  readonly seed: string;
  readonly script: string;
  readonly step: string;
  readonly options: string;
  readonly flips: string;
  readonly dir: string;
  readonly json?: boolean;
}

/** A replay that differs throws; a changed byte that goes unseen ends with this. */
const VIOLATIONS = 3;
/** An hour after a roll. */
const START = Date.UTC(2026, 0, 5, 9);

/** `vernier bench replay --dir DIR [--days 31] [--seed N] [--flips 50]` */
export function registerBenchReplay(bench: Command): void {
  bench
    .command('replay')
    .description(
      'record weeks of the simulated venue (SYNTHETIC) through the loop, replay the log bit for bit, and check it with single bytes changed; exit code 3 when one goes unseen',
    )
    .requiredOption('--dir <dir>', 'new or empty directory of the log')
    .option('--days <n>', 'of virtual time', '31')
    .option('--seed <n>', 'of the venue and of the changed bytes', '1')
    .option('--script <name>', `what happens: ${SCRIPT_NAMES.join(', ')}`, 'month')
    .option('--step <seconds>', 'between batches', '60')
    .option('--options <n>', 'listed', '150')
    .option('--flips <n>', 'bytes to change, one at a time', '50')
    .option('--json', 'the result as one JSON object')
    .action(async (flags: ReplayFlags) => {
      const seed = whole(flags.seed, '--seed', 0);
      const days = whole(flags.days, '--days', 1, 3650);
      const flips = whole(flags.flips, '--flips', 0);
      const progress = new BenchProgress();
      const recorded = await recordMonth({
        directory: flags.dir,
        config: DEFAULT_CONFIG,
        seed,
        days,
        script: chosen(SCRIPT_NAMES, String, flags.script, '--script')[0],
        stepMs: 1000 * whole(flags.step, '--step', 1, 3600),
        instrumentLimit: whole(flags.options, '--options', 20),
        startAt: START,
        onProgress: (share) => progress.show('record', share),
      });
      progress.clear();
      const replay = await replayLog({
        directory: flags.dir,
        speed: Infinity,
        onRecord: () => undefined,
        onProgress: (_, at) => progress.show('replay', (at - START) / (days * 86_400_000)),
      });
      progress.clear();
      const files = nodeFiles(flags.dir);
      const intact = await checkLog(files);
      const flipped = await flipBytes(files, seed, flips, (share) => progress.show('changed bytes', share));
      progress.clear();
      const same = replay.summary.log_sha256 === recorded.log_sha256;
      const result = { seed, days, ...recorded, identical: same, replay_ms: Math.round(replay.elapsedMs), verify: intact.verdict, ...flipped }; // prettier-ignore
      const lines = Object.entries(result).map(([name, value]) => `${name.padEnd(12)}${JSON.stringify(value)}`);
      process.stdout.write(`${flags.json === true ? JSON.stringify(result) : lines.join('\n')}\n`);
      if (!same || intact.verdict === 'damaged' || flipped.missed.length > 0) process.exitCode = VIOLATIONS;
    });
}
