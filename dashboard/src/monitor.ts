import { QuoteBook, type QuoteLayout } from './quote-book.ts';
import { decodeFrame, FrameError } from './quote-frame.ts';
import { curveAt, curveOf, pictureOf, type SmilePicture } from './smile-picture.ts';
import type { ConnectionState, StreamMessage } from './stream-connection.ts';
import type { CurvesOfExpiry, Feed, Health, Incident, ReplayState, Smiles, Status, Trade, Underlying } from './wire.ts';

/** Parts of the picture that change by themselves; views listen to what they show. */
export type Part =
  | 'status'
  | 'underlyings'
  | 'incidents'
  | 'health'
  | 'replay'
  | 'curves'
  | 'quotes'
  | 'connection'
  | 'trades';

/** Loop-lag and rate samples kept for the health view's sparklines: ten minutes of seconds. */
const PULSE_LIMIT = 600;
const INCIDENT_LIMIT = 1_000;
const TRADE_LIMIT = 50;
/** Underlyings that one monitor watches: more are let go, the oldest first. */
const UNDERLYING_LIMIT = 200;

/**
 * All that the page knows, kept by the stream. Views read it and are told, at most once a frame, which parts changed;
 * for quotes also which expiries.
 */
export class Monitor {
  status: Status | null = null;
  readonly underlyings = new Map<string, Underlying>();
  readonly incidents = new Map<string, Incident>();
  health: Health | null = null;
  feeds: readonly Feed[] = [];
  /** Newest last; one a second while the stream is up. */
  readonly pulses: { readonly at: number; readonly health: Health }[] = [];
  replay: ReplayState | null = null;
  connection: ConnectionState = { state: 'connecting', since: 0, detail: '' };
  /** Epoch ms of the last word from the server, by this computer's clock. */
  heard = NaN;
  readonly touched = new Set<string>();
  private key = '';
  private readonly curves = new Map<string, CurvesOfExpiry>();
  private readonly trades = new Map<string, readonly Trade[]>();
  private book = new QuoteBook();
  private readonly listeners = new Map<Part, Set<() => void>>();
  private readonly changed = new Set<Part>();
  private scheduled = false;
  private readonly schedule: (run: () => void) => void;
  private readonly now: () => number;
  /** Told of a topic whose frame could not be used. */
  onBroken: (topic: string) => void = () => {};
  /** Told of the sequence number of every binary frame. */
  onFrame: (topic: string, seq: number) => void = () => {};

  constructor(schedule: (run: () => void) => void, now: () => number) {
    this.schedule = schedule;
    this.now = now;
  }

  /** Underlyings to look at: those with expiries; all of them while none has any. An index alone is no market. */
  watched(): Underlying[] {
    const all = [...this.underlyings.values()];
    const listed = all.filter((u) => u.expiries.length > 0);
    return listed.length > 0 ? listed : all;
  }

  /** Calls `run` after any of the parts changed; returns what stops it. */
  listen(parts: readonly Part[], run: () => void): () => void {
    for (const part of parts) {
      const set = this.listeners.get(part) ?? new Set();
      this.listeners.set(part, set.add(run));
    }
    return () => {
      for (const part of parts) this.listeners.get(part)?.delete(run);
    };
  }

  /** The underlying whose curves and quotes are held; another one forgets them. */
  select(key: string): void {
    if (key === this.key) return;
    this.key = key;
    this.curves.clear();
    this.trades.clear();
    this.book = new QuoteBook();
    this.tell('curves');
    this.tell('quotes');
  }

  /** Epoch ms of the market's newest event. */
  get at(): number {
    const at = this.status?.at ?? null;
    return at === null ? NaN : Date.parse(at);
  }

  setConnection(state: ConnectionState): void {
    this.connection = state;
    this.tell('connection');
  }

  /** A text message of the stream. */
  text(message: StreamMessage): void {
    this.heard = this.now();
    const { topic, data } = message;
    if (topic === undefined || data === undefined) return;
    if (message.type === 'layout') {
      if (topic === `quotes:${this.key}`) this.book.setLayout(message.layout ?? -1, data as QuoteLayout);
      return;
    }
    if (message.type !== 'snapshot' && message.type !== 'delta') return;
    const whole = message.type === 'snapshot';
    if (topic === 'status') this.status = data as Status;
    else if (topic === 'underlyings')
      keep(this.underlyings, data as Items<Underlying>, whole, (u) => u.key, UNDERLYING_LIMIT);
    else if (topic === 'incidents') this.keepIncidents(data as Items<Incident>, whole);
    else if (topic === 'health') this.keepHealth(data as { health: Health | null; feeds: readonly Feed[] });
    else if (topic === 'replay') this.keepReplay(data as ReplayState | null);
    else if (topic === `trades:${this.key}`) this.keepTrades(data as Items<ScopedTrade>, whole);
    else if (topic === `curves:${this.key}`) this.keepCurves(data as { expiries: readonly CurvesOfExpiry[] }, whole);
    else return;
    this.tell((topic.split(':')[0] ?? topic) as Part);
  }

  /** A binary frame of the stream. */
  frame(buffer: ArrayBuffer): void {
    this.heard = this.now();
    let topic = `quotes:${this.key}`;
    try {
      const frame = decodeFrame(buffer);
      topic = frame.topic;
      if (topic !== `quotes:${this.key}`) return;
      const touched = this.book.apply(frame);
      if (touched === null) throw new FrameError(`layout ${frame.layout} is not held`);
      this.onFrame(topic, frame.seq);
      for (const scope of touched) this.touched.add(scope);
      this.tell('quotes');
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.onBroken(topic);
    }
  }

