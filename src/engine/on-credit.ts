import type { CreditQuoteEvent, CreditTermsEvent, EventTimes } from '../market/event.ts';
import { scopeKey } from '../model/contract.ts';
import { initHourlyHabit } from '../detect/hourly-habit.ts';
import { closeCredit } from './close-credit.ts';
import { initCreditCurve, type CreditContributor, type CreditCurveState } from './credit-state.ts';
import type { Effect } from './effect.ts';
import { watchCreditQuiet } from './watch-credit-quiet.ts';
import { countRefused, type EngineState } from './state.ts';

/** Bounds: past them what is new is refused and counted. */
const MOST_CURVES = 5_000;
const MOST_CONTRIBUTORS = 64;
const MOST_NODES = 64;
const MOST_KNOTS = 512;

/** The model that is calibrated to credit curves. */
const CREDIT_MODEL = 'hazard';

/** Terms of a curve: its place is made by the first; those that cannot be meant leave the old ones in force, counted. */
export function onCreditTerms(state: EngineState, event: CreditTermsEvent): readonly Effect[] {
  const years = event.discountYears;
  const ascending = years.every((t, i) => t > (i === 0 ? 0 : years[i - 1]));
  const usable =
    event.recovery >= 0 &&
    event.recovery < 1 &&
    years.length > 0 &&
    years.length <= MOST_KNOTS &&
    years.length === event.discountRates.length &&
    ascending &&
    event.discountRates.every(Number.isFinite);
  if (!usable) {
    countRefused(state, 'credit-terms-out-of-domain');
    return [];
  }
  const curve = placeOf(state, event.venue, event.curve);
  if (curve === null) return [];
  const effects = advanceCredit(state, curve, event);
  const before = curve.terms;
  if (before === null || !sameTerms(before, event)) curve.termsSince = event.at;
  curve.terms = event;
  // The nodes are dear or cheap against another curve now: the next update closes even if no quote has changed.
  if (!Number.isFinite(curve.changedAt) && curve.contributors.size > 0) curve.changedAt = event.at;
  return effects;
}

/** One contributor's quote of one node. */
export function onCreditQuote(state: EngineState, event: CreditQuoteEvent): readonly Effect[] {
  state.counts.quotes++;
  const { bid, ask, coupon, recovery } = event;
  const numbers = [bid, ask, coupon, recovery].filter((v) => v !== null);
  if (!numbers.every(Number.isFinite)) {
    countRefused(state, 'credit-quote-not-finite');
    return [];
  }
  const curve = placeOf(state, event.venue, event.curve);
  if (curve === null) return [];
  const effects = advanceCredit(state, curve, event);
  const contributor = contributorOf(state, curve, event);
  if (contributor === null) return effects;
  const before = contributor.quotes.get(event.node);
  if (before !== undefined && before.event.at > event.at) {
    state.counts.late++;
    countRefused(state, 'credit-quote-overtaken');
    return effects;
  }
  if (before === undefined && contributor.quotes.size >= MOST_NODES) {
    countRefused(state, 'credit-too-many-nodes');
    return effects;
  }
  const same =
    before !== undefined &&
    before.event.bid === bid &&
    before.event.ask === ask &&
    before.event.quoteType === event.quoteType &&
    before.event.coupon === coupon &&
    before.event.recovery === recovery;
  contributor.quotes.set(event.node, {
    event,
    changedAt: same ? before.changedAt : event.at,
    position: same ? before.position : curve.position,
    beforeMid: same ? before.beforeMid : midOf(before?.event),
    beforePosition: same ? before.beforePosition : (before?.position ?? NaN),
  });
  contributor.saidAt = event.at;
  contributor.spoke = true;
  if (!same) contributor.changed = true;
  if (!Number.isFinite(curve.changedAt)) curve.changedAt = event.at;
  return effects;
}

function midOf(event: CreditQuoteEvent | undefined): number {
  return event === undefined || event.bid === null || event.ask === null ? NaN : 0.5 * (event.bid + event.ask);
}

/** Time has passed without a quote: an update that is complete closes. */
export function onCreditTime(state: EngineState, event: EventTimes): readonly Effect[] {
  const effects: Effect[] = [];
  for (const curve of state.credits.values())
    effects.push(...advanceCredit(state, curve, event), ...watchCreditQuiet(state, curve, event.at));
  return effects;
}

/**
 * An update is what was said within one batch after its first quote; it closes when the watermark has passed that, before
 * anything later is taken in.
 */
function advanceCredit(state: EngineState, curve: CreditCurveState, event: EventTimes): readonly Effect[] {
  if (!Number.isFinite(curve.changedAt) || curve.terms === null) return [];
  const { batchMs, latenessMs, clockToleranceMs } = state.config;
  const boundary = (Math.floor(curve.changedAt / batchMs) + 1) * batchMs;
  const mark = Math.min(event.at, event.receivedAt + clockToleranceMs) - latenessMs;
  if (mark < boundary || boundary <= curve.closedAt) return [];
  return closeCredit(state, curve, boundary);
}

function placeOf(state: EngineState, venue: string, name: string): CreditCurveState | null {
  const scope = { venue, underlying: name, expiry: 0 };
  const key = scopeKey(scope);
  const found = state.credits.get(key);
  if (found !== undefined) return found;
  if (state.credits.size >= MOST_CURVES) {
    countRefused(state, 'credit-too-many-curves');
    return null;
  }
  const made = initCreditCurve(scope, key, CREDIT_MODEL);
  state.credits.set(key, made);
  return made;
}

function contributorOf(state: EngineState, curve: CreditCurveState, event: CreditQuoteEvent): CreditContributor | null {
  const found = curve.contributors.get(event.contributor);
  if (found !== undefined) return found;
  if (curve.contributors.size >= MOST_CONTRIBUTORS) {
    countRefused(state, 'credit-too-many-contributors');
    return null;
  }
  const made: CreditContributor = {
    name: event.contributor,
    quotes: new Map(),
    saidAt: event.at,
    distrusted: false,
    spoke: false,
    changed: false,
    silent: 0,
    repeated: 0,
    apart: 0,
    apartBy: 0,
    habit: initHourlyHabit(),
    spokenSum: PRIOR_CLOSES,
    changedSum: PRIOR_CHANGED * PRIOR_CLOSES,
    offset: 0,
    variance: PRIOR_DEVIATION * PRIOR_DEVIATION,
    weight: 0,
  };
  curve.contributors.set(event.contributor, made);
  return made;
}

/** How a contributor behaves before it has shown how: nine times in ten it says something new. */
const PRIOR_CHANGED = 0.9;
const PRIOR_CLOSES = 6;
/** One standard deviation of a contributor from the others, log spread. */
const PRIOR_DEVIATION = 0.015;

function sameTerms(a: CreditTermsEvent, b: CreditTermsEvent): boolean {
  return (
    a.recovery === b.recovery && a.accrual === b.accrual && a.roll === b.roll && a.eventDefinition === b.eventDefinition
  );
}
