import type { Command } from 'commander';
import { certificateLines, certificateSvg } from '../app/credit/certificate-drawing.ts';
import { bondCurveTable, bondHazardTable, recoveryScheme } from '../app/credit/bond-table.ts';
import type { BondTable } from '../app/credit/bond-table.ts';
import { readDiscountCurves } from '../app/credit/credit-files.ts';
import type { CalibratedSet, RefusedSet } from '../app/credit/credit-run.ts';
import { tableCsv } from '../app/credit/credit-table.ts';
import type { CreditTable } from '../app/credit/credit-table.ts';
import { bandTable, jacobianTable, nodeTable, survivalTable } from '../app/credit/curve-tables.ts';
import { priceTable, riskTables } from '../app/credit/trade-tables.ts';
import type { TradeChoice } from '../app/credit/trade-tables.ts';
import { WEEKENDS } from '../credit/business-day.ts';
import { tenorMonths } from '../credit/calendar-day.ts';
import type { Day } from '../credit/calendar-day.ts';
import { certifyCurve } from '../credit/certificate.ts';
import { flatRate } from '../credit/integrated-rate.ts';
import { registerContracts } from './credit-contracts.ts';
import { calibrated, curveOptions, emit, flatDiscount, fromFile, positive, tradeDay } from './credit-flags.ts';
import type { CurveFlags } from './credit-flags.ts';
import { registerCreditWatch } from './credit-watch.ts';
import { EXIT } from './main.ts';
import { UsageError } from './usage-error.ts';
import { writeOutput } from './output-file.ts';

interface TradeFlags extends CurveFlags {
  tenors?: string;
  coupons?: string;
  roll: string;
  buckets?: string;
}

/** `vernier credit watch|bootstrap|price|risk|jacobian|contracts|bonds|certificate` */
export function registerCredit(program: Command): void {
  const credit = program
    .command('credit')
    .description(
      'hazard-rate curves: calibrate them to credit quotes, price, measure and certify on them (CSV in and out)',
    );
  registerCreditWatch(credit);
  curveOptions(credit.command('bootstrap').description('calibrate every quote set; a row per node'))
    .option('--survival <csv>', 'also write survival every quarter of a year to ten years')
    .action((flags: CurveFlags & { survival?: string }) => {
      const { runs, terms } = calibrated(flags);
      finish(flags, runs, nodeTable(runs, terms));
      if (flags.survival !== undefined) writeOutput('--survival', flags.survival, tableCsv(survivalTable(runs)));
    });
  tradeOptions(
    curveOptions(credit.command('price').description('legs, annuities, spreads and upfronts of swaps on every curve')),
  ).action((flags: TradeFlags) => {
    const { runs, terms } = calibrated(flags);
    const { table, refused } = priceTable(runs, terms, choiceOf(flags));
    finish(flags, runs, table, refused);
  });
  tradeOptions(
    curveOptions(credit.command('risk').description('sensitivities of swaps on every curve, by their names')),
  )
    .option('--buckets <csv>', 'also write the derivative by every quote, exact and by 1 bp bumps')
    .action((flags: TradeFlags) => {
      const { runs, terms } = calibrated(flags);
      const { risk, buckets, refused } = riskTables(runs, terms, choiceOf(flags));
      finish(flags, runs, risk, refused);
      if (flags.buckets !== undefined) writeOutput('--buckets', flags.buckets, tableCsv(buckets));
    });
  curveOptions(credit.command('jacobian').description('derivatives of every node by every quote, exact'))
    .option('--quote-sd <number>', 'noise of each quote, in its unit, for --bands', '0.0002')
    .option('--bands <csv>', 'also write what that noise leaves of hazards and survival')
    .action((flags: CurveFlags & { quoteSd: string; bands?: string }) => {
      const { runs } = calibrated(flags);
      finish(flags, runs, jacobianTable(runs));
      const sd = positive('--quote-sd', flags.quoteSd);
      if (flags.bands !== undefined) writeOutput('--bands', flags.bands, tableCsv(bandTable(runs, sd)));
    });
  registerContracts(credit);
  registerBonds(credit);
  registerCertificate(credit);
}

