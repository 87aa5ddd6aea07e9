import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { CsvError } from '../app/csv.ts';
import { CALCULATORS, runCalculator } from '../app/calc/run-calculator.ts';
import type { Calculator } from '../app/calc/calculator.ts';
import { writeOutput } from './output-file.ts';
import { UsageError } from './usage-error.ts';

interface CalcFlags {
  in?: string;
  out?: string;
}

/** `vernier calc NAME --in F.csv --out F.csv` */
export function registerCalc(program: Command): void {
  program
    .command('calc')
    .description('pricing and surface formulas over a CSV file: the file comes back with the results as columns')
    .argument('<name>', CALCULATORS.map((c) => c.name).join(', '))
    .option('--in <csv>', 'input with a header line; stdin without it')
    .option('--out <csv>', 'where to write; stdout without it')
    .addHelpText('after', `\n${CALCULATORS.map(describe).join('\n')}`)
    .action((name: string, flags: CalcFlags) => calc(name, flags));
}

function describe(c: Calculator): string {
  const inputs = c.inputColumns.map((list) => list.join(',')).join(' | ');
  const optional = c.optionalColumns.length > 0 ? ` [${c.optionalColumns.join(',')}]` : '';
  return `  ${c.name}: ${c.description}\n    ${inputs}${optional}\n    -> ${c.outputColumns.join(',')}`;
}

function calc(name: string, flags: CalcFlags): void {
  const calculator = CALCULATORS.find((c) => c.name === name);
  if (!calculator)
    throw new UsageError(`no calculator ${name}; there are ${CALCULATORS.map((c) => c.name).join(', ')}`);
  const source = flags.in ?? '(stdin)';
  let text: string;
  try {
    text = readFileSync(flags.in ?? 0, 'utf8');
  } catch (error) {
    throw new UsageError(`${source}: ${(error as Error).message}`, { cause: error });
  }
  try {
    const file = runCalculator(calculator, text);
    if (flags.out === undefined) process.stdout.write(file.text);
    else writeOutput('--out', flags.out, file.text);
    if (file.refused > 0) {
      process.stderr.write(`${file.refused} of ${file.rows} rows have no result: ${file.reasons.join('; ')}`);
      process.stderr.write(file.refused > file.reasons.length ? '; ...\n' : '\n');
    }
  } catch (error) {
    if (error instanceof CsvError) throw new UsageError(`${source}: ${error.message}`, { cause: error });
    throw error;
  }
}
