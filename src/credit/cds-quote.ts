/** Quotes of a credit curve, checked before anything is solved. */
import { median } from '../numeric/robust.ts';
import { isoDay } from './calendar-day.ts';
import type { Day } from './calendar-day.ts';

/** How a node is quoted: coupon that makes it worth nothing, upfront at a coupon, or the flat-curve spread of that upfront. */
export type QuoteKind = 'par' | 'upfront' | 'quoted';

/** One quote of a curve. */
export interface CdsQuote {
  /** Name of the node: `5Y`, or whatever the source calls it. */
  readonly node: string;
  readonly maturity: Day;
  readonly kind: QuoteKind;
  /** Running coupon, fraction a year; of no meaning (any number) for `par`. */
  readonly coupon: number;
  /** Spread (fraction a year) or upfront (fraction of notional). */
  readonly value: number;
}

/** Why there is no curve: the node, the number that is wrong, and the limit it breaks. Expected, never thrown. */
export interface CreditRefusal {
  readonly status: 'refused';
  readonly reason: RefusalReason;
  /** Name of the node; empty when the whole curve is meant. */
  readonly node: string;
  /** What was wrong (NaN when it is no number), and the limit that it broke (NaN when there is none). */
  readonly value: number;
  readonly limit: number;
  readonly message: string;
}

/** Closed list of refusals. `unit`: the number is one of another unit, percent or basis points. */
export type RefusalReason =
  | 'no-quotes'
  | 'not-finite'
  | 'unit'
  | 'negative-spread'
  | 'recovery'
  | 'maturity'
  | 'duplicate-maturity'
  | 'unsorted'
  | 'upfront-bound'
  | 'arbitrage'
  | 'numerical-failure';

/** A spread above this (fraction a year; 4,000 %) can only be basis points or percent; the widest ever quoted are near 31. */
const HIGHEST_SPREAD = 40;
/** A first node that says survival is below e^-15 is in another unit: nobody quotes running spreads then. */
const HIGHEST_FIRST_HAZARD = 15;
/** A spread this many times above or below the median of the others is in another unit. */
const UNIT_RATIO = 50;
/** A coupon above this (fraction a year) can only be basis points or percent. */
const HIGHEST_COUPON = 1;

/** Shorthand for a {@link CreditRefusal}. */
export function refusal(
  reason: RefusalReason,
  node: string,
  value: number,
  limit: number,
  message: string,
): CreditRefusal {
  return { status: 'refused', reason, node, value, limit, message: `${node === '' ? '' : `node ${node}: `}${message}` };
}

/**
 * First thing that is wrong with a curve's quotes, or undefined. Quotes are in order of maturity; 0 <= R < 1; spreads are
 * positive fractions; an upfront is below the loss 1 - R.
 */
export function checkQuotes(trade: Day, recovery: number, quotes: readonly CdsQuote[]): CreditRefusal | undefined {
  if (quotes.length === 0) return refusal('no-quotes', '', 0, 1, 'a curve needs at least one quote');
  if (!(recovery >= 0 && recovery < 1))
    return refusal(
      'recovery',
      '',
      recovery,
      1,
      `recovery ${recovery} is not in [0, 1)${recovery > 1 ? '; a fraction is meant (0.4)' : ''}`,
    );
  for (let i = 0; i < quotes.length; i++) {
    const wrong = checkQuote(trade, recovery, quotes[i], i === 0 ? undefined : quotes[i - 1]);
    if (wrong) return wrong;
  }
  return checkUnits(trade, recovery, quotes);
}

/** Spreads in basis points or percent among fractions, or a whole curve of them. */
function checkUnits(trade: Day, recovery: number, quotes: readonly CdsQuote[]): CreditRefusal | undefined {
  const spreads = quotes.filter((q) => q.kind !== 'upfront');
  const first = quotes[0];
  if (first.kind !== 'upfront') {
    const hazard = (first.value / (1 - recovery)) * ((first.maturity - trade) / 365);
    if (hazard > HIGHEST_FIRST_HAZARD)
      return refusal(
        'unit',
        first.node,
        first.value,
        (HIGHEST_FIRST_HAZARD * first.value) / hazard,
        `spread ${first.value} leaves no survivor by then: no fraction a year (0.01 = 100 bp)`,
      );
  }
  for (const quote of spreads) {
    const others = spreads.filter((q) => q !== quote);
    // Two quotes cannot say which of them is wrong.
    if (others.length < 2) return undefined;
    const ratio = quote.value / median(others.map((q) => q.value));
    if (ratio >= UNIT_RATIO || ratio * UNIT_RATIO <= 1)
      return refusal(
        'unit',
        quote.node,
        quote.value,
        UNIT_RATIO,
        `spread ${quote.value} is ${ratio} times the median of the others`,
      );
  }
  return undefined;
}

function checkQuote(
  trade: Day,
  recovery: number,
  quote: CdsQuote,
  before: CdsQuote | undefined,
): CreditRefusal | undefined {
  const { node, maturity, kind, coupon, value } = quote;
  if (!Number.isInteger(maturity) || maturity <= trade)
    return refusal(
      'maturity',
      node,
      maturity,
      trade,
      `maturity ${Number.isInteger(maturity) ? isoDay(maturity) : maturity} is not a day after the trade date`,
    );
  if (before && maturity === before.maturity)
    return refusal(
      'duplicate-maturity',
      node,
      maturity,
      maturity,
      `maturity ${isoDay(maturity)} is that of node ${before.node} too`,
    );
  if (before && maturity < before.maturity)
    return refusal(
      'unsorted',
      node,
      maturity,
      before.maturity,
      `matures before node ${before.node}, which comes first`,
    );
  if (!Number.isFinite(value)) return refusal('not-finite', node, value, NaN, `quote ${value} is not a number`);
  if (kind !== 'par') {
    if (!Number.isFinite(coupon))
      return refusal('not-finite', node, coupon, NaN, `a quote of kind ${kind} needs its coupon`);
    if (coupon < 0) return refusal('negative-spread', node, coupon, 0, `coupon ${coupon} is negative`);
    if (coupon > HIGHEST_COUPON)
      return refusal('unit', node, coupon, HIGHEST_COUPON, `coupon ${coupon} is no fraction a year (0.01 = 100 bp)`);
  }
  if (kind === 'upfront') {
    const loss = 1 - recovery;
    if (Math.abs(value) > 1.5)
      return refusal('unit', node, value, 1, `upfront ${value} is no fraction of notional (0.05 = 5 points)`);
    if (value >= loss)
      return refusal(
        'upfront-bound',
        node,
        value,
        loss,
        `upfront ${value} is not below the loss 1 - R = ${loss}: no finite hazard, the name has defaulted`,
      );
    return undefined;
  }
  if (value > HIGHEST_SPREAD)
    return refusal('unit', node, value, HIGHEST_SPREAD, `spread ${value} is no fraction a year (0.01 = 100 bp)`);
  if (!(value > 0)) return refusal('negative-spread', node, value, 0, `spread ${value} is not positive`);
  return undefined;
}
