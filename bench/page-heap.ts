/**
 * The page held open: `node bench/page-heap.ts --minutes 60` shows it 2,000 rows that are all new ten times a second, with
 * scores, curves and incidents beside them, in a real Chromium, and prints one JSON line a minute: heap after a forced
 * collection, nodes, listeners. The last line is the slope after the first forty minutes, in which histories fill.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startBusyServer } from '../test/browser/busy-server.ts';
import { browse, WITHOUT_CHROMIUM } from '../test/browser/chromium.ts';
import type { Bench, BenchResult } from './run.ts';

const ROWS = 2_000;
const HERTZ = 10;
/** Minutes in which histories fill (2,000 scores of every expiry, one a second): no part of the slope, unless the run is shorter. */
const SETTLING = 40;

/** What the page holds, after garbage is gone. */
interface Held {
  readonly minute: number;
  readonly heap_bytes: number;
  readonly nodes: number;
  readonly listeners: number;
  readonly documents: number;
}

/** Looks at the page once every `everyMs`. */
async function hold(looks: number, everyMs: number, onLook: (held: Held) => void): Promise<Held[]> {
  const server = await startBusyServer(ROWS, HERTZ);
  const browser = await browse();
  const all: Held[] = [];
  try {
    await browser.page.goto(server.address);
    await browser.page.waitForSelector('.cell >> nth=11');
    const devtools = await browser.context.newCDPSession(browser.page);
    await devtools.send('Performance.enable');
    const begun = performance.now();
    for (let look = 0; look <= looks; look++) {
      await sleep(Math.max(0, begun + look * everyMs - performance.now()));
      for (let i = 0; i < 3; i++) await devtools.send('HeapProfiler.collectGarbage');
      const usage = (await devtools.send('Runtime.getHeapUsage')) as { usedSize: number; backingStorageSize?: number };
      const { metrics } = await devtools.send('Performance.getMetrics');
      const value = (name: string): number => metrics.find((m) => m.name === name)?.value ?? NaN;
      const held = {
        minute: Math.round((performance.now() - begun) / 600) / 100,
        heap_bytes: usage.usedSize + (usage.backingStorageSize ?? 0),
        nodes: value('Nodes'),
        listeners: value('JSEventListeners'),
        documents: value('Documents'),
      };
      all.push(held);
      onLook(held);
    }
    if (browser.complaints.length > 0) throw new Error(`the page complained: ${browser.complaints.join('; ')}`);
  } finally {
    await browser.close();
    await server.close();
  }
  return all;
}

/** Least-squares slope of the heap, bytes a minute. */
function slope(held: readonly Held[]): number {
  const n = held.length;
  const x = held.reduce((s, h) => s + h.minute, 0) / n;
  const y = held.reduce((s, h) => s + h.heap_bytes, 0) / n;
  const top = held.reduce((s, h) => s + (h.minute - x) * (h.heap_bytes - y), 0);
  return top / held.reduce((s, h) => s + (h.minute - x) * (h.minute - x), 0);
}

/** Short looks for `npm run bench`; the hour is asked for by name. */
export const benches: Bench[] = [
  {
    name: 'page/heap',
    unit: 'MB',
    run: async (smoke): Promise<BenchResult> => {
      if (WITHOUT_CHROMIUM !== false || smoke) return { samples: [], hash: 'needs-a-browser' };
      const held = await hold(6, 5_000, () => {});
      return { samples: held.map((h) => h.heap_bytes / 1e6), hash: `rows-${ROWS}-hertz-${HERTZ}` };
    },
  },
];

async function main(args: readonly string[]): Promise<void> {
  if (WITHOUT_CHROMIUM !== false) throw new Error(WITHOUT_CHROMIUM);
  const minutes = Number(args[args.indexOf('--minutes') + 1]);
  if (!args.includes('--minutes') || !(minutes >= 1)) throw new Error('--minutes wants a number of at least 1');
  const held = await hold(Math.round(minutes), 60_000, (h) => process.stdout.write(`${JSON.stringify(h)}\n`));
  const settled = held.filter((h) => h.minute >= SETTLING);
  const judged = settled.length >= 3 ? settled : held;
  process.stdout.write(`${JSON.stringify({ minutes, heap_bytes_per_minute: Math.round(slope(judged)) })}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
