import { hazardModel, hazardParameters } from '../credit/hazard-model.ts';
import { isoDay } from '../credit/calendar-day.ts';
import type { FitResultEvent } from '../market/event.ts';
import { isoTime } from '../market/iso-time.ts';
import { scopeKey, type Breach, type Fit, type FitJob } from '../model/contract.ts';
import type { CreditCalibrationRecord } from '../model/record.ts';
import type { LoopAction, LoopInput, LoopStateName } from '../policy/loop-table.ts';
import { loopStep, mayGoLive } from '../policy/loop.ts';
import { firstRecordBehind, inputsOf, register, type RegisteredCalibration } from '../policy/registry.ts';
import { LASTING_CLOSES, type CreditCurveState } from './credit-state.ts';
import type { Effect } from './effect.ts';
import type { EngineState } from './state.ts';
import { goLive, newestVersion } from './versions.ts';

/** States whose beginning and end are worth a record. */
const TOLD: ReadonlySet<LoopStateName> = new Set(['DRIFT', 'SHADOW', 'QUARANTINE', 'STRESS', 'HOLD', 'MANUAL']);
/** Fits to updates in which a fault was not yet named are as suspect as those. */
const SUSPECT_MS = 5_000;

/** Tells the loop of a curve one thing, takes back what is under suspicion, and returns what is left to do. */
export function tellCreditLoop(
  curve: CreditCurveState,
  input: LoopInput,
  at: number,
  effects: Effect[],
): readonly LoopAction[] {
  const before = curve.loop;
  const { loop, actions } = loopStep(before, input, at);
  curve.loop = loop;
  if (loop.state !== before.state && (TOLD.has(loop.state) || TOLD.has(before.state))) {
    const incident = [...curve.incidents.open.values()].find((i) => i.scope === curve.key)?.id ?? null;
    act(curve, at, 'loop', `${before.state} -> ${loop.state} (${input})`, incident, effects);
  }
  if (actions.includes('withdraw')) withdraw(curve, at, effects);
  return actions;
}

function act(
  curve: CreditCurveState,
  at: number,
  kind: string,
  outcome: string,
  incident: string | null,
  effects: Effect[],
): void {
  effects.push({
    type: 'record',
    record: { type: 'action', at: isoTime(at), incident, kind, outcome, scope: curve.key },
  });
}

/** Versions fitted to the last two updates go, if an older one is left to serve. */
function withdraw(curve: CreditCurveState, at: number, effects: Effect[]): void {
  const { versions, model } = curve.track;
  const from = Math.min(at - SUSPECT_MS, curve.closedAt);
  const kept = versions.filter((v) => v.fit.at < from);
  const taken = versions.length - kept.length;
  if (taken === 0 || kept.length === 0) return;
  versions.splice(0, versions.length, ...kept);
  act(curve, at, 'withdraw', `${model}: ${taken} fitted to suspect updates`, null, effects);
}

/** A credit calibration came back; null when the job was not one of a credit curve. */
export function onCreditFit(state: EngineState, event: FitResultEvent): Effect[] | null {
  const pending = state.pendingJobs.get(event.jobId);
  const curve = pending === undefined ? undefined : state.credits.get(scopeKey(pending.job.scope));
  if (pending === undefined || curve === undefined) return null;
  state.pendingJobs.delete(event.jobId);
  const { job } = pending;
  const { track } = curve;
  if (track.pending === job.id) track.pending = null;
  const fit: Fit = {
    id: job.id,
    model: job.model,
    scope: job.scope,
    at: job.at,
    forward: 0,
    years: 0,
    parameters: event.outcome.parameters,
    covariance: event.outcome.covariance,
    numbers: event.outcome.numbers,
  };
  const previous = newestVersion(track)?.fit ?? null;
  const usable = fit.parameters.length > 0;
  const moved = [...curve.incidents.open.values()].some((i) => i.scope === curve.key && i.kind !== 'data');
  const stated = curve.termsSince > (previous?.at ?? Infinity);
  const confirmed = moved || stated || previous === null || job.at - previous.at > CONFIRMED_BY_TIME_MS;
  const insists = curve.loop.failures >= INSISTS || curve.disputed >= LASTING_CLOSES;
  const breaches = usable ? hazardModel.guard(previous, fit, confirmed || insists) : [];
  const superseded = previous !== null && previous.at > fit.at;
  const accepted = usable && breaches.length === 0 && !superseded && mayGoLive(curve.loop);
  const why = breaches.length > 0 ? 'refused' : superseded ? 'superseded' : 'vetoed';
  const status = !usable ? event.outcome.status : accepted ? 'accepted' : why;
  const change = usable && previous !== null ? moves(previous, fit, job) : null;
  track.unexplained = change?.unexplained ?? NaN;
  const registered = usable ? enter(curve, fit, previous, job, status, breaches, pending.record) : null;
  if (accepted) {
    curve.disputed = 0;
    goLive(track, registered === null ? fit : { ...fit, content: registered.id }, event.at);
  }
  const effects: Effect[] = [
    { type: 'record', record: calibrationRecord(curve, event.at, job, fit, status, breaches, change, registered) },
  ];
  tellCreditLoop(curve, accepted ? 'accepted' : usable ? 'refused' : 'failed', event.at, effects);
  return effects;
}

