/** The grid that prices keep, and what it says of quotes, spreads and clocks: SYNTHETIC numbers and chains. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Random } from '../../src/numeric/random.ts';
import { comparableSpread, halfSpread } from '../../src/quality/half-spread.ts';
import { gridOf, quotedGrid } from '../../src/quality/price-grid.ts';
import { timeOffset } from '../../src/quality/time-offset.ts';
import { batchOf, syntheticEntries } from './synthetic-batch.ts';

const round = (v: number, step: number): number => Math.round(v / step) * step;

test('prices rounded to a step are seen to keep it, one bad price or none; unrounded ones keep none', () => {
  const random = new Random(11, 'grid');
  const values = Array.from({ length: 60 }, () => random.uniform());
  for (const step of [0.0001, 0.0005, 0.002, 0.01])
    for (const bad of [0, 1]) {
      const rounded = values.map((v, i) => (i < bad ? v : round(v, step)));
      const found = gridOf(rounded, 0.0001);
      assert.ok(Math.abs(found / step - 1) < 1e-9, `${step}, ${bad} bad: ${found}`);
    }
  assert.equal(gridOf(values, 0.0001), 0);
  assert.equal(gridOf(values.slice(0, 10).map((v) => round(v, 0.01)), 0.0001), 0); // prettier-ignore
  assert.equal(gridOf(values.map(() => 0.5), 0.0001), 0); // prettier-ignore
});

/** The chain with bids rounded down and asks rounded up to a step, at least a step wide. */
function onGrid(step: number) {
  return syntheticEntries((q) => {
    const bid = q.bid === null ? null : Math.floor(q.bid / step) * step;
    const ask = q.ask === null ? null : Math.ceil(q.ask / step) * step;
    return { ...q, bid: bid !== null && bid > 0 ? bid : null, ask };
  });
}

test('a spread as wide as a coarse grid makes it is not compared as a wide one', () => {
  const spreadAt = (step: number): { own: number; comparable: number } => {
    const entries = onGrid(step);
    assert.ok(Math.abs(quotedGrid(entries) / step - 1) < 1e-9);
    const memory = halfSpread.init();
    const batch = batchOf(entries);
    halfSpread.update(memory, batch);
    return { own: memory['value'], comparable: comparableSpread(memory, batch.years) / Math.sqrt(batch.years) };
  };
  const fine = spreadAt(0.0001);
  const coarse = spreadAt(0.005);
  assert.equal(fine.comparable, fine.own);
  assert.ok(coarse.own > 4 * fine.own, `${coarse.own} against ${fine.own}`);
  assert.ok(coarse.comparable < 2 * fine.own, `${coarse.comparable} against ${fine.own}`);
});

test('the time that rounded marks imply is off by no more than the resolution stated, and exact marks state none', () => {
  const measured = (volStep: number, markStep: number) => {
    const entries = syntheticEntries((q) => ({
      ...q,
      markIv: q.markIv === null || volStep === 0 ? q.markIv : round(q.markIv, volStep),
      mark: q.mark === null || markStep === 0 ? q.mark : round(q.mark, markStep),
    }));
    const memory = timeOffset.init();
    timeOffset.update(memory, batchOf(entries));
    return { offset: memory['value'], resolution: memory['resolution'] };
  };
  const exact = measured(0, 0);
  assert.ok(Math.abs(exact.offset) < 1 && exact.resolution === 0, JSON.stringify(exact));
  for (const [volStep, markStep] of [
    [0.01, 0],
    [0, 0.0005],
    [0.01, 0.0005],
  ]) {
    // prettier-ignore
    const { offset, resolution } = measured(volStep, markStep);
    assert.ok(Math.abs(offset) <= resolution, `${volStep} ${markStep}: ${offset} beyond ${resolution}`);
    assert.ok(Math.abs(offset) > 60, `the rounding shows: ${offset}`);
  }
});
