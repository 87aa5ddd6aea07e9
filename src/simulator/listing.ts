/** Which options exist: strike grids by tenor and the life of an instrument. */
import { INVERSE_TICKS, type OptionInstrument, type OptionSide } from '../market/instrument.ts';
import { DAY, dateCode, listedExpiries, type ListedExpiry, type SettlementPeriod } from './calendar.ts';

/** A listed option of the simulated venue. */
export interface ListedOption {
  readonly instrument: OptionInstrument;
  readonly id: number;
  readonly period: SettlementPeriod;
  /** Epoch ms. */
  readonly createdAt: number;
  /** The future or synthetic its forward is published under. */
  readonly forwardName: string;
}

/** Zones of a strike grid: up to |ln K/S| = `to` strikes are multiples of `step` x the base step. */
interface Zone {
  readonly to: number;
  readonly step: number;
}

const GRIDS: Record<'day' | 'week' | 'month' | 'quarter', { readonly low: number; readonly zones: readonly Zone[] }> = {
  day: { low: -0.1, zones: [{ to: 0.055, step: 1 }, { to: 0.1, step: 2 }] },
  week: { low: -0.24, zones: [{ to: 0.1, step: 1 }, { to: 0.17, step: 2 }, { to: 0.24, step: 5 }] },
  month: { low: -0.7, zones: [{ to: 0.11, step: 2 }, { to: 0.35, step: 5 }, { to: 0.65, step: 10 }] },
  quarter: { low: -1.15, zones: [{ to: 0.6, step: 5 }, { to: 0.9, step: 10 }, { to: 1.3, step: 20 }] },
}; // prettier-ignore

/** The base step of strikes: about 1 % of spot, in the 1-2-5 series. */
export function baseStep(spot: number): number {
  const target = spot * 0.0105;
  let unit = 1;
  while (unit * 10 <= target) unit *= 10;
  while (unit > target) unit /= 10;
  return target >= 5 * unit ? 5 * unit : target >= 2 * unit ? 2 * unit : unit;
}

/** Strikes listed for an expiry at a spot (USD), ascending. */
export function strikes(spot: number, expiry: ListedExpiry, at: number): number[] {
  const days = (expiry.expiry - at) / DAY;
  const grid = GRIDS[expiry.period === 'month' ? (days > 75 ? 'quarter' : 'month') : expiry.period];
  const base = baseStep(spot);
  const found = new Set<number>();
  for (const [i, zone] of grid.zones.entries()) {
    const step = zone.step * base;
    const inner = i === 0 ? 0 : grid.zones[i - 1].to;
    const first = Math.ceil((spot * Math.exp(Math.max(-zone.to, grid.low))) / step);
    const last = Math.floor((spot * Math.exp(zone.to)) / step);
    for (let n = Math.max(1, first); n <= last; n++)
      if (Math.abs(Math.log((n * step) / spot)) >= inner || i === 0) found.add(n * step);
  }
  return [...found].sort((a, b) => a - b);
}

/** The venue's name of an option; decimal strikes use `d`. */
export function optionName(underlying: string, expiry: number, strike: number, side: OptionSide): string {
  return `${underlying}-${dateCode(expiry)}-${String(strike).replace('.', 'd')}-${side === 'call' ? 'C' : 'P'}`;
}

/** All options a fresh listing at `at` would hold, calls and puts, expiry ascending, strike ascending. */
export function freshListing(underlying: string, spot: number, at: number, nextId: () => number): ListedOption[] {
  const found: ListedOption[] = [];
  for (const expiry of listedExpiries(at))
    for (const strike of strikes(spot, expiry, at))
      for (const side of ['call', 'put'] as const)
        found.push(listOption(underlying, expiry, strike, side, at, nextId()));
  return found;
}

/** One new option. */
export function listOption(
  underlying: string,
  expiry: ListedExpiry,
  strike: number,
  side: OptionSide,
  at: number,
  id: number,
): ListedOption {
  const instrument: OptionInstrument = {
    venue: 'deribit',
    symbol: optionName(underlying, expiry.expiry, strike, side),
    underlying,
    expiry: expiry.expiry,
    strike,
    side,
    settlement: 'inverse',
    premiumCurrency: underlying,
    ticks: INVERSE_TICKS,
    contractSize: 1,
  };
  const code = `${underlying}-${dateCode(expiry.expiry)}`;
  return { instrument, id, period: expiry.period, createdAt: at, forwardName: expiry.hasFuture ? code : `SYN.${code}` };
}
