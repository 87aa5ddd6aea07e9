import type { MonitorView, QuoteReader } from '../monitor-view.ts';
import type { OutputRecord } from '../../model/record.ts';
import type { Incident, Scores } from '../wire/watch.ts';
import { layoutFrame, tableFrame, textFrame, type Frame } from './frames.ts';

/** Something that can be subscribed to: what it is now, and what changed since it was last asked. */
export interface TopicSource {
  /** Asked at most this often, ms. */
  readonly everyMs: number;
  /** The whole, as of the sequence number it continues from. */
  snapshot(topic: string, seq: number): Frame[];
  /** The change, under the next sequence number; empty when nothing changed. */
  delta(topic: string, seq: number): Frame[];
  end(): void;
}

const INCIDENTS = 100;
/** Records and incidents kept between two ticks. */
const WAITING = 1_000;

/** One JSON value, told whole whenever it differs. */
function valueSource(everyMs: number, read: () => unknown): TopicSource {
  let last = '';
  const frame = (type: string, topic: string, seq: number, data: unknown): Frame[] => [
    textFrame({ type, topic, seq, data }),
  ];
  return {
    everyMs,
    snapshot: (topic, seq) => frame('snapshot', topic, seq, read()),
    delta: (topic, seq) => {
      const data = read();
      const text = JSON.stringify(data);
      if (text === last) return [];
      last = text;
      return frame('delta', topic, seq, data);
    },
    end: () => undefined,
  };
}

/** A list of things with a key, of which the changed ones are told whole. */
function listSource<T>(
  everyMs: number,
  listName: 'items' | 'expiries',
  read: () => readonly T[],
  keyOf: (item: T) => string,
  version: () => string = () => '',
): TopicSource {
  let last = new Map<string, string>();
  let seen = '\u0000';
  return {
    everyMs,
    snapshot: (topic, seq) => [textFrame({ type: 'snapshot', topic, seq, data: { [listName]: read() } })],
    delta: (topic, seq) => {
      const now = version();
      if (now !== '' && now === seen) return [];
      seen = now;
      const items = read();
      const texts = new Map(items.map((item) => [keyOf(item), JSON.stringify(item)]));
      const changed = items.filter((item) => last.get(keyOf(item)) !== texts.get(keyOf(item)));
      last = texts;
      return changed.length === 0 ? [] : [textFrame({ type: 'delta', topic, seq, data: { [listName]: changed } })];
    },
    end: () => undefined,
  };
}

function recordSource(view: MonitorView): TopicSource {
  let waiting: OutputRecord[] = [];
  const stop = view.listen({
    onRecord: (record) => {
      if (record.type !== 'incident' && waiting.length < WAITING) waiting.push(record);
    },
    onIncident: () => undefined,
  });
  return {
    everyMs: 100,
    snapshot: (topic, seq) => [textFrame({ type: 'snapshot', topic, seq, data: { items: [] } })],
    delta: (topic, seq) => {
      if (waiting.length === 0) return [];
      const items = waiting;
      waiting = [];
      return [textFrame({ type: 'delta', topic, seq, data: { items } })];
    },
    end: stop,
  };
}

function incidentSource(view: MonitorView): TopicSource {
  const waiting = new Map<string, Incident>();
  const stop = view.listen({
    onRecord: () => undefined,
    onIncident: (incident) => {
      waiting.set(incident.id, incident);
      if (waiting.size > WAITING) for (const oldest of waiting.keys()) if (waiting.delete(oldest)) break;
    },
  });
  return {
    everyMs: 100,
    snapshot: (topic, seq) => [
      textFrame({ type: 'snapshot', topic, seq, data: { items: view.incidents().slice(0, INCIDENTS) } }),
    ],
    delta: (topic, seq) => {
      if (waiting.size === 0) return [];
      const items = [...waiting.values()];
      waiting.clear();
      return [textFrame({ type: 'delta', topic, seq, data: { items } })];
    },
    end: stop,
  };
}

function quoteSource(reader: QuoteReader): TopicSource {
  let told = -1;
  return {
    everyMs: 100,
    snapshot: (topic, seq) => {
      const rows = reader.all();
      return [layoutFrame(topic, seq, rows), tableFrame(topic, seq, 'snapshot', rows)];
    },
    delta: (topic, seq) => {
      const rows = reader.changed();
      if (rows === null) return [];
      const frame = tableFrame(topic, seq, 'delta', rows);
      if (rows.layout.layout === told) return [frame];
      told = rows.layout.layout;
      return [layoutFrame(topic, seq, rows), frame];
    },
    end: () => undefined,
  };
}

