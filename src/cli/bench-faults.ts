import { existsSync, statSync } from 'node:fs';
import type { Command } from 'commander';
import { SnapshotBuilder, SnapshotCutter, type ChainSnapshot } from '../app/faults/chain-snapshot.ts';
import { OTHER_VARIANTS, PUBLISHED, runChainBench, type ChainBenchOptions } from '../app/faults/chain-bench.ts';
import { chainReport, withVariants, type RunAt } from '../app/faults/chain-report.ts';
import { chainLines, chainPictures } from '../app/faults/chain-page.ts';
import { FAULTS, type FaultKind } from '../app/faults/kinds.ts';
import { MORE_FAULTS } from '../app/faults/more-kinds.ts';
import { STREAM_FAULTS, planStream } from '../app/faults/stream-plan.ts';
import { learnAndJudge, reportAt, streamLines, streamPictures } from '../app/faults/stream-report.ts';
import { runSegment, type SegmentRun } from '../app/faults/stream-run.ts';
import { writeBench } from '../app/faults/write-report.ts';
import { DEFAULT_CONFIG } from '../engine/config.ts';
import { openRecording } from '../venue/recording/open.ts';
import { readRecords } from '../store/log-reader.ts';
import { BenchProgress, chosen, whole } from './bench-options.ts';
import { logDirectory } from './log-directory.ts';
import { UsageError } from './usage-error.ts';
import { writing } from './output-file.ts';

interface FaultFlags {
  readonly tape: string[];
  readonly seed: string;
  readonly faults?: string;
  readonly out: string;
  readonly stride: string;
  readonly onsets: string;
  readonly clean: string;
  readonly published?: boolean;
  readonly every: string;
  readonly logOdds: string;
  readonly json?: boolean;
}

/** Log-odds at which the bench tries to open incidents, nats, ascending. */
function thresholdsOf(list: string): number[] {
  const found = list.split(',').map(Number);
  if (found.some((v) => !(v > 0) || v === Infinity)) throw new UsageError(`--log-odds: ${list}: positive numbers`);
  return [...new Set(found)].sort((a, b) => a - b);
}

/** `vernier bench faults --tape FILES|simulated --out DIR` */
export function registerBenchFaults(bench: Command): void {
  bench
    .command('faults')
    .description('inject faults with an answer key into a tape: found, named, false alarms, against trivial monitors')
    .requiredOption('--tape <files...>', 'recorded chains, the directory of a session log, or the word simulated')
    .option('--seed <n>', 'of the injections', '1')
    .option('--faults <list>', 'names separated by commas; all without it')
    .option('--stride <n>', 'inject into every n-th snapshot of recorded chains', '4')
    .option('--published', 'chains: only the sixteen published kinds, in one size, from a single snapshot')
    .option('--every <seconds>', 'a log of a stream is cut into snapshots this far apart', '60')
    .option('--log-odds <list>', 'operating points to try, nats; of one alone nothing is learnt', '1,2.5,4,7')
    .option('--onsets <n>', 'of each kind on the simulated venue; nine see three magnitudes in three shapes', '9')
    .option('--clean <hours>', 'of the simulated venue without any fault', '8')
    .option('--json', 'the result as one JSON object')
    .requiredOption('--out <dir>', 'where report.html, report.md, report.json, pictures and answer-key.ndjson go')
    .action(async (flags: FaultFlags) => {
      const seed = whole(flags.seed, '--seed', 0);
      if (flags.tape.length === 1 && flags.tape[0] === 'simulated') simulated(flags, seed);
      else await chains(flags, seed);
    });
}

