import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { Gauge } from 'prom-client';
import { z } from 'zod';
import { pageOf, pageQuery, takePage } from './paging.ts';
import { Problem } from './problem.ts';
import type { MetricsRegistry, ServerRoom } from './room.ts';
import { creditCurve, creditGlance, type CreditCurveShown, type CreditGlance } from './wire/credit.ts';

/** What the routes ask of whoever knows the curves. */
export interface CreditSource {
  curves(): readonly CreditGlance[];
  /** Null for an unknown key. */
  curve(key: string): CreditCurveShown | null;
}

/** Curves told in the metrics; more are counted only. */
const MOST_LABELS = 200;
const GATES = ['OK', 'WIDEN', 'HEDGE_ONLY', 'DO_NOT_USE'] as const;

/** `GET /credit`, `GET /credit/:key`. Source: `docs/credit.md`. */
export function creditRoom(source: CreditSource): ServerRoom {
  return {
    name: 'credit',
    // Curves may come with the first quote.
    offered: () => source.curves().length > 0,
    routes: (api) => creditRoutes(api, source),
    metrics: (registry) => creditMetrics(registry, source),
  };
}

function creditRoutes(server: FastifyInstance, source: CreditSource): void {
  const app = server.withTypeProvider<ZodTypeProvider>();
  const tags = ['credit'];
  app.get('/credit', { schema: { tags, querystring: z.object(pageQuery), response: { 200: pageOf(creditGlance) } } }, (request) =>
    takePage(source.curves(), request.query.limit, request.query.cursor, (c) => c.key),
  ); // prettier-ignore
  app.get(
    '/credit/:key',
    { schema: { tags, params: z.object({ key: z.string().min(1).max(160) }), response: { 200: creditCurve } } },
    (request) => {
      const curve = source.curve(request.params.key);
      if (curve === null) throw new Problem(404, `${request.params.key} is no watched curve`);
      return curve;
    },
  );
}

function creditMetrics(registry: MetricsRegistry, source: CreditSource): void {
  const gauge = (name: string, help: string, value: (c: CreditGlance) => number | null): void =>
    registry.registerMetric(
      new Gauge({
        name,
        help,
        labelNames: ['curve'],
        registers: [],
        collect() {
          this.reset();
          for (const c of source.curves().slice(0, MOST_LABELS)) {
            const v = value(c);
            if (v !== null) this.set({ curve: c.key }, v);
          }
        },
      }),
    );
  gauge('vernier_credit_pz', 'PZ of the last update of a credit curve; about 1 or below in health.', (c) => c.pz);
  gauge('vernier_credit_inside_ratio', 'Share of predicted quotes inside bid and ask.', (c) => c.inside_share);
  gauge('vernier_credit_gate', `Gate of a credit curve: ${GATES.map((g, i) => `${i} ${g}`).join(', ')}.`, (c) =>
    GATES.indexOf(c.gate.state),
  );
  gauge('vernier_credit_open_incidents', 'Open incidents of a credit curve.', (c) => c.incidents.length);
}
