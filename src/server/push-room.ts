import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { Problem } from './problem.ts';
import type { ServerRoom } from './room.ts';
import { pushedSmile, smileAnswer, type PushedSmileMessage, type SmileAnswer } from './wire/push.ts';

const PUSH_BYTES = 500_000;

/** What the route asks of whoever runs the engine. */
export interface PushSource {
  /** Takes a push by the named token; `busy` = nothing can be taken here, `refused` = this cannot be used, and why. */
  push(message: PushedSmileMessage, by: string): SmileAnswer | { readonly busy: string } | { readonly refused: string };
}

/** `POST /models/smiles`: the user's own model speaks. Source: `docs/api.md`. */
export function pushRoom(source: PushSource): ServerRoom {
  // A way in, and no view of the page.
  return { name: 'push', routes: (api) => pushRoutes(api, source), offered: () => false };
}

function pushRoutes(server: FastifyInstance, source: PushSource): void {
  const app = server.withTypeProvider<ZodTypeProvider>();
  app.post(
    '/models/smiles',
    {
      bodyLimit: PUSH_BYTES,
      config: { role: 'approve' },
      schema: { tags: ['models'], body: pushedSmile, response: { 200: smileAnswer } },
    },
    (request) => {
      const answer = source.push(request.body, request.identity.name);
      if ('busy' in answer) throw new Problem(409, answer.busy);
      if ('refused' in answer) throw new Problem(422, answer.refused);
      return answer;
    },
  );
}
