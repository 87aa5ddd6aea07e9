/** The engine with an inline calibrator, no log: the bench copies its state to try a fault and throws the copy away. */
import { modelNamed } from '../../engine/models.ts';
import type { EngineConfig } from '../../engine/config.ts';
import { initEngine, type EngineState } from '../../engine/state.ts';
import { step } from '../../engine/step.ts';
import type { FitOutcomeRecord, MarketEvent } from '../../market/event.ts';
import type { FitJob } from '../../model/contract.ts';
import type { OutputRecord } from '../../model/record.ts';

/** Answers a fit job; null = never. */
export type Calibrator = (job: FitJob) => FitOutcomeRecord | null;

/** The calibrator that runs the model's own fit. */
export const ownCalibrator: Calibrator = (job) => modelNamed(job.model).fit(job);

/** One run of the engine. */
export class EngineRun {
  readonly state: EngineState;
  readonly #calibrator: Calibrator;

  constructor(config: EngineConfig, calibrator: Calibrator = ownCalibrator, state: EngineState | null = null) {
    this.state = state ?? initEngine(config);
    this.#calibrator = calibrator;
  }

  /** Runs events and the fits they ask for; returns every record in order. */
  run(events: Iterable<MarketEvent>): OutputRecord[] {
    const records: OutputRecord[] = [];
    const queue: MarketEvent[] = [];
    for (const event of events) {
      queue.push(event);
      for (let next = queue.shift(); next !== undefined; next = queue.shift())
        for (const effect of step(this.state, next)) {
          if (effect.type === 'record') records.push(effect.record);
          else {
            const { job } = effect;
            const outcome = this.#calibrator(job);
            if (outcome !== null)
              queue.push({ type: 'fit-result', at: job.at, receivedAt: job.at, jobId: job.id, outcome });
          }
        }
    }
    return records;
  }

  /** A copy that shares nothing with this run; of one underlying (`venue:name`) only, when it is named. */
  fork(calibrator: Calibrator = this.#calibrator, underlying: string | null = null): EngineRun {
    const state = underlying === null ? this.state : only(this.state, underlying);
    return new EngineRun(this.state.config, calibrator, structuredClone(state));
  }
}

function only(state: EngineState, key: string): EngineState {
  return {
    ...state,
    underlyings: new Map([...state.underlyings].filter(([k]) => k === key)),
    instruments: new Map([...state.instruments].filter(([, place]) => place.underlying.key === key)),
  };
}
