/**
 * Largest gain K of a correction that is applied while `delay` batches of earlier corrections are still unseen:
 * K <= cos(d pi / (2d + 1)), half of the bound at which phi <- phi + K (market - phi, d batches ago) stops converging
 * (1, 0.5, 0.309, 0.223, ... for d = 0, 1, 2, 3). `delay` is rounded up; NaN below 0. Source: methods.md 6.5, after
 * Levin and May 1976.
 */
export function gainLimit(delay: number): number {
  if (!(delay >= 0)) return NaN;
  const d = Math.ceil(delay);
  // cos(d pi / (2d + 1)) = sin(u): by its series, the same bits on every machine.
  const u = Math.PI / (2 * (2 * d + 1));
  let term = u;
  let sum = u;
  for (let i = 1; i <= 12; i++) {
    term *= -(u * u) / (2 * i * (2 * i + 1));
    sum += term;
  }
  return Math.min(1, sum);
}
