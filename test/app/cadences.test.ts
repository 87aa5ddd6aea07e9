/** Snapshots ten minutes to six hours apart of the SYNTHETIC venue: a quiet market is no stale feed, a stale feed is one. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { EngineRun } from '../../src/app/faults/engine-run.ts';
import { runLong } from '../../src/app/faults/long-run.ts';
import { DEFAULT_CONFIG } from '../../src/engine/config.ts';
import { simulatedEvents } from '../../src/simulator/market-events.ts';
import type { ScheduledFault } from '../../src/simulator/fault.ts';
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

/** Incidents of an hour at a batch a second with one fault from the tenth minute on, as `cause|scope`. */
function openedBy(fault: ScheduledFault['fault'], magnitude: number, expiry: number | null, step: number): string[] {
  const startAt = Date.UTC(2026, 0, 5, 9);
  const from = startAt + 400 * step;
  const to = from + 30 * step;
  const faults: ScheduledFault[] = [
    { fault, scope: { underlying: 'BTC', expiry }, from, to, magnitude, shape: 'abrupt' },
  ];
  const simulation = new Simulation({
    seed: 3,
    startAt,
    underlyings: ['BTC'],
    stepMs: step,
    instrumentLimit: 200,
    faults,
  });
  const run = new EngineRun(DEFAULT_CONFIG);
  const opened: string[] = [];
  for (const batch of simulatedEvents(simulation, { until: to }))
    for (const r of run.run(batch))
      if (r.type === 'incident' && r.state === 'open') opened.push(`${r.cause}|${r.scope}`);
  return opened;
}

test('one crossed quote that stays is told on its expiry, and on nothing else', () => {
  const opened = openedBy('crossed', 0.05, 5, 1000);
  assert.deepEqual(opened, ['crossed-quotes|deribit:BTC:2026-01-23']);
});

test('books that empty on every expiry are an outage from the first word on', () => {
  const opened = openedBy('books-empty', 1, null, MINUTE);
  assert.deepEqual(opened.slice(0, 1), ['venue-outage|deribit:BTC']);
  assert.ok(!opened.includes('missing-expiry|deribit:BTC'), opened.join());
});
