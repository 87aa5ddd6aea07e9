/** How many quotes a healthy market leaves where they were, and what more than that is worth. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Random } from '../../src/numeric/random.ts';
import { staleShare, standingProbability, unchangedShare } from '../../src/quality/unchanged-share.ts';
import { batchOf, ELAPSED, FORWARD, syntheticEntries } from './synthetic-batch.ts';

test('a quote stands where rounding leaves it: against quotes rounded one by one', () => {
  const random = new Random(5, 'standing');
  const tick = 0.0005;
  const draws = 40_000;
  for (const half of [0.5, 1.5, 3, 6, 12])
    for (const moved of [0, 0.25, 0.5, 1, 2, 4]) {
      let same = 0;
      for (let i = 0; i < draws; i++) {
        const middle = 100 + random.uniform();
        const width = half + random.uniform();
        const [m, q] = [0.19 * half * random.normal(), 0.1 * half * random.normal()];
        const edges = (x: number, h: number): string => `${Math.floor(x - h)} ${Math.ceil(x + h)}`;
        if (edges(middle, width) === edges(middle + moved + m, width + q)) same++;
      }
      const expected = standingProbability(moved * tick, tick, half * tick);
      // The Gaussian stands in for a triangle: a tenth of a probability at most.
      assert.ok(Math.abs(expected - same / draws) < 0.1, `half ${half}, moved ${moved}: ${expected}, ${same / draws}`);
    }
});

test('the expectation follows the move of each quote and not the hours that passed', () => {
  const expectedAt = (forward: number, elapsed: number): number => {
    const entries = syntheticEntries((q) => q);
    for (const entry of entries) {
      entry.closedForward = forward;
      entry.closedMark = entry.quote?.mark ?? NaN;
    }
    const memory = unchangedShare.init();
    unchangedShare.update(memory, batchOf(entries, elapsed));
    return memory['expected'];
  };
  const still = expectedAt(FORWARD, 600);
  assert.ok(still > 0.5, `${still}`);
  assert.equal(expectedAt(FORWARD, ELAPSED), still);
  const moved = expectedAt(FORWARD * 1.002, 600);
  assert.ok(moved < 0.05, `marks that repeat while the forward moved excuse nothing: ${moved}`);
});

test('a third of the quotes stale among others that stand still by themselves is a stale share of a third', () => {
  const memory = { value: 1 / 3 + (2 / 3) * 0.3, n: 120, repeated: 0, expected: 0.3 };
  const found = staleShare([memory, { ...memory }], 20);
  assert.ok(Math.abs(found.stale - 1 / 3) < 1e-12, `${found.stale}`);
  assert.ok(found.z > 6, `${found.z}`);
  assert.ok(Number.isNaN(staleShare([memory], 200).stale));
});
