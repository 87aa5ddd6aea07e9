/** Snapshots ten minutes to six hours apart of the SYNTHETIC venue: a quiet market is no stale feed, a stale feed is one. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { EngineRun } from '../../src/app/faults/engine-run.ts';
import { runLong } from '../../src/app/faults/long-run.ts';
import { DEFAULT_CONFIG } from '../../src/engine/config.ts';
import { simulatedEvents } from '../../src/simulator/market-events.ts';
import { Simulation } from '../../src/simulator/simulation.ts';

const MINUTE = 60_000;

test('calm days at every cadence, rolls among them, wake nobody', () => {
  for (const [minutes, days] of [
    [10, 2],
    [60, 4],
    [360, 8],
  ]) {
    const { incidents } = runLong({
      config: DEFAULT_CONFIG,
      seed: 6,
      days,
      underlyings: ['ETH'],
      script: 'calm',
      stepMs: minutes * MINUTE,
      instrumentLimit: 120,
      onProgress: () => undefined,
    });
    const pages = incidents.filter((i) => i.severity === 'critical').map((i) => `${i.at} ${i.cause}`);
    assert.deepEqual(pages, [], `${minutes} minutes`);
  }
});

test('quotes that keep their bids and asks while their marks go on are stale, ten minutes apart', () => {
  const startAt = Date.UTC(2026, 0, 5, 9);
  const from = startAt + 20 * 10 * MINUTE;
  const simulation = new Simulation({
    seed: 4,
    startAt,
    underlyings: ['ETH'],
    stepMs: 10 * MINUTE,
    instrumentLimit: 120,
    faults: [
      { fault: 'stale-subset', scope: { underlying: 'ETH', expiry: null }, from, to: from + 60 * MINUTE, magnitude: 0.7, shape: 'abrupt' },
    ],
  }); // prettier-ignore
  const run = new EngineRun(DEFAULT_CONFIG);
  const opened: string[] = [];
  for (const batch of simulatedEvents(simulation, { until: from + 60 * MINUTE }))
    for (const r of run.run(batch))
      if (r.type === 'incident' && r.severity === 'critical' && r.state === 'open')
        opened.push(`${r.cause}|${r.scope}`);
  assert.deepEqual(opened, ['stale-feed|deribit:ETH']);
});
