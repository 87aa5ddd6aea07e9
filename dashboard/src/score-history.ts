import type { IncidentSpan, Scores, ScoreMark, SeriesOfScope, Threshold } from './wire.ts';

/** Points kept a series; past it the older half is thinned to every other one, so that a day stays a day. */
export const POINT_LIMIT = 2_000;
const MARK_LIMIT = 2_000;
const SPAN_LIMIT = 1_000;
/** Scopes come and go with their expiries. */
const SCOPE_LIMIT = 200;
/** Columns of a strip: more than it has pixels show nothing and cost every redraw. */
export const STRIP_COLUMNS = 800;

/** One scope's columns over time, growing at the end. */
export interface Track {
  readonly at: number[];
  readonly columns: Map<string, number[]>;
}

/** Scores of one underlying as the page holds them: asked for once in full, then only what is new. */
export class ScoreHistory {
  key = '';
  model = '';
  horizon: number | null = null;
  readonly tracks = { series: new Map<string, Track>(), quality: new Map<string, Track>() };
  thresholds: readonly Threshold[] = [];
  marks: ScoreMark[] = [];
  incidents = new Map<string, IncidentSpan>();

  /** Epoch ms of the newest score; NaN of none. */
  get newest(): number {
    return this.span('series')[1];
  }

  /** Epoch ms of the first and the last point of all strips, so that they share one time axis; NaN of none. */
  get extent(): [number, number] {
    const [a, b] = this.span('series');
    const [c, d] = this.span('quality');
    return [least(a, c), -least(-b, -d)];
  }

  private span(part: 'series' | 'quality'): [number, number] {
    let oldest = NaN;
    let newest = NaN;
    for (const { at } of this.tracks[part].values()) {
      if (at.length === 0) continue;
      oldest = least(oldest, at[0]);
      newest = -least(-newest, -at[at.length - 1]);
    }
    return [oldest, newest];
  }

  /** The recorded moment before (or after) a time, epoch ms; null when there is none. */
  momentBeside(at: number, step: 1 | -1): number | null {
    let best: number | null = null;
    for (const track of this.tracks.series.values())
      for (const t of track.at) {
        if (step < 0 ? t < at && (best === null || t > best) : t > at && (best === null || t < best)) best = t;
      }
    return best;
  }

  /** Forgets everything. */
  clear(): void {
    this.key = '';
    this.tracks.series.clear();
    this.tracks.quality.clear();
    this.marks = [];
    this.incidents.clear();
  }

  /** Takes an answer in; another underlying, model or horizon begins anew. */
  take(scores: Scores): void {
    if (scores.key !== this.key || scores.model !== this.model || scores.horizon_s !== this.horizon) {
      this.clear();
      this.key = scores.key;
      this.model = scores.model;
      this.horizon = scores.horizon_s;
    }
    for (const part of ['series', 'quality'] as const)
      for (const series of scores[part]) append(this.tracks[part], series);
    this.thresholds = scores.thresholds;
    const known = new Set(this.marks.map(markKey));
    for (const mark of scores.marks) if (!known.has(markKey(mark))) this.marks.push(mark);
    this.marks.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
    if (this.marks.length > MARK_LIMIT) this.marks = this.marks.slice(-MARK_LIMIT);
    for (const span of scores.incidents) this.incidents.set(span.id, span);
    bound(this.incidents, SPAN_LIMIT);
    for (const part of ['series', 'quality'] as const) bound(this.tracks[part], SCOPE_LIMIT);
  }

  /**
   * One column of every scope on one common time axis, for a strip: `at` in s (uPlot's unit), one array a scope with
   * null where that scope has no point. More moments than a strip has pixels are gathered, and of each scope the worst
   * value stands for those gathered: `low` says that less is worse. `window`: epoch ms.
   */
  aligned(
    part: 'series' | 'quality',
    { column, scale, worse = 'far' }: { readonly column: string; readonly scale: number; readonly worse?: Worse },
    scopes: readonly string[],
    window: readonly [number, number] = [-Infinity, Infinity],
  ): { readonly at: number[]; readonly values: (number | null)[][] } {
    const tracks = scopes.map((scope) => this.tracks[part].get(scope));
    const times = new Set<number>();
    for (const track of tracks) for (const t of track?.at ?? []) if (t >= window[0] && t <= window[1]) times.add(t);
    const at = gathered(times);
    const values = tracks.map((track) => {
      const out = Array.from<number | null>({ length: at.length }).fill(null);
      const from = track?.columns.get(column);
      if (track === undefined || from === undefined) return out;
      let place = 0;
      track.at.forEach((t, i) => {
        if (t < window[0] || t > window[1] || !Number.isFinite(from[i])) return;
        while (place < at.length - 1 && at[place + 1] <= t) place++;
        const v = from[i] * scale;
        const held = out[place];
        if (held === null || (worse === 'low' ? v < held : Math.abs(v) > Math.abs(held))) out[place] = v;
      });
      return out;
    });
    return { at: at.map((t) => t / 1000), values };
  }
}

/** Which of two values of a score is the worse: the one farther from zero, or the lower. */
export type Worse = 'far' | 'low';

/** The moments in order; where there are too many, the first of each of {@link STRIP_COLUMNS} equal stretches. */
function gathered(times: ReadonlySet<number>): number[] {
  const all = [...times].toSorted((a, b) => a - b);
  if (all.length <= STRIP_COLUMNS) return all;
  const [first, last] = [all[0], all[all.length - 1]];
  const stretch = (t: number): number => Math.floor((STRIP_COLUMNS * (t - first)) / (last - first + 1));
  return all.filter((t, i) => i === 0 || stretch(t) !== stretch(all[i - 1]));
}

/** The lesser of two numbers that may not be there. */
const least = (a: number, b: number): number => (Number.isNaN(a) || b < a ? b : a);
const markKey = (m: ScoreMark): string => `${m.at}|${m.scope}|${m.type}|${m.label}`;

function append(tracks: Map<string, Track>, series: SeriesOfScope): void {
  const track = tracks.get(series.scope) ?? { at: [], columns: new Map<string, number[]>() };
  tracks.set(series.scope, track);
  const last = track.at[track.at.length - 1] ?? -Infinity;
  const names = Object.keys(series).filter((n) => n !== 'scope' && n !== 'at');
  for (const name of names)
    if (!track.columns.has(name))
      track.columns.set(
        name,
        Array.from({ length: track.at.length }, () => NaN),
      );
  series.at.forEach((t, i) => {
    if (t <= last) return;
    track.at.push(t);
    for (const [name, values] of track.columns) {
      const from = series[name];
      values.push(Array.isArray(from) ? ((from[i] as number | null | undefined) ?? NaN) : NaN);
    }
  });
  if (track.at.length > POINT_LIMIT) thin(track);
}

/** Halves the older half: of each two points the one with the larger PZ (or first column) stays, so that no peak is lost. */
function thin(track: Track): void {
  const half = track.at.length >> 1;
  const judged = track.columns.get('pz') ?? [...track.columns.values()][0] ?? [];
  const stays = (_: number, i: number): boolean => {
    if (i >= half) return true;
    const other = i ^ 1;
    return other >= half || judged[i] > judged[other] || (!(judged[other] > judged[i]) && i < other);
  };
  const at = track.at.filter(stays);
  track.at.splice(0, track.at.length, ...at);
  for (const [name, values] of track.columns) track.columns.set(name, values.filter(stays));
}

/** Lets the oldest go. */
function bound(map: Map<string, unknown>, most: number): void {
  for (const oldest of map.keys()) {
    if (map.size <= most) return;
    map.delete(oldest);
  }
}
