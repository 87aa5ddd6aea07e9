import type { Fit } from '../model/contract.ts';
import type { Account, SizeBreak } from '../portfolio/account.ts';
import type { SmileVega } from '../portfolio/smile-exposure.ts';
import { initIncidentBook, type IncidentBook } from '../policy/incident.ts';
import { openRuleBook, type Rule, type RuleBook } from '../policy/rules.ts';

/** What is held, over all underlyings: plain data. */
export interface BookState {
  /** By `source|account`. */
  readonly accounts: Map<string, Account>;
  /** By `account|symbol`: sizes on which two sources of an account differ. */
  readonly differences: Map<string, SizeBreak>;
}

/** A fault in what is known of the positions: money is not stated while it lasts. */
export type BookStatus = 'ok' | 'position-stale' | 'reconciliation-break';

/** What the positions of one underlying came to when they were last valued: plain data. */
export interface BookWatch {
  /** Incidents of the book: apart, so that they touch neither baselines nor refits. */
  readonly incidents: IncidentBook;
  readonly rules: RuleBook;
  status: BookStatus;
  /** Accounts (or `account symbol`) behind the status. */
  faults: readonly string[];
  /** Epoch ms; -Infinity before. */
  valuedAt: number;
  /** When the costly figures were last computed. */
  measuredAt: number;
  /** Champion's vega by key of the expiry, USD per volatility point of level, skew and curvature. */
  vegas: Map<string, SmileVega>;
  /** Newest innovation of each model by `expiry key|model`: level, skew, curvature, fractions. */
  readonly innovations: Map<string, readonly [number, number, number]>;
  /** The champion's fit that each expiry was last valued with, by key. */
  readonly fits: Map<string, Fit>;
  /** Costly figures as they were last measured. */
  measured: MeasuredBook | null;
}

/** Figures that cost more than a close may take every time. USD unless named otherwise. */
export interface MeasuredBook {
  /** Holdings that had no price then: none of the figures contains them. */
  readonly unvalued: number;
  readonly reserve: number;
  readonly members: number;
  readonly marginCoin: number;
  readonly marginUsd: number;
  readonly venueMarginCoin: number;
  readonly venueMarginUsd: number;
  /** Relative spot move; null: none within reach. */
  readonly liquidationDown: number | null;
  readonly liquidationUp: number | null;
  readonly liquidationDailySd: number | null;
}

/** Nothing held. */
export function initBook(): BookState {
  return { accounts: new Map(), differences: new Map() };
}

/** Nothing valued. */
export function initBookWatch(limits: readonly Rule[]): BookWatch {
  return {
    incidents: initIncidentBook(),
    rules: openRuleBook(limits),
    status: 'ok',
    faults: [],
    valuedAt: -Infinity,
    measuredAt: -Infinity,
    vegas: new Map(),
    innovations: new Map(),
    fits: new Map(),
    measured: null,
  };
}
