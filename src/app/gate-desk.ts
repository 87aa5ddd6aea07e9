import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { leaseVerdicts } from '../engine/lease-verdicts.ts';
import type { EngineState } from '../engine/state.ts';
import { isoTime } from '../market/iso-time.ts';
import type { OperatorEvent } from '../market/event.ts';
import { initLeaseDesk, issueLeases, LEASE_TTL_MS, type DeskHealth } from '../policy/lease-desk.ts';
import type { LeaseAnswer, LeaseMode } from '../policy/lease.ts';
import { refuseOverride } from '../policy/oversight.ts';
import type { BreakGlass, GateSource } from '../server/gate-routes.ts';

/** How often data and event loop are looked at, ms. */
const LOOK_MS = 250;

/** What the desk stands on. */
export interface GateDeskOptions {
  /** The running engine's state, null before it runs; read, never written. */
  readonly state: () => EngineState | null;
  /** Puts an operator's act into the log, as input to the engine, which carries it out. */
  readonly log: (event: OperatorEvent) => void;
  /** Name of this monitor, to tell it from its standby. */
  readonly monitor?: string;
  readonly mode?: LeaseMode;
  /** Clocks for tests: wall, epoch ms, and monotonic, ms. */
  readonly now?: () => number;
  readonly monotonic?: () => number;
}

/**
 * Issues leases from a running engine. It renews nothing by itself: an answer is made at the instant somebody asks, in
 * the event loop that also feeds the engine, from data whose age it measures on the monotonic clock. So a monitor that
 * is dead or hung cannot answer, and one that hears nothing answers that it hears nothing.
 */
export class GateDesk implements GateSource {
  private readonly options: GateDeskOptions;
  private readonly desk = initLeaseDesk();
  private readonly run = randomUUID();
  private readonly listeners = new Set<(answer: LeaseAnswer) => void>();
  /** By underlying: what was last seen of its data, and when it changed. */
  private readonly seen = new Map<string, { mark: number; at: number }>();
  private readonly timer: NodeJS.Timeout;
  private readonly now: () => number;
  private readonly monotonic: () => number;
  private lookedAt: number;
  private lag = 0;
  private pushed = '';

  constructor(options: GateDeskOptions) {
    this.options = options;
    this.now = options.now ?? Date.now;
    this.monotonic = options.monotonic ?? (() => performance.now());
    this.lookedAt = this.monotonic();
    this.timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  /** Every lease as of now, in answer to the question `nonce`. */
  answer(nonce: string | null): LeaseAnswer {
    this.observe();
    const at = this.now();
    const state = this.options.state();
    const overrides = state?.oversight.overrides.values() ?? [];
    const leases = issueLeases(this.desk, overrides, state === null ? [] : leaseVerdicts(state), this.health(), at);
    this.lag = 0;
    return {
      monitor: this.options.monitor ?? 'vernier',
      run: this.run,
      nonce,
      mode: this.options.mode ?? 'advisory',
      issued_at: isoTime(at),
      ttl_ms: LEASE_TTL_MS,
      sequence: this.desk.sequence,
      leases,
    };
  }

  /** Calls back with an unasked answer when any lease says something new. Returns the way to stop. */
  subscribe(listener: (answer: LeaseAnswer) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Break-glass, or its end when `minutes` is null: checked, logged as an operator's act, in force from the next lease. */
  override(request: BreakGlass): string | null {
    const at = this.now();
    const event: OperatorEvent = {
      type: 'operator',
      at,
      receivedAt: at,
      actor: request.actor,
      action: request.minutes === null ? 'resume' : 'override',
      target: request.scope,
      note: request.note,
      until: request.minutes === null ? null : at + request.minutes * 60_000,
    };
    const state = this.options.state();
    if (state === null) return 'the monitor has not begun';
    const refused = refuseOverride(state.oversight, event);
    if (refused !== null) return refused;
    this.options.log(event);
    this.push();
    return null;
  }

  /** Stops watching the clock. */
  close(): void {
    clearInterval(this.timer);
    this.listeners.clear();
  }

  /** One turn of the desk's own watch: notices data, a loop that stood still, and changes to tell. */
  look(): void {
    this.observe();
    this.push();
  }

  private observe(): void {
    const now = this.monotonic();
    this.lag = Math.max(this.lag, now - this.lookedAt - LOOK_MS);
    this.lookedAt = now;
    for (const underlying of this.options.state()?.underlyings.values() ?? []) {
      let mark = underlying.index?.receivedAt ?? -Infinity;
      for (const expiry of underlying.expiries) if (expiry.messageAt > mark) mark = expiry.messageAt;
      const last = this.seen.get(underlying.key);
      // What was there before this desk began is of unknown age: only a change proves that data flow.
      if (last === undefined) this.seen.set(underlying.key, { mark, at: -Infinity });
      else if (mark !== last.mark) this.seen.set(underlying.key, { mark, at: now });
    }
  }

  private health(): DeskHealth {
    const underlyings = this.options.state()?.underlyings;
    const now = this.monotonic();
    return {
      dataAgeMs: (key) => now - (this.seen.get(key)?.at ?? -Infinity),
      feed: (key) => underlyings?.get(key)?.feed ?? 'down',
      platform: (key) => underlyings?.get(key)?.platform ?? 'maintenance',
      loopLagMs: this.lag,
    };
  }

  private push(): void {
    if (this.listeners.size === 0) return;
    const answer = this.answer(null);
    const says = answer.leases
      .map((l) => `${l.scope} ${l.state} ${l.reasons.join()} ${l.override?.by ?? ''}`)
      .join('\n');
    if (says === this.pushed) return;
    this.pushed = says;
    for (const listener of this.listeners) listener(answer);
  }
}
