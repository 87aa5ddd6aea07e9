/**
 * The life of one venue connection: connect, discover, subscribe, watch, reconnect, recover; never silent about what it missed.
 * It knows no venue: everything particular comes from the `VenueAdapter`.
 */
import type { MarketEvent } from '../market/event.ts';
import { Access } from './access.ts';
import type { FrameSignal, ResultSignal, VenueAdapter, VenueRequest, VenueSession } from './adapter.ts';
import { VenueError } from './adapter.ts';
import type { Backoff } from './backoff.ts';
import { createBackoff } from './backoff.ts';
import { ClockOffset, ReceiveClock } from './clock-offset.ts';
import { EventOutlet, hasVenueTime } from './event-outlet.ts';
import type { FeedClock } from './feed-clock.ts';
import { SYSTEM_CLOCK } from './feed-clock.ts';
import type { FeedLimits, FeedOptions, FeedStatistics } from './feed-options.ts';
import { FEED_LIMITS } from './feed-options.ts';
import { FeedFacts } from './feed-facts.ts';
import { FeedPulse } from './feed-pulse.ts';
import type { FeedSocket } from './feed-socket.ts';
import { webSocket } from './feed-socket.ts';
import { Recovery } from './recovery.ts';
import { DISCONNECTED, Requester, type Answer } from './requester.ts';
import type { SubscribeOutcome } from './subscriptions.ts';
import { Subscriptions } from './subscriptions.ts';

/** After an instrument list failed it is asked for again so soon. */
const REDISCOVER_SOON_MS = 10_000;
const CLOSE_TIMEOUT_MS = 1_000;

/** A running feed. */
export interface Feed {
  start(): void;
  /** The consumer, having answered `false`, takes events again. */
  resume(): void;
  /** A read-only private request; rejects with a `VenueError`. */
  requestPrivate(method: string, params: Readonly<Record<string, unknown>>): Promise<unknown>;
  statistics(): FeedStatistics;
  /** Ends the connection and hands over what waits; resolves to the events the consumer did not take in time. */
  close(): Promise<number>;
}

/** A feed that `start` sets going; it knows no venue but through `options.venue`. */
export function createFeed(options: FeedOptions): Feed {
  return new LiveFeed(options);
}

