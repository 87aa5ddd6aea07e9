/** The simulated venue as MarketEvents in virtual time: for tests, benches and replay, no wire between. */
import type { MarketEvent } from '../market/event.ts';
import type { SimulatedOutput } from './output.ts';
import { Simulation, type SimulationConfig } from './simulation.ts';
import { WireFaults } from './wire-fault.ts';

/** How far and how to deliver. */
export interface EventOptions {
  /** Epoch ms, inclusive. */
  readonly until: number;
  /** Ends every step with a `snapshot-end` per underlying; default: when steps are snapshots (10 s and longer). */
  readonly snapshotEnd?: boolean;
  /** Constant transport delay, ms; default 5. */
  readonly latencyMs?: number;
}

const VENUE = 'deribit';
const ROUND_IV = 1e4;

/** One output as an event; `receivedAt` is the true time plus the delay. */
export function marketEvent(output: SimulatedOutput, receivedAt: number): MarketEvent {
  const venue = VENUE;
  const { at } = output;
  switch (output.type) {
    case 'quote':
      return {
        type: 'quote', at, receivedAt, venue, symbol: output.option.instrument.symbol, bid: output.bid, ask: output.ask,
        bidSize: output.bidSize, askSize: output.askSize, mark: output.mark, markIv: Math.round(output.markIv * ROUND_IV) / ROUND_IV,
        forward: output.forward, forwardName: output.forwardName, index: output.index,
        delta: Math.round(output.delta * 1e5) / 1e5, vega: Math.round(output.vega * 1e5) / 1e5, openInterest: output.openInterest,
      }; // prettier-ignore
    case 'trade':
      return {
        type: 'trade', at, receivedAt, venue, symbol: output.option.instrument.symbol, tradeId: output.tradeId, price: output.price,
        amount: output.amount, direction: output.direction, kind: output.kind, packageId: output.packageId, iv: output.iv,
        mark: output.mark, index: output.index, late: false,
      }; // prettier-ignore
    case 'index':
      return {
        type: 'index',
        at,
        receivedAt,
        venue,
        underlying: output.underlying,
        name: output.name,
        price: output.price,
      };
    case 'future':
      return {
        type: 'future', at, receivedAt, venue, symbol: output.symbol, underlying: output.underlying, expiry: output.expiry,
        bid: output.bid, ask: output.ask, mark: output.mark, funding8h: output.funding8h,
      }; // prettier-ignore
    case 'volatility-index':
      return {
        type: 'volatility-index',
        at,
        receivedAt,
        venue,
        underlying: output.underlying,
        volatility: output.volatility,
      };
    case 'instrument':
      return { type: 'instrument', at, receivedAt, instrument: output.option.instrument, state: output.state };
    case 'delivery':
      return {
        type: 'delivery',
        at,
        receivedAt,
        venue,
        underlying: output.underlying,
        expiry: output.expiry,
        price: output.price,
      };
    default:
      return { type: 'platform', at, receivedAt, venue, underlying: output.underlying, state: output.state };
  }
}

/** One batch of events per step until `options.until`. A `Simulation` may be handed over to look at its truth meanwhile. */
export function* simulatedEvents(
  config: SimulationConfig | Simulation,
  options: EventOptions,
): Iterable<MarketEvent[]> {
  const simulation = config instanceof Simulation ? config : new Simulation(config);
  const ends = options.snapshotEnd ?? simulation.stepMs >= 10_000;
  const latency = options.latencyMs ?? 5;
  const wire = new WireFaults(simulation.seed, VENUE);
  while (simulation.at + simulation.stepMs <= options.until) {
    const outputs: SimulatedOutput[] = [];
    simulation.step(outputs);
    const at = simulation.at;
    const said = outputs.map((o) => marketEvent(o, at + latency));
    const events = wire.apply(said, simulation.active(), at, at + latency);
    if (ends)
      for (const underlying of simulation.underlyings)
        events.push({ type: 'snapshot-end', at, receivedAt: at + latency, venue: VENUE, underlying });
    yield events;
  }
}
