/** Calibrators that go wrong: the faults of the model, injected where the model answers. */
import type { FitOutcomeRecord } from '../../market/event.ts';
import type { FitJob } from '../../model/contract.ts';
import type { Cause } from '../../policy/causes.ts';
import { ownCalibrator, type Calibrator } from './engine-run.ts';

/** Raw SVI as the calibrator answers it: a, b, rho, m, sigma of total variance. */
type Raw = readonly [a: number, b: number, rho: number, m: number, sigma: number];

/** A kind of model fault: an honest answer made wrong. */
export interface ModelFault {
  readonly says: string;
  readonly causes: readonly Cause[];
  readonly unit: string;
  readonly magnitudes: readonly [number, number, number];
  /** Value of the magnitude at which nothing is wrong. */
  readonly neutral: number;
  /** Changes an answer; `earlier` is the scope's last honest answer from before the onset. */
  readonly spoil: (answer: FitOutcomeRecord, magnitude: number, earlier: FitOutcomeRecord | null) => FitOutcomeRecord;
}

const with5 = (outcome: FitOutcomeRecord, change: (raw: Raw) => Raw): FitOutcomeRecord =>
  outcome.parameters.length === 5 ? { ...outcome, parameters: change(outcome.parameters as unknown as Raw) } : outcome;

/** The outcome with every volatility multiplied (raw SVI: a and b by the square). */
function scaledBy(outcome: FitOutcomeRecord, factor: number): FitOutcomeRecord {
  return with5(outcome, ([a, b, rho, m, sigma]) => [a * factor * factor, b * factor * factor, rho, m, sigma]);
}

const atTheMoney = ([a, b, rho, m, sigma]: Raw): number => a + b * (-rho * m + Math.sqrt(m * m + sigma * sigma));

/** M1 to M6 of the catalogue; greeks (M7, M8) and promotions (M10) are tested where they are made. */
export const MODEL_FAULTS = {
  'model-scale': {
    says: "the model's volatilities are scaled",
    causes: ['convention-mismatch'],
    unit: 'factor',
    magnitudes: [1.02, 1.05, 1.1],
    neutral: 1,
    spoil: (answer, magnitude) => scaledBy(answer, magnitude),
  },
  'model-frozen': {
    says: 'the calibrator repeats its last answer',
    causes: ['frozen-model'],
    unit: '1',
    magnitudes: [1, 1, 1],
    neutral: 0,
    spoil: (answer, _magnitude, earlier) => earlier ?? answer,
  },
  'parameter-frozen': {
    says: 'one parameter (b) is stuck at a multiple of its old value, the others are fitted',
    causes: ['frozen-model', 'optimiser-failure', 'model-misspecified'],
    unit: 'factor of b',
    magnitudes: [1.1, 1.25, 1.5],
    neutral: 1,
    spoil: (answer, magnitude) => with5(answer, ([a, b, rho, m, sigma]) => [a, b * magnitude, rho, m, sigma]),
  },
  'model-local-minimum': {
    says: 'the answer stands in the mirrored minimum: the slope has the wrong sign',
    causes: ['local-minimum', 'optimiser-failure'],
    unit: 'share of the slope turned round',
    magnitudes: [0.3, 0.6, 1],
    neutral: 0,
    spoil: (answer, magnitude) =>
      with5(answer, (raw) => {
        const [a, b, rho, m, sigma] = raw;
        const turned: Raw = [a, b, rho * (1 - 2 * magnitude), m * (1 - 2 * magnitude), sigma];
        return [a + atTheMoney(raw) - atTheMoney(turned), turned[1], turned[2], turned[3], sigma];
      }),
  },
  'model-arbitrageable': {
    says: 'the vertex of the smile is too sharp: butterfly arbitrage in the quoted range',
    causes: ['arbitrageable-fit', 'optimiser-failure'],
    unit: 'factor of the curvature',
    magnitudes: [10, 30, 100],
    neutral: 1,
    spoil: (answer, magnitude) =>
      with5(answer, (raw) => {
        const [a, b, rho, m, sigma] = raw;
        const sharp: Raw = [a, b, rho, m, sigma / magnitude];
        return [a + atTheMoney(raw) - atTheMoney(sharp), b, rho, m, sigma / magnitude];
      }),
  },
  'model-day-count': {
    says: 'volatilities are quoted on a year of fewer days',
    causes: ['convention-mismatch'],
    unit: 'days in a year',
    magnitudes: [355, 300, 252],
    neutral: 365,
    spoil: (answer, magnitude) => scaledBy(answer, Math.sqrt(365 / magnitude)),
  },
} as const satisfies Readonly<Record<string, ModelFault>>;

/** Name of a kind of model fault. */
export type ModelFaultName = keyof typeof MODEL_FAULTS;

/** Every kind, as what it is. */
export const modelFault = (name: ModelFaultName): ModelFault => MODEL_FAULTS[name];

/** Answers kept per scope: as many as a fault may reach back. */
const KEPT = 24;

/** The honest calibrator, which remembers what it answered. */
export class RememberedAnswers {
  readonly #held = new Map<string, { readonly at: number; readonly outcome: FitOutcomeRecord }[]>();

  /** Answers a job and remembers it. */
  readonly answer: Calibrator = (job) => {
    const outcome = ownCalibrator(job);
    if (outcome === null) return null;
    const key = scopeOf(job);
    const held = this.#held.get(key) ?? [];
    held.push({ at: job.at, outcome });
    if (held.length > KEPT) held.shift();
    this.#held.set(key, held);
    return outcome;
  };

  /** What was answered `ageMs` before the job, or the oldest answer held when none is that old; null without any. */
  before(job: FitJob, ageMs: number): FitOutcomeRecord | null {
    const held = (this.#held.get(scopeOf(job)) ?? []).filter((h) => h.at < job.at);
    return (held.findLast((h) => job.at - h.at >= ageMs) ?? held[0])?.outcome ?? null;
  }
}

function scopeOf(job: FitJob): string {
  return `${job.model}:${job.scope.venue}:${job.scope.underlying}:${job.scope.expiry}`;
}
