import type { Diagnosis } from './diagnosis.ts';

/** What an incident turned out to have been. */
export const VERDICTS = ['true', 'false', 'duplicate', 'unclear'] as const;
/** One of {@link VERDICTS}. */
export type Verdict = (typeof VERDICTS)[number];

/**
 * The rules that judge an incident which ended without a person's verdict. Each rests on something that the alarm itself
 * did not use: what a calibration from before it predicted afterwards, what the line reported, what else was open.
 */
export const VERDICT_RULES = {
  'same-cause-wider': { verdict: 'duplicate', says: 'the same cause was open on the same or a wider scope' },
  'refit-verified': { verdict: 'true', says: 'the refit that answered it predicted the next batch' },
  'line-reported-it': { verdict: 'true', says: 'the connection or the venue reported the loss itself' },
  'old-fit-right-again': {
    verdict: 'true',
    says: 'the calibration from before it missed the data during it and predicts them again after it',
  },
  'data-stayed-there': {
    verdict: 'false',
    says: 'the data it called faulty stayed where they were: the market had moved',
  },
  'old-fit-still-right': { verdict: 'false', says: 'the calibration from before it still predicts: nothing had moved' },
  'scope-ended': { verdict: 'unclear', says: 'what it watched expired or was delisted' },
  'nothing-confirmed-it': { verdict: 'unclear', says: 'it went away, and nothing independent spoke for or against it' },
} as const satisfies Readonly<Record<string, { verdict: Verdict; says: string }>>;
/** A rule of the closed list. */
export type VerdictRule = keyof typeof VERDICT_RULES;

/** What is known of an incident when it ends. PZ are those of the serving calibrations on its scope. */
export interface VerdictFacts {
  readonly cause: string;
  readonly kind: Diagnosis['kind'];
  /** From opening to end, s. */
  readonly openSeconds: number;
  /** Whether the same cause is open, or ended in the last ten minutes, on the same or a wider scope. */
  readonly repeated: boolean;
  /** Whether what it watched still exists. */
  readonly alive: boolean;
  /** Whether a refit that answered it was proved by the batch after it. */
  readonly verified: boolean;
  /** Whether the connection or the venue reported a loss or a stop while it was open. */
  readonly lineReported: boolean;
  /** Whether any serving calibration on its scope is younger than the incident. */
  readonly refitted: boolean;
  /** Median PZ at its end, and the largest such median while it was open; NaN when nothing was scored. */
  readonly endPz: number;
  readonly peakPz: number;
}

const LINE_CAUSES: ReadonlySet<string> = new Set(['gap', 'stale-feed', 'venue-outage', 'missing-expiry', 'late-data']);
/** Wider spreads and fewer quotes leave a smile where it is: an old fit that still predicts says nothing about them. */
const SPREAD_CAUSES: ReadonlySet<string> = new Set(['liquidity-contraction', 'flash-crash']);
/** Spreads and nothing else: a refit that predicts says nothing about it either. */
const SPREADS_ALONE = 'liquidity-contraction';
/** PZ of a prediction that is right (health is 1), and of one that is beyond doubt wrong. */
const RIGHT_PZ = 2;
const WRONG_PZ = 4;
/** Over longer the market has had time to move by itself, s. */
const SHORT_FAULT_SECONDS = 600;

/** The verdict by rule on an incident that ended by itself: the first rule that applies. */
export function judgeByRule(facts: VerdictFacts): VerdictRule {
  const { cause, kind, refitted, endPz, peakPz } = facts;
  if (facts.repeated) return 'same-cause-wider';
  if (!facts.alive) return 'scope-ended';
  const ofModel = kind === 'market' || kind === 'model';
  if (facts.verified && ofModel && cause !== SPREADS_ALONE) return 'refit-verified';
  if (facts.lineReported && LINE_CAUSES.has(cause)) return 'line-reported-it';
  if (!refitted && kind === 'data') {
    if (endPz <= RIGHT_PZ && peakPz >= WRONG_PZ) return 'old-fit-right-again';
    if (endPz >= WRONG_PZ && facts.openSeconds <= SHORT_FAULT_SECONDS && !LINE_CAUSES.has(cause))
      return 'data-stayed-there';
  }
  if (!refitted && ofModel && !SPREAD_CAUSES.has(cause) && endPz <= RIGHT_PZ) return 'old-fit-still-right';
  return 'nothing-confirmed-it';
}

/** The verdict in force on one incident. */
export interface GivenVerdict {
  readonly incident: string;
  readonly cause: string;
  readonly scope: string;
  readonly verdict: Verdict;
  /** The person, or `rule`. */
  readonly by: string;
  /** The rule that gave it; null when a person did. */
  readonly rule: VerdictRule | null;
  readonly note: string;
  /** Epoch ms of event time. */
  readonly at: number;
  /** When the incident ended, epoch ms; null while it is open. */
  readonly endedAt: number | null;
}

