import type { Table } from './table.ts';
import type { Maybe } from './wire.ts';

/** One model in one tenor at one horizon, scored on the same quotes as those beside it. */
export interface TournamentRow {
  readonly tenor: string;
  readonly horizon: string;
  readonly model: string;
  readonly batches: number;
  readonly log_score: number;
  readonly wins: number;
  readonly median_pz: Maybe;
  readonly inside_share: number;
  readonly level_points: Maybe;
  readonly median_pr: Maybe;
}

/** Horizons there are rows of, shortest first as they come. */
export const horizonsOf = (rows: readonly TournamentRow[]): string[] => [...new Set(rows.map((r) => r.horizon))];

/** Rows of one horizon (of all when it is empty): tenors ascending, the best log score of each first. */
export function tournamentTable(rows: readonly TournamentRow[], horizon: string): Table {
  return {
    caption: 'Models side by side on the same quotes; what was predicted before each batch, judged by it',
    columns: [
      { name: 'tenor' },
      { name: 'horizon' },
      { name: 'model' },
      { name: 'log score', unit: 'nats a quote', decimals: 3 },
      { name: 'wins', unit: '%', decimals: 0 },
      { name: 'PZ', unit: 'sd', decimals: 2 },
      { name: 'inside', unit: '%', decimals: 0 },
      { name: 'level', unit: 'vol points', decimals: 2 },
      { name: 'PR', unit: 'sd', decimals: 2 },
      { name: 'batches', decimals: 0 },
    ],
    rows: rows
      .filter((r) => horizon === '' || r.horizon === horizon)
      .map((r) => [
        r.tenor,
        r.horizon,
        r.model,
        r.log_score,
        100 * r.wins,
        r.median_pz,
        100 * r.inside_share,
        r.level_points,
        r.median_pr,
        r.batches,
      ]),
  };
}
