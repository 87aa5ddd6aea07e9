import { LOOP_TABLE, type LoopAction, type LoopInput, type LoopStateName } from './loop-table.ts';

/** The loop of one expiry, plain data. */
export interface LoopState {
  readonly state: LoopStateName;
  /** Epoch ms of the entry into the state; -Infinity before the first. */
  readonly since: number;
  /** When the way back from stress began, epoch ms; null when none is under way. */
  readonly reentryAt: number | null;
  /** Attempts in a row that came to nothing. */
  readonly failures: number;
  /** No refit that nobody ordered before this, epoch ms; -Infinity when free. */
  readonly retryAt: number;
}

/** What a step came to. */
export interface LoopOutcome {
  readonly loop: LoopState;
  readonly actions: readonly LoopAction[];
}

/** Before the first fit. */
export function initLoop(): LoopState {
  return { state: 'WARMUP', since: -Infinity, reentryAt: null, failures: 0, retryAt: -Infinity };
}

/** First wait after a refit that came to nothing, and the longest, ms. */
export const RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 64_000;

/**
 * One step of the loop at `at` (epoch ms of event time): looks the input up in the table and keeps its clocks. Pure;
 * the caller does what the actions say.
 */
export function loopStep(loop: LoopState, input: LoopInput, at: number): LoopOutcome {
  const [state, ...actions] = LOOP_TABLE[loop.state][input];
  let { since, reentryAt, failures, retryAt } = loop;
  if (state !== loop.state) since = at;
  if (state === 'STRESS' || state === 'HOLD') reentryAt = null;
  else if (actions.includes('start-re-entry')) reentryAt = at;
  else if (reentryAt !== null && at - reentryAt >= REENTRY_MS) reentryAt = null;
  if (actions.includes('back-off')) {
    retryAt = at + Math.min(LONGEST_RETRY_MS, RETRY_MS * Math.min(1 << Math.min(failures, 20), 64));
    failures++;
  } else if (input === 'accepted' || actions.includes('reset-budget')) {
    failures = 0;
    retryAt = -Infinity;
  }
  const same = state === loop.state && reentryAt === loop.reentryAt && failures === loop.failures;
  return { loop: same && retryAt === loop.retryAt ? loop : { state, since, reentryAt, failures, retryAt }, actions };
}

/** The first stage of re-entry, and all of it, ms of event time. Source: methods.md 5.3. */
export const REENTRY_FIRST_MS = 600_000;
/** The whole of re-entry, ms. */
export const REENTRY_MS = 900_000;

/** Factor for the width of quotes: 2 under stress and for ten minutes after it, 1.5 for five more, else 1. */
export function loopWidth(loop: LoopState, at: number): 1 | 1.5 | 2 {
  if (loop.state === 'STRESS' || loop.state === 'HOLD') return 2;
  if (loop.reentryAt === null) return 1;
  const back = at - loop.reentryAt;
  return back < REENTRY_FIRST_MS ? 2 : back < REENTRY_MS ? 1.5 : 1;
}

/**
 * Factor for the innovation variance per unit time in everything published: 10 while the structure is frozen or held
 * (methods.md 5.3: Q x 10), so that bands grow with the square root of age, faster under stress.
 */
export function loopNoise(loop: LoopState): 1 | 10 {
  return loop.state === 'STRESS' || loop.state === 'HOLD' ? 10 : 1;
}

/** Reasons for the gate to stay wide that no open incident gives. */
export function loopReasons(loop: LoopState, at: number): string[] {
  if (loop.state === 'HOLD') return ['hold'];
  const width = loop.state === 'STRESS' ? 1 : loopWidth(loop, at);
  return width === 1 ? [] : [width === 2 ? 're-entry-2x' : RE_ENTRY_NARROW];
}

/** The second stage of re-entry as a reason: one and a half times the width is enough. */
export const RE_ENTRY_NARROW = 're-entry-1.5x';

/** Whether a calibration may go live in this state: none does under quarantine, nor while the quotes are no quorum. */
export function mayGoLive(loop: LoopState): boolean {
  return loop.state !== 'QUARANTINE' && loop.state !== 'HOLD';
}
