import type { z } from 'zod';
import type { Notification } from '../policy/notification.ts';

/** Where alerts leave for people. Adding one is one file beside this one and its line in `src/sink/registry.ts`. */
export interface Sink {
  /** As the configuration calls it. */
  readonly name: string;
  readonly kind: string;
  /**
   * Resolves once the receiver has taken the notification; throws {@link SinkError} otherwise, also when the signal
   * aborts. It tries once: queue, time-outs and retries are `src/sink/delivery.ts`'s. The same notification sent twice
   * must do no harm (its `id` stays the same).
   */
  send(notification: Notification, signal: AbortSignal): Promise<void>;
  /** Frees timers and connections. */
  close?(): Promise<void>;
}

/** Where a secret is kept; never the secret. */
export type SecretPlace = { readonly env: string } | { readonly file: string };

/** What a sink's file exports: its settings' schema and the way to make one. */
export interface SinkDefinition<Schema extends z.ZodType = z.ZodType> {
  readonly kind: string;
  readonly schema: Schema;
  /** Throws {@link SinkError} (`configuration`) when settings that the schema allows cannot work together. */
  create(name: string, settings: z.output<Schema>, readSecret: (place: SecretPlace) => string): Sink;
}

/** What went wrong at the edge of a sink. */
export type SinkErrorCode = 'unreachable' | 'timeout' | 'busy' | 'refused' | 'credentials' | 'configuration';

/** A notification did not arrive. The message never holds an address, a header, a body or a secret. */
export class SinkError extends Error {
  override readonly name = 'SinkError';
  readonly code: SinkErrorCode;
  /** The same attempt may succeed later without anyone changing anything. */
  readonly retryable: boolean;
  /** The receiver asked for at least this pause, ms; null = it did not say. */
  readonly retryAfterMs: number | null;

  constructor(code: SinkErrorCode, message: string, retryAfterMs: number | null = null) {
    super(message);
    this.code = code;
    this.retryable = code === 'unreachable' || code === 'timeout' || code === 'busy';
    this.retryAfterMs = retryAfterMs;
  }
}