const SNAPSHOT_POINTS = 200;

/** Prints as they come; the newest kept ones first. */
function tradeSource(key: string, view: MonitorView): TopicSource {
  // What a snapshot holds and what deltas bring must meet: the snapshot ends where the deltas are.
  let { next } = view.trades(key, 0);
  const frame = (type: string, topic: string, seq: number, items: readonly unknown[]): Frame[] => [
    textFrame({ type, topic, seq, data: { items } }),
  ];
  return {
    everyMs: 100,
    snapshot: (topic, seq) => {
      const late = view.trades(key, next).items.length;
      const { items } = view.trades(key, 0);
      return frame('snapshot', topic, seq, items.slice(0, items.length - late));
    },
    delta: (topic, seq) => {
      const found = view.trades(key, next);
      next = found.next;
      return found.items.length === 0 ? [] : frame('delta', topic, seq, found.items);
    },
    end: () => undefined,
  };
}

/** Scores and data metrics of the serving models as they come: a stretch, then only what is new. */
function scoreSource(key: string, view: MonitorView): TopicSource {
  const read = (from: number, maxPoints: number): Scores | null =>
    view.scores(key, { scope: null, model: null, horizonSeconds: null, from, to: Infinity, maxPoints });
  const newest = (series: Scores['series'] | Scores['quality'] = []): number =>
    Math.max(...series.flatMap((s) => s.at));
  // Metrics are there at once, scores when they are durable: each goes on from its own newest time.
  const known = read(-Infinity, SNAPSHOT_POINTS);
  const told = { series: newest(known?.series), quality: newest(known?.quality) };
  const part = (data: Scores, keep: (at: number, told: number) => boolean): Scores => ({
    ...data,
    series: data.series.map((s) => rowsOf(s, (at) => keep(at, told.series))),
    quality: data.quality.map((s) => rowsOf(s, (at) => keep(at, told.quality))),
  });
  return {
    everyMs: 1_000,
    snapshot: (topic, seq) => {
      const data = read(-Infinity, SNAPSHOT_POINTS);
      const shown = data === null ? null : part(data, (at, last) => at <= last);
      return [textFrame({ type: 'snapshot', topic, seq, data: shown })];
    },
    delta: (topic, seq) => {
      const data = read(Math.min(told.series, told.quality), SNAPSHOT_POINTS);
      if (data === null) return [];
      const fresh = part(data, (at, last) => at > last);
      const last = { series: newest(fresh.series), quality: newest(fresh.quality) };
      if (last.series === -Infinity && last.quality === -Infinity) return [];
      told.series = Math.max(told.series, last.series);
      told.quality = Math.max(told.quality, last.quality);
      return [textFrame({ type: 'delta', topic, seq, data: fresh })];
    },
    end: () => undefined,
  };
}

/** The rows of parallel columns whose time is wanted. */
function rowsOf<T extends { readonly at: readonly number[] }>(series: T, wanted: (at: number) => boolean): T {
  const rows = series.at.flatMap((at, i) => (wanted(at) ? [i] : []));
  if (rows.length === series.at.length) return series;
  const columns = Object.entries(series).map(([name, v]): [string, unknown] => [
    name,
    Array.isArray(v) ? rows.map((i) => v[i] as unknown) : v,
  ]);
  return Object.fromEntries(columns) as T;
}

/** The source of a topic; null for a name that is none. */
export function topicSource(name: string, view: MonitorView, health: () => unknown): TopicSource | null {
  switch (name) {
    case 'status':
      return valueSource(250, () => view.status());
    case 'underlyings':
      return listSource(500, 'items', () => view.underlyings(), (u) => u.key); // prettier-ignore
    case 'incidents':
      return incidentSource(view);
    case 'records':
      return recordSource(view);
    case 'health':
      return valueSource(1_000, () => ({ health: health(), feeds: view.feeds() }));
    case 'replay':
      return valueSource(100, () => view.replay?.state() ?? null);
    default:
      break;
  }
  const colon = name.indexOf(':');
  const [kind, key] = [name.slice(0, colon), name.slice(colon + 1)];
  if (kind === 'quotes') {
    const reader = view.quoteReader(key);
    return reader === null ? null : quoteSource(reader);
  }
  if (view.quoteReader(key) === null) return null;
  if (kind === 'trades') return tradeSource(key, view);
  if (kind === 'scores') return scoreSource(key, view);
  if (kind !== 'curves') return null;
  return listSource(500, 'expiries', () => view.curves(key), (e) => e.scope, () => view.curvesVersion(key)); // prettier-ignore
}