class LiveFeed implements Feed {
  readonly #options: FeedOptions;
  readonly #venue: VenueAdapter;
  readonly #limits: FeedLimits;
  readonly #clock: FeedClock;
  readonly #stamp: ReceiveClock;
  readonly #offset = new ClockOffset();
  readonly #outlet: EventOutlet;
  readonly #pulse: FeedPulse;
  readonly #facts: FeedFacts;
  readonly #recovery: Recovery;
  readonly #session: VenueSession;
  readonly #requester: Requester;
  readonly #access: Access;
  readonly #subscriptions: Subscriptions;
  readonly #backoff: Backoff;
  #socket: FeedSocket | null = null;
  /** Changes when a connection begins and when it ends: work of an older one finds that it is over. */
  #generation = 0;
  #connections = 0;
  #frames = 0;
  #started = false;
  #closing = false;
  #open = false;
  /** Requests of the opening or of a recovery are under way: the watch leaves the channels alone. */
  #establishing = false;
  #reconciling = false;
  #channelsDirty = false;
  #discovered = false;
  #cancelTick: () => void = () => undefined;
  #cancelConnect: () => void = () => undefined;
  #cancelTerminate: () => void = () => undefined;
  #liveSince = Infinity;
  #rediscoverAt = Infinity;
  #accountAt = Infinity;
  #lastFrame = 0;
  #lastData = 0;
  /** Venue time of the last data, by our clock and the offset; 0 = none yet. */
  #lastGood = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#venue = options.venue;
    this.#limits = { ...FEED_LIMITS, ...options.limits };
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    const { venue } = options;
    const limits = this.#limits;
    const clock = this.#clock;
    this.#stamp = new ReceiveClock(
      () => clock.now(),
      () => clock.monotonic(),
    );
    this.#outlet = new EventOutlet({
      clock,
      offset: this.#offset,
      soft: limits.queueSoft,
      hard: limits.queueHard,
      knownTrades: options.knownTrades ?? [],
      consume: options.onEvents,
      onFull: () => this.#socket?.pause(),
      onRoom: () => this.#readAgain(),
    });
    this.#facts = new FeedFacts(venue.venue, this.#stamp, this.#offset, this.#outlet);
    this.#recovery = new Recovery(this.#facts, limits.historyMarginMs, (from, to) => this.#history(from, to));
    this.#pulse = new FeedPulse(venue.venue, this.#stamp, this.#offset, this.#outlet, this.#facts);
    const { underlyings, topOfBook = 'ticker', marks = false, account = null } = options;
    this.#session = venue.session({ underlyings, topOfBook, marks, account });
    const { answerTimeoutMs, requestAttempts: attempts, requestsWaiting: waiting } = limits;
    this.#requester = new Requester(venue, clock, { answerTimeoutMs, attempts, waiting }, (text) =>
      this.#socket?.send(text),
    );
    this.#access = new Access(venue, this.#requester, clock, options.credentials ?? null);
    this.#subscriptions = new Subscriptions(
      venue,
      (request) => this.#subscribe(request),
      (channel) => this.#facts.refuse('channel-refused', 'channel', channel),
    );
    this.#backoff = createBackoff(limits.backoffBaseMs, limits.backoffCapMs, options.random);
  }

  start(): void {
    if (this.#started) throw new Error('a feed starts once');
    this.#started = true;
    const now = this.#clock.monotonic();
    this.#pulse.start(now, this.#limits.tickMs);
    this.#cancelTick = this.#clock.setTimer(() => this.#tick(), this.#limits.tickMs);
    if (this.#options.resumeFrom !== undefined) this.#facts.openGap('crash', this.#options.resumeFrom);
    this.#connect();
  }

  resume(): void {
    this.#outlet.resume();
  }

  requestPrivate(method: string, params: Readonly<Record<string, unknown>>): Promise<unknown> {
    return this.#access.request(method, params);
  }

  statistics(): FeedStatistics {
    return {
      state: this.#facts.state,
      queueLength: this.#outlet.length,
      droppedQuotes: this.#outlet.droppedQuotes,
      droppedRefusals: this.#outlet.droppedRefusals,
      duplicateTrades: this.#outlet.duplicateTrades,
      frames: this.#frames,
      connections: this.#connections,
      channels: this.#subscriptions.size,
      clockOffsetMs: this.#offset.read(this.#stamp.now()),
    };
  }

  async close(): Promise<number> {
    if (!this.#closing) {
      this.#closing = true;
      this.#cancelTick();
      this.#cancelConnect();
      this.#requester.disconnect();
      const socket = this.#socket;
      this.#socket = null;
      if (socket !== null) {
        this.#cancelTerminate = this.#clock.setTimer(() => socket.terminate(), CLOSE_TIMEOUT_MS);
        socket.close();
      }
      this.#facts.setState('down', 'closed by us');
    }
    return this.#outlet.drain(this.#limits.drainMs);
  }

  // ---------------------------------------------------------------- connection

  #connect(): void {
    const generation = ++this.#generation;
    const current = (): boolean => generation === this.#generation && !this.#closing;
    const endpoint = this.#options.endpoint ?? Object.values(this.#venue.endpoints)[0];
    this.#connections += 1;
    // The host alone: an address may carry a secret.
    this.#facts.setState('connecting', new URL(endpoint).host);
    const socket = (this.#options.socketFactory ?? webSocket)(endpoint, {
      open: () => {
        if (!current()) return;
        this.#cancelConnect();
        this.#open = true;
        this.#lastFrame = this.#clock.monotonic();
        this.#requester.connect();
        void this.#establish(current);
      },
      frame: (bytes) => {
        if (current()) this.#frame(bytes);
      },
      closed: (detail, retryAfterMs) => {
        if (current()) this.#lost(detail, retryAfterMs ?? 0);
        else if (this.#closing) this.#cancelTerminate();
      },
    });
    this.#socket = socket;
    this.#cancelConnect = this.#clock.setTimer(() => {
      if (current()) this.#drop('no connection in time');
    }, this.#limits.connectTimeoutMs);
  }

  /** From an open socket to a live feed. */
  async #establish(current: () => boolean): Promise<void> {
    this.#establishing = true;
    this.#subscriptions.clear();
    try {
      if (this.#access.wanted) await this.#authenticateOrGoOn();
      this.#session.connected(this.#access.granted);
      const heartbeat = this.#venue.heartbeat(this.#limits.heartbeatSeconds);
      if (heartbeat !== null) void this.#attempt(heartbeat);
      const rediscoverMs = await this.#discover();
      await Promise.all(this.#session.snapshot().map((r) => this.#attempt(r)));
      this.#channelsDirty = !(await this.#subscriptions.reconcile(this.#session.channels()));
      await this.#account();
      await this.#recovery.openGap();
      if (!current()) return;
      this.#rediscoverAt = this.#clock.monotonic() + rediscoverMs;
      this.#establishing = false;
      this.#live('subscribed');
    } catch (error) {
      if (!(error instanceof VenueError)) throw error;
      if (current()) this.#drop(error.message);
    }
  }

  /**
   * Lists the instruments, and says in how many ms to do so again. After a reconnect the instruments are known: the channels come
   * first, for a venue lets nobody ask for its list often, and the list follows once the feed is live.
   */
  async #discover(): Promise<number> {
    if (this.#discovered) return 0;
    const listed = await Promise.all(this.#session.discover().map((r) => this.#attempt(r)));
    if (!listed.some(Boolean)) throw new VenueError('discover', DISCONNECTED, 'no instrument list', 'retry');
    this.#discovered = true;
    return listed.every(Boolean) ? this.#limits.rediscoverMs : REDISCOVER_SOON_MS;
  }

  /** Ends a connection that does not work. */
  #drop(detail: string): void {
    const socket = this.#socket;
    this.#lost(detail, 0);
    socket?.terminate();
  }

  /** A connection has ended: say so, and begin the next after the back-off. */
  #lost(detail: string, retryAfterMs: number): void {
    this.#cancelConnect();
    this.#generation += 1;
    this.#socket = null;
    this.#open = false;
    this.#establishing = false;
    this.#liveSince = Infinity;
    this.#rediscoverAt = Infinity;
    this.#accountAt = Infinity;
    this.#access.disconnected();
    this.#requester.disconnect();
    if (this.#lastGood > 0) this.#facts.openGap('disconnect', this.#lastGood);
    this.#facts.setState('down', detail);
    this.#cancelConnect = this.#clock.setTimer(() => this.#connect(), Math.max(retryAfterMs, this.#backoff.next()));
  }

  #live(detail: string): void {
    const now = this.#clock.monotonic();
    this.#liveSince = Math.min(this.#liveSince, now);
    this.#lastData = now;
    this.#facts.closeGap();
    if (this.#facts.state !== 'live') this.#facts.setState('live', detail);
  }

  // ---------------------------------------------------------------- requests

  /** Asks and lets the session read the result, all pages. False when it failed: recorded, and nothing else is lost. */
  async #attempt(request: VenueRequest): Promise<boolean> {
    const waiting: VenueRequest[] = [request];
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
        waiting.push(...this.#read(next, await this.#requester.askTimed(next)).next);
      return true;
    } catch (error) {
      this.#requestFailed(error);
      return false;
    }
  }

  async #subscribe(request: VenueRequest): Promise<SubscribeOutcome> {
    try {
      return this.#read(request, await this.#requester.askTimed(request)).accepted ?? [];
    } catch (error) {
      this.#requestFailed(error);
      return error instanceof VenueError && error.retryable ? 'later' : 'never';
    }
  }

  #read(request: VenueRequest, { result, at }: Answer): ResultSignal {
    const events: MarketEvent[] = [];
    this.#session.clock(this.#offset.read(this.#stamp.now()) ?? 0);
    const signal = this.#session.result(request, result, this.#stamp.now(), events, at);
    this.#outlet.emit(events);
    return signal;
  }

  #requestFailed(error: unknown): void {
    if (!(error instanceof VenueError)) throw error;
    if (error.code !== DISCONNECTED) this.#facts.refuse('request-failed', error.method, String(error.code));
  }

  /** Public data does not need it: a refusal is recorded and the feed goes on without. */
  async #authenticateOrGoOn(): Promise<void> {
    try {
      await this.#access.authenticate();
    } catch (error) {
      this.#requestFailed(error);
    }
  }

  /** Asks what the account holds, where one is followed; the next time is due in a while, come what may. */
  async #account(): Promise<void> {
    this.#accountAt = this.#clock.monotonic() + this.#limits.accountMs;
    await Promise.all(this.#session.account().map((r) => this.#attempt(r)));
  }

  async #history(from: number, to: number): Promise<void> {
    await Promise.all(this.#session.history(from, to).map((r) => this.#attempt(r)));
  }

  // ---------------------------------------------------------------- frames

  #frame(bytes: Uint8Array): void {
    const receivedAt = this.#stamp.now();
    this.#frames += 1;
    this.#lastFrame = this.#clock.monotonic();
    const events: MarketEvent[] = [];
    const signal = this.#session.frame(bytes, receivedAt, events);
    this.#outlet.emit(events);
    if (events.some(hasVenueTime)) {
      this.#lastData = this.#lastFrame;
      this.#lastGood = Math.round(receivedAt - (this.#offset.read(receivedAt) ?? 0));
      if (this.#facts.state === 'stale' && !this.#establishing) void this.#heal();
    }
    if (signal !== null) this.#obey(signal);
  }

  #obey(signal: FrameSignal): void {
    switch (signal.kind) {
      case 'reply':
        this.#requester.reply(signal.request);
        return;
      case 'result':
        if (signal.at !== null) this.#offset.sample(this.#stamp.now(), signal.at);
        this.#requester.result(signal.id, signal.result, signal.at);
        return;
      case 'error':
        if (!this.#requester.error(signal.id, signal.code, signal.reason))
          this.#facts.refuse('venue-error', 'code', String(signal.code));
        return;
      case 'resync':
        this.#subscriptions.resync(signal.channels);
        this.#channelsDirty = true;
        return;
      case 'missed-trades':
        this.#recovery.missed(signal.from, signal.to);
        return;
      case 'channels-changed':
        this.#channelsDirty = true;
    }
  }

  /** Data flows again after silence. The trades in between may be lost all the same: history says. */
  async #heal(): Promise<void> {
    this.#establishing = true;
    const generation = this.#generation;
    await this.#recovery.openGap();
    if (generation !== this.#generation || this.#closing) return;
    this.#establishing = false;
    this.#live('data again');
  }

  // ---------------------------------------------------------------- the watch

  #readAgain(): void {
    this.#socket?.resume();
    // We did not read: the silence was ours.
    this.#lastFrame = this.#lastData = this.#clock.monotonic();
  }

  #tick(): void {
    const now = this.#clock.monotonic();
    this.#cancelTick = this.#clock.setTimer(() => this.#tick(), this.#limits.tickMs);
    const events: MarketEvent[] = [];
    this.#session.clock(this.#offset.read(this.#stamp.now()) ?? 0);
    const signal = this.#session.tick(this.#facts.venueNow(), events);
    this.#outlet.emit(events);
    if (signal !== null) this.#obey(signal);
    if (this.#open && !this.#outlet.full) this.#watch(now);
    this.#pulse.tick(now, this.#limits.tickMs);
  }

  #watch(now: number): void {
    const { silenceMs, deadMs, reopenMs, stableMs, answerTimeoutMs } = this.#limits;
    if (this.#facts.state === 'live' && now - this.#lastData >= silenceMs) {
      this.#facts.openGap('silence', this.#lastGood === 0 ? this.#facts.venueNow() : this.#lastGood);
      this.#facts.setState('stale', `no data for ${Math.round(now - this.#lastData)} ms`);
      void this.#attempt(this.#venue.probe());
    }
    // While it opens, a connection is rightly quiet as long as our requests wait for credits.
    const opening = this.#facts.state === 'connecting';
    const dead = opening ? Math.max(deadMs, answerTimeoutMs) : deadMs;
    if (now - this.#lastFrame >= dead && (!opening || this.#requester.unanswered > 0))
      this.#drop(`no frame for ${Math.round(now - this.#lastFrame)} ms`);
    else if (this.#facts.state === 'stale' && now - this.#lastData >= reopenMs)
      this.#drop('no data on a living connection');
    else if (!this.#establishing) this.#maintain(now, stableMs);
  }

  /** What a living connection needs from time to time. */
  #maintain(now: number, stableMs: number): void {
    if (now - this.#liveSince >= stableMs) this.#backoff.stable();
    if (this.#access.due(now)) void this.#authenticateOrGoOn();
    if (now >= this.#rediscoverAt) {
      this.#rediscoverAt = now + this.#limits.rediscoverMs;
      for (const request of this.#session.discover()) void this.#attempt(request);
    }
    if (now >= this.#accountAt) void this.#account();
    if (this.#recovery.due) void this.#recovery.missedPrints();
    if (this.#channelsDirty && !this.#reconciling) void this.#reconcile();
  }

  async #reconcile(): Promise<void> {
    this.#reconciling = true;
    this.#channelsDirty = false;
    await this.#subscriptions.resyncAll();
    if (!(await this.#subscriptions.reconcile(this.#session.channels()))) this.#channelsDirty = true;
    this.#reconciling = false;
  }
}
