import type { OperatorEvent } from '../market/event.ts';
import type { LoopInput } from '../policy/loop-table.ts';
import { acknowledge, applyOverride, applySilence, handBack } from '../policy/oversight.ts';
import { registeredJob } from '../policy/registry.ts';
import { loopAction, tellLoop } from './calibration-loop.ts';
import type { Effect } from './effect.ts';
import { orderChampion } from './hedge-contest.ts';
import { onVerdict, openIncident } from './judge-incidents.ts';
import { closeTrial, end, promote } from './run-trial.ts';
import { countRefused, type EngineState, type ExpiryState, type UnderlyingState } from './state.ts';
import { newestVersion } from './versions.ts';

/** What an operator may say to the loop. */
const LOOP_ORDERS: ReadonlySet<string> = new Set<LoopInput>(['manual', 'resume', 'refit', 'approve', 'reject']);

/**
 * An operator speaks to the loop of an expiry (`deribit:BTC:2026-03-27`), or of all expiries of an underlying
 * (`deribit:BTC`); `approve` and `reject` also take the id of the proposed calibration. Break-glass, silences,
 * acknowledgements and verdicts go to the oversight. A refit is carried out by the next close, unless a data fault vetoes it.
 */
export function onOperator(state: EngineState, event: OperatorEvent): Effect[] {
  if (event.action === 'verdict') return onVerdict(state, event);
  const refused = supervise(state, event);
  if (typeof refused === 'string') countRefused(state, refused);
  if (refused !== undefined || !LOOP_ORDERS.has(event.action)) return [];
  const hedging = orderHedge(state, event);
  if (hedging !== null) return hedging;
  const effects: Effect[] = [];
  let heard = event.action === 'resume' && handBack(state.oversight, event.target);
  for (const underlying of state.underlyings.values())
    for (const expiry of underlying.expiries)
      if (isMeant(underlying, expiry, event)) {
        heard = true;
        obey(state, underlying, expiry, event, effects);
      }
  if (!heard) countRefused(state, 'operator-unknown-target');
  return effects;
}

/** `approve` and `reject` of a hedging model that waits in a bucket (`venue:underlying:hedge/BUCKET`); null = not about one. */
function orderHedge(state: EngineState, event: OperatorEvent): Effect[] | null {
  const [key, bucket] = event.target.split(':hedge/');
  if (bucket === undefined || (event.action !== 'approve' && event.action !== 'reject')) return null;
  const record = state.underlyings.get(key)?.hedge.buckets.get(bucket);
  const done = record === undefined ? null : orderChampion(record, event.action, event.at, event.actor, event.target);
  if (done !== null) return [{ type: 'record', record: done }];
  countRefused(state, 'operator-unknown-target');
  return [];
}

/**
 * Break-glass, silences and acknowledgements: kept with the engine's state, so that they outlive the process. Undefined:
 * not one of them; a text: refused, under this name; null: done.
 */
function supervise(state: EngineState, event: OperatorEvent): string | null | undefined {
  const { oversight } = state;
  const { action, target } = event;
  if (action === 'acknowledge') {
    acknowledge(oversight, event, openIncident(state, target)?.severity ?? null);
    return null;
  }
  if (action === 'override' || (action === 'resume' && target.includes('@')))
    return applyOverride(oversight, event) === null ? null : 'operator-override-refused';
  if (action === 'silence' || (action === 'resume' && oversight.silences.has(target)))
    return applySilence(oversight, event) === null ? null : 'operator-silence-refused';
  return undefined;
}

function isMeant(underlying: UnderlyingState, expiry: ExpiryState, event: OperatorEvent): boolean {
  if (event.target === expiry.key || event.target === underlying.key) return true;
  const proposed = expiry.loop.trial?.proposed ?? null;
  if (proposed === null || (event.action !== 'approve' && event.action !== 'reject')) return false;
  const track = expiry.models.find((t) => t.model === proposed.model);
  const fit = track === undefined ? null : newestVersion(track);
  if (fit === null) return false;
  return (
    event.target === fit.fit.id || registeredJob(expiry.loop.registry, fit.fit.model, fit.fit.id)?.id === event.target
  );
}

function obey(
  state: EngineState,
  underlying: UnderlyingState,
  expiry: ExpiryState,
  event: OperatorEvent,
  effects: Effect[],
): void {
  const { loop } = expiry;
  const { at, actor } = event;
  const { trial } = loop;
  if (event.action === 'refit') {
    loop.ordered = actor;
    effects.push(loopAction(expiry, at, 'refit', `ordered by ${actor}`));
    return;
  }
  if (event.action === 'approve' || event.action === 'reject') {
    const proposed = trial?.proposed ?? null;
    if (proposed === null) {
      effects.push(loopAction(expiry, at, event.action, `nothing is proposed: ${actor}`));
      return;
    }
    if (event.action === 'reject') return end(state, underlying, expiry, 'reject', at, effects);
    if (tellLoop(underlying, expiry, 'approve', at, effects).includes('promote'))
      promote(state, expiry, proposed.model, false, actor, at, effects);
    return;
  }
  const actions = tellLoop(underlying, expiry, event.action === 'manual' ? 'manual' : 'resume', at, effects);
  if (actions.includes('close-trial')) closeTrial(state, expiry);
  if (actions.includes('reset-budget')) loop.budget = { ...loop.budget, rejections: 0, freeAt: -Infinity };
}
