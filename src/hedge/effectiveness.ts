/**
 * How well a hedge offset the hedged item, in the measures that auditors and desks ask for. The dollar offset is shown
 * because it is asked for and never alarmed on: its denominator passes through zero. Verified by
 * `hedge_effectiveness_expected.csv`.
 */
import { classicalErrors, linearRegression } from './linear-regression.ts';

/** Measures over one window. Item and hedge changes share one currency. */
export interface Effectiveness {
  readonly n: number;
  /** -sum(hedge)/sum(item): 0.8 to 1.25 under the repealed IAS 39. Unstable for small sums: information only. */
  readonly dollarOffset: number;
  /** Regression of the hedge's changes on the item's, with intercept. */
  readonly slope: number;
  readonly slopeError: number;
  readonly intercept: number;
  readonly rSquared: number;
  /** 1 - Var(item + hedge)/Var(item). */
  readonly varianceReduction: number;
  /** 1 - E[(item + hedge)^2]/E[item^2]: a steady loss counts too. */
  readonly squareReduction: number;
  /** Multiple of the hedge that would have minimised the variance. */
  readonly minimumVarianceMultiple: number;
  /** Share of steps in which the hedged change was smaller than the item's own. */
  readonly hitRate: number;
  readonly rmseReduction: number;
  readonly maeReduction: number;
  /** Mean of the worst 5 % (at least one) of item + hedge. */
  readonly expectedShortfall: number;
}

function moments(a: ArrayLike<number>, b: ArrayLike<number>): { aa: number; bb: number; ab: number } {
  const n = a.length;
  let ma = 0;
  let mb = 0;
  for (let i = 0; i < n; i++) {
    ma += a[i] / n;
    mb += b[i] / n;
  }
  const m = { aa: 0, bb: 0, ab: 0 };
  for (let i = 0; i < n; i++) {
    m.aa += (a[i] - ma) * (a[i] - ma);
    m.bb += (b[i] - mb) * (b[i] - mb);
    m.ab += (a[i] - ma) * (b[i] - mb);
  }
  return m;
}

/** Measures of paired changes; undefined with fewer than 3 pairs or an item that never moved. */
export function effectiveness(item: ArrayLike<number>, hedge: ArrayLike<number>): Effectiveness | undefined {
  const n = item.length;
  if (n < 3) return undefined;
  const design = new Float64Array(2 * n);
  for (let i = 0; i < n; i++) {
    design[2 * i] = 1;
    design[2 * i + 1] = item[i];
  }
  const fit = linearRegression(design, hedge, 2);
  if (fit === undefined) return undefined;
  const total = Float64Array.from({ length: n }, (_, i) => item[i] + hedge[i]);
  const own = moments(item, hedge);
  const left = moments(total, total);
  let [sumItem, sumHedge, squareItem, squareTotal, absoluteItem, absoluteTotal, hits] = [0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    sumItem += item[i];
    sumHedge += hedge[i];
    squareItem += item[i] * item[i];
    squareTotal += total[i] * total[i];
    absoluteItem += Math.abs(item[i]);
    absoluteTotal += Math.abs(total[i]);
    if (Math.abs(total[i]) < Math.abs(item[i])) hits++;
  }
  const worst = Math.max(1, Math.floor(0.05 * n));
  const sorted = Float64Array.from(total).sort();
  let shortfall = 0;
  for (let i = 0; i < worst; i++) shortfall += sorted[i] / worst;
  return {
    n,
    dollarOffset: -sumHedge / sumItem,
    slope: fit.coefficients[1],
    slopeError: classicalErrors(fit)[1],
    intercept: fit.coefficients[0],
    rSquared: 1 - fit.squares / own.bb,
    varianceReduction: 1 - left.aa / own.aa,
    squareReduction: 1 - squareTotal / squareItem,
    minimumVarianceMultiple: -own.ab / own.bb,
    hitRate: hits / n,
    rmseReduction: 1 - Math.sqrt(squareTotal / squareItem),
    maeReduction: 1 - absoluteTotal / absoluteItem,
    expectedShortfall: shortfall,
  };
}
