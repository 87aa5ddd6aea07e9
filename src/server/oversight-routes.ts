import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { Counter, Gauge, type Registry } from 'prom-client';
import { z } from 'zod';
import { VERDICTS, type PrecisionRow } from '../policy/verdict.ts';
import type { MetricsRegistry, ServerRoom } from './room.ts';
import { pageOf, pageQuery, takePage } from './paging.ts';
import { Problem } from './problem.ts';
import { optional, optionalTime, severity, time, word } from './wire/scalars.ts';

const tally = z.object({ true: z.number(), false: z.number(), duplicate: z.number(), unclear: z.number() });
const figure = z.object({ precision: optional, low: optional, high: optional });
const precisionRow = z
  .object({ cause: z.string(), people: tally, rules: tally, by_people: figure, overall: figure })
  .meta({ id: 'Precision' });
const given = z
  .object({
    incident: z.string(),
    cause: z.string(),
    scope: z.string(),
    verdict: z.enum(VERDICTS),
    by: z.string(),
    automatic: z.boolean(),
    /** The rule that gave it, and what it rests on; null when a person did. */
    rule: z.object({ name: z.string(), says: z.string() }).nullable(),
    note: z.string(),
    at: time,
    /** When the incident ended; null while it is open. */
    ended_at: optionalTime,
  })
  .meta({ id: 'Verdict' });
const orders = z
  .object({
    overrides: z.array(z.object({ scope: z.string(), by: z.string(), note: z.string(), until: time })),
    silences: z.array(
      z.object({
        id: z.string(),
        match: z.record(z.string(), z.string()),
        by: z.string(),
        note: z.string(),
        starts_at: time,
        until: time,
      }),
    ),
    acknowledged: z.array(
      z.object({ incident: z.string(), by: z.string(), note: z.string(), at: time, severity: severity.nullable() }),
    ),
    /** Expiries whose loop waits for a person. */
    manual: z.array(z.object({ scope: z.string(), since: time })),
  })
  .meta({ id: 'Oversight' });
const registered = z
  .object({
    id: z.string(),
    job: z.string(),
    /** What the model is of: a smile, hedge ratios, a credit curve. */
    kind: z.enum(['surface', 'hedge', 'credit']),
    model: z.string(),
    scope: z.string(),
    /** Of one that was pushed in: family or convention and the version that its owner states, as they enter the hash. */
    statement: z.string().nullable(),
    code: z.string(),
    parameters: z.array(z.number()),
    /** Row-major; empty when not identified. */
    covariance: z.array(z.number()),
    /** The stretch of data it rests on: times, and numbers of the log's records. */
    inputs: z.object({ from: time, to: time, first_record: optional, last_record: optional, quotes: z.number() }),
    parent: z.string().nullable(),
    status: z.string(),
    reason: z.string(),
    guards: z.array(z.string()),
    approver: z.string(),
    /** Of batches it predicted before it saw them. */
    scores: z.object({ batches: z.number(), mean_pz: optional, worst_pz: optional, mean_inside_share: optional }),
    serving: z.boolean(),
  })
  .meta({ id: 'RegisteredCalibration' });

/** The verdict in force on one incident, as it is shown. */
export type ShownVerdict = z.output<typeof given>;
/** What people have ordered and what is still in force. */
export type ShownOrders = z.output<typeof orders>;
/** One calibration of the registry, as it is shown. */
export type ShownCalibration = z.output<typeof registered>;

/** What somebody orders of the loop of an expiry, or of all expiries of an underlying. */
export interface LoopOrder {
  readonly target: string;
  readonly action: 'manual' | 'resume' | 'refit' | 'approve' | 'reject';
  readonly note: string;
  readonly actor: string;
}

/** What the routes ask of whoever keeps verdicts, orders and the registry. */
export interface OversightSource {
  precision(): readonly PrecisionRow[];
  /** Newest first. */
  verdicts(): readonly ShownVerdict[];
  /** Null, or why it was refused. */
  judge(request: {
    readonly incident: string;
    readonly verdict: (typeof VERDICTS)[number];
    readonly note: string;
    readonly actor: string;
  }): string | null;
  orders(): ShownOrders;
  /** Null, or why it was refused. */
  order(request: LoopOrder): string | null;
  /** Newest first. */
  calibrations(wanted: { readonly scope: string | null; readonly model: string | null }): readonly ShownCalibration[];
}

const note = z
  .string()
  .max(500)
  .regex(/^[^\p{Cc}]*$/u, 'no control characters');
const id = z.string().min(1).max(120);
/** An expiry, an underlying, or a credit curve (`source:curve`). */
const registryScope = z.string().regex(/^[\w.:-]{3,160}$/, 'venue:underlying:day, venue:underlying or source:curve');

/** Verdicts, precision, orders to the loop and the registry, under the prefix of the API. Source: `docs/oversight.md`. */
export function oversightRoom(source: OversightSource): ServerRoom {
  return {
    name: 'oversight',
    routes: (api) => {
      verdictRoutes(api, source);
      orderRoutes(api, source);
      registryRoutes(api, source);
    },
    metrics: (registry) => registerPrecision(registry, source),
  };
}

