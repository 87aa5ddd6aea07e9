import type { EventTimes, MarketEvent } from '../market/event.ts';
import { admit } from './admit.ts';
import { closeBatch } from './close.ts';
import { onCreditFit } from './credit-loop.ts';
import type { Effect } from './effect.ts';
import { judgeEnded } from './judge-incidents.ts';
import { onCreditQuote, onCreditTerms, onCreditTime } from './on-credit.ts';
import { onFitResult } from './on-fit-result.ts';
import { updateGates } from './gates.ts';
import {
  noteLate,
  onDelivery,
  onFeed,
  onFuture,
  onGap,
  onIndex,
  onInstrument,
  onPlatform,
  onPulse,
  onQuote,
  onTrade,
} from './on-market.ts';
import { onOperator } from './on-operator.ts';
import { onOwnFill, onOwnQuote } from './on-own.ts';
import { onEquity, onFill, onPositions } from './on-positions.ts';
import { onPushedFit } from './on-pushed-fit.ts';
import { onPushedGreeks } from './on-pushed-greeks.ts';
import { removeExpiry, underlyingOf } from './place.ts';
import { withMoney } from './watch-book.ts';
import { watchSilence } from './watch-silence.ts';
import { countRefused, type EngineState, type UnderlyingState } from './state.ts';

const NONE: readonly Effect[] = [];

/**
 * The engine: takes one event, changes the state it owns, and returns what the world should do. Deterministic: the
 * same events in the same order give the same effects to the last bit, live or replayed.
 */
export function step(state: EngineState, sent: MarketEvent): readonly Effect[] {
  state.counts.events++;
  const event = admit(state, sent);
  if (event === null) return NONE;
  const effects = handle(state, event);
  const verdicts = judgeEnded(state);
  return withMoney(state, verdicts.length === 0 ? effects : [...effects, ...verdicts]);
}

function handle(state: EngineState, event: MarketEvent): readonly Effect[] {
  switch (event.type) {
    case 'quote':
      return advance(state, onQuote(state, event), event);
    case 'trade':
      return advance(state, onTrade(state, event), event);
    case 'index':
      return advance(state, onIndex(state, event), event);
    case 'future':
      return advance(state, onFuture(state, event), event);
    case 'instrument':
      onInstrument(state, event);
      return NONE;
    case 'snapshot-end':
      return closeSnapshot(state, underlyingOf(state, event.venue, event.underlying), event.at);
    case 'timer':
      return [...state.underlyings.values()]
        .flatMap((u) => advance(state, u, event))
        .concat(onCreditTime(state, event));
    case 'fit-result':
      return onCreditFit(state, event) ?? onFitResult(state, event);
    case 'credit-terms':
      return onCreditTerms(state, event);
    case 'credit-quote':
      return onCreditQuote(state, event);
    case 'pushed-fit':
      return onPushedFit(state, event);
    case 'pushed-greeks':
      return onPushedGreeks(state, event);
    case 'own-quote':
      onOwnQuote(state, event);
      return NONE;
    case 'own-fill':
      onOwnFill(state, event);
      onFill(state, event);
      return NONE;
    case 'positions':
      onPositions(state, event);
      return NONE;
    case 'equity':
      onEquity(state, event);
      return NONE;
    case 'refused':
      countRefused(state, event.reason);
      return NONE;
    case 'platform':
      onPlatform(state, event);
      return shutGates(state, event.at);
    case 'feed':
      onFeed(state, event);
      return shutGates(state, event.at);
    case 'delivery':
      onDelivery(state, event);
      return NONE;
    case 'gap':
      onGap(state, event);
      return NONE;
    case 'pulse':
      onPulse(state, event);
      return NONE;
    case 'operator':
      return onOperator(state, event);
    case 'volatility-index':
      return NONE;
    default:
      return unknown(event);
  }
}

/** A shut venue or a dead feed brings no batch that could move the gates: they move now. */
function shutGates(state: EngineState, at: number): readonly Effect[] {
  return [...state.underlyings.values()].flatMap((u) => updateGates(u, [], at));
}

function unknown(event: never): never {
  throw new Error(`no handler for ${JSON.stringify(event)}`);
}

/**
 * Moves an underlying's watermark and closes the batches it has passed. W = min(venue time, receive time + tolerance)
 * minus the allowed lateness: one timestamp from the future must not make the rest late (correction 8).
 */
function advance(state: EngineState, underlying: UnderlyingState | null, event: EventTimes): readonly Effect[] {
  if (underlying === null) return NONE;
  const { batchMs, latenessMs, clockToleranceMs, minChanged } = state.config;
  noteLate(state, underlying, event.at);
  const mark = Math.min(event.at, event.receivedAt + clockToleranceMs) - latenessMs;
  if (!(mark > underlying.watermark)) return NONE;
  underlying.watermark = mark;
  const boundary = Math.floor(mark / batchMs) * batchMs;
  if (boundary <= (Number.isFinite(underlying.closedAt) ? underlying.closedAt : -Infinity)) return NONE;
  const ready = underlying.expiries.filter((e) => e.changed >= minChanged && e.expiry > boundary);
  const silence = watchSilence(underlying, boundary, state.config.openLogOdds);
  if (ready.length === 0) return silence;
  return [...silence, ...closeBatch(state, underlying, ready, boundary)];
}

/** The end of a snapshot closes every expiry that is not over; expired ones are forgotten. */
function closeSnapshot(state: EngineState, underlying: UnderlyingState, at: number): readonly Effect[] {
  if (at < underlying.closedAt) {
    countRefused(state, 'time-backwards');
    return NONE;
  }
  for (const expiry of underlying.expiries.filter((e) => e.expiry <= at)) {
    const late = expiry.entries.filter((e) => e.quote !== null && e.quote.at >= expiry.expiry).length;
    if (late > 0) countRefused(state, 'expired', late);
    removeExpiry(state, underlying, expiry);
  }
  return [
    ...watchSilence(underlying, at, state.config.openLogOdds),
    ...closeBatch(state, underlying, underlying.expiries, at),
  ];
}
