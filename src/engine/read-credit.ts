import { parseDay, tenorMonths } from '../credit/calendar-day.ts';
import { hazardParameters } from '../credit/hazard-model.ts';
import { curveAsOf, discountOf, nodeQuote, PAR, QUOTED, UPFRONT, type NodeQuote } from '../credit/node-quote.ts';
import { standardMaturity } from '../credit/roll-date.ts';
import type { CreditQuoteEvent, CreditTermsEvent } from '../market/event.ts';
import type { CreditColumns, Fit, Observations } from '../model/contract.ts';
import { log } from '../numeric/exponential.ts';
import { median } from '../numeric/robust.ts';
import type { CreditContributor, CreditCurveState } from './credit-state.ts';

/** One contributor's quote of one node at a close. */
export interface CreditRow {
  readonly contributor: CreditContributor;
  readonly event: CreditQuoteEvent;
  /** Days since 1970-01-01. */
  readonly maturity: number;
  readonly mid: number;
  readonly half: number;
  /** What the live fit predicts for it; null without one. */
  readonly predicted: NodeQuote | null;
  /** (mid - predicted) per unit of log spread; NaN without a prediction. */
  readonly deviation: number;
  /** Whether it changed at this update, and by how much the curve has moved since it last did, log spread. */
  readonly fresh: boolean;
  readonly missed: number;
  /** What this change did beyond what the curve had done before it, log spread; NaN for one that stands. */
  readonly moved: number;
}

/** One node: its rows, and what the trusted contributors agree on. */
export interface CreditNode {
  readonly node: string;
  readonly maturity: number;
  readonly rows: readonly CreditRow[];
  /** Median over the trusted; null when there are none. */
  readonly consensus: Consensus | null;
}

/** What is agreed on one node, in the convention that most contributors use. */
export interface Consensus {
  readonly quoteType: CreditQuoteEvent['quoteType'];
  readonly coupon: number;
  readonly mid: number;
  readonly half: number;
  readonly contributors: number;
  /** Median deviation from the live fit's prediction, log spread; NaN without one. */
  readonly deviation: number;
}

/** A curve as a close sees it. */
export interface CreditReadout {
  readonly at: number;
  readonly terms: CreditTermsEvent;
  readonly nodes: readonly CreditNode[];
  /** The agreed quotes as a batch; null when no node has any. */
  readonly observations: Observations | null;
  /** Maturities that the live fit was fitted to: others it only interpolates. */
  readonly fitted: ReadonlySet<number>;
  /** Common move of the curve since the close before, log spread. */
  readonly step: number;
  /** Predictor of other readings of a row. */
  readonly quoteFor: (maturity: number, quoteType: number, coupon: number) => NodeQuote | null;
}

/** Code of a quote type in {@link CreditColumns}. */
export function quoteCode(type: CreditQuoteEvent['quoteType']): number {
  return type === 'par' ? PAR : type === 'quoted' ? QUOTED : UPFRONT;
}

const DAY_MS = 86_400_000;

/** Maturity of a node on a trade day: a standard tenor by the curve's roll rule, or the date it names; NaN for neither. */
export function nodeMaturity(node: string, tradeDay: number, roll: CreditTermsEvent['roll']): number {
  const months = tenorMonths(node);
  return months > 0 ? standardMaturity(tradeDay, months, roll) : parseDay(node);
}

/** Everything a close needs to know of a curve's quotes; `trusted` says whose count. */
export function readCredit(
  curve: CreditCurveState,
  terms: CreditTermsEvent,
  fit: Fit | null,
  at: number,
  trusted: (contributor: CreditContributor) => boolean,
): CreditReadout {
  const tradeDay = Math.floor(at / DAY_MS);
  const base = columnsOf(terms, tradeDay);
  const discount = discountOf(base);
  const { maturities, hazards } = hazardParameters(fit?.parameters ?? []);
  const live = curveAsOf(tradeDay, maturities, hazards);
  const known = new Map<string, NodeQuote>();
  const quoteFor = (maturity: number, quoteType: number, coupon: number): NodeQuote | null => {
    if (live === null) return null;
    const key = `${maturity}|${quoteType}|${coupon}`;
    const found = known.get(key) ?? nodeQuote(base, discount, live, maturity, quoteType, coupon);
    known.set(key, found);
    return found;
  };
  const byMaturity = new Map<number, CreditRow[]>();
  for (const contributor of curve.contributors.values())
    for (const { event, changedAt, position, beforeMid, beforePosition } of contributor.quotes.values()) {
      const { bid, ask } = event;
      if (bid === null || ask === null) continue;
      // A standing quote is for the maturity that its tenor meant when it was given: a roll does not move it.
      const maturity = nodeMaturity(event.node, Math.floor(event.at / DAY_MS), terms.roll);
      if (!(maturity > tradeDay + 1)) continue;
      const mid = 0.5 * (bid + ask);
      const predicted = quoteFor(maturity, quoteCode(event.quoteType), event.coupon);
      const deviation = predicted !== null && predicted.scale > 0 ? (mid - predicted.value) / predicted.scale : NaN;
      const fresh = changedAt >= curve.closedAt;
      const missed = fresh ? 0 : curve.position - position;
      const half = 0.5 * Math.abs(ask - bid);
      const scale = predicted?.scale ?? NaN;
      const moved = fresh && scale > 0 ? (mid - beforeMid) / scale - (curve.position - beforePosition) : NaN;
      const row = { contributor, event, maturity, mid, half, predicted, deviation, fresh, missed, moved };
      const rows = byMaturity.get(maturity);
      if (rows === undefined) byMaturity.set(maturity, [row]);
      else rows.push(row);
    }
  const step = stepOf(curve, [...byMaturity.values()].flat());
  const nodes = [...byMaturity]
    .toSorted((a, b) => a[0] - b[0])
    .map(([maturity, rows]) => ({
      node: rows[0].event.node,
      maturity,
      rows,
      consensus: consensusOf(
        rows.filter((r) => trusted(r.contributor)),
        step,
      ),
    }));
  const observations = observationsOf(base, nodes, at, tradeDay);
  return { at, terms, nodes, observations, fitted: new Set(maturities), step, quoteFor };
}

