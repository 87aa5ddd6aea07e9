import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { MarketEvent } from '../../src/market/event.ts';
import { RecentLargest, VenueClock } from '../../src/app/venue-clock.ts';

const index = (at: number): MarketEvent => ({ type: 'index', venue: 'deribit', underlying: 'BTC', name: 'btc_usd', at, receivedAt: at, price: 1 }); // prettier-ignore

test('venue clock: the newest time and what has passed since; stamps hours ahead are forgotten once they end', () => {
  let elapsed = 0;
  const clock = new VenueClock(() => elapsed);
  assert.equal(clock.isKnown, false);
  const start = Date.UTC(2026, 0, 1);
  const say = (aheadMs: number): void => clock.onEvent(index(start + elapsed + aheadMs));
  say(0);
  elapsed += 700;
  assert.equal(clock.now(), start + 700);
  for (let i = 0; i < 30; i++, elapsed += 1_000) say(21_600_000);
  assert.ok(clock.now() >= start + elapsed + 21_600_000 - 1_000, 'while the whole venue says so, it is its time');
  for (let i = 0; i < 11; i++, elapsed += 1_000) say(-3);
  assert.equal(clock.now(), start + elapsed - 3);
  elapsed += 60_000;
  assert.equal(clock.now(), start + elapsed - 3, 'silence forgets nothing');
});

test('recent largest: a clock that is set back begins a new stretch', () => {
  const largest = new RecentLargest();
  largest.add(5, 1_000_000);
  largest.add(7, 10);
  assert.equal(largest.value, 7);
  largest.add(6, 20_000);
  largest.add(6, 40_000);
  assert.equal(largest.value, 6);
});
