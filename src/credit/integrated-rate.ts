/**
 * A rate that is flat between knots, as its integral: H(t) of a hazard, -ln P(t) of an interest rate. Both curves of
 * credit are of this kind, so that every integral over both has a closed form.
 */

/** Integral of a piecewise-flat rate: linear through (0, 0) and its knots, the last slope going on for ever. */
export interface IntegratedRate {
  /** Ascending, positive, years ACT/365F from the trade date. */
  readonly times: readonly number[];
  /** Integral up to each knot, dimensionless. */
  readonly values: readonly number[];
}

/** Index of the segment that holds t: the number of knots at or before t, at most the last. */
export function segmentAt(times: readonly number[], t: number): number {
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < t) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Flat rate of a segment, per year. */
export function forwardRate(curve: IntegratedRate, segment: number): number {
  const { times, values } = curve;
  return segment === 0
    ? values[0] / times[0]
    : (values[segment] - values[segment - 1]) / (times[segment] - times[segment - 1]);
}

/** Integral up to t >= 0; 0 for a curve without knots. */
export function integralAt(curve: IntegratedRate, t: number): number {
  if (curve.times.length === 0) return 0;
  const segment = segmentAt(curve.times, t);
  if (t === curve.times[segment]) return curve.values[segment];
  const start = segment === 0 ? 0 : curve.times[segment - 1];
  const before = segment === 0 ? 0 : curve.values[segment - 1];
  return before + forwardRate(curve, segment) * (t - start);
}

/** The curve whose rate is the same everywhere. */
export function flatRate(rate: number, until: number = 1): IntegratedRate {
  return { times: [until], values: [rate * until] };
}

/** The curve of given flat rates between knots. */
export function fromForwardRates(times: readonly number[], rates: readonly number[]): IntegratedRate {
  const values: number[] = [];
  let total = 0;
  times.forEach((t, i) => {
    total += rates[i] * (t - (i === 0 ? 0 : times[i - 1]));
    values.push(total);
  });
  return { times: [...times], values };
}

/** The same curve seen from `years` later: knots move nearer, the integral begins at zero again. */
export function rolledForward(curve: IntegratedRate, years: number): IntegratedRate {
  const base = integralAt(curve, years);
  const times: number[] = [];
  const values: number[] = [];
  curve.times.forEach((t, i) => {
    if (t > years) {
      times.push(t - years);
      values.push(curve.values[i] - base);
    }
  });
  if (times.length > 0) return { times, values };
  return flatRate(forwardRate(curve, curve.times.length - 1));
}
