/**
 * What one venue must provide; the feed life-cycle (`feed.ts`) knows nothing else about it.
 * A venue is data (endpoints, limits), request builders, and one session object that turns bytes into market events.
 */
import type { MarketEvent } from '../market/event.ts';

/** What to do about a venue's error: `fatal` fails this request and no other. */
export type ErrorOutcome = 'retry' | 'rate-limited' | 'reauthenticate' | 'fatal';

/** A refusal by the venue or by the connection. Carries the venue's code, never a parameter or a credential. */
export class VenueError extends Error {
  override readonly name = 'VenueError';
  readonly code: number;
  readonly outcome: ErrorOutcome;
  readonly method: string;

  constructor(method: string, code: number, reason: string, outcome: ErrorOutcome) {
    super(`${method}: ${reason} (${code})`);
    this.method = method;
    this.code = code;
    this.outcome = outcome;
  }

  get retryable(): boolean {
    return this.outcome !== 'fatal';
  }
}

/** One request to the venue before it has an id. `cost` is taken from the bucket of that name. */
export interface VenueRequest {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly bucket: string;
  readonly cost: number;
}

/** A leaky bucket as the venue documents it: credits it holds, credits it regains per second. */
export interface RateLimit {
  readonly capacity: number;
  readonly refillPerSecond: number;
}

/** Client credentials with read-only scope. Never logged, never part of an event or error. */
export interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** What an authentication request granted. */
export interface AccessGrant {
  readonly refreshToken: string;
  readonly expiresInMs: number;
}

/** What a frame asks of the life-cycle, beside the events it carried. */
export type FrameSignal =
  /** Answer to our request `id`; `at` is the venue's clock when it answered, epoch ms, where it says so. */
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown; readonly at: number | null }
  | { readonly kind: 'error'; readonly id: number; readonly code: number; readonly reason: string }
  /** The venue asks whether we live: send this at once, ahead of every queue. */
  | { readonly kind: 'reply'; readonly request: VenueRequest }
  /** A sequence broke: subscribe to these channels anew to get a snapshot. */
  | { readonly kind: 'resync'; readonly channels: readonly string[] }
  /** Prints between these venue times (epoch ms) did not reach us: history has them. */
  | { readonly kind: 'missed-trades'; readonly from: number; readonly to: number }
  /** Instruments came or went: `session.channels()` has changed. */
  | { readonly kind: 'channels-changed' };

/** What a result asks of the life-cycle, beside the events it carried. */
export interface ResultSignal {
  /** Requests that continue this one (the next page). */
  readonly next: readonly VenueRequest[];
  /** For a subscription: the channels the venue accepted. */
  readonly accepted: readonly string[] | null;
}

/** Choices of a subscription that every venue understands. */
export interface SessionOptions {
  readonly underlyings: readonly string[];
  /** `ticker`: the venue's ticker alone. `quote`, `book`: top of book from the faster channel as well. */
  readonly topOfBook: 'ticker' | 'quote' | 'book';
  /** Also subscribe to the venue's stream of option marks. */
  readonly marks: boolean;
  /** Also follow the account behind the login, under this name; null or absent = market data alone. */
  readonly account?: string | null;
}

/**
 * The venue's parser with its state (instruments, last quotes, books). Deterministic: no clock, no randomness, no I/O.
 * `receivedAt` is epoch ms. Junk is refused with a `refused` event in `into`, never by a throw.
 */
export interface VenueSession {
  /** Venue time is `receivedAt` less this, ms: the time of facts that carry none of their own. */
  clock(offsetMs: number): void;
  /** One inbound frame. */
  frame(bytes: Uint8Array, receivedAt: number, into: MarketEvent[]): FrameSignal | null;
  /** The result of one of our requests; `answeredAt`: the venue's clock when it answered, epoch ms, where it said so. */
  result(
    request: VenueRequest,
    result: unknown,
    receivedAt: number,
    into: MarketEvent[],
    answeredAt?: number | null,
  ): ResultSignal;
  /** Time has passed (venue time, epoch ms): expire instruments, ask again for a snapshot that did not come. */
  tick(now: number, into: MarketEvent[]): FrameSignal | null;
  /** A new connection begins: sequence state is void, instruments and last quotes stay. `authenticated` opens faster channels. */
  connected(authenticated: boolean): void;
  /** Requests that list the instruments. */
  discover(): readonly VenueRequest[];
  /** Requests that fetch one whole chain each; their results end with `snapshot-end`. */
  snapshot(): readonly VenueRequest[];
  /** Requests for the trades of [from, to], venue time in epoch ms; results carry `late: true`. */
  history(from: number, to: number): readonly VenueRequest[];
  /** Requests that tell the account; empty where none is followed or the login is missing. */
  account(): readonly VenueRequest[];
  /** All channels wanted now. */
  channels(): readonly string[];
}

/** One venue. A new venue is one file that exports `adapter` of this type. */
export interface VenueAdapter {
  readonly venue: string;
  /** Where it lives, by environment; the first is the default. */
  readonly endpoints: Readonly<Record<string, string>>;
  readonly rateLimits: Readonly<Record<string, RateLimit>>;
  readonly channelsPerRequest: number;
  /** Whether a channel is subscribed to with the login; such channels are asked for apart. */
  isPrivate(channel: string): boolean;
  session(options: SessionOptions): VenueSession;
  /** Wire text of a request. */
  encode(id: number, request: VenueRequest): string;
  subscribe(channels: readonly string[]): VenueRequest;
  unsubscribe(channels: readonly string[]): VenueRequest;
  /** Asks the venue to send heartbeats; null when it does so by itself. */
  heartbeat(seconds: number): VenueRequest | null;
  /** A cheap request whose answer proves that the connection lives. */
  probe(): VenueRequest;
  authenticate(credentials: Credentials): VenueRequest;
  refresh(grant: AccessGrant): VenueRequest;
  /** Reads the answer to either; null when it is not a grant. */
  grant(result: unknown): AccessGrant | null;
  /** A read-only private request, or null when the method is not on the read-only list. */
  privateRequest(method: string, params: Readonly<Record<string, unknown>>): VenueRequest | null;
  /** What a venue error code means for the request that met it. */
  outcome(code: number): ErrorOutcome;
  /** Names that must survive parse and print unchanged: the venue's own spelling of an option, or null when it is none. */
  symbol(name: string): string | null;
}
