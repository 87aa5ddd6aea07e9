import type { Command } from 'commander';
import { Tournaments, type TournamentRow } from '../app/tournament.ts';
import { shownTournament } from '../app/tournament-desk.ts';
import type { OutputRecord } from '../model/record.ts';
import { readRecords } from '../store/log-reader.ts';
import { logDirectory } from './log-directory.ts';

/** `vernier tournament LOG` */
export function registerTournament(program: Command): void {
  program
    .command('tournament')
    .description('models side by side on the same quotes: a table by tenor and horizon for each underlying')
    .argument('<log>', 'directory of a session log')
    .option('--json', 'one JSON object a row')
    .action(async (log: string, flags: { json?: boolean }) => {
      const tournaments = new Tournaments();
      for await (const item of readRecords(await logDirectory(log)))
        if (item.kind === 'record' && item.record.kind === 'output')
          tournaments.take(item.record.record as unknown as OutputRecord);
      const tables = [...tournaments.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1));
      const lines = tables.flatMap(([key, table], i) =>
        flags.json === true
          ? shownTournament(table).map((row) => JSON.stringify({ type: 'tournament', underlying: key, ...row }))
          : [...(i === 0 ? [] : ['']), key, ...tableLines(table.rows())],
      );
      for (const line of lines) process.stdout.write(`${line}\n`);
    });
}

function tableLines(rows: readonly TournamentRow[]): string[] {
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
  return [head, ...cells].map((line) =>
    line.map((c, i) => (i < 3 ? c.padEnd(width[i]) : c.padStart(width[i]))).join('  '),
  );
}
