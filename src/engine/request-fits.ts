import type { Fit, FitJob, FitReason, ParentFit } from '../model/contract.ts';
import { median } from '../numeric/robust.ts';
import type { Incident } from '../policy/incident.ts';
import { gainLimit } from '../policy/loop-gain.ts';
import { CHANGE, priorOf } from '../policy/loop-prior.ts';
import type { LoopInput } from '../policy/loop-table.ts';
import { loopNoise } from '../policy/loop.ts';
import { MIN_QUOTES } from '../surface/surface-guard.ts';
import { tellLoop } from './calibration-loop.ts';
import type { ClosedExpiry } from './close.ts';
import type { Effect } from './effect.ts';
import { modelNamed } from './models.ts';
import { awaitProof } from './prove-refits.ts';
import { isBracketed, readLoopInput } from './read-loop-input.ts';
import { closeTrial, openNextTrial, runTrial } from './run-trial.ts';
import { standIn } from './stand-in.ts';
import type { EngineState, ExpiryState, ModelTrack, UnderlyingState } from './state.ts';
import { newestVersion } from './versions.ts';

/** Tells the loop of every closed expiry what the close showed, and asks for the calibrations that follow. */
export function requestFits(
  state: EngineState,
  underlying: UnderlyingState,
  closed: readonly ClosedExpiry[],
  at: number,
): Effect[] {
  const effects: Effect[] = [];
  for (const c of closed) {
    const { expiry } = c.reading;
    retireLostJobs(state, underlying, expiry, at, effects);
    const { input, incident, clean } = readLoopInput(state, underlying, c, at);
    runTrial(state, underlying, c, clean, at, effects);
    if (input === null) continue;
    const actions = tellLoop(underlying, expiry, input, at, effects);
    if (actions.includes('close-trial')) closeTrial(state, expiry);
    if (actions.includes('stand-in')) standIn(state, expiry, at, effects);
    if (actions.includes('open-trial')) openNextTrial(state, expiry, at, effects);
    const reentry = actions.includes('start-re-entry');
    const call: Call = { c, at, reason: REASONS[input] ?? 'schedule', incident, levelSkew: false, reentry };
    const asked = effects.length;
    if (actions.includes('fit')) requestAll(state, underlying, call, 'serving', effects);
    if (actions.includes('fit-level-skew'))
      requestAll(state, underlying, { ...call, levelSkew: true }, 'serving', effects);
    if (actions.includes('fit-challengers')) requestAll(state, underlying, call, 'challengers', effects);
    if (effects.length > asked) answer(underlying, expiry, input, incident, at, effects);
    if (input === 'refit') expiry.loop.ordered = null;
  }
  return gatherActions(underlying, effects);
}

/** Actions that the loop of every expiry takes by itself. */
const GATHERED: ReadonlySet<string> = new Set(['loop', 'withdraw']);

/**
 * What an incident of the whole underlying makes the loops of several expiries do is one decision and told once, on the
 * underlying; everything else stays where its cause is.
 */
