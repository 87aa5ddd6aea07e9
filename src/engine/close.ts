import { learnUsual } from '../detect/hour-of-week.ts';
import { updateTrailingMedian } from '../detect/trailing-median.ts';
import { isoTime } from '../market/iso-time.ts';
import { median } from '../numeric/robust.ts';
import { diagnose, type Diagnosis, type UnderlyingSigns } from '../policy/diagnosis.ts';
import { updateIncidents } from '../policy/incident.ts';
import { noteSound } from '../policy/spared.ts';
import { updateGates } from './gates.ts';
import type { Effect } from './effect.ts';
import { ANSWER_CAUSES } from './judge-answers.ts';
import { judgePushed, placeOf } from './judge-pushed.ts';
import { notePeaks } from './judge-incidents.ts';
import { noteScores } from './note-scores.ts';
import { NO_SHIFT, readShift } from './read-shift.ts';
import { requestFits } from './request-fits.ts';
import { proveRefits } from './prove-refits.ts';
import { readBatch, type ExpiryReading } from './read-batch.ts';
import { messageRate, metricOf, readSigns, spreadOf } from './read-signs.ts';
import { scoreBatch, type ModelScores } from './score-batch.ts';
import { countRefused, type EngineState, type ExpiryState, type UnderlyingState } from './state.ts';
import { goLive } from './versions.ts';
import { SILENCE_CAUSES, STREAM_MS } from './watch-silence.ts';
import { watchBook } from './watch-book.ts';
import { watchHedge } from './watch-hedge.ts';
import { watchShape } from './watch-shape.ts';
import { venueMarkParameters } from '../surface/venue-mark.ts';

/** One expiry at a close, read and scored. */
export interface ClosedExpiry {
  readonly reading: ExpiryReading;
  readonly scores: readonly ModelScores[];
  /** Since the expiry's previous close; NaN on its first. */
  readonly elapsedSeconds: number;
  /** Shift of level, skew and curvature against the recent past, standard deviations; NaN when unknown. */
  readonly shift: readonly number[];
  /** Statistic of the slow test of the shape error over its threshold; 0 outside streams. */
  readonly drift: number;
}

/**
 * Closes a batch of an underlying at `at` for the given expiries: read, score what was predicted, diagnose, record
 * incidents, ask for fits, move the gates. The order is the product: no model sees the batch before it is scored.
 */
