/** What a model may be used for, most to least. */
export const LEASE_STATES = ['OK', 'WIDEN', 'HEDGE_ONLY', 'DO_NOT_USE'] as const;
/** One of {@link LEASE_STATES}. */
export type LeaseState = (typeof LEASE_STATES)[number];
/** `advisory`: the consumer is told; `enforcing`: its `check` refuses. */
export type LeaseMode = 'advisory' | 'enforcing';

/**
 * Permission to rely on one model on one scope for a few seconds. Plain data, as it travels. `scope` is
 * `model@venue:underlying:day`, optionally followed by `:put`, `:centre` or `:call` for one part of the smile.
 */
export interface Lease {
  readonly scope: string;
  readonly state: LeaseState;
  /** Factor for the quote's width: 1 when OK, above 1 when WIDEN, null when nobody should quote. */
  readonly multiplier: number | null;
  /** The calibration this speaks of; null when there is none. */
  readonly model_id: string | null;
  /** Time of the data it was fitted to, ISO-8601. */
  readonly as_of: string | null;
  /** How much wider the model's error bar is than at zero age; null without a calibration. */
  readonly uncertainty_multiplier: number | null;
  /** Causes; one that belongs to a wider scope is written `cause@scope`. */
  readonly reasons: readonly string[];
  /** `abstains`: this monitor has no evidence (it warms up, its data are stale, it lags): closed, but outvoted by a monitor that knows. */
  readonly standing: 'verdict' | 'abstains';
  /** The break-glass that opened it, if one did. */
  readonly override: { readonly by: string; readonly until: string; readonly note: string } | null;
  readonly issued_at: string;
  readonly ttl_ms: number;
  /** For people: consumers count `ttl_ms` on their own monotonic clock. */
  readonly expires_at: string;
  readonly sequence: number;
}

/** One answer of a monitor: every lease it grants, and which question it answers. */
export interface LeaseAnswer {
  /** The monitor's name, to tell a standby from its primary. */
  readonly monitor: string;
  /** Changes with every start of the monitor: sequences of different runs do not compare. */
  readonly run: string;
  /** Copied from the question; null on a push that nobody asked for. */
  readonly nonce: string | null;
  readonly mode: LeaseMode;
  readonly issued_at: string;
  readonly ttl_ms: number;
  readonly sequence: number;
  readonly leases: readonly Lease[];
}

/** An answer in the consumer's hands, with the instants at which it was ASKED for: its life counts from there. */
export interface HeldAnswer {
  readonly answer: LeaseAnswer;
  /** Its leases by scope. */
  readonly leases: ReadonlyMap<string, Lease>;
  /** The consumer's monotonic and wall clock, ms, just before the question went out. */
  readonly monotonic: number;
  readonly wall: number;
}

/** What the consumer may do now. */
export interface GateAnswer {
  readonly scope: string;
  readonly state: LeaseState;
  /** Null unless quoting is allowed. */
  readonly multiplier: number | null;
  readonly uncertaintyMultiplier: number | null;
  readonly reasons: readonly string[];
  readonly modelId: string | null;
  readonly asOf: string | null;
  /** Until the lease lapses by itself, ms; 0 when it has. */
  readonly expiresInMs: number;
  /** Monitors whose verdict counts here. */
  readonly monitors: readonly string[];
  readonly override: Lease['override'];
}

/** Takes an answer into hand; `asked` are the consumer's clocks, ms, just before the question went out. */
export function holdAnswer(
  answer: LeaseAnswer,
  asked: { readonly monotonic: number; readonly wall: number },
): HeldAnswer {
  const leases = new Map(answer.leases.map((l) => [l.scope, l]));
  return { answer, leases, monotonic: asked.monotonic, wall: asked.wall };
}

/** No lease lives longer, whatever a monitor says, ms. */
export const MAX_TTL_MS = 10_000;

/**
 * The answer on one scope from what several monitors last said: the most restrictive verdict among leases that live;
 * a monitor that abstains counts only when all do; no live lease is DO_NOT_USE. A lease's age is the LARGER of what the
 * monotonic and the wall clock say, so that a suspended machine (whose monotonic clock may stand still) wakes up closed
 * and a wall clock set back extends nothing; a monotonic clock that went backwards is no clock, and closes.
 */
export function evaluateLeases(
  held: readonly HeldAnswer[],
  scope: string,
  now: { readonly monotonic: number; readonly wall: number },
): GateAnswer {
  const live: { lease: Lease; left: number; monitor: string }[] = [];
  let expired = false;
  for (const h of held) {
    const leases = leasesOn(h, scope);
    const left = remaining(h, now);
    if (left > 0) for (const lease of leases) live.push({ lease, left, monitor: h.answer.monitor });
    else if (leases.length > 0) expired = true;
  }
  if (live.length === 0) return closed(scope, [expired ? 'lease-expired' : 'no-lease']);
  const verdicts = live.filter((l) => l.lease.standing === 'verdict');
  const counted = verdicts.length > 0 ? verdicts : live;
  const worst = counted.reduce((a, b) => (rank(b.lease.state) > rank(a.lease.state) ? b : a));
  const quoting = rank(worst.lease.state) <= rank('WIDEN');
  return {
    scope,
    state: worst.lease.state,
    multiplier: quoting ? Math.max(...counted.map((l) => l.lease.multiplier ?? 1)) : null,
    uncertaintyMultiplier: largest(counted.map((l) => l.lease.uncertainty_multiplier)),
    reasons: [...new Set(counted.flatMap((l) => l.lease.reasons))],
    modelId: worst.lease.model_id,
    asOf: worst.lease.as_of,
    expiresInMs: Math.min(...counted.map((l) => l.left)),
    monitors: [...new Set(counted.map((l) => l.monitor))],
    override: worst.lease.override,
  };
}

/** A closed answer with its reasons. */
export function closed(scope: string, reasons: readonly string[]): GateAnswer {
  return {
    scope,
    state: 'DO_NOT_USE',
    multiplier: null,
    uncertaintyMultiplier: null,
    reasons,
    modelId: null,
    asOf: null,
    expiresInMs: 0,
    monitors: [],
    override: null,
  };
}

/** The lease of the scope itself and, when a wing is asked for, of its expiry: the expiry's must exist. */
function leasesOn(held: HeldAnswer, scope: string): Lease[] {
  const whole = held.leases.get(scope.replace(/:(put|centre|call)$/, ''));
  if (whole === undefined) return [];
  const wing = held.leases.get(scope);
  return wing === undefined || wing === whole ? [whole] : [whole, wing];
}

function remaining(held: HeldAnswer, now: { readonly monotonic: number; readonly wall: number }): number {
  const passed = now.monotonic - held.monotonic;
  if (!(passed >= 0)) return 0;
  const age = Math.max(passed, now.wall - held.wall);
  const left = Math.min(held.answer.ttl_ms, MAX_TTL_MS) - age;
  return left > 0 ? left : 0;
}

function rank(state: LeaseState): number {
  return LEASE_STATES.indexOf(state);
}

function largest(values: readonly (number | null)[]): number | null {
  const known = values.filter((v) => v !== null);
  return known.length === 0 ? null : Math.max(...known);
}
