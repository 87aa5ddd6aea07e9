/** The simulated venue's speed: quotes of the pure core per second, and messages per second through its server. */
import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { startSimulatedDeribit } from '../src/server/simulated-deribit.ts';
import { optionTickerFields } from '../src/server/simulated/wire.ts';
import type { SimulatedOutput } from '../src/simulator/output.ts';
import { Simulation, type SimulationConfig } from '../src/simulator/simulation.ts';
import type { Bench } from './run.ts';

const INSTRUMENTS = 800;
const CONFIG: SimulationConfig = {
  seed: 1,
  startAt: Date.UTC(2026, 0, 15, 0, 30),
  underlyings: ['BTC', 'ETH'],
  instrumentLimit: INSTRUMENTS / 2,
  activity: 10,
};

/** Counts notifications on a thread of its own, so that the server has its core to itself. */
const COUNTER = `
const { workerData } = require('node:worker_threads');
const WebSocket = require(workerData.ws);
const socket = new WebSocket(workerData.url);
const counter = workerData.counter;
socket.on('open', () => {
  for (let i = 0; i < workerData.channels.length; i += 400)
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: i + 1, method: 'public/subscribe', params: { channels: workerData.channels.slice(i, i + 400) } }));
});
socket.on('message', () => { counter[0]++; });
`;

async function messagesPerSecond(smoke: boolean): Promise<number[]> {
  const venue = await startSimulatedDeribit({ ...CONFIG, paced: 'max', rateLimits: null });
  const names: string[] = [];
  for (const currency of ['BTC', 'ETH']) {
    const reply = await fetch(`${venue.httpUrl}/public/get_instruments?currency=${currency}&kind=option`);
    for (const o of ((await reply.json()) as { result: { instrument_name: string }[] }).result)
      names.push(o.instrument_name);
  }
  const channels = names.map((n) => `ticker.${n}.100ms`);
  const ws = new URL('../node_modules/ws/index.js', import.meta.url).pathname;
  const counter = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(COUNTER, { eval: true, workerData: { url: venue.wsUrl, channels, ws, counter } });
  while (counter[0] < names.length) await new Promise((resolve) => setTimeout(resolve, 20));
  const samples: number[] = [];
  for (let i = 0; i < (smoke ? 1 : 5); i++) {
    const [before, start] = [counter[0], performance.now()];
    await new Promise((resolve) => setTimeout(resolve, smoke ? 100 : 1000));
    samples.push(((counter[0] - before) * 1000) / (performance.now() - start));
  }
  await worker.terminate();
  await venue.close();
  return samples;
}

/** Digest of the ticker texts of the first second: the same wherever the simulation is. */
function wireDigest(): string {
  const hash = createHash('sha256');
  for (const o of new Simulation(CONFIG).advance(CONFIG.startAt + 1000))
    if (o.type === 'quote') hash.update(optionTickerFields(o, undefined, 'open'));
  return hash.digest('hex').slice(0, 16);
}

/** Benches of the simulated venue, at 800 instruments. */
export const benches: readonly Bench[] = [
  {
    name: 'simulator/ticks-per-second',
    unit: 'quotes/s',
    run(smoke) {
      const simulation = new Simulation(CONFIG);
      const samples: number[] = [];
      const hash = createHash('sha256');
      for (let round = 0; round < (smoke ? 1 : 8); round++) {
        const start = performance.now();
        const out: SimulatedOutput[] = simulation.advance(simulation.at + (smoke ? 300 : 5000));
        samples.push((out.filter((o) => o.type === 'quote').length * 1000) / (performance.now() - start));
        for (const o of out) if (o.type === 'quote') hash.update(`${o.bid}/${o.ask}/${o.mark};`);
      }
      return { samples: smoke ? samples : samples.slice(1), hash: hash.digest('hex').slice(0, 16) };
    },
  },
  {
    name: 'simulator/messages-per-second',
    unit: 'messages/s',
    run: async (smoke) => ({ samples: await messagesPerSecond(smoke), hash: wireDigest() }),
  },
];
