/** Models side by side on the same quotes: every score compared only where all models of one field were scored. */
import type { OutputRecord, ScoreRecord } from '../model/record.ts';
import { quantile } from '../numeric/robust.ts';

/** One line of the table. */
export interface TournamentRow {
  readonly tenor: string;
  readonly horizon: string;
  readonly model: string;
  /** Batches in which every model shown was scored. */
  readonly batches: number;
  readonly medianPz: number;
  /** Mean share of predictions between bid and ask. */
  readonly insideShare: number;
  /** Mean log score, nats per quote; the higher the better. */
  readonly logScore: number;
  /** Median |b0|, volatility points. */
  readonly levelPoints: number;
  readonly medianPr: number;
  /** Share of batches in which this model had the best log score. */
  readonly wins: number;
}

const TENORS = [
  [2, '0-2 d'],
  [8, '2-8 d'],
  [31, '8-31 d'],
  [93, '31-93 d'],
  [Infinity, '93+ d'],
] as const;
const HORIZONS = [
  [30, '1 s'],
  [300, '1 min'],
  [1_800, '10 min'],
  [10_800, '1 h'],
  [Infinity, 'hours'],
] as const;
/** Newest values kept per cell. */
const MOST = 20_000;

interface Cell {
  readonly pz: number[];
  readonly level: number[];
  readonly pr: number[];
  inside: number;
  log: number;
  wins: number;
  count: number;
  levels: number;
}

/** Gathers score records; one batch of one expiry at one horizon is complete when the next one begins. */
export class Tournament {
  readonly #cells = new Map<string, Cell>();
  #batch: ScoreRecord[] = [];
  readonly #most: number;

  /** Medians are those of the newest `most` values of each cell. */
  constructor(most: number = MOST) {
    this.#most = most;
  }

  /** Takes one record; others than scores are passed over. */
  take(record: OutputRecord): void {
    if (record.type !== 'score') return;
    const first = this.#batch[0];
    if (
      first !== undefined &&
      (first.at !== record.at || first.expiry !== record.expiry || first.underlying !== record.underlying)
    )
      this.#close();
    this.#batch.push(record);
  }

  #close(): void {
    const byHorizon = new Map<string, ScoreRecord[]>();
    for (const r of this.#batch) {
      const h = labelOf(HORIZONS, r.horizon_s);
      byHorizon.set(h, [...(byHorizon.get(h) ?? []), r]);
    }
    this.#batch = [];
    for (const [horizon, records] of byHorizon) {
      const field = [...new Set(records.map((r) => r.model))].toSorted().join('+');
      if (!field.includes('+')) continue;
      const best = records.reduce((a, b) => (b.log_score > a.log_score ? b : a));
      for (const r of records) {
        const days = (Date.parse(r.expiry) - Date.parse(r.at)) / 86_400_000;
        const cell = this.#cell(`${labelOf(TENORS, days)}|${horizon}|${r.model}|${field}`);
        const place = cell.count++ % this.#most;
        cell.inside += r.inside_share;
        cell.log += r.log_score;
        if (r === best) cell.wins++;
        cell.pz[place] = r.pz;
        cell.pr[place] = r.pr;
        if (r.b0 !== null) cell.level[cell.levels++ % this.#most] = 100 * Math.abs(r.b0);
      }
    }
  }

  #cell(key: string): Cell {
    const held = this.#cells.get(key);
    if (held !== undefined) return held;
    const made: Cell = { pz: [], level: [], pr: [], inside: 0, log: 0, wins: 0, count: 0, levels: 0 };
    this.#cells.set(key, made);
    return made;
  }

  /**
   * The table, tenors and horizons ascending, the best log score of each first. Models come and go (a challenger on trial,
   * a model that is pushed): every tenor and horizon shows the field that met most often.
   */
  rows(): TournamentRow[] {
    if (this.#batch.length > 0) this.#close();
    const met = new Map<string, { readonly field: string; readonly count: number }>();
    for (const [key, { count }] of this.#cells) {
      const [tenor, horizon, , field] = key.split('|');
      if (count > (met.get(`${tenor}|${horizon}`)?.count ?? 0)) met.set(`${tenor}|${horizon}`, { field, count });
    }
    const shown = [...this.#cells].filter(([key]) => {
      const [tenor, horizon, , field] = key.split('|');
      return met.get(`${tenor}|${horizon}`)?.field === field;
    });
    const rows = shown.map(([key, c]): TournamentRow => {
      const [tenor, horizon, model] = key.split('|');
      return {
        tenor,
        horizon,
        model,
        batches: c.count,
        medianPz: quantile(c.pz, 0.5),
        insideShare: c.inside / c.count,
        logScore: c.log / c.count,
        levelPoints: quantile(c.level, 0.5),
        medianPr: quantile(c.pr, 0.5),
        wins: c.wins / c.count,
      };
    });
    const order = (list: readonly (readonly [number, string])[], label: string): number =>
      list.findIndex(([, l]) => l === label);
    return rows.toSorted(
      (a, b) =>
        order(TENORS, a.tenor) - order(TENORS, b.tenor) ||
        order(HORIZONS, a.horizon) - order(HORIZONS, b.horizon) ||
        b.logScore - a.logScore,
    );
  }
}

/** Underlyings kept; scores of further ones are left out. */
const MOST_UNDERLYINGS = 500;

/** One {@link Tournament} an underlying (`venue:underlying`), in the order of their first score. */
export class Tournaments {
  readonly #tables = new Map<string, Tournament>();
  readonly #most: number;

  /** Medians are those of the newest `most` values of each cell. */
  constructor(most: number = MOST) {
    this.#most = most;
  }

  /** Takes one record; others than scores are passed over. */
  take(record: OutputRecord): void {
    if (record.type !== 'score') return;
    const key = `${record.venue}:${record.underlying}`;
    let table = this.#tables.get(key);
    if (table === undefined) {
      if (this.#tables.size >= MOST_UNDERLYINGS) return;
      table = new Tournament(this.#most);
      this.#tables.set(key, table);
    }
    table.take(record);
  }

  /** The table of an underlying; undefined before its first score. */
  table(key: string): Tournament | undefined {
    return this.#tables.get(key);
  }

  /** Keys and tables. */
  entries(): Iterable<[string, Tournament]> {
    return this.#tables.entries();
  }
}

function labelOf(classes: readonly (readonly [number, string])[], value: number): string {
  return classes.find(([end]) => value < end)?.[1] ?? classes[classes.length - 1][1];
}
