/**
 * Sensitivities of a swap marked on a calibrated curve. Systems that print the same name mean different numbers; here each
 * says what moves, by how much, and what is calibrated again. All are to the buyer of protection, per unit notional.
 */
import { WEEKENDS, addBusinessDays } from './business-day.ts';
import type { BusinessCalendar } from './business-day.ts';
import { bootstrapHazards } from './bootstrap.ts';
import { cdsGrid, legGradients } from './cds-grid.ts';
import type { CdsGrid } from './cds-grid.ts';
import type { CdsContract } from './cds-contract.ts';
import { priceCds } from './cds-price.ts';
import type { CdsPrice } from './cds-price.ts';
import type { CdsQuote, CreditRefusal } from './cds-quote.ts';
import type { CreditCurve } from './credit-curve.ts';
import { contractGrid } from './curve-grid.ts';
import type { CurveGrid } from './curve-grid.ts';
import { shiftedDiscount } from './discount-curve.ts';
import { rolledForward } from './integrated-rate.ts';
import { curveJacobian } from './jacobian.ts';
import type { CurveJacobian } from './jacobian.ts';
import { flatGrid, quotedSpreadOfUpfront, upfrontOfQuotedSpread } from './quoted-spread.ts';

/** One basis point; what quotes and zero rates are moved by. */
export const BASIS_POINT = 1e-4;
/** What recovery is moved by in rec01. */
export const RECOVERY_BUMP = 0.01;

/** A swap to be measured: a contract and its coupon. */
export interface CdsTrade {
  readonly contract: CdsContract;
  readonly coupon: number;
}

/** The measures; NaN where the moved quotes have no curve. */
export interface CdsRisk {
  readonly price: CdsPrice;
  /** Par spread of the flat curve with the same upfront; NaN when there is none. */
  readonly quotedSpread: number;
  /** Change of the upfront when every quote rises by 1 bp and the curve is calibrated again. */
  readonly cs01: number;
  /** Half the difference of 1 bp up and 1 bp down, calibrated again each time. */
  readonly cs01Central: number;
  /** V(up) - 2 V + V(down) for 1 bp. */
  readonly secondDifference: number;
  /** Change of the upfront when its own quoted spread rises by 1 bp (flat curve): another number than cs01. */
  readonly cs01Quoted: number;
  /** Derivative by each quote of the curve, in its own unit (exact, through the Jacobian). */
  readonly bucketed: Float64Array;
  /** Change for recovery one point higher, quotes fixed, calibrated again; nothing for a trade at par. */
  readonly recovery01: number;
  /** Change for recovery one point higher, hazards fixed. */
  readonly recovery01HazardFixed: number;
  /** Change for zero rates 1 bp higher everywhere, calibrated again. */
  readonly interest01: number;
  /** The same with hazards fixed. */
  readonly interest01HazardFixed: number;
  /** What a default now brings: (1 - R) less the clean value. */
  readonly jumpToDefault: number;
  /** Change of clean and dirty value by tomorrow: curves stay on their dates, nobody has defaulted. */
  readonly thetaClean: number;
  readonly thetaDirty: number;
}

/** Instruments as they are, and on zero rates 1 bp higher; shared by all curves over the same nodes and rates. */
export interface RiskGrids {
  readonly grid: CurveGrid;
  readonly warmer: CurveGrid;
}

/** Lays the instruments over the moved rates. */
export function riskGrids(grid: CurveGrid): RiskGrids {
  const discount = shiftedDiscount(grid.discount, BASIS_POINT);
  return { grid, warmer: contractGrid(grid.trade, discount, grid.contracts, grid.accrual, grid.knots) };
}

/** A calibrated curve with what its risk needs; built once per curve, shared by all trades on it. */
export interface RiskDesk {
  readonly grids: RiskGrids;
  readonly quotes: readonly CdsQuote[];
  readonly curve: CreditCurve;
  readonly jacobian: CurveJacobian;
  /** Curves of the moved quotes, recovery and rates; undefined where there is none. */
  readonly up: CreditCurve | undefined;
  readonly down: CreditCurve | undefined;
  readonly recoveryUp: CreditCurve | undefined;
  readonly interestUp: CreditCurve | undefined;
}

/** Calibrates the moved curves: quotes 1 bp up and down, recovery one point up, rates 1 bp up. */
export function riskDesk(grids: RiskGrids, quotes: readonly CdsQuote[], curve: CreditCurve): RiskDesk | CreditRefusal {
  const { grid, warmer } = grids;
  const jacobian = curveJacobian(grid, quotes, curve);
  if (jacobian.status !== 'ok') return jacobian;
  const again = (on: CurveGrid, moved: readonly CdsQuote[], recovery: number): CreditCurve | undefined => {
    const outcome = bootstrapHazards(on, moved, { recovery, start: curve.hazards });
    return outcome.status === 'ok' ? outcome : undefined;
  };
  const shifted = (by: number): CdsQuote[] => quotes.map((q) => ({ ...q, value: q.value + by }));
  return {
    grids,
    quotes,
    curve,
    jacobian,
    up: again(grid, shifted(BASIS_POINT), curve.recovery),
    down: again(grid, shifted(-BASIS_POINT), curve.recovery),
    recoveryUp: again(grid, quotes, curve.recovery + RECOVERY_BUMP),
    interestUp: again(warmer, quotes, curve.recovery),
  };
}

/** A trade laid over everything its measures need; shared by all curves over the same nodes and rates. */
export interface LaidTrade {
  readonly coupon: number;
  readonly today: CdsGrid;
  readonly warmer: CdsGrid;
  /** Over its own maturity alone, for its quoted spread. */
  readonly flat: CdsGrid;
  /** As of the next day; undefined where the contract is then over. */
  readonly tomorrow: CdsGrid | undefined;
}

