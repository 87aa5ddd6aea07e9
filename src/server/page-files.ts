import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

const HINT = `Vernier is running; the page has not been built here (npm run build).
The figures are at /api/v1, described at /docs.
`;

/** Serves the built page from `directory`; without one, says where the figures are. `null`: no page is wanted. */
export async function servePage(app: FastifyInstance, directory: string | null): Promise<void> {
  if (directory === null || !existsSync(join(directory, 'index.html'))) {
    app.get('/', { schema: { hide: true }, config: { open: true } }, (_request, reply) =>
      reply.type('text/plain; charset=utf-8').send(HINT),
    );
    return;
  }
  // The list is made once: only files that are there now can be asked for, whatever the path says.
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((f) => f.isFile())
    .map((f) => join(f.parentPath, f.name).slice(directory.length).replaceAll('\\', '/').replace(/^\/*/, ''));
  await app.register(fastifyStatic, { root: directory, serve: false, decorateReply: true });
  for (const file of files) {
    // Names from the bundler carry a digest of what they hold: they never change.
    const lasting = /^assets\/.*-[\w-]{8,}\.\w+$/.test(file);
    app.get(`/${file}`, { schema: { hide: true }, config: { open: true } }, (_request, reply) =>
      reply.sendFile(file, { maxAge: lasting ? '365d' : 0, immutable: lasting }),
    );
  }
  app.get('/', { schema: { hide: true }, config: { open: true } }, (_request, reply) =>
    reply.sendFile('index.html', { maxAge: 0 }),
  );
}
