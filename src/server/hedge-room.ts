import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { Gauge } from 'prom-client';
import { z } from 'zod';
import { Problem } from './problem.ts';
import type { MetricsRegistry, ServerRoom } from './room.ts';
import {
  greeksAnswer,
  hedgeOfUnderlying,
  hedgeOverview,
  hedgeTargetAnswer,
  pushedGreeks,
  type GreeksAnswer,
  type HedgeGlance,
  type HedgeShown,
  type HedgeTargetShown,
  type PushedGreeks,
} from './wire/hedge.ts';
import { underlyingKey } from './wire/scalars.ts';

/** What the routes ask of whoever watches hedges. */
export interface HedgeSource {
  overview(): HedgeGlance[];
  /** Null for an unknown underlying. */
  hedge(key: string): HedgeShown | null;
  /** Text = why there is none. Cost as a share of notional, risk aversion per USD. */
  target(key: string, cost: number, riskAversion: number): HedgeTargetShown | string;
  /** Takes deltas pushed by the named token; text = why nothing could be. */
  push(message: PushedGreeks, by: string): GreeksAnswer | string;
}

const PUSH_BYTES = 4_000_000;

/** `GET /hedge`, `/hedge/:key`, `/hedge/:key/target`; `POST /hedge/greeks`. Source: `docs/hedging.md`. */
export function hedgeRoom(source: HedgeSource): ServerRoom {
  return {
    name: 'hedge',
    routes: (api) => hedgeRoutes(api, source),
    metrics: (registry) => hedgeMetrics(registry, source),
  };
}

function hedgeRoutes(server: FastifyInstance, source: HedgeSource): void {
  const app = server.withTypeProvider<ZodTypeProvider>();
  const tags = ['hedge'];
  const params = z.object({ key: underlyingKey });
  app.get('/hedge', { schema: { tags, response: { 200: hedgeOverview } } }, () => ({ items: source.overview() }));
  app.get('/hedge/:key', { schema: { tags, params, response: { 200: hedgeOfUnderlying } } }, (request) => {
    const found = source.hedge(request.params.key);
    if (found === null) throw new Problem(404, `${request.params.key} is not watched`);
    return found;
  });
  const querystring = z.object({
    cost_bp: z.coerce.number().min(0).max(1000).default(5),
    risk_aversion: z.coerce.number().positive().max(1).default(1e-6),
  });
  app.get(
    '/hedge/:key/target',
    { schema: { tags, params, querystring, response: { 200: hedgeTargetAnswer } } },
    (request) => {
      const { cost_bp, risk_aversion } = request.query;
      const found = source.target(request.params.key, cost_bp / 1e4, risk_aversion);
      if (typeof found === 'string') throw new Problem(404, found);
      return found;
    },
  );
  app.post(
    '/hedge/greeks',
    {
      bodyLimit: PUSH_BYTES,
      config: { role: 'approve' },
      schema: { tags, body: pushedGreeks, response: { 200: greeksAnswer } },
    },
    (request) => {
      const answer = source.push(request.body, request.identity.name);
      if (typeof answer === 'string') throw new Problem(409, answer);
      return answer;
    },
  );
}

/** Labels are bounded by what is watched: buckets are at most forty an underlying, and only champions are told. */
function hedgeMetrics(registry: MetricsRegistry, source: HedgeSource): void {
  const gauge = (name: string, help: string, labelNames: string[], fill: (g: Gauge) => void): void =>
    registry.registerMetric(
      new Gauge({
        name,
        help,
        labelNames,
        registers: [],
        collect() {
          this.reset();
          fill(this);
        },
      }),
    );
  const places = ['underlying', 'side', 'tenor', 'delta', 'model'];
  const champions = (
    fill: (labels: Record<string, string>, m: HedgeShown['buckets'][number]['members'][number]) => void,
  ): void => {
    for (const { key } of source.overview())
      for (const b of source.hedge(key)?.buckets ?? []) {
        const m = b.members.find((x) => x.model === b.champion);
        if (m !== undefined)
          fill({ underlying: key, side: b.side, tenor: b.tenor, delta: b.delta, model: b.champion }, m);
      }
  };
  gauge('vernier_hedge_slope', 'Slope of realised on predicted moves of the model relied on.', places, (g) =>
    champions((labels, m) => {
      const all = m.slopes.find((s) => s.regime === 'any');
      if (all !== undefined) g.set(labels, all.beta);
    }),
  );
  gauge(
    'vernier_hedge_variance_reduction',
    '1 - mean square hedged over unhedged, coin, of the model relied on.',
    places,
    (g) => champions((labels, m) => g.set(labels, m.reduction_coin)),
  );
  gauge(
    'vernier_hedge_ok',
    '1 while hedge ratios of an underlying may be relied on as they are.',
    ['underlying'],
    (g) => {
      for (const u of source.overview()) g.set({ underlying: u.key }, u.gate.state === 'OK' ? 1 : 0);
    },
  );
  gauge('vernier_funding_8h', 'Funding per 8 hours, fraction.', ['underlying', 'symbol'], (g) => {
    for (const u of source.overview())
      for (const f of u.funding) if (f.rate_8h !== null) g.set({ underlying: u.key, symbol: f.symbol }, f.rate_8h);
  });
}
