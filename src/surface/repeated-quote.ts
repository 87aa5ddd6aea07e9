import type { ChainEntry } from '../market/chain.ts';
import { tickAt } from '../market/instrument.ts';

/**
 * Between messages further apart than this a venue's mark and its volatility have been computed anew many times, and a
 * quote's own pace cannot be told from the pace of the recording, ms.
 */
export const APART_MS = 600_000;
/** Nearer messages may repeat each other while nothing happens: not for longer than this while the forward moves, ms. */
const STREAM_MS = 5_000;

/**
 * Whether the newest message of an option repeats an older one although the option cannot be worth the same any more: an
 * old row sent again, as against a quiet quote, which keeps its price and never its mark.
 *
 * With mark and mark volatility: bid, ask and both of them repeat over ten minutes or more, or over five seconds in which
 * `forward` (USD, of now) has moved the value by more than a tick. With a mark alone: the latter. Without any: bid and ask
 * repeat over ten minutes or more in which the forward has moved the value by more than the spread. `delta` is asked for
 * only then. Source: methods.md 1.2 rule 4, where sampling hides the option's own pace; shares in health: docs/loop.md.
 */
export function isRepeated(entry: ChainEntry, forward: number, delta: () => number): boolean {
  const { quote, newsAt, forwardAtNews, instrument } = entry;
  if (quote === null || quote.bid === null || quote.ask === null || !(quote.at > newsAt)) return false;
  const age = quote.at - newsAt;
  const marked = quote.mark !== null;
  if (marked && quote.markIv !== null && age >= APART_MS) return true;
  if (age <= (marked ? STREAM_MS : APART_MS)) return false;
  const mid = 0.5 * (quote.bid + quote.ask);
  const inverse = instrument.settlement === 'inverse';
  const share = forward / forwardAtNews - 1;
  const moved = inverse ? (delta() - mid) * share : delta() * share * forward;
  return Math.abs(moved) > (marked ? tickAt(instrument.ticks, mid) : quote.ask - quote.bid);
}
