/**
 * Recalibration-aware delta: parameters are refitted as the forward moves, and what they do on average belongs to the
 * hedge: Delta + sum_i dV/dtheta_i Cov(dtheta_i, dF)/Var(dF) (the idea of Alexander, Kaeck and Nogueira 2009,
 * J. Futures Markets). Verified by `model_risk_delta_expected.csv`.
 */

/** Slopes Cov(dtheta_i, dF)/Var(dF), both about their means, in the unit of each parameter per USD. */
export function parameterSlopes(
  forwardChanges: ArrayLike<number>,
  parameterChanges: readonly ArrayLike<number>[],
): Float64Array {
  const n = forwardChanges.length;
  const mean = (v: ArrayLike<number>): number => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += v[i];
    return sum / n;
  };
  const centre = mean(forwardChanges);
  let variance = 0;
  for (let i = 0; i < n; i++) variance += (forwardChanges[i] - centre) * (forwardChanges[i] - centre);
  return Float64Array.from(parameterChanges, (changes) => {
    const middle = mean(changes);
    let covariance = 0;
    for (let i = 0; i < n; i++) covariance += (forwardChanges[i] - centre) * (changes[i] - middle);
    return variance > 0 ? covariance / variance : NaN;
  });
}

/** Delta (at fixed parameters) plus the mean move of the parameters: `sensitivities` = dV/dtheta_i, USD per unit. */
export function recalibrationDelta(delta: number, sensitivities: ArrayLike<number>, slopes: ArrayLike<number>): number {
  let sum = delta;
  for (let i = 0; i < slopes.length; i++) sum += sensitivities[i] * slopes[i];
  return sum;
}
