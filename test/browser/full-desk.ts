import { BookDesk } from '../../src/app/book-desk.ts';
import { simulatedCreditEvents } from '../../src/app/credit/simulated-stream.ts';
import { demoBook } from '../../src/app/demo-book.ts';
import { replayMarket } from '../../src/app/replay-market.ts';
import { FASTEST, ReplayTransport } from '../../src/app/replay-transport.ts';
import { serveReplay } from '../../src/app/serve.ts';
import type { Session } from '../../src/app/session.ts';
import { DEFAULT_CONFIG } from '../../src/engine/config.ts';
import type { MarketEvent } from '../../src/market/event.ts';
import { bookRoom } from '../../src/server/book-room.ts';
import { simulatedEvents } from '../../src/simulator/market-events.ts';
import { Simulation } from '../../src/simulator/simulation.ts';
import { buildPage } from './command.ts';

const STEP_MS = 10_000;
const START = Date.UTC(2026, 1, 15, 0, 30);
const MINUTE = 60_000;

/** A real server over a SYNTHETIC session that has everything a desk looks at. */
export interface FullDesk {
  readonly address: string;
  /** Lets the first quotes in: underlyings and expiries, nothing held, hedged or compared yet. */
  begin(): Promise<void>;
  /** Lets in what follows: a book, three models, horizons of hedges that ended, credit curves, an open incident. */
  fill(): Promise<void>;
  close(): Promise<void>;
}

/** Opens it before anything has been heard of. */
export async function openFullDesk(): Promise<FullDesk> {
  await buildPage();
  let session: Session | null = null;
  const began = Promise.withResolvers<void>();
  const filled = Promise.withResolvers<void>();
  const begin = Promise.withResolvers<void>();
  const fill = Promise.withResolvers<void>();
  const close = Promise.withResolvers<void>();
  const transport = new ReplayTransport(FASTEST);
  const book = new BookDesk({ state: () => session?.state ?? null, accept: null });
  const troubles: Error[] = [];
  const served = await serveReplay(
    { port: 0, host: '127.0.0.1', page: true, tokenFile: null, tls: null, onTrouble: (e) => void troubles.push(e) },
    transport,
    { state: () => session?.state ?? null, recorded: () => true, synthetic: () => true, push: () => unwanted() },
    [bookRoom(book, () => book.overview().accounts.length > 0)],
  );
  async function* market(): AsyncGenerator<readonly MarketEvent[]> {
    await begin.promise;
    const fault = {
      fault: 'wrong-forward',
      scope: { underlying: 'BTC', expiry: 6 },
      magnitude: 30,
      shape: 'abrupt',
    } as const;
    const simulation = new Simulation({
      seed: 7, startAt: START, stepMs: STEP_MS, underlyings: ['BTC'], instrumentLimit: 160,
      faults: [{ ...fault, from: START + 12 * MINUTE, to: START + 60 * MINUTE }],
    }); // prettier-ignore
    yield* simulatedEvents(simulation, { until: START + STEP_MS });
    began.resolve();
    await fill.promise;
    const stopped = (): boolean => false;
    yield* simulatedEvents(simulation, { until: START + 3 * STEP_MS });
    const times = { at: simulation.at, receivedAt: simulation.at };
    const positions = session === null ? null : demoBook(session.state, times);
    if (positions === null) throw new Error('the market lists too little for a book');
    yield [positions];
    yield* simulatedEvents(simulation, { until: START + 13 * MINUTE });
    yield* simulatedCreditEvents({ seed: 1, days: 2, stopped });
    filled.resolve();
    await close.promise;
  }
  const running = replayMarket({
    files: [],
    source: market(),
    config: { ...DEFAULT_CONFIG, models: [...DEFAULT_CONFIG.models, 'sabr'] },
    speed: Infinity,
    onSession: (s) => (session = s),
    onEvent: (event) => {
      served.onEvent(event);
      book.onEvent(event);
    },
    onRecord: (record) => {
      book.onRecord(record);
      transport.onRecord(record);
      served.onRecord(record);
    },
  });
  running.catch((error: unknown) => {
    began.reject(error);
    filled.reject(error);
  });
  return {
    address: served.address,
    begin: () => (begin.resolve(), began.promise),
    fill: () => (fill.resolve(), filled.promise),
    close: async () => {
      for (const gate of [begin, fill, close]) gate.resolve();
      await running;
      transport.end(null);
      await served.close();
      if (troubles.length > 0) throw new AggregateError(troubles, 'the server had trouble');
    },
  };
}

function unwanted(): never {
  throw new Error('nobody orders anything here');
}
