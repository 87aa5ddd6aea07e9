/** The schedule of faults and market events: what is injected when, where, how strongly. It is the answer key. */
import { REGIMES } from './regime.ts';

/**
 * Everything that can be injected. `layer` says where: `wire` = transport, `data` = what the venue publishes is wrong,
 * `market` = the market itself moves (no fault of anybody's). Magnitudes are in the unit given.
 */
export const FAULT_KINDS = {
  'stale-all': { layer: 'data', unit: '1', says: 'no option of the underlying changes any more' },
  'stale-subset': { layer: 'data', unit: 'share of options', says: 'a share of the options keeps its bid and ask' },
  'expiry-stuck': { layer: 'data', unit: '1', says: 'bids and asks of one expiry keep their last value' },
  crossed: { layer: 'data', unit: 'share of options', says: 'bid above ask by two ticks' },
  'fat-finger': { layer: 'data', unit: 'factor of price', says: 'one quote at a multiple of its price' },
  'clock-skew': { layer: 'data', unit: 'ms', says: 'venue time stamps are shifted' },
  'missing-expiry': { layer: 'data', unit: '1', says: 'an expiry has no quotes' },
  'missing-side': { layer: 'data', unit: '1', says: 'an expiry has no bids' },
  'wrong-forward': { layer: 'data', unit: 'basis points', says: 'the published forward is off' },
  'index-as-forward': { layer: 'data', unit: '1', says: 'the index is published in place of the forward' },
  'wrong-expiry-map': { layer: 'data', unit: '1', says: 'quotes of an expiry come under the name of the next' },
  'call-put-flip': { layer: 'data', unit: '1', says: 'calls carry the quotes of puts and the reverse' },
  'usd-as-coin': { layer: 'data', unit: '1', says: 'prices are in USD where coin is meant' },
  'tick-change': { layer: 'data', unit: 'factor of tick', says: 'the price step grows' },
  'index-outlier': { layer: 'data', unit: 'basis points', says: 'the published index is off' },
  'stablecoin-depeg': { layer: 'data', unit: 'basis points', says: 'the stablecoin leaves its peg' },
  'forced-prints': { layer: 'data', unit: 'trades per second', says: 'liquidations and blocks print as screen trades' },
  'vol-scale': { layer: 'data', unit: 'factor of volatility', says: 'quotes of an expiry at scaled volatility' },
  'out-of-order': { layer: 'wire', unit: 'share of messages', says: 'messages change places' },
  duplicate: { layer: 'wire', unit: 'share of messages', says: 'messages come twice' },
  gap: { layer: 'wire', unit: 'share of messages', says: 'messages are lost' },
  silence: { layer: 'wire', unit: '1', says: 'the connection stays open and says nothing' },
  disconnect: { layer: 'wire', unit: '1', says: 'the connection is cut' },
  refuse: { layer: 'wire', unit: '1', says: 'the connection is cut and new ones are refused' },
  'vol-jump': { layer: 'market', unit: 'volatility points', says: 'the volatility of one expiry moves' },
  'level-jump': { layer: 'market', unit: 'volatility points', says: 'all volatilities move' },
  'skew-jump': { layer: 'market', unit: 'skew units', says: 'the skew moves' },
  'curvature-jump': { layer: 'market', unit: 'curvature units', says: 'the wings move' },
  'term-inversion': { layer: 'market', unit: 'log volatility', says: 'short end up, long end down' },
  'basis-shock': { layer: 'market', unit: 'annual rate', says: 'futures move against the index' },
  'liquidity-contraction': { layer: 'market', unit: 'factor of spread', says: 'spreads widen, depth goes' },
  'books-empty': { layer: 'market', unit: 'share of quotes', says: 'quotes are pulled' },
  'flash-crash': { layer: 'market', unit: 'log return', says: 'spot falls and rebounds' },
  'spot-vol-flip': { layer: 'market', unit: 'volatility points per %', says: 'the spot-volatility slope changes sign' },
  'platform-lock': { layer: 'market', unit: '1', says: 'the venue locks trading' },
  maintenance: { layer: 'market', unit: '1', says: 'the venue is in maintenance' },
} as const;

/** Name of a fault or market event. */
export type FaultKind = keyof typeof FAULT_KINDS;

/** How the magnitude comes on: at once; linearly from 0 to full over the whole duration; on and off in ten slices. */
export type OnsetShape = 'abrupt' | 'ramp' | 'intermittent';

/** Where: null = everywhere. `expiry` is an index into the listed expiries at onset or an epoch ms. */
export interface FaultScope {
  readonly underlying: string | null;
  readonly expiry: number | null;
}

/** One line of the schedule, and of the answer key once `scope.expiry` is resolved to epoch ms. */
export interface ScheduledFault {
  readonly fault: FaultKind;
  readonly scope: FaultScope;
  /** Epoch ms, end exclusive. */
  readonly from: number;
  readonly to: number;
  readonly magnitude: number;
  readonly shape: OnsetShape;
}

/** How much of the magnitude is on at `at`, in [0, 1]; 0 outside [from, to). */
export function intensity(fault: ScheduledFault, at: number): number {
  if (at < fault.from || at >= fault.to) return 0;
  const progress = (at - fault.from) / (fault.to - fault.from);
  if (fault.shape === 'ramp') return progress;
  if (fault.shape === 'intermittent') return Math.floor(progress * 10) % 2 === 0 ? 1 : 0;
  return 1;
}

/** Refuses a schedule that cannot be meant, naming field and value. */
export function checkSchedule(faults: readonly ScheduledFault[]): void {
  for (const [i, f] of faults.entries()) {
    const where = `faults[${i}]`;
    if (!(f.fault in FAULT_KINDS)) throw new RangeError(`${where}.fault: unknown ${f.fault}`);
    if (!Number.isFinite(f.magnitude)) throw new RangeError(`${where}.magnitude: ${f.magnitude} is not a number`);
    if (!(f.to > f.from)) throw new RangeError(`${where}.to: ${f.to} is not after from ${f.from}`);
    if (!['abrupt', 'ramp', 'intermittent'].includes(f.shape))
      throw new RangeError(`${where}.shape: unknown ${f.shape}`);
  }
}

/** A part of a script: from `after` ms since the start the named regime holds. */
export interface RegimePhase {
  readonly after: number;
  readonly regime: keyof typeof REGIMES;
}
