import type { Watch } from '../app/watch.ts';
import type { Progress } from './progress.ts';
import { isoTime } from '../market/iso-time.ts';

/** Exit codes of a run ended by a signal, as shells expect. */
const SIGNAL_EXIT = { SIGINT: 130, SIGTERM: 143 } as const;

/** Resolves to the exit code of the signal that ends the run. */
export function signalled(): Promise<number> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(SIGNAL_EXIT[signal]));
  });
}

/** A drain that takes longer than this is given up, ms. */
const DRAIN_MS = 4_800;

/** Keeps a watch running until a signal or `stop`, shows one status line on a terminal, drains, sets the exit code. */
export async function runUntilSignal(
  watch: Watch,
  options: {
    readonly progress: Progress;
    readonly label: string;
    readonly until: Promise<number>;
    /** Called as soon as the run is to end: whoever serves it stops. */
    readonly onSignal?: () => Promise<void>;
    /** Called once the log is whole and closed. */
    readonly onDrained?: () => void;
  },
): Promise<void> {
  const { progress } = options;
  let last = { events: 0, at: performance.now() };
  let log = 'ok';
  const status = setInterval(() => {
    const f = watch.figures();
    if (f.logState !== log) {
      progress.clear();
      // A full or slow disk must be seen without a terminal too: nothing is released until it is written.
      process.stderr.write(`vernier: the log is ${f.logState}, ${f.logPendingRecords} records wait for the disk\n`);
      log = f.logState;
    }
    const now = performance.now();
    const rate = ((f.events - last.events) * 1_000) / (now - last.at);
    last = { events: f.events, at: now };
    const feeds = f.feeds.map((x) => `${x.venue} ${x.state}`).join(', ');
    progress.show(
      `${options.label}${isoTime(Date.now()).slice(11, 19)}  ${feeds}  ${rate.toFixed(0)} events/s  ` +
        `${f.openIncidents} open  loop p99 ${f.loopLagP99Ms.toFixed(0)} ms  log ${f.logState}`,
    );
  }, 1_000);
  const code = await Promise.race([signalled(), options.until]);
  clearInterval(status);
  progress.clear();
  const drained = await Promise.race([
    Promise.all([watch.close(), options.onSignal?.()]).then(() => true),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(false), DRAIN_MS).unref()),
  ]);
  process.exitCode = drained || code !== 0 ? code : 1;
  if (drained) {
    options.onDrained?.();
    return;
  }
  process.stderr.write('vernier: gave up draining; the log keeps all that was acknowledged\n');
  // What does not end (a disk that hangs) would keep the process for as long.
  process.exit();
}

/** Starts something; when it cannot start, what was opened for it is released, so that the process ends. */
export async function startOrRelease<T>(start: () => Promise<T>, release: () => Promise<unknown>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    await release();
    throw error;
  }
}