/** Contributors of whom one alone may not move the curve. */
const MANY_CONTRIBUTORS = 3;

/** What the curve did at this update by those who spoke, log spread: the median over contributors of their own medians. */
function stepOf(curve: CreditCurveState, rows: readonly CreditRow[]): number {
  const steps: number[] = [];
  for (const c of curve.contributors.values()) {
    if (!c.spoke) continue;
    const own = rows.filter((r) => r.contributor === c && Number.isFinite(r.moved)).map((r) => r.moved);
    steps.push(own.length === 0 ? 0 : median(own));
  }
  return steps.length === 0 || (steps.length === 1 && curve.contributors.size >= MANY_CONTRIBUTORS) ? 0 : median(steps);
}

function columnsOf(terms: CreditTermsEvent, tradeDay: number): CreditColumns {
  const none = new Float64Array(0);
  return {
    tradeDay,
    maturityDay: none,
    quoteType: none,
    coupon: none,
    recovery: terms.recovery,
    accrual: terms.accrual,
    discountYears: terms.discountYears,
    discountRates: terms.discountRates,
  };
}

/** Two that are farther apart than this cannot both be right, log spread. */
const APART = 0.1;

/** Of two that contradict each other the one nearer to the prediction; a median of two would be wrong for certain. */
function believed(rows: readonly CreditRow[]): readonly CreditRow[] {
  if (rows.length !== 2) return rows;
  const [a, b] = rows;
  if (!(Math.abs(a.deviation - b.deviation) > APART)) return rows;
  return [Math.abs(a.deviation) <= Math.abs(b.deviation) ? a : b];
}

/** Quotes that have missed more than this of the curve's own moves are not asked while others have not, log spread. */
const OUTDATED = 0.03;

function consensusOf(all: readonly CreditRow[], step: number): Consensus | null {
  if (all.length === 0) return null;
  const current = all.filter((r) => r.fresh || Math.abs(r.missed + step) <= OUTDATED);
  const rows = believed(current.length > 0 ? current : all);
  const convention = (r: CreditRow): string => `${r.event.quoteType}|${r.event.coupon}`;
  const votes = new Map<string, number>();
  for (const r of rows) votes.set(convention(r), (votes.get(convention(r)) ?? 0) + 1);
  const [chosen] = [...votes].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0];
  const same = rows.filter((r) => convention(r) === chosen);
  const deviations = rows.map((r) => r.deviation).filter(Number.isFinite);
  return {
    quoteType: same[0].event.quoteType,
    coupon: same[0].event.coupon,
    mid: median(same.map((r) => r.mid)),
    half: median(same.map((r) => r.half)),
    contributors: rows.length,
    deviation: deviations.length === 0 ? NaN : median(deviations),
  };
}

/** Where between bid and ask a price stands is unknown: one standard error of a mid is the half-spread over root three. */
const ROOT_THREE = Math.sqrt(3);
/** A locked quote is not exact, decimal: a tenth of a basis point. */
const LEAST_NOISE = 1e-5;

/** The most traded tenors lie on both sides of it. */
const MIDDLE_YEARS = 3;

function observationsOf(
  base: CreditColumns,
  nodes: readonly CreditNode[],
  at: number,
  tradeDay: number,
): Observations | null {
  const agreed = nodes.filter((n): n is CreditNode & { consensus: Consensus } => n.consensus !== null);
  if (agreed.length === 0) return null;
  const column = (f: (c: Consensus, n: CreditNode) => number): Float64Array =>
    Float64Array.from(agreed, (n) => f(n.consensus, n));
  const k = column((_, n) => (n.maturity - tradeDay) / 365);
  const nothing = column(() => NaN);
  return {
    at,
    years: 0,
    forward: 0,
    k,
    // Level, slope and hump in the logarithm of time: quotes are not evenly spaced in years.
    x: k.map((years) => log(years / MIDDLE_YEARS)),
    strike: nothing,
    value: column((c) => c.mid),
    noise: column((c) => Math.max(LEAST_NOISE, c.half / ROOT_THREE)),
    low: column((c) => c.mid - c.half),
    high: column((c) => c.mid + c.half),
    venueValue: nothing,
    credit: {
      ...base,
      maturityDay: column((_, n) => n.maturity),
      quoteType: column((c) => quoteCode(c.quoteType)),
      coupon: column((c) => c.coupon),
    },
  };
}
