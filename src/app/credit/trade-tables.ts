/** What `vernier credit price` and `risk` write, column for column as the reference vectors have it. */
import { isoDay, tenorMonths } from '../../credit/calendar-day.ts';
import type { Day } from '../../credit/calendar-day.ts';
import { accruedDays, standardCds } from '../../credit/cds-contract.ts';
import type { CdsContract } from '../../credit/cds-contract.ts';
import { cdsGrid } from '../../credit/cds-grid.ts';
import { priceCds } from '../../credit/cds-price.ts';
import { flatGrid, quotedSpreadOfUpfront } from '../../credit/quoted-spread.ts';
import { bucketedBumps, cdsRisk, layTrade, riskDesk, riskGrids } from '../../credit/risk.ts';
import type { CdsRisk } from '../../credit/risk.ts';
import { standardMaturity } from '../../credit/roll-date.ts';
import type { RollRule } from '../../credit/roll-date.ts';
import type { CreditTable, TableRow } from './credit-table.ts';
import type { CalibratedSet, CreditTerms, RefusedSet } from './credit-run.ts';

/** Which swaps are measured on each curve. */
export interface TradeChoice {
  /** `5Y` and the like; undefined: what the command takes by itself. */
  readonly tenors: readonly string[] | undefined;
  /** Fractions a year; undefined: what the command takes by itself. */
  readonly coupons: readonly number[] | undefined;
  readonly roll: RollRule;
}

/** Tenors that are priced when none are asked for, and the market's two coupons. */
const STANDARD_TENORS = ['6M', '1Y', '2Y', '3Y', '4Y', '5Y', '7Y', '10Y'];
const STANDARD_COUPONS = [0.01, 0.05];

/** A trade of a run, or why it cannot be. */
export interface ChosenTrade {
  readonly tenor: string;
  readonly contract: CdsContract;
}

/** Contracts of the tenors on a curve: a node's own maturity where the tenor is one, the standard maturity elsewhere. */
function chosenTrades(
  run: CalibratedSet,
  tenors: readonly string[],
  choice: TradeChoice,
  terms: CreditTerms,
  refused: string[],
): ChosenTrade[] {
  return tenors.flatMap((tenor) => {
    const node = run.set.quotes.find((q) => q.node === tenor);
    const maturity: Day = node?.maturity ?? standardMaturity(terms.trade, tenorMonths(tenor), choice.roll);
    const contract = standardCds(terms.trade, maturity, { calendar: terms.calendar });
    if (!('status' in contract)) return [{ tenor, contract }];
    refused.push(`${run.set.name}: ${tenor}: ${contract.field} ${contract.value} ${contract.message}`);
    return [];
  });
}

const PRICE_COLUMNS = [
  'scenario', 'accrual_formula', 'tenor', 'maturity', 'coupon', 'protection_leg', 'annuity_dirty', 'annuity_clean', 'accrued_yf',
  'accrued_days', 'cash_settle', 'par_spread', 'puf_clean', 'pv_dirty', 'clean_price', 'quoted_spread',
]; // prettier-ignore

/** Prices of the standard tenors at both standard coupons (or those chosen) on every curve. */
export function priceTable(
  runs: readonly (CalibratedSet | RefusedSet)[],
  terms: CreditTerms,
  choice: TradeChoice,
): { readonly table: CreditTable; readonly refused: readonly string[] } {
  const refused: string[] = [];
  const rows = runs.flatMap((run): TableRow[] => {
    if (run.status !== 'ok') return [];
    const trades = chosenTrades(run, choice.tenors ?? STANDARD_TENORS, choice, terms, refused);
    return trades.flatMap((trade) =>
      (choice.coupons ?? STANDARD_COUPONS).map((coupon) => priceRow(run, trade, coupon, terms)),
    );
  });
  return { table: { columns: PRICE_COLUMNS, rows }, refused };
}

function priceRow(run: CalibratedSet, trade: ChosenTrade, coupon: number, terms: CreditTerms): TableRow {
  const { contract, tenor } = trade;
  const { discount, accrual } = run.grid;
  const laid = cdsGrid(contract, discount, run.grid.knots, accrual);
  const price = priceCds(laid, run.curve.curve, coupon, run.set.recovery);
  const quoted = quotedSpreadOfUpfront(flatGrid(contract, discount, accrual), price.upfront, coupon, run.set.recovery);
  return {
    scenario: run.set.name,
    accrual_formula: terms.accrual.toUpperCase(),
    tenor,
    maturity: isoDay(contract.maturity),
    coupon,
    protection_leg: price.protection,
    annuity_dirty: price.annuityDirty,
    annuity_clean: price.annuityClean,
    accrued_yf: laid.accrued,
    accrued_days: accruedDays(contract),
    cash_settle: isoDay(contract.settle),
    par_spread: price.parSpread,
    puf_clean: price.upfront,
    pv_dirty: price.dirty,
    clean_price: price.cleanPrice,
    quoted_spread: quoted.status === 'ok' ? quoted.value : NaN,
  };
}

