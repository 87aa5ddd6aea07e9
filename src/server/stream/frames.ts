import type { QuoteRows } from '../monitor-view.ts';

/** A message ready for every socket that wants it. */
export interface Frame {
  readonly bytes: Buffer;
  readonly binary: boolean;
}

/** JSON text. */
export function textFrame(message: object): Frame {
  return { bytes: Buffer.from(JSON.stringify(message), 'utf8'), binary: false };
}

/**
 * A table: uint32 length of the header, the header as JSON padded with spaces to a multiple of four, then one
 * Float32Array a column, little endian (docs/api.md).
 */
export function tableFrame(topic: string, seq: number, type: 'snapshot' | 'delta', rows: QuoteRows): Frame {
  const columns = Object.keys(rows.columns);
  const { at, layout, scopes } = rows;
  const text = JSON.stringify({ topic, seq, type, layout: layout.layout, at, rows: rows.rows, columns, scopes });
  const length = Buffer.byteLength(text);
  const padded = Math.ceil(length / 4) * 4;
  const bytes = Buffer.alloc(4 + padded + 4 * rows.rows * columns.length, 0x20);
  bytes.writeUInt32LE(padded, 0);
  bytes.write(text, 4, 'utf8');
  let offset = 4 + padded;
  for (const name of columns) {
    const column = rows.columns[name];
    for (let i = 0; i < rows.rows; i++, offset += 4) bytes.writeFloatLE(column[i], offset);
  }
  return { bytes, binary: true };
}

/** The names behind a table's rows. */
export function layoutFrame(topic: string, seq: number, rows: QuoteRows): Frame {
  const { layout, scopes, refusals, symbol, scope, side, strike, contractSize } = rows.layout;
  const data = { scopes, refusals, symbol, scope, side, strike, contract_size: contractSize };
  return textFrame({ type: 'layout', topic, seq, layout, data });
}