export function closeBatch(
  state: EngineState,
  underlying: UnderlyingState,
  expiries: readonly ExpiryState[],
  at: number,
): Effect[] {
  const effects: Effect[] = [];
  state.counts.batches++;
  const stressed = underlying.incidents.open.size > 0;
  const streaming = at - underlying.closedAt < STREAM_MS;
  const closed = readBatch(underlying, expiries, at).map((reading): ClosedExpiry => {
    for (const [reason, n] of reading.selection.refused) countRefused(state, reason, n);
    const tell = tellsScores(state, reading.expiry, at);
    const scores = scoreBatch(state.config, reading.expiry, reading.selection.observations, !stressed, tell);
    const champion = scores.find((s) => s.track.model === state.config.champion);
    const shift = streaming ? readShift(reading.expiry, champion, reading.selection.observations, !stressed) : NO_SHIFT;
    const { shape } = reading.expiry;
    const drift = streaming
      ? watchShape(shape, state.config, champion, underlying.expiries.length + 1, at, stressed)
      : 0;
    return { reading, scores, elapsedSeconds: (at - reading.expiry.closedAt) / 1000, shift, drift };
  });
  for (const c of closed) noteScores(c);
  for (const c of closed) emitScores(c, at, effects);
  const signs = readSigns(state, underlying, closed, at);
  const diagnoses = diagnose(signs);
  if (streaming && hasJumped(underlying, signs)) underlying.jumpedAt = at;
  const following = at - underlying.jumpedAt <= FOLLOW_CLOSES * underlying.cadenceMs;
  const examined = new Set([underlying.key, ...closed.map((c) => c.reading.expiry.key)]);
  effects.push(...proveRefits(underlying, closed, at));
  const incidents = updateIncidents(
    underlying.incidents,
    underlying.key,
    at,
    diagnoses,
    (scope, cause) =>
      !alive(underlying, scope) ||
      (examined.has(scope) && !ANSWER_CAUSES.has(cause) && !(streaming && SILENCE_CAUSES.has(cause))),
    (d) => (streaming ? patienceOf(d, underlying.key) + (following ? followPatience(d) : 0) : 1),
    (kind) => (!streaming ? 0 : kind === 'market' ? MARKET_LINGER_MS : DATA_LINGER_CLOSES * underlying.cadenceMs),
  );
  for (const record of incidents) {
    effects.push({ type: 'record', record });
    if (record.state === 'resolved') continue;
    const kind = underlying.incidents.open.get(`${record.cause}|${record.scope}`)?.kind;
    if (kind === 'data' && record.state === 'open')
      effects.push({
        type: 'record',
        record: { type: 'action', at: isoTime(at), incident: record.id, kind: 'quarantine', outcome: 'refits-vetoed' },
      });
  }
  effects.push(...judgePushed(state, underlying, closed, at));
  for (const incident of underlying.incidents.open.values()) noteSound(incident, underlying.key, signs.expiries);
  notePeaks(underlying, closed);
  effects.push(...requestFits(state, underlying, closed, at));
  for (const c of closed) observeVenueMark(c, at);
  effects.push(...watchBook(state, underlying, closed, at));
  effects.push(...updateGates(underlying, closed, at));
  effects.push(...watchHedge(state, underlying, closed, at));
  learnBaselines(underlying, closed);
  for (const c of closed) finish(c.reading.expiry, at, underlying.incidents.open.size > 0);
  Object.assign(underlying.feedHealth, { messages: 0, late: 0 });
  const interval = at - underlying.closedAt;
  if (Number.isFinite(interval))
    underlying.cadenceMs = Number.isFinite(underlying.cadenceMs)
      ? underlying.cadenceMs + RATE_WEIGHT * (interval - underlying.cadenceMs)
      : interval;
  underlying.closedAt = at;
  const index = underlying.index?.price ?? underlying.quotedIndex;
  if (Number.isFinite(index)) underlying.closedIndex = index;
  return effects;
}

/** A crash pauses for breath: its incident outlives that. */
const MARKET_LINGER_MS = 600_000;
const DATA_LINGER_CLOSES = 2.5;

/** Log-odds beyond which one batch of a stream is enough, nats. */
const BEYOND_DOUBT = 9;

/**
 * Batches in a row that must show a diagnosis while data stream: the next one is a second away and costs little, a wrong
 * page costs much. Single expiries wait longer: there are a dozen of them to be wrong about.
 */
function patienceOf(diagnosis: Diagnosis, whole: string): number {
  if (diagnosis.kind !== 'data') return diagnosis.scope === whole ? 2 : 3;
  if (diagnosis.logOdds >= BEYOND_DOUBT) return diagnosis.scope === whole ? 1 : 2;
  return 3;
}

/** A jump of the index within one batch: by this much, and by so many of its standard deviations. */
const JUMP_SHARE = 0.002;
const JUMP_Z = 6;
/**
 * Closes after a jump in which quotes may still stand where they stood, and how many more any fault then needs: a
 * forward that has moved under quotes that have not looks like a wrong one.
 */
const FOLLOW_CLOSES = 3;
const FOLLOW_PATIENCE = 2;

/** A fault that may be no more than the quotes' delay waits; one of the index itself shows in the jump and nowhere else. */
function followPatience(diagnosis: Diagnosis): number {
  return diagnosis.kind === 'market' || diagnosis.cause === 'index-dislocation' ? 0 : FOLLOW_PATIENCE;
}

