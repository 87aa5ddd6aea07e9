import { readTrailingMedian, updateTrailingMedian } from '../detect/trailing-median.ts';
import type { Observations } from '../model/contract.ts';
import { exp } from '../numeric/exponential.ts';
import { budgetAllows } from '../policy/budget.ts';
import { CAUSES, type Cause } from '../policy/causes.ts';
import type { Incident } from '../policy/incident.ts';
import type { LoopInput } from '../policy/loop-table.ts';
import { hasQuorum, initLately, updateLately, type Seen, type Usual } from '../policy/quorum.ts';
import { readHalfLife } from '../score/half-life.ts';
import type { ClosedExpiry } from './close.ts';
import type { EngineState, ExpiryState, ModelTrack, UnderlyingState } from './state.ts';
import { hasNextFamily } from './stand-in.ts';
import { newestVersion } from './versions.ts';
import { STREAM_MS } from './watch-silence.ts';

/** Causes under which a market's quotes are too thin or too wild to choose a shape from. */
const STRESS_CAUSES: ReadonlySet<string> = new Set(['flash-crash', 'liquidity-contraction']);
/** Refits of level and skew under stress are this far apart: while the score warns, and while it does not, s. */
const STRESS_FAST_S = 2;
const STRESS_SLOW_S = 30;
/** Score that warns, standard deviations. Source: methods.md 5.3. */
export const WARN_PZ = 2;
/** Score that is healthy again: half of what warns. */
export const WELL_PZ = 1;
/** Residue beyond level, skew and curvature that counts as a shape error, standard errors. */
export const SHAPE_PR = 2;
/** A shape is judged by fits younger than this: what an older one misses, a refit may mend, s. */
const SHAPE_AGE_S = 60;
/** Closes in a row with a shape error before a richer family is tried. */
export const SHAPE_CLOSES = 3;
/** Closes in a row that warn, and that make a refit without a diagnosis: one more than a data fault needs to be named. */
export const WARN_CLOSES = 3;
const UNNAMED_CLOSES = 4;
/** Answers in a row without a first fit after which another family is tried: about half a minute. */
const UNFIT_ANSWERS = 4;
/** A fit is not refreshed for its age before this, s. */
const YOUNGEST_S = 30;
/** Options newly listed since the fit that make it worth repeating. */
const NEWLY_LISTED = 4;
const DAY_MS = 86_400_000;
/** Options expire at this time of day, ms after midnight UTC; the surface rolls. */
const ROLL_MS = 8 * 3_600_000;
/** A market's move is answered once; one that is older than this when it can be is left to the score, ms. */
const ANSWER_MS = 60_000;
const REPEAT_MS = 2_000;
const MOST_REPEATS = 6;

/** What a close says to the loop of one expiry, and the incident that asks when one does. */
export interface LoopReading {
  readonly input: LoopInput | null;
  readonly incident: Incident | null;
  /** Whether models may be compared on this batch: no fault of the data is open or suspected, no stress, no fresh move. */
  readonly clean: boolean;
}

