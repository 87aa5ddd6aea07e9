/** SYNTHETIC chains of inverse options on one smile a expiry, as the events a venue would send, for tests of the engine. */
import { DEFAULT_CONFIG, type EngineConfig } from '../../src/engine/config.ts';
import type { Effect } from '../../src/engine/effect.ts';
import { runFit } from '../../src/engine/models.ts';
import { HEDGE_MODELS } from '../../src/hedge/hedge-model.ts';
import { initEngine, type EngineState } from '../../src/engine/state.ts';
import { step } from '../../src/engine/step.ts';
import type { InstrumentEvent, MarketEvent, QuoteEvent, SnapshotEndEvent } from '../../src/market/event.ts';
import { INVERSE_TICKS, type OptionInstrument } from '../../src/market/instrument.ts';
import { yearsBetween } from '../../src/market/year-fraction.ts';
import type { FitJob } from '../../src/model/contract.ts';
import type { OutputRecord } from '../../src/model/record.ts';
import { inverseGreeks } from '../../src/numeric/inverse.ts';

export const START = Date.UTC(2026, 0, 5, 12);
export const DAY = 86_400_000;
export const SPOT = 90_000;
const STRIKES = [0.75, 0.8, 0.84, 0.88, 0.91, 0.94, 0.96, 0.98, 1, 1.02, 1.04, 1.06, 1.09, 1.12, 1.16, 1.2, 1.27];

/** What the market thinks at one moment. */
export interface Mood {
  readonly at: number;
  readonly forward?: number;
  /** ATM volatility, fraction. */
  readonly level?: number;
  /** Volatility added per squared standardised moneyness, fraction: bends the smile. */
  readonly bend?: number;
  /** Half spread, volatility fraction. */
  readonly half?: number;
  /** Published forward, USD; null = none; default the true one. */
  readonly published?: number | null;
  readonly index?: number | null;
}

/** 08:00 UTC, `days` after the day of START. */
export function expiryIn(days: number): number {
  return Date.UTC(2026, 0, 5, 8) + days * DAY;
}

export function instrumentsOf(expiry: number, venue = 'deribit'): OptionInstrument[] {
  return STRIKES.flatMap((share) =>
    (['call', 'put'] as const).map((side): OptionInstrument => ({
      venue,
      symbol: `BTC-${new Date(expiry).toISOString().slice(0, 10)}-${share * SPOT}-${side === 'call' ? 'C' : 'P'}`,
      underlying: 'BTC',
      expiry,
      strike: share * SPOT,
      side,
      settlement: 'inverse',
      premiumCurrency: 'BTC',
      ticks: INVERSE_TICKS,
      contractSize: 1,
    })),
  );
}

export function listing(expiry: number, at = START): InstrumentEvent[] {
  return instrumentsOf(expiry).map((instrument) => ({
    type: 'instrument',
    at,
    receivedAt: at,
    instrument,
    state: 'open',
  }));
}

/** Volatility of the SYNTHETIC smile at log-moneyness k: an SVI-like hyperbola. */
export function smile(k: number, level: number, years: number): number {
  const x = k / Math.sqrt(Math.max(years, 0.02));
  return level * (0.9 - 0.05 * x + Math.sqrt(0.01 + 0.04 * x * x));
}

export function quoteOf(instrument: OptionInstrument, mood: Mood): QuoteEvent {
  const { at, forward = SPOT, level = 0.5, half = 0.004 } = mood;
  const { side, strike, expiry, symbol, venue } = instrument;
  const years = Math.max(yearsBetween(at, expiry), 1e-6);
  const k = Math.log(strike / forward);
  const x = Math.max(-2.5, Math.min(2.5, k / (level * Math.sqrt(years))));
  const sigma = smile(k, level, years) + (mood.bend ?? 0) * x * x;
  const price = (s: number): number => inverseGreeks({ side, forward, strike, years, sigma: s }).priceCoin;
  const greeks = inverseGreeks({ side, forward, strike, years, sigma });
  return {
    type: 'quote',
    at,
    receivedAt: at,
    venue,
    symbol,
    bid: price(sigma - half),
    ask: price(sigma + half),
    bidSize: 10,
    askSize: 10,
    mark: price(sigma),
    markIv: sigma,
    forward: mood.published === undefined ? forward : mood.published,
    forwardName: 'SYN.BTC',
    index: mood.index === undefined ? SPOT : mood.index,
    delta: greeks.deltaBlack,
    vega: greeks.vegaUsdPerPoint,
    openInterest: 100,
  };
}

export function quotes(expiry: number, mood: Mood): QuoteEvent[] {
  return instrumentsOf(expiry).map((i) => quoteOf(i, mood));
}

export function snapshotEnd(at: number): SnapshotEndEvent {
  return { type: 'snapshot-end', at, receivedAt: at, venue: 'deribit', underlying: 'BTC' };
}

/** An engine at work: what it said, and the fits of smiles it asked for; hedging models are always answered at once. */
export interface Run {
  readonly state: EngineState;
  readonly records: OutputRecord[];
  readonly jobs: FitJob[];
  push(events: readonly MarketEvent[]): Effect[];
}

/** Runs events; with `inline`, every fit asked for comes back at once at the job's own time. */
export function run(config: Partial<EngineConfig> = {}, inline = true): Run {
  const state = initEngine({ ...DEFAULT_CONFIG, ...config });
  const records: OutputRecord[] = [];
  const jobs: FitJob[] = [];
  const one = (event: MarketEvent): Effect[] => {
    const effects = [...step(state, event)];
    const asked: FitJob[] = [];
    for (const effect of effects)
      if (effect.type === 'record') records.push(effect.record);
      else asked.push(effect.job);
    const ofSmiles = asked.filter((job) => !HEDGE_MODELS.has(job.model));
    jobs.push(...ofSmiles);
    for (const job of inline ? asked : asked.filter((j) => HEDGE_MODELS.has(j.model)))
      effects.push(...one(answerOf(job)));
    return effects;
  };
  return { state, records, jobs, push: (events) => events.flatMap(one) };
}

/** The answer of an honest calibrator. */
export function answerOf(job: FitJob, at = job.at): MarketEvent {
  return { type: 'fit-result', at, receivedAt: at, jobId: job.id, outcome: runFit(job) };
}

/** Every path in `value` that holds NaN or an infinity. */
export function notFinite(value: unknown, path = ''): string[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [`${path} = ${value}`];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([k, v]) => notFinite(v, `${path}.${k}`));
}
