import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { isoTime } from '../market/iso-time.ts';
import type { MarketEvent } from '../market/event.ts';
import type { OutputRecord } from '../model/record.ts';
import type { ReplayControls } from '../server/monitor-view.ts';
import type { Replay } from '../server/wire/system.ts';
import type { Session } from './session.ts';

/** Decides when the next event of a replay is due; null = now. */
export interface Pacer {
  until(at: number): Promise<void> | null;
}

/** What whoever serves a replay wants to hear of it. */
export interface ReplayHooks {
  /**
   * Where the session's log is, for looks back: told where there is one, else asked for a place to keep one for as long
   * as it is served.
   */
  readonly log: (directory: string | null) => string;
  readonly pacer: Pacer;
  readonly onRecord: (record: OutputRecord) => void;
  readonly onEvent: (event: MarketEvent) => void;
  /** `recorded`: a session log, to which nothing may be added; `stamp`: what it says of its market, `SYNTHETIC`. */
  readonly onSession: (session: Session, recorded: boolean, stamp: string | null) => void;
  readonly onProgress: (fraction: number) => void;
}

/** The replay was told to end before its file did. */
export class ReplayStopped extends Error {
  override readonly name = 'ReplayStopped';
  readonly retryable = false;
}

/** At full speed the loop is given back this often, ms. */
const TURN_MS = 8;
/** Controls are looked at this often while waiting, ms. */
const LOOK_MS = 50;
/** A pause of the recording is never waited for longer than this, ms of wall time. */
const LONGEST_PAUSE_MS = 2_000;
/** As fast as it goes, for people. */
export const FASTEST = 10_000;

/** Play, pause, speed and jumps of a served replay. */
export class ReplayTransport implements Pacer, ReplayControls {
  private readonly clock: () => number;
  private speed: number;
  private playing = true;
  private seeking: { readonly kind: 'time'; readonly to: number } | { readonly kind: 'incident' } | null = null;
  private first = NaN;
  private at = NaN;
  /** Market time and wall time that belong together. */
  private anchorAt = NaN;
  private anchorWall = 0;
  private turnAt = 0;
  private fraction: number | null = null;
  private incidents = 0;
  private ended = false;
  private stopped = false;
  private error: string | null = null;

  /** `speed`: times real time. */
  constructor(speed: number, clock: () => number = () => performance.now()) {
    this.speed = Math.min(speed, FASTEST);
    this.clock = clock;
  }

  until(at: number): Promise<void> | null {
    if (Number.isNaN(this.first)) this.first = at;
    const now = this.clock();
    if (this.dueIn(at, now) <= 1) {
      this.pass(at);
      if (now - this.turnAt < TURN_MS) return null;
      this.turnAt = now;
      return nextTurn();
    }
    return this.wait(at);
  }

  /** Hears every output record: incidents are what one jumps to. */
  onRecord(record: OutputRecord): void {
    if (record.type !== 'incident' || record.state !== 'open') return;
    this.incidents++;
    if (this.seeking?.kind !== 'incident') return;
    this.seeking = null;
    this.playing = false;
  }

  /** Share of the input that has been read. */
  progress(fraction: number): void {
    this.fraction = fraction;
  }

  /** The input is over, or failed. */
  end(error: Error | null): void {
    this.ended = true;
    this.playing = false;
    this.seeking = null;
    this.error = error?.message ?? null;
    if (error === null) this.fraction = 1;
  }

  /** Makes the replay end with {@link ReplayStopped} at its next event. */
  stop(): void {
    this.stopped = true;
  }

  state(): Replay {
    return {
      at: Number.isFinite(this.at) ? isoTime(this.at) : null,
      first: Number.isFinite(this.first) ? isoTime(this.first) : null,
      speed: this.speed,
      playing: this.playing,
      seeking: this.seeking?.kind ?? null,
      ended: this.ended,
      fraction: this.fraction,
      incidents: this.incidents,
      error: this.error,
    };
  }

  play(): void {
    if (this.ended) return;
    this.playing = true;
    this.anchor();
  }

  pause(): void {
    this.playing = false;
    this.seeking = null;
  }

  setSpeed(speed: number): void {
    this.speed = speed;
    this.anchor();
  }

  seek(to: number): string | null {
    if (this.ended) return 'the recording is over';
    if (to <= this.at) return `${isoTime(to)} is over: the replay stands at ${isoTime(this.at)} and goes forward only`;
    this.seeking = { kind: 'time', to };
    return null;
  }

  nextIncident(): string | null {
    if (this.ended) return 'the recording is over';
    this.seeking = { kind: 'incident' };
    return null;
  }

  private async wait(at: number): Promise<void> {
    const pause = this.dueIn(at, this.clock()) - LONGEST_PAUSE_MS;
    if (Number.isFinite(pause) && pause > 0) this.anchorWall -= pause;
    for (;;) {
      const due = this.dueIn(at, this.clock());
      if (due <= 1) break;
      await sleep(Math.min(due, LOOK_MS));
    }
    this.pass(at);
  }

  /** Wall ms until an event is due; Infinity while paused. */
  private dueIn(at: number, now: number): number {
    if (this.stopped) throw new ReplayStopped('the replay was stopped');
    if (this.seeking?.kind === 'time' && at >= this.seeking.to) {
      // The replay's clock stands where one asked it to, whether or not something happened just then.
      this.at = this.seeking.to;
      this.seeking = null;
      this.anchorAt = at;
      this.anchorWall = now;
    }
    if (this.seeking !== null) return 0;
    if (!this.playing) return Infinity;
    if (Number.isNaN(this.anchorAt)) {
      this.anchorAt = at;
      this.anchorWall = now;
    }
    return (at - this.anchorAt) / this.speed - (now - this.anchorWall);
  }

  private pass(at: number): void {
    if (!(at <= this.at)) this.at = at;
    if (this.seeking !== null) this.anchor();
  }

  private anchor(): void {
    this.anchorAt = this.at;
    this.anchorWall = this.clock();
  }
}
