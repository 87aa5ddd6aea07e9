import { metricOf } from '../../engine/read-signs.ts';
import type { ExpiryState } from '../../engine/state.ts';
import type { ScoreRecord } from '../../model/record.ts';
import type { ScoresWanted } from '../../server/monitor-view.ts';
import type { Scores } from '../../server/wire/watch.ts';
import { NumberHistory } from './number-history.ts';

const SCORE_COLUMNS = ['n', 'pz', 'level', 'skew', 'curvature', 'pr', 'inside_share', 'age_s'] as const;
/** Names on the wire and the data metrics behind them. */
const QUALITY = {
  half_spread: 'half_spread_vol',
  parity_gap: 'parity_gap_bp',
  two_sided: 'two_sided_count',
  unchanged_share: 'unchanged_share',
  silent_share: 'silent_share',
} as const;
const QUALITY_COLUMNS = Object.keys(QUALITY) as (keyof typeof QUALITY)[];
/** Rows kept per series. */
const ROWS = 2_048;
/** Bound on series: scopes come and go with their expiries, the oldest goes first. */
const SERIES = 512;
const PZ = SCORE_COLUMNS.indexOf('pz');
/** The shortest horizon at which a batch could be scored, whatever it was. */
const SHORTEST = 0;

/** Scores per scope, model and horizon, and the data metrics beside them, over time. */
export class ScoreHistory {
  private readonly horizons: readonly number[];
  private readonly series = new Map<string, NumberHistory>();
  private readonly quality = new Map<string, NumberHistory>();

  /** `horizons`: the configured ones, s, ascending. */
  constructor(horizons: readonly number[]) {
    this.horizons = horizons;
  }

  /** Takes a score of `scope`. The first one of an instant is its shortest horizon. */
  add(scope: string, record: ScoreRecord): void {
    const at = Date.parse(record.at);
    const none = (v: number | null): number => v ?? NaN;
    const row = [
      record.n,
      record.pz,
      none(record.b0),
      none(record.b1),
      none(record.b2),
      record.pr,
      record.inside_share,
      record.age_s,
    ];
    const shortest = this.seriesOf(scope, record.model, SHORTEST);
    if (!(shortest.last >= at)) shortest.add(at, row);
    const horizon = this.horizons.findLast((h) => h <= record.horizon_s);
    if (horizon !== undefined) this.seriesOf(scope, record.model, horizon).add(at, row);
  }

  /** Takes the data metrics of an expiry as its last close left them, at most every `everyMs`. */
  observe(expiry: ExpiryState, everyMs: number): void {
    const at = expiry.closedAt;
    const history = bounded(this.quality, expiry.key, () => new NumberHistory(QUALITY_COLUMNS, ROWS));
    if (!Number.isFinite(at) || at - history.last < Math.max(everyMs, 1)) return;
    history.add(
      at,
      QUALITY_COLUMNS.map((name) => metricOf(expiry, QUALITY[name])),
    );
  }

  /** Scopes of an underlying of which there are scores or metrics. */
  scopesOf(key: string): string[] {
    const all = [...this.quality.keys(), ...Array.from(this.series.keys(), (name) => name.slice(0, name.indexOf('|')))];
    return [...new Set(all)].filter((scope) => scope.startsWith(`${key}:`)).sort();
  }

  /** Newest value of a score at the shortest horizon; null before the first. */
  newest(scope: string, model: string, name: (typeof SCORE_COLUMNS)[number]): number | null {
    return this.series.get(`${scope}|${model}|${SHORTEST}`)?.newest(name) ?? null;
  }

  /** The series of the given scopes, each of the model named beside it. */
  read(
    shown: readonly { readonly scope: string; readonly model: string }[],
    wanted: ScoresWanted,
  ): Pick<Scores, 'series' | 'quality'> {
    const horizon = wanted.horizonSeconds ?? SHORTEST;
    const { from, to, maxPoints } = wanted;
    const series: Scores['series'] = [];
    const quality: Scores['quality'] = [];
    for (const { scope, model } of shown) {
      const scores = this.series.get(`${scope}|${model}|${horizon}`);
      if (scores !== undefined) {
        const { at, columns } = scores.read(from, to, maxPoints, PZ);
        series.push({ scope, model, at, ...byName(SCORE_COLUMNS, columns) });
      }
      const data = this.quality.get(scope);
      if (data === undefined) continue;
      const { at, columns } = data.read(from, to, maxPoints, 0);
      quality.push({ scope, at, ...byName(QUALITY_COLUMNS, columns) });
    }
    return { series, quality };
  }

  /** Epoch ms of the oldest and newest score; null when there is none. */
  get range(): { from: number; to: number } | null {
    let [from, to] = [Infinity, -Infinity];
    for (const s of this.series.values()) {
      if (s.length === 0) continue;
      from = Math.min(from, s.first);
      to = Math.max(to, s.last);
    }
    return from <= to ? { from, to } : null;
  }

  private seriesOf(scope: string, model: string, horizon: number): NumberHistory {
    return bounded(this.series, `${scope}|${model}|${horizon}`, () => new NumberHistory(SCORE_COLUMNS, ROWS));
  }
}

function bounded(map: Map<string, NumberHistory>, key: string, make: () => NumberHistory): NumberHistory {
  const found = map.get(key);
  if (found !== undefined) return found;
  if (map.size >= SERIES) for (const oldest of map.keys()) if (map.delete(oldest)) break;
  const made = make();
  map.set(key, made);
  return made;
}

function byName<N extends string>(
  names: readonly N[],
  columns: readonly (number | null)[][],
): Record<N, (number | null)[]> {
  return Object.fromEntries(names.map((name, i) => [name, columns[i]])) as Record<N, (number | null)[]>;
}
