/** Models side by side on the wire. */
import { z } from 'zod';
import { optional } from './scalars.ts';

/** One model in one tenor at one horizon, scored on the same quotes as those beside it. */
export const tournamentRow = z.object({
  tenor: z.string(),
  horizon: z.string(),
  model: z.string(),
  batches: z.number().int(),
  log_score: z.number().meta({ description: 'mean, nats per quote; the higher the better' }),
  wins: z.number().meta({ description: 'share of batches with the best log score' }),
  median_pz: optional,
  inside_share: z.number(),
  level_points: optional.meta({ description: 'median |b0|, volatility points' }),
  median_pr: optional,
});
/** See {@link tournamentRow}. */
export type TournamentShown = z.output<typeof tournamentRow>;
