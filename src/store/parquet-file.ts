import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { zstdCompressSync } from 'node:zlib';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';

/** Parquet types that the export uses; `TIMESTAMP` is epoch ms UTC. */
export type ColumnType = 'DOUBLE' | 'STRING' | 'BOOLEAN' | 'TIMESTAMP' | 'INT64';
/** One column of an exported file. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
}
/** A value as the writer takes it: times as Date, INT64 as bigint. */
export type Cell = number | string | boolean | bigint | Date | null;

const ROWS_PER_GROUP = 65536;
type Schema = ConstructorParameters<typeof ParquetWriter>[0]['schema'];

const ELEMENT = {
  DOUBLE: { type: 'DOUBLE' },
  STRING: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  BOOLEAN: { type: 'BOOLEAN' },
  TIMESTAMP: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
  INT64: { type: 'INT64' },
} as const;

/** A ZSTD Parquet file written row group by row group; it appears under its name only when whole. */
export class ParquetFile {
  rows = 0;
  private readonly path: string;
  private readonly columns: readonly Column[];
  private readonly writer: ParquetWriter;
  private cells: Cell[][];

  constructor(path: string, columns: readonly Column[]) {
    this.path = path;
    this.columns = columns;
    this.cells = columns.map(() => []);
    this.writer = new ParquetWriter({
      writer: fileWriter(`${path}.tmp`),
      schema: schemaOf(columns),
      codec: 'ZSTD',
      compressors: { ZSTD: (bytes: Uint8Array) => zstdCompressSync(bytes) },
      createdBy: 'vernier',
    });
  }

  /** One value per column, in their order. */
  add(row: readonly Cell[]): void {
    for (let i = 0; i < row.length; i++) this.cells[i].push(row[i]);
    this.rows++;
    if (this.cells[0].length >= ROWS_PER_GROUP) this.flush();
  }

  /** Writes what is left and the footer, and gives the file its name. */
  finish(): void {
    if (this.cells[0].length > 0) this.flush();
    // Nothing to wait for: `fileWriter` writes synchronously.
    void this.writer.finish();
    const handle = openSync(`${this.path}.tmp`, 'r+');
    fsyncSync(handle);
    closeSync(handle);
    renameSync(`${this.path}.tmp`, this.path);
  }

  /** Leaves nothing behind. */
  abandon(): void {
    rmSync(`${this.path}.tmp`, { force: true });
  }

  private flush(): void {
    const columnData = this.columns.map(({ name }, i) => ({ name, data: this.cells[i] }));
    void this.writer.write({ columnData, rowGroupSize: ROWS_PER_GROUP });
    this.cells = this.columns.map(() => []);
  }
}

function schemaOf(columns: readonly Column[]): Schema {
  const leaves = columns.map(({ name, type, nullable }) => ({
    name,
    ...ELEMENT[type],
    repetition_type: nullable ? 'OPTIONAL' : 'REQUIRED',
  }));
  return [{ name: 'root', num_children: columns.length }, ...leaves] as Schema;
}