function hasJumped(underlying: UnderlyingState, { own }: UnderlyingSigns): boolean {
  const index = underlying.index?.price ?? underlying.quotedIndex;
  return (
    Math.abs(index / underlying.closedIndex - 1) >= JUMP_SHARE && Math.abs(own.get('return')?.value ?? 0) >= JUMP_Z
  );
}

function alive(underlying: UnderlyingState, scope: string): boolean {
  const place = placeOf(scope);
  return place === underlying.key || underlying.expiries.some((e) => e.key === place);
}

function tellsScores(state: EngineState, expiry: ExpiryState, at: number): boolean {
  return !(at - expiry.scoredAt < state.config.scoreEverySeconds * 1000);
}

function emitScores(closed: ClosedExpiry, at: number, effects: Effect[]): void {
  const { expiry } = closed.reading;
  let any = false;
  for (const s of closed.scores)
    for (const record of s.records) {
      effects.push({ type: 'record', record });
      any = true;
    }
  if (any) expiry.scoredAt = at;
}

function observeVenueMark(closed: ClosedExpiry, at: number): void {
  const track = closed.scores.find((s) => s.track.model === 'venue-mark')?.track;
  if (track === undefined) return;
  const { observations } = closed.reading.selection;
  const parameters = venueMarkParameters(observations);
  if (parameters === null) return;
  const { scope } = closed.reading.expiry;
  goLive(
    track,
    {
      id: `venue-mark@${closed.reading.expiry.key}#${track.fits++}`,
      model: 'venue-mark',
      scope,
      at,
      forward: observations.forward,
      years: observations.years,
      parameters,
      covariance: [],
      numbers: {},
    },
    at,
  );
}

/** Baselines learn only from closes without an open incident: a fault must not become the norm. */
function learnBaselines(underlying: UnderlyingState, closed: readonly ClosedExpiry[]): void {
  const started = underlying.quotedBaseline.values.length > 0;
  if (started && underlying.incidents.open.size > 0) return;
  const total = closed.reduce((s, c) => s + metricOf(c.reading.expiry, 'two_sided_count'), 0);
  updateTrailingMedian(underlying.quotedBaseline, total);
  updateTrailingMedian(
    underlying.atmBaseline,
    median(closed.map((c) => c.reading.facts.atmVol).filter(Number.isFinite)),
  );
  for (const { reading } of closed) {
    const spread = spreadOf(reading.expiry, reading.facts.years);
    updateTrailingMedian(reading.expiry.spreadBaseline, spread);
    updateTrailingMedian(reading.expiry.countBaseline, metricOf(reading.expiry, 'two_sided_count'));
    const { usual } = reading.expiry;
    const { seasons } = underlying;
    const { at } = reading.facts;
    learnUsual(usual.spread, seasons.spread, spread, at);
    learnUsual(usual.depth, seasons.depth, metricOf(reading.expiry, 'touch_size_count'), at);
    learnUsual(usual.coverage, seasons.coverage, metricOf(reading.expiry, 'coverage_share'), at);
    learnUsual(underlying.usualRate, underlying.seasons.rate, messageRate(closed), at);
  }
}

/** Weight of one close in the smoothed rate of changes. */
const RATE_WEIGHT = 0.05;

function finish(expiry: ExpiryState, at: number, stressed: boolean): void {
  const seconds = (at - expiry.closedAt) / 1000;
  if (seconds > 0 && !stressed) {
    const rate = expiry.changed / seconds;
    expiry.changeRate = expiry.rateCloses === 0 ? rate : expiry.changeRate + RATE_WEIGHT * (rate - expiry.changeRate);
    expiry.rateCloses++;
  }
  expiry.closedAt = at;
  expiry.changed = 0;
  expiry.messages = 0;
  for (const entry of expiry.entries) {
    entry.fresh = false;
    entry.closedMark = entry.quote?.mark ?? NaN;
    entry.closedForward = entry.quote?.forward ?? NaN;
  }
}
