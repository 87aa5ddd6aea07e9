import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { assertAccessible, browse, WITHOUT_CHROMIUM, type Browsing } from './chromium.ts';
import { serve, type Serving } from './command.ts';

const skip = WITHOUT_CHROMIUM;
const TOKEN = 'look-but-do-not-touch';
const folder = mkdtempSync(join(tmpdir(), 'vernier-tokens-'));
let demo: Serving;
let browser: Browsing;

/** Where the server wants a token: the page asks, and shows only what the role may do. */
export function signInStory(): void {
  before(async () => {
    if (skip !== false) return;
    const file = join(folder, 'tokens');
    writeFileSync(file, `anna view ${createHash('sha256').update(TOKEN).digest('hex')}\n`, { mode: 0o600 });
    demo = await serve(['demo', '--seed', '1', '--port', '0', '-q', '--token-file', file]);
    browser = await browse();
  });
  after(async () => {
    await browser?.close();
    await demo?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test(
    'sign-in: a wrong token is told so, the right one shows the page, and the role is kept to',
    { skip },
    async () => {
      const { page } = browser;
      await page.goto(demo.address);
      const field = page.getByLabel('Token');
      await field.fill('guess');
      await assertAccessible(page, 'sign-in');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('alert').waitFor();
      await field.fill(TOKEN);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.waitForSelector('.cell >> nth=11', { timeout: 30_000 });
      await page.reload();
      await page.waitForSelector('.cell >> nth=11', { timeout: 30_000 });
      await page.waitForSelector('[data-incident]', { timeout: 60_000 });
      await page.keyboard.press('i');
      await page.locator('.incident-detail').getByText('you are view').waitFor();
      assert.equal(await page.getByRole('button', { name: 'Acknowledge' }).count(), 0);
      await page.keyboard.press('w');
      await page.waitForSelector('[data-panel=smile] .report h3');
      assert.equal(await page.locator('[data-order]').count(), 0, 'who may only look is offered no order');
      const unexpected = browser.complaints.filter((c) => !/401|403/.test(c));
      assert.deepEqual(unexpected, []);
    },
  );
}
