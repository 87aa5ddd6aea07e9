/** The account behind a login, from the simulated venue through feed, log and engine, and replayed bit for bit. SYNTHETIC. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { LiveMonitor } from '../../src/app/live-monitor.ts';
import { replayLog } from '../../src/app/replay-log.ts';
import { LogWalk } from '../../src/app/state-at.ts';
import { DEFAULT_CONFIG } from '../../src/engine/config.ts';
import type { MarketEvent } from '../../src/market/event.ts';
import { startSimulatedDeribit } from '../../src/server/simulated-deribit.ts';
import { nodeFiles } from '../../src/store/log-files.ts';
import { adapter } from '../../src/venue/deribit.ts';
import { createFeed } from '../../src/venue/feed.ts';
import { of } from './deribit-messages.ts';

const CREDENTIALS = { clientId: 'reader', clientSecret: 'hush-SYNTHETIC-secret' };

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !holds();) {
    if (Date.now() > end) assert.fail(`waited 20 s for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('positions, cash, orders and fills arrive, agree with each other, survive a cut, and replay', async (t) => {
  const venue = await startSimulatedDeribit({
    seed: 3, underlyings: ['BTC'], instrumentLimit: 40, activity: 20, credentials: CREDENTIALS,
    positions: [{ instrument: 'BTC-PERPETUAL', size: -50_000, averagePrice: 80_000 }],
  }); // prettier-ignore
  t.after(() => venue.close());
  const directory = mkdtempSync(join(tmpdir(), 'vernier-account-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const events: MarketEvent[] = [];
  const monitor = await LiveMonitor.open({
    directory, config: DEFAULT_CONFIG, threads: 1, onRecord: () => undefined, onRoom: () => undefined,
    onFailure: (error) => assert.fail(error),
  }); // prettier-ignore
  const feed = createFeed({
    venue: adapter, underlyings: ['BTC'], endpoint: venue.wsUrl, random: () => 0.5, credentials: CREDENTIALS, account: 'main',
    limits: { accountMs: 150, backoffBaseMs: 20, backoffCapMs: 40 },
    onEvents: (batch) => {
      events.push(...batch);
      return monitor.accept(batch);
    },
  }); // prettier-ignore
  feed.start();
  const { book, instruments } = monitor.session.state;
  const account = () => book.accounts.get('deribit|main');
  const size = (symbol: string): number => account()?.holdings.get(symbol)?.size ?? 0;
  await until('the account', () => (account()?.snapshotAt ?? -Infinity) > 0 && size('BTC') > 0);
  assert.equal(size('BTC-PERPETUAL'), -50_000);
  assert.ok(Math.abs(size('BTC') - 100) < 1e-6, 'cash without the floating result');

  const symbol = [...instruments.values()].find((p) => (p.entry.quote?.mark ?? 0) > 0.005)!.entry.instrument.symbol;
  venue.account.order({ id: 'o1', instrument: symbol, direction: 'buy', price: 0.005, amount: 2 });
  await until('the order', () => instruments.get(`deribit:${symbol}`)?.entry.own?.now.bidSize === 2);
  venue.account.trade({ instrument: symbol, direction: 'buy', price: 0.02, amount: 3 });
  venue.account.trade({ instrument: 'BTC-PERPETUAL', direction: 'buy', price: 90_000, amount: 10_000 });
  await until('the fills', () => size(symbol) === 3 && size('BTC-PERPETUAL') === -40_000);
  assert.deepEqual(
    of(events, 'own-fill').map((f) => [f.symbol, f.direction, f.amount, f.account]),
    [
      [symbol, 'buy', 3, 'main'],
      ['BTC-PERPETUAL', 'buy', 10_000, 'main'],
    ],
  );
  const snapshots = (): number => of(events, 'positions').filter((e) => e.mode === 'snapshot').length;
  const seen = snapshots();
  await until('two more snapshots', () => snapshots() >= seen + 2);
  assert.equal(account()!.breaks.size, 0, 'fills and snapshots agree');

  venue.account.trade({ instrument: symbol, direction: 'sell', price: 0.02, amount: 1, told: false });
  await until('a break', () => account()!.breaks.get(symbol)?.found === 2);
  assert.equal(account()!.breaks.get(symbol)!.expected, 3);
  assert.equal(size(symbol), 2, 'the snapshot is believed');

  venue.disconnectAll();
  venue.account.order({ id: 'o1', instrument: symbol, direction: 'buy', price: 0.005, amount: 0 });
  await until('the order gone after the cut', () => instruments.get(`deribit:${symbol}`)?.entry.own?.now.bid === null);
  await feed.close();
  await monitor.close();

  assert.deepEqual(of(events, 'refused'), []);
  assert.ok(!JSON.stringify(events).includes(CREDENTIALS.clientSecret));
  // Taken up where it was left: what is held survives the process.
  const again = await LiveMonitor.open({
    directory, config: DEFAULT_CONFIG, threads: 1, onRecord: () => undefined, onRoom: () => undefined,
    onFailure: (error) => assert.fail(error),
  }); // prettier-ignore
  const recovered = again.session.state.book.accounts.get('deribit|main')!;
  assert.deepEqual([recovered.holdings.get(symbol)!.size, recovered.holdings.size], [2, account()!.holdings.size]);
  await again.close();
  const { summary } = await replayLog({ directory, speed: Infinity, onRecord: () => undefined });
  assert.ok(summary !== null, 'every input and output to the bit');
  // Any past exposure: as of the first fill, as of now.
  const [first] = of(events, 'own-fill');
  const walk = new LogWalk(nodeFiles(directory));
  await walk.until(first.at - 1);
  // On a quick machine the fill comes with the first of the market: then there is no earlier state to ask.
  if (walk.at > -Infinity) assert.equal(walk.state.book.accounts.get('deribit|main')?.holdings.get(symbol), undefined);
  await walk.until(Infinity);
  assert.equal(walk.state.book.accounts.get('deribit|main')!.holdings.get(symbol)!.size, 2);
});

test('wrong credentials cost the account and not the market, and are never told', async (t) => {
  const venue = await startSimulatedDeribit({
    seed: 3,
    underlyings: ['BTC'],
    instrumentLimit: 20,
    credentials: CREDENTIALS,
  });
  t.after(() => venue.close());
  const events: MarketEvent[] = [];
  const wrong = { clientId: 'reader', clientSecret: 'another-SYNTHETIC-secret' };
  const feed = createFeed({
    venue: adapter, underlyings: ['BTC'], endpoint: venue.wsUrl, random: () => 0.5, credentials: wrong, account: 'main',
    onEvents: (batch) => void events.push(...batch),
  }); // prettier-ignore
  feed.start();
  await until('the feed', () => feed.statistics().state === 'live');
  await feed.close();
  assert.deepEqual(of(events, 'positions'), []);
  assert.deepEqual(
    of(events, 'refused').map((e) => [e.reason, e.field, e.value]),
    [['request-failed', 'public/auth', '13004']],
  );
  assert.ok(of(events, 'quote').length > 0);
  const told = JSON.stringify(events) + JSON.stringify(feed.statistics());
  for (const secret of [wrong.clientSecret, CREDENTIALS.clientSecret]) assert.ok(!told.includes(secret));
  const failure = await feed.requestPrivate('private/get_positions', {}).catch((e: unknown) => e);
  assert.ok(failure instanceof Error && !`${failure.message} ${failure.stack}`.includes(wrong.clientSecret));
});
