import type { PushedGreeksEvent } from '../market/event.ts';
import { isoTime } from '../market/iso-time.ts';
import { scopeKey } from '../model/contract.ts';
import type { HedgeFitRecord } from '../model/record.ts';
import { HEDGE_MODELS, HEDGE_PREFIX } from '../hedge/hedge-model.ts';
import { isVersion, pushedGreeksContent } from '../policy/pushed-content.ts';
import { inputsOf, PUSHED_KEPT, register, type RegisteredCalibration } from '../policy/registry.ts';
import type { Effect } from './effect.ts';
import { countRefused, type EngineState, type UnderlyingState } from './state.ts';

/** Models that push deltas of one underlying, and options of one table. */
const MOST_MODELS = 8;
const MOST_OPTIONS = 20_000;
const NAME = /^[a-z][a-z0-9-]{0,31}$/;

/**
 * Takes a table of deltas: they are ratios of the next horizon that begins, with the age of the push, and is
 * registered as it came. Refusals are counted as `pushed-greeks-...`; entries that are no number are left out (counted),
 * the rest of the table is taken.
 */
export function onPushedGreeks(state: EngineState, event: PushedGreeksEvent): Effect[] {
  const underlying = state.underlyings.get(scopeKey({ ...event, expiry: 0 }));
  const refused = underlying === undefined ? 'unknown-underlying' : take(state, underlying, event);
  if (typeof refused !== 'string') return [refused];
  countRefused(state, `pushed-greeks-${refused}`);
  return [];
}

/** The record of what was taken, or why nothing was. */
function take(state: EngineState, underlying: UnderlyingState, event: PushedGreeksEvent): Effect | string {
  const { pushed, checks } = underlying.hedge;
  if (!NAME.test(event.model) || HEDGE_MODELS.has(HEDGE_PREFIX + event.model)) return 'name';
  if (!isVersion(event.version)) return 'version';
  if (event.symbols.length !== event.deltas.length || event.symbols.length > MOST_OPTIONS) return 'length';
  const before = pushed.get(event.model);
  if (before === undefined && pushed.size >= MOST_MODELS) return 'too-many-models';
  // A push may have been made earlier than what has been seen since, never later.
  const at = Math.min(event.at, Math.max(underlying.watermark, event.receivedAt));
  if (before !== undefined && at < before.at) return 'out-of-order';
  // Another convention is another statement: what was held against the old one is not held against it.
  if (before !== undefined && before.convention !== event.convention) checks.delete(event.model);
  const deltas = new Map<string, number>();
  event.symbols.forEach((symbol, i) => {
    if (Math.abs(event.deltas[i]) < Infinity) deltas.set(symbol, event.deltas[i]);
    else countRefused(state, 'pushed-greeks-not-finite');
  });
  const registered = enter(state, underlying, event, before?.content ?? null, at);
  pushed.set(event.model, { model: event.model, at, convention: event.convention, deltas, content: registered.id });
  return { type: 'record', record: recordOf(underlying, event, registered, deltas.size) };
}

function enter(
  state: EngineState,
  underlying: UnderlyingState,
  event: PushedGreeksEvent,
  parent: string | null,
  at: number,
): RegisteredCalibration {
  const { hedge } = underlying;
  const content = {
    ...pushedGreeksContent(event),
    model: event.model,
    scope: underlying.key,
    from: at,
    to: at,
    firstRecord: state.record,
    lastRecord: state.record,
    parent,
  };
  const job = `${event.model}@${underlying.key}#${hedge.jobs++}`;
  const verdict = { job, reason: 'pushed', status: 'accepted', guards: [], approver: event.by ?? 'pushed' };
  return register(hedge.registry, content, verdict, PUSHED_KEPT);
}

function recordOf(
  underlying: UnderlyingState,
  event: PushedGreeksEvent,
  registered: RegisteredCalibration,
  rows: number,
): HedgeFitRecord {
  return {
    type: 'hedge-calibration',
    at: isoTime(registered.to),
    id: registered.job,
    model: event.model,
    venue: event.venue,
    underlying: event.underlying,
    status: 'accepted',
    reason: 'pushed',
    rows,
    regime: underlying.hedge.regimes.at(-1)?.regime ?? 'unclear',
    parameters: {},
    standard_errors: {},
    content_id: registered.id,
    parent: registered.parent,
    inputs: inputsOf(registered),
    guards: [],
    approver: registered.approver,
    stated_version: event.version ?? null,
  };
}
