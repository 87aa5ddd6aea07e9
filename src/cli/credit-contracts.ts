import type { Command } from 'commander';
import { contractTable } from '../app/credit/contract-table.ts';
import { datedDiscounts } from '../app/credit/credit-files.ts';
import { CALENDAR_NAMES } from '../credit/business-day.ts';
import { ACCRUAL_FORMULAS } from '../credit/cds-grid.ts';
import { emit, flatDiscount, fromFile, rateConventions, termsOf } from './credit-flags.ts';
import type { CurveFlags } from './credit-flags.ts';
import { EXIT } from './main.ts';
import { UsageError } from './usage-error.ts';

interface ContractFlags extends Omit<CurveFlags, 'discount'> {
  discount?: string;
  rate?: string;
  recovery: string;
}

/** `vernier credit contracts` */
export function registerContracts(credit: Command): void {
  credit
    .command('contracts')
    .description('prices of swaps on any dates, each row with its own contract, trade date and curve')
    .requiredOption(
      '--quotes <csv>',
      'maturity,coupon, and quoted_spread, puf or cumhaz_DATE [trade_date,start,recovery]',
    )
    .requiredOption('--trade-date <date>', 'where rows have none, YYYY-MM-DD')
    .option('--discount <csv>', 'knots or instruments as elsewhere; its rows may have a trade_date of their own')
    .option('--rate <number>', 'flat continuously compounded rate in place of --discount')
    .option('--recovery <number>', 'where rows have none', '0.4')
    .option('--accrual <formula>', ACCRUAL_FORMULAS.join(' | '), 'isda')
    .option('--calendar <name>', `${CALENDAR_NAMES.join(' | ')}, several joined with +`, 'weekends')
    .option('--swap-months <n>', 'months between payments of swaps in a curve that is built', '12')
    .option('--swap-day-count <name>', 'act/360 | act/365 | 30/360, of those swaps', 'act/360')
    .option('--out <csv>', 'where to write; stdout without it')
    .option('--json', 'one JSON object a row instead of CSV')
    .action(contracts);
}

function contracts(flags: ContractFlags): void {
  const { trade, accrual, calendar } = termsOf({ ...flags, arbitrage: 'ignore' });
  const recovery = Number(flags.recovery);
  if (!(recovery >= 0 && recovery < 1))
    throw new UsageError(`--recovery ${flags.recovery}: a fraction in [0, 1) is needed`);
  const flat = flatDiscount(flags.rate);
  if (flat === undefined && flags.discount === undefined) throw new UsageError('--discount or --rate is needed');
  const conventions = rateConventions(flags);
  const discountAt =
    flat === undefined
      ? fromFile(flags.discount ?? '', (text) => datedDiscounts(text, conventions))
      : (): typeof flat => flat;
  const terms = { trade, recovery, accrual, calendar, discountAt };
  const { table, problems } = fromFile(flags.quotes, (text) => contractTable(text, terms));
  emit(flags, table);
  for (const problem of problems) process.stderr.write(`${flags.quotes}: ${problem}\n`);
  if (problems.length > 0) process.exitCode = EXIT.usage;
}
