/** The grant of an authentication. */
import type { AccessGrant } from '../adapter.ts';
import { isRecord } from './wire.ts';

/** The answer to `public/auth`; null when it is not a bearer grant. */
export function readGrant(result: unknown): AccessGrant | null {
  if (!isRecord(result)) return null;
  const { refresh_token: refreshToken, expires_in: seconds } = result;
  if (typeof refreshToken !== 'string' || typeof seconds !== 'number' || !(seconds > 0)) return null;
  return { refreshToken, expiresInMs: seconds * 1000 };
}