/** The bound on moves is for consecutive calibrations: after a day the market may be anywhere. */
const CONFIRMED_BY_TIME_MS = 86_400_000;
/** Refusals in a row without a fault of the data: the market insists. */
const INSISTS = 3;

interface Moves {
  /** Largest move of a forward hazard, standard errors. */
  readonly moved: number;
  /** Largest part that the quotes do not explain, standard errors. */
  readonly unexplained: number;
}

/**
 * Splits what the hazards did since the fit before. What its quotes explain is what these quotes give under the terms of
 * before (recovery, accrual, discounting), re-computed here; the rest came from the terms, or from nowhere.
 */
function moves(previous: Fit, next: Fit, job: FitJob): Moves | null {
  const before = hazardParameters(previous.parameters);
  const after = hazardParameters(next.parameters);
  const recovery = previous.numbers['recovery'] ?? NaN;
  const { credit } = job.observations;
  if (credit === undefined || !Number.isFinite(recovery)) return null;
  const again = hazardModel.fit({ ...job, observations: { ...job.observations, credit: { ...credit, recovery } } });
  const explained = hazardParameters(again.parameters);
  const n = after.maturities.length;
  let [moved, unexplained] = [0, 0];
  after.hazards.forEach((h, i) => {
    const sd = Math.sqrt(next.covariance[i * n + i] ?? 0);
    if (!(sd > 0)) return;
    const j = before.maturities.indexOf(after.maturities[i]);
    if (j >= 0) moved = Math.max(moved, Math.abs(h - before.hazards[j]) / sd);
    if (explained.hazards.length === n) unexplained = Math.max(unexplained, Math.abs(h - explained.hazards[i]) / sd);
  });
  return { moved, unexplained };
}

function enter(
  curve: CreditCurveState,
  fit: Fit,
  previous: Fit | null,
  job: FitJob,
  status: string,
  breaches: readonly Breach[],
  lastRecord: number,
): RegisteredCalibration {
  return register(
    curve.registry,
    {
      model: fit.model,
      scope: curve.key,
      parameters: fit.parameters,
      covariance: fit.covariance,
      from: previous?.at ?? fit.at,
      to: fit.at,
      firstRecord: firstRecordBehind(curve.registry, previous),
      lastRecord,
      quotes: job.observations.value.length,
      parent: previous?.content ?? null,
    },
    { job: fit.id, reason: job.reason, status, guards: breaches.map((b) => b.guard), approver: 'automatic' },
  );
}

function calibrationRecord(
  curve: CreditCurveState,
  at: number,
  job: FitJob,
  fit: Fit,
  status: string,
  breaches: readonly Breach[],
  change: Moves | null,
  registered: RegisteredCalibration | null,
): CreditCalibrationRecord {
  const { maturities, hazards } = hazardParameters(fit.parameters);
  const n = maturities.length;
  const byDay = (f: (i: number) => number): Record<string, number> =>
    Object.fromEntries(maturities.map((m, i) => [isoDay(m), f(i)]));
  const broken = breaches.map((b) => `${b.guard} ${b.value.toPrecision(4)} against ${b.limit.toPrecision(4)}`);
  return {
    type: 'credit-calibration',
    at: isoTime(at),
    id: fit.id,
    model: fit.model,
    curve: curve.key,
    status,
    reason: [job.reason, ...broken].join('; '),
    nodes: job.observations.value.length,
    hazards: byDay((i) => hazards[i]),
    hazard_se: byDay((i) => Math.sqrt(fit.covariance[i * n + i] ?? 0)),
    residual: fit.numbers['residual'] ?? null,
    inversion: fit.numbers['inversion'] ?? null,
    moved: change?.moved ?? null,
    unexplained: change?.unexplained ?? null,
    content_id: registered?.id ?? null,
    parent: registered?.parent ?? null,
    inputs: registered === null ? null : inputsOf(registered),
    guards: breaches.map((b) => b.guard),
    approver: 'automatic',
  };
}
