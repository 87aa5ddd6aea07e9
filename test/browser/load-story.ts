import type { CDPSession, Page } from 'playwright-core';
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { browse, until, WITHOUT_CHROMIUM, type Browsing } from './chromium.ts';
import { startBusyServer, type BusyServer } from './busy-server.ts';

const skip = WITHOUT_CHROMIUM;
const ROWS = 2_000;
const HERTZ = 10;
let server: BusyServer;
let browser: Browsing;

/** What ten seconds of the page came to. */
interface Window {
  /** Share of the main thread. */
  readonly idle: number;
  /** Script of one redraw of twelve smiles, ms. */
  readonly median: number;
  readonly redraws: number;
  /** Heap after a forced collection, bytes more than before. */
  readonly grown: number;
}

/** Keeping the frames would be 9.6 MB; what the engine compiles meanwhile is 1 to 2 MB. */
const meets = (w: Window): boolean => w.idle >= 0.7 && w.median < 16 && w.redraws >= 80 && w.grown < 4_000_000;

async function measured(page: Page, devtools: CDPSession): Promise<Window> {
  const busy = async (): Promise<{ at: number; task: number }> => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    const value = (name: string): number => metrics.find((m) => m.name === name)!.value;
    return { at: value('Timestamp'), task: value('TaskDuration') };
  };
  const heap = async (): Promise<number> => {
    await devtools.send('HeapProfiler.collectGarbage');
    const usage = (await devtools.send('Runtime.getHeapUsage')) as { usedSize: number; backingStorageSize?: number };
    return usage.usedSize + (usage.backingStorageSize ?? 0);
  };
  const heapBefore = await heap();
  await page.evaluate('performance.clearMeasures()');
  const from = await busy();
  await page.waitForTimeout(10_000);
  const to = await busy();
  const drawn = (
    (await page.evaluate('performance.getEntriesByName("vernier-smiles").map((e) => e.duration)')) as number[]
  ).toSorted((a, b) => a - b);
  return {
    idle: 1 - (to.task - from.task) / (to.at - from.at),
    median: drawn[drawn.length >> 1] ?? Infinity,
    redraws: drawn.length,
    grown: (await heap()) - heapBefore,
  };
}

/** The page under more than a market does: what it costs, and a wire that breaks. */
export function loadStory(): void {
  before(async () => {
    if (skip !== false) return;
    server = await startBusyServer(ROWS, HERTZ);
    browser = await browse();
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  test(
    `load: ${ROWS} rows new ${HERTZ} times a second leave 70 % of the main thread idle, twelve smiles under 16 ms, the heap flat`,
    { skip },
    async (t) => {
      const { page, context } = browser;
      await page.goto(server.address);
      await page.waitForSelector('.cell >> nth=11');
      // Histories begin and the first code is compiled before anything is measured.
      await until(page, 'performance.getEntriesByName("vernier-smiles").length >= 40');
      const devtools = await context.newCDPSession(page);
      // Processor time of the main thread: what other processes take is not the page's doing.
      await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
      const windows: Window[] = [];
      // The machine may be busy with other things for a while: the best of six windows counts.
      while (windows.length < 6 && !windows.some(meets)) {
        windows.push(await measured(page, devtools));
        const w = windows[windows.length - 1];
        t.diagnostic(
          `idle ${(100 * w.idle).toFixed(1)} %, twelve smiles ${w.median.toFixed(1)} ms median of ${w.redraws}, heap ${(w.grown / 1e3).toFixed(0)} kB in 10 s`,
        );
      }
      assert.ok(windows.some(meets), JSON.stringify(windows));
    },
  );

  test(
    'load: a wire that breaks greys the picture out with its age, and comes back without a reload',
    { skip },
    async () => {
      const { page } = browser;
      await page.evaluate('window.sameDocument = true');
      server.cut();
      await page.waitForSelector('main.stale');
      await until(page, '/This picture is \\d.* old/.test(document.querySelector(".note.lost").textContent)');
      assert.equal(await page.locator('.cell').count(), 12, 'the last picture stays');
      server.accept();
      await page.waitForSelector('main.stale', { state: 'detached', timeout: 15_000 });
      await page.evaluate('performance.clearMeasures()');
      await until(page, 'performance.getEntriesByName("vernier-smiles").length >= 8');
      assert.equal(await page.evaluate('window.sameDocument'), true);
    },
  );
}
