import type { ParameterSpec } from './family.ts';

/**
 * Parameters of an (e)SSVI slice: theta = ATM total variance, rho, psi = theta phi, of
 * w(k) = (theta + rho psi k + sqrt((psi k + rho theta)^2 + (1 - rho^2) theta^2)) / 2.
 * Hendriks and Martini 2019. The fit imposes psi (1 + |rho|) <= 4 and psi^2 (1 + |rho|) <= 4 theta.
 */
export const ESSVI_PARAMETERS: readonly ParameterSpec[] = [
  { name: 'theta', unit: 'variance', lower: 1e-12, upper: 100 },
  { name: 'rho', unit: '1', lower: -1, upper: 1 },
  { name: 'psi', unit: 'variance per log-moneyness', lower: 0, upper: 4 },
];

/** Total variance of an eSSVI slice [theta, rho, psi] at k. */
export function essviTotalVariance(p: ArrayLike<number>, k: number): number {
  const [theta, rho, psi] = [p[0], p[1], p[2]];
  const x = psi * k + rho * theta;
  return 0.5 * (theta + rho * psi * k + Math.sqrt(x * x + (1 - rho) * (1 + rho) * theta * theta));
}

/** Writes w, dw/dk, d2w/dk2 of an eSSVI slice at k into `out[0..2]`. */
export function essviShape(p: ArrayLike<number>, k: number, out: Float64Array): void {
  const [theta, rho, psi] = [p[0], p[1], p[2]];
  const x = psi * k + rho * theta;
  const rest = (1 - rho) * (1 + rho) * theta * theta;
  const z = Math.sqrt(x * x + rest);
  out[0] = 0.5 * (theta + rho * psi * k + z);
  out[1] = 0.5 * psi * (rho + x / z);
  out[2] = (0.5 * psi * psi * rest) / (z * z * z);
}

/** Writes dw/dtheta, dw/drho, dw/dpsi of an eSSVI slice at k into `out[0..2]`. */
export function essviGradient(p: ArrayLike<number>, k: number, out: Float64Array): void {
  const [theta, rho, psi] = [p[0], p[1], p[2]];
  const x = psi * k + rho * theta;
  const z = Math.sqrt(x * x + (1 - rho) * (1 + rho) * theta * theta);
  out[0] = 0.5 * (1 + (rho * psi * k + theta) / z);
  out[1] = 0.5 * (psi * k + (psi * k * theta) / z);
  out[2] = 0.5 * (rho * k + (k * x) / z);
}

/** Steeper wing slope psi (1 + |rho|) / 2 of an eSSVI slice; Lee's bound is 2. */
export function essviWingSlope(p: ArrayLike<number>): number {
  return 0.5 * p[2] * (1 + Math.abs(p[1]));
}

/** What is known about two eSSVI slices in order of expiry. */
export interface EssviCalendar {
  /** theta and both wing slopes psi (1 +- rho) do not fall: without it the far slice crosses the near one. */
  readonly necessary: boolean;
  /** With it the far slice lies nowhere below the near one. */
  readonly sufficient: boolean;
}

/**
 * Hendriks and Martini 2019, propositions 3.1 and 3.5, for slices [theta, rho, psi] near then far. Necessary:
 * theta_2 >= theta_1 and psi_2 (1 +- rho_2) >= psi_1 (1 +- rho_1). Sufficient: besides, phi_2 <= phi_1 or
 * (psi_2 rho_2/psi_1 - rho_1)^2 <= (theta_2/theta_1 - 1)(psi_2^2 theta_1 / (psi_1^2 theta_2) - 1), phi = psi/theta.
 * Golden: essvi_calendar.csv.
 */
export function essviCalendar(near: ArrayLike<number>, far: ArrayLike<number>): EssviCalendar {
  const [theta1, rho1, psi1] = [near[0], near[1], near[2]];
  const [theta2, rho2, psi2] = [far[0], far[1], far[2]];
  const necessary =
    theta2 >= theta1 && psi2 * (1 + rho2) >= psi1 * (1 + rho1) && psi2 * (1 - rho2) >= psi1 * (1 - rho1);
  if (!necessary) return { necessary, sufficient: false };
  if (psi2 * theta1 <= psi1 * theta2) return { necessary, sufficient: true };
  const skew = (psi2 * rho2) / psi1 - rho1;
  const room = (theta2 / theta1 - 1) * ((psi2 * psi2 * theta1) / (psi1 * psi1 * theta2) - 1);
  return { necessary, sufficient: skew * skew <= room };
}
