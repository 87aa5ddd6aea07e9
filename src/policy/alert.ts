import type { IncidentRecord, GateRecord } from '../model/record.ts';
import { causeNamed } from './causes.ts';

/** Least to most. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const;
/** One of {@link SEVERITIES}. */
export type Severity = (typeof SEVERITIES)[number];
/** Whose business it is: what an alert is routed by besides its cause. */
export const ALERT_KINDS = ['data', 'market', 'model', 'book', 'gate', 'override', 'platform'] as const;
/** One of {@link ALERT_KINDS}. */
export type AlertKind = (typeof ALERT_KINDS)[number];

/** Something people may have to know: one cause on one underlying, however many expiries show it. Times are epoch ms. */
export interface Alert {
  /** `cause|underlying`: what makes two reports the same. */
  readonly key: string;
  readonly kind: AlertKind;
  readonly cause: string;
  /** The cause in one line. */
  readonly says: string;
  readonly severity: Severity;
  /** `venue:underlying`; `monitor` for the monitor's own affairs. */
  readonly underlying: string;
  /** Where it holds now (or held last), sorted. */
  readonly scopes: readonly string[];
  /** Incidents behind it, oldest first. */
  readonly incidents: readonly string[];
  /** The newest evidence, as the incident record gave it. */
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly startsAt: number;
  /** Null while it fires. */
  readonly endsAt: number | null;
}

/** One report that something holds, or no longer holds, on one scope. */
export interface Condition {
  readonly kind: AlertKind;
  readonly cause: string;
  readonly says: string;
  readonly underlying: string;
  readonly scope: string;
  readonly severity: Severity;
  readonly firing: boolean;
  readonly incident: string | null;
  readonly evidence: Readonly<Record<string, unknown>>;
}

/** What an incident record reports. A cause outside the closed list is the platform's own. */
export function conditionOfIncident(record: IncidentRecord): Condition {
  const known = causeNamed(record.cause);
  return {
    kind: known?.kind ?? 'platform',
    cause: record.cause,
    says: known?.says ?? record.cause,
    underlying: underlyingOf(record.scope),
    scope: record.scope,
    severity: record.severity,
    firing: record.state !== 'resolved',
    incident: record.id,
    evidence: record.evidence,
  };
}

const GATE_SEVERITY: Readonly<Record<GateRecord['state'], Severity>> = {
  OK: 'info',
  WIDEN: 'info',
  HEDGE_ONLY: 'warning',
  DO_NOT_USE: 'warning',
};

/** What a gate record reports: `gate:MODEL` holds on the scope while its gate is not OK. */
export function conditionOfGate(record: GateRecord): Condition {
  const [model, scope] = splitGateScope(record.scope);
  return {
    kind: 'gate',
    cause: `gate:${model}`,
    says: `the gate of ${model} is not open`,
    underlying: underlyingOf(scope),
    scope,
    severity: GATE_SEVERITY[record.state],
    firing: record.state !== 'OK',
    incident: null,
    evidence: { state: record.state, reasons: record.reasons },
  };
}

/** `deribit:BTC` of `deribit:BTC:2026-03-27`. */
export function underlyingOf(scope: string): string {
  return scope.split(':').slice(0, 2).join(':');
}

/** Model and place of `svi@deribit:BTC:2026-03-27`. */
export function splitGateScope(scope: string): [model: string, place: string] {
  const i = scope.indexOf('@');
  return [scope.slice(0, Math.max(0, i)), scope.slice(i + 1)];
}

/** The graver of two. */
export function graver(a: Severity, b: Severity): Severity {
  return SEVERITIES.indexOf(a) >= SEVERITIES.indexOf(b) ? a : b;
}
