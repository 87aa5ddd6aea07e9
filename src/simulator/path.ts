/** The true path of one underlying: spot, the factors of its surface, basis, funding. Steps of any length. */
import type { Random } from '../numeric/random.ts';
import { DAY, HOUR, MINUTE, hourOfWeek } from './calendar.ts';
import type { Regime } from './regime.ts';

/** Means of the two curvature factors. */
const SHORT_CURVATURE = 0.42;
const LONG_CURVATURE = 0.34;

/** The true state of one underlying at one instant. */
export interface TrueFactors {
  /** Spot, USD. */
  readonly spot: number;
  /** log of the instantaneous short-end and of the long-end volatility (fractions per sqrt(year)). */
  readonly shortLevel: number;
  readonly longLevel: number;
  /** Skewness of the log return to short and to long tenors that the mean-shift factors carry; < 0: puts dearer. */
  readonly shortSkew: number;
  readonly longSkew: number;
  /** Spread of the log volatility of the mixture: how much wings rise. */
  readonly shortCurvature: number;
  readonly longCurvature: number;
  /** Annual rate of the futures' basis at the short and at the long end. */
  readonly shortBasis: number;
  readonly longBasis: number;
  /** Perpetual funding per 8 hours, fraction. */
  readonly funding8h: number;
  /** USD per stablecoin. */
  readonly stablecoin: number;
  /** Noise of the forward variance of each bucket between expiries, log units, by expiry (epoch ms). */
  readonly bucketNoise: ReadonlyMap<number, number>;
}

/** Where an underlying starts. */
export interface UnderlyingStart {
  readonly spot: number;
  /** Short-end and long-end volatility, fractions. */
  readonly shortVolatility: number;
  readonly longVolatility: number;
  readonly shortSkew: number;
  readonly longSkew: number;
}

/** An Ornstein-Uhlenbeck step with relaxation time `tau` (ms) and stationary sd `sd`. */
function relax(x: number, mean: number, sd: number, tau: number, dt: number, normal: number): number {
  const keep = Math.exp(-dt / tau);
  return mean + (x - mean) * keep + sd * Math.sqrt(1 - keep * keep) * normal;
}

/** Correlation between underlyings of spot moves and of volatility shocks. */
const SPOT_CORRELATION = 0.85;
const VOLATILITY_CORRELATION = 0.7;

/** A standard normal that has `correlation` with that of any other underlying. */
function shared(common: number, correlation: number, own: Random): number {
  return Math.sqrt(correlation) * common + Math.sqrt(1 - correlation) * own.normal();
}

/** How lively an hour of the week is: the American session is busier, weekends quieter. */
export function hourlyActivity(at: number): number {
  const hour = hourOfWeek(at);
  const ofDay = hour % 24;
  const session = ofDay >= 13 && ofDay < 20 ? 1.25 : ofDay >= 7 ? 1 : 0.88;
  return session * (hour >= 120 ? 0.72 : 1);
}

/** Moves the true state of one underlying through time. All randomness comes from the generator handed over. */
export class TruthPath {
  readonly #random: Random;
  readonly #start: UnderlyingStart;
  #logSpot: number;
  #shortLevel: number;
  #longLevel: number;
  #shortSkew: number;
  #longSkew: number;
  #shortCurvature = SHORT_CURVATURE;
  #longCurvature = LONG_CURVATURE;
  #shortBasis = 0.03;
  #longBasis = 0.05;
  #funding = 0.00005;
  #stablecoin = 1;
  #activity = 0;
  #burst = { left: 0, perMs: 0, revert: 0 };
  readonly #buckets = new Map<number, number>();

  constructor(random: Random, start: UnderlyingStart) {
    this.#random = random;
    this.#start = start;
    this.#logSpot = Math.log(start.spot);
    this.#shortLevel = Math.log(start.shortVolatility);
    this.#longLevel = Math.log(start.longVolatility);
    this.#shortSkew = start.shortSkew;
    this.#longSkew = start.longSkew;
  }

