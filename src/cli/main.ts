import { Command, CommanderError } from 'commander';
import { VERSION } from '../app/version.ts';
import { registerDemo } from './demo.ts';
import { registerReplay } from './replay.ts';
import { registerWatch } from './watch.ts';
import { registerDoctor } from './doctor.ts';

/** Exit codes: 0 it ran, 1 it failed while running, 2 the call or a file it names is wrong, 3 a check found violations. */
export const EXIT = { ok: 0, failed: 1, usage: 2, violations: 3 } as const;

/** The command line. Sets the process's exit code and returns; data goes to stdout, progress and errors to stderr. */
export async function main(args: readonly string[]): Promise<void> {
  const program = new Command('vernier')
    .description(
      'Monitor for calibrated pricing models of crypto options: scores every model on the next observation\n' +
        'before the model sees it, names what broke, recalibrates under guard, leases trust to trading engines.',
    )
    .version(VERSION, '-V, --version')
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError('(--help lists what there is)');
  registerDemo(program);
  registerWatch(program);
  registerReplay(program);
  registerDoctor(program);
  // A reader that closes the pipe (head) ends the run, it is not an error of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** Says what went wrong in one line and gives the exit code; our own bugs keep their stack. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof Error && 'retryable' in error) {
    process.stderr.write(`vernier: ${error.message}\n`);
    return 'exitCode' in error && typeof error.exitCode === 'number' ? error.exitCode : EXIT.failed;
  }
  throw error;
}
