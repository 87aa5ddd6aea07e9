import { z } from 'zod';
import { TIME_FORMATS, compileTimePattern } from './time-format.ts';

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const scalars = z.union([z.array(scalar).max(50), scalar.transform((one) => [one])]);
const columnName = z.string().min(1).max(200);

const sourceFields = {
  /** Column name (`Size#2` = its second occurrence), or for JSON a dotted path inside the row. */
  column: columnName.optional(),
  /** Dotted path from the root of a JSON document. */
  document: columnName.optional(),
  /** The same value for every row. */
  constant: z.union([z.string(), z.number()]).optional(),
  /** Regular expression over the file's base name; its first group is the value. */
  file_name: z
    .string()
    .max(200)
    .refine(isExpression, 'is not a regular expression')
    .refine((text) => /\((?!\?[:=!<])/.test(text), 'needs a group ( ) around the value')
    .optional(),
  /** Key inside a cell that holds a JSON object or a Python dict as text. */
  inside: columnName.optional(),
  /** Regular expression over the cell's text; its first group is the value, no match is nothing. */
  extract: z
    .string()
    .max(200)
    .refine(isExpression, 'is not a regular expression')
    .refine((text) => /\((?!\?[:=!<])/.test(text), 'needs a group ( ) around the value')
    .optional(),
  /** Spellings of a missing value in this column, beside those of the file. */
  missing: scalars.optional(),
};
const ONE_SOURCE = 'needs exactly one of: column, document, constant, file_name';

function isExpression(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

function hasOneSource(spec: {
  column?: unknown;
  document?: unknown;
  constant?: unknown;
  file_name?: unknown;
}): boolean {
  const sources = [spec.column, spec.document, spec.constant, spec.file_name];
  return sources.filter((source) => source !== undefined).length === 1;
}

/** Where a cell comes from (exactly one of column, document, constant, file_name) and what means "missing" in it. */
export interface CellSpec {
  readonly column?: string | undefined;
  readonly document?: string | undefined;
  readonly constant?: string | number | undefined;
  readonly file_name?: string | undefined;
  readonly inside?: string | undefined;
  readonly extract?: string | undefined;
  readonly missing?: readonly (string | number | boolean | null)[] | undefined;
}

/** A numeric cell: its source, multiplier, divisor column and unit. */
export interface NumberCellSpec extends CellSpec {
  readonly scale?: number | undefined;
  readonly per?: string | undefined;
  readonly unit?: 'premium' | 'usd' | 'fraction' | 'percent' | undefined;
}

/** A column name alone stands for a cell with nothing else to say. */
const shorthand = columnName.transform((column): CellSpec => ({ column }));
/** A text cell. */
const textCell = z.union([shorthand, z.strictObject(sourceFields).refine(hasOneSource, ONE_SOURCE)]);

const numberFields = {
  ...sourceFields,
  /** Multiplier applied to the number as written. */
  scale: z
    .number()
    .refine((scale) => scale !== 0, 'must not be 0')
    .optional(),
  /** Column to divide by (notional per amount is a price). */
  per: columnName.optional(),
};
const numberCell = z.union([shorthand, z.strictObject(numberFields).refine(hasOneSource, ONE_SOURCE)]);
const priceCell = z.union([
  shorthand,
  z.strictObject({ ...numberFields, unit: z.enum(['premium', 'usd']).optional() }).refine(hasOneSource, ONE_SOURCE),
]);
const volatilityCell = z.union([
  shorthand,
  z
    .strictObject({ ...numberFields, unit: z.enum(['fraction', 'percent']).optional() })
    .refine(hasOneSource, ONE_SOURCE),
]);

const format = z
  .string()
  .max(60)
  .refine(
    (text) => (TIME_FORMATS as readonly string[]).includes(text) || compileTimePattern(text) !== null,
    `is neither ${TIME_FORMATS.join(', ')} nor a pattern with year, month and day such as yyyy-MM-dd HH:mm`,
  );
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'is not HH:mm');
const timeFields = { ...sourceFields, format, /** UTC time of day added to a date. */ at: timeOfDay.optional() };
const timeCell = z.strictObject(timeFields).refine(hasOneSource, ONE_SOURCE);
/** Rows whose column matches the expression have another time of day; the first that matches decides. */
const timeOfRows = z.strictObject({
  column: columnName,
  matches: z.string().max(200).refine(isExpression, 'is not a regular expression'),
  at: timeOfDay,
});
/** An expiry: one listing may hold options of one day that settle at different hours. */
const expiryCell = z
  .strictObject({ ...timeFields, at_where: z.array(timeOfRows).min(1).max(20).optional() })
  .refine(hasOneSource, ONE_SOURCE);

const sideCell = z.strictObject({ ...sourceFields, call: scalars, put: scalars }).refine(hasOneSource, ONE_SOURCE);

const where = z.strictObject({ column: columnName, equals: scalars });

const instrument = z
  .strictObject({
    symbol: textCell.optional(),
    underlying: textCell.optional(),
    underlying_case: z.enum(['upper', 'lower', 'as-is']).optional(),
    expiry: expiryCell.optional(),
    strike: numberCell.optional(),
    side: sideCell.optional(),
    settlement: z.enum(['inverse', 'linear']).optional(),
    premium_currency: z.string().min(1).max(12).optional(),
    tick: z.number().positive().optional(),
    contract_size: z.number().positive().optional(),
  })
  .refine((spec) => {
    const parts = [spec.underlying, spec.expiry, spec.strike, spec.side].filter((part) => part !== undefined).length;
    return parts === 4 || (parts === 0 && spec.symbol !== undefined);
  }, 'needs symbol (a Deribit-style name), or all of underlying, expiry, strike, side')
  .refine((spec) => spec.expiry?.at_where === undefined || spec.symbol !== undefined, {
    message: 'needs symbol: the names that are composed do not tell hours apart',
    path: ['expiry', 'at_where'],
  });

const quote = z.strictObject({
  where: where.optional(),
  bid: priceCell.optional(),
  ask: priceCell.optional(),
  bid_size: numberCell.optional(),
  ask_size: numberCell.optional(),
  mark: priceCell.optional(),
  mark_iv: volatilityCell.optional(),
  forward: numberCell.optional(),
  forward_name: textCell.optional(),
  index: numberCell.optional(),
  delta: numberCell.optional(),
  vega: numberCell.optional(),
  open_interest: numberCell.optional(),
});

const trade = z.strictObject({
  where: where.optional(),
  id: textCell,
  price: priceCell,
  amount: numberCell,
  direction: z.strictObject({ ...sourceFields, buy: scalars, sell: scalars }).refine(hasOneSource, ONE_SOURCE),
  iv: volatilityCell.optional(),
  mark: priceCell.optional(),
  index: numberCell.optional(),
});

const future = z.strictObject({
  where: where.optional(),
  symbol: textCell.optional(),
  underlying: textCell,
  /** Absent, or missing in a row: a perpetual. */
  expiry: timeCell.optional(),
  bid: numberCell.optional(),
  ask: numberCell.optional(),
  mark: numberCell.optional(),
  funding_8h: numberCell.optional(),
});

const index = z.strictObject({
  where: where.optional(),
  underlying: textCell,
  name: textCell.optional(),
  price: numberCell.optional(),
  /** Bid and ask of a spot market whose middle stands for the index. */
  bid: numberCell.optional(),
  ask: numberCell.optional(),
});

/** What a mapping file says: how the rows of somebody's recorder become market events. */
export const mappingSchema = z
  .strictObject({
    name: z.string().min(1).max(60),
    venue: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'is not a lower-case name'),
    format: z.enum(['csv', 'jsonl', 'json']),
    csv: z
      .strictObject({
        delimiter: z.string().length(1).optional(),
        /** Characters removed from header names. */
        header_strip: z.string().max(20).optional(),
      })
      .optional(),
    /** Path to the rows of a JSON document; `*` stands for every element or member. */
    rows: z.string().min(1).max(200).optional(),
    missing: z.array(scalar).max(50).default([]),
    /** Which rows belong together: equal times, the whole file, rows until a symbol comes again, none (ticks). */
    snapshot: z.enum(['time', 'file', 'poll', 'none']),
    time: timeCell,
    instrument: instrument.optional(),
    quote: quote.optional(),
    trade: trade.optional(),
    future: future.optional(),
    index: index.optional(),
  })
  .refine((m) => m.quote ?? m.trade ?? m.future ?? m.index, 'needs at least one of: quote, trade, future, index')
  .refine((m) => m.instrument !== undefined || (m.quote === undefined && m.trade === undefined), {
    message: 'is needed by quote and trade',
    path: ['instrument'],
  })
  .refine((m) => m.format !== 'json' || m.rows !== undefined, { message: 'is needed by format json', path: ['rows'] });

/** A checked mapping. */
export type Mapping = z.infer<typeof mappingSchema>;
/** What a user may write; shorthands not yet expanded. */
export type MappingText = z.input<typeof mappingSchema>;
/** A time cell with its source and spelling. */
export type TimeCellSpec = z.infer<typeof timeCell> & Pick<z.infer<typeof expiryCell>, 'at_where'>;
