import type { Breach, Fit, MonitoredModel, Observations, Predictions } from '../model/contract.ts';
import { bookJump, bookJumpBreaches, type BookJump, type BookLine } from '../policy/book-jump.ts';
import { preferred } from '../portfolio/account.ts';
import { answerBreaches, ANSWERS_KEPT, checkAnswer } from '../score/answer-check.ts';
import { innovationFactors } from '../score/prequential.ts';
import { coinOf } from './on-positions.ts';
import type { EngineState, ExpiryState, ModelTrack, PendingJob } from './state.ts';
import { newestVersion } from './versions.ts';

/** What the guards of the engine said of one answer, beside those of the model itself. */
export interface GuardedAnswer {
  readonly breaches: readonly Breach[];
  /** Quoted points below the nearer expiry's total variance; null when it has no fit. */
  readonly calendarViolations: number | null;
  readonly jump: BookJump | null;
}

/**
 * Guards that need more than the two fits: the answer against its own batch, against the nearer expiry, and against what is
 * held. `confirmed` = the market itself has moved, so that neighbours and the book are expected to.
 */
export function guardAnswer(
  state: EngineState,
  expiry: ExpiryState,
  nearer: ExpiryState | undefined,
  track: ModelTrack,
  model: MonitoredModel,
  fit: Fit,
  pending: PendingJob,
  status: string,
  confirmed: boolean,
): GuardedAnswer {
  const batch = pending.job.observations;
  const previous = newestVersion(track)?.fit ?? null;
  const own = predictions(model, fit, batch);
  const check = checkAnswer(batch, own, fit.parameters, track.answers, status === 'converged');
  const frozen = fit.numbers['levelSkew'] === 1;
  const anchored = frozen || fit.numbers['child'] === 1;
  track.answers.push(fit.parameters);
  if (track.answers.length > ANSWERS_KEPT) track.answers.shift();
  const breaches: Breach[] = [];
  if (check !== null)
    breaches.push(...answerBreaches(check, frozen && previous !== null ? miss(model, previous, batch) : 0));
  const calendar = calendarOf(model, nearer, fit, batch, own);
  const arbitrage = Math.max(
    (fit.numbers['minG'] ?? 0) < -BUTTERFLY_ROUNDING ? 2 : 0,
    confirmed ? 0 : (calendar?.worst ?? 0) / CALENDAR_ERRORS,
  );
  track.check = check === null ? null : { ...check, rivalGain: fit.numbers['coldGain'] ?? 0, arbitrage, anchored };
  if (calendar !== null && !confirmed && calendar.worst > CALENDAR_ERRORS)
    breaches.push({ guard: 'calendar-arbitrage', value: calendar.worst, limit: CALENDAR_ERRORS });
  const jump = previous === null ? null : jumpOf(state, expiry, model, previous, fit, batch);
  if (jump !== null && !confirmed) breaches.push(...bookJumpBreaches(jump, fit.years, state.config.bookJump));
  return { breaches, calendarViolations: calendar?.violations ?? null, jump };
}

function predictions(model: MonitoredModel, fit: Fit, batch: Observations): Predictions {
  const out = { mean: new Float64Array(batch.k.length), sd: new Float64Array(batch.k.length) };
  model.predict(fit, batch, out);
  return out;
}

/** Median |observed - model| / sigma of a calibration on a batch. */
function miss(model: MonitoredModel, fit: Fit, batch: Observations): number {
  return checkAnswer(batch, predictions(model, fit, batch), fit.parameters, [], true)?.missErrors ?? 0;
}

/** A density this far below zero is rounding. */
const BUTTERFLY_ROUNDING = 1e-9;

/** Total variance below the nearer expiry's by so many standard errors of the difference is no noise. */
const CALENDAR_ERRORS = 4;

/**
 * Points of the quoted range at which total variance falls below the nearer expiry's live fit at the same k, and the worst
 * of them in standard errors of both fits, of the quotes, and of what the level may have done between the two fits.
 */
