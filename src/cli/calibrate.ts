import { existsSync, openSync, readFileSync, readSync, closeSync, statSync } from 'node:fs';
import type { Command } from 'commander';
import { CALIBRATION_MODELS, calibrateSlices } from '../app/calibrate-slices.ts';
import type { CalibratedSlice, Calibration, CalibrationModel } from '../app/calibrate-slices.ts';
import { lastChain } from '../app/chain-slices.ts';
import type { ChainSlices } from '../app/chain-slices.ts';
import { CsvError } from '../app/csv.ts';
import { isSliceHeader, readSliceFile } from '../app/slice-file.ts';
import type { NamedSlice, SliceFile } from '../app/slice-file.ts';
import { readSmileJson } from '../app/smile-json.ts';
import { RecordingError } from '../venue/recording/recording-error.ts';
import { isoTime } from '../market/iso-time.ts';
import type { SmileFamily } from '../surface/family.ts';
import { Progress } from './progress.ts';
import { smilePlot } from './smile-plot.ts';
import { UsageError, parseTime } from './usage-error.ts';

interface CalibrateFlags {
  model: string;
  objective: string;
  arbitrageFree?: boolean;
  map?: string;
  to?: string;
  json?: boolean;
}

/** `vernier calibrate FILE` */
export function registerCalibrate(program: Command): void {
  program
    .command('calibrate')
    .description('fit a model to every expiry of a slice file, or to the last snapshot of recorded chains')
    .argument(
      '<file>',
      'slices (CSV with slice,T,F,k,iv), a smile (JSON with forward, expiry_years, market_vols) or chains (parquet, CSV, JSON; gz accepted)',
    )
    .option('--model <name>', CALIBRATION_MODELS.join(' | '), 'svi')
    .option(
      '--objective <name>',
      'equal | error-bars (equal weights, or Huber over the error bar of each quote)',
      'equal',
    )
    .option('--arbitrage-free', 'no butterfly arbitrage in the quoted range')
    .option('--to <time>', 'chains: take the last snapshot up to this time, ISO-8601 UTC')
    .option('--map <yaml>', 'chains: mapping file for a dialect that is not built in (docs/mapping-files.md)')
    .option('--json', 'one JSON object a slice on stdout')
    .action(calibrate);
}

async function calibrate(file: string, flags: CalibrateFlags): Promise<void> {
  const model = CALIBRATION_MODELS.find((m) => m === flags.model);
  if (!model) throw new UsageError(`--model ${flags.model}: one of ${CALIBRATION_MODELS.join(', ')}`);
  const objective = flags.objective;
  if (objective !== 'equal' && objective !== 'error-bars')
    throw new UsageError(`--objective ${objective}: equal or error-bars`);
  const slices = await readSlices(file, flags);
  const request = { model, objective, arbitrageFree: flags.arbitrageFree === true } as const;
  const calibration = calibrateSlices(slices, request, () => performance.now());
  if (flags.json === true) for (const s of calibration.slices) process.stdout.write(`${record(s, calibration)}\n`);
  else print(slices, calibration, model);
}

async function readSlices(file: string, flags: CalibrateFlags): Promise<readonly NamedSlice[]> {
  if (!existsSync(file)) throw new UsageError(`${file}: no such file`);
  const quoted = readQuotes(file);
  if (quoted) {
    const { slices, refused } = quoted;
    if (refused.length > 0)
      process.stderr.write(`${refused.length} lines left out: ${refused.slice(0, 5).join('; ')}\n`);
    if (slices.length === 0) throw new UsageError(`${file}: no line with a usable quote`);
    return slices;
  }
  const progress = new Progress(flags.json === true);
  const to = flags.to === undefined ? undefined : parseTime('--to', flags.to);
  const onProgress = (share: number): void => progress.show(`${(100 * share).toFixed(0)} %`);
  let chain: ChainSlices;
  try {
    chain = await lastChain([file], { map: flags.map, to, onProgress });
  } catch (error) {
    // The file itself is what the caller got wrong.
    if (error instanceof RecordingError) throw new UsageError(error.message, { cause: error });
    throw error;
  } finally {
    progress.clear();
  }
  for (const [underlying, at] of chain.snapshots) process.stderr.write(`${underlying} at ${isoTime(at)}\n`);
  const refused = [...chain.refused].map(([reason, n]) => `${reason} ${n}`).join(', ');
  if (refused !== '') process.stderr.write(`quotes not used: ${refused}\n`);
  return chain.slices;
}

