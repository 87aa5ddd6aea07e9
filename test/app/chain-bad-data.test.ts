/** Bad data in recorded chains, on SYNTHETIC ones: nothing is learnt from them, and a monitor without a diagnosis would learn. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chainBadData } from '../../src/app/loop-bench/chain-bad-data.ts';
import { PUBLISHED } from '../../src/app/faults/chain-bench.ts';
import type { ChainSnapshot } from '../../src/app/faults/chain-snapshot.ts';
import { FAULTS } from '../../src/app/faults/kinds.ts';
import { DEFAULT_CONFIG } from '../../src/engine/config.ts';
import { expiryIn, instrumentsOf, quoteOf, START } from '../engine/synthetic-market.ts';

const SIX_HOURS = 6 * 3_600_000;

function chain(i: number): ChainSnapshot {
  const at = START + i * SIX_HOURS;
  const rows = [20, 40, 80].flatMap((days) =>
    instrumentsOf(expiryIn(days)).map((instrument) => ({
      instrument,
      quote: quoteOf(instrument, {
        at,
        level: 0.5 + 0.004 * Math.sin(i),
        forward: 90_000 * (1 + 0.002 * Math.cos(2 * i)),
      }),
    })),
  );
  return { at, venue: 'deribit', underlying: 'BTC', rows };
}

test('nothing is accepted on chains with injected faults; without a diagnosis it is, and the level shows it', () => {
  const snapshots = Array.from({ length: 15 }, (_, i) => chain(i));
  const faults = FAULTS.filter((f) => ['forward-off', 'call-put-flip', 'level-jump'].includes(f.name));
  const run = (openLogOdds: number) =>
    chainBadData(snapshots, { config: { ...DEFAULT_CONFIG, openLogOdds }, seed: 1, faults, variants: [PUBLISHED], stride: 1, onProgress: () => undefined }); // prettier-ignore
  const watched = run(DEFAULT_CONFIG.openLogOdds);
  assert.deepEqual(watched.map((r) => r.fault).toSorted(), ['call-put-flip', 'forward-off'], 'a move is no bad data');
  for (const r of watched) {
    assert.equal(r.injected, 3, r.fault);
    assert.equal(r.struck, r.fault === 'forward-off' ? 9 : 3, r.fault);
    assert.deepEqual([r.accepted, r.promoted, r.spoiled, r.examples], [0, 0, 0, []], r.fault);
  }
  const blind = run(Infinity);
  assert.ok(
    blind.some((r) => r.promoted > 0),
    JSON.stringify(blind),
  );
});

test('old rows sent again are used by no refit even where nothing is diagnosed; what is used is counted to the quote', () => {
  const snapshots = Array.from({ length: 17 }, (_, i) => chain(i));
  const faults = FAULTS.filter((f) => ['forward-off', 'stale-share'].includes(f.name));
  const variants = [PUBLISHED, { level: 0, shape: 'ramp' }, { level: 2, shape: 'intermittent' }] as const;
  const rows = chainBadData(snapshots, { config: { ...DEFAULT_CONFIG, openLogOdds: Infinity }, seed: 3, faults, variants, stride: 2, onProgress: () => undefined }); // prettier-ignore
  const of = (fault: string) => rows.filter((r) => r.fault === fault);
  assert.deepEqual(
    of('stale-share').map((r) => [r.magnitude, r.shape, r.injected]),
    [
      [0.3, 'abrupt', 3],
      [0.15, 'ramp', 9],
      [0.6, 'intermittent', 6],
    ],
  );
  for (const r of of('stale-share')) {
    assert.ok(r.accepted > 0, r.shape);
    assert.deepEqual([r.promoted, r.quotes, r.material], [0, 0, 0], r.examples.join('; '));
  }
  const [off] = of('forward-off');
  assert.equal(off.promoted, off.accepted, 'a refit under a wrong forward is made from injected quotes alone');
  assert.ok(off.promoted > 0 && off.quotes >= 10 * off.promoted && off.material > 0, JSON.stringify(off));
  assert.match(off.examples[0], /injected quotes, \d+ of them beyond their error bars/);
});
