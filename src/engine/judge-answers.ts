import { isoTime } from '../market/iso-time.ts';
import { diagnose, type ScopeSigns } from '../policy/diagnosis.ts';
import { updateIncidents } from '../policy/incident.ts';
import { strengthOf, type Sign, type SignName } from '../policy/signs.ts';
import { ANSWER_LIMITS, isRepeat, isScaled } from '../score/answer-check.ts';
import type { Effect } from './effect.ts';
import type { EngineState, ModelTrack, UnderlyingState } from './state.ts';

/** Causes that only the answers of a calibrator can show, or end. */
export const ANSWER_CAUSES: ReadonlySet<string> = new Set([
  'frozen-model',
  'convention-mismatch',
  'optimiser-failure',
  'local-minimum',
  'arbitrageable-fit',
]);

/** Closer to its end a slice has few quotes and little vega: its fit misses for honest reasons. */
const SHORTEST_LIFE_MS = 12 * 3_600_000;
/** Units of log-likelihood by which another start has to win: methods.md 6.2. */
const RIVAL_ENTRY = 2;

/**
 * Judges the newest answers of the champion once every job of a batch (time `batchAt`) has come back: a calibration
 * must be seen in the quotes it was made from. Opens and resolves the incidents that rest on answers alone.
 */
export function judgeAnswers(state: EngineState, underlying: UnderlyingState, batchAt: number, at: number): Effect[] {
  const prefix = `${underlying.key}:`;
  for (const { job } of state.pendingJobs.values())
    if (job.at === batchAt && job.model === state.config.champion && isOf(job.scope, underlying)) return [];
  const expiries: ScopeSigns[] = [];
  for (const expiry of underlying.expiries) {
    const track = expiry.models.find((t) => t.model === state.config.champion);
    if (track === undefined || track.check === null || track.check.at !== batchAt) continue;
    if (expiry.expiry - batchAt < SHORTEST_LIFE_MS) continue;
    expiries.push({ scope: expiry.key, signs: answerSigns(track) });
  }
  if (expiries.length === 0) return [];
  const book = underlying.incidents;
  const diagnoses = diagnose({
    scope: underlying.key,
    own: new Map(),
    openAt: state.config.openLogOdds,
    expiries,
    numbers: {},
    isOpen: (cause, scope) => book.open.has(`${cause}|${scope}`),
  });
  const examined = new Set([underlying.key, ...expiries.map((e) => e.scope)]);
  const records = updateIncidents(
    book,
    underlying.key,
    at,
    diagnoses.filter((d) => ANSWER_CAUSES.has(d.cause)),
    (scope, cause) =>
      ANSWER_CAUSES.has(cause) && (examined.has(scope) || !(scope.startsWith(prefix) || scope.includes('@'))),
  );
  const effects: Effect[] = records.map((record) => ({ type: 'record', record }));
  for (const record of records)
    if (record.state === 'open')
      effects.push({
        type: 'record',
        record: { type: 'action', at: isoTime(at), incident: record.id, kind: 'refuse-answer', outcome: record.cause },
      });
  return effects;
}

function isOf(scope: { readonly venue: string; readonly underlying: string }, underlying: UnderlyingState): boolean {
  return scope.venue === underlying.venue && scope.underlying === underlying.underlying;
}

/** What the check of the newest answer shows. */
export function answerSigns(track: ModelTrack): Map<SignName, Sign> {
  const signs = new Map<SignName, Sign>();
  const check = track.check;
  if (check === null) return signs;
  const { scaleLog, repeatOf, converged } = check;
  // What its structure or its parent cannot follow says nothing of the calibrator.
  const missErrors = check.anchored ? 0 : check.missErrors;
  const limits = ANSWER_LIMITS;
  signs.set('answer-miss', { value: missErrors, strength: strengthOf(missErrors, limits.missErrors) });
  signs.set('answer-scale', {
    value: scaleLog,
    strength: isScaled(check) ? strengthOf(scaleLog, limits.scaleLog) : 0,
  });
  signs.set('answer-repeat', { value: repeatOf, strength: isRepeat(check) ? 1.5 : 0 });
  signs.set('rival', { value: check.rivalGain, strength: strengthOf(check.rivalGain, RIVAL_ENTRY) });
  signs.set('arbitrage', { value: check.arbitrage, strength: strengthOf(check.arbitrage, 1) });
  const failed = !converged && missErrors >= limits.realMiss;
  signs.set('answer-failed', { value: converged ? 0 : 1, strength: failed ? 1 : 0 });
  return signs;
}
