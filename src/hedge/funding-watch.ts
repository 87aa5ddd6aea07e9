/**
 * Basis and funding of the instrument that is hedged with, watched before anything else: where the perpetual leaves the
 * index by percents a hedge saves little whatever its ratio (methods note, hedging 2.1). Robust against its own past.
 */
import { MAD_TO_SD, median, medianAbsoluteDeviation } from '../numeric/robust.ts';

/** One perpetual's past at five-minute spacing; plain data, bounded. */
export interface FundingWatch {
  readonly symbol: string;
  /** Funding per 8 hours, fraction, oldest first. */
  readonly rates: number[];
  /** Price over index - 1. */
  readonly bases: number[];
  takenAt: number;
  /** Samples in a row beyond the bound, by what is beyond. */
  readonly beyond: { rate: number; basis: number };
}

/** Nothing seen. */
export function initFundingWatch(symbol: string): FundingWatch {
  return { symbol, rates: [], bases: [], takenAt: -Infinity, beyond: { rate: 0, basis: 0 } };
}

const EVERY_MS = 300_000;
/** Samples kept (three days) and needed (six hours). */
const KEPT = 864;
const LEAST = 72;
/** Robust standard deviations, and the least that is worth telling: 3 bp per 8 hours (33 % a year), 25 bp of basis. */
const SHOCK = 8;
const LEAST_RATE = 3e-4;
const LEAST_BASIS = 25e-4;
/** Samples in a row that must show it. */
const PATIENCE = 2;

/** A shock of funding or basis with what it is measured in. */
export interface FundingShock {
  readonly what: 'funding' | 'basis';
  readonly value: number;
  readonly usual: number;
  /** Robust standard deviations away from the usual. */
  readonly z: number;
  /** Cost of holding one coin of hedge at this rate, share of notional a year; null for a basis. */
  readonly perYear: number | null;
}

/**
 * Takes one sample at most every five minutes (`at`, epoch ms): funding per 8 hours (fraction) and price over index - 1;
 * NaN = not known. Learns only what is no shock, so that a shock does not become the norm within its first day; what
 * lasts longer than {@link LEAST} samples is a regime and is learnt.
 */
export function watchFunding(watch: FundingWatch, at: number, rate: number, basis: number): FundingShock[] {
  if (at - watch.takenAt < EVERY_MS) return shocksOf(watch, rate, basis);
  watch.takenAt = at;
  take(watch.rates, rate, LEAST_RATE, watch.beyond, 'rate');
  take(watch.bases, basis, LEAST_BASIS, watch.beyond, 'basis');
  return shocksOf(watch, rate, basis);
}

function take(
  past: number[],
  value: number,
  least: number,
  beyond: FundingWatch['beyond'],
  key: 'rate' | 'basis',
): void {
  if (!Number.isFinite(value)) return;
  const z = zOf(past, value, least);
  beyond[key] = z >= SHOCK ? beyond[key] + 1 : 0;
  if (beyond[key] > 0 && beyond[key] < 4 * LEAST) return;
  past.push(value);
  if (past.length > KEPT) past.shift();
}

/** Robust z; 0 while too little is known or the move is too small to matter. */
function zOf(past: readonly number[], value: number, least: number): number {
  if (past.length < LEAST || !Number.isFinite(value)) return 0;
  const centre = median(past);
  const spread = MAD_TO_SD * medianAbsoluteDeviation(past);
  return Math.abs(value - centre) < least ? 0 : Math.abs(value - centre) / Math.max(spread, least / SHOCK);
}

function shocksOf(watch: FundingWatch, rate: number, basis: number): FundingShock[] {
  const found: FundingShock[] = [];
  if (watch.beyond.rate >= PATIENCE) {
    const z = zOf(watch.rates, rate, LEAST_RATE);
    if (z >= SHOCK)
      found.push({ what: 'funding', value: rate, usual: median(watch.rates), z, perYear: rate * 3 * 365 });
  }
  if (watch.beyond.basis >= PATIENCE) {
    const z = zOf(watch.bases, basis, LEAST_BASIS);
    if (z >= SHOCK) found.push({ what: 'basis', value: basis, usual: median(watch.bases), z, perYear: null });
  }
  return found;
}
