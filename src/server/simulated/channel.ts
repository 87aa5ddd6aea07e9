/** Names of subscription channels taken apart, and what each needs. */

/** How often a channel notifies. */
export type Interval = 'raw' | '100ms' | 'agg2';

/** A parsed channel name. */
export type Channel =
  | { readonly kind: 'ticker' | 'book'; readonly instrument: string; readonly interval: Interval }
  | { readonly kind: 'book-grouped'; readonly instrument: string; readonly depth: number; readonly interval: Interval }
  | { readonly kind: 'quote'; readonly instrument: string }
  | {
      readonly kind: 'trades';
      readonly currency: string | null;
      readonly instrument: string | null;
      readonly interval: Interval;
    }
  | { readonly kind: 'markprice' | 'index' | 'volatility-index' | 'estimated-delivery'; readonly index: string }
  | { readonly kind: 'instrument-state'; readonly instrumentKind: string; readonly currency: string }
  | { readonly kind: 'platform' }
  | { readonly kind: 'user'; readonly topic: string };

function intervalOf(text: string | undefined): Interval | null {
  return text === 'raw' || text === '100ms' || text === 'agg2' ? text : null;
}

/** The channel of a name; null when the venue has no such channel. */
export function parseChannel(name: string): Channel | null {
  const parts = name.split('.');
  const [head, second, third] = parts;
  const interval = intervalOf(parts.at(-1));
  if (name === 'platform_state') return { kind: 'platform' };
  if (head === 'user' && parts.length > 1) return { kind: 'user', topic: parts.slice(1).join('.') };
  if ((head === 'ticker' || head === 'book') && parts.length === 3 && interval)
    return { kind: head, instrument: second, interval };
  if (head === 'book' && parts.length === 5 && interval && ['1', '10', '20'].includes(parts[3]))
    return { kind: 'book-grouped', instrument: second, depth: Number(parts[3]), interval };
  if (head === 'quote' && parts.length === 2) return { kind: 'quote', instrument: second };
  if (head === 'trades' && parts.length === 4 && interval && second === 'option')
    return { kind: 'trades', currency: third === 'any' ? null : third, instrument: null, interval };
  if (head === 'trades' && parts.length === 3 && interval)
    return { kind: 'trades', currency: null, instrument: second, interval };
  if (head === 'markprice' && second === 'options' && parts.length === 3) return { kind: 'markprice', index: third };
  if (head === 'deribit_price_index' && parts.length === 2) return { kind: 'index', index: second };
  if (head === 'deribit_volatility_index' && parts.length === 2) return { kind: 'volatility-index', index: second };
  if (head === 'estimated_expiration_price' && parts.length === 2) return { kind: 'estimated-delivery', index: second };
  if (head === 'instrument' && second === 'state' && parts.length === 4)
    return { kind: 'instrument-state', instrumentKind: third, currency: parts[3] };
  return null;
}

/** Whether a channel is for authenticated sessions only. */
export function needsLogin(channel: Channel): boolean {
  return channel.kind === 'user' || ('interval' in channel && channel.interval === 'raw');
}
