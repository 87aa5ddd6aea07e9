/** The simulated credit streams (SYNTHETIC) of all curves as one stream of events. */
import type { MarketEvent } from '../../market/event.ts';
import { CREDIT_UPDATE_MS, simulateCredit } from '../../simulator/credit-stream.ts';
import { faultyStreams } from '../faults/credit-bench.ts';

/** What is simulated. */
export interface SimulatedCredit {
  readonly seed: number;
  readonly days: number;
  readonly stopped: () => boolean;
  readonly onProgress?: (fraction: number) => void;
}

/** Time passes so long after an update, so that it closes. */
const AFTER_MS = 10_000;

/** Updates of all curves in order of time, faults included. */
export async function* simulatedCreditEvents(order: SimulatedCredit): AsyncGenerator<readonly MarketEvent[]> {
  const streams = faultyStreams(order.seed, order.days);
  const running = streams.map((s) => simulateCredit(s));
  const updates = Math.ceil((streams[0].until - streams[0].from) / CREDIT_UPDATE_MS);
  for (let i = 0; i < updates; i++) {
    if (order.stopped()) return;
    const events: MarketEvent[] = [];
    for (const stream of running) {
      const next = stream.next();
      if (next.done !== true) events.push(...next.value.events);
    }
    const at = streams[0].from + i * CREDIT_UPDATE_MS + AFTER_MS;
    events.push({ type: 'timer', at, receivedAt: at });
    yield events;
    order.onProgress?.((i + 1) / updates);
    // Lets signals and readers in between.
    if (i % 50 === 49) await Promise.resolve();
  }
}
