/** Authentication of one connection: the grant, its refresh, and the read-only requests made with it. */
import type { AccessGrant, Credentials, VenueAdapter } from './adapter.ts';
import { VenueError } from './adapter.ts';
import type { FeedClock } from './feed-clock.ts';
import type { Requester } from './requester.ts';

const LONGEST_REFRESH_MS = 86_400_000;

export class Access {
  readonly #venue: VenueAdapter;
  readonly #requester: Requester;
  readonly #clock: FeedClock;
  readonly #credentials: Credentials | null;
  #grant: AccessGrant | null = null;
  #refreshAt = Infinity;

  constructor(venue: VenueAdapter, requester: Requester, clock: FeedClock, credentials: Credentials | null) {
    this.#venue = venue;
    this.#requester = requester;
    this.#clock = clock;
    this.#credentials = credentials;
  }

  get wanted(): boolean {
    return this.#credentials !== null;
  }
  get granted(): boolean {
    return this.#grant !== null;
  }

  /** A grant belongs to its connection. */
  disconnected(): void {
    this.#grant = null;
    this.#refreshAt = Infinity;
  }

  /** Is it time to renew the grant? `now` is monotonic, ms. */
  due(now: number): boolean {
    return now >= this.#refreshAt;
  }

  /** Authenticates, or renews what is held; rejects with a `VenueError`. */
  async authenticate(): Promise<void> {
    if (this.#credentials === null) throw new VenueError('authenticate', 0, 'no credentials given', 'fatal');
    const held = this.#grant;
    this.disconnected();
    const request = held === null ? this.#venue.authenticate(this.#credentials) : this.#venue.refresh(held);
    let result: unknown;
    try {
      result = await this.#requester.ask(request);
    } catch (error) {
      // A refresh token may be spent: the credentials decide.
      if (held === null) throw error;
      result = await this.#requester.ask(this.#venue.authenticate(this.#credentials));
    }
    this.#grant = this.#venue.grant(result);
    if (this.#grant === null) throw new VenueError(request.method, 0, 'no grant in the answer', 'fatal');
    this.#refreshAt = this.#clock.monotonic() + Math.min(0.8 * this.#grant.expiresInMs, LONGEST_REFRESH_MS);
  }

  async request(method: string, params: Readonly<Record<string, unknown>>): Promise<unknown> {
    const request = this.#venue.privateRequest(method, params);
    if (request === null) throw new VenueError(method, 0, 'not a read-only method of this venue', 'fatal');
    if (this.#grant === null) await this.authenticate();
    try {
      return await this.#requester.ask(request);
    } catch (error) {
      if (!(error instanceof VenueError) || error.outcome !== 'reauthenticate') throw error;
      await this.authenticate();
      return this.#requester.ask(request);
    }
  }
}
