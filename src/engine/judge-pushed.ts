import { diagnose, type ScopeSigns } from '../policy/diagnosis.ts';
import { updateIncidents } from '../policy/incident.ts';
import type { SignName, Sign } from '../policy/signs.ts';
import { ANSWER_LIMITS, ANSWERS_KEPT, checkAnswer } from '../score/answer-check.ts';
import type { ClosedExpiry } from './close.ts';
import type { Effect } from './effect.ts';
import { ANSWER_CAUSES, answerSigns } from './judge-answers.ts';
import { isOwnModel, modelNamed } from './models.ts';
import type { EngineState, ModelTrack, UnderlyingState } from './state.ts';
import { newestVersion } from './versions.ts';

/** Underlying or expiry of a scope that may name a model before it: `desk@deribit:BTC:2026-03-27`. */
export function placeOf(scope: string): string {
  return scope.slice(scope.indexOf('@') + 1);
}

/**
 * Holds what the user's own models pushed since the last close against the first batch after it, as the answers of our
 * calibrators are held against theirs: a common factor is a convention, bit-identical parameters that miss are a frozen
 * calibrator, a miss without either a failed fit. Their incidents carry the model in their scope and touch no other.
 */
export function judgePushed(
  state: EngineState,
  underlying: UnderlyingState,
  closed: readonly ClosedExpiry[],
  at: number,
): Effect[] {
  const byModel = new Map<string, ScopeSigns[]>();
  for (const c of closed)
    for (const track of c.reading.expiry.models) {
      if (isOwnModel(track.model) || !checkPush(track, c)) continue;
      const signs = byModel.get(track.model) ?? [];
      byModel.set(track.model, signs);
      signs.push({ scope: `${track.model}@${c.reading.expiry.key}`, signs: pushSigns(track) });
    }
  return [...byModel].flatMap(([model, expiries]) => judgeModel(state, underlying, model, expiries, at));
}

function judgeModel(
  state: EngineState,
  underlying: UnderlyingState,
  model: string,
  expiries: readonly ScopeSigns[],
  at: number,
): Effect[] {
  const book = underlying.incidents;
  const whole = `${model}@${underlying.key}`;
  const diagnoses = diagnose({
    scope: whole,
    own: new Map(),
    openAt: state.config.openLogOdds,
    expiries,
    numbers: {},
    isOpen: (cause, scope) => book.open.has(`${cause}|${scope}`),
  }).filter((d) => ANSWER_CAUSES.has(d.cause));
  const examined = new Set([whole, ...expiries.map((e) => e.scope)]);
  const seen = (scope: string, cause: string): boolean => ANSWER_CAUSES.has(cause) && examined.has(scope);
  return updateIncidents(book, underlying.key, at, diagnoses, seen).map((record) => ({ type: 'record', record }));
}

/** A push is held against a batch within so long of what it was fitted to, ms: later the market may be the difference. */
const JUDGED_MS = 10_000;

/** Checks the newest push against the batch, once; false when there is none, or none that the batch can judge. */
function checkPush(track: ModelTrack, closed: ClosedExpiry): boolean {
  const version = newestVersion(track);
  const { observations } = closed.reading.selection;
  if (version === null || !(version.liveAt < observations.at)) return false;
  if (observations.at - version.fit.at > JUDGED_MS) return false;
  if (track.check !== null && track.check.at > version.liveAt) return false;
  const n = observations.k.length;
  const out = { mean: new Float64Array(n), sd: new Float64Array(n) };
  modelNamed(track.model).predict(version.fit, observations, out);
  const check = checkAnswer(observations, out, version.fit.parameters, track.answers, true);
  if (check === null) return false;
  track.check = check;
  track.answers.push(version.fit.parameters);
  if (track.answers.length > ANSWERS_KEPT) track.answers.shift();
  return true;
}

/** A desk may push what has not changed as often as it likes: a repeat says something only with a miss. */
function pushSigns(track: ModelTrack): Map<SignName, Sign> {
  const signs = answerSigns(track);
  const repeat = signs.get('answer-repeat');
  if (repeat !== undefined && !((track.check?.missErrors ?? 0) >= ANSWER_LIMITS.realMiss))
    signs.set('answer-repeat', { value: repeat.value, strength: 0 });
  // Whether it converged, and what its guards said, is not ours to know.
  for (const name of ['answer-failed', 'arbitrage', 'rival'] as const) signs.delete(name);
  return signs;
}