/** Verdicts by who gave them. */
export interface VerdictTally {
  readonly people: Record<Verdict, number>;
  readonly rules: Record<Verdict, number>;
}

/** The verdicts in force: counts for ever, the last two thousand by incident, so that a person can correct them. Plain data. */
export interface VerdictBook {
  /** By incident id, oldest first. */
  readonly given: Map<string, GivenVerdict>;
  /** By cause. */
  readonly tallies: Map<string, VerdictTally>;
}

/** Verdicts that can still be corrected. */
export const VERDICTS_KEPT = 2_000;

/** No verdicts. */
export function initVerdictBook(): VerdictBook {
  return { given: new Map(), tallies: new Map() };
}

/** Puts a verdict in force; it replaces an earlier one on the same incident, in the counts too. */
export function giveVerdict(book: VerdictBook, verdict: GivenVerdict): void {
  const before = book.given.get(verdict.incident);
  if (before !== undefined) count(book, before, -1);
  count(book, verdict, 1);
  book.given.set(verdict.incident, verdict);
  if (book.given.size <= VERDICTS_KEPT) return;
  const oldest = book.given.keys().next().value;
  if (oldest !== undefined) book.given.delete(oldest);
}

/** What an incident ended as, or how long its verdict stood while open: notes the end under the verdict it already has. */
export function closeVerdict(book: VerdictBook, incident: string, endedAt: number): void {
  const given = book.given.get(incident);
  if (given !== undefined) book.given.set(incident, { ...given, endedAt });
}

function count(book: VerdictBook, { cause, verdict, rule }: GivenVerdict, step: 1 | -1): void {
  let tally = book.tallies.get(cause);
  if (tally === undefined) {
    tally = { people: noVerdicts(), rules: noVerdicts() };
    book.tallies.set(cause, tally);
  }
  tally[rule === null ? 'people' : 'rules'][verdict] += step;
}

function noVerdicts(): Record<Verdict, number> {
  return { true: 0, false: 0, duplicate: 0, unclear: 0 };
}

/** Share of alarms that were right, with its interval; nulls while nothing was judged true or false. */
export interface Precision {
  readonly precision: number | null;
  /** Wilson's 95 % interval. */
  readonly low: number | null;
  readonly high: number | null;
}

const Z = 1.959963984540054;

/**
 * True verdicts over true and false ones; duplicates and unclear ones say nothing about being right. Interval: Wilson's
 * score interval, 95 %, which stays inside [0, 1] and is honest for small counts. Source: Wilson (1927); Brown, Cai,
 * DasGupta (2001), equation 4.
 */
export function precisionOf(right: number, wrong: number): Precision {
  const n = right + wrong;
  if (n === 0) return { precision: null, low: null, high: null };
  const p = right / n;
  const scale = 1 + (Z * Z) / n;
  const centre = (p + (Z * Z) / (2 * n)) / scale;
  const half = (Z * Math.sqrt((p * (1 - p)) / n + (Z * Z) / (4 * n * n))) / scale;
  return { precision: p, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/** One line of the live precision figure. */
export interface PrecisionRow {
  /** `all` for the sum. */
  readonly cause: string;
  readonly people: Readonly<Record<Verdict, number>>;
  readonly rules: Readonly<Record<Verdict, number>>;
  /** Over the verdicts of people alone, and over all. */
  readonly byPeople: Precision;
  readonly overall: Precision;
}

/** The precision figure by cause, most judged first, with the sum over all causes in front. */
export function precisionTable(book: VerdictBook): PrecisionRow[] {
  const sum: VerdictTally = { people: noVerdicts(), rules: noVerdicts() };
  const rows: PrecisionRow[] = [];
  for (const [cause, tally] of book.tallies) {
    for (const v of VERDICTS) {
      sum.people[v] += tally.people[v];
      sum.rules[v] += tally.rules[v];
    }
    rows.push(rowOf(cause, tally));
  }
  const judged = (r: PrecisionRow): number => VERDICTS.reduce((n, v) => n + r.people[v] + r.rules[v], 0);
  rows.sort((a, b) => judged(b) - judged(a) || (a.cause < b.cause ? -1 : 1));
  return [rowOf('all', sum), ...rows];
}

function rowOf(cause: string, { people, rules }: VerdictTally): PrecisionRow {
  return {
    cause,
    people: { ...people },
    rules: { ...rules },
    byPeople: precisionOf(people.true, people.false),
    overall: precisionOf(people.true + rules.true, people.false + rules.false),
  };
}
