import { randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import type { Identity } from '../access-tokens.ts';
import type { MonitorView } from '../monitor-view.ts';
import type { health } from '../wire/system.ts';
import { textFrame, type Frame } from './frames.ts';
import { StreamReader } from './reader.ts';
import { topicSource, type TopicSource } from './topic.ts';

/** The clock of the stream: ten pictures a second. */
const TICK_MS = 100;
/** Sends between two turns of the event loop: two hundred readers must not hold up a score. */
const SENDS_A_TURN = 20;
/** A topic without readers is kept so long for those that come back, ms. */
const LINGER_MS = 30_000;
/** What is kept of a topic for readers that come back. */
const KEPT_MESSAGES = 300;
const KEPT_BYTES = 4 * 1024 * 1024;
/** Readers at once, and topics of one. */
const READERS = 1_000;
const TOPICS = 64;
/** Longest message that is read, bytes. */
export const MESSAGE_BYTES = 4_096;

const topicName = z.string().max(80);
const request = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('subscribe'),
    topics: z.array(topicName).max(TOPICS),
    resume: z.strictObject({ stream: z.string().max(64), seq: z.record(topicName, z.number().int()) }).optional(),
  }),
  z.strictObject({ op: z.literal('unsubscribe'), topics: z.array(topicName).max(TOPICS) }),
  z.strictObject({ op: z.literal('ping') }),
]);

type Subscription = Extract<z.infer<typeof request>, { op: 'subscribe' }>;

/** A message on its way to those who read its topic when it was made. */
interface Delivery {
  readonly topic: string;
  readonly seq: number;
  readonly frames: readonly Frame[];
  readonly readers: readonly StreamReader[];
  next: number;
}

interface Topic {
  readonly name: string;
  readonly source: TopicSource;
  readonly kept: { readonly seq: number; readonly frames: readonly Frame[]; readonly bytes: number }[];
  readonly readers: Set<StreamReader>;
  keptBytes: number;
  seq: number;
  dueAt: number;
  idleSince: number;
  snapshot: { readonly seq: number; readonly frames: readonly Frame[] } | null;
}

/** All WebSocket readers and what they read. Each message is made once, whoever reads it. */
export class StreamHub {
  private readonly view: MonitorView;
  private readonly stream = randomUUID();
  private readonly topics = new Map<string, Topic>();
  /** Where topics that nobody reads any more stood: a number is never used twice. */
  private readonly retired = new Map<string, number>();
  private readonly readers = new Set<StreamReader>();
  private readonly closed = new Map<string, number>();
  /** Bounded: a topic whose last message is still on its way makes no new one. */
  private readonly deliveries: Delivery[] = [];
  private delivering = false;
  private readonly timer: NodeJS.Timeout;
  private readonly clock: () => number;
  private readonly onTrouble: (error: Error) => void;

  constructor(view: MonitorView, onTrouble: (error: Error) => void, clock: () => number = () => performance.now()) {
    this.view = view;
    this.onTrouble = onTrouble;
    this.clock = clock;
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.timer.unref();
  }

  get size(): number {
    return this.readers.size;
  }

  /** How many readers were closed by us, by reason. */
  get dropped(): ReadonlyMap<string, number> {
    return this.closed;
  }

  /** Health as the server knows it. */
  health(view: MonitorView): z.infer<typeof health> {
    return { ...view.pulse(), clients: this.size, clients_dropped: Object.fromEntries(this.closed) };
  }

  /** Takes an open socket. */
  attach(socket: WebSocket, identity: Identity): void {
    const reader = new StreamReader(socket, identity, this.clock());
    if (this.readers.size >= READERS) return this.drop(reader, 4429, 'too-many-readers');
    this.readers.add(reader);
    socket.on('pong', () => reader.heard(this.clock()));
    socket.on('error', () => undefined);
    socket.on('close', () => this.forget(reader));
    socket.on('message', (data, binary) => this.onMessage(reader, data as Buffer, binary));
    const { version } = this.view.status();
    const { name, role } = identity;
    reader.answer(textFrame({ type: 'hello', stream: this.stream, at: new Date().toISOString(), version, name, role }));
  }

  /** Tells every topic that is due, and looks after every reader. */
  tick(): void {
    const now = this.clock();
    for (const reader of this.readers) {
      const reason = reader.check(now);
      if (reason !== null) this.drop(reader, 4408, reason);
    }
    for (const topic of this.topics.values()) {
      try {
        this.tell(topic, now);
      } catch (error) {
        this.onTrouble(error as Error);
      }
    }
  }

  /** Ends every connection. */
  close(): void {
    clearInterval(this.timer);
    for (const reader of this.readers) reader.close(1001, 'the server stops');
    for (const topic of this.topics.values()) topic.source.end();
    this.topics.clear();
    this.deliveries.length = 0;
  }

  private tell(topic: Topic, now: number): void {
    if (topic.readers.size === 0 && now - topic.idleSince >= LINGER_MS) {
      topic.source.end();
      this.topics.delete(topic.name);
      this.retired.set(topic.name, topic.seq);
      return;
    }
    if (now >= topic.dueAt && !this.deliveries.some((d) => d.topic === topic.name)) {
      topic.dueAt = Math.max(now, topic.dueAt + topic.source.everyMs);
      const frames = topic.source.delta(topic.name, topic.seq + 1);
      if (frames.length > 0) this.publish(topic, frames);
    }
    for (const reader of topic.readers)
      if (reader.topics.get(topic.name) === true && reader.ready) this.catchUp(topic, reader, now);
  }

