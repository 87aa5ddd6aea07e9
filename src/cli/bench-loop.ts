import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { BAD_DATA } from '../app/loop-bench/answer-key-watch.ts';
import { runBadDataTape } from '../app/loop-bench/bad-data-tape.ts';
import { chainBadData } from '../app/loop-bench/chain-bad-data.ts';
import { badDataTapeLines, chainBadDataLines, loopBenchLines } from '../app/loop-bench/report.ts';
import { SnapshotBuilder, type ChainSnapshot } from '../app/faults/chain-snapshot.ts';
import { OTHER_VARIANTS, PUBLISHED, type Variant } from '../app/faults/chain-bench.ts';
import { FAULTS, type FaultKind } from '../app/faults/kinds.ts';
import { MORE_FAULTS } from '../app/faults/more-kinds.ts';
import { brokenPromises, runLoopBench } from '../app/loop-bench/run-loop-bench.ts';
import { DEFAULT_CONFIG } from '../engine/config.ts';
import type { FaultKind as SimulatedKind } from '../simulator/fault.ts';
import { openRecording } from '../venue/recording/open.ts';
import { BenchProgress, whole } from './bench-options.ts';
import { UsageError } from './usage-error.ts';
import { writeOutputs } from './output-file.ts';

interface LoopFlags {
  readonly days: string;
  readonly seed: string;
  readonly options?: string;
  readonly json?: boolean;
  readonly out?: string;
  readonly tape?: string[];
  readonly stride: string;
  readonly familyDays: string;
  readonly variants: string;
  readonly kinds?: string[];
  readonly badData?: boolean;
}

/** A promise of docs/loop.md broken. */
const VIOLATIONS = 3;
const SHORTEST_DAYS = 0.02;

/** `vernier bench loop --days N --seed S [--json] [--out DIR]`, `vernier bench loop --tape FILES` */
export function registerBenchLoop(bench: Command): void {
  bench
    .command('loop')
    .description(
      'the loop on the simulated venue (SYNTHETIC), whose truth is known, one batch a second: against two naive policies, bad data, hindsight, the gate, a quoter through a crash; exit code 3 when a promise is broken',
    )
    .option('--days <n>', 'of the tape with faults and of the one without; parts of a day are possible', '1')
    .option('--seed <n>', 'of the venue and of the faults', '1')
    .option('--options <n>', 'listed; all that the venue would list without it')
    .option('--family-days <n>', 'of the tape on which families change, a batch every half minute', '1')
    .option('--tape <files...>', 'recorded chains instead: bad data is injected into them, and what was learnt counted')
    .option('--stride <n>', 'inject into every n-th snapshot of recorded chains', '4')
    .option('--bad-data', 'only bad data on the simulated venue: every kind in three sizes and three courses')
    .option('--variants <which>', 'into recorded chains: published (middle size, at once) or all', 'published')
    .option('--kinds <names...>', 'only these kinds of bad data')
    .option('--json', 'the result as one JSON object')
    .option('--out <dir>', 'where report.md and report.json go')
    .action(async (flags: LoopFlags) => {
      if (flags.tape !== undefined) return chains(flags, flags.tape);
      if (flags.badData === true) return badData(flags);
      const days = Number(flags.days);
      if (!(days >= SHORTEST_DAYS && days <= 366))
        throw new UsageError(`--days: ${flags.days} is not a number from ${SHORTEST_DAYS} to 366`);
      const progress = new BenchProgress();
      let stage = '';
      const result = runLoopBench({
        seed: whole(flags.seed, '--seed', 0),
        days,
        instrumentLimit: listed(flags),
        familyDays: whole(flags.familyDays, '--family-days', 0, 366),
        onProgress: (what, share) => {
          if (what !== stage) progress.clear();
          stage = what;
          progress.show(what, share);
        },
      });
      progress.clear();
      const broken = brokenPromises(result);
      tell(flags, '# The loop, measured (SYNTHETIC)', { ...result, broken }, loopBenchLines(result, broken));
      if (broken.length > 0) process.exitCode = VIOLATIONS;
    });
}

async function chains(flags: LoopFlags, files: readonly string[]): Promise<void> {
  for (const file of files) if (!existsSync(file)) throw new UsageError(`--tape: ${file}: no such file`);
  const builder = new SnapshotBuilder();
  const snapshots: ChainSnapshot[] = [];
  for await (const batch of openRecording([...files]))
    for (const event of batch) {
      const snapshot = builder.take(event);
      if (snapshot !== null) snapshots.push(snapshot);
    }
  const progress = new BenchProgress();
  const rows = chainBadData(snapshots, {
    config: DEFAULT_CONFIG,
    seed: whole(flags.seed, '--seed', 0),
    faults: kindsNamed(flags.kinds),
    variants: variantsNamed(flags.variants),
    stride: whole(flags.stride, '--stride', 1),
    onProgress: (share) => progress.show('injections', share),
  });
  progress.clear();
  tell(flags, '# Bad data in recorded chains', { snapshots: snapshots.length, rows }, chainBadDataLines(rows));
  if (rows.some((r) => r.promoted > 0)) process.exitCode = VIOLATIONS;
}

function badData(flags: LoopFlags): void {
  const progress = new BenchProgress();
  let stage = '';
  const seed = whole(flags.seed, '--seed', 0);
  const cases = runBadDataTape({
    seed,
    instrumentLimit: listed(flags),
    kinds: simulatedKinds(flags.kinds),
    onProgress: (what, share) => {
      if (what !== stage) progress.clear();
      stage = what;
      progress.show(what, share);
    },
  });
  progress.clear();
  tell(flags, '# Bad data on the simulated venue (SYNTHETIC)', { seed, cases }, badDataTapeLines(cases));
  if (cases.some((c) => c.promoted > 0)) process.exitCode = VIOLATIONS;
}

function simulatedKinds(names: readonly string[] = BAD_DATA): SimulatedKind[] {
  for (const name of names)
    if (!(BAD_DATA as readonly string[]).includes(name))
      throw new UsageError(`--kinds: ${name} is none of ${BAD_DATA.join(', ')}`);
  return BAD_DATA.filter((kind) => names.includes(kind));
}

function listed(flags: LoopFlags): number | null {
  return flags.options === undefined ? null : whole(flags.options, '--options', 20);
}

/** Every kind of bad data that a chain snapshot can carry, or those named. */
function kindsNamed(names: readonly string[] | undefined): FaultKind[] {
  const kinds = [...FAULTS, ...MORE_FAULTS].filter((f) => f.layer === 'data');
  for (const name of names ?? [])
    if (!kinds.some((f) => f.name === name))
      throw new UsageError(`--kinds: ${name} is none of ${kinds.map((f) => f.name).join(', ')}`);
  return names === undefined ? kinds : kinds.filter((f) => names.includes(f.name));
}

function variantsNamed(which: string): readonly Variant[] {
  if (which === 'published') return [PUBLISHED];
  if (which === 'all') return [PUBLISHED, ...OTHER_VARIANTS];
  throw new UsageError(`--variants: ${which} is neither published nor all`);
}

function tell(flags: LoopFlags, title: string, result: object, lines: readonly string[]): void {
  if (flags.out !== undefined)
    writeOutputs('--out', flags.out, {
      'report.json': `${JSON.stringify(result, null, 2)}\n`,
      'report.md': `${title}\n\n${lines.join('\n')}\n`,
    });
  process.stdout.write(`${flags.json === true ? JSON.stringify(result) : lines.join('\n')}\n`);
}
