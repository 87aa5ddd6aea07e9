import type { PushedGreeksEvent } from '../market/event.ts';
import { scopeKey } from '../model/contract.ts';
import { HEDGE_FAMILIES } from '../hedge/hedge-family.ts';
import { countRefused, type EngineState } from './state.ts';

/** Models that push deltas of one underlying, and options of one table. */
const MOST_MODELS = 8;
const MOST_OPTIONS = 20_000;
const NAME = /^[a-z][a-z0-9-]{0,31}$/;

/**
 * Takes a table of deltas: they are ratios of the next horizon that begins, with the age of the push. Refusals are counted
 * as `pushed-greeks-...`; entries that are no number are left out (counted), the rest of the table is taken.
 */
export function onPushedGreeks(state: EngineState, event: PushedGreeksEvent): void {
  const underlying = state.underlyings.get(scopeKey({ ...event, expiry: 0 }));
  if (underlying === undefined) return countRefused(state, 'pushed-greeks-unknown-underlying');
  const { pushed, checks } = underlying.hedge;
  if (!NAME.test(event.model) || HEDGE_FAMILIES.some((f) => f.name === event.model))
    return countRefused(state, 'pushed-greeks-name');
  if (event.symbols.length !== event.deltas.length || event.symbols.length > MOST_OPTIONS)
    return countRefused(state, 'pushed-greeks-length');
  const before = pushed.get(event.model);
  if (before === undefined && pushed.size >= MOST_MODELS) return countRefused(state, 'pushed-greeks-too-many-models');
  // A push may have been made earlier than what has been seen since, never later.
  const at = Math.min(event.at, Math.max(underlying.watermark, event.receivedAt));
  if (before !== undefined && at < before.at) return countRefused(state, 'pushed-greeks-out-of-order');
  // Another convention is another statement: what was held against the old one is not held against it.
  if (before !== undefined && before.convention !== event.convention) checks.delete(event.model);
  const deltas = new Map<string, number>();
  event.symbols.forEach((symbol, i) => {
    if (Math.abs(event.deltas[i]) < Infinity) deltas.set(symbol, event.deltas[i]);
    else countRefused(state, 'pushed-greeks-not-finite');
  });
  pushed.set(event.model, { model: event.model, at, convention: event.convention, deltas });
}
