/**
 * Three policies of recalibration on one SYNTHETIC tape whose truth is known: refit at every batch, refit when a plain
 * threshold is crossed, and the loop. Calm, then a move of all volatilities, a wrong forward, a move of one expiry and
 * thin quotes, over and over: far denser than any day. `vernier bench loop` runs days.
 */
import { createHash } from 'node:crypto';
import { comparePolicies } from '../src/app/loop-bench/compare-policies.ts';
import type { PolicyFigures } from '../src/app/loop-bench/tally.ts';
import { TAPE_START } from '../src/app/loop-bench/tape.ts';
import type { FaultKind, ScheduledFault } from '../src/simulator/fault.ts';
import type { Bench } from './run.ts';

const MINUTE = 60_000;
const CYCLE = 10;
const MINUTES = 20;

/** One cycle of ten minutes: [kind, from, minutes, magnitude, expiry]. */
const EVENTS: readonly (readonly [FaultKind, number, number, number, number | null])[] = [
  ['level-jump', 2, 8, 3, null],
  ['wrong-forward', 3.5, 1, 40, 5],
  ['call-put-flip', 5, 0.7, 1, 6],
  ['vol-jump', 6.5, 3.5, 4, 4],
  ['liquidity-contraction', 8, 1, 3, null],
];

function schedule(minutes: number): ScheduledFault[] {
  const found: ScheduledFault[] = [];
  for (let cycle = 0; cycle * CYCLE < minutes; cycle++)
    for (const [fault, after, length, magnitude, expiry] of EVENTS) {
      const from = TAPE_START + (cycle * CYCLE + after) * MINUTE;
      found.push({ fault, scope: { underlying: 'BTC', expiry }, from, to: from + length * MINUTE, magnitude, shape: 'abrupt' }); // prettier-ignore
    }
  return found;
}

let shared: { readonly smoke: boolean; readonly figures: readonly PolicyFigures[] } | null = null;

function figures(smoke: boolean): readonly PolicyFigures[] {
  if (shared === null || shared.smoke !== smoke) {
    const minutes = smoke ? 1 : MINUTES;
    shared = {
      smoke,
      figures: comparePolicies({ seed: 20261122, minutes, faults: schedule(minutes), keep: false }),
    };
  }
  return shared.figures;
}

const FIGURES = [
  ['error_rms', 'vol pts'],
  ['error_median', 'vol pts'],
  ['error_p99', 'vol pts'],
  ['refits_per_day', '1/day'],
  ['path_per_day', 'vol pts'],
  ['turns_per_day', '1/day'],
] as const;

/** Benches of the loop: six figures for each of three policies; refits, path and turns are per expiry. */
export const benches: Bench[] = ['loop', 'plain-threshold', 'every-tick'].flatMap((policy) =>
  FIGURES.map(([figure, unit]): Bench => ({
    name: `loop/${policy}/${figure.replaceAll('_', '-')}`,
    unit,
    run(smoke) {
      const value = figures(smoke).find((f) => f.policy === policy)?.[figure] ?? NaN;
      return { samples: [value], hash: createHash('sha256').update(String(value)).digest('hex').slice(0, 16) };
    },
  })),
);
