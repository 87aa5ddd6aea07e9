import type { PushedFitEvent } from '../market/event.ts';
import { isoTime } from '../market/iso-time.ts';
import { yearsBetween } from '../market/year-fraction.ts';
import { scopeKey } from '../model/contract.ts';
import type { CalibrationRecord } from '../model/record.ts';
import { isVersion, pushedFitContent } from '../policy/pushed-content.ts';
import { inputsOf, PUSHED_KEPT, register, type RegisteredCalibration } from '../policy/registry.ts';
import { readPushed, type PushedSmile } from '../surface/pushed.ts';
import type { Effect } from './effect.ts';
import { isOwnModel } from './models.ts';
import { sane } from './on-market.ts';
import { newTrack } from './place.ts';
import { readForwards } from './read-batch.ts';
import { countRefused, type EngineState, type ExpiryState, type ModelTrack, type UnderlyingState } from './state.ts';
import { goLive, newestVersion } from './versions.ts';

/** Pushed models an expiry takes; each costs memory and a prediction per batch. */
const MOST_PUSHED = 128;
/** Names of the user's models: short, and readable in a scope key and a metric's label. */
const NAME = /^[a-z][a-z0-9-]{0,31}$/;

/**
 * The user's own model speaks: its parameters or volatilities go live and are scored on every later batch beside ours.
 * A push that cannot be used is counted as `pushed-<why>` and recorded with the reason; the version before it stays.
 */
export function onPushedFit(state: EngineState, event: PushedFitEvent): Effect[] {
  const underlying = state.underlyings.get(scopeKey({ ...event, expiry: 0 }));
  const expiry = underlying?.expiries.find((e) => e.expiry === event.expiry);
  if (underlying === undefined || expiry === undefined || !(event.expiry > event.at)) {
    countRefused(state, 'pushed-unknown-expiry');
    return [];
  }
  if (!isVersion(event.version)) {
    countRefused(state, 'pushed-version');
    return [];
  }
  const track = trackOf(state, expiry, event);
  if (track === null) return [];
  // A push may have been made earlier but cannot have been live before it came.
  const closedAt = Number.isFinite(expiry.closedAt) ? expiry.closedAt : -Infinity;
  const liveAt = Math.max(sane(state, event).at, underlying.watermark, closedAt);
  const years = yearsBetween(liveAt, event.expiry);
  const forward = forwardOf(underlying, expiry, liveAt);
  const smile = readPushed(event, years, forward);
  const id = `${event.model}@${expiry.key}#${track.fits++}`;
  const made = Math.min(event.at, liveAt);
  const registered =
    smile.status === 'usable' ? enter(state, expiry, track, event, id, made, liveAt, smile.minG) : null;
  if (smile.status !== 'usable') countRefused(state, `pushed-${smile.status}`);
  else
    goLive(
      track,
      {
        id,
        model: event.model,
        scope: expiry.scope,
        at: made,
        forward: forward > 0 ? forward : 0,
        years,
        parameters: smile.parameters,
        covariance: smile.covariance,
        numbers: {},
        ...(smile.family === null ? {} : { family: smile.family.name }),
        ...(registered === null ? {} : { content: registered.id }),
      },
      liveAt,
    );
  return [{ type: 'record', record: pushedRecord(event, id, liveAt, forward, smile, registered) }];
}

/** Enters what was pushed, to the last bit, into the registry of its expiry; what it rests on here is the push. */
function enter(
  state: EngineState,
  expiry: ExpiryState,
  track: ModelTrack,
  event: PushedFitEvent,
  job: string,
  from: number,
  to: number,
  minG: number | null,
): RegisteredCalibration {
  const content = {
    ...pushedFitContent(event),
    model: event.model,
    scope: expiry.key,
    from,
    to,
    firstRecord: state.record,
    lastRecord: state.record,
    parent: newestVersion(track)?.fit.content ?? null,
  };
  // It serves all the same: what its owner trades on is judged as it is.
  const guards = (minG ?? 0) < 0 ? ['butterfly-arbitrage'] : [];
  const verdict = { job, reason: 'pushed', status: 'accepted', guards, approver: event.by ?? 'pushed' };
  return register(expiry.loop.registry, content, verdict, PUSHED_KEPT);
}

/** The track of the pushed model, made at its first push; null (counted) when the name or one more is not possible. */
function trackOf(state: EngineState, expiry: ExpiryState, event: PushedFitEvent): ModelTrack | null {
  if (isOwnModel(event.model) || !NAME.test(event.model)) {
    countRefused(state, 'pushed-reserved-name');
    return null;
  }
  const found = expiry.models.find((t) => t.model === event.model);
  if (found !== undefined) return found;
  if (expiry.models.filter((t) => !isOwnModel(t.model)).length >= MOST_PUSHED) {
    countRefused(state, 'pushed-too-many-models');
    return null;
  }
  const made = newTrack(event.model, yearsBetween(event.at, event.expiry));
  expiry.models.push(made);
  return made;
}

function forwardOf(underlying: UnderlyingState, expiry: ExpiryState, at: number): number {
  return readForwards(underlying, at).find((f) => f.expiry === expiry)?.consensus ?? NaN;
}

function pushedRecord(
  event: PushedFitEvent,
  id: string,
  at: number,
  forward: number,
  smile: PushedSmile,
  registered: RegisteredCalibration | null,
): CalibrationRecord {
  const usable = smile.status === 'usable';
  const parameters: Record<string, number> = {};
  if (usable) smile.family?.parameters.forEach((p, i) => (parameters[p.name] = smile.parameters[i]));
  return {
    type: 'calibration',
    at: isoTime(at),
    id,
    model: event.model,
    venue: event.venue,
    underlying: event.underlying,
    expiry: isoTime(event.expiry),
    status: usable ? 'accepted' : smile.status,
    reason: usable ? 'pushed' : `pushed; ${smile.reason}`,
    quotes_used: registered?.quotes ?? 0,
    quotes_refused: 0,
    refused_by_reason: {},
    forward: forward > 0 ? forward : null,
    parameters,
    rmse_vol: null,
    inside_share: null,
    chi2_per_dof: null,
    min_g: usable ? smile.minG : null,
    calendar_violations: null,
    leave_one_out_ratio: null,
    atm_se_vol: null,
    level_move_se: null,
    skew_move_se: null,
    curvature_move_se: null,
    book_jump_vol: null,
    book_jump_usd: null,
    content_id: registered?.id ?? null,
    parent: registered?.parent ?? null,
    inputs: registered === null ? null : inputsOf(registered),
    guards: registered?.guards ?? [],
    approver: event.by ?? 'pushed',
    stated_version: event.version ?? null,
  };
}
