import { appendFileSync, renameSync, statSync } from 'node:fs';
import { isoTime } from '../market/iso-time.ts';
import type { Notification } from '../policy/notification.ts';

const MAX_BYTES = 10_000_000;

/** Notifications that reached nobody, one JSON object a line, in a file of at most 10 MB and its predecessor. */
export class DeadLetters {
  private readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Keeps one. Throws the file system's own error. Rare and small: written at once, so that it outlives a crash. */
  keep(sink: string, notification: Notification, why: string, attempts: number): void {
    const line = `${JSON.stringify({ at: isoTime(Date.now()), sink, why, attempts, notification })}\n`;
    if (this.size() + line.length > MAX_BYTES) renameSync(this.path, `${this.path}.1`);
    appendFileSync(this.path, line, { mode: 0o600 });
  }

  private size(): number {
    return statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
  }
}
