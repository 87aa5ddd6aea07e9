/** The Deribit adapter against the simulated venue's protocol server: two independent readings of one protocol. SYNTHETIC. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MarketEvent } from '../../src/market/event.ts';
import { startSimulatedDeribit } from '../../src/server/simulated-deribit.ts';
import { adapter } from '../../src/venue/deribit.ts';
import { createFeed } from '../../src/venue/feed.ts';
import { of } from './deribit-messages.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

for (const topOfBook of ['ticker', 'book', 'quote'] as const) {
  test(`simulated venue, touch from ${topOfBook}: nothing is refused, and five cuts lose no print and no place`, async () => {
    const server = await startSimulatedDeribit({
      seed: 5,
      underlyings: ['BTC'],
      instrumentLimit: 60,
      activity: 60,
      paced: 4,
      startAt: Date.UTC(2026, 1, 3, 12),
    });
    const events: MarketEvent[] = [];
    const feed = createFeed({
      venue: adapter,
      underlyings: ['BTC'],
      endpoint: server.wsUrl,
      topOfBook,
      marks: true,
      random: () => 0.5,
      // A busy machine may be silent for seconds: only the cuts are to be seen.
      limits: { backoffBaseMs: 20, backoffCapMs: 40, silenceMs: 20_000, deadMs: 30_000, reopenMs: 60_000 },
      onEvents: (batch) => void events.push(...batch),
    });
    feed.start();
    for (let cut = 0; cut < 5; cut++) {
      for (const end = Date.now() + 5_000; feed.statistics().state !== 'live' && Date.now() < end;) await pause(5);
      assert.equal(feed.statistics().state, 'live');
      await pause(150);
      server.disconnectAll();
      await pause(20);
    }
    for (const end = Date.now() + 5_000; feed.statistics().state !== 'live' && Date.now() < end;) await pause(5);
    await pause(300);
    await feed.close();
    await server.close();
    assert.deepEqual(of(events, 'refused'), []);
    const whole = of(events, 'gap').filter((g) => g.symbol === null);
    assert.deepEqual(
      whole.map((g) => g.to === null),
      Array.from({ length: 10 }, (_, i) => i % 2 === 0),
      'each cut opens a gap, and each gap is closed',
    );
    // The venue numbers its prints one by one: from the first to the last we heard, none is missing and none is there twice.
    const ids = of(events, 'trade').map((t) => Number(t.tradeId));
    assert.ok(ids.length > 20, `${ids.length} prints`);
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(Math.max(...ids) - Math.min(...ids) + 1, ids.length);
    assert.ok(of(events, 'trade').some((t) => t.late));
    assert.equal(of(events, 'feed').filter((e) => e.state === 'live').length, 6);
    assert.ok(
      of(events, 'quote').some((q) => q.bid !== null && q.ask !== null && q.markIv !== null && q.delta !== null),
    );
  });
}
