import { spendBudget } from '../policy/budget.ts';
import { openStandIn } from '../policy/promotion.ts';
import { loopAction } from './calibration-loop.ts';
import type { Effect } from './effect.ts';
import { newTrack } from './place.ts';
import { forgetTrack } from './run-trial.ts';
import type { EngineState, ExpiryState } from './state.ts';

const YEAR_MS = 365 * 86_400_000;

/** The configured family and those that may stand in for it, in the order in which they are tried. */
function ladderOf({ config }: EngineState): string[] {
  return [...new Set([config.champion, ...config.challengers])];
}

/** Whether there is another family to try where this one has no fit. */
export function hasNextFamily(state: EngineState, expiry: ExpiryState): boolean {
  const { trial } = expiry.loop;
  return ladderOf(state).length > 1 && (trial === null || trial.standIn);
}

/**
 * Lets the next family of the ladder serve an expiry that has no fit: the escalation of an expiry that never came to life.
 * The configured family is fitted on beside it and comes back (`src/policy/promotion.ts`); behind the last family the ladder
 * begins again with the configured one. It costs the budget of a change of family, and waits for nobody's approval:
 * nothing serves that it could replace.
 */
export function standIn(state: EngineState, expiry: ExpiryState, at: number, effects: Effect[]): void {
  const { loop } = expiry;
  const { champion: configured } = state.config;
  const ladder = ladderOf(state);
  const former = loop.champion;
  const next = ladder[(ladder.indexOf(former) + 1) % ladder.length];
  const answers = loop.unfit;
  loop.champion = next;
  loop.trial = next === configured ? null : openStandIn(next, configured, at);
  loop.rung = state.config.challengers.indexOf(next) + 1;
  loop.unfit = 0;
  loop.budget = spendBudget(loop.budget, at, loop.latencyMs, state.config.batchMs);
  if (!expiry.models.some((t) => t.model === next)) {
    const track = newTrack(next, (expiry.expiry - at) / YEAR_MS);
    const own = expiry.models.find((t) => t.model === configured);
    if (own !== undefined) Object.assign(track.noise, own.noise);
    expiry.models.push(track);
  }
  forgetTrack(state, expiry, former);
  effects.push(loopAction(expiry, at, 'stand-in', `${next} for ${former}: no fit in ${answers} answers`));
}
