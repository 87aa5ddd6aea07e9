import { isOwnModel } from '../engine/models.ts';
import type { EngineState, ExpiryState } from '../engine/state.ts';
import { newestVersion } from '../engine/versions.ts';
import type { MarketEvent, PushedFitEvent } from '../market/event.ts';
import { isoTime } from '../market/iso-time.ts';
import { yearsBetween } from '../market/year-fraction.ts';
import type { PushSource } from '../server/push-room.ts';
import type { PushedSmileMessage } from '../server/wire/push.ts';
import { epochMs } from '../server/wire/scalars.ts';
import { readPushed } from '../surface/pushed.ts';

/** What the desk needs of a running monitor. */
export interface PushDeskPorts {
  readonly state: () => EngineState | null;
  /** Takes events through the log; null where nothing can be taken (a replay). */
  readonly accept: ((events: readonly MarketEvent[]) => void) | null;
  /** Epoch ms. */
  readonly now: () => number;
}

/** The user's own smiles between server and engine: puts them through the log, and says what became of them. */
export class PushDesk implements PushSource {
  private readonly ports: PushDeskPorts;

  constructor(ports: PushDeskPorts) {
    this.ports = ports;
  }

  push(message: PushedSmileMessage, by: string): ReturnType<PushSource['push']> {
    const { accept } = this.ports;
    const state = this.ports.state();
    if (accept === null || state === null)
      return { busy: 'nothing can be pushed here: this is a replay, or the watch has not begun' };
    const { model, venue, underlying } = message;
    const wanted = isoTime(epochMs(message.expiry)).slice(0, 10);
    const expiry = state.underlyings.get(`${venue}:${underlying}`)?.expiries.find((e) => e.key.endsWith(`:${wanted}`));
    if (expiry === undefined) return { refused: `expiry: ${venue}:${underlying}:${wanted} is not watched` };
    if (isOwnModel(model)) return { refused: `model ${model}: this name is built in` };
    const event = eventOf(message, expiry, by, this.ports.now());
    // Read as the engine will: a table is good or bad whatever the forward.
    const read = readPushed(
      event,
      Math.max(yearsBetween(event.at, event.expiry), Number.MIN_VALUE),
      expiry.entries[0]?.instrument.strike ?? 1,
    );
    if (read.status !== 'usable') return { refused: `${read.status}: ${read.reason}` };
    const before = servingContent(expiry, model);
    accept([event]);
    const track = expiry.models.find((t) => t.model === model);
    const live = track === undefined ? null : newestVersion(track);
    if (live?.fit.content === undefined || live.fit.content === before)
      return { refused: 'no forward of the expiry is known yet, or as many models are pushed as an expiry takes' };
    return { content_id: live.fit.content, job: live.fit.id, live_at: isoTime(live.liveAt) };
  }
}

function servingContent(expiry: ExpiryState, model: string): string | undefined {
  const track = expiry.models.find((t) => t.model === model);
  return track === undefined ? undefined : newestVersion(track)?.fit.content;
}

function eventOf(message: PushedSmileMessage, expiry: ExpiryState, by: string, now: number): PushedFitEvent {
  const { model, version, covariance } = message;
  return {
    type: 'pushed-fit',
    at: message.at === undefined ? now : epochMs(message.at),
    receivedAt: now,
    model,
    venue: expiry.scope.venue,
    underlying: expiry.scope.underlying,
    expiry: expiry.expiry,
    family: message.family ?? null,
    parameters: message.parameters ?? [],
    strikes: message.strikes ?? [],
    volatilities: message.volatilities ?? [],
    ...(covariance === undefined ? {} : { covariance }),
    ...(version === undefined ? {} : { version }),
    by,
  };
}