const RISK_COLUMNS = [
  'scenario', 'trade_tenor', 'coupon', 'puf_clean', 'cs01_parallel_up1bp', 'cs01_parallel_central', 'second_diff_1bp',
  'quoted_spread', 'cs01_quoted_up1bp', 'rec01_requoted', 'rec01_hazard_fixed', 'ir01_rebootstrapped', 'ir01_hazard_fixed',
  'jtd_buyer', 'theta1d_clean_dated_curves', 'theta1d_dirty_dated_curves',
]; // prettier-ignore
const BUCKET_COLUMNS = ['scenario', 'trade_tenor', 'coupon', 'bucket', 'dPV_dquote_exact', 'fd_up1bp'];

/** Sensitivities, and their buckets; `refused` are sets whose derivatives do not exist. */
export interface RiskTables {
  readonly risk: CreditTable;
  readonly buckets: CreditTable;
  readonly refused: readonly string[];
}

/** Risk of 1Y, 5Y and the curve's last node at the quotes' own coupon (1 % for par spreads), or of what is chosen. */
export function riskTables(
  runs: readonly (CalibratedSet | RefusedSet)[],
  terms: CreditTerms,
  choice: TradeChoice,
): RiskTables {
  const risk: TableRow[] = [];
  const buckets: TableRow[] = [];
  const refused: string[] = [];
  for (const run of runs) {
    if (run.status !== 'ok') continue;
    const desk = riskDesk(riskGrids(run.grid), run.set.quotes, run.curve);
    if ('status' in desk) {
      refused.push(`${run.set.name}: ${desk.message}`);
      continue;
    }
    const { quotes } = run.set;
    const last = quotes[quotes.length - 1];
    const tenors = choice.tenors ?? [...new Set(['1Y', '5Y', last.node])];
    for (const trade of chosenTrades(run, tenors, choice, terms, refused)) {
      for (const coupon of choice.coupons ?? [last.kind === 'par' ? STANDARD_COUPONS[0] : last.coupon]) {
        const laid = layTrade(desk.grids, { contract: trade.contract, coupon }, terms.calendar);
        const measured = cdsRisk(desk, laid);
        risk.push(riskRow(run, measured, trade, coupon));
        buckets.push(...bucketRows(run, measured, bucketedBumps(laid.today, desk, coupon), trade, coupon));
      }
    }
  }
  return { risk: { columns: RISK_COLUMNS, rows: risk }, buckets: { columns: BUCKET_COLUMNS, rows: buckets }, refused };
}

function riskRow(run: CalibratedSet, k: CdsRisk, trade: ChosenTrade, coupon: number): TableRow {
  return {
    scenario: run.set.name,
    trade_tenor: trade.tenor,
    coupon,
    puf_clean: k.price.upfront,
    cs01_parallel_up1bp: k.cs01,
    cs01_parallel_central: k.cs01Central,
    second_diff_1bp: k.secondDifference,
    quoted_spread: k.quotedSpread,
    cs01_quoted_up1bp: k.cs01Quoted,
    rec01_requoted: k.recovery01,
    rec01_hazard_fixed: k.recovery01HazardFixed,
    ir01_rebootstrapped: k.interest01,
    ir01_hazard_fixed: k.interest01HazardFixed,
    jtd_buyer: k.jumpToDefault,
    theta1d_clean_dated_curves: k.thetaClean,
    theta1d_dirty_dated_curves: k.thetaDirty,
  };
}

function bucketRows(
  run: CalibratedSet,
  k: CdsRisk,
  bumped: Float64Array,
  trade: ChosenTrade,
  coupon: number,
): TableRow[] {
  return run.set.quotes.map((quote, i) => ({
    scenario: run.set.name,
    trade_tenor: trade.tenor,
    coupon,
    bucket: quote.node,
    dPV_dquote_exact: k.bucketed[i],
    fd_up1bp: bumped[i],
  }));
}
