/** A monitor restarted under another configuration begins a fresh engine, keeps what people ordered, and its log still replays. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { LiveMonitor } from '../../src/app/live-monitor.ts';
import { recoverSession } from '../../src/app/recover-session.ts';
import { replayLog } from '../../src/app/replay-log.ts';
import { DEFAULT_CONFIG, type EngineConfig } from '../../src/engine/config.ts';
import type { MarketEvent } from '../../src/market/event.ts';
import { simulatedEvents } from '../../src/simulator/market-events.ts';
import { Simulation } from '../../src/simulator/simulation.ts';

const MANUAL = 'deribit:BTC:2026-03-27';

/** Expiries whose loops are under manual control. */
const manualIn = (monitor: LiveMonitor): string[] =>
  [...monitor.session.state.underlyings.values()]
    .flatMap((u) => u.expiries)
    .filter((e) => e.loop.machine.state === 'MANUAL')
    .map((e) => e.key);

test('orders are carried over a change of configuration, and every session of the log replays', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'vernier-changed-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const startAt = Date.UTC(2026, 0, 15, 0, 30);
  const simulation = new Simulation({ seed: 3, startAt, underlyings: ['BTC'], instrumentLimit: 60 });
  // The venue lists its options once; a new engine hears of them again, as a feed tells it when it connects.
  const listed: MarketEvent[] = [];
  const session = async (config: EngineConfig, act: boolean): Promise<LiveMonitor> => {
    const monitor = await LiveMonitor.open({
      directory,
      config,
      threads: 1,
      onRecord: () => undefined,
      onFailure: (error) => assert.fail(error),
      onRoom: () => undefined,
      now: () => simulation.at,
    });
    monitor.accept(listed);
    for (const batch of simulatedEvents(simulation, { until: simulation.at + 6_000 })) {
      if (act) listed.push(...batch.filter((e) => e.type === 'instrument'));
      monitor.accept(batch);
    }
    if (act) {
      const by = { actor: 'rita', note: 'known', until: simulation.at + 1_800_000 };
      monitor.operate({ ...by, action: 'override', target: 'svi@deribit:BTC' });
      monitor.operate({ ...by, action: 'silence', target: 'kind=market' });
      monitor.operate({ ...by, until: null, action: 'manual', target: MANUAL });
    }
    await monitor.close();
    return monitor;
  };
  const other: EngineConfig = { ...DEFAULT_CONFIG, scoreEverySeconds: 3 };
  await session(DEFAULT_CONFIG, true);
  const second = await session(other, false);
  assert.deepEqual([...second.session.state.oversight.overrides.keys()], ['svi@deribit:BTC']);
  assert.deepEqual([...second.session.state.oversight.silences.keys()], ['s-1']);
  assert.deepEqual(manualIn(second), [MANUAL], 'and only what was taken over');
  assert.ok(
    second.session.state.counts.batches > 2 && second.session.state.counts.batches < 8,
    'the engine began anew',
  );
  const third = await session(other, false);
  assert.ok(third.session.state.counts.batches > second.session.state.counts.batches, 'and goes on from there');
  assert.deepEqual(manualIn(third), [MANUAL]);
  const replayed = await replayLog({ directory, speed: Infinity, onRecord: () => undefined });
  assert.equal(replayed.summary.log_sha256, third.digest());
  const recovered = await recoverSession(directory, DEFAULT_CONFIG, null);
  assert.deepEqual([...recovered.state.oversight.manual.keys()], [MANUAL], 'back under the first configuration too');
  assert.deepEqual([recovered.state.counts.events, [...recovered.state.oversight.silences.keys()]], [0, ['s-1']]);
});
