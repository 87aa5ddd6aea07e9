import type { Command } from 'commander';
import { defaultDataDirectory } from '../app/directories.ts';
import { examine } from '../app/doctor.ts';

/** `vernier doctor` */
export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check environment, disk, clock and numerics; exit 3 when something failed')
    .option('--data-dir <dir>', 'data directory to check (default: XDG data directory)')
    .option('--json', 'one JSON object a line')
    .action((flags: { dataDir?: string; json?: boolean }) => {
      const findings = examine(flags.dataDir ?? defaultDataDirectory());
      for (const f of findings)
        process.stdout.write(
          flags.json === true
            ? `${JSON.stringify({ type: 'finding', ...f })}\n`
            : `${f.state.padEnd(8)} ${f.check.padEnd(20)} ${f.detail}\n`,
        );
      if (findings.some((f) => f.state === 'failed')) process.exitCode = 3;
    });
}
