import type { IncidentSpan, Scores, ScoreMark, SeriesOfScope, Threshold } from './wire.ts';

/** Points kept a series; past it the older half is thinned to every other one, so that a day stays a day. */
export const POINT_LIMIT = 4_000;
const MARK_LIMIT = 2_000;

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

  /** Takes an answer in; another underlying, model or horizon begins anew. */
  take(scores: Scores): void {
    if (scores.key !== this.key || scores.model !== this.model || scores.horizon_s !== this.horizon) {
      this.key = scores.key;
      this.model = scores.model;
      this.horizon = scores.horizon_s;
      this.tracks.series.clear();
      this.tracks.quality.clear();
      this.marks = [];
      this.incidents.clear();
    }
    for (const part of ['series', 'quality'] as const)
      for (const series of scores[part]) append(this.tracks[part], series);
    this.thresholds = scores.thresholds;
    const known = new Set(this.marks.map(markKey));
    for (const mark of scores.marks) if (!known.has(markKey(mark))) this.marks.push(mark);
    this.marks.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
    if (this.marks.length > MARK_LIMIT) this.marks = this.marks.slice(-MARK_LIMIT);
    for (const span of scores.incidents) this.incidents.set(span.id, span);
  }

  /**
   * One column of every scope on one common time axis, for a strip: `at` in s (uPlot's unit), one array a scope with
   * null where that scope has no point.
   */
  aligned(
    part: 'series' | 'quality',
    column: string,
    scale: number,
    scopes: readonly string[],
  ): { readonly at: number[]; readonly values: (number | null)[][] } {
    const times = new Set<number>();
    const tracks = scopes.map((scope) => this.tracks[part].get(scope));
    for (const track of tracks) for (const t of track?.at ?? []) times.add(t);
    const at = [...times].toSorted((a, b) => a - b);
    const place = new Map(at.map((t, i) => [t, i]));
    const values = tracks.map((track) => {
      const out = Array.from<number | null>({ length: at.length }).fill(null);
      const from = track?.columns.get(column);
      if (track !== undefined && from !== undefined)
        track.at.forEach((t, i) => {
          const v = from[i];
          out[place.get(t)!] = Number.isFinite(v) ? v * scale : null;
        });
      return out;
    });
    return { at: at.map((t) => t / 1000), values };
  }
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

/** Drops every other point of the older half; the newest stay whole. */
function thin(track: Track): void {
  const half = track.at.length >> 1;
  const stays = (_: number, i: number): boolean => i >= half || i % 2 === 0;
  const at = track.at.filter(stays);
  track.at.splice(0, track.at.length, ...at);
  for (const [name, values] of track.columns) track.columns.set(name, values.filter(stays));
}
