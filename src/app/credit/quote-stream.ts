/** A file of credit quotes over time as events, and the terms of the curves they belong to. */
import { open, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { CreditQuoteEvent, CreditTermsEvent, MarketEvent, RefusedEvent } from '../../market/event.ts';
import { readSettings } from '../checked-yaml.ts';
import { cellText, CsvError, parseCell, splitCells } from '../csv.ts';

const discount = z
  .strictObject({
    years: z.array(z.number().positive()).min(1).max(512),
    rates: z.array(z.number().min(-1).max(1)).min(1).max(512),
  })
  .refine((d) => d.years.length === d.rates.length, 'needs as many rates as years')
  .refine((d) => d.years.every((t, i) => i === 0 || t > d.years[i - 1]), 'needs ascending years');

/** A terms file: what each curve of a quote stream is, and the discount curves they name. Rates and recoveries are decimals. */
export const creditTermsFile = z.strictObject({
  source: z.string().regex(/^[a-z][\w-]{0,31}$/).default('desk'),
  discount: z.record(z.string(), discount),
  curves: z.record(
    z.string().regex(/^[A-Za-z0-9][\w.-]{0,63}$/),
    z.strictObject({
      event_definition: z.string().min(1).max(200),
      recovery: z.number().min(0).lt(1),
      roll: z.enum(['2009', '2015']).default('2015'),
      accrual: z.enum(['isda', 'markit', 'correct']).default('isda'),
      discount: z.string(),
    }),
  ),
}); // prettier-ignore
/** What a terms file holds. */
export type CreditTermsFile = z.output<typeof creditTermsFile>;

/** Reads a terms file; throws a SettingsError that names line and column. */
export function readCreditTerms(path: string): CreditTermsFile {
  return readSettings(path, creditTermsFile);
}

/** Columns of a quote stream that must be there; `coupon`, `recovery` and `contributor` may be. */
export const STREAM_COLUMNS = ['at', 'curve', 'node', 'quote_type', 'bid', 'ask'] as const;

/** What is read, and whether to go on when the file ends. */
export interface QuoteStreamOptions {
  readonly path: string;
  readonly terms: CreditTermsFile;
  /** Waits for what is appended, with the machine's clock between. */
  readonly follow: boolean;
  readonly stopped: () => boolean;
  /** Share of the file read so far. */
  readonly onProgress?: (fraction: number) => void;
}

const CHUNK = 1 << 18;
const LONGEST_LINE = 4_096;
const LOOK_MS = 500;
/** After the last quote time passes so long, that the last update closes. */
const AFTER_MS = 10_000;

/**
 * The events of a CSV of quotes (`docs/credit.md`), in batches: the terms of a curve before its first quote, a `refused`
 * event for every row that cannot be used. Throws {@link CsvError} when the header lacks a column.
 */
export async function* readQuoteStream(options: QuoteStreamOptions): AsyncGenerator<readonly MarketEvent[]> {
  const file = await open(options.path, 'r');
  try {
    yield* readRows(file, options);
  } finally {
    await file.close();
  }
}

async function* readRows(file: FileHandle, options: QuoteStreamOptions): AsyncGenerator<readonly MarketEvent[]> {
  const { size } = await file.stat();
  const buffer = Buffer.alloc(CHUNK);
  const decoder = new TextDecoder();
  let reader: RowReader | null = null;
  let [rest, at, line] = ['', 0, 0];
  for (;;) {
    if (options.stopped()) return;
    const { bytesRead } = await file.read(buffer, 0, CHUNK, at);
    at += bytesRead;
    if (bytesRead === 0 && !options.follow && rest !== '') rest += '\n';
    else if (bytesRead === 0 && options.follow) {
      const now = Date.now();
      yield [{ type: 'timer', at: now, receivedAt: now }];
      await sleep(LOOK_MS);
      continue;
    } else if (bytesRead === 0) break;
    rest += decoder.decode(buffer.subarray(0, bytesRead), { stream: true });
    // A CR at the end may be half of a CRLF.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST_LINE)
      throw new CsvError(`line ${line + lines.length + 1} is longer than ${LONGEST_LINE}`);
    const events: MarketEvent[] = [];
    for (const text of lines) {
      line++;
      if (text.trim() === '' || text.startsWith('#')) continue;
      if (reader === null) reader = new RowReader(splitCells(text, line).map(cellText), options.terms);
      else events.push(...reader.read(text, line));
    }
    if (events.length > 0) yield events;
    options.onProgress?.(Math.min(1, at / Math.max(1, size)));
  }
  const last = (reader?.lastAt ?? NaN) + AFTER_MS;
  if (Number.isFinite(last)) yield [{ type: 'timer', at: last, receivedAt: last }];
}

/** Turns rows into events; remembers which terms have been stated and how far time has come. */
class RowReader {
  lastAt = NaN;
  private readonly columns: Map<string, number>;
  private readonly terms: CreditTermsFile;
  private readonly stated = new Set<string>();
  private readonly waiting: RefusedEvent[] = [];

  constructor(header: readonly string[], terms: CreditTermsFile) {
    this.columns = new Map(header.map((name, i) => [name.trim(), i]));
    const missing = STREAM_COLUMNS.filter((c) => !this.columns.has(c));
    if (missing.length > 0)
      throw new CsvError(`column ${missing.join(', ')} is missing; the file has ${header.join(',')}`);
    this.terms = terms;
  }

  read(text: string, line: number): MarketEvent[] {
    let cells: readonly string[];
    try {
      cells = splitCells(text, line);
    } catch (error) {
      if (!(error instanceof CsvError)) throw error;
      return this.refused('row', text, 'credit-row-unreadable');
    }
    const cell = (name: string): string => cellText(cells[this.columns.get(name) ?? -1] ?? '').trim();
    const refuse = (field: string, reason: string): MarketEvent[] => this.refused(field, cell(field), reason);
    const at = instant(cell('at'));
    if (!Number.isFinite(at)) return refuse('at', 'credit-time');
    if (at < this.lastAt) return refuse('at', 'time-backwards');
    const curve = cell('curve');
    const terms = Object.hasOwn(this.terms.curves, curve) ? this.terms.curves[curve] : undefined;
    if (terms === undefined) return refuse('curve', 'credit-unknown-curve');
    const quoteType = cell('quote_type');
    if (quoteType !== 'par' && quoteType !== 'quoted' && quoteType !== 'upfront')
      return refuse('quote_type', 'credit-quote-type');
    const numbers: Record<string, number | null> = {};
    for (const name of ['bid', 'ask', 'coupon', 'recovery']) {
      const value = cell(name) === '' ? null : parseCell(cell(name));
      if (value !== null && !Number.isFinite(value)) return refuse(name, 'credit-number');
      // A written -0 is 0: the log holds no other zero.
      numbers[name] = value === null ? null : value + 0;
    }
    if (cell('node') === '') return refuse('node', 'credit-node');
    if (quoteType === 'upfront' && numbers['coupon'] === null) return refuse('coupon', 'credit-number');
    this.lastAt = at;
    const quote: CreditQuoteEvent = {
      type: 'credit-quote',
      at,
      receivedAt: at,
      venue: this.terms.source,
      curve,
      contributor: cell('contributor') || 'only',
      node: cell('node'),
      quoteType,
      bid: numbers['bid'],
      ask: numbers['ask'],
      coupon: numbers['coupon'] ?? DEFAULT_COUPON,
      recovery: numbers['recovery'],
    };
    const before = this.waiting.splice(0).map((e) => ({ ...e, at, receivedAt: at }));
    if (this.stated.has(curve)) return [...before, quote];
    this.stated.add(curve);
    const { years, rates } = this.terms.discount[terms.discount] ?? { years: [], rates: [] };
    const first: CreditTermsEvent = {
      type: 'credit-terms',
      at,
      receivedAt: at,
      venue: this.terms.source,
      curve,
      eventDefinition: terms.event_definition,
      recovery: terms.recovery,
      accrual: terms.accrual,
      roll: terms.roll,
      discountYears: years,
      discountRates: rates,
    };
    return [...before, first, quote];
  }

  /** A refusal has the time of the row before it; one before the first good row waits for that. */
  private refused(field: string, value: string, reason: string): MarketEvent[] {
    const at = this.lastAt;
    const event: RefusedEvent = {
      type: 'refused',
      at,
      receivedAt: at,
      venue: this.terms.source,
      reason,
      field,
      value: value.slice(0, 64),
    };
    if (Number.isFinite(at)) return [event];
    if (this.waiting.length < MOST_WAITING) this.waiting.push(event);
    return [];
  }
}

/** Unusable rows before the first good one that are told; more are cut. */
const MOST_WAITING = 1_000;

/** Standard coupon of investment grade: what a spread is quoted beside when the file does not say, decimal. */
const DEFAULT_COUPON = 0.01;

/** ISO-8601 with a zone, a plain UTC date, or epoch ms. */
function instant(text: string): number {
  if (/^\d{12,13}$/.test(text)) return Number(text);
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return Date.parse(`${text}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : NaN;
}
