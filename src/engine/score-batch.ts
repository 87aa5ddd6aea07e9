import { tickAt } from '../market/instrument.ts';
import { isoTime } from '../market/iso-time.ts';
import { log } from '../numeric/exponential.ts';
import type { Fit, Observations, Predictions } from '../model/contract.ts';
import type { ScoreRecord } from '../model/record.ts';
import { fittedShare, readDynamics, updateDynamics } from '../score/dynamics.ts';
import { readHalfLife, updateHalfLife } from '../score/half-life.ts';
import { updateHorizonNoise } from '../score/horizon-noise.ts';
import { scorePrequential, type PrequentialScore } from '../score/prequential.ts';
import { scoreWings, type WingScore } from '../score/wing-score.ts';
import { tailTicks } from '../score/tail-ticks.ts';
import { modelNamed } from './models.ts';
import type { EngineConfig } from './config.ts';
import type { ExpiryState, ModelTrack } from './state.ts';
import { versionLiveAt } from './versions.ts';

/** One model's scores on one batch: the shortest horizon decides, the longer ones are recorded beside it. */
export interface ModelScores {
  readonly track: ModelTrack;
  /** Score at the shortest horizon for which a version was live; null without one. */
  readonly primary: PrequentialScore | null;
  readonly ageSeconds: number;
  /** The primary score by part of the smile; empty without one. */
  readonly wings: readonly WingScore[];
  /** The version that the primary score judged. */
  readonly fit: Fit | null;
  readonly records: readonly ScoreRecord[];
}

/** Younger predictions say more about the error bars than about the horizon's noise, s. */
const YOUNGEST_SECONDS = 300;

/**
 * Scores every model of an expiry on a batch it has not seen, at each fixed horizon with the version that was live
 * then. Where the previous close is further back than a horizon (snapshots), that is the horizon. `learn` = false
 * freezes what the horizon noise learns (stress, data faults); `tell` = false leaves the records out.
 */
export function scoreBatch(
  config: EngineConfig,
  expiry: ExpiryState,
  batch: Observations,
  learn: boolean,
  tell: boolean,
): ModelScores[] {
  const out: Predictions = { mean: new Float64Array(batch.k.length), sd: new Float64Array(batch.k.length) };
  const since = Number.isFinite(expiry.closedAt) ? (batch.at - expiry.closedAt) / 1000 : 0;
  let ticks: Float64Array | null = null;
  return expiry.models.map((track) => {
    const records: ScoreRecord[] = [];
    let primary: PrequentialScore | null = null;
    let primaryAge = NaN;
    let wings: readonly WingScore[] = [];
    let judged: Fit | null = null;
    let last: string | null = null;
    for (const h of config.horizonsSeconds) {
      const horizon = Math.max(h, since);
      const version = versionLiveAt(track, batch.at - horizon * 1000);
      if (version === null || version.fit.id === last) continue;
      last = version.fit.id;
      const age = (batch.at - version.fit.at) / 1000;
      modelNamed(track.model).predict(version.fit, batch, out);
      const score = scorePrequential(batch, out, track.noise.variancePerSecond * age);
      if (score === null) continue;
      if (learn) updateHalfLife(track.halfLife, score.meanSquare, age);
      if (primary === null) {
        primary = score;
        primaryAge = age;
        wings = scoreWings(batch, out, track.noise.variancePerSecond * age);
        judged = version.fit;
        if (learn && track.model === config.champion) scoreDynamics(track, version.fit, batch, out.mean);
        if (learn && age >= YOUNGEST_SECONDS) updateHorizonNoise(track.noise, score.excess, age, batch.years);
      }
      if (!tell) continue;
      ticks ??= ticksOf(expiry, batch);
      const tail = tailTicks(batch, out, ticks, isInverse(expiry) ? 1 : batch.forward);
      records.push(scoreRecord(track, expiry, batch.at, horizon, age, score, tail));
    }
    return { track, primary, ageSeconds: primaryAge, wings, fit: judged, records };
  });
}

function scoreRecord(
  track: ModelTrack,
  expiry: ExpiryState,
  at: number,
  horizon: number,
  age: number,
  score: PrequentialScore,
  tail: number,
): ScoreRecord {
  return {
    type: 'score',
    at: isoTime(at),
    model: track.model,
    venue: expiry.scope.venue,
    underlying: expiry.scope.underlying,
    expiry: isoTime(expiry.expiry),
    horizon_s: horizon,
    n: score.n,
    pz: score.pz,
    b0: score.factors?.b[0] ?? null,
    b1: score.factors?.b[1] ?? null,
    b2: score.factors?.b[2] ?? null,
    pr: score.pr,
    inside_share: score.insideShare,
    age_s: age,
    log_score: score.logScore,
    tail_ticks: Number.isFinite(tail) ? tail : null,
    ...slowScores(track),
  };
}

function isInverse(expiry: ExpiryState): boolean {
  return expiry.entries[0]?.instrument.settlement === 'inverse';
}

/** Price steps of the out-of-the-money options observed, premium currency. */
function ticksOf(expiry: ExpiryState, batch: Observations): Float64Array {
  const byStrike = new Map<number, number>();
  for (const { instrument, quote } of expiry.entries) {
    const otm = instrument.side === 'call' ? instrument.strike >= batch.forward : instrument.strike < batch.forward;
    if (otm && quote !== null && quote.bid !== null)
      byStrike.set(instrument.strike, tickAt(instrument.ticks, quote.bid));
  }
  return Float64Array.from(batch.strike, (strike) => byStrike.get(strike) ?? NaN);
}

/** Forward moves below this tell no rule from another. */
const SMALLEST_MOVE = 1e-4;

/** Scores the rules of smile dynamics: the same fit read at unchanged k and at unchanged strike. */
function scoreDynamics(track: ModelTrack, fit: Fit, batch: Observations, moneyness: Float64Array): void {
  const move = log(batch.forward / fit.forward);
  if (!(Math.abs(move) >= SMALLEST_MOVE)) return;
  const n = batch.k.length;
  const out: Predictions = { mean: new Float64Array(n), sd: new Float64Array(n) };
  modelNamed(track.model).predict(fit, { ...batch, k: batch.k.map((k) => k + move) }, out);
  updateDynamics(track.dynamics, batch, moneyness, out.mean);
}

type SlowScores = Pick<
  ScoreRecord,
  | 'half_life_s'
  | 'sticky_moneyness_rmse'
  | 'sticky_strike_rmse'
  | 'fitted_rule_rmse'
  | 'fitted_strike_share'
  | 'trade_n'
  | 'trade_z'
  | 'trade_vol'
  | 'trade_ticks'
  | 'trade_money_usd'
>;

/** What the track has gathered over many batches and trades. */
function slowScores(track: ModelTrack): SlowScores {
  const finite = (v: number): number | null => (Number.isFinite(v) ? v : null);
  const [moneyness, strike, fitted] = readDynamics(track.dynamics);
  const { trades } = track;
  const traded = (v: number): number | null => (trades.count === 0 ? null : finite(v));
  return {
    half_life_s: finite(readHalfLife(track.halfLife)),
    sticky_moneyness_rmse: finite(moneyness),
    sticky_strike_rmse: finite(strike),
    fitted_rule_rmse: finite(fitted),
    fitted_strike_share: track.dynamics.count === 0 ? null : fittedShare(track.dynamics),
    trade_n: trades.count,
    trade_z: traded(trades.z),
    trade_vol: traded(trades.vol),
    trade_ticks: traded(trades.ticks),
    trade_money_usd: traded(trades.money),
  };
}
