import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { browse, until, WITHOUT_CHROMIUM, type Browsing } from './chromium.ts';
import { startBusyServer, type BusyServer } from './busy-server.ts';

const skip = WITHOUT_CHROMIUM;
const ROWS = 2_000;
const HERTZ = 10;
let server: BusyServer;
let browser: Browsing;

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
      await page.waitForTimeout(6_000);
      const devtools = await context.newCDPSession(page);
      await devtools.send('Performance.enable');
      const busy = async (): Promise<{ at: number; task: number }> => {
        const { metrics } = await devtools.send('Performance.getMetrics');
        const value = (name: string): number => metrics.find((m) => m.name === name)!.value;
        return { at: value('Timestamp'), task: value('TaskDuration') };
      };
      const heap = async (): Promise<number> => {
        await devtools.send('HeapProfiler.collectGarbage');
        const usage = (await devtools.send('Runtime.getHeapUsage')) as {
          usedSize: number;
          backingStorageSize?: number;
        };
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
      const grown = (await heap()) - heapBefore;
      const idle = 1 - (to.task - from.task) / (to.at - from.at);
      const median = drawn[drawn.length >> 1]!;
      t.diagnostic(
        `idle ${(100 * idle).toFixed(1)} %, twelve smiles ${median.toFixed(1)} ms median of ${drawn.length}, heap ${(grown / 1e3).toFixed(0)} kB in 10 s`,
      );
      assert.ok(drawn.length >= 80, `${drawn.length} redraws in 10 s`);
      assert.ok(idle >= 0.7, `idle ${idle}`);
      assert.ok(median < 16, `${median} ms`);
      // Keeping the frames would be 9.6 MB; what the engine compiles meanwhile is 1 to 2 MB.
      assert.ok(grown < 4_000_000, `${grown} bytes`);
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
      const drawn = async (): Promise<number> =>
        Number(
          await page.evaluate(
            'performance.clearMeasures(), new Promise((done) => setTimeout(() => done(performance.getEntriesByName("vernier-smiles").length), 1500))',
          ),
        );
      assert.ok((await drawn()) >= 8, 'the smiles move again');
      assert.equal(await page.evaluate('window.sameDocument'), true);
    },
  );
}
