/** The engine as a recorded session left it at some time: any past exposure can be had again from its log. */
import type { EngineConfig } from '../engine/config.ts';
import { initEngine, type EngineState } from '../engine/state.ts';
import { step } from '../engine/step.ts';
import type { MarketEvent } from '../market/event.ts';
import type { OutputRecord } from '../model/record.ts';
import { canonicalJson } from '../store/canonical-json.ts';
import { readRecords } from '../store/log-reader.ts';
import type { LogFiles } from '../store/log-files.ts';
import type { MetaRecord } from '../store/record-codec.ts';
import { writtenByOther } from './other-code.ts';

/** Events whose time is the market's and moves on; the others may be stamped by whoever sent them. */
const CLOCKS: ReadonlySet<MarketEvent['type']> = new Set(['quote', 'index', 'trade', 'snapshot-end', 'timer']);

/** The log cannot say what was asked. */
export class StateError extends Error {
  override readonly name = 'StateError';
  readonly retryable = false;
  readonly exitCode = 2;
}

/** Who hears of what a walk passes. */
export interface WalkListener {
  /** Every event, after the engine has taken it. */
  readonly onEvent?: (event: MarketEvent) => void;
  readonly onRecord?: (record: OutputRecord) => void;
}

/** Follows a session's inputs through the engine, stopping at chosen times. Fits are those recorded. */
export class LogWalk {
  #state: EngineState | null = null;
  #at = -Infinity;
  #configuration = '';
  #pending: MarketEvent | null = null;
  /** Why the session under way is passed over; null when it is not. */
  #other: string | null = null;
  readonly #records: ReturnType<typeof readRecords>;
  readonly #listener: WalkListener;

  constructor(files: LogFiles, listener: WalkListener = {}) {
    this.#records = readRecords(files);
    this.#listener = listener;
  }

  /** Newest market time taken, epoch ms. */
  get at(): number {
    return this.#at;
  }

  /** The state, owned by the walk; throws {@link StateError} before the first event. */
  get state(): EngineState {
    if (this.#state === null || this.#at === -Infinity)
      throw new StateError(this.#other ?? 'the log holds no market at that time');
    return this.#state;
  }

  /** Takes every event up to `to` (epoch ms; Infinity = all). False when the log ends before. */
  async until(to: number): Promise<boolean> {
    if (this.#pending !== null) {
      if (this.#pending.at > to) return true;
      this.#take(this.#pending);
      this.#pending = null;
    }
    for (;;) {
      const next = await this.#records.next();
      if (next.done === true) return false;
      const item = next.value;
      if (item.kind === 'damage')
        throw new StateError(`the log is damaged (${item.reason}) in segment ${item.segment} at byte ${item.offset}`);
      if (item.kind !== 'record') continue;
      const { record } = item;
      if (record.kind === 'meta') this.#begin(record);
      else if (record.kind === 'input') {
        if (this.#other !== null) {
          // What other code saw cannot be had again; only who asks for a time within it must know.
          if (CLOCKS.has(record.event.type) && record.event.at > to && to > -Infinity)
            throw new StateError(this.#other);
          continue;
        }
        if (CLOCKS.has(record.event.type) && record.event.at > to) {
          this.#pending = record.event;
          return true;
        }
        this.#take(record.event);
      }
    }
  }

  /** Takes events up to the first that tells the market's time. False when there is none. */
  async untilFirst(): Promise<boolean> {
    if (this.#pending === null) await this.until(-Infinity);
    return this.#pending === null ? false : this.until(this.#pending.at);
  }

  /** Like {@link until}, but where nothing happened until `to`, on to the next time there is, unless that is after `last`. */
  async onward(to: number, last = Infinity): Promise<boolean> {
    const before = this.#at;
    const more = await this.until(to);
    if (!more || this.#at > before || this.#pending === null) return more;
    return this.#pending.at <= last && this.until(this.#pending.at);
  }

  #begin(record: MetaRecord): void {
    const says = writtenByOther(record.code);
    this.#other = says === null ? null : `that session was ${says}: only the code that wrote it can remake it`;
    if (says !== null) {
      this.#state = null;
      this.#at = -Infinity;
      return;
    }
    const config = record.configuration as unknown as EngineConfig;
    const text = canonicalJson(config);
    if (this.#state !== null && text === this.#configuration) return;
    this.#configuration = text;
    this.#state = initEngine(config);
  }

  #take(event: MarketEvent): void {
    if (this.#state === null) throw new StateError('a record comes before the session header');
    for (const effect of step(this.#state, event))
      if (effect.type === 'record') this.#listener.onRecord?.(effect.record);
    if (CLOCKS.has(event.type)) this.#at = Math.max(this.#at, event.at);
    this.#listener.onEvent?.(event);
  }
}