/** Largest smile document read. */
const MAX_SMILE_BYTES = 16 * 1024 * 1024;

/** Quotes of a slice file or a smile document; undefined when the file is neither. */
function readQuotes(file: string): SliceFile | undefined {
  const head = firstLine(file);
  try {
    if (isSliceHeader(head)) return readSliceFile(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof CsvError) throw new UsageError(`${file}: ${error.message}`, { cause: error });
    throw error;
  }
  if (!head.startsWith('{') || statSync(file).size > MAX_SMILE_BYTES) return undefined;
  return readSmileJson(readFileSync(file, 'utf8'));
}

const HEAD_BYTES = 4096;

function firstLine(file: string): string {
  const head = Buffer.alloc(HEAD_BYTES);
  const handle = openSync(file, 'r');
  try {
    const length = readSync(handle, head, 0, HEAD_BYTES, 0);
    return head
      .toString('utf8', 0, length)
      .trimStart()
      .split(/\r\n?|\n/, 1)[0];
  } finally {
    closeSync(handle);
  }
}

/** A number of JSON: null when it does not exist. */
const orNull = (v: number): number | null => (Number.isFinite(v) ? v : null);

function record(s: CalibratedSlice, { family }: Calibration): string {
  const parameters = Object.fromEntries(family.parameters.map((p, i) => [p.name, orNull(s.fit.parameters[i])]));
  return JSON.stringify({
    type: 'slice',
    slice: s.slice,
    T: s.years,
    n: s.n,
    rmse_vol: orNull(s.fit.rmseVol),
    min_g: orNull(s.fit.arbitrage.minG),
    status: s.fit.status,
    elapsed_us: orNull(s.elapsedUs),
    parameters,
    ...(s.fit.reason === '' ? {} : { reason: s.fit.reason }),
  });
}

/** Parameters of a slice in one cell; a non-parametric curve has too many to read. */
const READABLE = 8;

function print(slices: readonly NamedSlice[], calibration: Calibration, model: CalibrationModel): void {
  const { family } = calibration;
  const header = ['slice', 'T', 'n', 'rmse bp', 'min g', 'us', 'status'];
  const names = family.parameters.length <= READABLE ? family.parameters.map((p) => p.name) : [];
  const rows = calibration.slices.map((s) => [
    s.slice,
    s.years.toFixed(4),
    String(s.n),
    (1e4 * s.fit.rmseVol).toFixed(1),
    s.fit.arbitrage.minG.toFixed(4),
    s.elapsedUs.toFixed(0),
    s.fit.status,
    ...names.map((_, i) => s.fit.parameters[i].toPrecision(5)),
  ]);
  const table = [[...header, ...names], ...rows];
  const widths = table[0].map((_, c) => Math.max(...table.map((r) => r[c].length)));
  for (const r of table) process.stdout.write(`${r.map((cell, c) => cell.padStart(widths[c])).join('  ')}\n`);
  process.stdout.write(
    `${model}: rms ${(1e4 * calibration.rmseVol).toFixed(1)} bp over ${calibration.slices.length} slices\n`,
  );
  const columns = Math.min(72, (process.stdout.columns ?? 80) - 10);
  calibration.slices.forEach((s) => {
    const named = slices.find((c) => c.slice === s.slice);
    if (!named) return;
    const title = `${s.slice}  T ${s.years.toFixed(4)}  ${s.fit.status}${s.fit.reason === '' ? '' : `: ${s.fit.reason}`}`;
    process.stdout.write(
      `\n${title}\n${smilePlot(named.quotes, curveOf(family, s), { columns, rows: 8 }).join('\n')}\n`,
    );
  });
}

function curveOf(family: SmileFamily, s: CalibratedSlice): (k: number) => number {
  return (k) => Math.sqrt(family.totalVariance(s.fit.parameters, k, s.years) / s.years);
}
