import type { ScoreRecord } from '../model/record.ts';

/** What the predictions of one model at one horizon came to. */
export interface OutcomeRow {
  readonly model: string;
  /** `under a minute`, `minutes`, `an hour and more`. */
  readonly horizon: string;
  readonly scores: number;
  /** Of PZ; 1 is healthy. Read off a histogram of 50 bins a decade. */
  readonly median_pz: number;
  readonly p95_pz: number;
  /** Share of scores with PZ above 2. */
  readonly above_2: number;
  /** Mean share of predictions inside bid and ask. */
  readonly inside_share: number;
}

/** Worst PZ of one model in one stretch of time. */
export interface ScorePoint {
  readonly model: string;
  readonly at: string;
  readonly pz: number;
}

const BINS = 300;
const PER_DECADE = 50;
const LOWEST = -3;
const MAX_POINTS = 512;

/** Counts scores into histograms and keeps the worst of each stretch of time. Memory does not grow with the log. */
export class ScoreTable {
  private readonly table = new Map<string, { bins: Uint32Array; n: number; above: number; inside: number }>();
  private readonly worst = new Map<string, { stepMs: number; points: Map<number, number> }>();

  /** Takes one score at `at`, epoch ms. */
  take(record: ScoreRecord, at: number): void {
    const { model, pz } = record;
    if (!(pz > 0)) return;
    const horizon =
      record.horizon_s < 60 ? 'under a minute' : record.horizon_s < 3_600 ? 'minutes' : 'an hour and more';
    const key = `${model}|${horizon}`;
    const row = this.table.get(key) ?? { bins: new Uint32Array(BINS), n: 0, above: 0, inside: 0 };
    this.table.set(key, row);
    row.bins[Math.min(BINS - 1, Math.max(0, Math.floor((Math.log10(pz) - LOWEST) * PER_DECADE)))]++;
    row.n++;
    if (pz > 2) row.above++;
    row.inside += record.inside_share;
    this.keepWorst(model, at, pz);
  }

  /** One row a model and horizon. */
  rows(): OutcomeRow[] {
    return [...this.table].map(([key, { bins, n, above, inside }]) => {
      const [model, horizon] = key.split('|');
      const [median_pz, p95_pz] = [quantile(bins, n, 0.5), quantile(bins, n, 0.95)];
      return { model, horizon, scores: n, median_pz, p95_pz, above_2: above / n, inside_share: inside / n };
    });
  }

  /** At most 512 points a model, in order of time. */
  points(): ScorePoint[] {
    return [...this.worst].flatMap(([model, { points, stepMs }]) =>
      [...points]
        .sort((a, b) => a[0] - b[0])
        .map(([slot, pz]) => ({ model, at: new Date(slot * stepMs).toISOString(), pz })),
    );
  }

  private keepWorst(model: string, at: number, pz: number): void {
    const series = this.worst.get(model) ?? { stepMs: 1_000, points: new Map<number, number>() };
    this.worst.set(model, series);
    const slot = Math.floor(at / series.stepMs);
    series.points.set(slot, Math.max(series.points.get(slot) ?? 0, pz));
    if (series.points.size <= MAX_POINTS) return;
    // Too fine for so long a span: two stretches become one.
    series.stepMs *= 2;
    const merged = new Map<number, number>();
    for (const [s, v] of series.points) merged.set(Math.floor(s / 2), Math.max(merged.get(Math.floor(s / 2)) ?? 0, v));
    series.points.clear();
    for (const [s, v] of merged) series.points.set(s, v);
  }
}

function quantile(bins: Uint32Array, n: number, p: number): number {
  let seen = 0;
  for (let i = 0; i < BINS; i++) {
    seen += bins[i];
    if (seen >= p * n) return Number((10 ** (LOWEST + (i + 0.5) / PER_DECADE)).toPrecision(3));
  }
  return NaN;
}
