import type { OutputRecord } from '../model/record.ts';
import type { ExplainScope } from './explain-scope.ts';

/** One figure over time, for a picture. */
export interface Series {
  readonly name: string;
  /** Where: an expiry, a curve, an underlying. */
  readonly on: string;
  /** PZ is drawn on a logarithmic axis with 1 as health; other figures on a linear one. */
  readonly scale: 'log' | 'linear';
  /** The limit that was breached, where it is one. */
  readonly limit: number | null;
  readonly points: readonly { readonly at: string; readonly value: number }[];
}

const MAX_POINTS = 20_000;

interface BreachedLimit {
  readonly field: string;
  readonly source: string;
  readonly limit: number;
}

/** Gathers what an incident is read from: the model's errors before it saw each batch, or a figure of the book. */
export class ExplainSeries {
  private readonly about: ExplainScope;
  private readonly byPlace = new Map<string, { at: string; value: number }[]>();
  private name = 'PZ';
  private limit: BreachedLimit | null = null;
  /** Figures of the book before it is known which one was breached. */
  private readonly books: (OutputRecord & { type: 'book' })[] = [];
  private kept = 0;

  constructor(about: ExplainScope) {
    this.about = about;
  }

  /** The evidence with which the incident opened: a book's says which limit. */
  incident(evidence: Readonly<Record<string, unknown>>): void {
    const [first] = Array.isArray(evidence['limits']) ? (evidence['limits'] as BreachedLimit[]) : [];
    if (typeof first?.field === 'string') this.limit = first;
  }

  /** Takes a record of the scope; `modelOn` says which model is looked at on a place. */
  take(record: OutputRecord, modelOn: (place: string) => string): void {
    if (this.about.kind === 'book') {
      if (record.type === 'book' && this.books.length < MAX_POINTS) this.books.push(record);
      return;
    }
    if (record.type === 'score') {
      const place = `${record.venue}:${record.underlying}:${record.expiry.slice(0, 10)}`;
      if (record.model !== modelOn(place)) return;
      this.name = `PZ of ${record.model}`;
      this.add(place, record.at, record.pz);
    } else if (record.type === 'hedge-score') {
      const i = record.models.indexOf(this.about.model ?? '');
      this.name = `PZ of ${this.about.model ?? ''}`;
      if (i >= 0) this.add(record.expiry.slice(0, 10), record.at, record.pz[i]);
    } else if (record.type === 'credit-score') {
      this.name = `PZ of ${record.model}`;
      this.add(record.curve, record.at, record.pz);
    }
  }

  /** The place with the worst value; null when nothing was measured. */
  result(): Series | null {
    if (this.about.kind === 'book') return this.ofBook();
    const places = [...this.byPlace].map(([on, points]) => ({ on, points, worst: worstOf(points) }));
    const [first] = places.toSorted((a, b) => b.worst - a.worst);
    if (first === undefined) return null;
    return { name: this.name, on: first.on, scale: 'log', limit: null, points: first.points };
  }

  private ofBook(): Series | null {
    const { field = 'drift_usd', source = 'champion', limit = null } = this.limit ?? {};
    const points = this.books
      .filter((b) => b.source === source)
      .flatMap((b) => {
        const value = (b as unknown as Record<string, unknown>)[field];
        return typeof value === 'number' ? [{ at: b.at, value }] : [];
      });
    if (points.length === 0) return null;
    return { name: `${field} (${source})`, on: this.about.place, scale: 'linear', limit, points };
  }

  /** One value a batch: the shortest horizon, which comes first. */
  private add(place: string, at: string, value: number | null): void {
    if (value === null || !(value > 0) || this.kept >= MAX_POINTS) return;
    const points = this.byPlace.get(place) ?? [];
    this.byPlace.set(place, points);
    if (points.at(-1)?.at === at) return;
    points.push({ at, value });
    this.kept++;
  }
}

function worstOf(points: readonly { readonly value: number }[]): number {
  return points.reduce((worst, p) => Math.max(worst, p.value), 0);
}
