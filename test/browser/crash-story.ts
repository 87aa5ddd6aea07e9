import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { SHARED, WITHOUT_SHARED } from '../shared.ts';
import { assertAccessible, atLeast, browse, shows, until, WITHOUT_CHROMIUM, type Browsing } from './chromium.ts';
import { serve, type Serving } from './command.ts';

const skip = WITHOUT_CHROMIUM !== false ? WITHOUT_CHROMIUM : WITHOUT_SHARED;
const FILE = join(SHARED, 'data', 'chains', 'deribit_chain_4xdaily_2026-01-28_2026-02-28_crash.parquet');
let replay: Serving;
let browser: Browsing;

/** The crash of 5 February 2026, looked at afterwards. */
export function crashStory(): void {
  before(async () => {
    if (skip !== false) return;
    replay = await serve([
      'replay',
      FILE,
      '--from',
      '2026-02-04',
      '--to',
      '2026-02-07',
      '--serve',
      '--port',
      '0',
      '-q',
    ]);
    browser = await browse({ theme: 'dark' });
  });
  after(async () => {
    await browser?.close();
    await replay?.stop();
  });

  test('crash: stamped REPLAY with its time and speed, with a transport', { skip }, async () => {
    const { page } = browser;
    await page.goto(replay.address);
    await page.getByRole('group', { name: 'replay' }).waitFor({ timeout: 60_000 });
    await until(page, '/^REPLAY 2026-02-0\\d \\d\\d:\\d\\d x/.test(document.title)');
    await page.keyboard.press('-');
    await until(page, 'document.querySelector(".transport select").value === "50"');
    await page.keyboard.press(' ');
    await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
    await page.keyboard.press(' ');
    await page.getByRole('button', { name: 'Pause' }).waitFor();
  });

  test('crash: a key runs on to the first incident, which names its cause and what came second', { skip }, async () => {
    const { page } = browser;
    await page.keyboard.press('n');
    await until(
      page,
      'document.querySelector("[data-incident]") || document.querySelectorAll(".glance .worst").length',
      120_000,
    );
    await until(page, '/paused/.test(document.querySelector("[data-replay-state]").textContent)');
    if ((await page.locator('[data-incident]').count()) === 0) await page.locator('.glance .worst').first().click();
    else await page.keyboard.press('i');
    const detail = page.locator('.incident-detail');
    await shows(detail, ['Strongest signs', 'Likely causes', 'Runner-up', 'What happened', 'vernier explain deribit:']);
    await until(page, '/2026-02-0[456]/.test(document.title)');
  });

  test('crash: from the incident to the smile of that moment, and back', { skip }, async () => {
    const { page } = browser;
    await page
      .locator('.incident-detail')
      .getByRole('button', { name: /^Look as of/ })
      .click();
    await page.waitForSelector('.note.past');
    await page.waitForSelector('.cell canvas, .plot canvas');
    await assertAccessible(page, 'crash, as of its first incident');
    await page.keyboard.press('Escape');
    await page.keyboard.press('l');
    await page.waitForSelector('.note.past', { state: 'detached' });
  });

  test('crash: played to its end, the worst slice is found and its quotes leave as CSV', { skip }, async () => {
    const { page } = browser;
    await page.locator('.transport select').selectOption('10000');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await shows(page.locator('[data-replay-state]'), [/ended · [1-9]\d* incidents/], 120_000);
    await page.locator('h1').click();
    await page.keyboard.press('w');
    await atLeast(page, '[data-panel=smile] tbody tr', 10);
    const panel = page.locator('[data-panel=smile]');
    const [csv] = await Promise.all([
      page.waitForEvent('download'),
      panel.getByRole('button', { name: 'CSV' }).click(),
    ]);
    assert.match(readFileSync(await csv.path(), 'utf8'), /^symbol,strike \[USD\],side,.*residual \[half-spreads\]/);
    assert.match(csv.suggestedFilename(), /smile-of-.*2026-02-06/);
  });

  test('crash: the console stayed silent', { skip }, () => assert.deepEqual(browser.complaints, []));
}
