import type { EngineState } from '../../engine/state.ts';
import type { MarketEvent } from '../../market/event.ts';
import type { OperatorRequest } from '../oversight-desk.ts';
import type { PastView, ReplayControls } from '../../server/monitor-view.ts';

/** One feed as the running watch knows it. */
export interface SourceFeed {
  readonly venue: string;
  readonly state: string;
  readonly frames: number;
  readonly queueLength: number;
  readonly droppedQuotes: number;
  readonly connections: number;
}

/** The monitor's own figures; null where a replay has none. */
export interface SourceFigures {
  readonly appliedP99Ms: number | null;
  readonly closeP99Ms: number | null;
  readonly fitP99Ms: number | null;
  readonly loopLagP99Ms: number | null;
  readonly fitsWaiting: number;
  readonly logState: string;
  readonly logPendingRecords: number;
  readonly logRecords: number;
}

/** Those of what is no live monitor. */
export const NO_FIGURES: SourceFigures = {
  appliedP99Ms: null,
  closeP99Ms: null,
  fitP99Ms: null,
  loopLagP99Ms: null,
  fitsWaiting: 0,
  logState: 'none',
  logPendingRecords: 0,
  logRecords: 0,
};

/** What a read model is fed from: a live watch or a replay. */
export interface ViewSource {
  readonly mode: 'live' | 'replay';
  /** Whether the market is simulated. */
  synthetic(): boolean;
  /** Null before a session has begun. */
  state(): EngineState | null;
  figures(): SourceFigures;
  /** Empty in a replay. */
  feeds(): readonly SourceFeed[];
  /** Puts what a person did through the session. Null, or why it cannot be. */
  operate(action: OperatorRequest): string | null;
  readonly replay: ReplayControls | null;
  /** Takes events from outside through the log; absent where nothing can be taken. */
  readonly accept?: ((this: void, events: readonly MarketEvent[]) => void) | undefined;
  readonly past?: PastView | null;
  /** Names of what is served beside the read model: `gate`, `alerts`, what other rooms bring. */
  readonly rooms?: readonly string[];
}
