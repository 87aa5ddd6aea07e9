/** The main job end to end: reading, engine, fits and digest, on the crash file; and memory over a month of chains. */
import { existsSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { join } from 'node:path';
import { replayMarket } from '../src/app/replay-market.ts';
import { DEFAULT_CONFIG } from '../src/engine/config.ts';
import { SHARED } from '../test/shared.ts';
import type { Bench } from './run.ts';
import { missingData } from './surface-rounds.ts';

const CRASH = 'data/chains/deribit_chain_4xdaily_2026-01-28_2026-02-28_crash.parquet';
const ROUNDS = 5;

/** Live heap after a full collection, bytes: what is held, not what has not been swept yet. */
export function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

/** One replay up to `to`; `weigh` also measures the heap held after every batch. */
async function replayOnce(
  to: number | undefined,
  weigh = false,
): Promise<{ seconds: number; events: number; hash: string; held: number }> {
  let held = 0;
  const result = await replayMarket({
    files: [join(SHARED, CRASH)],
    config: DEFAULT_CONFIG,
    speed: Infinity,
    to,
    onRecord: () => undefined,
    onProgress: () => {
      if (weigh) held = Math.max(held, heldBytes());
    },
  });
  const { summary, elapsedMs } = result;
  return { seconds: elapsedMs / 1000, events: summary.events, hash: summary.log_sha256.slice(0, 16), held };
}

const speed: Bench = {
  name: 'replay/quotes-per-second',
  unit: '1/s',
  async run(smoke) {
    if (!existsSync(join(SHARED, CRASH))) return missingData(CRASH);
    const samples: number[] = [];
    let hash = '';
    for (let i = 0; i < (smoke ? 1 : ROUNDS); i++) {
      const ran = await replayOnce(smoke ? Date.UTC(2026, 0, 29) : undefined);
      samples.push(ran.events / ran.seconds);
      hash = ran.hash;
    }
    return { samples, hash };
  },
};

/** Most heap held during the whole month over the same for its first week: flat means about one. */
const memory: Bench = {
  name: 'replay/heap-month-over-week',
  unit: 'x',
  async run(smoke) {
    if (!existsSync(join(SHARED, CRASH))) return missingData(CRASH);
    const week = await replayOnce(Date.UTC(2026, smoke ? 0 : 1, smoke ? 29 : 4), true);
    const month = await replayOnce(smoke ? Date.UTC(2026, 0, 30) : undefined, true);
    return { samples: [month.held / week.held], hash: month.hash };
  },
};

/** Benches of replay. */
export const benches: Bench[] = [speed, memory];
