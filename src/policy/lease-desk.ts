import { isoTime } from '../market/iso-time.ts';
import type { GateState } from './gate.ts';
import type { Lease } from './lease.ts';
import { RE_ENTRY_NARROW } from './loop.ts';
import type { Override } from './oversight.ts';

/** Life of a lease without renewal, ms. Source: methods.md 5.3. */
export const LEASE_TTL_MS = 5_000;
/** Data older than this are no evidence for a lease, ms. */
export const FRESH_MS = 5_000;
/** An event loop that stood still for longer since the last issue abstains, ms. */
export const LAG_MS = 2_000;
/** Width while the market itself is the reason, and while a fit has not been scored on unseen data. Source: methods.md 5.3, re-entry. */
const WIDEN_MARKET = 2;
const WIDEN_UNPROVEN = 1.5;
const NARROW: ReadonlySet<string> = new Set(['unproven', 'wing-error', RE_ENTRY_NARROW]);
/** Why there is no calibration, and will be none. */
const WITHOUT_FIT: ReadonlySet<string> = new Set(['no-quotes', 'no-fit']);
const MAX_MULTIPLIER = 10;

/** What the engine says about one model on one scope, as the desk needs it. */
export interface LeaseVerdict {
  /** `model@venue:underlying:day`. */
  readonly scope: string;
  readonly gate: GateState;
  /** The wider scope (`venue:underlying` or `venue`) that a reason belongs to, for those that are not this scope's own. */
  readonly ownerOf: Readonly<Record<string, string>>;
  readonly modelId: string | null;
  /** Time of the data behind the calibration, epoch ms. */
  readonly asOf: number | null;
  /** Error bar over error bar at zero age, at least 1; null without a calibration. */
  readonly uncertainty: number | null;
  /** How much wider a quote must be for what this part of the smile has shown; absent = no wider. */
  readonly widen?: number;
}

/** Whether the monitor itself may speak. */
export interface DeskHealth {
  /** How long ago, on a monotonic clock, the newest message of an underlying arrived, ms; Infinity when none has. */
  readonly dataAgeMs: (underlying: string) => number;
  /** State of the connection that brings an underlying's data. */
  readonly feed: (underlying: string) => 'connecting' | 'live' | 'stale' | 'down';
  /** Whether the venue trades it. */
  readonly platform: (underlying: string) => 'open' | 'locked' | 'maintenance';
  /** The longest the event loop has stood still since the last issue, ms. */
  readonly loopLagMs: number;
}

/** What the desk remembers; what people ordered is in the engine's state (`src/policy/oversight.ts`). */
export interface LeaseDesk {
  sequence: number;
}

/** A desk that has issued nothing. */
export function initLeaseDesk(): LeaseDesk {
  return { sequence: 0 };
}

/**
 * Issues one lease per verdict at `at` (epoch ms, our wall clock). What has no fresh evidence is closed and says so;
 * `overrides` that have not lapsed open what they cover.
 */
export function issueLeases(
  desk: LeaseDesk,
  overrides: Iterable<Override>,
  verdicts: readonly LeaseVerdict[],
  health: DeskHealth,
  at: number,
): readonly Lease[] {
  desk.sequence++;
  const inForce = [...overrides].filter((o) => o.until > at);
  return verdicts.map((verdict) => issue(desk.sequence, inForce, verdict, health, at));
}

/** A reason with the scope, in lease terms, that has to be overridden to lift it; null = nobody may. */
interface Blocked {
  readonly text: string;
  readonly owner: string | null;
}

function issue(
  sequence: number,
  overrides: readonly Override[],
  verdict: LeaseVerdict,
  health: DeskHealth,
  at: number,
): Lease {
  const [model, place] = split(verdict.scope);
  const underlying = place.split(':').slice(0, 2).join(':');
  const above = (reason: string, scope: string): Blocked => ({
    text: `${reason}@${scope}`,
    owner: `${model}@${scope}`,
  });
  const abstaining: Blocked[] = [];
  const age = health.dataAgeMs(underlying);
  if (!(age <= FRESH_MS)) abstaining.push(above('data-stale', underlying));
  const feed = health.feed(underlying);
  if (feed !== 'live') abstaining.push(above(`feed-${feed}`, underlying.split(':')[0]));
  if (!(health.loopLagMs <= LAG_MS)) abstaining.push({ text: 'monitor-lagging', owner: null });
  // That there is nothing to calibrate is knowledge, not the lack of it.
  const cold = verdict.modelId === null && !verdict.gate.reasons.some((r) => WITHOUT_FIT.has(r));
  // A first fit is live before the next close has moved its gate.
  if (cold || verdict.gate.reasons.includes('warming-up')) abstaining.push({ text: 'warming-up', owner: null });
  const platform = health.platform(underlying);
  const closing = platform === 'open' ? [] : [above(`venue-${platform}`, underlying)];
  const own = verdict.gate.reasons
    .filter((r) => r !== 'warming-up')
    .map((r): Blocked => {
      const owner = verdict.ownerOf[r];
      return owner === undefined ? { text: r, owner: verdict.scope } : above(r, owner);
    });
  const reasons = [...closing, ...abstaining, ...own];
  const state = closing.length + abstaining.length > 0 ? 'DO_NOT_USE' : verdict.gate.state;
  const override = state === 'OK' || state === 'WIDEN' ? null : overrideFor(overrides, verdict.scope, reasons);
  const granted = override === null ? state : 'WIDEN';
  return {
    scope: verdict.scope,
    state: granted,
    multiplier: multiplierOf(granted, verdict),
    model_id: verdict.modelId,
    as_of: verdict.asOf === null ? null : isoTime(verdict.asOf),
    uncertainty_multiplier: verdict.uncertainty,
    reasons: reasons.map((r) => r.text),
    standing: override === null && abstaining.length > 0 ? 'abstains' : 'verdict',
    override: override === null ? null : { by: override.by, until: isoTime(override.until), note: override.note },
    issued_at: isoTime(at),
    ttl_ms: LEASE_TTL_MS,
    expires_at: isoTime(at + LEASE_TTL_MS),
    sequence,
  };
}

/** The override that lifts every reason: it covers this scope, and no reason belongs to a scope wider than its own. */
function overrideFor(overrides: readonly Override[], scope: string, reasons: readonly Blocked[]): Override | null {
  for (const override of overrides) {
    if (!covers(override.scope, scope)) continue;
    if (reasons.every((r) => r.owner !== null && covers(override.scope, r.owner))) return override;
  }
  return null;
}

function covers(wide: string, narrow: string): boolean {
  return narrow === wide || narrow.startsWith(`${wide}:`);
}

function multiplierOf(state: Lease['state'], verdict: LeaseVerdict): number | null {
  if (state === 'OK') return 1;
  if (state !== 'WIDEN') return null;
  const only = verdict.gate.state === 'WIDEN' && verdict.gate.reasons.every((r) => NARROW.has(r));
  return Math.min(
    MAX_MULTIPLIER,
    Math.max(only ? WIDEN_UNPROVEN : WIDEN_MARKET, verdict.uncertainty ?? 1, verdict.widen ?? 1),
  );
}

function split(scope: string): [string, string] {
  const i = scope.indexOf('@');
  return [scope.slice(0, i), scope.slice(i + 1)];
}
