import type { FitResultEvent } from '../market/event.ts';
import { HEDGE_MODELS } from '../hedge/hedge-model.ts';
import { isoTime } from '../market/iso-time.ts';
import type { AnswerCheck } from '../score/answer-check.ts';
import { scopeKey, type Breach, type Fit, type FitJob, type MonitoredModel } from '../model/contract.ts';
import type { CalibrationRecord } from '../model/record.ts';
import { mayGoLive } from '../policy/loop.ts';
import { firstRecordBehind, inputsOf, register, type RegisteredCalibration } from '../policy/registry.ts';
import { MIN_QUOTES } from '../surface/surface-guard.ts';
import { updateHorizonNoise } from '../score/horizon-noise.ts';
import type { Effect } from './effect.ts';
import { tellLoop } from './calibration-loop.ts';
import { guardAnswer, type GuardedAnswer } from './guard-answer.ts';
import { onHedgeFit } from './hedge-fits.ts';
import { judgeAnswers } from './judge-answers.ts';
import { modelNamed } from './models.ts';
import { refuseProof } from './prove-refits.ts';
import { isChange } from './request-fits.ts';
import {
  countRefused,
  type EngineState,
  type ExpiryState,
  type ModelTrack,
  type PendingJob,
  type UnderlyingState,
} from './state.ts';
import { goLive, newestVersion, versionLiveAt } from './versions.ts';

/** A calibration came back: the guards decide whether it goes live; either way it is recorded with its numbers. */
export function onFitResult(state: EngineState, event: FitResultEvent): Effect[] {
  const pending = state.pendingJobs.get(event.jobId);
  if (pending === undefined) {
    countRefused(state, 'unknown-fit-job');
    return [];
  }
  state.pendingJobs.delete(event.jobId);
  const { job } = pending;
  const underlying = state.underlyings.get(scopeKey({ ...job.scope, expiry: 0 }));
  if (underlying !== undefined && HEDGE_MODELS.has(job.model)) return onHedgeFit(underlying, pending, event);
  const index = underlying?.expiries.findIndex((e) => e.expiry === job.scope.expiry) ?? -1;
  const expiry = underlying?.expiries[index];
  const track = expiry?.models.find((t) => t.model === job.model);
  if (underlying === undefined || expiry === undefined || track === undefined) return [];
  if (track.pending === job.id) track.pending = null;
  const model = modelNamed(job.model);
  const fit: Fit = {
    id: job.id,
    model: job.model,
    scope: job.scope,
    at: job.at,
    forward: job.observations.forward,
    years: job.observations.years,
    parameters: event.outcome.parameters,
    covariance: event.outcome.covariance,
    numbers: event.outcome.numbers,
  };
  const previous = newestVersion(track)?.fit ?? null;
  const usable = fit.parameters.length > 0;
  const marketMoved = [...underlying.incidents.open.values()].some(
    (i) => i.kind === 'market' && i.scope === underlying.key,
  );
  const insists = expiry.loop.machine.failures >= CONFIRMED_BY_REFUSALS;
  const confirmed = marketMoved || insists || previous === null || job.at - previous.at > CONFIRMED_BY_TIME_MS;
  const nearer = underlying.expiries[index - 1];
  const guarded = usable
    ? guardAnswer(state, expiry, nearer, track, model, fit, pending, event.outcome.status, confirmed)
    : null;
  const breaches = guarded === null ? [] : [...model.guard(previous, fit, confirmed), ...guarded.breaches];
  const superseded = previous !== null && previous.at > fit.at;
  const vetoed = !mayGoLive(expiry.loop.machine);
  const accepted = usable && breaches.length === 0 && !superseded && !vetoed;
  const why = accepted ? 'accepted' : breaches.length > 0 ? 'refused' : superseded ? 'superseded' : 'vetoed';
  const status = usable ? why : event.outcome.status;
  const registered = usable ? registerFit(expiry, fit, previous, pending, status, breaches) : null;
  if (accepted) {
    learnNoise(underlying, expiry, track, fit, model);
    goLive(track, registered === null ? fit : { ...fit, content: registered.id }, event.at);
  }
  const effects: Effect[] = [
    {
      type: 'record',
      record: calibrationRecord(
        event.at,
        pending,
        fit,
        model,
        status,
        breaches,
        guarded,
        usable ? track.check : null,
        registered,
        usable ? movesOf(model, previous, fit) : NO_MOVES,
      ),
    },
  ];
  if (job.model === expiry.loop.champion) {
    expiry.loop.latencyMs = Math.max(0, event.at - job.at);
    expiry.loop.unfit = accepted ? 0 : expiry.loop.unfit + (previous === null && isUnfit(job, event, breaches) ? 1 : 0);
    if (accepted) {
      expiry.loop.warnings = 0;
      expiry.loop.settled = beginsAnew(job, previous) ? 0 : expiry.loop.settled + 1;
    }
    // A fit that misses the quotes it was made from speaks of its family, not of its age.
    if (breaches.some((b) => SHAPE_GUARDS.has(b.guard)) && fit.numbers['child'] !== 1) expiry.loop.shapes++;
    tellLoop(underlying, expiry, accepted ? 'accepted' : usable ? 'refused' : 'failed', event.at, effects);
  }
  if (!accepted && job.model === expiry.loop.champion)
    effects.push(...refuseProof(underlying, expiry, pending.incident, event.at));
  if (job.model === state.config.champion) effects.push(...judgeAnswers(state, underlying, job.at, event.at));
  return effects;
}

