/** Data faults: what the venue publishes in place of what is. Pure functions of the true quote and the active faults. */
import type { QuoteOutput } from './output.ts';
import { intensity, type FaultKind, type ScheduledFault } from './fault.ts';

/** A fault that is on now, with how much of it. */
export interface ActiveFault {
  readonly fault: ScheduledFault;
  /** In (0, 1]. */
  readonly intensity: number;
}

/** The faults that are on at `at`. */
export function activeFaults(schedule: readonly ScheduledFault[], at: number): ActiveFault[] {
  const found: ActiveFault[] = [];
  for (const fault of schedule) {
    const on = intensity(fault, at);
    if (on > 0) found.push({ fault, intensity: on });
  }
  return found;
}

/** Whether a fault concerns an underlying and expiry. */
export function concerns(fault: ScheduledFault, underlying: string, expiry: number | null): boolean {
  if (fault.scope.underlying !== null && fault.scope.underlying !== underlying) return false;
  return expiry === null || fault.scope.expiry === null || fault.scope.expiry === expiry;
}

/** Sum over active faults of a kind of magnitude x intensity. */
export function strength(
  active: readonly ActiveFault[],
  kind: FaultKind,
  underlying: string,
  expiry: number | null,
): number {
  let sum = 0;
  for (const a of active)
    if (a.fault.fault === kind && concerns(a.fault, underlying, expiry)) sum += a.fault.magnitude * a.intensity;
  return sum;
}

/** Product over active faults of a kind whose magnitude is a factor: 1 + (magnitude - 1) x intensity; 1 when none is on. */
export function factor(
  active: readonly ActiveFault[],
  kind: FaultKind,
  underlying: string,
  expiry: number | null,
): number {
  let product = 1;
  for (const a of active)
    if (a.fault.fault === kind && concerns(a.fault, underlying, expiry))
      product *= 1 + (a.fault.magnitude - 1) * a.intensity;
  return product;
}

/** Whether an option belongs to a share of all options that a fault hits: fixed by the option's id. */
function struck(id: number, share: number): boolean {
  return ((Math.imul(id, 0x9e3779b1) >>> 8) & 0xffff) / 65536 < share;
}

/** What a distortion may look at beside the quote itself. */
export interface Neighbours {
  /** The last output published for the option before this one. */
  readonly previous: QuoteOutput | undefined;
  /** The quote of the same strike and the other side; of the same strike and the previous expiry. */
  readonly otherSide: () => QuoteOutput | undefined;
  readonly previousExpiry: () => QuoteOutput | undefined;
}

type Side = Pick<QuoteOutput, 'bid' | 'ask' | 'bidSize' | 'askSize'>;

function booked(quote: QuoteOutput, side: Side): QuoteOutput {
  const { bid, ask, bidSize, askSize } = side;
  return { ...quote, bid, ask, bidSize, askSize };
}

const scaled = (x: number | null, factor: number): number | null => (x === null ? null : x * factor);
const ticked = (x: number | null): number | null => (x === null ? null : Math.max(1e-4, Math.round(x * 1e4) / 1e4));

/** One fault applied to one quote; null = the quote does not come at all. */
function apply(quote: QuoteOutput, active: ActiveFault, near: Neighbours): QuoteOutput | null {
  const { fault, intensity: on } = active;
  const { id } = quote.option;
  const sized = fault.magnitude * on;
  const before = near.previous;
  switch (fault.fault) {
    case 'stale-all':
      return struck(id, on) ? null : quote;
    case 'stale-subset':
      return before && struck(id, sized) ? { ...booked(quote, before), bookChanged: false } : quote;
    case 'expiry-stuck':
      return before && struck(id, on) ? { ...booked(quote, before), bookChanged: false } : quote;
    case 'crossed': {
      if (!struck(id, sized) || quote.bid === null || quote.ask === null) return quote;
      const tick = quote.ask >= 0.005 ? 0.001 : 0.0002;
      return { ...quote, bid: ticked(quote.ask + tick), bookChanged: true };
    }
    case 'fat-finger': {
      if (quote.bid === null || Math.abs(Math.abs(quote.delta) - 0.35) > 0.1 || !struck(id, 0.5)) return quote;
      const factor = 1 + (fault.magnitude - 1) * on;
      return { ...quote, bid: ticked(quote.bid * factor), ask: ticked(scaled(quote.ask, factor)), bookChanged: true };
    }
    case 'clock-skew':
      return { ...quote, at: quote.at + Math.round(sized) };
    case 'missing-expiry':
      return struck(id, on) ? { ...booked(quote, { bid: null, ask: null, bidSize: null, askSize: null }) } : quote;
    case 'missing-side':
      return struck(id, on) ? { ...quote, bid: null, bidSize: null } : quote;
    case 'wrong-forward':
      return { ...quote, forward: quote.forward * (1 + sized * 1e-4) };
    case 'index-as-forward':
      return { ...quote, forward: quote.forward + (quote.index - quote.forward) * on };
    case 'wrong-expiry-map': {
      const other = struck(id, on) ? near.previousExpiry() : undefined;
      return other
        ? { ...other, at: quote.at, option: quote.option, forward: quote.forward, forwardName: quote.forwardName }
        : quote;
    }
    case 'call-put-flip': {
      const other = struck(id, on) ? near.otherSide() : undefined;
      return other ? { ...other, at: quote.at, option: quote.option } : quote;
    }
    case 'usd-as-coin': {
      if (!struck(id, on)) return quote;
      const { bid, ask, mark, forward } = quote;
      return { ...quote, bid: scaled(bid, forward), ask: scaled(ask, forward), mark: mark * forward };
    }
    default:
      return quote;
  }
}

/** The quote as published under all active faults of its scope; null = nothing is published. */
export function distort(quote: QuoteOutput, active: readonly ActiveFault[], near: Neighbours): QuoteOutput | null {
  let out: QuoteOutput | null = quote;
  const { underlying, expiry } = quote.option.instrument;
  for (const a of active) {
    if (out === null) return null;
    if (concerns(a.fault, underlying, expiry)) out = apply(out, a, near);
  }
  return out;
}
