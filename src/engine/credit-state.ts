import { initHourlyHabit, type HourlyHabit } from '../detect/hourly-habit.ts';
import type { CreditQuoteEvent, CreditTermsEvent } from '../market/event.ts';
import type { Scope } from '../model/contract.ts';
import type { GateState } from '../policy/gate.ts';
import type { IncidentBook } from '../policy/incident.ts';
import { initIncidentBook } from '../policy/incident.ts';
import type { LoopState } from '../policy/loop.ts';
import { initLoop } from '../policy/loop.ts';
import { GATE_CLOSED } from '../policy/gate.ts';
import type { Registry } from '../policy/registry.ts';
import type { LiveVersion } from './state.ts';

/** One credit curve of one source: its quotes, who gives them, and the hazard curve that is fitted to them. */
export interface CreditCurveState {
  /** The whole curve: `expiry` is 0. */
  readonly scope: Scope;
  readonly key: string;
  terms: CreditTermsEvent | null;
  /** Epoch ms at which the terms in force were first stated; a restatement of the same is no change. */
  termsSince: number;
  readonly contributors: Map<string, CreditContributor>;
  /** Epoch ms of the first change since the last close; NaN without one. */
  changedAt: number;
  /** End of the last closed update, epoch ms; -Infinity before. */
  closedAt: number;
  closes: number;
  /** In which hours it is quoted at all, the last hour that was counted (hours since 1970), and nats of the present quiet. */
  readonly hours: HourlyHabit;
  countedHour: number;
  quiet: number;
  /** Closes under an outlier of the whole curve since the last accepted fit: what lasts is no outlier any more. */
  disputed: number;
  /** Where the whole curve has moved to since the beginning, log spread: what a quote that stands has not followed. */
  position: number;
  /** What recalibrates it. */
  loop: LoopState;
  readonly registry: Registry;
  readonly track: CreditTrack;
  readonly incidents: IncidentBook;
  /** What was known at the last close, for the certificate; null before the first. */
  reading: CreditSummary | null;
}

/** The model of a curve: versions, and what its scores have taught. */
export interface CreditTrack {
  readonly model: string;
  readonly versions: LiveVersion[];
  /** Variance of the log spread per second that a healthy prediction gathers. */
  variancePerSecond: number;
  /** Updates behind it, capped. */
  weight: number;
  lastJobAt: number;
  pending: string | null;
  fits: number;
  gate: GateState;
  /** Whether a live version has been scored on quotes that it had not seen. */
  proven: boolean;
  /** What the newest fit's parameters did beyond what its quotes explain, in standard errors; NaN before two fits. */
  unexplained: number;
  /** Why the agreed quotes of the last close admit no curve, null when they do, and closes in a row that did not. */
  failure: string | null;
  failures: number;
}

/** One contributor of one curve. */
export interface CreditContributor {
  readonly name: string;
  readonly quotes: Map<string, ContributorQuote>;
  /** Epoch ms of its last message. */
  saidAt: number;
  /** Under an open fault of its own as of the last close: nobody is compared with it. */
  distrusted: boolean;
  /** Since the last close: whether it spoke, and whether any node changed when it did. */
  spoke: boolean;
  changed: boolean;
  /** Nats by which its present silence, and its present repetition, are less likely than its habits allow. */
  silent: number;
  repeated: number;
  /** Updates in a row at which all its nodes stood apart from others who spoke too, and how far, standard deviations. */
  apart: number;
  apartBy: number;
  /** When it speaks, and how often that is something new. */
  readonly habit: HourlyHabit;
  spokenSum: number;
  changedSum: number;
  /** Smoothed own offset from the others and variance of what is left, log spread. */
  offset: number;
  variance: number;
  /** Closes behind both, capped. */
  weight: number;
}

/** A contributor's standing quote of one node. */
export interface ContributorQuote {
  readonly event: CreditQuoteEvent;
  /** Epoch ms at which bid or ask last changed. */
  readonly changedAt: number;
  /** {@link CreditCurveState.position} as of that change. */
  position: number;
  /** Mid and position before that change; NaN before the first. */
  readonly beforeMid: number;
  readonly beforePosition: number;
}

/** One node as the last close saw it. */
export interface CreditNodeSummary {
  readonly node: string;
  /** Maturity, days since 1970-01-01. */
  readonly maturity: number;
  readonly quoteType: CreditQuoteEvent['quoteType'];
  /** Consensus and its half-spread, decimal, in the quote's own unit. */
  readonly mid: number;
  readonly half: number;
  /** What the live fit predicted for it; NaN without one. */
  readonly predicted: number;
  readonly contributors: number;
  readonly coupon: number;
  /** Epoch ms of the newest quote of the node. */
  readonly saidAt: number;
}

/** What a close saw, kept for whoever asks. */
export interface CreditSummary {
  readonly at: number;
  readonly nodes: readonly CreditNodeSummary[];
  readonly pz: number;
  readonly insideShare: number;
}

/** A curve that nothing is known of yet. */
export function initCreditCurve(scope: Scope, key: string, model: string): CreditCurveState {
  return {
    scope,
    key,
    terms: null,
    termsSince: NaN,
    contributors: new Map(),
    changedAt: NaN,
    closedAt: -Infinity,
    closes: 0,
    disputed: 0,
    hours: initHourlyHabit(),
    countedHour: NaN,
    quiet: 0,
    position: 0,
    loop: initLoop(),
    registry: new Map(),
    track: {
      model,
      versions: [],
      variancePerSecond: PRIOR_VARIANCE,
      weight: PRIOR_WEIGHT,
      lastJobAt: -Infinity,
      pending: null,
      fits: 0,
      gate: GATE_CLOSED,
      proven: false,
      unexplained: NaN,
      failure: null,
      failures: 0,
    },
    incidents: initIncidentBook(),
    reading: null,
  };
}

/** Spreads of single names move about three percent a day: prior of the horizon's variance, per second. */
const PRIOR_VARIANCE = (0.03 * 0.03) / 86_400;
const PRIOR_WEIGHT = 6;

/** Closes after which quotes that contradict the curve are the market: nobody else can say who is right. */
export const LASTING_CLOSES = 24;
