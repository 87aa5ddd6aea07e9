/** What users push of their own models, on the wire. */
import { z } from 'zod';
import { statedVersion, time, wantedTime } from './scalars.ts';

const MOST_POINTS = 2_000;
const numbers = z.array(z.number()).max(MOST_POINTS);

/** The user's own smile of one expiry: parameters of a family, or a table of strikes and volatilities. */
export const pushedSmile = z.strictObject({
  model: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'a short name: lower-case letters, digits, hyphens'),
  venue: z.string().max(32).default('deribit'),
  underlying: z.string().regex(/^[\w.-]{1,32}$/, 'an underlying: BTC, ETH, SOL_USDC'),
  expiry: wantedTime.meta({ description: 'day or time of the expiry' }),
  at: wantedTime.optional().meta({ description: 'time of the data it was fitted to; default now' }),
  version: statedVersion.optional(),
  family: z.string().max(32).optional().meta({ description: 'svi, essvi, sabr, ...; absent: a table' }),
  parameters: numbers.optional(),
  covariance: numbers.optional().meta({ description: 'row-major, of the parameters' }),
  strikes: numbers.optional(),
  volatilities: numbers.optional().meta({ description: 'fractions: 0.45' }),
});
/** Under which content id it stands in the registry, and from when on it is judged. */
export const smileAnswer = z.object({ content_id: z.string(), job: z.string(), live_at: time });

/** See {@link pushedSmile}. */
export type PushedSmileMessage = z.output<typeof pushedSmile>;
/** See {@link smileAnswer}. */
export type SmileAnswer = z.output<typeof smileAnswer>;
