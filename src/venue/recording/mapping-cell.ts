import type { CellSpec, NumberCellSpec, TimeCellSpec } from './mapping.ts';
import { numberFault, numberIn } from './quote-row.ts';
import type { RowNumbers } from './quote-row.ts';
import { RecordingError } from './recording-error.ts';
import { timeReader } from './time-format.ts';

/** One row as a dialect holds it: the fields of a CSV line, or a JSON object. */
export type Row = readonly string[] | object;

/** How cells of one file are found. */
export interface RowLayout {
  readonly file: string;
  /** Accessor of a column; throws a RecordingError when a CSV has no such column. */
  column(name: string): (row: Row) => unknown;
  /** The value at a path of the JSON document; undefined when there is none. */
  document(path: string): unknown;
}

/** The fields of a CSV by header name: trimmed, `header_strip` characters removed, `Name#2` for a repeated name. */
export function csvLayout(file: string, header: readonly string[], strip: string): RowLayout {
  const positions = new Map<string, number>();
  const seen = new Map<string, number>();
  header.forEach((raw, position) => {
    const name = cleanHeader(raw, strip);
    const occurrence = (seen.get(name) ?? 0) + 1;
    seen.set(name, occurrence);
    if (occurrence === 1) positions.set(name, position);
    positions.set(`${name}#${occurrence}`, position);
  });
  return {
    file,
    column(name) {
      const position = positions.get(name);
      if (position === undefined) {
        const known = [...seen.keys()].slice(0, 60).join(', ').slice(0, 1000);
        throw new RecordingError(file, 'column-absent', `has no column "${name}"; it has: ${known}`);
      }
      return (row) => (row as readonly string[])[position];
    },
    document: () => undefined,
  };
}

/** A header name without surrounding blanks and the characters of `strip`. */
export function cleanHeader(raw: string, strip: string): string {
  let name = raw;
  for (const character of strip) name = name.replaceAll(character, '');
  return name.trim();
}

/** Members of JSON rows by key, or by dotted path when there is no such key. */
export function jsonLayout(file: string, root: unknown): RowLayout {
  return {
    file,
    column(name) {
      const path = name.split('.');
      return (row) => {
        const own = (row as Record<string, unknown>)[name];
        return own === undefined && path.length > 1 ? valueAt(row, path) : own;
      };
    },
    document: (path) => valueAt(root, path.split('.')),
  };
}

function valueAt(root: unknown, path: readonly string[]): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** A compiled cell: the value as written, null when missing. */
export type Cell = (row: Row) => unknown;

/** Spellings of a missing value: texts compared exactly, numbers by value (`0` also matches `0.0`). */
interface MissingValues {
  readonly texts: ReadonlySet<string>;
  readonly numbers: readonly number[];
}

function missingValues(values: readonly unknown[]): MissingValues {
  return {
    texts: new Set(values.filter((v) => typeof v === 'string').concat('')),
    numbers: values.filter((v) => typeof v === 'number'),
  };
}

/** Compiles a cell. `missing` are the spellings of the whole file. */
export function compileCell(spec: CellSpec, layout: RowLayout, missing: readonly unknown[]): Cell {
  const raw = sourceOf(spec, layout);
  const { texts, numbers } = missingValues([...missing, ...(spec.missing ?? [])]);
  const held: Cell = spec.inside === undefined ? raw : insideOf(raw, spec.inside);
  const inner: Cell = spec.extract === undefined ? held : extractOf(held, new RegExp(spec.extract));
  return (row) => {
    const value = inner(row);
    if (value === null || value === undefined) return null;
    if (typeof value === 'string') {
      const text = needsTrim(value) ? value.trim() : value;
      if (texts.has(text)) return null;
      return numbers.length > 0 && isMissingNumber(text, numbers) ? null : text;
    }
    return typeof value === 'number' && numbers.includes(value) ? null : value;
  };
}

function needsTrim(text: string): boolean {
  return text.charCodeAt(0) <= 32 || text.charCodeAt(text.length - 1) <= 32;
}

function isMissingNumber(text: string, numbers: readonly number[]): boolean {
  const number = numberIn(text);
  return number !== null && numbers.includes(number);
}

