import type { FitOutcomeRecord } from '../market/event.ts';
import type { FitJob, MonitoredModel } from '../model/contract.ts';
import { smileModel } from '../surface/smile-model.ts';
import { sviFamily } from '../surface/svi.ts';
import { venueMark } from '../surface/venue-mark.ts';

/** Every monitored model the engine knows, by name. */
export const MODELS: ReadonlyMap<string, MonitoredModel> = new Map(
  [smileModel(sviFamily), venueMark].map((m) => [m.name, m]),
);

/** The model of that name; asking for an unknown one is our bug, the configuration has been checked. */
export function modelNamed(name: string): MonitoredModel {
  const model = MODELS.get(name);
  if (model === undefined) throw new Error(`no model is called ${name}`);
  return model;
}

/** Runs a calibration: the same pure function in a worker thread (live) and inline (replay). */
export function runFit(job: FitJob): FitOutcomeRecord {
  return modelNamed(job.model).fit(job);
}
