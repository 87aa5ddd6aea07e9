import { PAR, QUOTED, UPFRONT } from '../credit/node-quote.ts';
import { chanceAt } from '../detect/hourly-habit.ts';
import { log } from '../numeric/exponential.ts';
import { median } from '../numeric/robust.ts';
import type { CreditReading, CreditSigns, QuoteSigns } from '../policy/credit-diagnosis.ts';
import { LASTING_CLOSES, type CreditContributor, type CreditCurveState } from './credit-state.ts';
import { quoteCode, type CreditNode, type CreditReadout, type CreditRow } from './read-credit.ts';

/** Own deviations are never believed to be below this, log spread. */
const LEAST_DEVIATION = 0.004;
/** The common move of healthy contributors has at least this error, log spread: they share news and habits. */
const LEAST_COMMON = 0.006;
/** A quote that is read another way must agree within this, log spread, whatever habits say. */
const READING_SD = 0.03;
/** Forward discount rates that money has had, per year; beyond, the discount curve is not one. */
const LOWEST_RATE = -0.1;
const HIGHEST_RATE = 0.5;
/** Below so many others a contributor is judged against the prediction as well. */
const QUORUM = 2;
/** Chances that are never believed to be smaller or larger. */
const LEAST_CHANCE = 0.05;
const LARGEST_CHANCE = 0.95;

/** Scope of one contributor of a curve. */
export function contributorScope(curve: CreditCurveState, contributor: string): string {
  return `${curve.key}/${contributor}`;
}

/** Reads the signs of one close; `ageSeconds` is that of the live fit. */
export function readCreditSigns(
  curve: CreditCurveState,
  readout: CreditReadout,
  ageSeconds: number,
  inversion: { readonly z: number; readonly node: string },
  openAt: number,
): CreditSigns {
  const { track } = curve;
  const horizonSd = Math.sqrt(track.variancePerSecond * Math.max(0, ageSeconds));
  const contributors = [...curve.contributors.values()].map((c) => contributorSigns(curve, readout, c, horizonSd));
  const agreed = readout.nodes.map((n) => n.consensus?.deviation ?? NaN).filter(Number.isFinite);
  return {
    scope: curve.key,
    contributors: curve.contributors.size > 1 ? contributors : [],
    whole: wholeSigns(curve, readout, contributors, horizonSd),
    move: agreed.length === 0 ? 0 : median(agreed) / Math.max(horizonSd, LEAST_COMMON),
    inversion: inversion.z,
    invertedNode: inversion.node,
    absurdRate: absurdRate(readout.terms.discountYears, readout.terms.discountRates),
    failure: track.failure,
    failures: track.failures,
    unexplained: track.unexplained,
    openAt,
    isOpen: (cause, scope) => curve.incidents.open.has(`${cause}|${scope}`),
  };
}

/** The forward rate farthest outside of {@link LOWEST_RATE} to {@link HIGHEST_RATE}; 0 when all are inside. */
function absurdRate(years: readonly number[], rates: readonly number[]): number {
  let worst = 0;
  for (let i = 0; i < years.length; i++) {
    const before = i === 0 ? 0 : years[i - 1] * rates[i - 1];
    const forward = (years[i] * rates[i] - before) / (years[i] - (i === 0 ? 0 : years[i - 1]));
    if ((forward > HIGHEST_RATE || forward < LOWEST_RATE) && Math.abs(forward) > Math.abs(worst)) worst = forward;
  }
  return worst;
}

interface OwnRow {
  readonly node: CreditNode;
  readonly row: CreditRow;
  /** What the others say of the node, log spread from the prediction, and how much of news they may not have heard. */
  readonly reference: number;
  readonly unheard: number;
}

