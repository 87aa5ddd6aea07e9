import { initTrailingMedian, type TrailingMedian } from '../detect/trailing-median.ts';
import { isoTime } from '../market/iso-time.ts';
import { initBudget, type Budget } from '../policy/budget.ts';
import type { LoopAction, LoopInput, LoopStateName } from '../policy/loop-table.ts';
import { initLoop, loopStep, type LoopState } from '../policy/loop.ts';
import type { Trial } from '../policy/promotion.ts';
import { initLately, type Lately } from '../policy/quorum.ts';
import type { Registry } from '../policy/registry.ts';
import type { Effect } from './effect.ts';
import type { ExpiryState, UnderlyingState } from './state.ts';

/** Everything the calibration loop of one expiry remembers; plain data. */
export interface CalibrationLoop {
  machine: LoopState;
  /** The model that serves; the configured champion unless a challenger was promoted. */
  champion: string;
  budget: Budget;
  trial: Trial | null;
  /** Which of the configured challengers is tried next. */
  rung: number;
  readonly registry: Registry;
  /** Vega of the used quotes at recent closes without an incident, in units of F sqrt(T): normal coverage. */
  readonly coverage: TrailingMedian;
  /** Quotes and vega since the stress began, for its quorum. */
  lately: Lately;
  /** Closes in a row beyond the warning level, and with a shape error. */
  warnings: number;
  shapes: number;
  /** Answers in a row, before a first fit, that came to nothing because of the family. */
  unfit: number;
  /** Closes in a row in which every used quote lay on one side of the forward. */
  besides: number;
  /** Refits accepted since the last one that began anew (a first fit, a change): each of them halves what is left to learn. */
  settled: number;
  /** Options listed when the champion was last asked for. */
  listed: number;
  /** From the request to the answer of the last fit, ms. */
  latencyMs: number;
  /** Who ordered a refit that the next close must carry out; null when nobody did. */
  ordered: string | null;
  /** Open incidents that this expiry has answered with refits: how often, and when last. */
  readonly answered: Map<string, { readonly count: number; readonly at: number }>;
}

const COVERAGE_CLOSES = 24;

/** A loop before its first batch. */
export function initCalibrationLoop(champion: string): CalibrationLoop {
  return {
    machine: initLoop(),
    champion,
    budget: initBudget(),
    trial: null,
    rung: 0,
    registry: new Map(),
    coverage: initTrailingMedian(COVERAGE_CLOSES),
    lately: initLately(),
    warnings: 0,
    shapes: 0,
    unfit: 0,
    besides: 0,
    settled: 0,
    listed: 0,
    latencyMs: 0,
    ordered: null,
    answered: new Map(),
  };
}

/** States whose beginning and end are worth a record; the others come and go with every refresh. */
const TOLD: ReadonlySet<LoopStateName> = new Set(['DRIFT', 'SHADOW', 'QUARANTINE', 'STRESS', 'HOLD', 'MANUAL']);

/**
 * Tells the loop of an expiry one thing: moves it by the table, takes back what is under suspicion, records the
 * transition, and returns the actions that are left to the caller.
 */
export function tellLoop(
  underlying: UnderlyingState,
  expiry: ExpiryState,
  input: LoopInput,
  at: number,
  effects: Effect[],
): readonly LoopAction[] {
  const { loop } = expiry;
  const before = loop.machine;
  const { loop: after, actions } = loopStep(before, input, at);
  loop.machine = after;
  if (after.state !== before.state && (TOLD.has(after.state) || TOLD.has(before.state)))
    effects.push(
      loopAction(
        expiry,
        at,
        'loop',
        `${before.state} -> ${after.state} (${input})`,
        causeOf(underlying, expiry, input),
      ),
    );
  if (actions.includes('withdraw')) withdraw(underlying, expiry, causeOf(underlying, expiry, input), at, effects);
  return actions;
}

/** Record of one act of the loop on an expiry. */
export function loopAction(
  expiry: ExpiryState,
  at: number,
  kind: string,
  outcome: string,
  incident: string | null = null,
): Effect {
  return { type: 'record', record: { type: 'action', at: isoTime(at), incident, kind, outcome, scope: expiry.key } };
}

function causeOf(underlying: UnderlyingState, expiry: ExpiryState, input: LoopInput): string | null {
  const kind = input === 'data-fault' ? 'data' : input === 'stress' || input === 'no-quorum' ? 'market' : null;
  if (kind === null) return null;
  for (const i of underlying.incidents.open.values())
    if (i.kind === kind && (i.scope === underlying.key || i.scope === expiry.key)) return i.id;
  return null;
}

/** Batches that a data fault may need to be named: what was fitted to them is as suspect as they are. */
const SUSPECT_BATCHES = 6;
const SUSPECT_MS = 10_000;

function withdraw(
  underlying: UnderlyingState,
  expiry: ExpiryState,
  incident: string | null,
  at: number,
  effects: Effect[],
): void {
  const cadence = Number.isFinite(underlying.cadenceMs) ? underlying.cadenceMs : 0;
  const from = at - Math.min(SUSPECT_MS, SUSPECT_BATCHES * cadence);
  for (const track of expiry.models) {
    if (track.fits === 0 || track.model === 'venue-mark') continue;
    const kept = track.versions.filter((v) => v.fit.at < from || v.fit.at > at);
    const taken = track.versions.length - kept.length;
    // Without an older version a suspect one is still better known than none: the gate is closed meanwhile.
    if (taken === 0 || kept.length === 0) continue;
    track.versions.splice(0, track.versions.length, ...kept);
    effects.push(loopAction(expiry, at, 'withdraw', `${track.model}: ${taken} fitted to suspect batches`, incident));
  }
}
