import type { Alert, Severity } from './alert.ts';

/** Why people are told now. */
export type NotificationReason = 'first' | 'new-alerts' | 'graver' | 'resolved' | 'repeat' | 'heartbeat';

/** One message for one receiver. Plain data; sinks only choose words and wire. */
export interface Notification {
  /** Unique over runs; the same for every attempt and every sink. */
  readonly id: string;
  /** Epoch ms. */
  readonly at: number;
  readonly reason: NotificationReason;
  readonly receiver: string;
  /** What the alerts in it have in common. */
  readonly group: Readonly<Record<string, string>>;
  /** The gravest of `firing`, or of `resolved` when nothing fires. */
  readonly severity: Severity;
  readonly firing: readonly Alert[];
  readonly resolved: readonly Alert[];
  /** What fires in the group but is not told, and why: `silence ID`, `inhibited by KEY`, `acknowledged by NAME`. */
  readonly hidden: readonly { readonly key: string; readonly because: string }[];
  /** `SYNTHETIC` when the market is simulated; null for a real one. */
  readonly stamp: string | null;
  /** Of a heartbeat: the next one comes within this, ms. Null otherwise. */
  readonly everyMs: number | null;
}
