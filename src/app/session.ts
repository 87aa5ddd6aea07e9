import type { EngineConfig } from '../engine/config.ts';
import type { Effect } from '../engine/effect.ts';
import { initEngine, type EngineState } from '../engine/state.ts';
import { step } from '../engine/step.ts';
import type { FitOutcomeRecord, FitResultEvent, MarketEvent } from '../market/event.ts';
import type { FitJob } from '../model/contract.ts';
import type { OutputRecord } from '../model/record.ts';
import type { JsonObject } from '../store/canonical-json.ts';
import type { LogRecord } from '../store/record-codec.ts';
import { CODE_VERSION } from './version.ts';

/** Where records go: a digest alone, or a log on disk that keeps one too. */
export interface RecordTarget {
  append(record: LogRecord): unknown;
  /** `log_sha256` of everything appended so far. */
  digest(): string;
}

/** What a session does with the engine's effects. */
export interface SessionPorts {
  readonly target: RecordTarget;
  /** Called for every output record, in order, after it was appended. */
  readonly onRecord: (record: OutputRecord) => void;
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

  constructor(config: EngineConfig, ports: SessionPorts) {
    this.state = initEngine(config);
    this.ports = ports;
    ports.target.append({
      kind: 'meta',
      format: 1,
      code: CODE_VERSION,
      configuration: config as unknown as JsonObject,
    });
  }

  /** Takes one event through log, engine and effects. */
  push(event: MarketEvent): void {
    this.ports.target.append({ kind: 'input', event });
    this.apply(step(this.state, event));
  }

  private apply(effects: readonly Effect[]): void {
    const answered: FitResultEvent[] = [];
    for (const effect of effects) {
      if (effect.type === 'record') {
        this.ports.target.append({ kind: 'output', record: effect.record as unknown as JsonObject });
        this.ports.onRecord(effect.record);
        continue;
      }
      const outcome = this.ports.onFit(effect.job);
      if (outcome !== null) answered.push(fitResult(effect.job, outcome, effect.job.at));
    }
    // Only after every effect of this event: the log then has the order in which a recorded session feeds them back.
    for (const event of answered) this.push(event);
  }
}

/** The event that brings a calibration back. */
export function fitResult(job: FitJob, outcome: FitOutcomeRecord, at: number): FitResultEvent {
  return { type: 'fit-result', at, receivedAt: at, jobId: job.id, outcome };
}
