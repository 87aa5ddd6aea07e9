import { Command, CommanderError } from 'commander';
import { VERSION } from '../app/version.ts';

/** Exit codes: 0 it ran, 1 it failed while running, 2 the call or a file it names is wrong, 3 a check found violations. */
export const EXIT = { ok: 0, failed: 1, usage: 2, violations: 3 } as const;

type Register = (program: Command) => void;

/** Commands in the order of `--help`; each is loaded only when it is asked for, so that a start stays quick. */
const COMMANDS: Readonly<Record<string, () => Promise<Register>>> = {
  demo: async () => (await import('./demo.ts')).registerDemo,
  watch: async () => (await import('./watch.ts')).registerWatch,
  replay: async () => (await import('./replay.ts')).registerReplay,
  calibrate: async () => (await import('./calibrate.ts')).registerCalibrate,
  portfolio: async () => (await import('./portfolio.ts')).registerPortfolio,
  'explain-pnl': async () => (await import('./explain-pnl.ts')).registerExplainPnl,
  credit: async () => (await import('./credit.ts')).registerCredit,
  hedge: async () => (await import('./hedge.ts')).registerHedge,
  calc: async () => (await import('./calc.ts')).registerCalc,
  explain: async () => (await import('./explain.ts')).registerExplain,
  verdict: async () => (await import('./verdict.ts')).registerVerdict,
  report: async () => (await import('./report.ts')).registerReport,
  inspect: async () => (await import('./inspect.ts')).registerInspect,
  verify: async () => (await import('./verify.ts')).registerVerify,
  export: async () => (await import('./export.ts')).registerExport,
  tournament: async () => (await import('./tournament.ts')).registerTournament,
  rules: async () => (await import('./rules.ts')).registerRules,
  bench: async () => (await import('./bench.ts')).registerBench,
  doctor: async () => (await import('./doctor.ts')).registerDoctor,
};

/** The command line. Sets the process's exit code and returns; data goes to stdout, progress and errors to stderr. */
export async function main(args: readonly string[]): Promise<void> {
  const program = new Command('vernier')
    .description(
      'Monitor for calibrated pricing models of crypto options: scores every model on the next observation ' +
        'before the model sees it, names what broke, recalibrates under guard, leases trust to trading engines.',
    )
    .version(VERSION, '-V, --version')
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError('(--help lists what there is)');
  const wanted = COMMANDS[args[0] ?? ''];
  for (const load of wanted === undefined ? Object.values(COMMANDS) : [wanted]) (await load())(program);
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
