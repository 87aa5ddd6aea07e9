import type { Fit } from '../model/contract.ts';
import type { LiveVersion } from './state.ts';

/** Anything that keeps versions: the track of a smile, a hedge or a curve. */
interface Versioned {
  readonly versions: LiveVersion[];
}

/** Versions older than this serve no horizon any more, ms. */
const KEEP_MS = 2 * 3_600_000;
/** Spacing grows with age: one version per age / DENSITY is enough to answer any horizon. */
const DENSITY = 8;

/** Puts a fit live. Older versions are thinned so that memory is bounded however often a model is refreshed. */
export function goLive(track: Versioned, fit: Fit, at: number): void {
  track.versions.push({ liveAt: at, fit });
  const kept: LiveVersion[] = [track.versions[track.versions.length - 1]];
  for (let i = track.versions.length - 2; i >= 0; i--) {
    const v = track.versions[i];
    const age = at - v.liveAt;
    if (age > KEEP_MS && kept.length > 1) break;
    if (kept[kept.length - 1].liveAt - v.liveAt >= age / DENSITY) kept.push(v);
  }
  track.versions.splice(0, track.versions.length, ...kept.toReversed());
}

/** The newest version of the track; null before the first. */
export function newestVersion(track: Versioned): LiveVersion | null {
  return track.versions[track.versions.length - 1] ?? null;
}

/** The version that was live at an instant (epoch ms); null when there was none. */
export function versionLiveAt(track: Versioned, at: number): LiveVersion | null {
  for (let i = track.versions.length - 1; i >= 0; i--) if (track.versions[i].liveAt <= at) return track.versions[i];
  return null;
}
