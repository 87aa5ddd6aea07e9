/** Smiles, curves and surfaces on the wire. */
import { z } from 'zod';
import { column, gate, optional, optionalTime, plainColumn, time } from './scalars.ts';

const estimate = z.object({ name: z.string(), value: z.number(), standard_error: optional });

export const fit = z
  .object({
    id: z.string(),
    at: time,
    live_at: time,
    age_s: z.number(),
    status: z.string(),
    reason: z.string(),
    parameters: z.array(estimate),
    features: z.array(estimate),
    numbers: z.record(z.string(), z.number()),
    calendar_violations: optional,
  })
  .meta({ id: 'Fit' });

export const curve = z
  .object({
    model: z.string(),
    role: z.enum(['champion', 'challenger', 'venue-mark']),
    k: plainColumn,
    x: plainColumn,
    strike: plainColumn,
    sigma: column,
    low: column,
    high: column,
    fit,
  })
  .meta({ id: 'Curve' });

export const quotes = z
  .object({
    symbol: z.array(z.string()),
    side: z.array(z.enum(['call', 'put'])),
    strike: plainColumn,
    k: column,
    x: column,
    delta: column,
    bid: column,
    ask: column,
    sigma_bid: column,
    sigma_mid: column,
    sigma_ask: column,
    venue_mark: column,
    error_bar: column,
    model: column,
    refused: z.array(z.string().nullable()),
    age_s: column,
  })
  .meta({ id: 'Quotes' });

export const smileTrade = z.object({
  at: time,
  symbol: z.string(),
  strike: z.number(),
  k: optional,
  x: optional,
  sigma: optional,
  price: z.number(),
  amount: z.number(),
  direction: z.enum(['buy', 'sell']),
  kind: z.string(),
});

export const smile = z
  .object({
    scope: z.string(),
    expiry: time,
    at: time,
    years: z.number(),
    forward: optional,
    atm_vol: optional,
    gate,
    quotes_at: optionalTime,
    quotes: quotes.nullable(),
    curves: z.array(curve),
    trades: z.array(smileTrade),
  })
  .meta({ id: 'Smile' });

export const smiles = z.object({ key: z.string(), at: time, live: z.boolean(), expiries: z.array(smile) });

export const surface = z
  .object({
    key: z.string(),
    at: time,
    live: z.boolean(),
    model: z.string(),
    x: plainColumn,
    expiries: z.array(
      z.object({
        scope: z.string(),
        expiry: time,
        years: z.number(),
        forward: optional,
        atm_vol: optional,
        k: plainColumn,
        sigma: column,
      }),
    ),
  })
  .meta({ id: 'Surface' });

export type Fit = z.infer<typeof fit>;
export type Curve = z.infer<typeof curve>;
export type Quotes = z.infer<typeof quotes>;
export type SmileTrade = z.infer<typeof smileTrade>;
export type Smile = z.infer<typeof smile>;
export type Smiles = z.infer<typeof smiles>;
export type Surface = z.infer<typeof surface>;

/** What `curves:KEY` carries: a smile without its quotes. */
export type CurveSet = Pick<Smile, 'scope' | 'expiry' | 'at' | 'years' | 'forward' | 'atm_vol' | 'curves'>;
