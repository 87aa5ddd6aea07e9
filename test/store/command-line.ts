/** Child of log-commands.test.ts: the three log commands alone, with the exit codes of the real command line. */
import { Command, CommanderError } from 'commander';
import { registerExport } from '../../src/cli/export.ts';
import { registerInspect } from '../../src/cli/inspect.ts';
import { registerVerify } from '../../src/cli/verify.ts';

const program = new Command('vernier').exitOverride();
for (const register of [registerInspect, registerVerify, registerExport]) register(program);
try {
  await program.parseAsync(process.argv.slice(2), { from: 'user' });
} catch (error) {
  process.exitCode = error instanceof CommanderError && error.exitCode === 0 ? 0 : 2;
  if (!(error instanceof CommanderError))
    process.stderr.write(`${(error as Error).name}: ${(error as Error).message}\n`);
}
