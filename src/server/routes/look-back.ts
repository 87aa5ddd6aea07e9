import type { MonitorView, NotRetained, PastView, ScoresWanted } from '../monitor-view.ts';
import { Problem } from '../problem.ts';
import type { Incident, IncidentWithPictures, Scores } from '../wire/watch.ts';

/** Memory thins what is old: a kept moment this much before the one asked for is not it, ms. */
const NEAR_MS = 60_000;

/**
 * A moment from memory where memory has it, else from the log. `asOf` null = now. Throws {@link Problem} 404 with what there
 * is instead, 503 when too many look back at once.
 */
export async function asItWas<T extends { readonly at: string }>(
  view: MonitorView,
  key: string,
  asOf: number | null,
  remembered: () => T | NotRetained | null,
  recorded: (past: PastView, at: number) => Promise<T | NotRetained | null>,
): Promise<T> {
  const found = remembered();
  const { past } = view;
  if (asOf === null || past === null) {
    if (found === null) throw unknown(key);
    return or(found);
  }
  // What is not watched any more may have been.
  const kept = found === null || 'notRetained' in found ? null : found;
  const refused = found !== null && 'notRetained' in found ? found : null;
  if (kept !== null && asOf - Date.parse(kept.at) <= NEAR_MS) return kept;
  if (refused !== null && refused.when !== 'past') throw problemOf(refused);
  const remade = await recorded(past, asOf);
  if (kept !== null && (remade === null || 'notRetained' in remade)) return kept;
  if (remade === null) throw unknown(key);
  return or(remade);
}

/** Scores between two times: from the log where they begin before memory does; data metrics only as far as memory has them. */
export async function scoresBetween(view: MonitorView, key: string, wanted: ScoresWanted): Promise<Scores> {
  const found = view.scores(key, wanted);
  if (found === null) throw unknown(key);
  if (view.past === null || !Number.isFinite(wanted.from) || wanted.from >= view.since('records')) return found;
  const recorded = or(await view.past.scores(key, { ...wanted, model: wanted.model ?? found.model }));
  return { ...recorded, quality: found.quality };
}

/** Incidents that were open between two times, newest first, from the log where that begins before memory does. */
export async function incidentsBetween(view: MonitorView, from: number, to: number): Promise<Incident[]> {
  const kept = view
    .incidents()
    .filter((i) => Date.parse(i.opened) <= to && (i.resolved === null || Date.parse(i.resolved) >= from));
  if (view.past === null || !Number.isFinite(from) || from >= view.since('records')) return kept;
  const known = new Map(kept.map((i) => [i.id, i]));
  const recorded = or(await view.past.incidents(from, to)).filter((i) => !known.has(i.id));
  return [...kept, ...recorded].sort((a, b) => Date.parse(b.opened) - Date.parse(a.opened));
}

/** One incident with its pictures: what memory has lost of it comes from the log. */
export async function incidentNamed(view: MonitorView, id: string): Promise<IncidentWithPictures> {
  const { past } = view;
  const found = view.incident(id) ?? (past === null ? null : or(await past.incident(id)));
  if (found === null) throw new Problem(404, `${id}: no such incident`);
  if (found.pictures.length > 0 || past === null) return found;
  const opened = Date.parse(found.opened);
  // In memory and younger than its pictures there: none could be taken.
  if (opened >= view.since('pictures')) return found;
  const times = found.resolved === null ? [opened] : [opened, Date.parse(found.resolved)];
  const pictures = await past.pictures(found.scope, times);
  return 'notRetained' in pictures ? found : { ...found, pictures };
}

const unknown = (key: string): Problem => new Problem(404, `${key}: no such thing is watched`);

function or<T>(found: T | NotRetained): T {
  if (typeof found === 'object' && found !== null && 'notRetained' in found) throw problemOf(found);
  return found;
}

const problemOf = ({ when, detail }: NotRetained): Problem => new Problem(when === 'busy' ? 503 : 404, detail);
