/** The tournament of every underlying as its records come, for whoever asks while it runs. */
import type { EngineState } from '../engine/state.ts';
import type { OutputRecord } from '../model/record.ts';
import type { TournamentSource } from '../server/tournament-room.ts';
import type { TournamentShown } from '../server/wire/tournament.ts';
import { Tournaments, type Tournament } from './tournament.ts';

/** Newest values that a median is taken over. */
const NEWEST = 500;

/** Keeps one {@link Tournament} an underlying. */
export class TournamentDesk implements TournamentSource {
  private readonly state: () => EngineState | null;
  private readonly tables = new Tournaments(NEWEST);

  constructor(state: () => EngineState | null) {
    this.state = state;
  }

  /** Takes every record that the engine says. */
  onRecord(record: OutputRecord): void {
    this.tables.take(record);
  }

  /** The table of an underlying, as {@link Tournament.rows} orders it; empty before two models have met. */
  tournament(key: string): readonly TournamentShown[] | null {
    const table = this.tables.table(key);
    if (table === undefined) return this.state()?.underlyings.has(key) === true ? [] : null;
    return shownTournament(table);
  }
}

/** The rows of a table as they are told over HTTP and by `--json`. */
export function shownTournament(table: Tournament): TournamentShown[] {
  const finite = (v: number): number | null => (Number.isFinite(v) ? v : null);
  return table.rows().map((r) => ({
    tenor: r.tenor,
    horizon: r.horizon,
    model: r.model,
    batches: r.batches,
    log_score: r.logScore,
    wins: r.wins,
    median_pz: finite(r.medianPz),
    inside_share: r.insideShare,
    level_points: finite(r.levelPoints),
    median_pr: finite(r.medianPr),
  }));
}
