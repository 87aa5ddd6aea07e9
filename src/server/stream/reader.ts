import type { WebSocket } from 'ws';
import type { Identity } from '../access-tokens.ts';
import type { Frame } from './frames.ts';

/** Bytes waiting for a reader beyond this: nothing more is queued, it gets a snapshot once it has caught up. */
export const CHOKED_BYTES = 512 * 1024;
/** It has caught up below this. */
const CAUGHT_UP_BYTES = 32 * 1024;
/** A choked reader that takes nothing for so long is closed, ms. */
export const PATIENCE_MS = 10_000;
/** Messages a second it may send us, and how many at once. */
const MESSAGES_A_SECOND = 10;
const MESSAGES_AT_ONCE = 40;
/** A ping is sent this often, and wants its answer before the third after it, ms. */
const PING_MS = 15_000;
const SILENCE_MS = 3 * PING_MS;

/** One open socket: what it reads, how far behind it is. Its queue never grows beyond {@link CHOKED_BYTES} and a frame. */
export class StreamReader {
  readonly identity: Identity;
  /** Names of its topics; true = it missed something and wants a snapshot. */
  readonly topics = new Map<string, boolean>();
  /** The newest sequence number it was sent, by topic. */
  readonly told = new Map<string, number>();
  private readonly socket: WebSocket;
  private allowance = MESSAGES_AT_ONCE;
  private allowanceAt: number;
  private choked = false;
  private leastWaiting = Infinity;
  private progressAt = 0;
  private heardAt: number;
  private pingedAt: number;

  constructor(socket: WebSocket, identity: Identity, now: number) {
    this.socket = socket;
    this.identity = identity;
    this.allowanceAt = now;
    this.heardAt = now;
    this.pingedAt = now;
  }

  get waitingBytes(): number {
    return this.socket.bufferedAmount;
  }

  /** Queues frames of a topic; false when the reader is too far behind, which then wants a snapshot. */
  send(topic: string, frames: readonly Frame[], now: number): boolean {
    if (this.choked || this.waitingBytes > CHOKED_BYTES) {
      if (!this.choked) {
        this.choked = true;
        this.leastWaiting = this.waitingBytes;
        this.progressAt = now;
      }
      this.topics.set(topic, true);
      return false;
    }
    for (const { bytes, binary } of frames) this.socket.send(bytes, { binary });
    return true;
  }

  /** A short answer to the reader itself; left out when it does not read. */
  answer(frame: Frame): void {
    if (this.waitingBytes <= CHOKED_BYTES) this.socket.send(frame.bytes, { binary: frame.binary });
  }

  /** Looks after the reader; why it must be closed, or null. */
  check(now: number): 'too-slow' | 'silent' | null {
    if (this.choked) {
      const waiting = this.waitingBytes;
      if (waiting < this.leastWaiting) {
        this.leastWaiting = waiting;
        this.progressAt = now;
      }
      if (waiting <= CAUGHT_UP_BYTES) this.choked = false;
      else if (now - this.progressAt >= PATIENCE_MS) return 'too-slow';
    }
    if (now - this.heardAt >= SILENCE_MS) return 'silent';
    if (now - this.pingedAt >= PING_MS) {
      this.pingedAt = now;
      this.socket.ping();
    }
    return null;
  }

  /** Whether it may be given snapshots of what it missed. */
  get ready(): boolean {
    return !this.choked;
  }

  heard(now: number): void {
    this.heardAt = now;
  }

  /** Counts a message of the reader; false when there are too many. */
  mayAsk(now: number): boolean {
    this.allowance = Math.min(MESSAGES_AT_ONCE, this.allowance + ((now - this.allowanceAt) / 1000) * MESSAGES_A_SECOND);
    this.allowanceAt = now;
    this.allowance--;
    return this.allowance >= 0;
  }

  /** Says why and ends the connection, also when the other side does not read. */
  close(code: number, reason: string): void {
    this.socket.close(code, reason);
    setTimeout(() => this.socket.terminate(), 1_000).unref();
  }
}
