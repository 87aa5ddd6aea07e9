import type { Command } from 'commander';
import { Tournament } from '../app/tournament.ts';
import { shownTournament } from '../app/tournament-desk.ts';
import type { OutputRecord } from '../model/record.ts';
import { readRecords } from '../store/log-reader.ts';
import { logDirectory } from './log-directory.ts';

/** `vernier tournament LOG` */
export function registerTournament(program: Command): void {
  program
    .command('tournament')
    .description('models side by side on the same quotes: a table by tenor and horizon')
    .argument('<log>', 'directory of a session log')
    .option('--json', 'one JSON object a row')
    .action(async (log: string, flags: { json?: boolean }) => {
      const tournament = new Tournament();
      for await (const item of readRecords(await logDirectory(log)))
        if (item.kind === 'record' && item.record.kind === 'output')
          tournament.take(item.record.record as unknown as OutputRecord);
      if (flags.json === true) {
        for (const row of shownTournament(tournament))
          process.stdout.write(`${JSON.stringify({ type: 'tournament', ...row })}\n`);
        return;
      }
      const rows = tournament.rows();
      const cells = rows.map((r) => [
        r.tenor,
        r.horizon,
        r.model,
        `${r.batches}`,
        r.logScore.toFixed(3),
        `${(100 * r.wins).toFixed(0)} %`,
        r.medianPz.toFixed(2),
        `${(100 * r.insideShare).toFixed(0)} %`,
        r.levelPoints.toFixed(2),
        r.medianPr.toFixed(2),
      ]);
      const head = ['tenor', 'horizon', 'model', 'batches', 'log score', 'wins', 'PZ', 'inside', '|b0| pts', 'PR'];
      const width = head.map((h, i) => Math.max(h.length, ...cells.map((c) => c[i].length)));
      for (const line of [head, ...cells])
        process.stdout.write(`${line.map((c, i) => (i < 3 ? c.padEnd(width[i]) : c.padStart(width[i]))).join('  ')}\n`);
    });
}