/** Reads a close for the loop. At most one input: the data first, then the market, then the model. */
export function readLoopInput(
  state: EngineState,
  underlying: UnderlyingState,
  closed: ClosedExpiry,
  at: number,
): LoopReading {
  const { expiry } = closed.reading;
  const { loop } = expiry;
  const track = expiry.models.find((t) => t.model === loop.champion);
  if (track === undefined) return { input: null, incident: null, clean: false };
  const streaming = closed.elapsedSeconds * 1000 < STREAM_MS;
  count(closed, streaming);
  const open = [...underlying.incidents.open.values()].filter(
    (i) => i.scope === underlying.key || i.scope === expiry.key,
  );
  forgetAnswered(expiry, open);
  const { observations } = closed.reading.selection;
  const coverage = vegaCoverage(observations);
  if (open.length === 0) updateTrailingMedian(loop.coverage, coverage);
  const stress = open.find((i) => i.kind === 'market' && i.scope === underlying.key && STRESS_CAUSES.has(i.cause));
  if (stress === undefined) loop.lately = initLately();
  const say = (input: LoopInput | null, incident: Incident | null = null, clean = false): LoopReading => ({
    input,
    incident,
    clean,
  });
  if (open.some((i) => i.kind === 'data')) return say('data-fault');
  const version = newestVersion(track);
  const waited = (at - track.lastJobAt) / 1000;
  const ready = at >= loop.machine.retryAt;
  // Whoever took over may order even a first fit; in MANUAL nobody else does.
  if (version === null && loop.ordered !== null) return say('refit', null, true);
  if (version === null) {
    if (!ready || waited < state.config.minRefitSeconds) return say(null);
    const unfit = loop.unfit >= UNFIT_ANSWERS && hasNextFamily(state, expiry) && budgetAllows(loop.budget, at) === 'ok';
    return say(unfit ? 'unfit' : 'first');
  }
  if (stress !== undefined) {
    const seen: Seen = { twoSided: closed.reading.facts.twoSided, used: observations.k.length, coverage };
    updateLately(loop.lately, seen, at);
    if (!hasQuorum(seen, usualOf(expiry), loop.lately, loop.machine.state === 'HOLD')) return say('no-quorum', stress);
    // Level and skew follow the market while it runs, and are looked at every half minute when it does not.
    const pace = loop.warnings > 0 ? STRESS_FAST_S : STRESS_SLOW_S;
    return say(loop.machine.state !== 'STRESS' || (ready && waited >= pace) ? 'stress' : null, stress);
  }
  if (loop.ordered !== null) return say('refit', null, true);
  if (suspected(underlying, expiry)) return say(null);
  const spacing = 2 * (loop.latencyMs + (streaming ? state.config.batchMs : 0));
  const spaced = ready && at - track.lastJobAt >= spacing;
  const asking = spaced ? whoAsks(open, loop.answered, loop.warnings, at) : null;
  if (asking !== null) return say('breach', asking, asking.kind === 'model');
  return say(ready ? readScore(state, expiry, track, closed, at, streaming) : null, null, true);
}

function count(closed: ClosedExpiry, streaming: boolean): void {
  const { loop } = closed.reading.expiry;
  const { observations } = closed.reading.selection;
  if (observations.k.length > 0) loop.besides = isBracketed(observations) ? 0 : loop.besides + 1;
  const scores = closed.scores.find((s) => s.track.model === loop.champion);
  const primary = scores?.primary ?? null;
  if (scores === undefined || primary === null) return;
  // A version that has been replaced since says nothing about the one that serves.
  if (scores.fit?.id !== newestVersion(scores.track)?.fit.id) return;
  loop.warnings = streaming && primary.pz > WARN_PZ ? loop.warnings + 1 : 0;
  if (scores.ageSeconds < SHAPE_AGE_S) loop.shapes = primary.pr > SHAPE_PR ? loop.shapes + 1 : 0;
}

/** Whether quotes lie on both sides of the forward: otherwise the smile there is extrapolated. */
export function isBracketed({ k }: Observations): boolean {
  return k.length > 0 && k[0] <= 0 && k[k.length - 1] >= 0;
}

function forgetAnswered(expiry: ExpiryState, open: readonly Incident[]): void {
  for (const id of expiry.loop.answered.keys()) if (!open.some((i) => i.id === id)) expiry.loop.answered.delete(id);
}

/** Whether a data fault on this scope or above has been seen and not yet believed: no refit until it is decided. */
function suspected(underlying: UnderlyingState, expiry: ExpiryState): boolean {
  for (const key of underlying.incidents.waiting.keys()) {
    const bar = key.indexOf('|');
    const scope = key.slice(bar + 1);
    if (scope !== underlying.key && scope !== expiry.key) continue;
    if (CAUSES[key.slice(0, bar) as Cause]?.kind === 'data') return true;
  }
  return false;
}

