/** Index, futures and the volatility index of one underlying: what options are quoted against. */
import type { Random } from '../numeric/random.ts';
import { dateCode, tenor, type ListedExpiry } from './calendar.ts';
import type { FutureOutput } from './output.ts';
import { basisRate, type TrueSmile } from './surface.ts';
import type { TrueFactors } from './path.ts';

const CONSTITUENTS = 8;
/** A constituent counts at most this far from the median. */
const CAP = 0.005;

/** The index as the venue forms it: constituents capped at +-0.5 % of their median, highest and lowest dropped, mean. */
export function cappedIndex(prices: readonly number[]): number {
  const sorted = [...prices].sort((a, b) => a - b);
  const middle = 0.5 * (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]);
  let sum = 0;
  for (let i = 1; i < sorted.length - 1; i++)
    sum += Math.min(middle * (1 + CAP), Math.max(middle * (1 - CAP), sorted[i]));
  return sum / (sorted.length - 2);
}

/** The spot venues of one underlying and the index over them. */
export class SpotVenues {
  readonly #random: Random;
  readonly #offset = new Float64Array(CONSTITUENTS);

  constructor(random: Random) {
    this.#random = random;
  }

  /** The index after `dt` ms around `spot` (USD). */
  index(spot: number, dt: number): number {
    const keep = Math.exp(-dt / 20_000);
    const prices: number[] = [];
    for (let i = 0; i < CONSTITUENTS; i++) {
      this.#offset[i] = keep * this.#offset[i] + 0.0001 * Math.sqrt(1 - keep * keep) * this.#random.normal();
      prices.push(spot * (1 + this.#offset[i]));
    }
    return cappedIndex(prices);
  }
}

/** Quotes of the perpetual (null expiry) and of every dated future. */
export function futuresOf(
  underlying: string,
  at: number,
  factors: TrueFactors,
  index: number,
  expiries: readonly ListedExpiry[],
  basisShift: number,
  depth: number,
  random: Random,
): FutureOutput[] {
  const perpetual = factors.spot * (1 + 30 * (factors.funding8h - 0.00005) * 0.1 + basisShift * 0.002);
  const found = [
    future(`${underlying}-PERPETUAL`, underlying, null, at, perpetual, index, factors.funding8h, depth, random),
  ];
  for (const listed of expiries) {
    if (!listed.hasFuture) continue;
    const years = tenor(at, listed.expiry);
    const fair = factors.spot * Math.exp(basisRate(factors, years, basisShift) * years);
    const symbol = `${underlying}-${dateCode(listed.expiry)}`;
    found.push(future(symbol, underlying, listed.expiry, at, fair, index, null, depth, random));
  }
  return found;
}

function future(
  symbol: string,
  underlying: string,
  expiry: number | null,
  at: number,
  fair: number,
  index: number,
  funding8h: number | null,
  depth: number,
  random: Random,
): FutureOutput {
  const tick = underlying === 'BTC' ? (expiry === null ? 0.5 : 2.5) : expiry === null ? 0.05 : 0.25;
  const bid = Math.floor(fair / tick) * tick;
  const size = (): number => 10 * Math.max(1, Math.round(1500 * depth * Math.exp(random.normal())));
  return {
    type: 'future', at, symbol, underlying, expiry, bid, ask: bid + tick, bidSize: size(), askSize: size(),
    mark: Math.round(fair * 100) / 100, index: Math.round(index * 100) / 100, funding8h,
  }; // prettier-ignore
}

/** Thirty-day volatility index (fraction): at-the-money variance interpolated linearly, times the usual wing premium. */
export function volatilityIndex(smiles: readonly TrueSmile[]): number {
  const target = 30 / 365;
  const near = smiles.filter((s) => s.years <= target && s.years > 1 / 365).at(-1);
  const far = smiles.find((s) => s.years > target);
  if (near === undefined || far === undefined) return (near ?? far ?? smiles[0]).atmVolatility() * 1.03;
  const variance = (s: TrueSmile): number => s.atmVolatility() * s.atmVolatility() * s.years;
  const weight = (far.years - target) / (far.years - near.years);
  return 1.03 * Math.sqrt((weight * variance(near) + (1 - weight) * variance(far)) / target);
}
