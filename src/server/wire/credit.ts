/** Credit curves on the wire: decimals, hazards per year, quotes in their own convention. */
import { z } from 'zod';
import { optional, optionalTime, time } from './scalars.ts';

const gate = z.object({ state: z.enum(['OK', 'WIDEN', 'HEDGE_ONLY', 'DO_NOT_USE']), reasons: z.array(z.string()) });

/** One curve at a glance. */
export const creditGlance = z.object({
  key: z.string(),
  model: z.string(),
  at: optionalTime,
  gate,
  loop: z.string(),
  incidents: z.array(z.object({ id: z.string(), cause: z.string(), scope: z.string() })),
  pz: optional,
  inside_share: optional,
  fit_at: optionalTime,
  unexplained_move_se: optional,
  contributors: z.number().int(),
});
/** See {@link creditGlance}. */
export type CreditGlance = z.output<typeof creditGlance>;

const point = z.object({
  at: time,
  pz: z.number(),
  rms_half_spreads: z.number(),
  inside_share: z.number(),
  hazard_5y: optional,
  quote_5y: optional,
});
/** One scored update. */
export type CreditHistoryPoint = z.output<typeof point>;

/** One curve with its certificate, contributors and history. */
export const creditCurve = creditGlance.extend({
  terms: z
    .object({
      event_definition: z.string(),
      recovery: z.number(),
      accrual: z.string(),
      roll: z.string(),
      since: time,
    })
    .nullable(),
  hazards: z.array(z.object({ maturity: z.string(), hazard: z.number(), se: z.number() })),
  nodes: z.array(
    z.object({
      node: z.string(),
      maturity: z.string(),
      quote_type: z.enum(['par', 'quoted', 'upfront']),
      mid: z.number(),
      half_spread: z.number(),
      predicted: optional,
      innovation_half_spreads: optional,
      contributors: z.number().int(),
      residual_half_spreads: optional,
      survival: optional,
      survival_se: optional,
      to_arbitrage_half_spreads: optional,
      without_it_half_spreads: optional,
    }),
  ),
  contributors_known: z.array(
    z.object({
      name: z.string(),
      said_at: time,
      nodes: z.number().int(),
      offset: z.number(),
      sd: z.number(),
      incidents: z.array(z.string()),
    }),
  ),
  certificate: z
    .object({
      rms_half_spreads: z.number(),
      largest_half_spreads: z.number(),
      inside_share: z.number(),
      to_arbitrage_half_spreads: z.number(),
      nearest_arbitrage: z.string(),
      roughness: z.number(),
      oldest_quote_s: optional,
    })
    .nullable(),
  history: z.array(point),
});
/** See {@link creditCurve}. */
export type CreditCurveShown = z.output<typeof creditCurve>;
