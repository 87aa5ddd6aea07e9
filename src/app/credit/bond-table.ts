/** What `vernier credit bonds` writes: flat hazards bond by bond, or one curve through several. */
import { bondFlatHazard, bondGrid, bondSchedule, bondYield } from '../../credit/bond.ts';
import type { RecoveryScheme } from '../../credit/bond.ts';
import { isoDay, parseDay } from '../../credit/calendar-day.ts';
import type { Day } from '../../credit/calendar-day.ts';
import { bondInstrument } from '../../credit/curve-instrument.ts';
import type { CurveInstrument } from '../../credit/curve-instrument.ts';
import type { DiscountCurve } from '../../credit/discount-curve.ts';
import { flatRate } from '../../credit/integrated-rate.ts';
import { fitWeighted, leaveOneOut } from '../../credit/weighted-fit.ts';
import { cellProblem, fileRows } from './credit-files.ts';
import type { FileRow } from './credit-files.ts';
import type { CreditTable, TableRow } from './credit-table.ts';

/** Names of the schemes in files. */
const SCHEMES: Readonly<Record<string, RecoveryScheme>> = {
  rfv: 'face', rt: 'treasury', rmv: 'market', face: 'face', treasury: 'treasury', market: 'market',
}; // prettier-ignore

/** The scheme of a name such as `RFV` or `face`. */
export function recoveryScheme(text: string): RecoveryScheme | undefined {
  return SCHEMES[text.toLowerCase()];
}

/** A table and what was wrong with rows that are not in it. */
export interface BondTable {
  readonly table: CreditTable;
  readonly problems: readonly string[];
}

/** What rows without their own columns take. */
export interface BondDefaults {
  readonly settle: Day;
  readonly recovery: number | undefined;
  readonly scheme: RecoveryScheme | undefined;
  /** Discount curve where rows have no `riskfree_cc_flat`. */
  readonly discount: DiscountCurve | undefined;
}

const HAZARD_COLUMNS = [
  'bond', 'settle', 'maturity', 'coupon', 'clean_price', 'accrued_30_360', 'dirty', 'ytm_semiannual', 'riskfree_dirty',
  'riskfree_cc_flat', 'recovery', 'recovery_scheme', 'flat_hazard', 'survival_1y', 'lgd_times_hazard', 'source',
]; // prettier-ignore

/** What is said where no hazard explains a price. */
const NONE = 'none(dirty<=recovery or out of range)';

/** Flat hazard of every row (columns `bond,maturity,coupon,clean_price`; `settle,recovery,recovery_scheme,riskfree_cc_flat` where not said by options). */
export function bondHazardTable(text: string, defaults: BondDefaults): BondTable {
  const problems: string[] = [];
  const rows: TableRow[] = [];
  for (const row of fileRows(text, ['bond', 'maturity', 'coupon', 'clean_price'])) {
    const cells = bondRow(row, defaults);
    if (typeof cells === 'string') problems.push(cells);
    else rows.push(cells);
  }
  return { table: { columns: HAZARD_COLUMNS, rows }, problems };
}

function bondRow(row: FileRow, defaults: BondDefaults): TableRow | string {
  const settle = row.has('settle') ? parseDay(row.text('settle')) : defaults.settle;
  const maturity = parseDay(row.text('maturity'));
  const coupon = row.number('coupon');
  const clean = row.number('clean_price');
  const recovery = row.has('recovery') ? row.number('recovery') : (defaults.recovery ?? NaN);
  const scheme = row.has('recovery_scheme') ? recoveryScheme(row.text('recovery_scheme')) : defaults.scheme;
  if (Number.isNaN(settle)) return cellProblem(row, 'settle', 'a date YYYY-MM-DD');
  if (!(maturity > settle)) return cellProblem(row, 'maturity', `a date after ${isoDay(settle)}`);
  if (!(coupon >= 0 && coupon < 1)) return cellProblem(row, 'coupon', 'a fraction a year');
  if (!(clean > 0 && clean < 5)) return cellProblem(row, 'clean_price', 'a fraction of face');
  if (!(recovery >= 0 && recovery < 1)) return cellProblem(row, 'recovery', 'a fraction in [0, 1), or --recovery');
  if (scheme === undefined) return cellProblem(row, 'recovery_scheme', 'RFV, RT or RMV, or --scheme');
  const rate = row.has('riskfree_cc_flat') ? row.number('riskfree_cc_flat') : NaN;
  const discount = Number.isNaN(rate) ? defaults.discount : flatRate(rate);
  if (discount === undefined) return cellProblem(row, 'riskfree_cc_flat', 'a rate, or --discount or --rate');
  const bond = { settle, maturity, coupon };
  const laid = bondGrid(bond, discount, [(maturity - settle) / 365], scheme, recovery);
  if (laid === undefined) return `line ${row.line}: no payments`;
  const dirty = clean + laid.accrued;
  const found = bondFlatHazard(laid, dirty);
  return {
    bond: row.text('bond'),
    settle: isoDay(settle),
    maturity: row.text('maturity'),
    coupon,
    clean_price: clean,
    accrued_30_360: laid.accrued,
    dirty,
    ytm_semiannual: bondYield(bond, dirty),
    riskfree_dirty: laid.riskFree,
    riskfree_cc_flat: Number.isNaN(rate) ? undefined : rate,
    recovery,
    recovery_scheme: { face: 'RFV', treasury: 'RT', market: 'RMV' }[scheme],
    ...(found.status === 'ok'
      ? {
          flat_hazard: found.hazard,
          survival_1y: found.survivalOneYear,
          lgd_times_hazard: (1 - recovery) * found.hazard,
        }
      : { flat_hazard: NONE }),
    source: row.has('source') ? row.text('source') : '',
  };
}

