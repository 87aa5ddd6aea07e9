import { ChainReader } from './chain-reader.ts';
import type { LogFiles } from './log-files.ts';
import { segmentsOf } from './log-reader.ts';
import { readSealed } from './recover.ts';

/** When one segment begins and ends. */
export interface SegmentTimes {
  readonly segment: number;
  /** Number of its first record. */
  readonly sequence: number;
  /** Time of its first input event, epoch ms; null when its first commit has none. */
  readonly first: number | null;
  /** `receivedAt` of its last input event, epoch ms; null while it is being written, or when its end is damaged. */
  readonly last: number | null;
  /** Whether a session begins with it. */
  readonly session: boolean;
}

/** Times of a log's segments, ascending: two small reads a segment, and none for those that were sealed when last asked. */
export class LogTimes {
  private readonly files: LogFiles;
  private readonly known = new Map<number, SegmentTimes>();

  constructor(files: LogFiles) {
    this.files = files;
  }

  /** Throws `LogError` (`not-a-log`) when the directory cannot be listed. */
  async read(): Promise<SegmentTimes[]> {
    const segments = await segmentsOf(this.files);
    for (const gone of [...this.known.keys()].filter((n) => !segments.includes(n))) this.known.delete(gone);
    const all: SegmentTimes[] = [];
    for (const segment of segments) {
      const times = this.known.get(segment) ?? (await this.timesOf(segment));
      if (times === null) continue;
      if (times.last !== null) this.known.set(segment, times);
      all.push(times);
    }
    return all;
  }

  private async timesOf(segment: number): Promise<SegmentTimes | null> {
    const end = await readSealed(this.files, segment);
    for await (const item of new ChainReader(this.files, true).read(segment, true)) {
      if (item.kind !== 'records') continue;
      const input = item.records.find((r) => r.kind === 'input');
      return {
        segment,
        sequence: item.firstSequence,
        first: input?.event.at ?? null,
        last: end?.seal.lastReceivedAt ?? null,
        session: item.records[0]?.kind === 'meta',
      };
    }
    return null;
  }
}
