import type { Fit, Observations, Predictions } from '../model/contract.ts';
import { budgetAllows, budgetExhausted, rejectBudget, spendBudget } from '../policy/budget.ts';
import {
  PROPOSAL_MS,
  compare,
  continueProbation,
  judgeTrial,
  openProbation,
  openTrial,
  type Trial,
} from '../policy/promotion.ts';
import { meanIntervalLoss } from '../score/interval-loss.ts';
import { loopAction, tellLoop } from './calibration-loop.ts';
import type { ClosedExpiry } from './close.ts';
import type { Effect } from './effect.ts';
import { modelNamed } from './models.ts';
import { newTrack } from './place.ts';
import type { EngineState, ExpiryState, ModelTrack, UnderlyingState } from './state.ts';
import { newestVersion } from './versions.ts';

/** Begins the trial of the next challenger on the ladder: it gets a track of its own with the champion's noise. */
export function openNextTrial(state: EngineState, expiry: ExpiryState, at: number, effects: Effect[]): void {
  const { loop } = expiry;
  const rival = state.config.challengers[loop.rung];
  if (rival === undefined || rival === loop.champion) return;
  const champion = expiry.models.find((t) => t.model === loop.champion);
  if (!expiry.models.some((t) => t.model === rival)) {
    const track = newTrack(rival, (expiry.expiry - at) / YEAR_MS);
    if (champion !== undefined) Object.assign(track.noise, champion.noise);
    expiry.models.push(track);
  }
  loop.trial = openTrial(loop.champion, [rival], at);
  effects.push(loopAction(expiry, at, 'trial', `${rival} beside ${loop.champion}`));
}

const YEAR_MS = 365 * 86_400_000;

/**
 * One batch of a trial or a probation: compares the models on the refreshed quotes, and acts on what the comparison has
 * come to. `clean` = no incident speaks against the batch.
 */
export function runTrial(
  state: EngineState,
  underlying: UnderlyingState,
  c: ClosedExpiry,
  clean: boolean,
  at: number,
  effects: Effect[],
): void {
  const { expiry } = c.reading;
  const { loop } = expiry;
  if (loop.trial === null) return;
  if (clean) loop.trial = compareModels(state, underlying, c, loop.trial);
  const { trial } = loop;
  if (trial.proposed !== null) {
    if (at - trial.proposed.at >= PROPOSAL_MS) end(state, underlying, expiry, 'reject', at, effects);
    return;
  }
  const pz = c.scores.find((s) => s.track.model === loop.champion)?.primary?.pz ?? NaN;
  const verdict = comesFirst(trial, expiry) ?? (clean ? judgeTrial(trial, pz, at) : null);
  if (verdict === null) {
    loop.trial = continueProbation(trial, at);
    return;
  }
  if (verdict.input !== 'won') return end(state, underlying, expiry, verdict.input, at, effects);
  if (budgetAllows(loop.budget, at) !== 'ok') return;
  if (state.config.approval && !verdict.emergency) {
    loop.trial = { ...trial, proposed: { model: verdict.model, at } };
    effects.push(loopAction(expiry, at, 'promote', `proposed ${verdict.model} over ${loop.champion}`));
    return;
  }
  if (!tellLoop(underlying, expiry, 'won', at, effects).includes('promote')) return;
  promote(state, expiry, verdict.model, verdict.emergency, 'automatic', at, effects);
}

/** A configured family that has a fit before its stand-in has one needs no comparison. */
function comesFirst(trial: Trial, expiry: ExpiryState): { readonly input: 'simpler' } | null {
  const isLive = (model: string): boolean => expiry.models.some((t) => t.model === model && t.versions.length > 0);
  return trial.standIn && !isLive(trial.champion) && isLive(trial.rivals[0]) ? { input: 'simpler' } : null;
}

/** Makes a challenger the champion; the former one stays, fitted and scored, for a day of probation. */
export function promote(
  state: EngineState,
  expiry: ExpiryState,
  winner: string,
  emergency: boolean,
  approver: string,
  at: number,
  effects: Effect[],
): void {
  const { loop } = expiry;
  const former = loop.champion;
  loop.champion = winner;
  loop.trial = openProbation(winner, former, emergency, at);
  loop.budget = spendBudget(loop.budget, at, loop.latencyMs, state.config.batchMs);
  loop.rung = state.config.challengers.indexOf(winner) + 1;
  loop.shapes = 0;
  const how = emergency ? 'promoted in emergency, unconfirmed' : 'promoted';
  effects.push(loopAction(expiry, at, 'promote', `${how}: ${winner} over ${former} by ${approver}`));
}