/** What one curve through several bonds is told. */
export interface BondCurveTerms {
  readonly settle: Day;
  readonly discount: DiscountCurve;
  readonly recovery: number;
  readonly scheme: RecoveryScheme;
  /** Ends of the segments, years; undefined: every bond's maturity. */
  readonly knots: readonly number[] | undefined;
}

/** One curve (columns `maturity,coupon,clean_price`, and `error`, one standard error of the price, for a weighted fit). */
export function bondCurveTable(text: string, terms: BondCurveTerms): BondTable {
  const rows = fileRows(text, ['maturity', 'coupon', 'clean_price']);
  const problems: string[] = [];
  const years = rows.map((row) => (parseDay(row.text('maturity')) - terms.settle) / 365);
  const knots = terms.knots ?? years;
  if (knots.some((t, i) => !(t > (i === 0 ? 0 : knots[i - 1])))) {
    const message = 'maturities (or --knots) must ascend and lie after the trade date';
    return { table: { columns: CURVE_COLUMNS, rows: [] }, problems: [message] };
  }
  const instruments: CurveInstrument[] = [];
  for (const row of rows) {
    const bond = { settle: terms.settle, maturity: parseDay(row.text('maturity')), coupon: row.number('coupon') };
    const error = row.has('error') ? row.number('error') : 1e-4;
    const clean = row.number('clean_price');
    const scheme = { scheme: terms.scheme, rate: terms.recovery };
    const made = bondSchedule(bond)
      ? bondInstrument(row.text('maturity'), bond, terms.discount, knots, scheme, { clean, error })
      : undefined;
    if (made && clean > 0 && error > 0) instruments.push(made);
    else
      problems.push(
        `line ${row.line}: maturity ${row.text('maturity')}, coupon ${row.text('coupon')}, clean_price ${row.text('clean_price')} make no bond`,
      );
  }
  if (problems.length > 0) return { table: { columns: CURVE_COLUMNS, rows: [] }, problems };
  return terms.knots ? weightedTable(knots, instruments) : exactTable(rows, knots, instruments);
}

const CURVE_COLUMNS = ['node', 'maturity', 'coupon', 'clean_price', 't', 'fwd_hazard', 'survival'];

function exactTable(
  rows: readonly FileRow[],
  knots: readonly number[],
  instruments: readonly CurveInstrument[],
): BondTable {
  const fit = fitWeighted(knots, instruments, { huber: Infinity });
  const columns = CURVE_COLUMNS;
  if (fit.status !== 'ok') return { table: { columns, rows: [] }, problems: [fit.message] };
  let integral = 0;
  const table = rows.map((row, i) => {
    integral += fit.hazards[i] * (knots[i] - (i === 0 ? 0 : knots[i - 1]));
    return {
      node: i,
      maturity: row.text('maturity'),
      coupon: row.number('coupon'),
      clean_price: row.number('clean_price'),
      t: knots[i],
      fwd_hazard: fit.hazards[i],
      survival: Math.exp(-integral),
    };
  });
  return { table: { columns, rows: table }, problems: [] };
}

function weightedTable(knots: readonly number[], instruments: readonly CurveInstrument[]): BondTable {
  const columns = ['quantity', 'value', 'se_or_note', 'robust_weight', 'left_out_halfspreads'];
  const fit = fitWeighted(knots, instruments, { huber: Infinity });
  const robust = fitWeighted(knots, instruments);
  if (fit.status !== 'ok') return { table: { columns, rows: [] }, problems: [fit.message] };
  const left = leaveOneOut(knots, instruments, fit, { huber: Infinity });
  const n = knots.length;
  const rows: TableRow[] = fit.hazards.map((h, i) => ({
    quantity: `hazard_seg${i}`,
    value: h,
    se_or_note: fit.errors[i],
  }));
  for (let i = 0; i < n; i++)
    for (let j = i + 1; j < n; j++) rows.push({ quantity: `cov${i}${j}`, value: fit.covariance[i * n + j] });
  rows.push({ quantity: 'chi2', value: fit.chi2, se_or_note: `dof=${fit.degrees}` });
  instruments.forEach((b, i) =>
    rows.push({
      quantity: `residual_${b.name}`,
      value: fit.residuals[i],
      se_or_note: b.error,
      robust_weight: robust.status === 'ok' ? robust.weights[i] : NaN,
      left_out_halfspreads: left[i].halfSpreads,
    }),
  );
  return { table: { columns, rows }, problems: [] };
}