function tradeOptions(command: Command): Command {
  return command
    .option('--tenors <list>', 'such as 1Y,5Y,10Y')
    .option('--coupons <list>', 'fractions a year, such as 0.01,0.05')
    .option('--roll <rule>', '2015 | 2009: maturity of a tenor that is no node', '2015');
}

function choiceOf(flags: TradeFlags): TradeChoice {
  if (flags.roll !== '2015' && flags.roll !== '2009') throw new UsageError(`--roll ${flags.roll}: 2015 or 2009`);
  const tenors = flags.tenors?.split(',').map((t) => t.trim());
  const wrong = tenors?.find((t) => !(tenorMonths(t) > 0));
  if (wrong !== undefined)
    throw new UsageError(`--tenors ${flags.tenors ?? ''}: ${wrong} is no tenor such as 6M or 5Y`);
  const coupons = flags.coupons?.split(',').map(Number);
  if (coupons?.some((c) => !(c >= 0 && c <= 1)))
    throw new UsageError(`--coupons ${flags.coupons ?? ''}: fractions a year are needed (0.01 = 100 bp)`);
  return { tenors, coupons, roll: flags.roll };
}

/** Writes the table; says on stderr which sets have no curve. Exit code 2 for unusable rows, 3 for curves that do not exist. */
function finish(
  flags: Pick<CurveFlags, 'out' | 'json'>,
  runs: readonly (CalibratedSet | RefusedSet)[],
  table: CreditTable,
  refused: readonly string[] = [],
): void {
  emit(flags, table);
  for (const message of refused) process.stderr.write(`${message}\n`);
  if (refused.length > 0) process.exitCode = EXIT.violations;
  for (const run of runs) {
    if (run.status === 'ok') continue;
    process.stderr.write(`${run.set.name}: ${run.message}\n`);
    if (run.reason === 'input') process.exitCode = EXIT.usage;
    else if (process.exitCode !== EXIT.usage) process.exitCode = EXIT.violations;
  }
}

interface BondFlags {
  quotes: string;
  tradeDate: string;
  discount?: string;
  rate?: string;
  recovery?: string;
  scheme?: string;
  curve?: boolean;
  knots?: string;
  out?: string;
  json?: boolean;
}

function registerBonds(credit: Command): void {
  credit
    .command('bonds')
    .description('flat hazards of corporate bonds under three recovery schemes, or one curve through several (--curve)')
    .requiredOption(
      '--quotes <csv>',
      'bond,maturity,coupon,clean_price [settle,recovery,recovery_scheme,riskfree_cc_flat,error]',
    )
    .requiredOption('--trade-date <date>', 'settlement where the file has none, YYYY-MM-DD')
    .option('--discount <csv>', 'discount curve where rows have no riskfree_cc_flat; its first curve is taken')
    .option('--rate <number>', 'flat continuously compounded rate in place of --discount')
    .option('--recovery <number>', 'where rows have none, fraction of face')
    .option('--scheme <name>', 'where rows have none: RFV | RT | RMV')
    .option('--curve', 'one hazard curve through all rows, exact at each maturity')
    .option(
      '--knots <years>',
      'with --curve: ends of the segments, such as 2,8; fitted by weighted least squares (column error)',
    )
    .option('--out <csv>', 'where to write; stdout without it')
    .option('--json', 'one JSON object a row instead of CSV')
    .action(bonds);
}

