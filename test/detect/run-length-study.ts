/** Run lengths and delays of the detectors by seeded simulation. Run as a program it prints the table of `docs/monitor.md`. */
import { cusum } from '../../src/detect/cusum.ts';
import type { Detector } from '../../src/detect/detector.ts';
import { initLevelShift, levelShift } from '../../src/detect/level-shift.ts';
import { initMewma, mewmaThreshold, readMewma, resetMewma, updateMewma } from '../../src/detect/mewma.ts';
import { initPrewhiten, prewhiten } from '../../src/detect/prewhiten.ts';
import { rankE } from '../../src/detect/rank-e.ts';
import { shewhart } from '../../src/detect/shewhart.ts';
import { inverseNormalCdf } from '../../src/numeric/normal.ts';
import { Random } from '../../src/numeric/random.ts';

export type NoiseName = 'normal' | 't4' | 'ar6' | 'stochastic-volatility';
export const NOISES: readonly NoiseName[] = ['normal', 't4', 'ar6', 'stochastic-volatility'];

/** A source of values with mean 0 and variance 1. */
export function noise(name: NoiseName, random: Random): () => number {
  const normal = (): number => inverseNormalCdf(random.uniform());
  if (name === 'normal') return normal;
  if (name === 't4')
    return () => {
      let chi = 0;
      for (let i = 0; i < 4; i++) chi += normal() ** 2;
      return normal() / Math.sqrt(chi / 4) / Math.SQRT2;
    };
  if (name === 'ar6') {
    let x = 0;
    return () => (x = 0.6 * x + 0.8 * normal());
  }
  // ln variance AR(1) with phi 0.98 and stationary variance 1, normalised to unit mean variance.
  let h = 0;
  return () => {
    h = 0.98 * h + Math.sqrt(1 - 0.98 * 0.98) * normal();
    return normal() * Math.exp(0.5 * (h - 0.5));
  };
}

export interface Chart {
  readonly name: string;
  /** Takes one value; whether it alarms. `armed` is false while the chart learns what health is. */
  readonly make: (runLength: number, random: Random, source: NoiseName) => (shift: number, armed: boolean) => boolean;
}

function plain<S>(name: string, detector: Detector<S>, filtered: boolean): Chart {
  return {
    name: filtered ? `${name} prewhitened` : name,
    make: (runLength, random, source) => {
      const draw = noise(source, random);
      const state = detector.init();
      const filter = initPrewhiten();
      const limit = detector.threshold(runLength);
      return (shift, armed) => {
        const x = draw() + shift;
        const z = filtered ? prewhiten(filter, x, !armed) : x;
        if (Number.isFinite(z)) detector.update(state, z);
        if (!armed) detector.reset(state);
        return armed && detector.read(state) > limit;
      };
    },
  };
}

/** Three independent streams of one kind, the first of which is shifted. */
function joint(filtered: boolean): Chart {
  return {
    name: filtered ? 'mewma prewhitened' : 'mewma',
    make: (runLength, random, source) => {
      const draws = [0, 1, 2].map((i) => noise(source, random.split(`${i}`)));
      const filters = draws.map(() => initPrewhiten());
      const state = initMewma();
      const limit = mewmaThreshold(runLength);
      return (shift, armed) => {
        const take = (i: number): number => {
          const x = draws[i]() + (i === 0 ? shift : 0);
          return filtered ? prewhiten(filters[i], x, !armed) : x;
        };
        updateMewma(state, [take(0), take(1), take(2)]);
        if (!armed) resetMewma(state);
        return armed && readMewma(state) > limit;
      };
    },
  };
}

export const CHARTS: readonly Chart[] = [
  plain('shewhart', shewhart, false),
  plain('shewhart', shewhart, true),
  plain('cusum', cusum, false),
  plain('rank-e', rankE, false),
  plain('cusum', cusum, true),
  plain('rank-e', rankE, true),
  joint(false),
  joint(true),
  {
    name: 'level-shift at 7.8, three in a row',
    make: (_, random, source) => {
      const draw = noise(source, random);
      const state = initLevelShift();
      let row = 0;
      return (shift, armed) => {
        row = Math.abs(levelShift(state, draw() + shift, 0)) > 7.8 ? row + 1 : 0;
        return armed && row >= 3;
      };
    },
  },
];

/** Observations before a chart is armed. */
const WARM = 2_600;

export interface RunLength {
  /** Exponential estimate from censored runs: observations watched per alarm. */
  readonly mean: number;
  readonly alarms: number;
}

/** Mean run between false alarms from `runs` seeded runs, each cut at `cut` observations. */
export function runLengthOf(chart: Chart, source: NoiseName, designed: number, runs: number, cut: number): RunLength {
  let [watched, alarms] = [0, 0];
  for (let run = 0; run < runs; run++) {
    const take = chart.make(designed, new Random(run + 1, `${chart.name}:${source}`), source);
    for (let i = 0; i < WARM; i++) take(0, false);
    let i = 0;
    while (i < cut) {
      i++;
      if (take(0, true)) {
        alarms++;
        break;
      }
    }
    watched += i;
  }
  return { mean: watched / Math.max(1, alarms), alarms };
}

/** Median delay after a step of `size` sd, or a ramp that reaches it after `ramp` observations; Infinity when most runs miss it within `cut`. */
export function delayOf(
  chart: Chart,
  source: NoiseName,
  designed: number,
  size: number,
  ramp: number,
  runs: number,
): number {
  const cut = 4 * ramp + 3_000;
  const delays: number[] = [];
  for (let run = 0; run < runs; run++) {
    const take = chart.make(designed, new Random(run + 1, `delay:${chart.name}:${source}`), source);
    for (let i = 0; i < WARM; i++) take(0, false);
    let i = 0;
    while (i < cut && !take(ramp === 0 ? size : size * Math.min(1, i / ramp), true)) i++;
    delays.push(i < cut ? i + 1 : Infinity);
  }
  return delays.toSorted((a, b) => a - b)[Math.floor(runs / 2)];
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const designed = Number(process.argv[2] ?? 1440);
  const runs = Number(process.argv[3] ?? 200);
  const cuts = Number(process.argv[4] ?? 6);
  console.log(
    `| chart (designed ${designed}) | ${NOISES.join(' | ')} | step 1 sd | step 2 sd | step 4 sd | ramp to 2 sd in 600 |`,
  );
  console.log(`|---|${'---:|'.repeat(NOISES.length + 4)}`);
  for (const chart of CHARTS) {
    const lengths = NOISES.map((n) => runLengthOf(chart, n, designed, runs, cuts * designed));
    const delays = [1, 2, 4].map((size) => delayOf(chart, 'normal', designed, size, 0, 60));
    const ramp = delayOf(chart, 'normal', designed, 2, 600, 60);
    console.log(
      `| ${chart.name} | ${lengths.map((l) => (l.alarms === 0 ? `> ${l.mean}` : Math.round(l.mean))).join(' | ')} | ${[...delays, ramp].join(' | ')} |`,
    );
  }
}
