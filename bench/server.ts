/** The stream under two hundred readers: how late a message comes, and whether a score waits because of them. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { startServer } from '../src/server/monitor-server.ts';
import { KEY, MonitoredMarket } from '../test/server/served-market.ts';
import type { Bench, BenchResult } from './run.ts';

const READERS = 200;
const STEP_MS = 100;
/** Steps whose closes are measured, and those before. */
const STEPS = 80;
const WARM_STEPS = 30;

interface Heard {
  readonly delays: readonly number[];
  readonly frames: number;
  readonly bytes: number;
  readonly closed: number;
}

/** A market in real time; returns how long after its due time each step, and every score in it, was done, ms. */
async function runMarket(market: MonitoredMarket, steps: number): Promise<number[]> {
  const late: number[] = [];
  const begun = performance.now();
  for (let i = 1; i <= steps; i++) {
    const due = begun + i * STEP_MS;
    while (performance.now() < due) await sleep(Math.max(0, due - performance.now() - 0.5));
    market.advance(STEP_MS / 1000);
    late.push(performance.now() - due);
  }
  return late;
}

/** The share of one core that this thread takes meanwhile: what other work on the machine does not change. */
async function busy<T>(run: () => Promise<T>): Promise<{ value: T; core: number }> {
  const begun = performance.now();
  const before = process.threadCpuUsage();
  const value = await run();
  const spent = process.threadCpuUsage(before);
  return { value, core: (spent.user + spent.system) / 1_000 / (performance.now() - begun) };
}

/** The market with `readers` on its stream. */
async function served(
  readers: number,
  steps: number,
): Promise<{ late: number[]; heard: Heard | null; hash: string; core: number }> {
  const market = new MonitoredMarket([], 640);
  market.advance((WARM_STEPS * STEP_MS) / 1000);
  const server = await startServer({ view: market.view, port: 0, page: null, onTrouble: (error) => raise(error) });
  try {
    if (readers === 0) {
      const { value: late, core } = await busy(() => runMarket(market, steps));
      return { late, heard: null, hash: market.stream.digest().slice(0, 16), core };
    }
    const url = `${server.address.replace('http', 'ws')}api/v1/stream`;
    const topics = [`quotes:${KEY}`, `curves:${KEY}`, 'status', 'underlyings', 'incidents', 'records'];
    const worker = new Worker(new URL('../test/server/stream-readers.ts', import.meta.url), {
      workerData: { url, readers, topics },
    });
    await once(worker, 'message');
    await sleep(500);
    worker.postMessage('measure');
    const { value: late, core } = await busy(() => runMarket(market, steps));
    const answer = once(worker, 'message');
    worker.postMessage('end');
    const [heard] = (await answer) as [Heard];
    if (heard.closed > 0) throw new Error(`${heard.closed} of ${readers} readers were closed`);
    return { late, heard, hash: market.stream.digest().slice(0, 16), core };
  } finally {
    await server.close();
  }
}

function raise(error: Error): never {
  throw error;
}

function quantile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? NaN;
}

const delivery: Bench = {
  name: 'server/clients-200-delivery-p99-ms',
  unit: 'ms',
  async run(smoke): Promise<BenchResult> {
    const { heard, hash } = await served(smoke ? 5 : READERS, smoke ? 10 : STEPS);
    return { samples: [quantile(heard?.delays ?? [], 0.99)], hash };
  },
};

/** Rounds of the ratio, with and without readers by turns: other work on the machine hits both alike. */
const ROUNDS = 3;

/** p95 lateness of a step (every score in it out) with two hundred readers over the same with none. */
const scoreDelay: Bench = {
  name: 'server/score-delay-ratio',
  unit: 'ratio',
  async run(smoke): Promise<BenchResult> {
    const steps = smoke ? 10 : STEPS / 2;
    const samples: number[] = [];
    let hash = '';
    for (let i = 0; i < (smoke ? 1 : ROUNDS); i++) {
      const alone = await served(0, steps);
      const read = await served(smoke ? 5 : READERS, steps);
      if (alone.hash !== read.hash) throw new Error('the readers changed the log');
      samples.push(quantile(read.late, 0.95) / quantile(alone.late, 0.95));
      hash = read.hash;
    }
    return { samples, hash };
  },
};

/** Share of one core that two hundred readers cost, market and scores left out. */
const coreShare: Bench = {
  name: 'server/clients-200-core-share',
  unit: 'share',
  async run(smoke): Promise<BenchResult> {
    const steps = smoke ? 10 : STEPS / 2;
    const alone = await served(0, steps);
    const read = await served(smoke ? 5 : READERS, steps);
    return { samples: [Math.max(0, read.core - alone.core)], hash: read.hash };
  },
};

export const benches: readonly Bench[] = [delivery, scoreDelay, coreShare];
