import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { ROOT } from '../shared.ts';
import { assertAccessible, browse, isAt, shows, until, WITHOUT_CHROMIUM, type Browsing } from './chromium.ts';
import { openFullDesk, type FullDesk } from './full-desk.ts';

const skip = WITHOUT_CHROMIUM;
let desk: FullDesk;
let browser: Browsing;

/** What each view says once it has its data, and what it says while there is nothing: it tells what to do. */
const VIEWS: Readonly<Record<string, { readonly filled: readonly (string | RegExp)[]; readonly empty: RegExp }>> = {
  monitor: { filled: ['Smiles', 'Scores', 'wrong forward'], empty: /None so far/ },
  gate: { filled: ['venue-mark', 'sabr', 'quarantine', 'the data are at fault', 'What changed', 'accepted'], empty: /healthy|warming up/ }, // prettier-ignore
  surface: { filled: ['Surface'], empty: /Surface/ },
  book: { filled: ['positions confirmed', 'Scenarios', 'model reserve', 'Vega by expiry', 'SYNTHETIC'], empty: /--positions FILE/ }, // prettier-ignore
  hedge: { filled: ['sticky-strike', 'variance saved', 'net delta of the options', 'regime now'], empty: /first horizon of five minutes has not ended/ }, // prettier-ignore
  credit: { filled: ['high-yield', 'Certificate', 're-priced to', 'Contributors', /recovery \d+ %/], empty: /vernier credit watch/ }, // prettier-ignore
  models: { filled: ['log score', 'svi', 'sabr', 'venue-mark', /8-31 d/], empty: /two models/ },
  health: { filled: ['event-loop lag p99', 'Feeds', 'in the money'], empty: /event-loop lag p99/ },
};
/** On a wide screen axe looks at these in demo-story.ts, in both themes. */
const WIDE_ELSEWHERE = ['monitor', 'surface', 'health'];
const SIZES = [
  { width: 1440, height: 900, theme: 'light' },
  { width: 390, height: 844, theme: 'dark' },
] as const;

/** Every registered view against one real server: nothing yet, the first quotes, everything. */
export function viewsStory(): void {
  before(async () => {
    if (skip !== false) return;
    desk = await openFullDesk();
    browser = await browse({ width: SIZES[0].width, height: SIZES[0].height });
  });
  after(async () => {
    await browser?.close();
    await desk?.close();
  });

  test('views: the contract covers every registered one', () => {
    const source = readFileSync(join(ROOT, 'dashboard', 'src', 'views', 'tabs.ts'), 'utf8');
    const list = /TABS: readonly Tab\[\] = \[([^\]]+)\]/.exec(source);
    const names = [...(list?.[1] ?? '').matchAll(/(\w+)Tab\b/g)].map((m) => m[1]);
    assert.deepEqual(names, Object.keys(VIEWS));
  });

  test(
    'views: before anything is heard of, and at the first quotes, each says what it waits for',
    { skip },
    async () => {
      const { page } = browser;
      await page.goto(desk.address);
      await shows(page.locator('main'), [/Space plays|no underlying yet|No underlying/]);
      await assertAccessible(page, 'nothing yet');
      await desk.begin();
      await page.waitForSelector('[data-underlying]');
      await shows(page.locator('nav[aria-label=views]'), [/Monitor.*Health/]);
      assert.doesNotMatch(await page.locator('nav[aria-label=views]').innerText(), /Book|Credit/, 'no empty rooms');
      for (const [name, { empty }] of Object.entries(VIEWS)) {
        await page.goto(`${desk.address}#/${name}`);
        await shows(page.locator('main'), [empty]);
      }
      assert.deepEqual(browser.complaints, []);
    },
  );

  test('views: each is one digit away, its first control one Tab', { skip, timeout: 120_000 }, async () => {
    const { page } = browser;
    await desk.fill();
    await page.goto(desk.address);
    const links = page.locator('nav[aria-label=views] a');
    await until(page, `document.querySelectorAll('nav[aria-label=views] a').length === ${Object.keys(VIEWS).length}`);
    for (const [i, [name, { filled }]] of Object.entries(VIEWS).entries()) {
      assert.equal(await links.nth(i).getAttribute('title'), String(i + 1));
      await page.keyboard.press(String(i + 1));
      await isAt(page, new RegExp(`#/${name}\\b`));
      await shows(page.locator('main'), filled);
      await page.evaluate("document.getElementById('content').focus()");
      await page.keyboard.press('Tab');
      await until(page, "document.querySelector('main').contains(document.activeElement)");
      await until(page, "document.activeElement.matches('button, a, select, input, [tabindex]')");
      await page.evaluate('document.activeElement.blur()');
    }
  });

  for (const { width, height, theme } of SIZES)
    test(
      `views: at ${width}x${height}, ${theme}, nothing sticks out and axe finds nothing`,
      { skip, timeout: 180_000 },
      async () => {
        const { page } = browser;
        await page.setViewportSize({ width, height });
        await page.emulateMedia({ colorScheme: theme });
        for (const [name, { filled }] of Object.entries(VIEWS)) {
          await page.goto(`${desk.address}#/${name}`);
          await shows(page.locator('main'), filled);
          const out = await page.evaluate(
            'document.documentElement.scrollWidth - document.documentElement.clientWidth',
          );
          assert.ok(Number(out) <= 0, `${name}: ${String(out)} px beyond the edge`);
          if (width < 900 || !WIDE_ELSEWHERE.includes(name))
            await assertAccessible(page, `${theme} ${width}x${height} ${name}`);
        }
        assert.deepEqual(browser.complaints, []);
      },
    );
}
