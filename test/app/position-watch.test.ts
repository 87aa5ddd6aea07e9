/** A file of positions as a source: read when written, refused by line, never half believed. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { PositionWatch, summed } from '../../src/app/position-watch.ts';
import type { MarketEvent, PositionsEvent } from '../../src/market/event.ts';

const VENUE_NOW = Date.UTC(2026, 0, 5);

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !holds();) {
    if (Date.now() > end) assert.fail(`waited 20 s for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('a file is told as one snapshot an account, again when it is written, with its age in venue time', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'vernier-positions-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'book.csv');
  const write = (text: string, secondsAgo: number): void => {
    writeFileSync(path, text);
    const at = Date.now() / 1000 - secondsAgo;
    utimesSync(path, at, at);
  };
  write('instrument,size,account\nBTC-27MAR26-90000-C,5,a\nBTC-27MAR26-90000-C,2,a\nBTC,1,b\n', 600);
  const events: MarketEvent[] = [];
  const troubles: string[] = [];
  const watch = new PositionWatch({
    path, validSeconds: 900, accept: (batch) => void events.push(...batch), venueNow: () => VENUE_NOW,
    onTrouble: (text) => void troubles.push(text),
  }); // prettier-ignore
  await watch.start();
  t.after(() => watch.close());
  const told = (): PositionsEvent[] => events.filter((e) => e.type === 'positions');
  assert.deepEqual(
    told().map((e) => [
      e.source,
      e.account,
      e.mode,
      e.validSeconds,
      e.refused,
      e.holdings.map((h) => [h.symbol, h.size]),
    ]),
    [
      ['file', 'a', 'snapshot', 900, 0, [['BTC-27MAR26-90000-C', 7]]],
      ['file', 'b', 'snapshot', 900, 0, [['BTC', 1]]],
    ],
  );
  // Written ten minutes ago by our clock: ten minutes ago by the venue's.
  assert.ok(Math.abs(told()[0].at - (VENUE_NOW - 600_000)) < 5_000);

  write('instrument,size,account\nBTC-27MAR26-90000-C,oops,a\nBTC,3,b\n', 60);
  await until('the file anew', () => told().length >= 4);
  const [a, b] = told().slice(2);
  assert.deepEqual([a.account, a.holdings, a.refused, b.account, b.refused], ['a', [], 1, 'b', 1]);
  const refusal = events.find((e) => e.type === 'refused');
  assert.deepEqual([refusal?.reason, refusal?.field, refusal?.value], ['position-row', 'line 2', 'line 2: size is oops (BTC-27MAR26-90000-C)']); // prettier-ignore

  write('no columns at all\n1\n', 30);
  await until('the trouble told', () => troubles.some((x) => x.includes('no column')));
  rmSync(path);
  await until('the missing file told', () => troubles.some((x) => x.includes('ENOENT')));
  assert.equal(told().length, 4, 'what cannot be read changes nothing: what it said grows old');
});

test('an instrument named twice is one holding: sizes add, entries average by what they are sized in', () => {
  const future = {
    kind: 'future',
    symbol: 'BTC-PERPETUAL',
    underlying: 'BTC',
    expiry: null,
    settlement: 'inverse',
  } as const;
  const [one] = summed([
    { ...future, size: 100_000, entry: 80_000 },
    { ...future, size: 100_000, entry: 100_000 },
  ]);
  assert.ok(one.kind === 'future' && one.size === 200_000);
  // Coins: 100,000/80,000 + 100,000/100,000 = 2.25 for 200,000 USD.
  assert.ok(one.kind === 'future' && Math.abs(one.entry! - 200_000 / 2.25) < 1e-9);
  const linear = { ...future, symbol: 'BTC_USDC-PERPETUAL', settlement: 'linear' } as const;
  const [two] = summed([
    { ...linear, size: 1, entry: 80_000 },
    { ...linear, size: 3, entry: 100_000 },
  ]);
  assert.ok(two.kind === 'future' && two.size === 4 && two.entry === 95_000);
  assert.deepEqual(summed([{ kind: 'cash', symbol: 'BTC', underlying: 'BTC', size: 1 }, { kind: 'cash', symbol: 'BTC', underlying: 'BTC', size: 2 }]).map((h) => h.size), [3]); // prettier-ignore
});
