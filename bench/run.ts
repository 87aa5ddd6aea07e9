/**
 * `npm run bench -- [--json] [--smoke] [NAME-PART...]`: runs every bench of this folder whose name contains one of the
 * parts. A file of the folder takes part by exporting `benches`. Figures depend on the machine; hashes must not.
 */
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

async function discover(): Promise<Bench[]> {
  const folder = new URL('.', import.meta.url);
  const found: Bench[] = [];
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.ts') && name !== 'run.ts')
    .sort()) {
    const module = (await import(new URL(file, folder).href)) as { benches?: readonly Bench[] };
    found.push(...(module.benches ?? []));
  }
  return found;
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

async function main(args: readonly string[]): Promise<void> {
  const parts = args.filter((arg) => !arg.startsWith('--'));
  const smoke = args.includes('--smoke');
  const chosen = (await discover()).filter((b) => parts.length === 0 || parts.some((part) => b.name.includes(part)));
  for (const bench of chosen) {
    const r = report(bench, await bench.run(smoke));
    process.stdout.write(`${args.includes('--json') ? JSON.stringify(r) : line(r)}\n`);
  }
  if (chosen.length === 0) {
    process.stderr.write(`no bench is named like ${parts.join(' ')}\n`);
    process.exitCode = 2;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