/** Whether a fit rests on its own batch and not on what served before: its error is then that of one batch. */
function beginsAnew(job: FitJob, previous: Fit | null): boolean {
  return previous === null || isChange(job.reason) || job.at - previous.at > CONFIRMED_BY_TIME_MS;
}

/** Guards that a family breaks which cannot take the shape of the quotes. */
const SHAPE_GUARDS: ReadonlySet<string> = new Set(['inside-share', 'answer-miss']);

/** Guards that say what the quotes lack: no family can do without it. */
const QUOTES_GUARDS: ReadonlySet<string> = new Set(['quotes', 'effective-quotes', 'coverage']);

/** Whether an answer that does not go live speaks against its family, which stood on its own quotes and had enough of them. */
function isUnfit(job: FitJob, { outcome }: FitResultEvent, breaches: readonly Breach[]): boolean {
  if (job.parents !== undefined || job.observations.k.length < MIN_QUOTES) return false;
  if (outcome.parameters.length === 0) return true;
  return breaches.length > 0 && !breaches.some((b) => QUOTES_GUARDS.has(b.guard));
}

/** Enters a usable answer into the registry of its expiry; its parent is the calibration that serves until then. */
function registerFit(
  expiry: ExpiryState,
  fit: Fit,
  previous: Fit | null,
  pending: PendingJob,
  status: string,
  breaches: readonly Breach[],
): RegisteredCalibration {
  const { registry } = expiry.loop;
  const content = {
    model: fit.model,
    scope: expiry.key,
    parameters: fit.parameters,
    covariance: fit.covariance,
    from: previous?.at ?? fit.at,
    to: fit.at,
    firstRecord: firstRecordBehind(registry, previous),
    lastRecord: pending.record,
    quotes: pending.job.observations.k.length,
    parent: previous?.content ?? null,
  };
  const guards = breaches.map((b) => b.guard);
  return register(registry, content, {
    job: fit.id,
    reason: pending.job.reason,
    status,
    guards,
    approver: pending.approver,
  });
}

/** Innovations of the level are learnt over at least so long, s: over less the fits' own errors are all there is. */
const NOISE_SECONDS = 300;

/**
 * Teaches the horizon noise what the level did between the version that was live five minutes ago and this one: refits
 * come too often for a prediction to grow that old. Nothing is learnt under an open incident.
 */
