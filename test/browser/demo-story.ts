import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { assertAccessible, browse, until, WITHOUT_CHROMIUM, type Browsing } from './chromium.ts';
import { serve, type Serving } from './command.ts';

const skip = WITHOUT_CHROMIUM;
let demo: Serving;
let browser: Browsing;

/** What a person does with the demo in front of them, from opening it to taking the evidence along. */
export function demoStory(): void {
  before(async () => {
    if (skip !== false) return;
    demo = await serve(['demo', '--seed', '1', '--port', '0', '-q']);
    browser = await browse();
  });
  after(async () => {
    await browser?.close();
    await demo?.stop();
  });

  test('demo: opens, paints within a second, is stamped SYNTHETIC, shows every expiry', { skip }, async (t) => {
    const { page } = browser;
    await page.goto(demo.address);
    await page.waitForSelector('.cell >> nth=11', { timeout: 30_000 });
    const paint = Number(await page.evaluate('performance.getEntriesByName("first-contentful-paint")[0].startTime'));
    t.diagnostic(`first contentful paint ${paint.toFixed(0)} ms`);
    assert.ok(paint < 1_000, `${paint}`);
    assert.equal(await page.locator('.cell').count(), 12);
    assert.equal(await page.locator('.stamp').textContent(), 'SYNTHETIC');
    assert.match(await page.title(), /^SYNTHETIC · BTC /);
    await page.waitForSelector('.glance.feed');
    const glance = (await page.locator('.glances').textContent()) ?? '';
    assert.match(glance, /(OK|WIDEN|HEDGE ONLY|DO NOT USE)/);
    assert.match(glance, /quotes\/s/);
    assert.match(glance, /svi .*of /);
    await until(page, '/\\d m?s/.test(document.querySelector(".feed").textContent)');
    await until(page, PAINTED, 20_000);
  });

  test('demo: an incident opens; the worst slice is one key away and says why', { skip }, async () => {
    const { page } = browser;
    await page.waitForSelector('[data-incident].open, [data-incident].resolved', { timeout: 90_000 });
    await page.keyboard.press('w');
    await page.waitForSelector('[data-panel=smile] .report h3');
    const report = (await page.locator('.report').textContent()) ?? '';
    for (const part of ['Why the fit stopped', 'Parameters', 'rho', '±', 'Arbitrage', 'butterfly', 'calendar'])
      assert.ok(report.includes(part), `${part} in ${report}`);
    assert.match(page.url(), /scope=deribit:BTC:/);
    assert.ok((await page.locator('[data-panel=smile] tbody tr').count()) > 20, 'the quotes table');
    const plot = page.locator('.plot canvas').first();
    const box = (await plot.boundingBox())!;
    for (let x = 60; x < box.width && !(await page.locator('.tip').isVisible()); x += 12)
      await page.mouse.move(box.x + x, box.y + box.height / 2);
    assert.match((await page.locator('.tip').textContent()) ?? '', /BTC-.*model.*(residual|refused)/);
  });

  test('demo: the axes toggle by key and the address keeps them', { skip }, async () => {
    const { page } = browser;
    for (const [key, part] of [['x', 'across=k'], ['x', 'across=strike'], ['x', 'across=delta'], ['y', 'up=variance'], ['y', 'up=price'], ['u', 'unit=coin']] as const) {
      await page.keyboard.press(key);
      assert.ok(page.url().includes(part), `${key}: ${page.url()}`);
    } // prettier-ignore
    assert.match((await page.locator('.plot .legend').first().textContent()) ?? '', /price, coin.*delta/);
    const address = page.url();
    await page.reload();
    await page.waitForSelector('[data-panel=smile] .report h3');
    assert.equal(page.url(), address);
    assert.match((await page.locator('.plot .legend').first().textContent()) ?? '', /price, coin.*delta/);
    await page.goto(demo.address);
  });

  test('demo: why it is thought so, what came second, and an acknowledgement that stays', { skip }, async () => {
    const { page } = browser;
    await page.waitForSelector('[data-incident]', { timeout: 30_000 });
    await page.keyboard.press('i');
    const detail = page.locator('.incident-detail');
    await detail.locator('figure canvas').first().waitFor();
    const text = (await detail.textContent()) ?? '';
    for (const part of [
      'Likely causes',
      'Strongest signs',
      'Runner-up',
      'What happened',
      'opened',
      'vernier explain deribit:BTC-',
    ])
      assert.ok(text.includes(part), `${part} in ${text}`);
    const id = /incident=([^&]+)/.exec(page.url())![1];
    await page.keyboard.press('a');
    await page.keyboard.type('seen, forward is wrong');
    await page.keyboard.press('Enter');
    await detail.locator('p', { hasText: 'Acknowledged by local' }).waitFor();
    assert.match((await detail.textContent()) ?? '', /seen, forward is wrong/);
    await page.reload();
    await page.locator('.incident-detail p', { hasText: 'Acknowledged by local' }).waitFor();
    assert.ok(page.url().includes(id), 'the link leads back to the incident');
  });

  test('demo: back in time and forth, by key and by address', { skip }, async () => {
    const { page } = browser;
    await page.waitForSelector('.strip-row canvas');
    await until(page, 'document.querySelectorAll(".strip-row").length >= 6');
    await page.keyboard.press('[');
    await page.waitForSelector('.note.past');
    const first = page.url();
    await page.keyboard.press('[');
    assert.notEqual(page.url(), first);
    assert.match(page.url(), /as_of=2/);
    await until(page, '[...document.querySelectorAll(".cell-foot")].some((c) => c.textContent.includes("as it was"))');
    await page.reload();
    await page.waitForSelector('.note.past');
    await page.locator('.note.past', { hasText: /As of \d{4}-.*before the newest/ }).waitFor();
    await page.keyboard.press('l');
    await page.waitForSelector('.note.past', { state: 'detached' });
    const strip = (await page.locator('.strip-plot').first().boundingBox())!;
    await page.mouse.move(strip.x + strip.width * 0.3, strip.y + 20);
    await page.mouse.down();
    await page.mouse.move(strip.x + strip.width * 0.7, strip.y + 20, { steps: 4 });
    await page.mouse.up();
    await until(page, '/from=.*to=/.test(location.hash)');
    await page.keyboard.press('Escape');
  });

  test('demo: every panel leaves as CSV and PNG, with what it shows', { skip }, async () => {
    const { page } = browser;
    await page.goto(demo.address);
    await page.waitForSelector('.strip-row canvas');
    for (const name of ['smiles', 'scores', 'incidents']) {
      const panel = page.locator(`[data-panel=${name}]`);
      const [csv] = await Promise.all([
        page.waitForEvent('download'),
        panel.getByRole('button', { name: 'CSV' }).click(),
      ]);
      const text = readFileSync(await csv.path(), 'utf8');
      assert.match(csv.suggestedFilename(), /^vernier-deribit-btc-\w+-\d{4}-\d\d-\d\d\d{6}\.csv$/);
      assert.ok(text.split('\r\n').length > 2, `${name}: ${text.slice(0, 200)}`);
      const [png] = await Promise.all([
        page.waitForEvent('download'),
        panel.getByRole('button', { name: 'PNG' }).click(),
      ]);
      const bytes = readFileSync(await png.path());
      assert.equal(bytes.subarray(1, 4).toString(), 'PNG');
      assert.ok(bytes.length > 3_000, `${name}: ${bytes.length} bytes`);
    }
    await page.keyboard.press('t');
    await page.waitForSelector('[data-panel] caption');
    assert.match(page.url(), /tables=/);
  });

  test(
    'demo: surface turns by key, heat map and table show the same numbers; health has its pulse',
    { skip },
    async () => {
      const { page } = browser;
      await page.goto(demo.address);
      await page.waitForSelector('.cell');
      await page.keyboard.press('2');
      const canvas = page.locator('.turning canvas');
      await canvas.waitFor();
      const before = await canvas.screenshot();
      await page.locator('.turning').focus();
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowUp');
      assert.notDeepEqual(await canvas.screenshot(), before);
      assert.ok(!page.url().includes('scope='), 'the arrows turned the mesh and nothing else');
      await page.keyboard.press('m');
      await until(page, 'location.hash.includes("shape=heat")');
      await page.locator('[data-panel=surface]').getByRole('button', { name: 'Table' }).click();
      assert.equal(await page.locator('[data-panel=surface] tbody tr').count(), 12);
      await page.keyboard.press('3');
      await page.getByText('event-loop lag p99').waitFor();
      assert.match((await page.locator('[data-panel=refused]').textContent()) ?? '', /in the money/);
      await page.keyboard.press('?');
      await page.getByRole('dialog').getByText('enlarge the worst expiry').waitFor();
      await page.keyboard.press('Escape');
    },
  );

  test('demo: axe finds nothing in either theme, in any view', { skip, timeout: 180_000 }, async () => {
    const { page } = browser;
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme });
      for (const hash of ['#/monitor', '#/surface', '#/surface?shape=heat&tables=surface', '#/health']) {
        await page.goto(demo.address + hash);
        await page.waitForSelector('[data-panel] canvas, [data-panel] table');
        await page.waitForTimeout(600);
        await assertAccessible(page, `${theme} ${hash}`);
      }
      await page.goto(`${demo.address}#/monitor`);
      await page.waitForSelector('.cell');
      await until(page, 'document.querySelectorAll(".strip-row").length >= 6');
      await page.waitForSelector('[data-incident]');
      await page.keyboard.press('w');
      await page.keyboard.press('i');
      await page.keyboard.press('[');
      await page.waitForSelector('.note.past');
      await page.waitForSelector('.incident-detail figure');
      await assertAccessible(page, `${theme} enlarged, as of, with an incident`);
      await page.keyboard.press('?');
      await assertAccessible(page, `${theme} keys`);
      await page.keyboard.press('Escape');
    }
  });

  test('demo: through all of it the console stayed silent', { skip }, () => {
    assert.deepEqual(browser.complaints, []);
  });
}

/** Whether smiles have ink: a canvas of the multiples with more than a few colours in it. */
const PAINTED = `(() => {
  const c = document.querySelector('.cell canvas');
  if (!c || !c.width) return false;
  const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
  const seen = new Set();
  for (let i = 0; i < d.length; i += 16) seen.add((d[i] << 16) | (d[i + 1] << 8) | d[i + 2]);
  return seen.size > 20;
})()`;
