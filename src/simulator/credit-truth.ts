/** The true default intensity of one reference entity, and what fair quotes of it are. SYNTHETIC. */
import type { Random } from '../numeric/random.ts';
import { DAY } from './calendar.ts';

/** State of one entity: forward intensity lambda(t) = exp(level + slope (1 - e^{-t/3}) + hump (t/3) e^{1 - t/3}). */
export interface CreditTruth {
  /** Epoch ms. */
  readonly at: number;
  readonly level: number;
  readonly slope: number;
  readonly hump: number;
  /** Short and long zero rate, decimal. */
  readonly shortRate: number;
  readonly longRate: number;
}

/** Where an entity lives: means of its factors. */
export interface CreditEntity {
  readonly level: number;
  readonly slope: number;
  readonly hump: number;
}

const LEVEL_TAU = 120 * DAY;
const LEVEL_SD = 0.45;
const SLOPE_TAU = 60 * DAY;
const SLOPE_SD = 0.2;
const HUMP_SD = 0.08;
const RATE_TAU = 200 * DAY;
const RATE_SD = 0.006;
/** News a year, and the scale of what it does to the log intensity (Student t, 3 degrees). */
const JUMPS_A_YEAR = 8;
const JUMP_SCALE = 0.1;
const YEAR = 365 * DAY;

function relax(x: number, mean: number, sd: number, tau: number, dt: number, normal: number): number {
  const keep = Math.exp(-dt / tau);
  return mean + (x - mean) * keep + sd * Math.sqrt(1 - keep * keep) * normal;
}

/** The entity at its means. */
export function initialCredit(entity: CreditEntity, at: number): CreditTruth {
  return { at, ...entity, shortRate: 0.04, longRate: 0.037 };
}

/** The truth `dt` ms later: factors revert slowly, and news moves the level at once. */
export function nextCredit(truth: CreditTruth, entity: CreditEntity, dt: number, random: Random): CreditTruth {
  let level = relax(truth.level, entity.level, LEVEL_SD, LEVEL_TAU, dt, random.normal());
  const slope = relax(truth.slope, entity.slope, SLOPE_SD, SLOPE_TAU, dt, random.normal());
  const hump = relax(truth.hump, entity.hump, HUMP_SD, SLOPE_TAU, dt, random.normal());
  if (random.chance((JUMPS_A_YEAR * dt) / YEAR)) level += JUMP_SCALE * random.studentT(3);
  return {
    at: truth.at + dt,
    level,
    slope,
    hump,
    shortRate: relax(truth.shortRate, 0.04, RATE_SD, RATE_TAU, dt, random.normal()),
    longRate: relax(truth.longRate, 0.037, RATE_SD, RATE_TAU, dt, random.normal()),
  };
}

/** Forward intensity at t years from now, per year. */
export function trueIntensity(truth: CreditTruth, t: number): number {
  const u = t / 3;
  return Math.exp(truth.level + truth.slope * (1 - Math.exp(-u)) + truth.hump * u * Math.exp(1 - u));
}

/** Zero rate for t years, continuously compounded, decimal. */
export function trueZeroRate(truth: CreditTruth, t: number): number {
  return truth.longRate + (truth.shortRate - truth.longRate) * Math.exp(-t / 2);
}

/** Value per unit of notional of the two sides of protection for one entity and horizon. */
export interface CreditLegs {
  /** Protection, per unit of loss given default. */
  readonly loss: number;
  /** One unit a year, paid continuously until default. */
  readonly annuity: number;
}

const STEP = 1 / 52;

/**
 * Legs to each of the ascending horizons (years), by the trapezoid rule on weekly steps: premium paid continuously, no
 * calendar, no settlement lag. Its own code, so that no error of the monitor's pricing can hide in it.
 */
export function trueLegs(truth: CreditTruth, horizons: readonly number[]): CreditLegs[] {
  const legs: CreditLegs[] = [];
  let [t, hazard, loss, annuity] = [0, 0, 0, 0];
  let intensity = trueIntensity(truth, 0);
  let value = 1;
  for (const horizon of horizons) {
    while (t < horizon) {
      const next = Math.min(horizon, t + STEP);
      const after = trueIntensity(truth, next);
      hazard += 0.5 * (intensity + after) * (next - t);
      const valueAfter = Math.exp(-hazard - trueZeroRate(truth, next) * next);
      loss += 0.5 * (intensity * value + after * valueAfter) * (next - t);
      annuity += 0.5 * (value + valueAfter) * (next - t);
      [t, intensity, value] = [next, after, valueAfter];
    }
    legs.push({ loss, annuity });
  }
  return legs;
}
