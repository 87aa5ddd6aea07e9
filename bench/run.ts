/**
 * `npm run bench -- [--json] [--smoke] [NAME-PART...]`: runs every bench of this folder whose name contains one of the
 * parts. A file of the folder takes part by exporting `benches`. Figures depend on the machine; hashes must not.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What one bench measured. */
export interface BenchResult {
  /** One figure per round, in the bench's unit; empty when its input is absent. */
  readonly samples: readonly number[];
  /** Digest of what was computed: equal wherever the result is. */
  readonly hash: string;
}

/** A seeded measurement. */
export interface Bench {
  /** `room/what`, unique in the folder. */
  readonly name: string;
  /** Unit of a sample, such as `ns` per option, `us` per slice or `ratio`. */
  readonly unit: string;
  /** Runs it; `smoke` asks for the smallest size that still runs every line. */
  run(smoke: boolean): BenchResult | Promise<BenchResult>;
}

/** One printed line. Figures are null when the bench's input is absent. */
interface Report {
  readonly name: string;
  readonly unit: string;
  readonly median: number | null;
  readonly min: number | null;
  readonly p90: number | null;
  readonly n: number;
  readonly hash: string;
}

const FOLDER = new URL('.', import.meta.url);
/** Given by the runner to itself: this process runs the benches of one file. */
const ONE_FILE = '--file=';

function benchFiles(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.ts') && name !== 'run.ts')
    .sort();
}

async function benchesOf(file: string): Promise<readonly Bench[]> {
  const module = (await import(new URL(file, FOLDER).href)) as { benches?: readonly Bench[] };
  return module.benches ?? [];
}

function report(bench: Bench, result: BenchResult): Report {
  const sorted = [...result.samples].sort((a, b) => a - b);
  const at = (p: number): number | null => (sorted.length > 0 ? sorted[Math.floor(p * (sorted.length - 1))] : null);
  return {
    name: bench.name,
    unit: bench.unit,
    median: at(0.5),
    min: at(0),
    p90: at(0.9),
    n: sorted.length,
    hash: result.hash,
  };
}

function line(r: Report): string {
  const figure = (v: number | null): string => (v === null ? '-' : v.toPrecision(4));
  return `${r.name.padEnd(38)} ${figure(r.median).padStart(10)} ${r.unit.padEnd(9)} min ${figure(r.min)} p90 ${figure(r.p90)} n ${r.n} ${r.hash}`;
}

/** Runs what is asked for of one file; the number of benches run. */
async function runFile(file: string, parts: readonly string[], args: readonly string[]): Promise<number> {
  let ran = 0;
  for (const bench of await benchesOf(file)) {
    if (parts.length > 0 && !parts.some((part) => bench.name.includes(part))) continue;
    const r = report(bench, await bench.run(args.includes('--smoke')));
    process.stdout.write(`${args.includes('--json') ? JSON.stringify(r) : line(r)}\n`);
    ran++;
  }
  return ran;
}

/**
 * Every file has a process of its own: what another bench taught the compiler, or left on the heap, is no part of the
 * figure. A smoke run checks that all still run, not how fast, and stays in one process.
 */
async function main(args: readonly string[]): Promise<void> {
  const parts = args.filter((arg) => !arg.startsWith('--'));
  const only = args.find((arg) => arg.startsWith(ONE_FILE))?.slice(ONE_FILE.length);
  const files = only === undefined ? benchFiles() : [only];
  let ran = 0;
  for (const file of files) {
    if (only !== undefined || args.includes('--smoke')) {
      ran += await runFile(file, parts, args);
      continue;
    }
    if (!(await benchesOf(file)).some((b) => parts.length === 0 || parts.some((part) => b.name.includes(part))))
      continue;
    const child = spawnSync(process.execPath, [fileURLToPath(import.meta.url), `${ONE_FILE}${file}`, ...args], {
      stdio: 'inherit',
    });
    if (child.status !== 0) throw new Error(`the benches of ${file} ended with ${child.status ?? child.signal}`);
    ran++;
  }
  if (ran === 0) {
    process.stderr.write(`no bench is named like ${parts.join(' ')}\n`);
    process.exitCode = 2;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
