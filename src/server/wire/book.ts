/** The book on the wire: what is pushed in, and what is told of it. */
import { z } from 'zod';
import { optional, optionalTime, time, timeColumn, wantedTime } from './scalars.ts';

const instrument = z.string().regex(/^[\w.-]{1,64}$/, 'the name of an instrument or currency');
const account = z
  .string()
  .regex(/^[\w.-]{1,64}$/, 'letters, digits and . _ -')
  .default('default');
const validSeconds = z
  .number()
  .positive()
  .max(31 * 86_400);
const at = wantedTime.optional().meta({ description: 'when it was so; default now' });
/** Rows of one message. */
const MOST_ROWS = 20_000;

const holding = z.strictObject({
  instrument,
  /** Signed: coins; USD of notional for coin-margined futures; units of the currency for cash. */
  size: z.number(),
  entry: z.number().nonnegative().nullable().default(null),
});
const fill = z.strictObject({
  instrument,
  trade_id: z.string().min(1).max(64),
  direction: z.enum(['buy', 'sell']),
  price: z.number().nonnegative(),
  amount: z.number().positive(),
  liquidity: z.enum(['maker', 'taker']).default('taker'),
  fee: optional.default(null),
  fee_currency: z.string().max(16).nullable().default(null),
  at,
});
const touch = z.number().positive().nullable().default(null);
const order = z.strictObject({ instrument, bid: touch, bid_size: touch, ask: touch, ask_size: touch });

/** Positions of one account: a snapshot replaces what was pushed before, a delta the instruments it names. */
export const pushedPositions = z.strictObject({
  account,
  mode: z.enum(['snapshot', 'delta']).default('snapshot'),
  valid_s: validSeconds.default(300),
  /** Whether every change between two snapshots is pushed as a fill too: then the two must agree. */
  complete_fills: z.boolean().default(false),
  positions: z.array(holding).max(MOST_ROWS),
  at,
});
/** Fills of one account. */
export const pushedFills = z.strictObject({ account, venue: z.string().max(32).default('deribit'), fills: z.array(fill).min(1).max(1_000) }); // prettier-ignore
/** Where the own orders of all accounts rest: best price and size a side; null = none. */
export const pushedOrders = z.strictObject({ venue: z.string().max(32).default('deribit'), orders: z.array(order).min(1).max(MOST_ROWS) }); // prettier-ignore
/** Cash of one account in one currency, and the venue's margins where they are known. */
export const pushedEquity = z.strictObject({
  account,
  currency: z.string().regex(/^[A-Z][A-Z0-9]{1,11}$/, 'a currency'),
  cash: z.number(),
  equity: optional.default(null),
  initial_margin: optional.default(null),
  maintenance_margin: optional.default(null),
  valid_s: validSeconds.default(300),
  at,
});

/** The same over the stream, told apart by `op`. */
export const pushed = z.discriminatedUnion('op', [
  pushedPositions.extend({ op: z.literal('positions') }),
  pushedFills.extend({ op: z.literal('fills') }),
  pushedOrders.extend({ op: z.literal('orders') }),
  pushedEquity.extend({ op: z.literal('equity') }),
]);
/** One message of the push stream. */
export type Pushed = z.output<typeof pushed>;

/** What became of a push: what the session's log holds of it now, and what was left out and why. */
export const pushAnswer = z
  .object({ taken: z.number(), refused: z.array(z.string()), at: time })
  .meta({ id: 'BookPush' });
/** See {@link pushAnswer}. */
export type PushAnswer = z.output<typeof pushAnswer>;

const status = z.enum(['ok', 'position-stale', 'reconciliation-break']);
const accountShown = z.object({
  account: z.string(),
  source: z.string(),
  /** Whether this source is the one believed. */
  speaks: z.boolean(),
  at: optionalTime,
  age_s: optional,
  valid_s: z.number(),
  lapsed: z.boolean(),
  holdings: z.number(),
  refused_rows: z.number(),
  breaks: z.array(z.object({ symbol: z.string(), expected: z.number(), found: z.number() })),
  margins: z.array(
    z.object({ currency: z.string(), equity: optional, initial_margin: optional, maintenance_margin: optional }),
  ),
});
/** Accounts and the state of every underlying's book. */
export const bookOverview = z
  .object({
    at: optionalTime,
    accounts: z.array(accountShown),
    differences: z.array(
      z.object({ account: z.string(), symbol: z.string(), expected: z.number(), found: z.number() }),
    ),
    underlyings: z.array(
      z.object({
        key: z.string(),
        status,
        faults: z.array(z.string()),
        valued_at: optionalTime,
        positions: z.number(),
      }),
    ),
  })
  .meta({ id: 'BookOverview' });
/** See {@link bookOverview}. */
export type BookOverview = z.output<typeof bookOverview>;

const line = z.looseObject({ type: z.string() });
/** One underlying's book: what the engine last recorded, the report of now, and how its money went. */
export const bookOfUnderlying = z
  .object({
    key: z.string(),
    at: optionalTime,
    status,
    faults: z.array(z.string()),
    /** `book` records, one a source. */
    records: z.array(line),
    exposures: z.array(line),
    buckets: z.array(line),
    vegas: z.array(line),
    scenarios: z.array(line),
    money: z.array(line),
    unvalued: z.array(z.object({ instrument: z.string(), reason: z.string() })),
    /** Champion's figures over time, oldest first. */
    history: z.object({
      at: timeColumn,
      drift_usd: z.array(optional),
      jump_usd: z.array(optional),
      reserve_usd: z.array(optional),
      delta_usd: z.array(optional),
      vega_usd_per_point: z.array(optional),
    }),
  })
  .meta({ id: 'Book' });
/** See {@link bookOfUnderlying}. */
export type BookShown = z.output<typeof bookOfUnderlying>;

/** One holding, as it is shown. */
export const heldRow = z.object({
  account: z.string(),
  source: z.string(),
  instrument: z.string(),
  kind: z.enum(['option', 'future', 'cash']),
  size: z.number(),
  entry: optional,
});
/** See {@link heldRow}. */
export type HeldRow = z.output<typeof heldRow>;
