import type { Alert } from './alert.ts';

/** While the whole market breaks, a ticket that a factor moved tells nobody anything. */
const STRESS: ReadonlySet<string> = new Set(['flash-crash', 'liquidity-contraction']);
const DRIFT: ReadonlySet<string> = new Set(['level-move', 'skew-move', 'curvature-move', 'term-move']);

/**
 * The firing alert that makes another one needless; null when none does. A data fault explains a model's alarm on the
 * same scope or within it; market stress explains drift of the same underlying. (That gate and override are never hidden is the caller's rule.)
 * Source: methods.md 8.1.
 */
export function inhibitedBy(alert: Alert, firing: readonly Alert[]): Alert | null {
  if (alert.kind === 'model') {
    const faults = firing.filter((f) => f.kind === 'data' && f.underlying === alert.underlying);
    const covering = alert.scopes.map((s) =>
      faults.find((f) => f.scopes.some((w) => s === w || s.startsWith(`${w}:`))),
    );
    if (covering.every((c) => c !== undefined)) return covering[0] ?? null;
  }
  if (DRIFT.has(alert.cause))
    return firing.find((f) => STRESS.has(f.cause) && f.underlying === alert.underlying) ?? null;
  return null;
}