  private publish(topic: Topic, frames: readonly Frame[]): void {
    topic.seq++;
    const bytes = frames.reduce((sum, f) => sum + f.bytes.length, 0);
    topic.kept.push({ seq: topic.seq, frames, bytes });
    topic.keptBytes += bytes;
    while (topic.kept.length > KEPT_MESSAGES || (topic.keptBytes > KEPT_BYTES && topic.kept.length > 1))
      topic.keptBytes -= topic.kept.shift()?.bytes ?? 0;
    this.deliveries.push({ topic: topic.name, seq: topic.seq, frames, readers: [...topic.readers], next: 0 });
    if (!this.delivering) this.deliver();
  }

  /** Sends a few, gives the loop back, and goes on. */
  private deliver(): void {
    let sends = 0;
    for (let d = this.deliveries[0]; d !== undefined && sends < SENDS_A_TURN; d = this.deliveries[0]) {
      const now = this.clock();
      for (; d.next < d.readers.length && sends < SENDS_A_TURN; d.next++) {
        const reader = d.readers[d.next];
        // One that has had a newer snapshot meanwhile, or waits for one, is not given what is older.
        if (reader.topics.get(d.topic) !== false || (reader.told.get(d.topic) ?? 0) >= d.seq) continue;
        if (reader.send(d.topic, d.frames, now)) reader.told.set(d.topic, d.seq);
        sends++;
      }
      if (d.next >= d.readers.length) this.deliveries.shift();
    }
    this.delivering = this.deliveries.length > 0;
    if (this.delivering) setImmediate(() => this.deliver());
  }

  private catchUp(topic: Topic, reader: StreamReader, now: number): void {
    if (topic.snapshot === null || topic.snapshot.seq !== topic.seq)
      topic.snapshot = { seq: topic.seq, frames: topic.source.snapshot(topic.name, topic.seq) };
    reader.topics.set(topic.name, false);
    if (reader.send(topic.name, topic.snapshot.frames, now)) reader.told.set(topic.name, topic.seq);
  }

  private onMessage(reader: StreamReader, data: Buffer, binary: boolean): void {
    const now = this.clock();
    reader.heard(now);
    if (!reader.mayAsk(now)) return this.drop(reader, 4429, 'too-many-messages');
    const asked = binary ? null : parsed(data);
    if (asked === null) return this.drop(reader, 4400, 'malformed-message');
    if (asked.op === 'ping') reader.answer(textFrame({ type: 'pong', at: new Date().toISOString() }));
    else if (asked.op === 'subscribe') this.subscribe(reader, asked, now);
    else for (const name of asked.topics) this.unsubscribe(reader, name);
  }

  private subscribe(reader: StreamReader, asked: Subscription, now: number): void {
    const resumed: string[] = [];
    const missed: { topic: Topic; from: number }[] = [];
    for (const name of new Set(asked.topics)) {
      const topic = this.topicNamed(name, now);
      if (topic === null || (reader.topics.size >= TOPICS && !reader.topics.has(name))) {
        const why = topic === null ? 'no such topic' : 'too many topics';
        reader.answer(textFrame({ type: 'error', detail: `${why}: ${name}` }));
        continue;
      }
      topic.readers.add(reader);
      const last = asked.resume?.stream === this.stream ? asked.resume.seq[name] : undefined;
      const resumable =
        last !== undefined && last <= topic.seq && (last === topic.seq || (topic.kept[0]?.seq ?? Infinity) <= last + 1);
      reader.topics.set(name, !resumable);
      if (!resumable) continue;
      resumed.push(name);
      missed.push({ topic, from: last });
    }
    if (resumed.length > 0) reader.answer(textFrame({ type: 'resumed', topics: resumed }));
    for (const { topic, from } of missed) {
      for (const { seq, frames } of topic.kept) if (seq > from && !reader.send(topic.name, frames, now)) break;
      reader.told.set(topic.name, topic.seq);
    }
    for (const [name, wants] of reader.topics) {
      const topic = this.topics.get(name);
      if (wants && topic !== undefined && reader.ready) this.catchUp(topic, reader, now);
    }
  }

  private topicNamed(name: string, now: number): Topic | null {
    const known = this.topics.get(name);
    if (known !== undefined) return known;
    const source = topicSource(name, this.view, () => this.health(this.view));
    if (source === null) return null;
    const topic: Topic = {
      name,
      source,
      kept: [],
      readers: new Set(),
      keptBytes: 0,
      seq: (this.retired.get(name) ?? -1) + 1,
      dueAt: now + source.everyMs,
      idleSince: now,
      snapshot: null,
    };
    this.topics.set(name, topic);
    return topic;
  }

  private unsubscribe(reader: StreamReader, name: string): void {
    reader.topics.delete(name);
    reader.told.delete(name);
    const topic = this.topics.get(name);
    if (topic === undefined || !topic.readers.delete(reader)) return;
    if (topic.readers.size === 0) topic.idleSince = this.clock();
  }

  private forget(reader: StreamReader): void {
    this.readers.delete(reader);
    for (const name of reader.topics.keys()) this.unsubscribe(reader, name);
  }

  private drop(reader: StreamReader, code: number, reason: string): void {
    this.closed.set(reason, (this.closed.get(reason) ?? 0) + 1);
    this.forget(reader);
    reader.close(code, reason);
  }
}

function parsed(data: Buffer): z.infer<typeof request> | null {
  try {
    return request.safeParse(JSON.parse(data.toString('utf8'))).data ?? null;
  } catch {
    return null;
  }
}