/** Lays a trade over the knots of its curve, today and tomorrow. */
export function layTrade(grids: RiskGrids, trade: CdsTrade, calendar: BusinessCalendar = WEEKENDS): LaidTrade {
  const { contract, coupon } = trade;
  const { grid, warmer } = grids;
  const later = contractTomorrow(contract, calendar);
  const knots = grid.knots.filter((t) => t > DAY).map((t) => t - DAY);
  return {
    coupon,
    today: cdsGrid(contract, grid.discount, grid.knots, grid.accrual),
    warmer: cdsGrid(contract, warmer.discount, grid.knots, grid.accrual),
    flat: flatGrid(contract, grid.discount, grid.accrual),
    tomorrow: later && cdsGrid(later, rolledForward(grid.discount, DAY), knots.length > 0 ? knots : [1], grid.accrual),
  };
}

/** All measures of one trade; see {@link CdsRisk}. Verified by `isda_risk.csv`, `isda_bucketed_cs01.csv`. */
export function cdsRisk(desk: RiskDesk, laid: LaidTrade): CdsRisk {
  const { curve } = desk;
  const { coupon } = laid;
  const { recovery } = curve;
  const price = priceCds(laid.today, curve.curve, coupon, recovery);
  const valueOn = (on: CdsGrid, moved: CreditCurve | undefined, at: number): number =>
    moved === undefined ? NaN : priceCds(on, moved.curve, coupon, at).upfront - price.upfront;
  const up = valueOn(laid.today, desk.up, recovery);
  const down = valueOn(laid.today, desk.down, recovery);
  const quoted = quotedRisk(laid.flat, price.upfront, coupon, recovery);
  // Curves stay where they are in calendar time, given survival until then.
  const later = laid.tomorrow && priceCds(laid.tomorrow, rolledForward(curve.curve, DAY), coupon, recovery);
  return {
    price,
    quotedSpread: quoted.spread,
    cs01: up,
    cs01Central: 0.5 * (up - down),
    secondDifference: up + down,
    cs01Quoted: quoted.cs01,
    bucketed: bucketedCs01(laid.today, curve, desk.jacobian, coupon),
    recovery01: valueOn(laid.today, desk.recoveryUp, recovery + RECOVERY_BUMP),
    recovery01HazardFixed: valueOn(laid.today, curve, recovery + RECOVERY_BUMP),
    interest01: valueOn(laid.warmer, desk.interestUp, recovery),
    interest01HazardFixed: valueOn(laid.warmer, curve, recovery),
    jumpToDefault: 1 - recovery - price.upfront,
    thetaClean: (later?.upfront ?? 0) - price.upfront,
    thetaDirty: (later?.dirty ?? 0) - price.dirty,
  };
}

/** Derivative of the upfront by each quote of the curve: dV/d hazards times d hazards/d quotes. */
export function bucketedCs01(laid: CdsGrid, curve: CreditCurve, jacobian: CurveJacobian, coupon: number): Float64Array {
  const n = jacobian.size;
  const legs = new Float64Array(4);
  const protectionBy = new Float64Array(n);
  const annuityBy = new Float64Array(n);
  legGradients(laid, curve.curve.times, curve.hazards, legs, protectionBy, annuityBy);
  const out = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    const slope = ((1 - curve.recovery) * protectionBy[j] - coupon * annuityBy[j]) / laid.settleDiscount;
    for (let q = 0; q < n; q++) out[q] += slope * jacobian.hazards[j * n + q];
  }
  return out;
}

/** Change of the upfront when one quote after the other rises by 1 bp, calibrated again each time; NaN without a curve. */
export function bucketedBumps(laid: CdsGrid, desk: RiskDesk, coupon: number): Float64Array {
  const { curve, quotes, grids } = desk;
  const base = priceCds(laid, curve.curve, coupon, curve.recovery).upfront;
  return Float64Array.from(quotes, (_, bumped) => {
    const moved = quotes.map((q, i) => (i === bumped ? { ...q, value: q.value + BASIS_POINT } : q));
    const outcome = bootstrapHazards(grids.grid, moved, { recovery: curve.recovery, start: curve.hazards });
    return outcome.status === 'ok' ? priceCds(laid, outcome.curve, coupon, curve.recovery).upfront - base : NaN;
  });
}

function quotedRisk(
  flat: CdsGrid,
  upfront: number,
  coupon: number,
  recovery: number,
): { spread: number; cs01: number } {
  const quoted = quotedSpreadOfUpfront(flat, upfront, coupon, recovery);
  if (quoted.status !== 'ok') return { spread: NaN, cs01: NaN };
  const up = upfrontOfQuotedSpread(flat, quoted.value + BASIS_POINT, coupon, recovery);
  return { spread: quoted.value, cs01: up.status === 'ok' ? up.value - upfront : NaN };
}

/** The contract as of tomorrow; undefined when it is then over. */
function contractTomorrow(contract: CdsContract, calendar: BusinessCalendar): CdsContract | undefined {
  const trade = contract.trade + 1;
  const stepIn = contract.stepIn + 1;
  const periods = contract.periods.filter((p) => p.end > stepIn);
  if (periods.length === 0 || contract.maturity < stepIn) return undefined;
  const settle = Math.max(contract.settle, addBusinessDays(trade, SETTLE_DAYS, calendar));
  return { trade, stepIn, settle, maturity: contract.maturity, periods };
}

const DAY = 1 / 365;
/** Business days from trade to the upfront's payment. */
const SETTLE_DAYS = 3;
