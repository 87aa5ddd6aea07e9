import { isoTime } from '../market/iso-time.ts';
import type { GateRecord } from '../model/record.ts';

/** The answer for one model on one scope. */
export interface GateState {
  readonly state: GateRecord['state'];
  readonly reasons: readonly string[];
}

/** Nothing has been proved yet: closed. */
export const GATE_CLOSED: GateState = { state: 'DO_NOT_USE', reasons: ['warming-up'] };

/** What the gate looks at; fail-closed: an unknown is a reason not to use the model. */
export interface GateInputs {
  /** Whether a fit is live. */
  readonly hasFit: boolean;
  /** Whether that fit, or one before it, has been scored on data it had not seen. */
  readonly proven: boolean;
  readonly ageSeconds: number;
  /** Causes of open incidents on this scope or a wider one, data causes first. */
  readonly dataCauses: readonly string[];
  readonly marketCauses: readonly string[];
  readonly modelCauses: readonly string[];
  /** Quotes used by the last batch. */
  readonly quotesUsed: number;
  /** Whether the live fit has its shape from neighbouring expiries. */
  readonly child?: boolean;
}

/** Below this many usable quotes a slice cannot carry a model by itself. */
const MIN_QUOTES = 5;

/** The gate's verdict; the worst reason decides the state, all are listed. Source: methods.md 5.3. */
export function judgeGate(inputs: GateInputs): GateState {
  if (!inputs.hasFit) return GATE_CLOSED;
  const closed: string[] = [...inputs.dataCauses];
  const few = inputs.quotesUsed < MIN_QUOTES;
  if (inputs.quotesUsed === 0) closed.push('no-quotes');
  else if (few && inputs.child !== true) closed.push('too-few-quotes');
  if (closed.length > 0) return { state: 'DO_NOT_USE', reasons: closed };
  if (inputs.modelCauses.length > 0) return { state: 'HEDGE_ONLY', reasons: inputs.modelCauses };
  const wide: string[] = [...inputs.marketCauses];
  if (!inputs.proven) wide.push('unproven');
  // With a shape from its neighbours a few quotes say where it stands, and little more.
  if (few) wide.push('child-of-parent');
  if (wide.length > 0) return { state: 'WIDEN', reasons: wide };
  return { state: 'OK', reasons: [] };
}

/** The record of a change; null when nothing changed. */
export function gateChange(before: GateState, after: GateState, scope: string, at: number): GateRecord | null {
  if (before.state === after.state && before.reasons.join() === after.reasons.join()) return null;
  return { type: 'gate', at: isoTime(at), scope, state: after.state, reasons: after.reasons };
}
