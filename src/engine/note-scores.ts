import { addScore, servedCalibration } from '../policy/registry.ts';
import { updateWhole, updateWings } from '../policy/wing-gate.ts';
import type { ClosedExpiry } from './close.ts';
import { newestVersion } from './versions.ts';
import { STREAM_MS } from './watch-silence.ts';

/** Enters what a batch said of each model where it is asked for later: with the model, and with the calibration it judged. */
export function noteScores(closed: ClosedExpiry): void {
  const { registry } = closed.reading.expiry.loop;
  for (const { track, primary, fit, wings } of closed.scores) {
    if (primary === null || fit === null) continue;
    track.pz = primary.pz;
    updateWings(track.wings, wings);
    // A version that has been replaced says nothing of the one that serves; between snapshots all of them are.
    if (closed.elapsedSeconds * 1000 < STREAM_MS && fit.id === newestVersion(track)?.fit.id)
      updateWhole(track.whole, fit.id, primary.pz);
    const entry = servedCalibration(registry, fit.model, fit.content);
    if (entry !== undefined) addScore(entry, primary.pz, primary.insideShare);
  }
}