function bonds(flags: BondFlags): void {
  const settle = tradeDay(flags.tradeDate);
  const recovery = flags.recovery === undefined ? undefined : Number(flags.recovery);
  if (recovery !== undefined && !(recovery >= 0 && recovery < 1))
    throw new UsageError(`--recovery ${flags.recovery ?? ''}: a fraction in [0, 1) is needed`);
  const scheme = flags.scheme === undefined ? undefined : recoveryScheme(flags.scheme);
  if (flags.scheme !== undefined && scheme === undefined)
    throw new UsageError(`--scheme ${flags.scheme}: RFV, RT or RMV`);
  const discount = bondDiscount(flags, settle);
  let made: BondTable;
  if (flags.curve === true) {
    if (discount === undefined || recovery === undefined)
      throw new UsageError('--curve needs --recovery, and --rate or --discount');
    const knots = flags.knots?.split(',').map(Number);
    if (knots?.some((t, i) => !(t > (i === 0 ? 0 : knots[i - 1]))))
      throw new UsageError(`--knots ${flags.knots ?? ''}: ascending years are needed`);
    const terms = { settle, discount, recovery, scheme: scheme ?? ('face' as const), knots };
    made = fromFile(flags.quotes, (text) => bondCurveTable(text, terms));
  } else made = fromFile(flags.quotes, (text) => bondHazardTable(text, { settle, recovery, scheme, discount }));
  emit(flags, made.table);
  for (const problem of made.problems) process.stderr.write(`${flags.quotes}: ${problem}\n`);
  if (made.problems.length > 0) process.exitCode = EXIT.usage;
}

function bondDiscount(flags: BondFlags, settle: Day): ReturnType<typeof flatRate> | undefined {
  const flat = flatDiscount(flags.rate);
  if (flat !== undefined) return flat;
  if (flags.discount === undefined) return undefined;
  const curves = fromFile(flags.discount, (text) => readDiscountCurves(text, settle, { calendar: WEEKENDS }));
  const first = [...curves.values()][0];
  if (first.status !== 'ok') throw new UsageError(`${flags.discount}: ${first.message}`);
  return first.curve;
}

interface CertificateFlags extends CurveFlags {
  scenario?: string;
  halfSpread: string;
  svg?: string;
}

function registerCertificate(credit: Command): void {
  curveOptions(
    credit
      .command('certificate')
      .description('what a curve is worth trusting for: residuals, distance to arbitrage, bands'),
  )
    .option('--scenario <name>', 'which quote set; the first without it')
    .option('--half-spread <number>', 'half of bid-ask where the file has no bid,ask or half_spread', '0.0002')
    .option('--svg <file>', 'also draw it')
    .action(certificate);
}

function certificate(flags: CertificateFlags): void {
  const { runs, terms } = calibrated(flags);
  const run = flags.scenario === undefined ? runs.at(0) : runs.find((r) => r.set.name === flags.scenario);
  if (run === undefined)
    throw new UsageError(`--scenario ${flags.scenario ?? ''}: the file has ${runs.map((r) => r.set.name).join(', ')}`);
  if (run.status !== 'ok') {
    process.stderr.write(`${run.set.name}: ${run.message}\n`);
    process.exitCode = run.reason === 'input' ? EXIT.usage : EXIT.violations;
    return;
  }
  const fallback = positive('--half-spread', flags.halfSpread);
  const facts = run.set.halfSpreads.map((h) => ({ halfSpread: h > 0 ? h : fallback }));
  const made = certifyCurve(run.grid, run.set.quotes, facts, run.curve, terms.arbitrage);
  if (made.status !== 'ok') {
    process.stderr.write(`${run.set.name}: ${made.message}\n`);
    process.exitCode = EXIT.violations;
    return;
  }
  const json = JSON.stringify({ scenario: run.set.name, ...made }, (_, v: unknown) =>
    typeof v === 'number' && !Number.isFinite(v) ? null : v,
  );
  const text = flags.json === true ? `${json}\n` : `${certificateLines(run.set.name, made).join('\n')}\n`;
  if (flags.out === undefined) process.stdout.write(text);
  else writeOutput('--out', flags.out, text);
  if (flags.svg !== undefined) writeOutput('--svg', flags.svg, certificateSvg(run.set.name, made));
}
