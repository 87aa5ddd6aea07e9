/** Every data metric keeps the contract: a name that ends in its unit, a defined empty answer, plain numeric memory. */
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { DATA_METRICS } from '../../src/quality/registry.ts';
import { batchOf, syntheticBatch } from '../quality/synthetic-batch.ts';

const FOLDER = new URL('../../src/quality/', import.meta.url);
const NOT_METRICS = new Set([
  'price-grid.ts',
  'prior-baselines.ts',
  'batch.ts',
  'facts.ts',
  'metric.ts',
  'near-quotes.ts',
  'registry.ts',
]);
const SUFFIX = { '1': /_(share|ratio)$/, bp: /_bp$/, s: /_s$/, vol: /_vol$/, count: /_count$/, log: /_log$/ } as const;

test('the registry holds every file of the room', () => {
  const registry = readFileSync(new URL('registry.ts', FOLDER), 'utf8');
  const files = readdirSync(FOLDER).filter((f) => f.endsWith('.ts') && !NOT_METRICS.has(f));
  assert.ok(files.length >= 17);
  for (const f of files) assert.match(registry, new RegExp(`'\\./${f.replace('.', '\\.')}'`), f);
  assert.equal(new Set(DATA_METRICS.map((m) => m.name)).size, DATA_METRICS.length);
});

for (const metric of DATA_METRICS) {
  test(`${metric.name}: unit in the name, one line of meaning`, () => {
    assert.match(metric.name, SUFFIX[metric.unit]);
    assert.ok(metric.says.length > 10 && !metric.says.includes('\n'));
  });
  test(`${metric.name}: no quotes is NaN or a count of zero, never a throw`, () => {
    const memory = metric.init();
    metric.update(memory, batchOf([]));
    const value = metric.read(memory);
    assert.ok(Number.isNaN(value) || value === 0, `${value}`);
  });
  test(`${metric.name}: a healthy chain gives a finite number and plain memory`, () => {
    const memory = metric.init();
    metric.update(memory, syntheticBatch());
    assert.ok(Number.isFinite(metric.read(memory)), `${metric.read(memory)}`);
    assert.deepEqual(structuredClone(memory), memory);
    assert.ok(Object.values(memory).every((v) => typeof v === 'number'));
    assert.ok(Object.keys(memory).length <= 4, 'memory is bounded');
  });
}
