import type { ChainEntry } from '../market/chain.ts';
import type { FutureEvent, IndexEvent } from '../market/event.ts';
import type { Fit, FitJob, Scope } from '../model/contract.ts';
import type { HourOfWeek, UsualLevel } from '../detect/hour-of-week.ts';
import type { LevelShiftState } from '../detect/level-shift.ts';
import type { TrailingMedian } from '../detect/trailing-median.ts';
import type { IncidentBook } from '../policy/incident.ts';
import type { GateState } from '../policy/gate.ts';
import { initOversight, type Oversight } from '../policy/oversight.ts';
import type { WholeTrack, WingTrack } from '../policy/wing-gate.ts';
import type { MetricMemory } from '../quality/metric.ts';
import type { AnswerCheck } from '../score/answer-check.ts';
import type { DynamicsScore } from '../score/dynamics.ts';
import type { HalfLife } from '../score/half-life.ts';
import type { HorizonNoise } from '../score/horizon-noise.ts';
import type { PackageScore, TradeScore } from '../score/trade-score.ts';
import { initBook, type BookState, type BookWatch } from './book-state.ts';
import type { CalibrationLoop } from './calibration-loop.ts';
import type { EngineConfig } from './config.ts';
import type { CreditCurveState } from './credit-state.ts';
import type { HedgeWatch } from './hedge-state.ts';
import type { ChannelPulse } from './watch-channels.ts';
import type { FactorWatch } from './watch-factors.ts';
import type { ShapeWatch } from './watch-shape.ts';

/** The engine's whole memory: plain data (no closures, no class instances), so that a checkpoint can hold it. */
export interface EngineState {
  readonly config: EngineConfig;
  /** By `venue:underlying`. */
  readonly underlyings: Map<string, UnderlyingState>;
  /** By `venue:symbol`: the way from a message to its place. */
  readonly instruments: Map<string, InstrumentPlace>;
  /** Fit jobs asked for and not yet answered, by job id. */
  readonly pendingJobs: Map<string, PendingJob>;
  /** Number of the log record that holds the event being taken: whoever keeps the log sets it before every step. */
  record: number;
  readonly counts: EngineCounts;
  /** Credit curves, by `source:curve`. */
  readonly credits: Map<string, CreditCurveState>;
  /** What is held. */
  readonly book: BookState;
  /** What people have ordered and judged. */
  readonly oversight: Oversight;
}

/** Where one instrument lives. */
export interface InstrumentPlace {
  readonly entry: ChainEntry;
  readonly expiry: ExpiryState;
  readonly underlying: UnderlyingState;
}

/** A job in flight with what its result needs. */
export interface PendingJob {
  readonly job: FitJob;
  readonly refused: Readonly<Record<string, number>>;
  readonly refusedTotal: number;
  /** The incident that asked for it, if one did. */
  readonly incident: string | null;
  /** `automatic`, or the operator who ordered it. */
  readonly approver: string;
  /** Number of the log record that closed the batch it is fitted to. */
  readonly record: number;
}

/** Counters for summaries and metrics. */
export interface EngineCounts {
  events: number;
  quotes: number;
  trades: number;
  late: number;
  duplicates: number;
  batches: number;
  fits: number;
  readonly refused: Map<string, number>;
}

/** One underlying on one venue. */
export interface UnderlyingState {
  readonly key: string;
  readonly venue: string;
  readonly underlying: string;
  /** Ascending by expiry. */
  readonly expiries: ExpiryState[];
  index: IndexEvent | null;
  /** Spot index carried by quotes, USD; NaN before the first. */
  quotedIndex: number;
  readonly futures: Map<string, FutureEvent>;
  /** `symbol|tradeId` of the newest prints, oldest first, bounded: a print counts once however often it is delivered. */
  readonly recentTrades: Set<string>;
  /** The same of prints that were our own, oldest first, bounded. */
  readonly ownTrades: Set<string>;
  platform: 'open' | 'locked' | 'maintenance';
  feed: 'connecting' | 'live' | 'stale' | 'down';
  /** Largest min(venue time, receive time + tolerance) seen, epoch ms. */
  watermark: number;
  /** End of the last closed batch, epoch ms. */
  closedAt: number;
  /** Smoothed time between closes, ms; NaN before the second. */
  cadenceMs: number;
  /** When silence was last looked for, epoch ms. */
  watchedAt: number;
  /** ATM volatility of the underlying at recent closes: what a return is measured in. */
  readonly atmBaseline: TrailingMedian;
  /** When the index last jumped within one batch, epoch ms: quotes follow a moment later. */
  jumpedAt: number;
  /** Index at the last close, USD; NaN before. */
  closedIndex: number;
  readonly quotedBaseline: TrailingMedian;
  /** By hour of the week, of all expiries: spread, depth, coverage, and messages a second with their usual rate. */
  readonly seasons: Readonly<Record<'spread' | 'depth' | 'coverage' | 'rate', HourOfWeek>>;
  readonly usualRate: UsualLevel;
  /** What the expiries have in common, watched. */
  readonly factors: FactorWatch;
  /** Packages whose legs are still coming, and the last errors of complete ones, USD per unit of the first leg. */
  readonly packages: PackageScore[];
  readonly packageErrors: number[];
  /** Channels beside those of the options, the index and the futures, by name. */
  readonly channels: Map<string, ChannelPulse>;
  /** Messages and late ones since the last close, our own lag (ms) and when the feed last reported a loss (epoch ms). */
  readonly feedHealth: { messages: number; late: number; lagMs: number; lostAt: number };
  readonly incidents: IncidentBook;
  /** What the positions in it came to. */
  readonly book: BookWatch;
  /** Hedging models against what prices then did. */
  readonly hedge: HedgeWatch;
  /** Refits that the next close must prove: incident id, or `score@` and the expiry -> scope and time of the answer. */
  readonly awaitingProof: Map<string, { readonly scope: string; readonly since: number }>;
}

