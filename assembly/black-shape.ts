/** Moneyness of a pair of options, the twin of `src/numeric/normalised-black.ts`. */
import { add, all, div, mul, select, sub } from './lanes';
import { logOr } from './exponential';

/** -|ln(F/K)| from the smaller and the larger of forward and strike. */
// @ts-ignore: decorator
@inline
export function logMoneynessBelow(lower: v128, higher: v128): v128 {
  const near = f64x2.gt(lower, mul(all(0.5), higher));
  const z = div(sub(lower, higher), higher);
  const u = select(near, add(all(1), z), div(lower, higher));
  const correction = v128.and(near, div(sub(z, sub(u, all(1))), u));
  const none = all(0);
  return add(logOr(u, none, none), correction);
}