function sourceOf(spec: CellSpec, layout: RowLayout): Cell {
  if (spec.constant !== undefined) {
    const value = spec.constant;
    return () => value;
  }
  if (spec.document !== undefined) {
    const value = layout.document(spec.document);
    return () => value;
  }
  if (spec.file_name !== undefined) {
    const value = new RegExp(spec.file_name).exec(layout.file)?.[1];
    return () => value;
  }
  return layout.column(spec.column ?? '');
}

/** A member of a cell that holds a JSON object or a Python dict as text: `{'vega': 0.9, 'delta': None}`. */
function insideOf(cell: Cell, key: string): Cell {
  const escaped = key.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const member = new RegExp(`['"]${escaped}['"]\\s*:\\s*(?:'([^']*)'|"([^"]*)"|([^,}\\]\\s]+))`);
  return (row) => {
    const value = cell(row);
    if (typeof value === 'object' && value !== null) return valueAt(value, [key]);
    if (typeof value !== 'string') return null;
    const found = member.exec(value.slice(0, 10_000));
    const text = found?.[1] ?? found?.[2] ?? found?.[3] ?? null;
    return text === 'None' || text === 'null' ? null : text;
  };
}

function extractOf(cell: Cell, pattern: RegExp): Cell {
  return (row) => pattern.exec(spelled(cell(row)).slice(0, 1_000))?.[1] ?? null;
}

/** A compiled numeric cell: null when missing; a fault is noted in `numbers` and gives null. */
export type NumberCell = (row: Row, numbers: RowNumbers) => number | null;

const ABSENT: NumberCell = () => null;

/** Compiles a numeric cell with its scale and unit; the result lies in [least, most]. Absent spec: always null. */
export function compileNumber(
  spec: NumberCellSpec | undefined,
  field: string,
  least: number,
  most: number,
  layout: RowLayout,
  missing: readonly unknown[],
): NumberCell {
  if (spec === undefined) return ABSENT;
  const cell = compileCell(spec, layout, missing);
  const divisor = spec.unit === 'percent' ? 100 : 1;
  const scale = spec.scale ?? 1;
  const per = spec.per === undefined ? null : compileCell({ column: spec.per }, layout, missing);
  return (row, numbers) => {
    const value = cell(row);
    if (value === null) return null;
    const written = numberIn(value);
    if (written === null) return null;
    let number = (written * scale) / divisor;
    if (per !== null) number /= numberIn(per(row)) ?? NaN;
    if (number >= least && number <= most) return number + 0;
    return numbers.fail(numberFault(value, per === null ? number : written), field, value);
  };
}

/** A compiled time cell: epoch ms, null when missing; a fault is noted in `numbers` and gives null. */
export type TimeCell = (row: Row, numbers: RowNumbers) => number | null;

/** Compiles a time cell. */
export function compileTime(
  spec: TimeCellSpec,
  field: string,
  layout: RowLayout,
  missing: readonly unknown[],
): TimeCell {
  const cell = compileCell(spec, layout, missing);
  const read = timeReader(spec.format) ?? (() => null);
  const offset = spec.at === undefined ? 0 : msOfDay(spec.at);
  const others = (spec.at_where ?? []).map(({ column, matches, at }) => ({
    written: compileCell({ column }, layout, missing),
    pattern: new RegExp(matches),
    offset: msOfDay(at),
  }));
  return (row, numbers) => {
    const value = cell(row);
    if (value === null) return null;
    const at = read(value);
    if (at === null) return numbers.fail('not-a-time', field, value);
    return at + (others.find(({ written, pattern }) => pattern.test(spelled(written(row))))?.offset ?? offset);
  };
}

/** `HH:mm` in ms. */
function msOfDay(text: string): number {
  return (Number(text.slice(0, 2)) * 60 + Number(text.slice(3))) * 60_000;
}

/** A compiled choice: which of two options the cell spells, null otherwise. */
export function compileChoice<A extends string, B extends string>(
  spec: CellSpec,
  first: readonly [A, readonly unknown[]],
  second: readonly [B, readonly unknown[]],
  layout: RowLayout,
): (row: Row) => A | B | null {
  const cell = compileCell(spec, layout, []);
  const choices = new Map<string, A | B>();
  for (const value of first[1]) choices.set(spelled(value), first[0]);
  for (const value of second[1]) choices.set(spelled(value), second[0]);
  return (row) => choices.get(spelled(cell(row))) ?? null;
}

/** A cell or a value of a mapping as comparable text; empty for what is neither text, number nor truth value. */
export function spelled(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
