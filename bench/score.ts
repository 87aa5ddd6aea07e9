/** What a scored quote and a tested batch cost: the budget is 100 models x 12 expiries x 800 instruments at 10 Hz in two cores. */
import { createHash } from 'node:crypto';
import type { Bench, BenchResult } from './run.ts';
import { cusum } from '../src/detect/cusum.ts';
import { initLevelShift, levelShift } from '../src/detect/level-shift.ts';
import { initMewma, readMewma, updateMewma } from '../src/detect/mewma.ts';
import { initPrewhiten, prewhiten } from '../src/detect/prewhiten.ts';
import { rankE } from '../src/detect/rank-e.ts';
import { shewhart } from '../src/detect/shewhart.ts';
import type { Observations } from '../src/model/contract.ts';
import { inverseNormalCdf } from '../src/numeric/normal.ts';
import { Random } from '../src/numeric/random.ts';
import { scorePrequential } from '../src/score/prequential.ts';

const QUOTES = 33;

/** SYNTHETIC: a slice of 33 quotes and a prediction a tenth of a point off. */
function slice(random: Random): { batch: Observations; mean: Float64Array; sd: Float64Array } {
  const k = Float64Array.from({ length: QUOTES }, (_, i) => (i - 16) / 60);
  const noise = k.map(() => 0.003);
  const truth = k.map((v) => 0.5 - 0.2 * v + v * v);
  const value = truth.map((v) => v + 0.003 * inverseNormalCdf(random.uniform()));
  const batch: Observations = {
    at: 0, years: 0.1, forward: 90_000, k, x: k.map((v) => v / 0.16), strike: k, value, noise,
    low: value.map((v) => v - 0.006), high: value.map((v) => v + 0.006), venueValue: truth,
  }; // prettier-ignore
  return { batch, mean: truth.map((v) => v + 0.001), sd: k.map(() => 0.0005) };
}

function timed(rounds: number, work: () => number, perRound: number): { samples: number[]; sum: number } {
  const samples: number[] = [];
  let sum = 0;
  work();
  for (let r = 0; r < rounds; r++) {
    const start = performance.now();
    sum += work();
    samples.push(((performance.now() - start) * 1e6) / perRound);
  }
  return { samples, sum };
}

function digest(value: number): string {
  return createHash('sha256').update(value.toPrecision(15)).digest('hex').slice(0, 16);
}

const score: Bench = {
  name: 'score/ns-per-quote',
  unit: 'ns',
  run(smoke): BenchResult {
    const slices = Array.from({ length: 50 }, (_, i) => slice(new Random(i, 'score')));
    const repeat = smoke ? 1 : 40;
    const work = (): number => {
      let sum = 0;
      for (let r = 0; r < repeat; r++)
        for (const { batch, mean, sd } of slices) sum += scorePrequential(batch, { mean, sd }, 1e-6)?.pz ?? 0;
      return sum;
    };
    const { samples, sum } = timed(smoke ? 1 : 15, work, repeat * slices.length * QUOTES);
    return { samples, hash: digest(sum / samples.length) };
  },
};

const detect: Bench = {
  name: 'detect/ns-per-batch',
  unit: 'ns',
  run(smoke): BenchResult {
    const random = new Random(1, 'detect');
    const z = Float64Array.from({ length: 4_000 }, () => inverseNormalCdf(random.uniform()));
    const repeat = smoke ? 1 : 10;
    const work = (): number => {
      const [s, c, r, m] = [shewhart.init(), cusum.init(), rankE.init(), initMewma()];
      const [filter, shift] = [initPrewhiten(), initLevelShift()];
      let sum = 0;
      for (let n = 0; n < repeat; n++)
        for (let i = 0; i < z.length; i++) {
          const x = prewhiten(filter, z[i], true);
          shewhart.update(s, x);
          cusum.update(c, x);
          rankE.update(r, x);
          updateMewma(m, [x, z[i], -z[i]]);
          sum += readMewma(m) + levelShift(shift, z[i], 0);
        }
      return Number.isFinite(sum) ? sum : cusum.read(c) + rankE.read(r) + shewhart.read(s);
    };
    const { samples, sum } = timed(smoke ? 1 : 15, work, repeat * z.length);
    return { samples, hash: digest(sum / samples.length) };
  },
};

/** Every bench of this file. */
export const benches: readonly Bench[] = [score, detect];
