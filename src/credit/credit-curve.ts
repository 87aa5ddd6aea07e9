/** A calibrated curve as data, and what a calibration is asked for. */
import type { CreditRefusal } from './cds-quote.ts';
import type { AccrualFormula } from './cds-grid.ts';
import type { Day } from './calendar-day.ts';
import type { SurvivalCurve } from './cds-price.ts';

/**
 * What to do where a quote asks for a negative forward hazard. `ignore`: take it; `fail`: refuse the curve; `zero`: put zero
 * there and leave the quote unmet; `constrained`: least squares over the whole curve with hazards >= 0.
 */
export type ArbitrageMode = 'ignore' | 'fail' | 'zero' | 'constrained';

/** Names of {@link ArbitrageMode}. */
export const ARBITRAGE_MODES: readonly ArbitrageMode[] = ['ignore', 'fail', 'zero', 'constrained'];

/** One node of a calibrated curve. */
export interface CurveNode {
  readonly node: string;
  readonly years: number;
  /** Integrated hazard and survival at the node. */
  readonly integratedHazard: number;
  readonly survival: number;
  /** Flat hazard of the segment that ends here, 1/year. */
  readonly hazard: number;
  /** `ok`: met with a non-negative hazard; `negative`: met with a negative one; `zero`, `held`: held at zero and not met; `fitted`: met as well as least squares can. */
  readonly status: 'ok' | 'negative' | 'zero' | 'held' | 'fitted';
  /** Model less quote, present value per unit notional at the upfront's payment. */
  readonly residual: number;
  /** Buyer's value with a forward hazard of zero here: positive where the quotes hold an arbitrage. */
  readonly valueAtZero: number;
  /** Of a `held` node: half the slope of the sum of squares by its hazard, >= 0; what the constraint costs. 0 elsewhere. */
  readonly multiplier: number;
}

/** A calibrated curve: plain data. */
export interface CreditCurve {
  readonly status: 'ok';
  readonly trade: Day;
  readonly recovery: number;
  readonly accrual: AccrualFormula;
  readonly curve: SurvivalCurve;
  readonly hazards: readonly number[];
  readonly nodes: readonly CurveNode[];
  /** Clean upfront that each quote stands for at its coupon (0 for par). */
  readonly upfronts: readonly number[];
}

/** A curve, or why there is none. */
export type BootstrapOutcome = CreditCurve | CreditRefusal;
