/** What can go wrong with a stream of credit quotes, as the simulator does it and the answer key names it. */

/** Kinds of faults of a credit stream, named as the causes they should be found as. */
export const CREDIT_FAULT_KINDS = [
  'stale-contributor',
  'flat-line',
  'node-inversion',
  'recovery-inconsistent',
  'unit-mismatch',
  'convention-mismatch',
  'outlier-quote',
  'numerical-failure',
] as const;
/** One of {@link CREDIT_FAULT_KINDS}. */
export type CreditFaultKind = (typeof CREDIT_FAULT_KINDS)[number];

/**
 * One fault of one curve. `variant` chooses among the ways a kind happens:
 * `unit-mismatch` 0 basis points for decimals, 1 percent for decimals, 2 decimals a hundred times too small;
 * `convention-mismatch` 0 price for upfront (or upfront for a spread), 1 sign, 2 upfront beside the other standard coupon
 * (a spread: per quarter instead of per year); `recovery-inconsistent` 0 quoted with half the recovery, 1 upfront beyond
 * the loss; `numerical-failure` 0 a discount rate in basis points, 1 one of minus 2000 percent.
 */
export interface CreditFault {
  readonly kind: CreditFaultKind;
  readonly variant: 0 | 1 | 2;
  /** Whose quotes; null = everybody's, or the terms. */
  readonly contributor: string | null;
  /** The node, for kinds that hit one. */
  readonly node: string;
  /** Relative size where the kind has one. */
  readonly size: number;
  /** Epoch ms, first update that shows it and first that no longer does. */
  readonly from: number;
  readonly until: number;
}