  /** An incident that a request answered with: it need not wait for the stream. */
  putIncident(incident: Incident): void {
    this.keepIncidents({ items: [incident] }, false);
    this.tell('incidents');
  }

  /**
   * The transport's state as a request answered it, asked when `heard` words of the stream were in: if the stream has
   * spoken since, the answer may be the older of the two and is left.
   */
  putReplay(state: ReplayState, heard: number): void {
    if (heard !== this.replayWords) return;
    this.replay = state;
    this.tell('replay');
  }

  /** How often the stream has said how the replay stands. */
  replayWords = 0;

  private keepReplay(state: ReplayState | null): void {
    this.replay = state;
    this.replayWords++;
  }

  /** Trades, which come by request; curves too where the stream has not brought them yet. */
  putSmiles(smiles: Smiles): void {
    if (smiles.key !== this.key) return;
    for (const smile of smiles.expiries) {
      if (!this.trades.has(smile.scope)) this.trades.set(smile.scope, smile.trades);
      if (!this.curves.has(smile.scope)) this.curves.set(smile.scope, smile);
      if (this.book.layout === null) this.first.set(smile.scope, pictureOf(smile));
      this.touched.add(smile.scope);
    }
    this.tell('trades');
  }
  private readonly first = new Map<string, SmilePicture>();

  /** Scopes of the expiries there are, nearest first; what has expired is gone, though no message says so. */
  scopes(): string[] {
    const glance = this.underlyings.get(this.key)?.expiries ?? [];
    const all = new Map<string, string>(glance.map((e) => [e.scope, e.expiry]));
    for (const c of this.curves.values()) all.set(c.scope, c.expiry);
    return [...all]
      .filter(([, expiry]) => !(Date.parse(expiry) <= this.at))
      .toSorted((a, b) => Date.parse(a[1]) - Date.parse(b[1]))
      .map(([scope]) => scope);
  }

  /** The live picture of an expiry; null before anything is known of it. */
  picture(scope: string): SmilePicture | null {
    const curves = this.curves.get(scope);
    const glance = this.underlyings.get(this.key)?.expiries.find((e) => e.scope === scope);
    const known = curves ?? glance;
    if (known === undefined) return null;
    const facts = this.book.factsOf(scope);
    const champion = curves === undefined ? null : curveOf(curves, 'champion');
    const early = facts === null ? this.first.get(scope) : undefined;
    const at = Number.isFinite(this.book.at) ? new Date(this.book.at).toISOString() : (curves?.at ?? '');
    return {
      scope,
      expiry: known.expiry,
      at: early?.at ?? at,
      years: facts?.years ?? known.years,
      forward: facts?.forward ?? known.forward ?? NaN,
      atmVol: facts?.atm_vol ?? known.atm_vol ?? NaN,
      gate: glance?.gate ?? null,
      quotesAt: early?.quotesAt ?? at,
      quotes: early?.quotes ?? this.book.quotesOf(scope, champion === null ? () => NaN : (k) => curveAt(champion, k)),
      curves: curves?.curves ?? [],
      trades: this.trades.get(scope) ?? [],
    };
  }

  private keepIncidents(data: Items<Incident>, whole: boolean): void {
    keep(this.incidents, data, whole, (i) => i.id, INCIDENT_LIMIT);
  }

  private keepHealth(data: { health: Health | null; feeds: readonly Feed[] }): void {
    this.health = data.health;
    this.feeds = data.feeds ?? [];
    if (data.health !== null) this.pulses.push({ at: this.now(), health: data.health });
    if (this.pulses.length > PULSE_LIMIT) this.pulses.shift();
  }

  /** Newest first, a bounded number an expiry. */
  private keepTrades(data: Items<ScopedTrade>, whole: boolean): void {
    if (whole) this.trades.clear();
    for (const { scope, trade } of data.items) {
      this.trades.set(scope, [trade, ...(this.trades.get(scope) ?? [])].slice(0, TRADE_LIMIT));
      this.touched.add(scope);
    }
  }

  private keepCurves(data: { expiries: readonly CurvesOfExpiry[] }, whole: boolean): void {
    if (whole) this.curves.clear();
    for (const [scope, { expiry }] of this.curves)
      if (Date.parse(expiry) <= this.at) {
        this.curves.delete(scope);
        this.trades.delete(scope);
      }
    for (const expiry of data.expiries) {
      this.curves.set(expiry.scope, expiry);
      this.touched.add(expiry.scope);
    }
  }

  private tell(part: Part): void {
    this.changed.add(part);
    if (this.scheduled) return;
    this.scheduled = true;
    this.schedule(() => {
      this.scheduled = false;
      const parts = [...this.changed];
      this.changed.clear();
      const runs = new Set<() => void>();
      for (const p of parts) for (const run of this.listeners.get(p) ?? []) runs.add(run);
      for (const run of runs) run();
      this.touched.clear();
    });
  }
}

interface ScopedTrade {
  readonly scope: string;
  readonly trade: Trade;
}

interface Items<T> {
  readonly items: readonly T[];
}

function keep<T>(map: Map<string, T>, data: Items<T>, whole: boolean, id: (item: T) => string, most: number): void {
  if (whole) map.clear();
  for (const item of data.items) map.set(id(item), item);
  for (const oldest of map.keys()) {
    if (map.size <= most) break;
    map.delete(oldest);
  }
}
