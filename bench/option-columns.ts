/** SYNTHETIC seeded options for the pricing benches: six tenors, volatilities of 30 to 120 %, 2.5 sd of strikes. */
import { blackPrice } from '../src/numeric/black.ts';
import { Random } from '../src/numeric/random.ts';

/** Out-of-the-money options on a forward of 95,000, in columns. */
export interface OptionColumns {
  readonly isCall: Uint8Array;
  readonly forward: Float64Array;
  readonly strike: Float64Array;
  readonly years: Float64Array;
  readonly sigma: Float64Array;
  readonly price: Float64Array;
}

const TENOR_DAYS = [1, 7, 30, 90, 182, 365];

/** n options in random order of strike and tenor: the worst case for branches, unlike a sorted chain. */
export function optionColumns(n: number, seed: number): OptionColumns {
  const random = new Random(seed, 'bench/option-columns');
  const column = (): Float64Array => new Float64Array(n);
  const isCall = new Uint8Array(n);
  const columns = { forward: column(), strike: column(), years: column(), sigma: column(), price: column() };
  for (let i = 0; i < n; i++) {
    const years = TENOR_DAYS[i % TENOR_DAYS.length] / 365;
    const sigma = random.between(0.3, 1.2);
    const moneyness = random.between(-2.5, 2.5) * sigma * Math.sqrt(years);
    const strike = Math.round(95_000 * Math.exp(moneyness));
    const side = strike >= 95_000 ? 'call' : 'put';
    isCall[i] = side === 'call' ? 1 : 0;
    columns.forward[i] = 95_000;
    columns.strike[i] = strike;
    columns.years[i] = years;
    columns.sigma[i] = sigma;
    columns.price[i] = blackPrice({ side, forward: 95_000, strike, years, sigma });
  }
  return { isCall, ...columns };
}
