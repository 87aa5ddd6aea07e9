/** The benches of faults, small: recorded chains where they are present, and the SYNTHETIC venue at live cadence. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { runChainBench } from '../../src/app/faults/chain-bench.ts';
import { SnapshotBuilder, snapshotEvents, type ChainSnapshot } from '../../src/app/faults/chain-snapshot.ts';
import { EngineRun } from '../../src/app/faults/engine-run.ts';
import { FAULTS } from '../../src/app/faults/kinds.ts';
import { LIVE_FAULTS, runLiveBench } from '../../src/app/faults/live-bench.ts';
import { DEFAULT_CONFIG } from '../../src/engine/config.ts';
import { CAUSES } from '../../src/policy/causes.ts';
import { Random } from '../../src/numeric/random.ts';
import { simulatedEvents } from '../../src/simulator/market-events.ts';
import { openRecording } from '../../src/venue/recording/open.ts';
import { SHARED } from '../shared.ts';

const CALM = join(SHARED, 'data/chains/deribit_chain_4xdaily_2025-12-30_2026-01-20.parquet');
const ABSENT = existsSync(CALM) ? false : 'the recorded chains are not beside this checkout';

async function snapshots(file: string, most: number): Promise<ChainSnapshot[]> {
  const found: ChainSnapshot[] = [];
  const builder = new SnapshotBuilder();
  for await (const batch of openRecording([file]))
    for (const event of batch) {
      const snapshot = builder.take(event);
      if (snapshot !== null) found.push(snapshot);
      if (found.length >= most) return found;
    }
  return found;
}

test('sixteen kinds in recorded chains: found and named after twelve clean snapshots', { skip: ABSENT }, async () => {
  const { cases, clean } = runChainBench(await snapshots(CALM, 60), {
    config: DEFAULT_CONFIG,
    seed: 5,
    faults: FAULTS,
    levels: [1],
    stride: 9,
  });
  assert.equal(FAULTS.length, 16);
  assert.equal(cases.length, 16 * 4);
  const right = cases.filter((c) => c.right).length / cases.length;
  assert.ok(
    right >= 0.9,
    `${right}: ${cases
      .filter((c) => !c.right)
      .map((c) => `${c.fault} as ${c.opened[0]}`)
      .join(', ')}`,
  );
  assert.ok(clean.filter((c) => c.dataCause).length / clean.length <= 0.05);
});

test('every kind of fault has a cause of the closed list and changes the chain it is injected into', () => {
  const days: ChainSnapshot[] = [];
  const builder = new SnapshotBuilder();
  const startAt = Date.UTC(2026, 0, 5);
  const config = { seed: 1, startAt, underlyings: ['BTC'], stepMs: 3_600_000 };
  for (const batch of simulatedEvents(config, { until: startAt + 3 * 3_600_000 }))
    for (const event of batch) {
      const snapshot = builder.take(event);
      if (snapshot !== null) days.push(snapshot);
    }
  assert.equal(days.length, 3);
  const previous = new Map(days[1].rows.map((r) => [r.instrument.symbol, r]));
  for (const fault of FAULTS) {
    assert.ok(fault.cause in CAUSES, fault.name);
    for (const magnitude of fault.magnitudes) {
      const touched = fault.inject(days[2], { random: new Random(2, fault.name), magnitude, previous });
      if (fault.layer === 'model') assert.equal(touched, days[2]);
      else assert.notDeepEqual(snapshotEvents(touched), snapshotEvents(days[2]), fault.name);
    }
  }
});

test('hard faults at live cadence: found in three batches and named (SYNTHETIC)', () => {
  const kinds = LIVE_FAULTS.filter((k) => ['crossed', 'call-put-flip', 'stale-all', 'index-outlier'].includes(k.fault));
  const { cases, stray } = runLiveBench(DEFAULT_CONFIG, 3, kinds, 1, () => {});
  assert.equal(cases.length, 4);
  for (const c of cases) {
    assert.ok(c.batches !== null && c.batches <= 3, `${c.fault}: ${c.batches}`);
    assert.ok(c.firstNamed, `${c.fault} as ${c.first}`);
  }
  assert.deepEqual(stray, []);
});

test('a fork of the engine leaves the original as it was', () => {
  const startAt = Date.UTC(2026, 0, 5);
  const batches = [
    ...simulatedEvents(
      { seed: 1, startAt, underlyings: ['BTC'], stepMs: 3_600_000, instrumentLimit: 60 },
      { until: startAt + 4 * 3_600_000 },
    ),
  ];
  const run = new EngineRun(DEFAULT_CONFIG);
  for (const b of batches.slice(0, 3)) run.run(b);
  const before = structuredClone(run.state);
  const said = run.fork().run(batches[3]);
  assert.deepEqual(run.state, before);
  assert.deepEqual(run.run(batches[3]), said, 'and both say the same');
});
