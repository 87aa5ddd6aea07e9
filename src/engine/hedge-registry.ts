import { CALIBRATED_BY } from '../hedge/hedge-model.ts';
import type { HedgeStart } from '../hedge/hedge-start.ts';
import { addScore, servedCalibration } from '../policy/registry.ts';
import type { HedgeWatch } from './hedge-state.ts';

/** The registered calibration that a member's ratios rest on now: its model's, the one it borrows, or a push. */
interface Behind {
  readonly model: string;
  readonly content: string | undefined;
}

function behind(watch: HedgeWatch, member: string): Behind {
  const pushed = watch.pushed.get(member);
  if (pushed !== undefined) return { model: member, content: pushed.content };
  const model = CALIBRATED_BY[member] ?? '';
  return { model, content: watch.calibrations.get(model)?.content };
}

/** Content ids of what the ratios of a horizon's members rest on, as it begins; null where nothing is registered. */
export function contentsOf(watch: HedgeWatch, members: readonly string[]): (string | null)[] {
  return members.map((member) => behind(watch, member).content ?? null);
}

/** Enters how each member's ratios did (PZ, NaN without one) with the calibration that they were made from. */
export function noteHedgeScores(watch: HedgeWatch, start: HedgeStart, pz: readonly number[]): void {
  start.members.forEach((member, j) => {
    if (!(pz[j] < Infinity)) return;
    const { model } = behind(watch, member);
    const entry = servedCalibration(watch.registry, model, start.contents?.[j] ?? undefined);
    if (entry !== undefined) addScore(entry, pz[j], NaN);
  });
}
