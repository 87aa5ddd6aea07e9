import { levelShift } from '../detect/level-shift.ts';
import type { Observations } from '../model/contract.ts';
import { modelNamed } from './models.ts';
import type { ModelScores } from './score-batch.ts';
import type { ExpiryState } from './state.ts';

/** Steps of prices alone make the factors of a batch uncertain by this much, volatility (fraction). */
const SMALLEST = 0.0005;

/** Quotes on both sides of the money this far out, and this many, make level and skew facts and not extrapolations. */
const REACH = 0.5;
const FEWEST = 10;

/** No stream, no shift. */
export const NO_SHIFT: readonly number[] = [NaN, NaN, NaN];

/**
 * Level, skew and curvature of the smile as observed (the live version's feature plus the innovation of the batch), each
 * against its own recent past, in standard deviations. What is observed does not jump when the model is refitted.
 */
export function readShift(
  expiry: ExpiryState,
  scores: ModelScores | undefined,
  batch: Observations,
  learn: boolean,
): readonly number[] {
  if (scores === undefined || scores.fit === null || scores.primary === null) return NO_SHIFT;
  if (batch.k.length < FEWEST || !(batch.x[0] < -REACH && batch.x[batch.x.length - 1] > REACH)) return NO_SHIFT;
  const { factors } = scores.primary;
  if (factors === null) return NO_SHIFT;
  const { track, fit } = scores;
  if (track.features === null || track.features.fit !== fit.id)
    track.features = { fit: fit.id, phi: modelNamed(track.model).features(fit).phi };
  const { phi } = track.features;
  const observed = factors.b.map((b, i) => (phi[i] ?? 0) + b);
  const z = expiry.shifts.map((state, i) => levelShift(state, observed[i], SMALLEST, learn));
  const jump = levelShift(expiry.jump, observed[0], SMALLEST, learn);
  return [Math.abs(jump) > Math.abs(z[0]) ? jump : z[0], z[1], z[2]];
}