function contributorSigns(
  curve: CreditCurveState,
  readout: CreditReadout,
  contributor: CreditContributor,
  horizonSd: number,
): QuoteSigns {
  const own: OwnRow[] = [];
  const untrusted = new Set([...curve.contributors.values()].filter((c) => c.distrusted).map((c) => c.name));
  for (const node of readout.nodes)
    for (const row of node.rows)
      if (row.contributor === contributor)
        own.push({ node, row, ...referenceFor(node, row, curve.closedAt, untrusted) });
  // What was said before this update was judged then: the market may have moved away from it since.
  const usable = own.filter(
    (o) => o.row.event.at >= curve.closedAt && Number.isFinite(o.reference) && Number.isFinite(o.row.deviation),
  );
  const sd = Math.max(LEAST_DEVIATION, Math.sqrt(contributor.variance));
  // One who moves all nodes may be the first to hear of news: what is odd is what single nodes do beside the others.
  const common = usable.length >= 3 ? median(usable.map((o) => o.row.deviation - o.reference)) : 0;
  const shared = Math.abs(common) < LARGEST_LEAD ? common : contributor.offset;
  const deviations = usable.map((o) => {
    const missed = Math.abs(o.row.missed) + (o.row.missed === 0 ? 0 : Math.abs(readout.step));
    return (o.row.deviation - o.reference - shared) / Math.sqrt(sd * sd + o.unheard * o.unheard + missed * missed);
  });
  const judged = usable.length >= 3 && usable.every((o) => o.unheard === 0);
  const away = Math.abs(common - contributor.offset) / sd;
  if (judged && away > APART_SD && Math.abs(common) > LEAST_APART) contributor.apart++;
  else if (usable.length > 0) contributor.apart = 0;
  contributor.apartBy = away;
  return {
    scope: contributorScope(curve, contributor.name),
    nodes: usable.map((o) => o.node.node),
    deviations,
    stated: usable.map((o) => (o.row.deviation - o.reference) / sd),
    readings: readingsOf(readout, usable, Math.max(sd, READING_SD, Math.min(horizonSd, MOST_HORIZON))),
    silence: contributor.silent,
    repetition: contributor.repeated,
    otherRecovery: statedOtherwise(own, readout.terms.recovery),
    upfrontOverLoss: upfrontOverLoss(own, readout.terms.recovery),
    updates: contributor.weight,
    lasting: false,
    apart: contributor.apart,
    apartBy: contributor.apartBy,
  };
}

/** How far ahead of the others news may put a contributor, and from where on it stands apart. */
const LARGEST_LEAD = 0.5;
const APART_SD = 8;
const LEAST_APART = 0.05;

/** What one may know that others have not heard of yet, log spread. */
const UNHEARD = 0.05;

/**
 * What one contributor's node is compared with: the median of the others who spoke at this update; where those are too
 * few, the others' standing quotes, which news may have passed by. Of two that differ the one nearer to the prediction
 * is believed.
 */
function referenceFor(
  node: CreditNode,
  own: CreditRow,
  since: number,
  untrusted: ReadonlySet<string>,
): { reference: number; unheard: number } {
  const others = node.rows.filter(
    (r) => r.contributor !== own.contributor && Number.isFinite(r.deviation) && !untrusted.has(r.contributor.name),
  );
  const fresh = others.filter((r) => r.event.at >= since).map((r) => r.deviation);
  if (fresh.length >= QUORUM) return { reference: agreedBy(fresh), unheard: 0 };
  if (others.length >= QUORUM) return { reference: agreedBy(others.map((r) => r.deviation)), unheard: UNHEARD };
  if (others.length === 0) return { reference: NaN, unheard: 0 };
  const [other] = others;
  const nearer = Math.abs(own.deviation - other.deviation) < Math.abs(own.deviation) ? other.deviation : 0;
  return { reference: nearer, unheard: fresh.length === 1 ? 0 : UNHEARD };
}

/** The horizon widens what other readings may miss by at most so much, log spread. */
const MOST_HORIZON = 0.1;

/** Two that are farther apart than this, log spread, are no quorum: the one nearer to the prediction is believed. */
const CONTRADICTION = 0.1;

function agreedBy(deviations: readonly number[]): number {
  const [a, b] = deviations;
  if (deviations.length !== 2 || Math.abs(a - b) <= CONTRADICTION) return median([...deviations]);
  return Math.abs(a) <= Math.abs(b) ? a : b;
}