  /** A new expiry inherits the noise of the bucket it splits, so that the surface does not jump. */
  keepExpiries(expiries: readonly number[]): void {
    const known = [...this.#buckets.keys()].sort((a, b) => a - b);
    for (const expiry of expiries) {
      if (this.#buckets.has(expiry)) continue;
      const covering = known.find((k) => k > expiry);
      this.#buckets.set(expiry, covering === undefined ? 0.03 * this.#random.normal() : this.#buckets.get(covering)!);
    }
    for (const expiry of known) if (!expiries.includes(expiry)) this.#buckets.delete(expiry);
  }

  /**
   * Advances by `dt` ms ending at `at`; `push` is a scripted log return, `beta` overrides the regime's when finite,
   * `common` are the two standard normals of the step that all underlyings share: of spot and of volatility.
   */
  step(at: number, dt: number, regime: Regime, push: number, beta: number, common: readonly [number, number]): void {
    const r = this.#random;
    this.#activity = relax(this.#activity, 0, 0.55, 2 * HOUR, dt, r.normal());
    const lively = Math.exp(this.#activity - 0.3) * hourlyActivity(at);
    const years = dt / (365 * DAY);
    const hours = dt / HOUR;
    const sigma = Math.exp(this.#shortLevel);
    let move =
      sigma * 0.85 * regime.spotVolatility * lively * Math.sqrt(years) * shared(common[0], SPOT_CORRELATION, r) +
      regime.drift * hours +
      push;
    if (r.chance(Math.min(0.5, (1.5 * dt) / DAY))) move += 0.006 * (sigma / 0.5) * regime.spotVolatility * r.normal();
    move += this.#driftBurst(dt);
    this.#logSpot += move;
    const slope = Number.isFinite(beta) ? beta : regime.spotVolBeta;
    const noise = regime.factorVolatility * lively * Math.sqrt(hours);
    let shock = 0.009 * noise * shared(common[1], VOLATILITY_CORRELATION, r);
    if (r.chance(Math.min(0.5, (2 * dt) / DAY))) shock += 0.02 * regime.factorVolatility * r.normal();
    this.#shortLevel += (slope * move) / sigma + shock;
    this.#longLevel += (0.09 * slope * move) / Math.exp(this.#longLevel) + 0.09 * shock + 0.002 * noise * r.normal();
    this.#shortSkew += 1.2 * move;
    const meanShort = Math.log(this.#start.shortVolatility) + regime.shortLevel;
    this.#shortLevel = relax(this.#shortLevel, meanShort, 0, 2.5 * DAY, dt, 0);
    this.#longLevel = relax(
      this.#longLevel,
      Math.log(this.#start.longVolatility) + regime.longLevel,
      0,
      12 * DAY,
      dt,
      0,
    );
    this.#slowFactors(dt, regime.skew);
  }

  #driftBurst(dt: number): number {
    const r = this.#random;
    const burst = this.#burst;
    if (burst.left > 0) {
      const part = Math.min(dt, burst.left);
      burst.left -= part;
      const move = burst.perMs * part;
      if (burst.left <= 0 && burst.revert !== 0) {
        burst.left = 30 * MINUTE;
        burst.perMs = burst.revert / burst.left;
        burst.revert = 0;
      }
      return move;
    }
    if (!r.chance(Math.min(0.5, dt / (7 * DAY)))) return 0;
    const size = (r.chance(0.6) ? -1 : 1) * r.between(0.012, 0.025);
    burst.left = 15 * MINUTE;
    burst.perMs = size / burst.left;
    burst.revert = -0.7 * size;
    return 0;
  }

  #slowFactors(dt: number, skewShift: number): void {
    const r = this.#random;
    const s = this.#start;
    this.#shortSkew = relax(this.#shortSkew, s.shortSkew + skewShift, 0.12, 1.5 * DAY, dt, r.normal());
    this.#longSkew = relax(this.#longSkew, s.longSkew, 0.06, 10 * DAY, dt, r.normal());
    this.#shortCurvature = relax(this.#shortCurvature, SHORT_CURVATURE, 0.04, 1.5 * DAY, dt, r.normal());
    this.#longCurvature = relax(this.#longCurvature, LONG_CURVATURE, 0.015, 10 * DAY, dt, r.normal());
    this.#shortBasis = relax(this.#shortBasis, 0.03, 0.025, DAY, dt, r.normal());
    this.#longBasis = relax(this.#longBasis, 0.05, 0.012, 20 * DAY, dt, r.normal());
    this.#funding = relax(this.#funding, 0.00005, 0.00008, 6 * HOUR, dt, r.normal());
    this.#stablecoin = relax(this.#stablecoin, 1, 0.0002, 12 * HOUR, dt, r.normal());
    for (const [expiry, x] of this.#buckets) this.#buckets.set(expiry, relax(x, 0, 0.03, DAY, dt, r.normal()));
  }

  /** The state now, as plain numbers. */
  factors(): TrueFactors {
    return {
      spot: Math.exp(this.#logSpot),
      shortLevel: this.#shortLevel,
      longLevel: this.#longLevel,
      shortSkew: this.#shortSkew,
      longSkew: this.#longSkew,
      shortCurvature: this.#shortCurvature,
      longCurvature: this.#longCurvature,
      shortBasis: this.#shortBasis,
      longBasis: this.#longBasis,
      funding8h: this.#funding,
      stablecoin: this.#stablecoin,
      bucketNoise: new Map(this.#buckets),
    };
  }
}