function learnNoise(
  underlying: UnderlyingState,
  expiry: ExpiryState,
  track: ModelTrack,
  fit: Fit,
  model: MonitoredModel,
): void {
  const newest = newestVersion(track);
  if (newest === null || underlying.incidents.open.size > 0) return;
  if (fit.at - newest.fit.at >= NOISE_SECONDS * 1000) return;
  const older = versionLiveAt(track, fit.at - NOISE_SECONDS * 1000);
  if (older === null) return;
  const [now, then] = [model.features(fit), model.features(older.fit)];
  const step = now.phi[0] - then.phi[0];
  const own = (now.covariance[0] ?? NaN) + (then.covariance[0] ?? NaN);
  const seconds = (fit.at - older.fit.at) / 1000;
  const excess = step * step - own;
  if (Number.isFinite(excess) && seconds > 0)
    updateHorizonNoise(track.noise, excess, seconds, (expiry.expiry - fit.at) / YEAR_MS);
}

const YEAR_MS = 365 * 86_400_000;

/** The bound on moves is for consecutive refits: after an hour the market has had time to move anywhere. */
const CONFIRMED_BY_TIME_MS = 3_600_000;
/** Refits in a row, half a minute of them, that want the move without any fault of the data: the market insists. */
const CONFIRMED_BY_REFUSALS = 4;

const NO_MOVES: readonly number[] = [NaN, NaN, NaN];

/** Moves of level, skew and curvature since the version before, in standard errors of the difference; NaN where unknown. */
function movesOf(model: MonitoredModel, previous: Fit | null, fit: Fit): readonly number[] {
  if (previous === null || previous.model !== fit.model) return NO_MOVES;
  const [then, now] = [model.features(previous), model.features(fit)];
  return NO_MOVES.map((none, i) => {
    const variance = (now.covariance[4 * i] ?? none) + (then.covariance[4 * i] ?? none);
    return variance > 0 ? Math.abs(now.phi[i] - then.phi[i]) / Math.sqrt(variance) : none;
  });
}

function calibrationRecord(
  at: number,
  pending: PendingJob,
  fit: Fit,
  model: MonitoredModel,
  status: string,
  breaches: readonly Breach[],
  guarded: GuardedAnswer | null,
  check: AnswerCheck | null,
  registered: RegisteredCalibration | null,
  moves: readonly number[],
): CalibrationRecord {
  const number = (key: string): number | null => fit.numbers[key] ?? null;
  const notes = [
    ...(fit.numbers['child'] === 1 ? ['child-of-parent'] : []),
    ...(fit.numbers['levelSkew'] === 1 ? ['level-and-skew'] : []),
    ...(fit.numbers['localMinimum'] === 1 ? ['local-minimum'] : []),
    ...(status === 'vetoed' ? ['data-fault'] : []),
  ];
  const broken = breaches.map((b) => `${b.guard} ${b.value.toPrecision(4)} against ${b.limit.toPrecision(4)}`);
  const parameters: Record<string, number> = {};
  model.parameterNames.forEach((name, i) => {
    if (i < fit.parameters.length) parameters[name] = fit.parameters[i];
  });
  return {
    type: 'calibration',
    at: isoTime(at),
    id: fit.id,
    model: fit.model,
    venue: fit.scope.venue,
    underlying: fit.scope.underlying,
    expiry: isoTime(fit.scope.expiry),
    status,
    reason: [pending.job.reason, ...notes, ...broken].join('; '),
    quotes_used: pending.job.observations.k.length,
    quotes_refused: pending.refusedTotal,
    refused_by_reason: pending.refused,
    forward: Number.isFinite(fit.forward) && fit.forward > 0 ? fit.forward : null,
    parameters,
    rmse_vol: number('rmseVol'),
    inside_share: number('insideShare'),
    chi2_per_dof: number('chi2PerDof'),
    min_g: number('minG'),
    calendar_violations: guarded?.calendarViolations ?? null,
    leave_one_out_ratio: finite(check?.leaveOneOutRatio),
    atm_se_vol: finite(check?.atmSd),
    level_move_se: finite(moves[0]),
    skew_move_se: finite(moves[1]),
    curvature_move_se: finite(moves[2]),
    book_jump_vol: finite(guarded?.jump?.unexplainedVol),
    book_jump_usd: finite(guarded?.jump?.unexplainedUsd ?? undefined),
    content_id: registered?.id ?? null,
    parent: registered?.parent ?? null,
    inputs: registered === null ? null : inputsOf(registered),
    guards: breaches.map((b) => b.guard),
    approver: pending.approver,
  };
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
