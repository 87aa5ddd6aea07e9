/** Deribit: endpoints, limits and requests as data; the parser is `deribit/session.ts`, the evidence docs/deribit.md. */
import type { VenueAdapter } from './adapter.ts';
import { deribitInstrument, formatDeribitSymbol, parseDeribitSymbol } from './deribit-symbol.ts';
import { errorOutcome } from './deribit/errors.ts';
import { readGrant } from './deribit/private.ts';
import * as request from './deribit/requests.ts';
import { DeribitSession } from './deribit/session.ts';
import { VENUE } from './deribit/wire.ts';

export const adapter: VenueAdapter = {
  venue: VENUE,
  endpoints: { production: 'wss://www.deribit.com/ws/api/v2', test: 'wss://test.deribit.com/ws/api/v2' },
  rateLimits: request.RATE_LIMITS,
  channelsPerRequest: 500,
  isPrivate: (channel) => channel.startsWith('user.'),
  session: (options) => new DeribitSession(options),
  encode: (id, { method, params }) => JSON.stringify({ jsonrpc: '2.0', id, method, params }),
  subscribe: request.subscribe,
  unsubscribe: request.unsubscribe,
  heartbeat: request.heartbeat,
  probe: request.probe,
  authenticate: ({ clientId, clientSecret }) => request.clientCredentials(clientId, clientSecret),
  refresh: ({ refreshToken }) => request.refreshToken(refreshToken),
  grant: readGrant,
  privateRequest: request.privateRequest,
  outcome: errorOutcome,
  symbol: (name) => {
    const parsed = parseDeribitSymbol(name);
    return parsed === null || deribitInstrument(name) === null ? null : formatDeribitSymbol(parsed);
  },
};
