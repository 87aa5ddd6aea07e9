import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { SnapshotBuilder, type ChainSnapshot } from '../app/faults/chain-snapshot.ts';
import { runChainBench, type ChainBenchOptions } from '../app/faults/chain-bench.ts';
import { chainReport, type RunAt } from '../app/faults/chain-report.ts';
import { FAULTS, type FaultKind } from '../app/faults/kinds.ts';
import { LIVE_FAULTS, runLiveBench } from '../app/faults/live-bench.ts';
import { chainTable, liveTable, writeChainReport, writeLiveReport } from '../app/faults/write-report.ts';
import { DEFAULT_CONFIG } from '../engine/config.ts';
import { openRecording } from '../venue/recording/open.ts';
import { chosen, whole } from './bench-options.ts';
import { UsageError } from './usage-error.ts';

interface FaultFlags {
  tape: string[];
  seed: string;
  faults?: string;
  out: string;
  stride: string;
  onsets: string;
}

/** Log-odds at which the bench tries to open incidents, nats; Infinity is the run of the trivial monitors. */
const THRESHOLDS = [1, 2.5, 4, 7] as const;

/** `vernier bench faults --tape FILES|simulated --out DIR` */
export function registerBenchFaults(bench: Command): void {
  bench
    .command('faults')
    .description('inject faults with an answer key into a tape: found, named, false pages, against trivial monitors')
    .requiredOption('--tape <files...>', 'recorded chains, or the word simulated')
    .option('--seed <n>', 'of the injections', '1')
    .option('--faults <list>', 'names separated by commas; all without it')
    .option('--stride <n>', 'inject into every n-th snapshot of recorded chains', '4')
    .option('--onsets <n>', 'onsets of each kind on the simulated venue', '13')
    .requiredOption('--out <dir>', 'where report.md, report.json, curve.svg and answer-key.ndjson go')
    .action(async (flags: FaultFlags) => {
      const seed = whole(flags.seed, '--seed', 0);
      if (flags.tape.length === 1 && flags.tape[0] === 'simulated') live(flags, seed);
      else await chains(flags, seed);
    });
}

function live(flags: FaultFlags, seed: number): void {
  const kinds = chosen(LIVE_FAULTS, (k) => k.fault, flags.faults, '--faults');
  let said = 0;
  const result = runLiveBench(DEFAULT_CONFIG, seed, kinds, whole(flags.onsets, '--onsets', 1), (share) => {
    if (Math.floor(share * 10) <= said) return;
    said = Math.floor(share * 10);
    process.stderr.write(`${said * 10} %\n`);
  });
  writeLiveReport(flags.out, result);
  process.stdout.write(`${liveTable(result).join('\n')}\n`);
}

async function chains(flags: FaultFlags, seed: number): Promise<void> {
  for (const file of flags.tape) if (!existsSync(file)) throw new UsageError(`--tape: ${file}: no such file`);
  const faults: readonly FaultKind[] = chosen(FAULTS, (k) => k.name, flags.faults, '--faults');
  const snapshots: ChainSnapshot[] = [];
  const builder = new SnapshotBuilder();
  for await (const batch of openRecording(flags.tape))
    for (const event of batch) {
      const snapshot = builder.take(event);
      if (snapshot !== null) snapshots.push(snapshot);
    }
  const at = (openLogOdds: number): ChainBenchOptions => ({
    config: { ...DEFAULT_CONFIG, openLogOdds },
    seed,
    faults,
    levels: [1],
    stride: whole(flags.stride, '--stride', 1),
  });
  const runs: RunAt[] = [];
  for (const openLogOdds of THRESHOLDS) {
    process.stderr.write(`threshold ${openLogOdds}\n`);
    runs.push({ openLogOdds, result: runChainBench(snapshots, at(openLogOdds)) });
  }
  process.stderr.write('trivial monitors\n');
  const plain = runChainBench(snapshots, at(Infinity));
  if (plain.clean.length === 0) throw new UsageError('--tape: fewer than thirteen snapshots of any underlying');
  const report = chainReport(runs, plain);
  const judged = runs.find((r) => r.openLogOdds === report.learnt.openLogOdds) ?? runs[0];
  writeChainReport(flags.out, report, judged.result);
  process.stdout.write(`${chainTable(report).join('\n')}\n`);
}
