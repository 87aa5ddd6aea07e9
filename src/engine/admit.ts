import type { FitResultEvent, InstrumentEvent, MarketEvent } from '../market/event.ts';
import { scopeKey } from '../model/contract.ts';
import { countRefused, type EngineState } from './state.ts';

/** Times outside these years are no times of a market: a zero, a missing value, another unit. Epoch ms. */
const EARLIEST = Date.UTC(1990, 0, 1);
const LATEST = Date.UTC(2200, 0, 1);

/**
 * The engine's own border, behind those of venues and files, for what would be wrong whoever sent it: the event as the
 * handlers may take it, or null when it was refused (counted by reason). Costs two comparisons per quote.
 */
export function admit(state: EngineState, event: MarketEvent): MarketEvent | null {
  // A refusal is only counted, under its own reason; what has no usable time is often why.
  if (event.type === 'refused') return event;
  if (!isTime(event.at) || !isTime(event.receivedAt)) return refused(state, 'time-out-of-range');
  if (event.type === 'instrument' && !isInstrument(event)) return refused(state, 'instrument-out-of-domain');
  if (state.underlyings.size >= MOST_UNDERLYINGS && bringsAnother(state, event))
    return refused(state, 'too-many-underlyings');
  if (event.type === 'fit-result') return plainAnswer(state, event);
  return event;
}

/** Underlyings that one engine keeps: far more than anybody watches, and an end to what a file of names can make it hold. */
export const MOST_UNDERLYINGS = 500;

/** Whether an event would bring an underlying that is not known. */
function bringsAnother(state: EngineState, event: MarketEvent): boolean {
  const type = event.type;
  if (type !== 'instrument' && type !== 'index' && type !== 'future' && type !== 'snapshot-end') return false;
  const { venue, underlying } = type === 'instrument' ? event.instrument : event;
  return !state.underlyings.has(scopeKey({ venue, underlying, expiry: 0 }));
}

function refused(state: EngineState, reason: string): null {
  countRefused(state, reason);
  return null;
}

function isTime(epochMs: number): boolean {
  return epochMs >= EARLIEST && epochMs <= LATEST;
}

function isInstrument({ instrument }: InstrumentEvent): boolean {
  const { expiry, strike, contractSize, ticks } = instrument;
  return (
    isTime(expiry) &&
    strike > 0 &&
    Number.isFinite(strike) &&
    contractSize > 0 &&
    Number.isFinite(contractSize) &&
    ticks.length > 0
  );
}

/** An answer that holds anything but finite numbers is no answer; what the log made of them (null) says so too. */
function plainAnswer(state: EngineState, event: FitResultEvent): FitResultEvent {
  const { parameters, covariance, numbers } = event.outcome;
  if ([...parameters, ...covariance, ...Object.values(numbers)].every(Number.isFinite)) return event;
  countRefused(state, 'answer-not-finite');
  return { ...event, outcome: { status: 'not-finite', parameters: [], covariance: [], numbers: {} } };
}
