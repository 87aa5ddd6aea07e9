/** How a calibrated curve moves with its quotes, exactly: the implicit function theorem instead of bumps. */
import type { CreditCurve } from './credit-curve.ts';
import { ANNUITY, legGradients } from './cds-grid.ts';
import { refusal } from './cds-quote.ts';
import type { CdsQuote, CreditRefusal } from './cds-quote.ts';
import type { CurveGrid } from './curve-grid.ts';
import { upfrontOfQuotedSpread } from './quoted-spread.ts';

/** Derivatives of a curve by its quotes in their own units; row-major, [node * size + quote]. */
export interface CurveJacobian {
  readonly status: 'ok';
  readonly size: number;
  /** Of the forward hazards, 1/year. */
  readonly hazards: Float64Array;
  /** Of the integrated hazard H at the nodes. */
  readonly integrals: Float64Array;
  /** Of the survival probability Q at the nodes. */
  readonly survivals: Float64Array;
}

/**
 * Jacobian of an exact bootstrap: with F(hazards, quotes) = 0 at every node, d hazards = -(dF/d hazards)^-1 (dF/d quotes) dq, where
 * the first matrix is lower triangular and analytic. A node held at zero does not move, and its quote moves nothing. For a
 * curve of mode `constrained` it holds for the nodes that are met, to first order. `quotes` are those the curve was calibrated to. Verified
 * by `isda_hazard_jacobian.csv`.
 */
export function curveJacobian(
  grid: CurveGrid,
  quotes: readonly CdsQuote[],
  curve: CreditCurve,
): CurveJacobian | CreditRefusal {
  const n = quotes.length;
  const { hazards, recovery, nodes } = curve;
  const loss = 1 - recovery;
  const legs = new Float64Array(4);
  const protectionBy = new Float64Array(n);
  const annuityBy = new Float64Array(n);
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    if (nodes[i].status === 'zero' || nodes[i].status === 'held') continue;
    const g = grid.grids[i];
    const quote = quotes[i];
    legGradients(g, grid.knots, hazards, legs, protectionBy, annuityBy);
    const coupon = quote.kind === 'par' ? quote.value : quote.coupon;
    const own = loss * protectionBy[i] - coupon * annuityBy[i];
    if (!(Math.abs(own) > 0 && Math.abs(own) < Infinity))
      return refusal('numerical-failure', quote.node, own, 0, 'the quote says nothing about its own hazard');
    let byQuote = g.settleDiscount;
    if (quote.kind === 'par') byQuote = legs[ANNUITY] - g.accrued * g.settleDiscount;
    else if (quote.kind === 'quoted') {
      const converted = upfrontOfQuotedSpread(grid.flatGrids[i], quote.value, coupon, recovery);
      if (converted.status !== 'ok')
        return refusal('numerical-failure', quote.node, quote.value, converted.bound, 'no flat hazard has this spread');
      byQuote *= converted.slope;
    }
    out[i * n + i] = byQuote / own;
    for (let k = 0; k < i; k++) {
      const ratio = (loss * protectionBy[k] - coupon * annuityBy[k]) / own;
      if (ratio === 0) continue;
      for (let j = 0; j <= k; j++) out[i * n + j] -= ratio * out[k * n + j];
    }
  }
  return {
    status: 'ok',
    size: n,
    hazards: out,
    ...integrated(
      grid.knots,
      out,
      nodes.map((node) => node.survival),
    ),
  };
}

/** Derivatives of H and Q at the nodes from those of the forward hazards. */
export function integrated(
  knots: readonly number[],
  hazards: Float64Array,
  survival: readonly number[],
): { integrals: Float64Array; survivals: Float64Array } {
  const n = knots.length;
  const integrals = new Float64Array(n * n);
  const survivals = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const length = knots[i] - (i === 0 ? 0 : knots[i - 1]);
    for (let j = 0; j < n; j++) {
      const at = i * n + j;
      integrals[at] = (i === 0 ? 0 : integrals[at - n]) + length * hazards[at];
      survivals[at] = 0 - survival[i] * integrals[at];
    }
  }
  return { integrals, survivals };
}

/**
 * Covariance of the forward hazards for independent quote errors (one standard error each, in the quotes' units): J S J',
 * row-major. Two basis points on every quote are 24 on a five-year forward hazard (`hazard_delta_method_ci.csv`).
 */
export function propagatedCovariance(jacobian: Float64Array, size: number, errors: ArrayLike<number>): Float64Array {
  const out = new Float64Array(size * size);
  for (let a = 0; a < size; a++)
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (let j = 0; j < size; j++) sum += jacobian[a * size + j] * errors[j] * errors[j] * jacobian[b * size + j];
      out[a * size + b] = sum;
      out[b * size + a] = sum;
    }
  return out;
}
