import type { GateRecord } from '../model/record.ts';

/** How long the gates of one model were in each state, s of event time, over all its scopes. */
export interface GateShare {
  readonly model: string;
  readonly seconds: Readonly<Record<GateRecord['state'], number>>;
  /** Of the time in which the gate had spoken; null when it never did. */
  readonly not_ok_share: number | null;
}

/** Adds up gate time from the records of its changes. */
export class GateHours {
  private readonly from: number;
  private readonly scopes = new Map<string, { state: GateRecord['state']; since: number }>();
  private readonly seconds = new Map<string, Record<GateRecord['state'], number>>();

  /** `from`: epoch ms at which the span begins. */
  constructor(from: number) {
    this.from = from;
  }

  /** Takes a change at `at`, epoch ms. */
  take(record: GateRecord, at: number): void {
    this.add(record.scope, at);
    this.scopes.set(record.scope, { state: record.state, since: at });
  }

  /** Closes the span at `to`, epoch ms. */
  shares(to: number): GateShare[] {
    for (const scope of this.scopes.keys()) this.add(scope, to);
    return [...this.seconds].map(([model, seconds]) => {
      const total = Object.values(seconds).reduce((a, b) => a + b, 0);
      return { model, seconds, not_ok_share: total > 0 ? 1 - seconds.OK / total : null };
    });
  }

  private add(scope: string, until: number): void {
    const held = this.scopes.get(scope);
    if (held === undefined) return;
    const model = scope.slice(0, scope.indexOf('@'));
    const seconds = this.seconds.get(model) ?? { OK: 0, WIDEN: 0, HEDGE_ONLY: 0, DO_NOT_USE: 0 };
    this.seconds.set(model, seconds);
    // An expired model has no gate: its last state must not count for ever.
    const end = Math.min(until, expiryOf(scope));
    seconds[held.state] += Math.max(0, end - Math.max(held.since, this.from)) / 1_000;
    held.since = Math.max(until, held.since);
  }
}

/** When what a gate's scope names is settled, epoch ms; Infinity where it names no day. */
function expiryOf(scope: string): number {
  const day = /:(\d{4}-\d\d-\d\d)$/.exec(scope)?.[1];
  return day === undefined ? Infinity : Date.parse(`${day}T08:00:00Z`);
}
