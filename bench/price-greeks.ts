/** Price and fifteen greeks of 1,024 options, by the SIMD kernel and by its scalar twin. */
import { BLACK_COLUMNS, blackGreekColumns, emptyGreekColumns } from '../src/numeric/black.ts';
import { interleaved } from './implied-volatility.ts';
import { optionColumns } from './option-columns.ts';
import type { Bench, BenchResult } from './run.ts';
import { hashNumbers } from './surface-rounds.ts';

function measure(smoke: boolean, engine: 'simd' | 'scalar'): BenchResult {
  const options = optionColumns(smoke ? 64 : 1024, 3);
  const out = emptyGreekColumns(options.forward.length);
  const [samples] = interleaved(smoke, options.forward.length, [() => void blackGreekColumns(options, out, engine)]);
  return { samples, hash: hashNumbers(BLACK_COLUMNS.map((name) => out[name])) };
}

/** Nanoseconds an option. */
export const benches: Bench[] = [
  { name: 'price-greeks', unit: 'ns', run: (smoke) => measure(smoke, 'simd') },
  { name: 'price-greeks/twin', unit: 'ns', run: (smoke) => measure(smoke, 'scalar') },
];
