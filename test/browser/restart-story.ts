import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { browse, shows, until, untilFilled, WITHOUT_CHROMIUM, type Browsing } from './chromium.ts';
import { serve, type Serving } from './command.ts';

const skip = WITHOUT_CHROMIUM;
const folder = mkdtempSync(join(tmpdir(), 'vernier-restart-'));
const start = (): Promise<Serving> => serve(['demo', '--seed', '1', '--port', '0', '-q', '--data-dir', folder]);
let demo: Serving;
let browser: Browsing;

/** The monitor was stopped and started again: nothing that was on record is gone from the page. */
export function restartStory(): void {
  before(async () => {
    if (skip !== false) return;
    demo = await start();
    browser = await browse();
  });
  after(async () => {
    await browser?.close();
    await demo?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test(
    'restart: incidents come back with evidence, pictures and acknowledgement, and the times before it can be looked at',
    { skip },
    async () => {
      const { page } = browser;
      await page.goto(demo.address);
      await untilFilled(page);
      await page.keyboard.press('i');
      await page.waitForSelector('[data-acknowledge]');
      const id = String(await page.evaluate('new URLSearchParams(location.hash.split("?")[1]).get("incident")'));
      const answer = await fetch(`${demo.address}api/v1/incidents/${encodeURIComponent(id)}/acknowledge`, {
        method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ note: 'before the stop' }),
      }); // prettier-ignore
      assert.equal(answer.status, 200);
      const { ranges } = (await (await fetch(`${demo.address}api/v1/log`)).json()) as { ranges: { last: string }[] };
      assert.equal(await demo.stop(), 143);
      demo = await start();
      await page.goto(`${demo.address}#/monitor/deribit:BTC?incident=${encodeURIComponent(id)}`);
      await shows(page.locator('.incident-detail'), ['Acknowledged by local', 'before the stop', 'Strongest signs', 'What happened']); // prettier-ignore
      await page.locator('.incident-detail figure canvas').first().waitFor();
      // A moment shortly before the stop: memory never saw it, the log has it.
      const at = new Date(Date.parse(ranges[ranges.length - 1].last) - 3_000).toISOString();
      await page.waitForSelector('.cell >> nth=11', { timeout: 60_000 });
      await page.keyboard.press('g');
      await until(page, 'document.querySelectorAll("dialog li").length >= 2');
      await page.locator('[data-time]').fill(at.slice(0, 19).replace('T', ' '));
      await page.keyboard.press('Enter');
      await page.waitForSelector('.note.past');
      await until(page, '[...document.querySelectorAll(".cell-foot")].filter((c) => c.textContent.includes("as it was")).length >= 12'); // prettier-ignore
      // While nobody listened, the page of before said so.
      assert.deepEqual(browser.complaints.filter((c) => !c.includes('ERR_CONNECTION_REFUSED')), []); // prettier-ignore
    },
  );
}
