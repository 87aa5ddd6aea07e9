/** Seeded plans of faults: every kind, three magnitudes, three onset shapes, spaced so that each can be judged alone. */
import { Random } from '../numeric/random.ts';
import { listedExpiries } from './calendar.ts';
import { FAULT_KINDS, type FaultKind, type OnsetShape, type ScheduledFault } from './fault.ts';

/** Small, middle and large magnitude of every kind, in its unit; kinds without a size say 1 three times. */
export const FAULT_MAGNITUDES: Readonly<Record<FaultKind, readonly [number, number, number]>> = {
  'stale-all': [1, 1, 1],
  'stale-subset': [0.15, 0.3, 0.6],
  'expiry-stuck': [1, 1, 1],
  crossed: [0.05, 0.1, 0.3],
  'fat-finger': [1.5, 3, 10],
  'clock-skew': [2000, 60_000, 21_600_000],
  'missing-expiry': [1, 1, 1],
  'missing-side': [1, 1, 1],
  'wrong-forward': [15, 30, 100],
  'index-as-forward': [1, 1, 1],
  'wrong-expiry-map': [1, 1, 1],
  'call-put-flip': [1, 1, 1],
  'usd-as-coin': [1, 1, 1],
  'tick-change': [2, 5, 10],
  'index-outlier': [30, 100, 300],
  'stablecoin-depeg': [40, 100, 300],
  'forced-prints': [0.5, 1, 3],
  'vol-scale': [0.95, 1.05, 1.15],
  'out-of-order': [0.02, 0.1, 0.3],
  duplicate: [0.02, 0.1, 0.3],
  gap: [0.02, 0.1, 0.3],
  silence: [1, 1, 1],
  disconnect: [1, 1, 1],
  refuse: [1, 1, 1],
  'vol-jump': [1, 2, 5],
  'level-jump': [2, 5, 12],
  'skew-jump': [-0.15, -0.3, 0.5],
  'curvature-jump': [0.1, 0.2, 0.35],
  'term-inversion': [0.1, 0.2, 0.35],
  'basis-shock': [-0.05, 0.1, -0.25],
  'liquidity-contraction': [2, 4, 8],
  'books-empty': [0.5, 0.8, 0.95],
  'flash-crash': [-0.04, -0.08, -0.14],
  'spot-vol-flip': [0.8, 1.5, 2.5],
  'platform-lock': [1, 1, 1],
  maintenance: [1, 1, 1],
};

/** Kinds that hit one expiry at a time; the others hit a whole underlying. */
const OF_ONE_EXPIRY: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'expiry-stuck', 'crossed', 'fat-finger', 'missing-expiry', 'missing-side', 'wrong-forward', 'index-as-forward',
  'wrong-expiry-map', 'call-put-flip', 'usd-as-coin', 'vol-scale', 'vol-jump',
]); // prettier-ignore

/** What a plan is drawn from. */
export interface FaultPlan {
  readonly seed: number;
  /** Epoch ms of the first onset at the earliest, and of the last end at the latest. */
  readonly from: number;
  readonly until: number;
  readonly kinds: readonly FaultKind[];
  readonly underlyings: readonly string[];
  /** Length of each fault and of the quiet after it, ms. */
  readonly durationMs: number;
  readonly quietMs: number;
  readonly shapes?: readonly OnsetShape[];
}

/** Kinds, magnitudes and shapes in turn, places and exact onsets drawn from the seed; no two faults overlap. */
export function planFaults(plan: FaultPlan): ScheduledFault[] {
  const random = new Random(plan.seed, 'fault-plan');
  const shapes = plan.shapes ?? ['abrupt', 'ramp', 'intermittent'];
  const found: ScheduledFault[] = [];
  let at = plan.from;
  for (let i = 0; ; i++) {
    const from = Math.round(at + random.between(0, 0.3 * plan.quietMs));
    const to = from + plan.durationMs;
    if (to > plan.until) return found;
    const fault = plan.kinds[i % plan.kinds.length];
    const round = Math.floor(i / plan.kinds.length);
    const listed = listedExpiries(from).slice(1, -1);
    found.push({
      fault,
      scope: {
        underlying: FAULT_KINDS[fault].layer === 'wire' ? null : random.pick(plan.underlyings),
        expiry: OF_ONE_EXPIRY.has(fault) ? random.pick(listed).expiry : null,
      },
      from,
      to,
      magnitude: FAULT_MAGNITUDES[fault][round % 3],
      shape: shapes[Math.floor(round / 3) % shapes.length],
    });
    at = to + 0.7 * plan.quietMs;
  }
}