function gatherActions(underlying: UnderlyingState, effects: readonly Effect[]): Effect[] {
  const wide = new Set<string>();
  for (const i of underlying.incidents.open.values()) if (i.scope === underlying.key) wide.add(i.id);
  const keyOf = (effect: Effect): string | null => {
    if (effect.type !== 'record' || effect.record.type !== 'action') return null;
    const { incident, kind, outcome } = effect.record;
    return GATHERED.has(kind) && incident !== null && wide.has(incident) ? `${incident}|${kind}|${outcome}` : null;
  };
  const counts = new Map<string, number>();
  for (const effect of effects) {
    const key = keyOf(effect);
    if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const told = new Set<string>();
  const gathered: Effect[] = [];
  for (const effect of effects) {
    const key = keyOf(effect);
    const count = key === null ? 1 : (counts.get(key) ?? 1);
    if (key === null || count === 1 || effect.type !== 'record' || effect.record.type !== 'action') {
      gathered.push(effect);
      continue;
    }
    if (told.has(key)) continue;
    told.add(key);
    const record = { ...effect.record, outcome: `${effect.record.outcome}, ${count} expiries`, scope: underlying.key };
    gathered.push({ type: 'record', record });
  }
  return gathered;
}

/** Why a fit is run, by what the loop was told. */
const REASONS: Partial<Record<LoopInput, FitReason>> = {
  first: 'first',
  unfit: 'first',
  warning: 'threshold',
  breach: 'threshold',
  stress: 'threshold',
  age: 'age',
  event: 'event',
  shape: 'escalation',
  refit: 'manual',
  quiet: 'schedule',
};

/** Reasons that speak of a change: what was known before holds the new fit back no more than what the batch has shown. */
export function isChange(reason: FitReason): boolean {
  return reason === 'threshold' || reason === 'escalation' || reason === 'manual';
}

interface Call {
  readonly c: ClosedExpiry;
  readonly at: number;
  readonly reason: FitReason;
  readonly incident: Incident | null;
  readonly levelSkew: boolean;
  /** The first fit on the way back from stress. */
  readonly reentry: boolean;
}

/**
 * Marks what asked for the refit as answered, and to be proved by the next batch: an incident, once for all the expiries it
 * spans and again for one that needs another answer; or the score of the expiry, where nothing has been named.
 */
function answer(
  underlying: UnderlyingState,
  expiry: ExpiryState,
  input: LoopInput,
  incident: Incident | null,
  at: number,
  effects: Effect[],
): void {
  if (incident === null) {
    if (input === 'warning') effects.push(...awaitProof(underlying, expiry, null, expiry.key, at));
    return;
  }
  const { answered } = expiry.loop;
  const again = answered.has(incident.id);
  const told = !again && incident.kind !== 'model' && underlying.expiries.some((e) => e.loop.answered.has(incident.id));
  answered.set(incident.id, { count: (answered.get(incident.id)?.count ?? 0) + 1, at });
  // Under stress level and skew follow the market every other second: one proof is enough.
  if (told || (again && input === 'stress')) return;
  const scope = again && incident.kind !== 'model' ? expiry.key : incident.scope;
  effects.push(...awaitProof(underlying, expiry, incident.id, scope, at));
}

/** A result that has not come by then never will (its thread died, its process was killed), ms. */
const LOST_MS = 30_000;

function retireLostJobs(
  state: EngineState,
  underlying: UnderlyingState,
  expiry: ExpiryState,
  at: number,
  effects: Effect[],
): void {
  for (const track of expiry.models) {
    if (track.pending === null || at - track.lastJobAt < LOST_MS) continue;
    state.pendingJobs.delete(track.pending);
    track.pending = null;
    if (track.model === expiry.loop.champion) tellLoop(underlying, expiry, 'failed', at, effects);
  }
}

function requestAll(
  state: EngineState,
  underlying: UnderlyingState,
  call: Call,
  which: 'serving' | 'challengers',
  effects: Effect[],
): void {
  const { expiry } = call.c.reading;
  const { trial } = expiry.loop;
  for (const track of expiry.models) {
    const challenger = trial !== null && trial.mode === 'shadow' && trial.rivals.includes(track.model);
    if (challenger !== (which === 'challengers') || !modelNamed(track.model).calibrated) continue;
    if (track.pending === null && call.at > track.lastJobAt)
      effects.push({ type: 'fit', job: newJob(state, underlying, call, expiry, track) });
  }
}

/** Every so many fits a cold multi-start looks whether the warm one sits in a local minimum. Source: methods.md 6.2. */
const COLD_EVERY = 20;

function newJob(
  state: EngineState,
  underlying: UnderlyingState,
  call: Call,
  expiry: ExpiryState,
  track: ModelTrack,
): FitJob {
  const { c, at, reason } = call;
  const { observations } = c.reading.selection;
  const live = newestVersion(track)?.fit ?? null;
  const parents = strikes(observations.k) < MIN_QUOTES ? parentsOf(underlying, expiry, track.model, at) : [];
  const frozen = call.levelSkew && live !== null && at - live.at < FROZEN_MS && live.numbers['child'] !== 1;
  const cold = track.fits % COLD_EVERY === COLD_EVERY - 1 || reason === 'escalation';
  const job: FitJob = {
    id: `${track.model}@${expiry.key}#${track.fits++}`,
    model: track.model,
    scope: expiry.scope,
    at,
    reason,
    observations,
    start: live?.parameters ?? null,
    prior: frozen ? null : priorFor(state, call, expiry, track),
    options: {
      huber: 1.345,
      arbitrageFree: 0,
      cold: cold ? 1 : 0,
      ...(frozen ? { levelSkew: 1, startYears: live.years, ...spreadOf(call, expiry, track, live) } : {}),
    },
    ...(parents.length > 0 && !frozen ? { parents } : {}),
  };
  track.lastJobAt = at;
  track.pending = job.id;
  if (track.model === expiry.loop.champion) expiry.loop.listed = c.reading.facts.listed;
  state.counts.fits++;
  const refused = Object.fromEntries([...c.reading.selection.refused].toSorted((a, b) => (a[0] < b[0] ? -1 : 1)));
  const refusedTotal = Object.values(refused).reduce((s, n) => s + n, 0);
  const approver = reason === 'manual' ? (expiry.loop.ordered ?? 'automatic') : 'automatic';
  state.pendingJobs.set(job.id, { job, refused, refusedTotal, incident: call.incident?.id ?? null, approver, record: state.record }); // prettier-ignore
  return job;
}

const NO_FACTORS = [0, 0] as const;
/** Under stress skew moves by so much of what the level does, per unit x. */
const SKEW_SHARE = 0.45;
const LEAST_SPREAD = 0.001;

/**
 * What level and skew may have done since the fit that is frozen, one standard deviation: the learnt noise of the horizon
 * under stress, and at least what the batch shows, so that the prior never holds back a move.
 */
function spreadOf(
  call: Call,
  expiry: ExpiryState,
  track: ModelTrack,
  live: Fit,
): { readonly levelSd: number; readonly skewSd: number } {
  const { observations } = call.c.reading.selection;
  const n = observations.k.length;
  const out = { mean: new Float64Array(n), sd: new Float64Array(n) };
  modelNamed(track.model).predict(live, observations, out);
  const shown = Math.abs(n > 0 ? median(observations.value.map((v, i) => v - out.mean[i])) : 0);
  const factors = call.c.scores.find((s) => s.track === track)?.primary?.factors;
  // Beyond the last quote the factors are extrapolated by a square.
  const b = isBracketed(observations) ? (factors?.b ?? NO_FACTORS) : NO_FACTORS;
  const age = (call.at - live.at) / 1000;
  const drift = Math.sqrt(track.noise.variancePerSecond * age * loopNoise(expiry.loop.machine));
  const level = Math.max(LEAST_SPREAD, drift, shown, Math.abs(b[0]));
  return { levelSd: level, skewSd: Math.max(SKEW_SHARE * level, Math.abs(b[1])) };
}

/** A structure older than this is no longer worth freezing, ms: between snapshots hours apart everything has moved. */
const FROZEN_MS = 3_600_000;

function strikes(k: Float64Array): number {
  let distinct = 0;
  for (let i = 0; i < k.length; i++) if (i === 0 || k[i] > k[i - 1]) distinct++;
  return distinct;
}

/** The nearest expiries on both sides whose live fits stand on their own quotes, ascending. */
function parentsOf(underlying: UnderlyingState, expiry: ExpiryState, model: string, at: number): ParentFit[] {
  const found: (ParentFit | null)[] = [null, null];
  for (const other of underlying.expiries) {
    if (other === expiry || other.expiry <= at) continue;
    const track = other.models.find((t) => t.model === model);
    const fit = track === undefined ? null : (newestVersion(track)?.fit ?? null);
    if (fit === null || fit.numbers['child'] === 1) continue;
    const [low, high] = [fit.numbers['kLow'] ?? NaN, fit.numbers['kHigh'] ?? NaN];
    const deviation = (modelNamed(model).features(fit).phi[0] ?? NaN) * Math.sqrt(fit.years);
    if (!(low <= -PARENT_REACH * deviation && high >= PARENT_REACH * deviation)) continue;
    const yearsNow = fit.years - (at - fit.at) / YEAR_MS;
    const parent = { parameters: fit.parameters, years: fit.years, yearsNow, low, high };
    if (other.expiry < expiry.expiry) found[0] = parent;
    else found[1] ??= parent;
  }
  return found.filter((p): p is ParentFit => p !== null && p.yearsNow > 0);
}

/** A parent has been seen this many standard deviations out on both sides. */
const PARENT_REACH = 0.7;
const YEAR_MS = 365 * 86_400_000;

/** What the champion knows, one step on; nothing after an hour, when Q dt has outgrown the quotes' own error. */
function priorFor(state: EngineState, call: Call, expiry: ExpiryState, track: ModelTrack): FitJob['prior'] {
  const live = newestVersion(track)?.fit ?? null;
  const { observations } = call.c.reading.selection;
  if (live === null || call.at - live.at >= FROZEN_MS || live.numbers['child'] === 1) return null;
  const { loop } = expiry;
  // After stress the structure has been frozen for a while: the first free fit may find another.
  const changed = isChange(call.reason) || call.reentry;
  const scores = call.c.scores.find((s) => s.track === track);
  const delay = loop.latencyMs / state.config.batchMs;
  return priorOf({
    features: modelNamed(track.model).features(live),
    yearsAtFit: live.years,
    years: observations.years,
    ageSeconds: (call.at - live.at) / 1000,
    variancePerSecond: track.noise.variancePerSecond,
    noise: (changed ? CHANGE : 1) * loopNoise(loop.machine),
    innovation: changed ? (scores?.primary?.factors?.b ?? null) : null,
    // A change is confirmed by what asked for the fit, and the next one waits until this one is seen.
    gain: changed ? 1 : gainLimit(Math.floor(delay)),
  });
}
