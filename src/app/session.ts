import type { EngineConfig } from '../engine/config.ts';
import type { Effect } from '../engine/effect.ts';
import { initEngine, type EngineState } from '../engine/state.ts';
import { step } from '../engine/step.ts';
import type { FitOutcomeRecord, FitResultEvent, MarketEvent } from '../market/event.ts';
import type { FitJob } from '../model/contract.ts';
import type { OutputRecord } from '../model/record.ts';
import type { JsonObject } from '../store/canonical-json.ts';
import { FORMAT, type LogRecord } from '../store/record-codec.ts';
import { RecordRefused } from '../store/record-refused.ts';
import { plainNumbers } from './plain-numbers.ts';
import { CODE_VERSION } from './version.ts';

/** Where records go: a digest alone, or a log on disk that keeps one too. */
export interface RecordTarget {
  /** Returns the record's number. */
  append(record: LogRecord): number;
  /** `log_sha256` of everything appended so far. */
  digest(): string;
}

/** What a session does with the engine's effects. */
export interface SessionPorts {
  readonly target: RecordTarget;
  /** Called for every output record, in order, after it was appended under `sequence`. */
  readonly onRecord: (record: OutputRecord, sequence: number) => void;
  /**
   * Asked for a calibration. Returns the outcome to have it applied at the job's own time (market-file replay), or
   * null when it will come back later through {@link Session.push} (live, or a recorded session).
   */
  readonly onFit: (job: FitJob) => FitOutcomeRecord | null;
}

/**
 * One run of the engine with its log: live and replay are this one code path. Every input event is appended before the
 * engine sees it, every output record after.
 */
export class Session {
  readonly state: EngineState;
  private readonly ports: SessionPorts;

  /** Begins with an engine that has seen nothing, or goes on from `resumed` under the same configuration. */
  constructor(config: EngineConfig, ports: SessionPorts, resumed: EngineState | null = null) {
    this.state = resumed ?? initEngine(config);
    this.ports = ports;
  }

  /**
   * Takes one event through log, engine and effects. An event the log cannot hold is refused and counted, not lost.
   * `recordedAs`: the number it has in the log that is replayed, where that is not the order in which records come here.
   */
  push(event: MarketEvent, recordedAs?: number): void {
    let taken = event;
    let sequence: number;
    try {
      sequence = this.ports.target.append({ kind: 'input', event });
    } catch (error) {
      if (!(error instanceof RecordRefused)) throw error;
      taken = refusal(event, error);
      sequence = this.ports.target.append({ kind: 'input', event: taken });
    }
    this.state.record = recordedAs ?? sequence;
    this.apply(step(this.state, taken));
  }

  /** Says a record that an earlier process made and did not get to say. */
  repeat(record: OutputRecord): void {
    this.say(record);
  }

  private apply(effects: readonly Effect[]): void {
    const answered: FitResultEvent[] = [];
    for (const effect of effects) {
      if (effect.type === 'record') {
        this.say(plainNumbers(effect.record));
        continue;
      }
      const outcome = this.ports.onFit(effect.job);
      if (outcome !== null) answered.push(fitResult(effect.job, outcome, effect.job.at));
    }
    // Only after every effect of this event: the log then has the order in which a recorded session feeds them back.
    for (const event of answered) this.push(event);
  }

  private say(record: OutputRecord): void {
    const sequence = this.ports.target.append({ kind: 'output', record: record as unknown as JsonObject });
    this.ports.onRecord(record, sequence);
  }
}

/** The header that opens a session in its log; `stamp` is `SYNTHETIC` where the market is simulated. */
export function sessionHeader(config: EngineConfig, stamp: string | null = null): LogRecord {
  const stamped = stamp === null ? {} : { stamp };
  return {
    kind: 'meta',
    format: FORMAT,
    code: CODE_VERSION,
    configuration: config as unknown as JsonObject,
    ...stamped,
  };
}

/** The event that brings a calibration back. */
export function fitResult(job: FitJob, outcome: FitOutcomeRecord, at: number): FitResultEvent {
  return { type: 'fit-result', at, receivedAt: at, jobId: job.id, outcome: plainNumbers(outcome) };
}

function refusal(event: MarketEvent, error: RecordRefused): MarketEvent {
  const time = Number.isFinite(event.at) ? event.at : 0;
  const venue = 'venue' in event ? event.venue : '';
  return {
    type: 'refused',
    at: time,
    receivedAt: time,
    venue,
    reason: 'not-canonical',
    field: event.type,
    value: error.message.slice(0, 64),
  };
}
