/**
 * The live monitor under load from a second process: two underlyings, 800 options of the simulated venue through its
 * real socket, log on disk, calibrations on a thread. SYNTHETIC market. One run feeds all figures.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LiveMonitor } from '../src/app/live-monitor.ts';
import { startWatch, type Watch } from '../src/app/watch.ts';
import { DEFAULT_CONFIG } from '../src/engine/config.ts';
import { simulatedEvents } from '../src/simulator/market-events.ts';
import { heldBytes } from './replay.ts';
import type { Bench, BenchResult } from './run.ts';

/** Multiplies the venue's message rate; its ticker channel sends at most ten a second per option. */
const ACTIVITY = 30;
/** Virtual ms per wall ms: 800 options then send well over ten thousand messages a second. */
const PACE = 3;
const SETTLE_MS = 6_000;
const ROUNDS = 8;

interface LiveRun {
  readonly rate: number[];
  readonly applied: number[];
  readonly close: number[];
  readonly lag: number[];
  readonly dropped: number;
}

let shared: Promise<LiveRun> | null = null;

/** One measured run; every figure of a `npm run bench` comes from the same one. */
function liveRun(smoke: boolean): Promise<LiveRun> {
  shared ??= measure(smoke);
  return shared;
}

async function measure(smoke: boolean): Promise<LiveRun> {
  const directory = mkdtempSync(join(tmpdir(), 'vernier-bench-live-'));
  const script = fileURLToPath(new URL('../test/simulation/venue-process.ts', import.meta.url));
  const child = spawn(process.execPath, [script, String(smoke ? 1 : ACTIVITY), String(smoke ? 1 : PACE)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const endpoint = await new Promise<string>((resolve) =>
    child.stdout.once('data', (b: Buffer) => resolve(b.toString().trim())),
  );
  let watch: Watch | null = null;
  try {
    watch = await startWatch({
      targets: ['BTC', 'ETH'].map((underlying) => ({ venue: 'deribit', underlying })),
      endpoint,
      directory,
      onRecord: () => undefined,
      onFailure: (error) => {
        throw error;
      },
    });
    const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    await pause(smoke ? 1_500 : SETTLE_MS);
    watch.monitor.clearFigures();
    const run: LiveRun = { rate: [], applied: [], close: [], lag: [], dropped: 0 };
    for (let i = 0; i < (smoke ? 1 : ROUNDS); i++) {
      const before = watch.figures();
      const start = performance.now();
      await pause(smoke ? 300 : 1_000);
      const after = watch.figures();
      run.rate.push(((after.feeds[0].frames - before.feeds[0].frames) * 1_000) / (performance.now() - start));
      run.applied.push(after.appliedP99Ms);
      run.close.push(after.closeP99Ms);
      run.lag.push(after.loopLagP99Ms);
    }
    return { ...run, dropped: watch.figures().feeds[0].droppedQuotes };
  } finally {
    await watch?.close();
    child.kill();
    rmSync(directory, { recursive: true, force: true });
  }
}

const figure = (name: string, unit: string, pick: (run: LiveRun) => number[]): Bench => ({
  name,
  unit,
  async run(smoke): Promise<BenchResult> {
    const run = await liveRun(smoke);
    return { samples: pick(run), hash: 'wall-clock' };
  },
});

/**
 * A simulated day of one batch a minute through the live monitor and its log: memory after a collection, at its end
 * over a third of the way: what the heap holds, and what the process keeps resident.
 */
async function measureDay(smoke: boolean): Promise<{ held: number; resident: number }> {
  const directory = mkdtempSync(join(tmpdir(), 'vernier-bench-day-'));
  const startAt = Date.UTC(2026, 0, 15, 9);
  const until = startAt + (smoke ? 10 : 24 * 60) * 60_000;
  const monitor = await LiveMonitor.open({
    directory,
    config: DEFAULT_CONFIG,
    threads: 1,
    onRecord: () => undefined,
    onFailure: (error) => {
      throw error;
    },
    onRoom: () => undefined,
  });
  const third = { held: 0, resident: 0 };
  const last = { held: 0, resident: 0 };
  const weigh = (into: { held: number; resident: number }): void => {
    into.held = heldBytes();
    into.resident = process.memoryUsage().rss;
  };
  try {
    const events = simulatedEvents(
      { seed: 5, startAt, script: 'month', stepMs: 60_000, underlyings: ['BTC'] },
      { until },
    );
    for (const batch of events) {
      if (!monitor.accept(batch)) await new Promise((resolve) => setTimeout(resolve, 20));
      await new Promise((resolve) => setImmediate(resolve));
      const at = batch[batch.length - 1]?.at ?? startAt;
      if (third.held === 0 && at - startAt >= (until - startAt) / 3) weigh(third);
    }
    weigh(last);
  } finally {
    await monitor.close();
    rmSync(directory, { recursive: true, force: true });
  }
  return { held: last.held / third.held, resident: last.resident / third.resident };
}

let dayRun: Promise<{ held: number; resident: number }> | null = null;

const ofDay = (name: string, pick: (day: { held: number; resident: number }) => number): Bench => ({
  name,
  unit: 'x',
  async run(smoke): Promise<BenchResult> {
    dayRun ??= measureDay(smoke);
    return { samples: [pick(await dayRun)], hash: 'wall-clock' };
  },
});

/** Benches of the live path. */
export const benches: Bench[] = [
  figure('live/messages-per-second', '1/s', (r) => r.rate),
  figure('live/socket-to-applied-p99-ms', 'ms', (r) => r.applied),
  figure('live/batch-close-to-score-p99-ms', 'ms', (r) => r.close),
  figure('live/event-loop-lag-p99-ms', 'ms', (r) => r.lag),
  figure('live/dropped-quotes', '1', (r) => [r.dropped]),
  ofDay('live/held-heap-day-end-over-third', (d) => d.held),
  ofDay('live/rss-day-end-over-third', (d) => d.resident),
];