/** The incident to answer: moves of the market once each, faults of the model again and again, ever more slowly. */
function whoAsks(
  open: readonly Incident[],
  answered: ReadonlyMap<string, { readonly count: number; readonly at: number }>,
  warnings: number,
  at: number,
): Incident | null {
  for (const i of open) {
    const before = answered.get(i.id);
    if (before === undefined) {
      if (i.kind === 'model' || at - i.openedAt <= ANSWER_MS) return i;
      continue;
    }
    if (at - before.at < REPEAT_MS * (1 << Math.min(MOST_REPEATS, before.count))) continue;
    // A move that is still open while the answer to it warns is another move, or the rest of it: it is named already.
    if (i.kind === 'model' || (i.kind === 'market' && warnings >= UNNAMED_CLOSES)) return i;
  }
  return null;
}

function readScore(
  state: EngineState,
  expiry: ExpiryState,
  track: ModelTrack,
  closed: ClosedExpiry,
  at: number,
  streaming: boolean,
): LoopInput | null {
  const { loop } = expiry;
  const version = newestVersion(track);
  const primary = closed.scores.find((s) => s.track === track)?.primary ?? null;
  const tryable = loop.trial === null && loop.rung < state.config.challengers.length;
  if (loop.shapes >= SHAPE_CLOSES && tryable && budgetAllows(loop.budget, at) === 'ok') return 'shape';
  const drifting = loop.machine.state === 'DRIFT';
  const begun = drifting || loop.machine.state === 'SHADOW';
  if (loop.warnings >= (begun ? UNNAMED_CLOSES : WARN_CLOSES)) return 'warning';
  if (version === null) return 'quiet';
  // A batch that contradicts the model is either a move or a fault: age alone must not teach it to the model.
  const plausible = !streaming || primary === null || primary.pz <= WARN_PZ;
  const age = (at - version.fit.at) / 1000;
  const due = age >= Math.min(oldest(state, track), settling(loop.settled));
  const spaced = (at - track.lastJobAt) / 1000 >= state.config.minRefitSeconds;
  if (plausible && spaced) {
    const rolled = Math.floor((at - ROLL_MS) / DAY_MS) > Math.floor((version.fit.at - ROLL_MS) / DAY_MS);
    const { listed } = closed.reading.facts;
    if (streaming && (rolled || listed - loop.listed >= NEWLY_LISTED)) return 'event';
    if (due) return 'age';
  }
  const well = primary === null || !streaming || primary.pz <= WELL_PZ;
  return well || !drifting ? 'quiet' : null;
}

/** A fit that began anew is refreshed after this, then after twice, four times as long, ..., s. */
const SETTLE_S = 10;
const SETTLE_DOUBLINGS = 10;

/**
 * Age at which a fit with `settled` refreshes behind it is refreshed again, s: a fit of one batch has that batch's error, and
 * every refresh under its prior averages in another. By doubling, six of them reach from ten seconds to ten minutes.
 */
function settling(settled: number): number {
  return SETTLE_S * (1 << Math.min(settled, SETTLE_DOUBLINGS));
}

/** Age at which a fit is refreshed, s: half of its half-life, within half a minute and the configured age. */
function oldest(state: EngineState, track: ModelTrack): number {
  const halfLife = readHalfLife(track.halfLife);
  const { maxAgeSeconds } = state.config;
  return Number.isNaN(halfLife) ? maxAgeSeconds : Math.min(maxAgeSeconds, Math.max(YOUNGEST_S, 0.5 * halfLife));
}

/** What the expiry shows in calm: two-sided quotes and vega of its recent closes without an incident; NaN before any. */
function usualOf(expiry: ExpiryState): Usual {
  return {
    twoSided: readTrailingMedian(expiry.countBaseline, 1)?.centre ?? NaN,
    coverage: readTrailingMedian(expiry.loop.coverage, 1)?.centre ?? NaN,
  };
}

/** Sum over the used quotes of exp(-d1^2 / 2): vega in units of F sqrt(T / 2 pi). */
function vegaCoverage(o: Observations): number {
  let sum = 0;
  for (let i = 0; i < o.k.length; i++) {
    const s = o.value[i] * Math.sqrt(o.years);
    const d1 = 0.5 * s - o.k[i] / s;
    sum += exp(-0.5 * d1 * d1);
  }
  return sum;
}
