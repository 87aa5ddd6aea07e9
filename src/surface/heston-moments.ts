/** Which moments of the price exist under Heston's model, and the wing slopes that follow. */
import type { HestonParameters } from './heston-characteristic.ts';

/**
 * Time, in years, at which E[(F_T/F)^omega] becomes infinite; Infinity when it never does (Andersen and Piterbarg 2007,
 * Moment explosions in stochastic volatility models, proposition 3.1). omega is dimensionless, any real number.
 */
export function hestonExplosionTime(p: HestonParameters, omega: number): number {
  const pull = p.rho * p.sigma * omega - p.kappa;
  const discriminant = pull * pull - p.sigma * p.sigma * omega * (omega - 1);
  if (omega >= 0 && omega <= 1) return Infinity;
  if (discriminant >= 0) {
    if (pull <= 0) return Infinity;
    const root = Math.sqrt(discriminant);
    return Math.log((pull + root) / (pull - root)) / root;
  }
  const root = Math.sqrt(-discriminant);
  return (2 / root) * (Math.atan(root / pull) + (pull < 0 ? Math.PI : 0));
}

/** Largest |omega| looked at: beyond it Lee's slope is below 1e-5. */
const FARTHEST = 1e5;

/** The moment beyond `from` (1 upward, 0 downward) at which the price's moments of expiry T = `years` stop existing. */
export function hestonCriticalMoment(p: HestonParameters, years: number, side: 'upper' | 'lower'): number {
  const from = side === 'upper' ? 1 : 0;
  const sign = side === 'upper' ? 1 : -1;
  const exists = (distance: number): boolean => hestonExplosionTime(p, from + sign * distance) > years;
  let low = 0;
  let high = 1;
  while (exists(high)) {
    low = high;
    high *= 2;
    if (high > FARTHEST) return sign * Infinity;
  }
  for (let i = 0; i < 60; i++) {
    const middle = 0.5 * (low + high);
    if (exists(middle)) low = middle;
    else high = middle;
  }
  return from + sign * low;
}

/**
 * Steeper of the two wing slopes |dw/dk| at infinity: 2 - 4 (sqrt(q^2 + q) - q) with q the number of moments beyond the
 * first (right) or below zero (left) that exist (Lee 2004, The moment formula for implied volatility at extreme strikes).
 */
export function hestonWingSlope(p: HestonParameters, years: number): number {
  const slope = (q: number): number => (q < Infinity ? 2 - 4 * q * (Math.sqrt(1 + 1 / q) - 1) : 0);
  const right = hestonCriticalMoment(p, years, 'upper') - 1;
  const left = -hestonCriticalMoment(p, years, 'lower');
  return Math.max(right > 0 ? slope(right) : 2, left > 0 ? slope(left) : 2);
}
