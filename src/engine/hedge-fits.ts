import type { FitResultEvent } from '../market/event.ts';
import { isoTime } from '../market/iso-time.ts';
import { byExpiry, HEDGE_CALIBRATION_MS, hedgeModel } from '../hedge/hedge-model.ts';
import { learnParameters, momentRows } from '../hedge/hedge-moments.ts';
import type { HedgeStart } from '../hedge/hedge-start.ts';
import type { Fit, FitJob, Observations } from '../model/contract.ts';
import type { HedgeFitRecord } from '../model/record.ts';
import { firstRecordBehind, inputsOf, register, type RegisteredCalibration } from '../policy/registry.ts';
import { log } from '../numeric/exponential.ts';
import type { Effect } from './effect.ts';
import type { HedgeWatch } from './hedge-state.ts';
import { STREAM_MS } from './watch-silence.ts';
import type { EngineState, PendingJob, UnderlyingState } from './state.ts';

/** Options further out than this many standard deviations say little about a smile. */
const REACH = 3;
const NONE = new Float64Array(0);

/** A tenth of a second each: hourly in a stream, but not for every snapshot of recorded chains (`vernier hedge backtest` is for those). */
const COSTLY: ReadonlySet<string> = new Set(['hedge-heston-mv', 'hedge-jump-mv']);

/** Asks for the calibrations of hedging models that are due: at most one of each in flight, costly ones hourly. */
export function requestHedgeFits(state: EngineState, underlying: UnderlyingState, at: number): Effect[] {
  const watch = underlying.hedge;
  const effects: Effect[] = [];
  for (const [model, every] of Object.entries(HEDGE_CALIBRATION_MS)) {
    if (COSTLY.has(model) && !(underlying.cadenceMs < STREAM_MS)) continue;
    if (at - (watch.askedAt.get(model) ?? -Infinity) < every) continue;
    // What has not come back by the time the next is due is lost.
    const lost = watch.pending.get(model);
    if (lost !== undefined) state.pendingJobs.delete(lost);
    const moments = momentsFor(watch, model);
    if (moments.length === 0) continue;
    const job: FitJob = {
      id: `${model}@${underlying.key}#${watch.jobs++}`,
      model,
      scope: { venue: underlying.venue, underlying: underlying.underlying, expiry: 0 },
      at,
      reason: watch.calibrations.has(model) ? 'schedule' : 'first',
      observations: nothingObserved(at, underlying),
      start: watch.calibrations.get(model)?.parameters ?? null,
      prior: null,
      options: {},
      moments,
    };
    watch.askedAt.set(model, at);
    watch.pending.set(model, job.id);
    state.pendingJobs.set(job.id, {
      job,
      refused: {},
      refusedTotal: 0,
      incident: null,
      approver: 'automatic',
      record: state.record,
    });
    effects.push({ type: 'fit', job });
  }
  return effects;
}

function nothingObserved(at: number, underlying: UnderlyingState): Observations {
  const forward = underlying.index?.price ?? underlying.quotedIndex;
  return {
    at,
    years: 0,
    forward: forward > 0 ? forward : 0,
    k: NONE,
    x: NONE,
    strike: NONE,
    value: NONE,
    noise: NONE,
    low: NONE,
    high: NONE,
    venueValue: NONE,
  };
}

function momentsFor(watch: HedgeWatch, model: string): readonly (readonly number[])[] {
  if (model === 'hedge-hull-white') return momentRows(watch.moments.sides);
  if (model === 'hedge-skew-stickiness-atm') return momentRows(watch.moments.smiles);
  return [...watch.starts.values()].toSorted((a, b) => a.expiry - b.expiry).flatMap(smileRows);
}

/** Out-of-the-money volatilities of a start: expiry, years, k, sigma; k ascending and distinct. */
function smileRows(start: HedgeStart): number[][] {
  const rows: number[][] = [];
  start.symbols.forEach((_, i) => {
    const k = log(start.strike[i] / start.forwards[i]);
    if ((start.isCall[i] === 1) !== k >= 0) return;
    if (Math.abs(k) > REACH * start.sigma[i] * Math.sqrt(start.years)) return;
    rows.push([start.expiry, start.years, k, start.sigma[i]]);
  });
  rows.sort((a, b) => a[2] - b[2]);
  return rows.filter((r, i) => i === 0 || r[2] > rows[i - 1][2]);
}