/** All contributors together, against the prediction: what they share no comparison among them can show. */
function wholeSigns(
  curve: CreditCurveState,
  readout: CreditReadout,
  contributors: readonly QuoteSigns[],
  horizonSd: number,
): QuoteSigns | null {
  const agreed: OwnRow[] = [];
  for (const node of readout.nodes) {
    const { consensus } = node;
    if (consensus === null || !Number.isFinite(consensus.deviation)) continue;
    const like = node.rows.find(
      (r) => r.event.quoteType === consensus.quoteType && r.event.coupon === consensus.coupon,
    );
    if (like === undefined) continue;
    agreed.push({
      node,
      row: { ...like, mid: consensus.mid, deviation: consensus.deviation },
      reference: 0,
      unheard: 0,
    });
  }
  const alone = [...curve.contributors.values()];
  const all = curve.contributors.size === 1 ? contributors[0] : undefined;
  if (agreed.length === 0 && all === undefined) return null;
  const sdOf = (o: OwnRow): number => {
    const interpolated = readout.fitted.has(o.row.maturity) ? 0 : INTERPOLATED;
    const parts = [horizonSd, LEAST_COMMON, nodeSd(o), disagreement(o.node, readout.step), interpolated];
    return Math.sqrt(parts.reduce((sum, v) => sum + v * v, 0));
  };
  // A move of all nodes is the market's: what is odd is what single nodes do beside it.
  const common = agreed.length >= 3 ? median(agreed.map((o) => o.row.deviation)) : 0;
  const plausible = Math.abs(common) < LARGEST_MOVE;
  return {
    scope: curve.key,
    nodes: agreed.map((o) => o.node.node),
    deviations: agreed.map((o) => (o.row.deviation - (plausible ? common : 0)) / sdOf(o)),
    stated: agreed.map((o) => o.row.deviation / sdOf(o)),
    readings: readingsOf(readout, agreed, Math.max(READING_SD, Math.min(horizonSd, MOST_HORIZON))),
    silence: curve.quiet,
    repetition: alone.length > 0 ? Math.min(...alone.map((c) => c.repeated)) : 0,
    otherRecovery: all?.otherRecovery ?? commonValue(contributors.map((c) => c.otherRecovery)),
    upfrontOverLoss: all?.upfrontOverLoss ?? Math.min(...contributors.map((c) => c.upfrontOverLoss)),
    updates: curve.closes,
    lasting: curve.disputed >= LASTING_CLOSES,
    apart: 0,
    apartBy: 0,
  };
}

/** A relative move of a whole curve in one update beyond which it is doubted whether it is one. */
const LARGEST_MOVE = 0.7;

/** What a curve says between its nodes may be off by so much, log spread: a roll of the tenors shows it. */
const INTERPOLATED = 0.1;

/** Where contributors differ, or have not followed yet, what they agree on is worth less. */
function disagreement(node: CreditNode, step: number): number {
  const deviations = node.rows.map((r) => r.deviation).filter(Number.isFinite);
  const centre = median(deviations);
  const missed = node.rows.map((r) => (r.fresh ? 0 : Math.abs(r.missed + step)));
  return median(deviations.map((d) => Math.abs(d - centre))) + median(missed);
}

/** A quarter of the quote's own width in log spread: prices move within it without a reason. */
function nodeSd(o: OwnRow): number {
  const scale = o.row.predicted?.scale ?? NaN;
  return scale > 0 ? (0.5 * o.row.half) / scale : LEAST_COMMON;
}

function commonValue(values: readonly number[]): number {
  return values.length > 0 && values.every((v) => v === values[0]) ? values[0] : NaN;
}

function statedOtherwise(own: readonly OwnRow[], recovery: number): number {
  const other = own.find((o) => o.row.event.recovery !== null && Math.abs(o.row.event.recovery - recovery) > 1e-9);
  return other?.row.event.recovery ?? NaN;
}

function upfrontOverLoss(own: readonly OwnRow[], recovery: number): number {
  const upfronts = own.filter((o) => o.row.event.quoteType === 'upfront').map((o) => o.row.mid / (1 - recovery));
  return upfronts.length === 0 ? 0 : Math.max(...upfronts);
}

