/** A fault with a course: at once, growing, or coming and going over several snapshots. */
import type { OnsetShape } from '../../simulator/fault.ts';
import type { ChainSnapshot } from './chain-snapshot.ts';
import type { FaultKind, InjectionContext } from './kinds.ts';

/** Snapshots over which a ramp grows and an intermittent fault comes and goes. */
export const COURSE = 5;

/** How much of a fault is on at the i-th of {@link COURSE} snapshots, in [0, 1]. */
export function shareAt(shape: OnsetShape, i: number): number {
  if (shape === 'ramp') return (i + 1) / COURSE;
  if (shape === 'intermittent') return i % 2 === 0 ? 1 : 0;
  return 1;
}

/** The magnitude of a share of a fault; its whole magnitude when it grows by options reached. */
export function magnitudeAt(fault: FaultKind, magnitude: number, share: number): number {
  return fault.neutral === undefined ? magnitude : fault.neutral + (magnitude - fault.neutral) * share;
}

/** The snapshot under a share of a fault. */
export function injectShare(
  fault: FaultKind,
  snapshot: ChainSnapshot,
  context: InjectionContext,
  share: number,
): ChainSnapshot {
  if (share <= 0) return snapshot;
  if (share >= 1) return fault.inject(snapshot, context);
  if (fault.neutral !== undefined)
    return fault.inject(snapshot, { ...context, magnitude: magnitudeAt(fault, context.magnitude, share) });
  const whole = new Map(fault.inject(snapshot, context).rows.map((r) => [r.instrument.symbol, r]));
  const rows = snapshot.rows.flatMap((row) => {
    if (!reached(row.instrument.symbol, share)) return [row];
    const touched = whole.get(row.instrument.symbol);
    return touched === undefined ? [] : [touched];
  });
  return { ...snapshot, rows };
}

/** Whether an option belongs to the share that a fault has reached: fixed by its name (FNV-1a). */
function reached(symbol: string, share: number): boolean {
  let hash = 0x811c9dc5;
  for (let i = 0; i < symbol.length; i++) hash = Math.imul(hash ^ symbol.charCodeAt(i), 0x01000193);
  return ((hash >>> 8) & 0xffff) / 65536 < share;
}