function verdictRoutes(api: FastifyInstance, source: OversightSource): void {
  const app = api.withTypeProvider<ZodTypeProvider>();
  const tags = ['oversight'];
  app.get('/precision', { schema: { tags, response: { 200: z.object({ items: z.array(precisionRow) }) } } }, () => ({
    items: source.precision().map(({ byPeople, cause, people, rules, overall }) => ({
      cause,
      people: { ...people },
      rules: { ...rules },
      by_people: { ...byPeople },
      overall: { ...overall },
    })),
  }));
  app.get(
    '/verdicts',
    { schema: { tags, querystring: z.object(pageQuery), response: { 200: pageOf(given) } } },
    (request) => takePage(source.verdicts(), request.query.limit, request.query.cursor, (v) => v.incident),
  );
  app.post(
    '/incidents/:id/verdict',
    {
      config: { role: 'acknowledge' },
      schema: {
        tags,
        params: z.object({ id }),
        body: z.strictObject({ verdict: z.enum(VERDICTS), note: note.default('') }),
        response: { 200: given },
      },
    },
    (request) => {
      const { id: incident } = request.params;
      const refused = source.judge({ incident, ...request.body, actor: request.identity.name });
      if (refused !== null) throw new Problem(404, refused);
      const now = source.verdicts().find((v) => v.incident === incident);
      if (now === undefined) throw new Problem(409, `${incident}: the verdict was not taken`);
      return now;
    },
  );
}

function orderRoutes(api: FastifyInstance, source: OversightSource): void {
  const app = api.withTypeProvider<ZodTypeProvider>();
  const tags = ['oversight'];
  app.get('/oversight', { schema: { tags, response: { 200: orders } } }, () => source.orders());
  app.post(
    '/loop',
    {
      config: { role: 'approve' },
      schema: {
        tags,
        body: z.strictObject({
          target: z.string().min(3).max(200),
          action: z.enum(['manual', 'resume', 'refit', 'approve', 'reject']),
          note: note.min(1),
        }),
        response: { 200: orders },
      },
    },
    (request) => {
      const refused = source.order({ ...request.body, actor: request.identity.name });
      if (refused !== null) throw new Problem(409, refused);
      return source.orders();
    },
  );
}

function registryRoutes(api: FastifyInstance, source: OversightSource): void {
  const app = api.withTypeProvider<ZodTypeProvider>();
  const tags = ['oversight'];
  app.get(
    '/registry',
    {
      schema: {
        tags,
        querystring: z.object({ scope: registryScope.optional(), model: word.optional(), ...pageQuery }),
        response: { 200: pageOf(registered) },
      },
    },
    (request) => {
      const { scope: only, model, limit, cursor } = request.query;
      return takePage(source.calibrations({ scope: only ?? null, model: model ?? null }), limit, cursor, (c) => c.job);
    },
  );
  app.get(
    '/registry/:id',
    {
      schema: { tags, params: z.object({ id: z.string().regex(/^[0-9a-f]{64}$/) }), response: { 200: registered } },
    },
    (request) => {
      const found = source.calibrations({ scope: null, model: null }).find((c) => c.id === request.params.id);
      if (found === undefined)
        throw new Problem(404, 'not among the calibrations kept in memory; the log holds all of them');
      return found;
    },
  );
}

/** The live precision figure for Prometheus: verdicts counted, and the share of true ones with its interval, by cause. */
function registerPrecision(registry: MetricsRegistry, source: OversightSource): void {
  const registers: Registry[] = [];
  registry.registerMetric(
    new Gauge({
      name: 'vernier_incident_precision',
      help: 'True verdicts over true and false ones, with the 95 % interval: value is estimate, low or high.',
      labelNames: ['cause', 'value'],
      registers,
      collect() {
        this.reset();
        for (const { cause, overall } of source.precision())
          if (overall.precision !== null) {
            this.set({ cause, value: 'estimate' }, overall.precision);
            this.set({ cause, value: 'low' }, overall.low ?? NaN);
            this.set({ cause, value: 'high' }, overall.high ?? NaN);
          }
      },
    }),
  );
  registry.registerMetric(
    new Counter({
      name: 'vernier_incident_verdicts_total',
      help: 'Verdicts in force, by who gave them: person or rule.',
      labelNames: ['cause', 'verdict', 'by'],
      registers,
      collect() {
        this.reset();
        for (const { cause, people, rules } of source.precision()) {
          if (cause === 'all') continue;
          for (const verdict of VERDICTS) {
            if (people[verdict] > 0) this.inc({ cause, verdict, by: 'person' }, people[verdict]);
            if (rules[verdict] > 0) this.inc({ cause, verdict, by: 'rule' }, rules[verdict]);
          }
        }
      },
    }),
  );
}
