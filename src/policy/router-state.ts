import type { Alert, Severity } from './alert.ts';
import type { Matcher, Silence } from './silence.ts';

/** One line of the routing table; the first that matches decides, unless it says `continue`. */
export interface RouteRule {
  readonly match: Matcher;
  readonly receiver: string;
  readonly continue: boolean;
}

/** Who is told what, and how often. Durations in ms of the caller's time. */
export interface RouterConfig {
  /** Begins every notification's id, so that ids of two runs differ. */
  readonly run: string;
  readonly rules: readonly RouteRule[];
  /** Alerts of one receiver that agree in these come in one notification. */
  readonly groupBy: readonly ('underlying' | 'kind' | 'cause' | 'severity')[];
  /** How long a group gathers before it is first told. Critical alerts do not wait. */
  readonly groupWaitMs: number;
  /** Least time between two notifications of one group, except critical ones. */
  readonly groupIntervalMs: number;
  /** What still fires is told again after this. */
  readonly repeatMs: number;
  /** Receiver and period of the dead man's heartbeat; null = none. */
  readonly heartbeat: { readonly receiver: string; readonly everyMs: number } | null;
  /** Models whose gates are told; the others' gates move unheard. Null: those that come, the caller has chosen. */
  readonly gateModels: readonly string[] | null;
  /** What every notification is stamped with; null = nothing. */
  readonly stamp: string | null;
}

/** An alert with what it is made of: one entry per scope that fires. */
export interface TrackedAlert {
  alert: Alert;
  readonly firing: Map<string, Severity>;
}

/** The router's whole memory, plain data. */
export interface RouterState {
  readonly config: RouterConfig;
  /** By key. */
  readonly alerts: Map<string, TrackedAlert>;
  readonly groups: Map<string, AlertGroup>;
  readonly silences: Map<string, Silence>;
  /** By alert key: who takes care of it. It ends when the alert does or grows graver. */
  readonly acknowledged: Map<string, { readonly by: string; readonly at: number; readonly severity: Severity }>;
  /** What was told and what was not, by reason. */
  readonly counts: Map<string, number>;
  heartbeatAt: number;
  sequence: number;
}

/** What one receiver has been told of one group. */
export interface AlertGroup {
  readonly receiver: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Told as firing and not yet as resolved, with the severity that was told. */
  readonly told: Map<string, Severity>;
  /** Since when there is something to tell; null = nothing. */
  pendingSince: number | null;
  lastAt: number | null;
}

/** A router that has heard nothing. */
export function initRouter(config: RouterConfig): RouterState {
  return {
    config,
    alerts: new Map(),
    groups: new Map(),
    silences: new Map(),
    acknowledged: new Map(),
    counts: new Map(),
    heartbeatAt: -Infinity,
    sequence: 0,
  };
}

/** Counts one decision by reason. */
export function count(state: Pick<RouterState, 'counts'>, reason: string): void {
  state.counts.set(reason, (state.counts.get(reason) ?? 0) + 1);
}
