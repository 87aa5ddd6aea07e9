/** The numbers behind a picture: every chart has one, on the page and as CSV. */
export interface Table {
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

export interface Column {
  readonly name: string;
  /** vol, USD, s: written in the head, so that cells stay numbers. */
  readonly unit?: string;
  readonly decimals?: number;
}

export type Cell = string | number | null;
export type Row = readonly Cell[];

/**
 * RFC 4180 with full precision. A text that a spreadsheet would run as a formula is disarmed by an apostrophe; numbers
 * stay numbers, negative ones too.
 */
export function toCsv(table: Table): string {
  const head = table.columns.map((c) => field(c.unit === undefined ? c.name : `${c.name} [${c.unit}]`));
  const lines = table.rows.map((row) => row.map(field).join(','));
  return `${[head.join(','), ...lines].join('\r\n')}\r\n`;
}

function field(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : '';
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** vernier-btc-27-mar-26-smile.csv: what the picture is and when it was. */
export function fileName(title: string, at: string | number | null, ending: 'csv' | 'png'): string {
  const ms = at === null ? NaN : new Date(at).getTime();
  const when = Number.isFinite(ms) ? `-${new Date(ms).toISOString().slice(0, 19).replace(/[:T]/g, '')}` : '';
  return `vernier-${title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')}${when}.${ending}`;
}
