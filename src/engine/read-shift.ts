import { levelShift } from '../detect/level-shift.ts';
import type { Fit, Observations, Predictions } from '../model/contract.ts';
import { modelNamed } from './models.ts';
import type { ModelScores } from './score-batch.ts';
import type { ExpiryState, ModelTrack } from './state.ts';

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
  const stands = standsAt(expiry, track, fit, batch) + scores.primary.shift;
  const jump = levelShift(expiry.jump, stands, SMALLEST, learn, healthyJump(expiry, scores, batch));
  return [Math.abs(jump) > Math.abs(z[0]) ? jump : z[0], z[1], z[2]];
}

/**
 * Where the judged fit stands on a scale that a refit does not move: when another fit is judged, the mean difference of
 * the two over the batch is added. Every quote is so compared with itself, and what ticks and wings do to a level that
 * is read off one batch drops out.
 */
function standsAt(expiry: ExpiryState, track: ModelTrack, fit: Fit, batch: Observations): number {
  const from = expiry.jumpFrom;
  if (from.fit !== null && from.fit.id !== fit.id && from.fit.model === fit.model) {
    const n = batch.k.length;
    const [before, now] = [from.fit, fit].map((f): Float64Array => {
      const out: Predictions = { mean: new Float64Array(n), sd: new Float64Array(n) };
      modelNamed(track.model).predict(f, batch, out);
      return out.mean;
    });
    let [sum, weights] = [0, 0];
    for (let i = 0; i < n; i++) {
      if (!Number.isFinite(now[i] - before[i])) continue;
      const w = 1 / (batch.noise[i] * batch.noise[i]);
      sum += w * (now[i] - before[i]);
      weights += w;
    }
    if (weights > 0) from.offset += sum / weights;
  }
  from.fit = fit;
  return from.offset;
}

/** The jump's own scale may have learnt, from faults that nobody named, up to so many times what health explains. */
const WIDEST = 3;

/** Largest scale of the level's deviations from its last batches that is believed, volatility (fraction). */
function healthyJump(expiry: ExpiryState, scores: ModelScores, batch: Observations): number {
  const seconds = (expiry.jump.memory * (batch.at - expiry.closedAt)) / 1000;
  const walked = scores.track.noise.variancePerSecond * (seconds > 0 ? seconds : 0);
  return WIDEST * Math.sqrt(SMALLEST * SMALLEST + walked);
}