/** Ends a trial or a probation by what the table says to the input. */
export function end(
  state: EngineState,
  underlying: UnderlyingState,
  expiry: ExpiryState,
  input: 'lost' | 'reversed' | 'simpler' | 'reject',
  at: number,
  effects: Effect[],
): void {
  const { loop } = expiry;
  const { trial } = loop;
  if (trial === null) return;
  const actions = tellLoop(underlying, expiry, input, at, effects);
  if (!actions.includes('close-trial') && !actions.includes('roll-back')) return;
  const gone = actions.includes('roll-back') ? loop.champion : trial.rivals[0];
  if (actions.includes('roll-back')) {
    loop.champion = trial.rivals[0];
    effects.push(loopAction(expiry, at, 'roll-back', `${gone} back to ${loop.champion} (${input})`));
  } else effects.push(loopAction(expiry, at, 'trial', `ended: ${gone} (${input})`));
  loop.trial = null;
  forgetTrack(state, expiry, gone);
  climb(state, underlying, expiry, input, at, effects);
}

/** After a lost trial the next richer family may be tried at once; when none is left the search backs off. */
function climb(
  state: EngineState,
  underlying: UnderlyingState,
  expiry: ExpiryState,
  input: 'lost' | 'reversed' | 'simpler' | 'reject',
  at: number,
  effects: Effect[],
): void {
  const { loop } = expiry;
  if (input === 'simpler') {
    loop.shapes = 0;
    loop.rung = state.config.challengers.indexOf(loop.champion) + 1;
    return;
  }
  if (input === 'lost' && loop.rung + 1 < state.config.challengers.length) {
    // The alarm that began the trial stands until a fit is well: the next family follows at once.
    loop.rung++;
    return;
  }
  loop.shapes = 0;
  loop.rung = state.config.challengers.indexOf(loop.champion) + 1;
  loop.budget = rejectBudget(loop.budget, at);
  if (budgetExhausted(loop.budget)) tellLoop(underlying, expiry, 'exhausted', at, effects);
}

/** Ends a trial from outside (a data fault, stress, an operator): nothing is decided. */
export function closeTrial(state: EngineState, expiry: ExpiryState): void {
  const { trial } = expiry.loop;
  if (trial === null) return;
  expiry.loop.trial = null;
  for (const rival of trial.rivals) forgetTrack(state, expiry, rival);
}

/** Drops the track of a challenger that is nobody's any more; configured models stay. */
export function forgetTrack(state: EngineState, expiry: ExpiryState, model: string): void {
  if (state.config.models.includes(model) || model === expiry.loop.champion) return;
  const i = expiry.models.findIndex((t) => t.model === model);
  if (i < 0) return;
  const { pending } = expiry.models[i];
  if (pending !== null) state.pendingJobs.delete(pending);
  expiry.models.splice(i, 1);
}

/** Quotes below which a batch says nothing about which model is better. */
const FEWEST_FRESH = 5;

/** Interval losses of champion and rivals on the quotes of this batch that changed, each by its version from before it. */
function compareModels(state: EngineState, underlying: UnderlyingState, c: ClosedExpiry, trial: Trial): Trial {
  const { observations, symbols } = c.reading.selection;
  const fresh = symbols.map((s) => state.instruments.get(`${underlying.venue}:${s}`)?.entry.fresh === true);
  if (fresh.filter(Boolean).length < FEWEST_FRESH) return trial;
  const track = (name: string): ModelTrack | undefined => c.reading.expiry.models.find((t) => t.model === name);
  const champion = track(trial.champion);
  const own = champion === undefined ? NaN : lossOf(champion, champion, observations, fresh);
  const comparisons = { ...trial.comparisons };
  for (const name of trial.rivals) {
    const rival = track(name);
    if (champion === undefined || rival === undefined) continue;
    comparisons[name] = compare(comparisons[name], own - lossOf(rival, champion, observations, fresh));
  }
  return { ...trial, comparisons };
}

/** Both models get the champion's horizon noise: what is compared is where they stand, not what they excuse. */
function lossOf(track: ModelTrack, champion: ModelTrack, batch: Observations, fresh: readonly boolean[]): number {
  const fit: Fit | null = newestVersion(track)?.fit ?? null;
  if (fit === null || fit.at >= batch.at) return NaN;
  const out: Predictions = { mean: new Float64Array(batch.k.length), sd: new Float64Array(batch.k.length) };
  modelNamed(track.model).predict(fit, batch, out);
  const age = (batch.at - fit.at) / 1000;
  return meanIntervalLoss(batch, out, champion.noise.variancePerSecond * age, fresh);
}