/** A calibration of a hedging model came back: the guards, in standard errors, decide whether it serves. */
export function onHedgeFit(underlying: UnderlyingState, pending: PendingJob, event: FitResultEvent): Effect[] {
  const watch = underlying.hedge;
  const { job } = pending;
  watch.pending.delete(job.model);
  const model = hedgeModel(job.model);
  const { parameters, covariance, numbers, status: said } = event.outcome;
  const { forward } = job.observations;
  const fit: Fit = {
    id: job.id,
    model: job.model,
    scope: job.scope,
    at: job.at,
    forward,
    years: 0,
    parameters,
    covariance,
    numbers,
  };
  const previous = watch.calibrations.get(job.model) ?? null;
  const moved = [...underlying.incidents.open.values()].some((i) => i.kind === 'market' && i.scope === underlying.key);
  const usable = parameters.length > 0;
  const breaches = usable ? model.guard(previous, fit, moved) : [];
  const status = !usable ? said : breaches.length > 0 ? 'refused' : 'accepted';
  const rows = numbers['rows'] ?? job.moments?.length ?? 0;
  const guards = breaches.map((b) => b.guard);
  const registered = usable ? enter(watch, underlying.key, fit, previous, pending, rows, status, guards) : null;
  if (status === 'accepted') {
    if (job.model === 'hedge-sabr' && previous !== null) learnSabr(underlying, previous, fit);
    watch.calibrations.set(job.model, registered === null ? fit : { ...fit, content: registered.id });
  }
  const named: Record<string, number> = {};
  const errors: Record<string, number> = {};
  const n = parameters.length;
  model.parameterNames.forEach((name, i) => {
    if (i >= n) return;
    named[name] = parameters[i];
    if (covariance.length === n * n && covariance[i * n + i] > 0) errors[name] = Math.sqrt(covariance[i * n + i]);
  });
  const broken = breaches.map((b) => `${b.guard} ${b.value.toPrecision(4)} against ${b.limit.toPrecision(4)}`);
  const record: HedgeFitRecord = {
    type: 'hedge-calibration',
    at: isoTime(event.at),
    id: fit.id,
    model: fit.model,
    venue: fit.scope.venue,
    underlying: fit.scope.underlying,
    status,
    reason: [job.reason, ...broken].join('; '),
    rows,
    regime: watch.regimes.at(-1)?.regime ?? 'unclear',
    parameters: named,
    standard_errors: errors,
    content_id: registered?.id ?? null,
    parent: registered?.parent ?? null,
    inputs: registered === null ? null : inputsOf(registered),
    guards,
    approver: pending.approver,
  };
  return [{ type: 'record', record }];
}

/** Enters a usable answer; its parent is the calibration that serves until then. */
function enter(
  watch: HedgeWatch,
  scope: string,
  fit: Fit,
  previous: Fit | null,
  pending: PendingJob,
  rows: number,
  status: string,
  guards: readonly string[],
): RegisteredCalibration {
  const content = {
    model: fit.model,
    scope,
    parameters: fit.parameters,
    covariance: fit.covariance,
    from: previous?.at ?? fit.at,
    to: fit.at,
    firstRecord: firstRecordBehind(watch.registry, previous),
    lastRecord: pending.record,
    quotes: rows,
    parent: previous?.content ?? null,
  };
  const { job, approver } = pending;
  return register(watch.registry, content, { job: fit.id, reason: job.reason, status, guards, approver });
}

/** What refitting SABR did to its parameters while the index moved: recalibration-aware deltas rest on it. */
function learnSabr(underlying: UnderlyingState, before: Fit, after: Fit): void {
  const r = log(after.forward / before.forward);
  const old = byExpiry(before.parameters, 3);
  for (const [expiry, now] of byExpiry(after.parameters, 3)) {
    const then = old.get(expiry);
    if (then === undefined) continue;
    const years = (expiry - after.at) / (365 * 86_400_000);
    learnParameters(
      underlying.hedge.moments,
      after.at,
      years,
      r,
      now.map((v, j) => v - then[j]),
    );
  }
}
