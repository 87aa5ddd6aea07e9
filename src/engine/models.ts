import type { FitOutcomeRecord } from '../market/event.ts';
import type { FitJob, MonitoredModel } from '../model/contract.ts';
import { HEDGE_MODELS } from '../hedge/hedge-model.ts';
import { essviFamily } from '../surface/essvi.ts';
import { hazardModel } from '../credit/hazard-model.ts';
import { pushedModel } from '../surface/pushed.ts';
import { sabr } from '../surface/sabr-fit.ts';
import { smileModel } from '../surface/smile-model.ts';
import { spline } from '../surface/spline.ts';
import { sviFamily } from '../surface/svi.ts';
import { venueMark } from '../surface/venue-mark.ts';

/** Every monitored model of surfaces the engine knows, by name. */
export const MODELS: ReadonlyMap<string, MonitoredModel> = new Map(
  [...[sviFamily, essviFamily, sabr, spline].map(smileModel), venueMark].map((m) => [m.name, m]),
);

/**
 * The model of that name. A name that is not built in can only have come with a pushed fit (`on-pushed-fit.ts`): the
 * configuration has been checked.
 */
export function modelNamed(name: string): MonitoredModel {
  return MODELS.get(name) ?? HEDGE_MODELS.get(name) ?? (name === hazardModel.name ? hazardModel : pushedModel);
}

/** Whether the name is one of ours, of whatever kind: nobody may push under it. */
export function isOwnModel(name: string): boolean {
  return modelNamed(name) !== pushedModel;
}

/** Runs a calibration: the same pure function in a worker thread (live) and inline (replay). */
export function runFit(job: FitJob): FitOutcomeRecord {
  return modelNamed(job.model).fit(job);
}
