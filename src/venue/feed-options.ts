/** What a feed is given and what it answers; the life-cycle itself is `feed.ts`. */
import type { FeedEvent, MarketEvent } from '../market/event.ts';
import type { Credentials, SessionOptions, VenueAdapter } from './adapter.ts';
import type { FeedClock } from './feed-clock.ts';
import type { SocketFactory } from './feed-socket.ts';

/** Times in ms. The defaults find silence within 2 s. */
export interface FeedLimits {
  readonly tickMs: number;
  /** No market data for so long while live: the feed is stale, and the connection is probed. */
  readonly silenceMs: number;
  /** No frame at all for so long: the socket is dead. */
  readonly deadMs: number;
  /** Frames but no market data for so long: connect anew. */
  readonly reopenMs: number;
  readonly connectTimeoutMs: number;
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
  /** Live for so long: the back-off starts from its base again. */
  readonly stableMs: number;
  /** The instrument list is fetched again, in case a life-cycle message was lost. */
  readonly rediscoverMs: number;
  /** The account is asked for again this often. */
  readonly accountMs: number;
  readonly heartbeatSeconds: number;
  readonly answerTimeoutMs: number;
  readonly requestAttempts: number;
  readonly requestsWaiting: number;
  /** Events that may wait for the consumer before quotes are thinned, and before the socket stops reading. */
  readonly queueSoft: number;
  readonly queueHard: number;
  /** History is fetched from so long before the last good message. */
  readonly historyMarginMs: number;
  /** `close` waits so long for the consumer. */
  readonly drainMs: number;
}

export const FEED_LIMITS: FeedLimits = {
  tickMs: 200,
  silenceMs: 1_700,
  deadMs: 4_000,
  reopenMs: 15_000,
  connectTimeoutMs: 10_000,
  backoffBaseMs: 250,
  backoffCapMs: 30_000,
  stableMs: 60_000,
  rediscoverMs: 600_000,
  accountMs: 20_000,
  heartbeatSeconds: 10,
  answerTimeoutMs: 10_000,
  requestAttempts: 5,
  requestsWaiting: 1_024,
  queueSoft: 8_192,
  queueHard: 65_536,
  historyMarginMs: 5_000,
  drainMs: 5_000,
};

export interface FeedOptions extends Pick<SessionOptions, 'underlyings'> {
  readonly venue: VenueAdapter;
  /** ws:// or wss:// address; default: the venue's first endpoint. */
  readonly endpoint?: string;
  readonly topOfBook?: SessionOptions['topOfBook'];
  readonly marks?: boolean;
  readonly credentials?: Credentials;
  /** Name of the account behind the credentials, to follow it; absent = market data alone. */
  readonly account?: string;
  readonly socketFactory?: SocketFactory;
  readonly clock?: FeedClock;
  /** Uniform in [0, 1); jitter only. */
  readonly random: () => number;
  /** Takes the events. `false`: taken, but no more until `resume()`. */
  readonly onEvents: (events: MarketEvent[]) => void | boolean;
  /** Epoch ms of the last event kept by an earlier run: the time since is a gap, and its trades are fetched. */
  readonly resumeFrom?: number;
  /** `symbol|tradeId` of prints that the earlier run kept near its end. */
  readonly knownTrades?: Iterable<string>;
  readonly limits?: Partial<FeedLimits>;
}

export interface FeedStatistics {
  readonly state: FeedEvent['state'];
  readonly queueLength: number;
  readonly droppedQuotes: number;
  readonly droppedRefusals: number;
  readonly duplicateTrades: number;
  readonly frames: number;
  readonly connections: number;
  readonly channels: number;
  readonly clockOffsetMs: number | null;
}
