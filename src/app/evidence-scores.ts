import type { CreditScoreRecord, HedgeScoreRecord, ScoreRecord } from '../model/record.ts';
import type { ModelKind } from './evidence-inventory.ts';

/** What the predictions of one model at one horizon came to. */
export interface OutcomeRow {
  readonly kind: ModelKind;
  readonly model: string;
  /** `under a minute`, `minutes`, `an hour and more`. */
  readonly horizon: string;
  readonly scores: number;
  /** Of PZ; 1 is healthy. Read off a histogram of 50 bins a decade. */
  readonly median_pz: number;
  readonly p95_pz: number;
  /** Share of scores with PZ above 2. */
  readonly above_2: number;
  /** Mean share of predictions inside bid and ask; null of hedges, whose observable is a change of price. */
  readonly inside_share: number | null;
}

/** Worst PZ of one model in one stretch of time. */
export interface ScorePoint {
  readonly kind: ModelKind;
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

  /** Takes one score at `at`, epoch ms: of a batch of quotes, of every hedging model over a horizon, or of a credit curve. */
  take(record: ScoreRecord | HedgeScoreRecord | CreditScoreRecord, at: number): void {
    if (record.type === 'hedge-score')
      record.models.forEach((model, i) => {
        if (record.answered[i] > 0) this.add('hedge', model, at, record.pz[i] ?? NaN, record.horizon_s, null);
      });
    else if (record.type === 'credit-score')
      this.add('credit', `${record.model} ${record.curve}`, at, record.pz, record.age_s, record.inside_share);
    else this.add('surface', record.model, at, record.pz, record.horizon_s, record.inside_share);
  }

  /** One row a model and horizon. */
  rows(): OutcomeRow[] {
    return [...this.table].map(([key, { bins, n, above, inside }]) => {
      const [kind, model, horizon] = key.split('|');
      const [median_pz, p95_pz] = [quantile(bins, n, 0.5), quantile(bins, n, 0.95)];
      const share = Number.isNaN(inside) ? null : inside / n;
      return {
        kind: kind as ModelKind,
        model,
        horizon,
        scores: n,
        median_pz,
        p95_pz,
        above_2: above / n,
        inside_share: share,
      };
    });
  }

  /** At most 512 points a model, in order of time. */
  points(): ScorePoint[] {
    return [...this.worst].flatMap(([key, { points, stepMs }]) => {
      const [kind, model] = key.split('|');
      return [...points]
        .sort((a, b) => a[0] - b[0])
        .map(([slot, pz]) => ({ kind: kind as ModelKind, model, at: new Date(slot * stepMs).toISOString(), pz }));
    });
  }

  private add(kind: ModelKind, model: string, at: number, pz: number, seconds: number, inside: number | null): void {
    if (!(pz > 0)) return;
    const horizon = seconds < 60 ? 'under a minute' : seconds < 3_600 ? 'minutes' : 'an hour and more';
    const key = `${kind}|${model}|${horizon}`;
    const row = this.table.get(key) ?? { bins: new Uint32Array(BINS), n: 0, above: 0, inside: 0 };
    this.table.set(key, row);
    row.bins[Math.min(BINS - 1, Math.max(0, Math.floor((Math.log10(pz) - LOWEST) * PER_DECADE)))]++;
    row.n++;
    if (pz > 2) row.above++;
    row.inside += inside ?? NaN;
    this.keepWorst(`${kind}|${model}`, at, pz);
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