/** One expiry: chain, forwards, and every monitored model on it. */
export interface ExpiryState {
  readonly scope: Scope;
  readonly key: string;
  readonly expiry: number;
  /** Sorted by strike, call before put. */
  readonly entries: ChainEntry[];
  /** Changed quotes since the last close. */
  changed: number;
  /** Quote messages since the last close. */
  messages: number;
  closedAt: number;
  scoredAt: number;
  /** Receive-bounded time of the last message and of the last change of a bid or ask, epoch ms; NaN before. */
  messageAt: number;
  changedAt: number;
  /** When the feed last reported a loss on one of its instruments, epoch ms. */
  lostAt: number;
  /** Venue time minus receive time of the last quote, ms; 0 before. */
  skewMs: number;
  /** Changes of bid or ask a second, smoothed over closes, and the closes behind it. */
  changeRate: number;
  rateCloses: number;
  readonly spreadBaseline: TrailingMedian;
  /** What half-spread times sqrt(T), size at the touch and coverage usually are. */
  readonly usual: { readonly spread: UsualLevel; readonly depth: UsualLevel; readonly coverage: UsualLevel };
  /** Two-sided quotes at recent closes. */
  readonly countBaseline: TrailingMedian;
  /** Observed level, skew and curvature of the smile, tracked between refits and across them. */
  readonly shifts: readonly LevelShiftState[];
  /** The level again, against the last batches alone: a jump stands out where the level wanders. */
  readonly jump: LevelShiftState;
  /** What the jump is measured from: a fit, and what the fits before it have added up to, volatility (fraction). */
  readonly jumpFrom: { fit: Fit | null; offset: number };
  readonly shape: ShapeWatch;
  /** What the expiry's level, skew and curvature do beside those of the others. */
  readonly factors: FactorWatch;
  /** Memories of the data metrics, in the order of their registry. */
  readonly metrics: MetricMemory[];
  readonly models: ModelTrack[];
  /** What recalibrates them. */
  readonly loop: CalibrationLoop;
}

/** One model on one expiry: versions with the time each went live, and what its scores have taught. */
export interface ModelTrack {
  readonly model: string;
  /** Ascending by `liveAt`; thinned and bounded. */
  readonly versions: LiveVersion[];
  readonly noise: HorizonNoise;
  /** PZ of the newest batch it was scored on; NaN before the first. */
  pz: number;
  /** What each part of the smile has shown lately, in the order of `WINGS`. */
  readonly wings: WingTrack[];
  /** The same of the whole smile while data stream: what the gate does before anything is named. */
  readonly whole: WholeTrack;
  lastJobAt: number;
  /** The job in flight; at most one per track. */
  pending: string | null;
  fits: number;
  gate: GateState;
  /** Parameters of the last answers, newest last, bounded: a calibrator that repeats itself is frozen. */
  readonly answers: (readonly number[])[];
  /** Screen trades against it. */
  readonly trades: TradeScore;
  /** Squared errors by age of the prediction. */
  readonly halfLife: HalfLife;
  /** How the rules of smile dynamics have predicted with it. */
  readonly dynamics: DynamicsScore;
  /** Features of the fit named, so that they are computed once per version. */
  features: { readonly fit: string; readonly phi: readonly number[] } | null;
  /** What the newest answer came to on the very batch it was made from; null before the first. */
  check: AnswerCheck | null;
}

/** A fit and when it went live. */
export interface LiveVersion {
  readonly liveAt: number;
  readonly fit: Fit;
}

/** An engine that has seen nothing; `oversight`: what people ordered of an earlier one. */
export function initEngine(config: EngineConfig, oversight: Oversight = initOversight()): EngineState {
  return {
    config,
    underlyings: new Map(),
    instruments: new Map(),
    pendingJobs: new Map(),
    record: 0,
    credits: new Map(),
    counts: { events: 0, quotes: 0, trades: 0, late: 0, duplicates: 0, batches: 0, fits: 0, refused: new Map() },
    book: initBook(),
    oversight,
  };
}

/** Counts one refusal by reason. */
export function countRefused(state: EngineState, reason: string, times: number = 1): void {
  state.counts.refused.set(reason, (state.counts.refused.get(reason) ?? 0) + times);
}
