/** What the monitor ought to say to each thing that the simulated venue can do: the answer key's right names. */
import type { Cause } from '../../policy/causes.ts';
import type { FaultKind } from '../../simulator/fault.ts';

/** The right answer to one kind. */
export interface ExpectedAnswer {
  /** Causes that name it rightly; none: the right answer is silence. */
  readonly causes: readonly Cause[];
  /** Hits one expiry at a time; otherwise the whole underlying. */
  readonly ofOneExpiry: boolean;
  /** A broken fact rather than a move or a matter of degree: must be found within three batches when it comes at once and large. */
  readonly hard: boolean;
}

const data = (ofOneExpiry: boolean, ...causes: Cause[]): ExpectedAnswer => ({ causes, ofOneExpiry, hard: true });
const soft = (ofOneExpiry: boolean, ...causes: Cause[]): ExpectedAnswer => ({ causes, ofOneExpiry, hard: false });

/** By kind. A second cause stands where the same fact has two honest names. */
export const EXPECTED: Readonly<Record<FaultKind, ExpectedAnswer>> = {
  'stale-all': data(false, 'stale-feed'),
  'stale-subset': soft(false, 'stale-feed'),
  'expiry-stuck': data(true, 'stale-feed'),
  crossed: data(true, 'crossed-quotes'),
  'fat-finger': data(true, 'fat-finger'),
  'clock-skew': data(false, 'clock-skew'),
  'missing-expiry': data(true, 'missing-expiry'),
  'missing-side': soft(true, 'missing-expiry', 'liquidity-contraction'),
  'wrong-forward': data(true, 'wrong-forward'),
  'index-as-forward': soft(true, 'wrong-forward'),
  'wrong-expiry-map': data(true, 'wrong-expiry'),
  'call-put-flip': data(true, 'call-put-flip'),
  'usd-as-coin': data(true, 'unit-mismatch'),
  'tick-change': soft(false, 'unit-mismatch', 'liquidity-contraction'),
  'index-outlier': data(false, 'index-dislocation'),
  'stablecoin-depeg': soft(false, 'index-dislocation'),
  'forced-prints': soft(false),
  'vol-scale': soft(true, 'level-move', 'convention-mismatch'),
  'out-of-order': soft(false, 'late-data', 'gap'),
  duplicate: soft(false),
  gap: soft(false, 'gap'),
  silence: soft(false, 'venue-outage', 'stale-feed', 'silent-channel', 'gap'),
  disconnect: soft(false, 'venue-outage', 'gap'),
  refuse: soft(false, 'venue-outage', 'gap'),
  'vol-jump': soft(true, 'level-move'),
  'level-jump': soft(false, 'level-move', 'flash-crash'),
  'skew-jump': soft(false, 'skew-move'),
  'curvature-jump': soft(false, 'curvature-move'),
  'term-inversion': soft(false, 'term-move'),
  'basis-shock': soft(false),
  'liquidity-contraction': soft(false, 'liquidity-contraction'),
  'books-empty': data(false, 'venue-outage', 'liquidity-contraction'),
  'flash-crash': soft(false, 'flash-crash', 'level-move'),
  'spot-vol-flip': soft(false),
  'platform-lock': soft(false, 'venue-outage'),
  maintenance: soft(false, 'venue-outage'),
};
