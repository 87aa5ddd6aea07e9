import type { Command } from 'commander';
import { PROMISED_FAULTS, planOnsets } from '../app/faults/stream-plan.ts';
import { reportAt, streamLines, streamPictures } from '../app/faults/stream-report.ts';
import { runSegment, type SegmentRun } from '../app/faults/stream-run.ts';
import { writeBench } from '../app/faults/write-report.ts';
import { DEFAULT_CONFIG } from '../engine/config.ts';
import { BenchProgress, chosen, whole } from './bench-options.ts';
import { writing } from './output-file.ts';

interface OnsetFlags {
  readonly seeds: string;
  readonly onsets: string;
  readonly faults?: string;
  readonly json?: boolean;
  readonly out?: string;
}

/** `vernier bench onsets [--seeds 11,12,13] [--onsets 13] [--faults LIST] [--json] [--out DIR]` */
export function registerBenchOnsets(bench: Command): void {
  bench
    .command('onsets')
    .description(
      'abrupt onsets of the promised size at live cadence on the simulated venue (SYNTHETIC), one batch a second, default settings: seconds until found, and under which name',
    )
    .option('--seeds <list>', 'of the venue, separated by commas', '11')
    .option('--onsets <n>', 'of each kind and seed', '13')
    .option('--faults <list>', 'names separated by commas; all without it')
    .option('--json', 'the result as one JSON object')
    .option('--out <dir>', 'where report.md, report.html, report.json, pictures and answer-key.ndjson go')
    .action((flags: OnsetFlags) => {
      const seeds = flags.seeds.split(',').map((s) => whole(s, '--seeds', 0));
      const onsets = whole(flags.onsets, '--onsets', 1, 1000);
      const kinds = chosen(PROMISED_FAULTS, String, flags.faults, '--faults');
      const segments = seeds.flatMap((seed) => planOnsets(seed, kinds, onsets));
      const progress = new BenchProgress();
      const runs = segments.map((segment, i): SegmentRun => {
        const share = (s: number): void => progress.show(`seed ${segment.seed}`, (i + s) / segments.length);
        return runSegment(segment, DEFAULT_CONFIG, [DEFAULT_CONFIG.openLogOdds], false, share);
      });
      progress.clear();
      const report = reportAt(runs, 0, DEFAULT_CONFIG.openLogOdds);
      const lines = streamLines(report);
      if (flags.out !== undefined)
        writing('--out', flags.out, () =>
          writeBench(flags.out ?? '', {
            title: 'Onsets at live cadence (SYNTHETIC)',
            lines,
            pictures: streamPictures(report),
            report,
            answerKey: report.cases,
          }),
        );
      process.stdout.write(flags.json === true ? `${JSON.stringify(report)}\n` : `${lines.join('\n')}\n`);
    });
}
