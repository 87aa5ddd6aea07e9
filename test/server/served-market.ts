/** A SYNTHETIC market through a real session, its read model, and a server on a free port: what the interface's tests ask. */
import type { TestContext } from 'node:test';
import { Session, sessionHeader } from '../../src/app/session.ts';
import { EngineView } from '../../src/app/view/engine-view.ts';
import type { SourceFigures, ViewSource } from '../../src/app/view/view-source.ts';
import { DEFAULT_CONFIG } from '../../src/engine/config.ts';
import { runFit } from '../../src/engine/models.ts';
import type { MarketEvent, OperatorEvent } from '../../src/market/event.ts';
import type { AccessTokens } from '../../src/server/access-tokens.ts';
import { startServer, type MonitorServer } from '../../src/server/monitor-server.ts';
import type { ScheduledFault } from '../../src/simulator/fault.ts';
import { simulatedEvents } from '../../src/simulator/market-events.ts';
import { Simulation } from '../../src/simulator/simulation.ts';
import { RecordStream } from '../../src/store/record-stream.ts';

export const START = Date.UTC(2026, 0, 15, 0, 30);
export const KEY = 'deribit:BTC';

const FIGURES: SourceFigures = {
  appliedP99Ms: 1,
  closeP99Ms: 2,
  fitP99Ms: 3,
  loopLagP99Ms: 4,
  fitsWaiting: 0,
  logState: 'ok',
  logPendingRecords: 0,
  logRecords: 0,
};

/** The market and its read model, without a server. */
export class MonitoredMarket {
  readonly view: EngineView;
  readonly session: Session;
  readonly inputs: MarketEvent[] = [];
  private readonly simulation: Simulation;
  readonly stream = new RecordStream();

  constructor(faults: readonly ScheduledFault[] = [], instrumentLimit = 160, source: Partial<ViewSource> = {}) {
    this.simulation = new Simulation({ seed: 7, startAt: START, underlyings: ['BTC'], instrumentLimit, faults });
    this.stream.append(sessionHeader(DEFAULT_CONFIG));
    this.session = new Session(DEFAULT_CONFIG, {
      target: this.stream,
      onRecord: (record) => this.view.onRecord(record),
      onFit: runFit,
    });
    this.view = new EngineView({
      mode: 'live',
      synthetic: () => true,
      state: () => this.session.state,
      figures: () => FIGURES,
      feeds: () => [{ venue: 'deribit', state: 'live', frames: 10, queueLength: 0, droppedQuotes: 0, connections: 1 }],
      operate: (action) => {
        const event: OperatorEvent = {
          type: 'operator',
          at: this.simulation.at,
          receivedAt: this.simulation.at,
          until: null,
          ...action,
        };
        this.push(event);
        return null;
      },
      replay: null,
      ...source,
    });
  }

  get at(): number {
    return this.simulation.at;
  }

  push(event: MarketEvent): void {
    this.inputs.push(event);
    this.session.push(event);
    this.view.onEvent(event);
  }

  /** Lets the market run on. */
  advance(seconds: number): void {
    for (const batch of simulatedEvents(this.simulation, { until: this.simulation.at + seconds * 1_000 }))
      for (const event of batch) this.push(event);
  }
}

/** How to serve it. */
export interface ServedOptions {
  readonly seconds?: number;
  readonly faults?: readonly ScheduledFault[];
  readonly tokens?: AccessTokens;
  readonly page?: string | null;
  readonly requestsPerMinute?: number;
  readonly source?: Partial<ViewSource>;
}

/** A market that has run for a while, served. Every answer is checked against its schema. */
export async function serveMarket(
  t: TestContext,
  options: ServedOptions = {},
): Promise<{ market: MonitoredMarket; server: MonitorServer; base: string; troubles: Error[] }> {
  const market = new MonitoredMarket(options.faults, 160, options.source);
  market.advance(options.seconds ?? 14);
  const troubles: Error[] = [];
  const server = await startServer({
    view: market.view,
    port: 0,
    page: options.page ?? null,
    tokens: options.tokens,
    requestsPerMinute: options.requestsPerMinute,
    onTrouble: (error) => troubles.push(error),
    checkAnswers: true,
  });
  t.after(() => server.close());
  return { market, server, base: server.address.slice(0, -1), troubles };
}

// oxlint-disable-next-line typescript/no-explicit-any -- whatever the server says
export type Answer = any;

/** GET as JSON. */
export async function get(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Answer }> {
  const answer = await fetch(url, { headers });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
}

/** POST of JSON. */
export async function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Answer; headers: Headers }> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? null : JSON.parse(text), headers: answer.headers };
}