/** A way to read a number that says something else: the number as it would be, and the convention it would be in. */
interface Reread {
  readonly name: string;
  readonly cause: CreditReading['cause'];
  readonly value: (v: number) => number;
  readonly quoteType: (stated: number) => number;
  readonly coupon: (stated: number) => number;
  readonly of: 'spread' | 'upfront' | 'any';
}

const same = (v: number): number => v;
const otherCoupon = (coupon: number): number => (Math.abs(coupon - 0.05) < 1e-9 ? 0.01 : 0.05);

const scaled = (name: string, factor: number): Reread => ({
  name,
  cause: 'unit-mismatch',
  value: (v) => v * factor,
  quoteType: same,
  coupon: same,
  of: 'any',
});

const REREADS: readonly Reread[] = [
  scaled('basis-points', 1e-4),
  scaled('percent', 0.01),
  scaled('decimal-as-percent', 100),
  scaled('decimal-as-basis-points', 1e4),
  { name: 'sign', cause: 'convention-mismatch', value: (v) => -v, quoteType: same, coupon: same, of: 'any' },
  { name: 'price', cause: 'convention-mismatch', value: (v) => 1 - v, quoteType: same, coupon: same, of: 'upfront' },
  { name: 'price-percent', cause: 'convention-mismatch', value: (v) => 1 - v / 100, quoteType: same, coupon: same, of: 'upfront' },
  { name: 'other-coupon', cause: 'convention-mismatch', value: same, quoteType: same, coupon: otherCoupon, of: 'upfront' },
  { name: 'par-spread', cause: 'convention-mismatch', value: same, quoteType: () => PAR, coupon: same, of: 'upfront' },
  { name: 'upfront', cause: 'convention-mismatch', value: same, quoteType: () => UPFRONT, coupon: same, of: 'spread' },
  { name: 'upfront-other-coupon', cause: 'convention-mismatch', value: same, quoteType: () => UPFRONT, coupon: otherCoupon, of: 'spread' },
  { name: 'per-quarter', cause: 'convention-mismatch', value: (v) => 4 * v, quoteType: same, coupon: same, of: 'spread' },
  { name: 'per-month', cause: 'convention-mismatch', value: (v) => 12 * v, quoteType: same, coupon: same, of: 'spread' },
  { name: 'quoted-for-par', cause: 'convention-mismatch', value: same, quoteType: (t) => (t === PAR ? QUOTED : PAR), coupon: same, of: 'spread' },
]; // prettier-ignore

function readingsOf(readout: CreditReadout, rows: readonly OwnRow[], sd: number): CreditReading[] {
  const far = rows.some((o) => Math.abs(o.row.deviation - o.reference) > WORTH_READING);
  if (!far) return [];
  return REREADS.map((reread) => ({
    name: reread.name,
    cause: reread.cause,
    deviations: rows.map((o) => {
      const stated = quoteCode(o.row.event.quoteType);
      if (reread.of === 'spread' && stated === UPFRONT) return Infinity;
      if (reread.of === 'upfront' && stated !== UPFRONT) return Infinity;
      const quote = readout.quoteFor(o.row.maturity, reread.quoteType(stated), reread.coupon(o.row.event.coupon));
      if (quote === null || !(quote.scale > 0)) return Infinity;
      return ((reread.value(o.row.mid) - quote.value) / quote.scale - o.reference) / sd;
    }),
  }));
}

/** Nobody asks how a quote is to be read that is as near as this, log spread. */
const WORTH_READING = 0.05;

/** Nats by which one more silent close at `at` speaks against a contributor when a share of the others spoke. */
export function silenceNats(contributor: CreditContributor, at: number, share: number): number {
  return -log(1 - Math.min(chanceAt(contributor.habit, at), share));
}

/** Nats by which one more close without a change speaks against a contributor that did speak. */
export function repetitionNats(contributor: CreditContributor): number {
  const repeated = 1 - contributor.changedSum / contributor.spokenSum;
  return -log(Math.min(LARGEST_CHANCE, Math.max(LEAST_CHANCE, repeated)));
}
