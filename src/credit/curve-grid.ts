/** The instruments of a curve, laid over one discount curve once, so that prices then need no dates. */
import { cdsGrid } from './cds-grid.ts';
import type { AccrualFormula, CdsGrid } from './cds-grid.ts';
import { standardCds } from './cds-contract.ts';
import type { CdsContract, CdsConventions } from './cds-contract.ts';
import { refusal } from './cds-quote.ts';
import type { CdsQuote, CreditRefusal } from './cds-quote.ts';
import type { Day } from './calendar-day.ts';
import type { DiscountCurve } from './discount-curve.ts';
import { flatGrid } from './quoted-spread.ts';

/** A curve's instruments laid over one discount curve: what stays while quotes move. Built by {@link curveGrid}. */
export interface CurveGrid {
  readonly trade: Day;
  readonly accrual: AccrualFormula;
  readonly discount: DiscountCurve;
  /** Times of the nodes, years ACT/365F. */
  readonly knots: readonly number[];
  readonly contracts: readonly CdsContract[];
  readonly grids: readonly CdsGrid[];
  /** Each contract over its own maturity alone: where quoted spreads are turned into upfronts. */
  readonly flatGrids: readonly CdsGrid[];
}

/** A curve's instruments, or the node whose contract cannot be built. */
export type CurveGridOutcome = { readonly status: 'ok'; readonly grid: CurveGrid } | CreditRefusal;

/** Lays the standard contracts of all quotes over a discount curve; knots are the maturities. */
export function curveGrid(
  trade: Day,
  discount: DiscountCurve,
  quotes: readonly Pick<CdsQuote, 'node' | 'maturity'>[],
  accrual: AccrualFormula = 'isda',
  conventions: CdsConventions = {},
): CurveGridOutcome {
  const contracts: CdsContract[] = [];
  for (const { node, maturity } of quotes) {
    const contract = standardCds(trade, maturity, conventions);
    if ('status' in contract)
      return refusal('maturity', node, maturity, trade, `${contract.field} ${contract.value} ${contract.message}`);
    contracts.push(contract);
  }
  return { status: 'ok', grid: contractGrid(trade, discount, contracts, accrual) };
}

/** As {@link curveGrid} for contracts already built (free dates); ascending maturities. */
export function contractGrid(
  trade: Day,
  discount: DiscountCurve,
  contracts: readonly CdsContract[],
  accrual: AccrualFormula,
  knots: readonly number[] = contracts.map((c) => (c.maturity - trade) / 365),
): CurveGrid {
  const grids = contracts.map((c) => cdsGrid(c, discount, knots, accrual));
  const flatGrids = contracts.map((c) => flatGrid(c, discount, accrual));
  return { trade, accrual, discount, knots, contracts, grids, flatGrids };
}
