import { runLengthWithin } from '../detect/page-budget.ts';
import { prewhiten, type PrewhitenState } from '../detect/prewhiten.ts';
import { rankE, type RankEState } from '../detect/rank-e.ts';
import { log } from '../numeric/exponential.ts';
import type { EngineConfig } from './config.ts';
import type { ModelScores } from './score-batch.ts';

/** The slow test of an expiry's shape error: is what level, skew and curvature leave growing? */
export interface ShapeWatch {
  readonly filter: PrewhitenState;
  readonly test: RankEState;
  /** Epoch ms of the last value taken, and until when an alarm is told. */
  takenAt: number;
  toldUntil: number;
}

/** One value a minute: the reference then covers eight hours and not eight minutes. */
const EVERY_MS = 60_000;
/**
 * A shape error below this many standard errors of a quote is no misspecification, however surely it has changed: ranks
 * prove change, and quiet hours and busy ones do differ. Healthy slices show 0.7 to 1.5 over a simulated month.
 * Source: methods.md 6.6 (a richer family is called for when PR > 2).
 */
const MATERIAL = 2;
/** An alarm stays a sign for this long, ms. */
const TOLD_MS = 900_000;

/**
 * Takes the champion's PR of a batch: ln PR prewhitened, ranked in its frozen reference, tested by the e-detector whose
 * run length gives the underlying, over its `scopes` and all their tests, no more than the page budget. Learns nothing while
 * `stressed`. Returns the statistic over its threshold; at least 1 for a quarter of an hour after an alarm.
 */
export function watchShape(
  watch: ShapeWatch,
  config: EngineConfig,
  scores: ModelScores | undefined,
  scopes: number,
  at: number,
  stressed: boolean,
): number {
  const pr = scores?.primary?.pr ?? NaN;
  const limit = rankE.threshold(runLengthWithin(config.pageBudgetPerWeek, scopes));
  if (pr > 0 && !stressed && at - watch.takenAt >= EVERY_MS) {
    watch.takenAt = at;
    const z = prewhiten(watch.filter, log(pr), true);
    if (Number.isFinite(z)) rankE.update(watch.test, z);
    if (rankE.read(watch.test) >= limit) {
      if (pr >= MATERIAL) watch.toldUntil = at + TOLD_MS;
      rankE.reset(watch.test);
    }
  }
  return at < watch.toldUntil ? 1 : Math.min(0.99, rankE.read(watch.test) / limit);
}
