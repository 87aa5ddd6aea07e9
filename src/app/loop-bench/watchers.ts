/** Somebody who watches a tape of the loop bench and says what was seen when it is over. */
import type { EngineState, ExpiryState, UnderlyingState } from '../../engine/state.ts';
import type { OutputRecord } from '../../model/record.ts';
import type { ScheduledFault } from '../../simulator/fault.ts';
import { concerns } from '../../simulator/distortion.ts';
import type { Simulation, Truth } from '../../simulator/simulation.ts';

/** Hooks of a run; each may be absent. */
export interface Watcher {
  readonly onClose?: (state: EngineState, underlying: UnderlyingState) => void;
  readonly onRecord?: (record: OutputRecord, state: EngineState, simulation: Simulation) => void;
  /** After a step of the tape: `truth` is that of `at`. */
  readonly onStep?: (state: EngineState, simulation: Simulation, truth: Truth, at: number) => void;
}

/** All of them as the hooks of one run. */
export function watching(watchers: readonly Watcher[]): {
  readonly onClose: NonNullable<Watcher['onClose']>;
  readonly onRecord: NonNullable<Watcher['onRecord']>;
  readonly onStep: (state: EngineState, simulation: Simulation, at: number) => void;
} {
  return {
    onClose: (state, underlying) => watchers.forEach((w) => w.onClose?.(state, underlying)),
    onRecord: (record, state, simulation) => watchers.forEach((w) => w.onRecord?.(record, state, simulation)),
    onStep: (state, simulation, at) => {
      const truth = simulation.truth('BTC', at);
      if (truth !== undefined) watchers.forEach((w) => w.onStep?.(state, simulation, truth, at));
    },
  };
}

/** Every expiry that is watched. */
export function expiriesOf(state: EngineState): ExpiryState[] {
  return [...state.underlyings.values()].flatMap((u) => u.expiries);
}

/** Whether an entry of the answer key is about an expiry (epoch ms). */
export function isAbout(fault: ScheduledFault, expiry: number): boolean {
  return concerns(fault, 'BTC', expiry);
}
