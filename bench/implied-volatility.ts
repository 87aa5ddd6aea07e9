/** Implied volatility of 1,024 options: SIMD kernel, scalar twin, warm start, and the ratio the project holds itself to. */
import { kernels } from '../src/numeric/kernels.ts';
import { impliedVolatilities, type Engine, type PriceColumns } from '../src/numeric/implied-volatility.ts';
import { optionColumns, type OptionColumns } from './option-columns.ts';
import type { Bench, BenchResult } from './run.ts';
import { hashNumbers } from './surface-rounds.ts';

const SEED = 3;
/** A tick later: the start is off by up to one part in a thousand. */
const DRIFT = 1e-3;

function sized(smoke: boolean): OptionColumns {
  return optionColumns(smoke ? 64 : 1024, SEED);
}

/** Nanoseconds an option, one sample a fraction of a millisecond (few of them are interrupted), the given works in turn. */
export function interleaved(smoke: boolean, n: number, works: readonly (() => void)[]): number[][] {
  const samples: number[][] = works.map(() => []);
  const rounds = smoke ? 2 : 800;
  const repeats = smoke ? 1 : 2;
  for (const work of works) for (let i = 0; i < (smoke ? 1 : 200); i++) work();
  for (let round = 0; round < rounds; round++) {
    works.forEach((work, w) => {
      const start = performance.now();
      for (let i = 0; i < repeats; i++) work();
      samples[w].push((1e6 * (performance.now() - start)) / (repeats * n));
    });
  }
  return samples;
}

function solve(engine: Engine, quotes: PriceColumns): { work: () => void; hash: () => string } {
  const out = { sigma: new Float64Array(quotes.forward.length), status: new Uint8Array(quotes.forward.length) };
  return {
    work: () => void impliedVolatilities(quotes, out, engine),
    hash: () => {
      if (out.status.some((code) => code !== 0)) throw new Error('a valid price had no volatility');
      return hashNumbers([out.sigma]);
    },
  };
}

function measure(smoke: boolean, engine: Engine, isWarm: boolean): BenchResult {
  if (engine === 'simd' && kernels === undefined) return { samples: [], hash: 'absent: WebAssembly simd128' };
  const quotes = sized(smoke);
  const start = quotes.sigma.map((v, i) => v * (1 + DRIFT * Math.sin(i)));
  const { work, hash } = solve(engine, isWarm ? { ...quotes, start } : quotes);
  const [samples] = interleaved(smoke, quotes.forward.length, [work]);
  return { samples, hash: hash() };
}

/** Best of each group of rounds: what is left when the machine was disturbed in the others. */
function bestOfGroups(samples: readonly number[]): number[] {
  const size = Math.min(10, samples.length);
  return Array.from({ length: samples.length / size }, (_, g) => Math.min(...samples.slice(g * size, (g + 1) * size)));
}

/** Interleaved in one process, so that the machine's state cancels. */
function ratio(smoke: boolean): BenchResult {
  if (kernels === undefined) return { samples: [], hash: 'absent: WebAssembly simd128' };
  const quotes = sized(smoke);
  const simd = solve('simd', quotes);
  const twin = solve('scalar', quotes);
  const [fast, slow] = interleaved(smoke, quotes.forward.length, [simd.work, twin.work]).map(bestOfGroups);
  if (simd.hash() !== twin.hash()) throw new Error('the kernel and its twin disagree');
  return { samples: fast.map((v, i) => v / slow[i]), hash: simd.hash() };
}

/** Nanoseconds an option, and their ratio. */
export const benches: Bench[] = [
  { name: 'implied-volatility/simd', unit: 'ns', run: (smoke) => measure(smoke, 'simd', false) },
  { name: 'implied-volatility/twin', unit: 'ns', run: (smoke) => measure(smoke, 'scalar', false) },
  { name: 'implied-volatility/warm', unit: 'ns', run: (smoke) => measure(smoke, 'simd', true) },
  { name: 'implied-volatility/simd-over-twin', unit: 'ratio', run: ratio },
];
