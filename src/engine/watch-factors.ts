import { cusum, type CusumState } from '../detect/cusum.ts';
import { initMewma, mewmaThreshold, readMewma, resetMewma, updateMewma, type MewmaState } from '../detect/mewma.ts';
import { initPrewhiten, prewhiten, type PrewhitenState } from '../detect/prewhiten.ts';
import { shewhart, type ShewhartState } from '../detect/shewhart.ts';

/** The sequential tests of one scope's level, skew and curvature innovations: jumps, drifts, and moves they share. */
export interface FactorWatch {
  readonly filters: readonly PrewhitenState[];
  readonly jumps: readonly ShewhartState[];
  readonly drifts: readonly CusumState[];
  readonly joint: MewmaState;
  /** Epoch ms of the last value taken, and until when an alarm of each factor is told. */
  takenAt: number;
  readonly toldUntil: [number, number, number];
}

/** One value a minute: what a second adds is the same market again. */
const EVERY_MS = 60_000;
/** An alarm stays a sign for this long, ms. */
const TOLD_MS = 900_000;

/**
 * By how much the run length of each test falls short of its design where volatility wanders, measured at a million
 * observations (`test/detect/run-length-study.ts`, `docs/monitor.md`): thresholds are set so that the budget holds there.
 */
const CUSUM_LOSS = 5;
const MEWMA_LOSS = 25;

/** Tests that have seen nothing. */
export function initFactorWatch(): FactorWatch {
  return {
    filters: [initPrewhiten(), initPrewhiten(), initPrewhiten()],
    jumps: [shewhart.init(), shewhart.init(), shewhart.init()],
    drifts: [cusum.init(), cusum.init(), cusum.init()],
    joint: initMewma(),
    takenAt: -Infinity,
    toldUntil: [-Infinity, -Infinity, -Infinity],
  };
}

/**
 * Takes the standardised innovations z of a batch at `at` (epoch ms): prewhitened, each to a Shewhart chart and a CUSUM,
 * together to a MEWMA, all at the designed `runLength`. An alarm counts for a factor only while it is `material`: run
 * lengths say that something changed, not that it matters. Learns and tests nothing while `stressed`. Returns which
 * factors are told of; each for a quarter of an hour after its alarm.
 */
export function watchFactors(
  watch: FactorWatch,
  z: readonly number[],
  material: readonly boolean[],
  runLength: number,
  at: number,
  stressed: boolean,
): readonly boolean[] {
  if (!stressed && z.every(Number.isFinite) && at - watch.takenAt >= EVERY_MS) {
    watch.takenAt = at;
    const white = z.map((v, i) => prewhiten(watch.filters[i], v, true));
    if (white.every(Number.isFinite)) test(watch, white, material, runLength, at);
  }
  return watch.toldUntil.map((until) => at < until);
}

function test(
  watch: FactorWatch,
  white: readonly number[],
  material: readonly boolean[],
  runLength: number,
  at: number,
): void {
  const alarmed = new Set<number>();
  white.forEach((v, i) => {
    shewhart.update(watch.jumps[i], v);
    cusum.update(watch.drifts[i], v);
    if (shewhart.read(watch.jumps[i]) > shewhart.threshold(runLength)) alarmed.add(i);
    if (cusum.read(watch.drifts[i]) > cusum.threshold(CUSUM_LOSS * runLength)) alarmed.add(i);
  });
  updateMewma(watch.joint, [white[0], white[1], white[2]]);
  if (readMewma(watch.joint) > mewmaThreshold(MEWMA_LOSS * runLength)) alarmed.add(largest(watch.joint.mean));
  for (const i of alarmed) if (material[i]) watch.toldUntil[i] = at + TOLD_MS;
  if (alarmed.size === 0) return;
  for (const s of watch.jumps) shewhart.reset(s);
  for (const s of watch.drifts) cusum.reset(s);
  resetMewma(watch.joint);
}

function largest(values: readonly number[]): number {
  let best = 0;
  values.forEach((v, i) => {
    if (Math.abs(v) > Math.abs(values[best])) best = i;
  });
  return best;
}
