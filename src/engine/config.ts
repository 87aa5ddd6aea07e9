import type { BookJumpLimits } from '../policy/book-jump.ts';

import type { Rule } from '../policy/rules.ts';

/** Everything that decides what the engine does; recorded in the log's header so that a replay uses the same. */
export interface EngineConfig {
  /** Names of the monitored models, in the order they are scored. */
  readonly models: readonly string[];
  /** The calibrated model whose fits feed rules, incidents and the gate. */
  readonly champion: string;
  /** A batch of a stream closes this often, ms of event time. */
  readonly batchMs: number;
  /** Later than this behind the watermark is late, ms. */
  readonly latenessMs: number;
  /** A venue clock ahead of ours by more than this does not move the watermark, ms. */
  readonly clockToleranceMs: number;
  /** A batch needs this many quotes whose bid or ask changed. */
  readonly minChanged: number;
  /** Horizons at which every model is scored, s, ascending. */
  readonly horizonsSeconds: readonly number[];
  /** A champion older than this is refitted, s. */
  readonly maxAgeSeconds: number;
  /** Refits of one scope are at least this far apart unless a rule asks, s. */
  readonly minRefitSeconds: number;
  /** Score records of one scope are emitted at most this often, s of event time (0 = every batch). */
  readonly scoreEverySeconds: number;
  /** Log-odds against health at which a diagnosis opens an incident, nats. */
  readonly openLogOdds: number;
  /** False pages a week that an underlying may have; sets the run lengths of sequential tests over all its streams. */
  readonly pageBudgetPerWeek: number;
  /** Richer families, in the order in which they are tried beside the champion when a shape error remains. */
  readonly challengers: readonly string[];
  /** Whether a promotion waits for an operator's approval; an emergency promotion never does, and lapses by itself. */
  readonly approval: boolean;
  /** The book is valued this often, s of event time. */
  readonly bookEverySeconds: number;
  /** Limits of the book: one that is beyond opens an incident and allows only hedging. */
  readonly bookLimits: readonly Rule[];
  /** How far a calibration may move the book beyond what the market has moved. */
  readonly bookJump: BookJumpLimits;
  /** Bound on instruments per underlying; more are refused and counted. */
  readonly maxInstruments: number;
}

/** What runs unless the user says otherwise; sources of the numbers are in methods.md sections 1 and 6. */
export const DEFAULT_CONFIG: EngineConfig = {
  models: ['svi', 'venue-mark'],
  champion: 'svi',
  batchMs: 1_000,
  latenessMs: 500,
  clockToleranceMs: 2_000,
  minChanged: 8,
  horizonsSeconds: [1, 60, 600, 3_600],
  maxAgeSeconds: 900,
  minRefitSeconds: 10,
  scoreEverySeconds: 10,
  openLogOdds: 2.5,
  pageBudgetPerWeek: 1,
  challengers: ['sabr', 'spline'],
  approval: false,
  bookJump: { vol: 0.02, usd: null },
  bookEverySeconds: 10,
  bookLimits: [],
  maxInstruments: 50_000,
};
