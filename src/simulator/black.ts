/** The simulator's own normal distribution and Black formula: written apart from the monitor's on purpose. */

const INV_SQRT_2PI = 0.3989422804014327;

/** Standard normal density. */
export function density(x: number): number {
  return INV_SQRT_2PI * Math.exp(-0.5 * x * x);
}

/** Standard normal distribution function, Hart's rational approximation (West 2005, Wilmott): about 1e-15 absolute. */
export function distribution(x: number): number {
  const z = Math.abs(x);
  if (z > 37) return x > 0 ? 1 : 0;
  const e = Math.exp(-0.5 * z * z);
  let tail: number;
  if (z < 7.07106781186547) {
    const a =
      (((((3.52624965998911e-2 * z + 0.700383064443688) * z + 6.37396220353165) * z + 33.912866078383) * z +
        112.079291497871) *
        z +
        221.213596169931) *
        z +
      220.206867912376;
    const b =
      ((((((8.83883476483184e-2 * z + 1.75566716318264) * z + 16.064177579207) * z + 86.7807322029461) * z +
        296.564248779674) *
        z +
        637.333633378831) *
        z +
        793.826512519948) *
        z +
      440.413735824752;
    tail = (e * a) / b;
  } else {
    tail = e / (z + 1 / (z + 2 / (z + 3 / (z + 4 / (z + 0.65))))) / 2.506628274631;
  }
  return x > 0 ? 1 - tail : tail;
}

/** Undiscounted Black price of an out-of-the-money-or-not option; `deviation` = sigma sqrt(T). Same unit as `forward`. */
export function blackPrice(forward: number, strike: number, deviation: number, isCall: boolean): number {
  if (!(deviation > 0)) return Math.max(isCall ? forward - strike : strike - forward, 0);
  const d1 = Math.log(forward / strike) / deviation + 0.5 * deviation;
  const d2 = d1 - deviation;
  return isCall
    ? forward * distribution(d1) - strike * distribution(d2)
    : strike * distribution(-d2) - forward * distribution(-d1);
}

/**
 * Total deviation sigma sqrt(T) that gives `price` (undiscounted, unit of forward), by guarded Newton from `start`.
 * NaN outside the no-arbitrage bounds.
 */
export function impliedDeviation(
  price: number,
  forward: number,
  strike: number,
  isCall: boolean,
  start: number,
): number {
  const intrinsic = Math.max(isCall ? forward - strike : strike - forward, 0);
  const bound = isCall ? forward : strike;
  if (!(price > intrinsic) || !(price < bound)) return NaN;
  let low = 0;
  let high = 12;
  let s = start > 1e-6 && start < high ? start : Math.max(0.02, Math.sqrt(2 * Math.abs(Math.log(forward / strike))));
  for (let i = 0; i < 100; i++) {
    const error = blackPrice(forward, strike, s, isCall) - price;
    if (error > 0) high = s;
    else low = s;
    const slope = forward * density(Math.log(forward / strike) / s + 0.5 * s);
    let next = s - error / slope;
    if (!(next > low && next < high)) next = 0.5 * (low + high);
    if (Math.abs(next - s) < 1e-11 * (1 + s)) return next;
    s = next;
  }
  return s;
}
