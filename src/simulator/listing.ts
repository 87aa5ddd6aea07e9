/** Which options exist: strike grids by tenor and the life of an instrument. */
import { INVERSE_TICKS, type OptionInstrument, type OptionSide } from '../market/instrument.ts';
import { DAY, dateCode, listedExpiries, tenor, type ListedExpiry, type SettlementPeriod } from './calendar.ts';

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

/** |ln K/S| within which strikes are added to an expiry that is listed already. */
const ADDED_WITHIN = 0.06;
/** Time from listing to expiry by series, ms. */
const LIFE: Record<SettlementPeriod, number> = { day: 3 * DAY, week: 16 * DAY, month: 90 * DAY };

/** The base step of strikes: 1 to 1.4 % of spot, in the series 1, 2.5, 5, 10. */
export function baseStep(spot: number): number {
  const target = spot * 0.0145;
  let unit = 1;
  while (unit * 10 <= target) unit *= 10;
  while (unit > target) unit /= 10;
  return target >= 5 * unit ? 5 * unit : target >= 2.5 * unit ? 2.5 * unit : unit;
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

/** All options listed when the tape starts: created before it, the `limit` nearest the money if there is a limit. */
export function firstListing(
  underlying: string,
  spot: number,
  at: number,
  limit: number | null,
  nextId: () => number,
): ListedOption[] {
  const all: ListedOption[] = [];
  for (const expiry of listedExpiries(at))
    for (const strike of strikes(spot, expiry, at))
      for (const side of ['call', 'put'] as const) {
        const createdAt = Math.min(at, expiry.expiry - LIFE[expiry.period]);
        all.push(listOption(underlying, expiry, strike, side, createdAt, nextId()));
      }
  if (limit === null || all.length <= limit) return all;
  const distance = (o: ListedOption): number =>
    Math.abs(Math.log(o.instrument.strike / spot)) / Math.sqrt(tenor(at, o.instrument.expiry));
  const kept = new Set([...all].sort((a, b) => distance(a) - distance(b) || a.id - b.id).slice(0, limit));
  return all.filter((o) => kept.has(o));
}

/** What the venue lists next: new expiries in full; for a spot that has moved, strikes near it and beyond the grid. */
export function additions(
  underlying: string,
  spot: number,
  at: number,
  listed: readonly OptionInstrument[],
  limit: number | null,
  nextId: () => number,
): ListedOption[] {
  const known = Map.groupBy(listed, (i) => i.expiry);
  const found: ListedOption[] = [];
  for (const expiry of listedExpiries(at)) {
    const have = new Set(known.get(expiry.expiry)?.map((i) => i.strike));
    const near = (k: number): boolean => Math.abs(Math.log(k / spot)) < ADDED_WITHIN;
    const all = strikes(spot, expiry, at);
    const full = [...have].filter(near).length >= all.filter(near).length;
    const low = Math.min(...have);
    const high = Math.max(...have);
    const wanted = have.size === 0 ? all : all.filter((k) => (near(k) && !full) || k < low || k > high);
    for (const strike of wanted)
      if (!have.has(strike))
        for (const side of ['call', 'put'] as const)
          found.push(listOption(underlying, expiry, strike, side, at, nextId()));
  }
  return limit === null ? found : found.slice(0, Math.max(0, limit - listed.length));
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
