import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { MonitorView } from '../monitor-view.ts';
import { asItWas, incidentNamed, incidentsBetween, scoresBetween } from './look-back.ts';
import { pageOf, pageQuery, takePage, unnumbered } from '../paging.ts';
import { Problem } from '../problem.ts';
import { epochMs, scope, underlyingKey, wantedTime, word } from '../wire/scalars.ts';
import { smiles, surface } from '../wire/smile.ts';
import { feeds, instrument, log, status } from '../wire/system.ts';
import * as watch from '../wire/watch.ts';

const byKey = z.object({ key: underlyingKey });
const tags = ['market'];

/** Everything about the market and its models that can be read. */
export function readRoutes(server: FastifyInstance, view: MonitorView): void {
  const app = server.withTypeProvider<ZodTypeProvider>();
  app.get('/status', { schema: { tags, response: { 200: status } } }, () => view.status());
  app.get('/underlyings', { schema: { tags, response: { 200: watch.underlyings } } }, () => ({
    items: view.underlyings(),
  }));
  app.get('/underlyings/:key', { schema: { tags, params: byKey, response: { 200: watch.underlying } } }, (request) =>
    known(view.underlyings().find((u) => u.key === request.params.key) ?? null, request.params.key),
  );
  pictureRoutes(server, view);
  app.get(
    '/scores/:key',
    {
      schema: {
        tags,
        params: byKey,
        querystring: z.object({
          scope: scope.optional(),
          model: word.optional(),
          horizon_s: z.coerce.number().min(0).max(1e7).optional(),
          from: wantedTime.optional(),
          to: wantedTime.optional(),
          max_points: z.coerce.number().int().min(1).max(4096).default(1000),
        }),
        response: { 200: watch.scores },
      },
    },
    (request) => {
      const { key } = request.params;
      const q = request.query;
      const wanted = {
        scope: q.scope ?? null,
        model: q.model ?? null,
        horizonSeconds: q.horizon_s ?? null,
        from: q.from === undefined ? -Infinity : epochMs(q.from),
        to: q.to === undefined ? Infinity : epochMs(q.to),
        maxPoints: q.max_points,
      };
      return scoresBetween(view, key, wanted);
    },
  );
  historyRoutes(server, view);
  stateRoutes(server, view);
}

function pictureRoutes(server: FastifyInstance, view: MonitorView): void {
  const app = server.withTypeProvider<ZodTypeProvider>();
  app.get(
    '/smiles/:key',
    {
      schema: {
        tags,
        params: byKey,
        querystring: z.object({ as_of: wantedTime.optional(), scope: scope.optional() }),
        response: { 200: smiles },
      },
    },
    async (request) => {
      const { key } = request.params;
      const { as_of, scope: only = null } = request.query;
      const asOf = as_of === undefined ? null : epochMs(as_of);
      const found = await asItWas(
        view,
        key,
        asOf,
        () => view.smiles(key, asOf, only),
        (past, at) => past.smiles(key, at, only),
      );
      if (only !== null && found.expiries.length === 0) throw new Problem(404, `${only}: no such expiry then`);
      return found;
    },
  );
  app.get(
    '/surfaces/:key',
    {
      schema: {
        tags,
        params: byKey,
        querystring: z.object({ as_of: wantedTime.optional(), model: word.optional() }),
        response: { 200: surface },
      },
    },
    (request) => {
      const { key } = request.params;
      const { as_of, model = null } = request.query;
      const asOf = as_of === undefined ? null : epochMs(as_of);
      return asItWas(
        view,
        key,
        asOf,
        () => view.surface(key, asOf, model),
        (past, at) => past.surface(key, at, model),
      );
    },
  );
}

function historyRoutes(server: FastifyInstance, view: MonitorView): void {
  const app = server.withTypeProvider<ZodTypeProvider>();
  app.get(
    '/incidents',
    {
      schema: {
        tags,
        querystring: z.object({
          state: z.enum(['open', 'resolved', 'all']).default('all'),
          underlying: underlyingKey.optional(),
          cause: word.optional(),
          from: wantedTime.optional(),
          to: wantedTime.optional(),
          ...pageQuery,
        }),
        response: { 200: pageOf(watch.incident) },
      },
    },
    async (request) => {
      const { state, underlying, cause, from, to, limit, cursor } = request.query;
      const all = await incidentsBetween(
        view,
        from === undefined ? -Infinity : epochMs(from),
        to === undefined ? Infinity : epochMs(to),
      );
      const items = all
        .filter((i) => state === 'all' || i.state === state)
        .filter((i) => underlying === undefined || i.underlying === underlying)
        .filter((i) => cause === undefined || i.cause === cause);
      return takePage(items, limit, cursor, (i) => i.id);
    },
  );
  app.get(
    '/incidents/:id',
    { schema: { tags, params: z.object({ id: z.string().max(120) }), response: { 200: watch.incidentWithPictures } } },
    (request) => incidentNamed(view, request.params.id),
  );
  app.get(
    '/calibrations',
    {
      schema: {
        tags,
        querystring: z.object({
          underlying: underlyingKey.optional(),
          scope: scope.optional(),
          model: word.optional(),
          status: word.optional(),
          ...pageQuery,
        }),
        response: { 200: pageOf(watch.calibration) },
      },
    },
    (request) => {
      const { underlying, scope: only, model, status: state, limit, cursor } = request.query;
      const wanted = {
        underlying: underlying ?? null,
        scope: only ?? null,
        model: model ?? null,
        status: state ?? null,
      };
      const page = takePage(view.calibrations(wanted), limit, cursor, (c) => String(c.number));
      return { ...page, items: page.items.map((c) => unnumbered(c) as watch.Calibration) };
    },
  );
}

function stateRoutes(server: FastifyInstance, view: MonitorView): void {
  const app = server.withTypeProvider<ZodTypeProvider>();
  const querystring = z.object({ underlying: underlyingKey.optional() });
  app.get('/gate', { schema: { tags, querystring, response: { 200: watch.gates } } }, (request) => ({
    items: view.gates(request.query.underlying ?? null),
  }));
  app.get('/models', { schema: { tags, querystring, response: { 200: watch.models } } }, (request) => ({
    items: view.models(request.query.underlying ?? null),
  }));
  app.get('/feeds', { schema: { tags, response: { 200: feeds } } }, () => ({ items: view.feeds() }));
  app.get('/log', { schema: { tags, response: { 200: log } } }, () => view.log());
  app.get(
    '/instruments',
    {
      schema: {
        tags,
        querystring: z.object({ underlying: underlyingKey.optional(), scope: scope.optional(), ...pageQuery }),
        response: { 200: pageOf(instrument) },
      },
    },
    (request) => {
      const { underlying, scope: only, limit, cursor } = request.query;
      return takePage(
        view.instruments(underlying ?? null, only ?? null),
        limit,
        cursor,
        (i) => `${i.venue}:${i.symbol}`,
      );
    },
  );
}

/** What was found, or the problem that it was not. */
export function known<T>(found: T | null, what: string): T {
  if (found === null) throw new Problem(404, `${what}: no such thing is watched`);
  return found;
}
