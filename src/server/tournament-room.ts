import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { Problem } from './problem.ts';
import type { ServerRoom } from './room.ts';
import { underlyingKey } from './wire/scalars.ts';
import { tournamentRow, type TournamentShown } from './wire/tournament.ts';

/** What the route asks of whoever keeps the table. */
export interface TournamentSource {
  /** Null for an unknown underlying. */
  tournament(key: string): readonly TournamentShown[] | null;
}

/** `GET /tournament/:key`. Source: `docs/monitor.md`, "Models side by side". */
export function tournamentRoom(source: TournamentSource): ServerRoom {
  return { name: 'tournament', routes: (api) => tournamentRoutes(api, source) };
}

function tournamentRoutes(server: FastifyInstance, source: TournamentSource): void {
  const params = z.object({ key: underlyingKey });
  const response = { 200: z.object({ items: z.array(tournamentRow) }) };
  server
    .withTypeProvider<ZodTypeProvider>()
    .get('/tournament/:key', { schema: { tags: ['tournament'], params, response } }, (request) => {
      const items = source.tournament(request.params.key);
      if (items === null) throw new Problem(404, `${request.params.key} is not watched`);
      return { items: [...items] };
    });
}
