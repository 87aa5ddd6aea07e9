import type { Oversight } from '../policy/oversight.ts';
import type { EngineState } from './state.ts';

/**
 * What people ordered of an engine that ends, as the next one may take it over (`carriedOver`): with the expiries whose loops
 * are under manual control, those that expired by the newest time of the market left out.
 */
export function ordersOf(state: EngineState): Oversight {
  const manual = new Map(state.oversight.manual);
  let newest = -Infinity;
  for (const underlying of state.underlyings.values()) {
    newest = Math.max(newest, underlying.watermark);
    for (const { key, loop } of underlying.expiries)
      if (loop.machine.state === 'MANUAL') manual.set(key, loop.machine.since);
  }
  for (const scope of manual.keys()) if (expiredBy(scope, newest)) manual.delete(scope);
  return { ...state.oversight, manual };
}

/** Whether the day that ends a scope key is over. */
function expiredBy(scope: string, at: number): boolean {
  return Date.parse(`${scope.slice(scope.lastIndexOf(':') + 1)}T23:59:59Z`) < at;
}
