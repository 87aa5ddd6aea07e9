/** Private read-only data: the grant of an authentication, and positions. */
import type { AccessGrant } from '../adapter.ts';
import { isRecord } from './wire.ts';

/** The answer to `public/auth`; null when it is not a bearer grant. */
export function readGrant(result: unknown): AccessGrant | null {
  if (!isRecord(result)) return null;
  const { refresh_token: refreshToken, expires_in: seconds } = result;
  if (typeof refreshToken !== 'string' || typeof seconds !== 'number' || !(seconds > 0)) return null;
  return { refreshToken, expiresInMs: seconds * 1000 };
}

/** One position as Deribit reports it. */
export interface VenuePosition {
  readonly symbol: string;
  /** Signed: coins for options and linear futures, USD for inverse futures. */
  readonly size: number;
  /** Premium currency (options) or USD (futures). */
  readonly averagePrice: number | null;
}

/** The result of `private/get_positions`; rows that are none are returned by index, never half-read. */
export function readPositions(result: unknown): { readonly positions: VenuePosition[]; readonly refused: number[] } {
  const positions: VenuePosition[] = [];
  const refused: number[] = [];
  (Array.isArray(result) ? result : [result]).forEach((row: unknown, place) => {
    const symbol = isRecord(row) ? row['instrument_name'] : undefined;
    const size = isRecord(row) ? row['size'] : undefined;
    if (typeof symbol !== 'string' || typeof size !== 'number' || !Number.isFinite(size)) {
      refused.push(place);
      return;
    }
    const average = (row as Record<string, unknown>)['average_price'];
    positions.push({
      symbol,
      size,
      averagePrice: typeof average === 'number' && Number.isFinite(average) ? average : null,
    });
  });
  return { positions, refused };
}
