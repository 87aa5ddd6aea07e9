import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { makeDirectory } from './make-directory.ts';
import { join } from 'node:path';
import { ChainReader } from './chain-reader.ts';
import { COLUMNS, outputRow, quoteRow, timeOf, tradeRow, type TableName } from './export-columns.ts';
import { fileFailure } from './log-error.ts';
import type { LogFiles } from './log-files.ts';
import type { DamageItem } from './log-item.ts';
import { segmentsOf } from './log-reader.ts';
import { ParquetFile, type Cell } from './parquet-file.ts';
import type { LogRecord } from './record-codec.ts';
import { readSealed } from './recover.ts';
import { segmentName } from './segment.ts';

/** A segment spreads over few days and venues; more open files than this mean times that are not times. */
const MOST_FILES = 256;
const TABLES = ['quotes', 'trades', 'outputs'] as const;

/** What an export did. */
export interface ExportReport {
  readonly type: 'export';
  readonly segments_exported: number;
  /** Exported by an earlier run: sealed segments never change. */
  readonly segments_skipped: number;
  /** The last one, when it is still being written. */
  readonly segments_open: number;
  readonly files: number;
  readonly rows: Readonly<Record<TableName, number>>;
  /** Damage met on the way: what was readable was exported. */
  readonly damage: readonly DamageItem[];
}

/**
 * Writes sealed segments as Parquet: `<table>/venue=<venue>/date=<UTC day>/part-<segment>.parquet`, outputs as
 * `outputs/date=<UTC day>/...`. A segment that an earlier export finished is skipped. Throws `LogError`.
 */
export async function exportLog(
  files: LogFiles,
  out: string,
  onProgress: (segment: number, of: number) => void = () => undefined,
): Promise<ExportReport> {
  const segments = await segmentsOf(files);
  const rows = { quotes: 0, trades: 0, outputs: 0 };
  const damage: DamageItem[] = [];
  const done = { exported: 0, skipped: 0, open: 0, files: 0 };
  try {
    makeDirectory(out);
    for (const [i, segment] of segments.entries()) {
      onProgress(i + 1, segments.length);
      const seal = (await readSealed(files, segment))?.seal.seal ?? null;
      if (seal === null && i === segments.length - 1) done.open++;
      else if (seal !== null && exportedBefore(out, segment) === seal) done.skipped++;
      else {
        const parts = await exportSegment(files, out, segment, damage);
        for (const table of TABLES) rows[table] += parts.rows[table];
        done.files += parts.files;
        done.exported++;
        if (seal !== null) writeFileSync(join(out, markName(segment)), seal);
      }
    }
  } catch (cause) {
    throw fileFailure('exporting the log', cause);
  }
  return {
    type: 'export',
    segments_exported: done.exported,
    segments_skipped: done.skipped,
    segments_open: done.open,
    files: done.files,
    rows,
    damage,
  };
}

/** Each segment carries the names it needs, so each is read by itself. */
async function exportSegment(files: LogFiles, out: string, segment: number, damage: DamageItem[]): Promise<Parts> {
  const parts = new Parts(out, segment);
  const reader = new ChainReader(files, true);
  try {
    for await (const item of reader.read(segment, false)) {
      if (item.kind === 'damage') damage.push(item);
      else if (item.kind === 'records') item.records.forEach((record, k) => parts.add(record, item.firstSequence + k));
    }
    damage.push(...reader.finish());
    parts.finish();
    return parts;
  } catch (error) {
    parts.abandon();
    throw error;
  }
}

/** Says which segment, by its seal, was exported under this number: another log's segment is exported anew. */
function markName(segment: number): string {
  return segmentName(segment).replace(/vlog$/, 'exported');
}

function exportedBefore(out: string, segment: number): string | null {
  const mark = join(out, markName(segment));
  return existsSync(mark) ? readFileSync(mark, 'utf8') : null;
}

/** The files that one segment goes to. */
class Parts {
  readonly rows: Record<TableName, number> = { quotes: 0, trades: 0, outputs: 0 };
  private readonly open = new Map<string, ParquetFile>();
  private readonly out: string;
  private readonly name: string;

  constructor(out: string, segment: number) {
    this.out = out;
    this.name = segmentName(segment).replace(/^segment-(.*)vlog$/, 'part-$1parquet');
  }

  get files(): number {
    return this.open.size;
  }

  add(record: LogRecord, sequence: number): void {
    if (record.kind === 'output') {
      this.row('outputs', null, timeOf(record.record['at']), outputRow(record.record, sequence));
    } else if (record.kind === 'input') {
      const { event } = record;
      if (event.type === 'quote') this.row('quotes', event.venue, event.at, quoteRow(event, sequence));
      else if (event.type === 'trade') this.row('trades', event.venue, event.at, tradeRow(event, sequence));
    }
  }

  private row(table: TableName, venue: string | null, at: number | null, cells: Cell[]): void {
    const day = timeOf(at) === null ? 'unknown' : new Date(at!).toISOString().slice(0, -14);
    const known = this.open.get(folderOf(table, venue, day));
    const file = known ?? this.create(table, folderOf(table, venue, this.open.size < MOST_FILES ? day : 'unknown'));
    file.add(cells);
    this.rows[table]++;
  }

  private create(table: TableName, folder: string): ParquetFile {
    const known = this.open.get(folder);
    if (known !== undefined) return known;
    makeDirectory(join(this.out, folder));
    const file = new ParquetFile(join(this.out, folder, this.name), COLUMNS[table]);
    this.open.set(folder, file);
    return file;
  }

  finish(): void {
    for (const file of this.open.values()) file.finish();
  }

  abandon(): void {
    for (const file of this.open.values()) file.abandon();
  }
}

function folderOf(table: TableName, venue: string | null, day: string): string {
  return venue === null ? `${table}/date=${day}` : `${table}/venue=${encodeURIComponent(venue)}/date=${day}`;
}
