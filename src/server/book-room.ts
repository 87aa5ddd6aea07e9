import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { Gauge } from 'prom-client';
import { z } from 'zod';
import { BookStream } from './book-stream.ts';
import { pageOf, pageQuery, takePage } from './paging.ts';
import { Problem } from './problem.ts';
import type { MetricsRegistry, ServerRoom } from './room.ts';
import {
  bookOfUnderlying,
  bookOverview,
  heldRow,
  pushAnswer,
  pushedEquity,
  pushedFills,
  pushedOrders,
  pushedPositions,
  type BookOverview,
  type BookShown,
  type HeldRow,
  type Pushed,
  type PushAnswer,
} from './wire/book.ts';
import { underlyingKey } from './wire/scalars.ts';

/** What the routes ask of whoever keeps the book. */
export interface BookSource {
  overview(): BookOverview;
  /** Null for an unknown underlying. */
  book(key: string): BookShown | null;
  holdings(): Iterable<HeldRow>;
  /** Takes what was pushed; text = why nothing could be. */
  push(message: Pushed): PushAnswer | string;
}

/** Bytes of one push: twenty thousand rows. */
const PUSH_BYTES = 4_000_000;
/** Sources told in the metrics, besides champion and venue. */
const MOST_SOURCES = 8;

/** `GET /book`, `/book/positions`, `/book/:key`; `POST /book/positions`, `/fills`, `/orders`, `/equity`. Source: `docs/portfolio.md`. */
export function bookRoom(source: BookSource, offered: () => boolean = () => true): ServerRoom {
  return {
    offered,
    name: 'book',
    routes: (api) => bookRoutes(api, source),
    metrics: (registry) => bookMetrics(registry, source),
    stream: new BookStream(source),
  };
}

function bookRoutes(server: FastifyInstance, source: BookSource): void {
  const app = server.withTypeProvider<ZodTypeProvider>();
  const tags = ['book'];
  app.get('/book', { schema: { tags, response: { 200: bookOverview } } }, () => source.overview());
  app.get(
    '/book/positions',
    { schema: { tags, querystring: z.object(pageQuery), response: { 200: pageOf(heldRow) } } },
    (request) => {
      const page = takePage(source.holdings(), request.query.limit, request.query.cursor, rowKey);
      return page;
    },
  );
  app.get(
    '/book/:key',
    { schema: { tags, params: z.object({ key: underlyingKey }), response: { 200: bookOfUnderlying } } },
    (request) => {
      const book = source.book(request.params.key);
      if (book === null) throw new Problem(404, `${request.params.key} is not watched`);
      return book;
    },
  );
  const take = (message: Pushed): PushAnswer => {
    const answer = source.push(message);
    if (typeof answer === 'string') throw new Problem(409, answer);
    return answer;
  };
  const options = { bodyLimit: PUSH_BYTES, config: { role: 'approve' } } as const;
  const response = { 200: pushAnswer };
  app.post('/book/positions', { ...options, schema: { tags, body: pushedPositions, response } }, (request) =>
    take({ op: 'positions', ...request.body }),
  );
  app.post('/book/fills', { ...options, schema: { tags, body: pushedFills, response } }, (request) =>
    take({ op: 'fills', ...request.body }),
  );
  app.post('/book/orders', { ...options, schema: { tags, body: pushedOrders, response } }, (request) =>
    take({ op: 'orders', ...request.body }),
  );
  app.post('/book/equity', { ...options, schema: { tags, body: pushedEquity, response } }, (request) =>
    take({ op: 'equity', ...request.body }),
  );
}

const rowKey = (r: HeldRow): string => `${r.source}|${r.account}|${r.instrument}`;

/** Figures by underlying and source; labels are bounded by what is watched. */
const FIGURES = [
  ['delta_usd', 'vernier_book_delta_coins', 'USD delta (equity + net delta), coins.'],
  ['vega_usd_per_point', 'vernier_book_vega_usd', 'Vega, USD per volatility point.'],
  ['drift_usd', 'vernier_book_drift_usd', 'Residual x vega x position: drift not yet booked, USD.'],
  ['reserve_usd', 'vernier_book_reserve_usd', 'Model reserve, USD.'],
  ['close_out_usd', 'vernier_book_close_out_usd', 'Cost of closing the options at the touch, USD.'],
  ['margin_gap', 'vernier_book_margin_gap', 'Margin under the champion over that under the venue, less one.'],
] as const;

function bookMetrics(registry: MetricsRegistry, source: BookSource): void {
  for (const [field, name, help] of FIGURES)
    registry.registerMetric(
      new Gauge({
        name,
        help,
        labelNames: ['underlying', 'source'],
        registers: [],
        collect() {
          this.reset();
          for (const { key } of source.overview().underlyings)
            for (const record of (source.book(key)?.records ?? []).slice(0, MOST_SOURCES)) {
              const value = record[field];
              if (typeof value === 'number') this.set({ underlying: key, source: String(record['source']) }, value);
            }
        },
      }),
    );
  registry.registerMetric(
    new Gauge({
      name: 'vernier_book_ok',
      help: '1 while the money of an underlying may be stated, 0 while positions are stale or broken.',
      labelNames: ['underlying'],
      registers: [],
      collect() {
        this.reset();
        for (const u of source.overview().underlyings) this.set({ underlying: u.key }, u.status === 'ok' ? 1 : 0);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: 'vernier_book_position_age_seconds',
      help: 'Age of the oldest word on a position that is believed.',
      registers: [],
      collect() {
        const ages = source.overview().accounts.filter((a) => a.speaks).map((a) => a.age_s ?? NaN); // prettier-ignore
        this.set(ages.length === 0 ? NaN : Math.max(...ages));
      },
    }),
  );
}
