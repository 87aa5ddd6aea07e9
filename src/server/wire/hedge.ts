/** Hedging on the wire: the models compared, the hedge to hold, and deltas pushed in. */
import { z } from 'zod';
import { gate, optional, optionalTime, statedVersion, time, wantedTime } from './scalars.ts';

/** Rows of one push. */
const MOST_ROWS = 20_000;

/** The user's own deltas of one underlying; they replace those that the model pushed before. */
export const pushedGreeks = z.strictObject({
  model: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'a short name: lower-case letters, digits, hyphens'),
  venue: z.string().max(32).default('deribit'),
  underlying: z.string().regex(/^[\w.-]{1,32}$/, 'an underlying: BTC, ETH, SOL_USDC'),
  convention: z.enum(['black', 'premium-adjusted', 'rule']).meta({
    description: 'dV/dF of the USD value; net of the premium; by a rule of your own',
  }),
  at: wantedTime.optional().meta({ description: 'when they were made; default now' }),
  version: statedVersion.optional(),
  greeks: z
    .array(z.strictObject({ instrument: z.string().regex(/^[\w.-]{1,64}$/), delta: z.number() }))
    .min(1)
    .max(MOST_ROWS),
});
export const greeksAnswer = z.object({ accepted: z.number(), at: time });

const funding = z.object({
  symbol: z.string(),
  rate_8h: optional,
  usual_8h: optional,
  basis: optional,
  usual_basis: optional,
  samples: z.number(),
});
export const hedgeGlance = z.object({
  key: z.string(),
  gate,
  regime: z.string(),
  judged_at: optionalTime,
  /** Buckets by who is relied on. */
  champions: z.record(z.string(), z.number()),
  open: z.array(z.object({ id: z.string(), cause: z.string(), scope: z.string(), opened: time })),
  funding: z.array(funding),
});
export const hedgeOverview = z.object({ items: z.array(hedgeGlance) });

const slope = z.object({
  regime: z.string().meta({ description: '`any`, or the regime of the hours' }),
  beta: z.number(),
  se: z.number(),
  naive_se: z.number(),
  hours: z.number(),
  n: z.number(),
});
const member = z.object({
  model: z.string(),
  n: z.number(),
  answered: z.number(),
  /** 1 - mean square hedged over unhedged. */
  reduction_coin: z.number(),
  reduction_usd: z.number(),
  /** Mean turnover of the ratio a horizon, and what rebalancing costs (a future's fee; a second instrument's spread and fee), bp of a coin. */
  turnover: z.number(),
  cost_bp: z.number(),
  /** The reductions after those costs. */
  net_reduction_coin: z.number(),
  net_reduction_usd: z.number(),
  /** log10 of the evidence that it is better, and worse, than the champion; null for the champion. */
  better: optional,
  worse: optional,
  slopes: z.array(slope),
});
const bucket = z.object({
  side: z.enum(['call', 'put']),
  tenor: z.string(),
  delta: z.string(),
  champion: z.string(),
  former: z.string().nullable(),
  since: optionalTime,
  proposed: z.string().nullable(),
  /** Mean square saved a horizon by the champion's hedge, coin squared, and what its rebalancing cost, coin. */
  saved: optional,
  cost: optional,
  members: z.array(member),
});
/** Delta alone against delta and vega on one expiry over the hours kept: root mean squares a horizon and mean costs, coins (USD over F where options settle in dollars). */
const pair = z.object({
  scope: z.string(),
  basis: z
    .enum(['book', 'chain'])
    .meta({ description: 'what is held, netted; or every option on its own, a coin of each' }),
  instrument: z.string().nullable().meta({ description: 'the second instrument now' }),
  rows: z.number(),
  hours: z.number(),
  unhedged: z.number(),
  delta: z.number(),
  delta_vega: z.number(),
  delta_cost: z.number(),
  delta_vega_cost: z.number(),
  delta_net: z.number(),
  delta_vega_net: z.number(),
  saved_net: optional.meta({ description: 'mean square after costs that the second instrument saves, share' }),
});
export const hedgeOfUnderlying = hedgeGlance.extend({
  at: optionalTime,
  models: z.array(z.object({ model: z.string(), calibrated_at: optionalTime, convention: z.string().nullable() })),
  calibrations: z.array(z.object({ model: z.string(), at: time, parameters: z.record(z.string(), z.number()) })),
  buckets: z.array(bucket),
  pairs: z.array(pair),
  minimum: z.object({ hours: z.number(), rows: z.number() }),
  explained: z.object({
    basis: z.enum(['book', 'chain']),
    from: optionalTime,
    to: optionalTime,
    terms: z.array(z.object({ name: z.string(), coin: z.number() })),
  }),
});
export const hedgeTargetAnswer = z.object({
  key: z.string(),
  as_of: time,
  age_s: z.number(),
  gate,
  options: z.number(),
  unpriced: z.number(),
  delta: z.number(),
  net_delta: z.number(),
  black_delta: z.number(),
  futures_delta: z.number(),
  cash: z.number(),
  target_coin: z.number(),
  target_usd: z.number(),
  standard_error: optional,
  gamma_coin_per_usd: z.number(),
  whalley_wilmott: z.number(),
  zakamouline: optional,
  trade: z.number(),
  option_trades: z.array(z.object({ instrument: z.string(), size: z.number() })),
});

/** See {@link pushedGreeks}. */
export type PushedGreeks = z.infer<typeof pushedGreeks>;
/** See {@link greeksAnswer}. */
export type GreeksAnswer = z.infer<typeof greeksAnswer>;
/** See {@link hedgeOverview}. */
export type HedgeGlance = z.infer<typeof hedgeGlance>;
/** See {@link hedgeOfUnderlying}. */
export type HedgeShown = z.infer<typeof hedgeOfUnderlying>;
/** See {@link hedgeTargetAnswer}. */
export type HedgeTargetShown = z.infer<typeof hedgeTargetAnswer>;
