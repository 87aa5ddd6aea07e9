import { boundShare } from './bound-share.ts';
import { callPutGap, callPutGapErrors } from './call-put-gap.ts';
import { coverageShare } from './coverage-share.ts';
import { crossedCount } from './crossed-count.ts';
import { discountRatio } from './discount.ts';
import { flippedShare } from './flipped-share.ts';
import { halfSpread, relativeSpread } from './half-spread.ts';
import { indexGap } from './index-gap.ts';
import { interpolationGap } from './interpolation-gap.ts';
import { markForwardGap } from './mark-forward-gap.ts';
import { markGap } from './mark-gap.ts';
import { messageRate } from './message-rate.ts';
import type { DataMetric } from './metric.ts';
import { oneSidedShare } from './one-sided-share.ts';
import { outlierCount } from './outlier-count.ts';
import { parityGap, parityGapErrors } from './parity-gap.ts';
import { receiveOffset } from './receive-offset.ts';
import { silentShare } from './silent-share.ts';
import { timeOffset, timeRatio } from './time-offset.ts';
import { touchSize } from './touch-size.ts';
import { twoSidedCount } from './two-sided-count.ts';
import { unchangedShare } from './unchanged-share.ts';
import { unitRatio } from './unit-ratio.ts';
import { unmovedShare } from './unmoved-share.ts';

/** Every data metric, in the order in which an expiry keeps their memories. */
export const DATA_METRICS: readonly DataMetric[] = [
  boundShare,
  callPutGap,
  callPutGapErrors,
  coverageShare,
  crossedCount,
  discountRatio,
  flippedShare,
  halfSpread,
  indexGap,
  interpolationGap,
  markForwardGap,
  markGap,
  messageRate,
  oneSidedShare,
  outlierCount,
  parityGap,
  parityGapErrors,
  receiveOffset,
  relativeSpread,
  silentShare,
  timeOffset,
  timeRatio,
  touchSize,
  twoSidedCount,
  unchangedShare,
  unitRatio,
  unmovedShare,
];