function simulated(flags: FaultFlags, seed: number): void {
  const segments = planStream({
    seed,
    faults: chosen(STREAM_FAULTS, String, flags.faults, '--faults'),
    onsets: whole(flags.onsets, '--onsets', 1, 1000),
    cleanHours: whole(flags.clean, '--clean', 0, 1000),
  });
  const thresholds = thresholdsOf(flags.logOdds);
  const progress = new BenchProgress();
  const total = segments.reduce((sum, s) => sum + s.until - s.startAt, 0);
  let done = 0;
  const runs = segments.map((segment): SegmentRun => {
    const length = segment.until - segment.startAt;
    const share = (s: number): void => progress.show(segment.name, (done + s * length) / total);
    const run = runSegment(segment, DEFAULT_CONFIG, thresholds, true, share);
    done += length;
    return run;
  });
  progress.clear();
  const report =
    runs.some((r) => r.segment.half === 1) && thresholds.length > 1
      ? learnAndJudge(runs, thresholds)
      : reportAt(runs, 0, thresholds[0]);
  const lines = streamLines(report);
  const title = 'Faults on the simulated venue (SYNTHETIC)';
  writing('--out', flags.out, () =>
    writeBench(flags.out, { title, lines, pictures: streamPictures(report), report, answerKey: report.cases }),
  );
  process.stdout.write(flags.json === true ? `${JSON.stringify(report)}\n` : `${lines.join('\n')}\n`);
}

/** The snapshots of recorded files, or of a session's log. */
async function snapshotsOf(flags: FaultFlags): Promise<ChainSnapshot[]> {
  for (const file of flags.tape)
    if (!existsSync(file)) throw new UsageError(`--tape: ${file}: no such file or directory`);
  const logs = flags.tape.filter((path) => statSync(path).isDirectory());
  if (logs.length > 0 && flags.tape.length > 1) throw new UsageError('--tape: one log by itself, or files');
  const found: ChainSnapshot[] = [];
  if (logs.length === 0) {
    const builder = new SnapshotBuilder();
    for await (const batch of openRecording(flags.tape))
      for (const event of batch) {
        const snapshot = builder.take(event);
        if (snapshot !== null) found.push(snapshot);
      }
    return found;
  }
  const cutter = new SnapshotCutter(1000 * whole(flags.every, '--every', 1, 86_400));
  for await (const item of readRecords(await logDirectory(logs[0])))
    if (item.kind === 'record' && item.record.kind === 'input') found.push(...cutter.take(item.record.event));
  return found;
}

async function chains(flags: FaultFlags, seed: number): Promise<void> {
  const faults: readonly FaultKind[] = chosen(
    flags.published === true ? FAULTS : [...FAULTS, ...MORE_FAULTS],
    (k) => k.name,
    flags.faults,
    '--faults',
  );
  const thresholds = thresholdsOf(flags.logOdds);
  const progress = new BenchProgress();
  const snapshots = await snapshotsOf(flags);
  const stride = whole(flags.stride, '--stride', 1);
  const stages = thresholds.length + (flags.published === true ? 1 : 2);
  let stage = 0;
  const bench = (openLogOdds: number, variants: ChainBenchOptions['variants'], each: number) => {
    const config = { ...DEFAULT_CONFIG, openLogOdds };
    const options: ChainBenchOptions = { config, seed, faults, variants, each, stride };
    const result = runChainBench(snapshots, options, (s) => progress.show('injections', (stage + s) / stages));
    stage++;
    return result;
  };
  const runs = thresholds.map((openLogOdds): RunAt => ({ openLogOdds, result: bench(openLogOdds, [PUBLISHED], 1) }));
  // A monitor that never opens an incident never interferes with what trivial monitors look at.
  const plain = bench(Infinity, [PUBLISHED], 1);
  if (plain.clean.length === 0) throw new UsageError('--tape: fewer than thirteen snapshots of any underlying');
  const learnt = chainReport(runs, plain);
  const others = flags.published === true ? null : bench(learnt.learnt.openLogOdds, OTHER_VARIANTS, 1);
  const report = others === null ? learnt : withVariants(learnt, others);
  progress.clear();
  const judged = runs.find((r) => r.openLogOdds === report.learnt.openLogOdds) ?? runs[0];
  const lines = chainLines(report);
  writing('--out', flags.out, () =>
    writeBench(flags.out, {
      title: 'Faults in recorded chains',
      lines,
      pictures: chainPictures(report),
      report,
      answerKey: [...judged.result.cases, ...(others?.cases ?? [])],
    }),
  );
  process.stdout.write(flags.json === true ? `${JSON.stringify(report)}\n` : `${lines.join('\n')}\n`);
}
