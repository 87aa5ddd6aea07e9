import type { ChainEntry } from '../market/chain.ts';

/** Fewer prices than this lie on any grid by chance. */
const MINIMUM = 16;
/** Share of prices that may lie off a grid: one bad price does not make it finer. */
const OFF = 0.05;
/** How far from a whole number of steps rounding of binary fractions leaves a price, steps. */
const BINARY = 1e-4;
/** Steps looked for beyond the finest one, powers of ten. */
const DECADES = 12;

function liesOn(values: readonly number[], step: number): boolean {
  let left = Math.floor(OFF * values.length);
  for (const v of values) {
    const steps = v / step;
    if (Math.abs(steps - Math.round(steps)) > BINARY && --left < 0) return false;
  }
  return true;
}

/**
 * The coarsest step of 1, 2 or 5 times a power of ten of `finest` that all but a twentieth of `values` are multiples of;
 * unit and scale of the values. 0 when they are no multiples of `finest` either, are fewer than sixteen, or all equal: then
 * nothing is known. By chance n values on a grid lie on the next coarser one with probability 2^-n.
 */
export function gridOf(values: readonly number[], finest: number): number {
  if (values.length < MINIMUM || values.every((v) => v === values[0]) || !liesOn(values, finest)) return 0;
  let step = finest;
  for (let i = 0; i < DECADES && liesOn(values, 10 * step); i++) step *= 10;
  if (liesOn(values, 5 * step)) return 5 * step;
  return liesOn(values, 2 * step) ? 2 * step : step;
}

/**
 * The step that bids and asks of a chain keep, premium currency: a venue, a recording or a market maker may round to coarser
 * prices than the listed tick. 0 with too few two-sided quotes to tell; never finer than the smallest listed tick.
 */
export function quotedGrid(entries: readonly ChainEntry[]): number {
  const prices: number[] = [];
  for (const { quote } of entries)
    if (quote !== null && quote.bid !== null && quote.ask !== null) prices.push(quote.bid, quote.ask);
  return entries.length === 0 ? 0 : gridOf(prices, entries[0].instrument.ticks[0].tick);
}
