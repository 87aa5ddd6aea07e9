import type { EngineConfig } from '../../engine/config.ts';
import type { OutputRecord } from '../../model/record.ts';
import { canonicalJson } from '../../store/canonical-json.ts';
import { nodeFiles } from '../../store/log-files.ts';
import { LogTimes, type SegmentTimes } from '../../store/log-times.ts';
import { readSaid } from '../../store/said-reader.ts';
import { segmentName } from '../../store/segment.ts';
import type { RecordHistory } from '../view/record-history.ts';

/** Bytes of log that one look back reads at most; market data is passed over, a second or two. */
export const MOST_BYTES = 1_000_000_000;

/** What a look back came to. */
export interface Recalled {
  /** Everything said since then was read, epoch ms; `Infinity` = nothing is there. */
  readonly since: number;
  /** Newest record, epoch ms; NaN = none. */
  readonly until: number;
  /** Stretches of the log, oldest first, epoch ms: one a session. */
  readonly sessions: readonly { readonly first: number; readonly last: number }[];
  /** Parts that could not be read. */
  readonly holes: number;
}

/**
 * Feeds what a log said between two times (epoch ms) to a history: output records, acknowledgements, ends of runs. What
 * lies outside is fed too where it shares a segment. The oldest segments beyond `most` bytes are left out. Throws
 * `LogError` when the directory cannot be read.
 */
export async function recall(
  directory: string,
  from: number,
  to: number,
  history: RecordHistory,
  most: number = MOST_BYTES,
): Promise<Recalled> {
  const files = nodeFiles(directory);
  const times = await new LogTimes(files).read();
  const wanted = times.filter(
    (t, i) => (times[i + 1]?.first ?? t.last ?? Infinity) >= from && (t.first ?? -Infinity) <= to,
  );
  let bytes = 0;
  let kept = wanted.length;
  for (; kept > 0; kept--) {
    const file = await files.open(segmentName(wanted[kept - 1].segment), 'read');
    bytes += await file.size();
    await file.close();
    if (bytes > most) break;
  }
  const read = wanted.slice(kept);
  let configuration: string | null = null;
  let until = NaN;
  let holes = 0;
  for await (const said of readSaid(
    files,
    read.map((t) => t.segment),
  )) {
    if (said.kind === 'hole') holes++;
    else if (said.kind === 'session') {
      const text = canonicalJson(said.configuration);
      // Another configuration begins with an engine that knows of no incident.
      if (configuration !== null && text !== configuration) history.incidents.end(until);
      configuration = text;
      history.begin(said.configuration as unknown as EngineConfig);
    } else if (said.kind === 'output') {
      const record = said.record as unknown as OutputRecord & { at?: string };
      history.onRecord(record);
      const at = Date.parse(record.at ?? '');
      if (!(at <= until) && Number.isFinite(at)) until = at;
    } else if (said.event.type === 'operator') history.onOperator(said.event);
  }
  const since =
    read.length === 0
      ? Infinity
      : kept === 0 && wanted.length === times.length
        ? -Infinity
        : (read[0].first ?? Infinity);
  return { since, until, sessions: sessionsOf(times), holes };
}

/** Stretches between a session's beginning and its end. */
export function sessionsOf(times: readonly SegmentTimes[]): { first: number; last: number }[] {
  const sessions: { first: number; last: number }[] = [];
  for (const t of times) {
    const now = sessions[sessions.length - 1];
    const last = t.last ?? t.first;
    if (t.first === null || last === null) continue;
    if (t.session || now === undefined) sessions.push({ first: t.first, last });
    else now.last = last;
  }
  return sessions;
}

/** The newest stretch that a monitor takes up when it starts, ms of the market's time, and bytes. */
const RECENT_MS = 86_400_000;
const RECENT_BYTES = 500_000_000;

/** Feeds the last day of a log to a history; null where there is no log yet. */
export async function recallRecent(directory: string, history: RecordHistory): Promise<Recalled | null> {
  try {
    const times = await new LogTimes(nodeFiles(directory)).read();
    const newest = Math.max(...times.map((t) => t.last ?? t.first ?? -Infinity));
    return times.length === 0 ? null : await recall(directory, newest - RECENT_MS, Infinity, history, RECENT_BYTES);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'not-a-log') return null;
    throw error;
  }
}
