import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type BrowserContext, type Locator, type Page } from 'playwright-core';
import assert from 'node:assert/strict';

const CHROMIUM = '/usr/bin/chromium';

/** Reason to skip a test that needs a browser; false when there is one. */
export const WITHOUT_CHROMIUM: string | false = existsSync(CHROMIUM)
  ? false
  : `${CHROMIUM} is not installed (apt-get install chromium fonts-dejavu-core)`;

/** A browser with a profile of its own, and everything that it complained about. */
export interface Browsing {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Console errors, page errors, failed requests, answers of 400 and above. */
  readonly complaints: string[];
  close(): Promise<void>;
}

/** Opens one browser; nothing of it talks to anybody but the address it is given. */
export async function browse(
  of: { readonly width?: number; readonly height?: number; readonly theme?: 'light' | 'dark' } = {},
): Promise<Browsing> {
  const profile = mkdtempSync(join(tmpdir(), 'vernier-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    headless: true,
    acceptDownloads: true,
    colorScheme: of.theme ?? 'light',
    viewport: { width: of.width ?? 1280, height: of.height ?? 900 },
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync',
    ], // prettier-ignore
  });
  const page = context.pages()[0] ?? (await context.newPage());
  const complaints: string[] = [];
  page.on('console', (m) => void (m.type() === 'error' && complaints.push(`console: ${m.text()}`)));
  page.on('pageerror', (e) => void complaints.push(`page: ${e.message}`));
  page.on('response', (r) => void (r.status() >= 400 && complaints.push(`${r.status()} ${r.url()}`)));
  return {
    context,
    page,
    complaints,
    close: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/**
 * Waits until an expression is true on the page. It is asked from outside: the content policy of the page lets nobody
 * evaluate text inside it.
 */
export async function until(page: Page, expression: string, timeoutMs = 30_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await page.evaluate(`Boolean(${expression})`))) {
    if (Date.now() > end) throw new Error(`not true within ${timeoutMs} ms: ${expression}`);
    await page.waitForTimeout(100);
  }
}

/** Waits until an element says all of these; the error tells what it said instead. Returns its text. */
export async function shows(
  element: Locator,
  parts: readonly (string | RegExp)[],
  timeoutMs = 30_000,
): Promise<string> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const text = (await element.first().textContent({ timeout: timeoutMs })) ?? '';
    const missing = parts.filter((part) => (typeof part === 'string' ? !text.includes(part) : !part.test(text)));
    if (missing.length === 0) return text;
    if (Date.now() > end) throw new Error(`not said within ${timeoutMs} ms: ${missing.join(' ; ')} in: ${text}`);
    await element.page().waitForTimeout(100);
  }
}

/** Waits until the address of the page is like this: what `page.url()` says comes later than the page knows. */
export async function isAt(page: Page, pattern: RegExp, timeoutMs = 10_000): Promise<string> {
  await until(page, `${String(pattern)}.test(location.href)`, timeoutMs);
  return String(await page.evaluate('location.href'));
}

/** Waits until there are so many of something. */
export async function atLeast(page: Page, selector: string, n: number, timeoutMs = 30_000): Promise<void> {
  await until(page, `document.querySelectorAll(${JSON.stringify(selector)}).length >= ${n}`, timeoutMs);
}

/** Waits until the monitor's view holds what a person waits for: every smile, scores over time and an incident. */
export async function untilFilled(page: Page): Promise<void> {
  await atLeast(page, '.cell canvas', 12);
  await atLeast(page, '.strip-row canvas', 6);
  await atLeast(page, '[data-incident]', 1, 90_000);
}

/** How many times longer than alone this machine takes for a stretch of work just now; 1 when nobody else wants it. */
export function crowding(): number {
  const begun = performance.now();
  const before = process.cpuUsage();
  let spent = 0;
  while (spent < 50_000) {
    const { user, system } = process.cpuUsage(before);
    spent = user + system;
  }
  return Math.max(1, (performance.now() - begun) / (spent / 1_000));
}

/** axe over all of its rules for WCAG 2 A and AA and best practice: nothing to say. */
export async function assertAccessible(page: Page, where: string): Promise<void> {
  const { violations, passes } = await new AxeBuilder({ page }).analyze();
  assert.deepEqual(
    violations.map(
      (v) => `${v.id}: ${v.nodes.map((n) => `${n.target.join(' ')} ${n.failureSummary ?? ''}`).join(' | ')}`,
    ),
    [],
    where,
  );
  assert.ok(passes.length > 10, `${where}: axe looked at something`);
}