function calendarOf(
  model: MonitoredModel,
  nearer: ExpiryState | undefined,
  fit: Fit,
  batch: Observations,
  far: Predictions,
): { readonly violations: number; readonly worst: number } | null {
  const track = nearer?.models.find((t) => t.model === fit.model);
  const other = track === undefined ? null : (newestVersion(track)?.fit ?? null);
  if (track === undefined || other === null) return null;
  const near = predictions(model, other, batch);
  const between = track.noise.variancePerSecond * (Math.abs(fit.at - other.at) / 1000);
  const [low, high] = [other.numbers['kLow'] ?? -Infinity, other.numbers['kHigh'] ?? Infinity];
  let [violations, worst] = [0, 0];
  for (let i = 0; i < batch.k.length; i++) {
    const fallen = near.mean[i] * near.mean[i] * other.years - far.mean[i] * far.mean[i] * fit.years;
    if (!(fallen > 1e-9 * far.mean[i] * far.mean[i] * fit.years)) continue;
    violations++;
    // Beyond its own quotes the nearer fit is a guess.
    if (batch.k[i] < low || batch.k[i] > high) continue;
    const farError = 2 * far.mean[i] * fit.years * Math.sqrt(batch.noise[i] * batch.noise[i] + far.sd[i] * far.sd[i]);
    const nearError =
      2 * near.mean[i] * other.years * Math.sqrt(batch.noise[i] * batch.noise[i] + near.sd[i] * near.sd[i] + between);
    worst = Math.max(worst, fallen / Math.sqrt(farError * farError + nearError * nearError));
  }
  return { violations, worst };
}

/** The factors of an innovation are meant for the body of the smile: further out they stay what they are there. */
const BODY_X = 2.5;

/** What the book of the expiry is worth more by the new calibration than by the old one, at the market of the batch. */
function jumpOf(
  state: EngineState,
  expiry: ExpiryState,
  model: MonitoredModel,
  previous: Fit,
  fit: Fit,
  batch: Observations,
): BookJump | null {
  const held = heldLines(state, expiry);
  const lines = held.length > 0 ? held : referenceLines(batch);
  const before = predictions(model, previous, batch);
  const residual = batch.value.map((v, i) => v - before.mean[i]);
  const weight = batch.noise.map((v, i) => 1 / (v * v + before.sd[i] * before.sd[i]));
  const b = innovationFactors(batch.x, residual, weight)?.b ?? [0, 0, 0];
  let perX = 0;
  for (let i = 0; i < batch.k.length; i++) if (batch.k[i] !== 0) perX = batch.x[i] / batch.k[i];
  const at = (one: Fit): ((k: number) => number) => {
    const out = { mean: new Float64Array(1), sd: new Float64Array(1) };
    const point = Float64Array.of(0);
    const single: Observations = { ...batch, k: point, x: point };
    return (k) => {
      point[0] = k;
      model.predict(one, single, out);
      return out.mean[0];
    };
  };
  return bookJump(held.length > 0 ? 'positions' : 'reference', lines, {
    forward: batch.forward,
    years: batch.years,
    before: at(previous),
    after: at(fit),
    market: (k) => {
      const x = Math.max(-BODY_X, Math.min(BODY_X, k * perX));
      return b[0] + b[1] * x + b[2] * x * x;
    },
  });
}

/** The options held in an expiry, over all accounts. */
function heldLines(state: EngineState, expiry: ExpiryState): BookLine[] {
  const lines: BookLine[] = [];
  const coin = coinOf(expiry.scope.underlying);
  for (const account of preferred(state.book.accounts.values()))
    for (const h of account.holdings.values())
      if (h.kind === 'option' && h.expiry === expiry.expiry && h.underlying === coin)
        lines.push({ side: h.side, strike: h.strike, size: h.size });
  return lines;
}

/** One option of every quoted strike: weighted by vega, what a book without a view would be. */
function referenceLines(batch: Observations): BookLine[] {
  return Array.from(batch.strike, (strike) => ({ side: strike < batch.forward ? 'put' : 'call', strike, size: 1 }));
}
