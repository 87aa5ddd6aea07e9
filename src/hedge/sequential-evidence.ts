/**
 * Sequential evidence that one hedge loses less than another: a betting martingale on block averages of the loss
 * difference (Choe and Ramdas 2023, arXiv:2110.00115, made safe against dependence by blocks longer than it; methods
 * note, correction 4). P(E ever >= 20) <= 5 % when the blocks' differences have non-positive conditional mean.
 */
import { log } from '../numeric/exponential.ts';

/** Running state; plain data. */
export interface SequentialEvidence {
  readonly blockLength: number;
  blockSum: number;
  blockCount: number;
  /** Blocks closed. */
  blocks: number;
  /** Largest |block mean| of earlier blocks: the bound of the next. */
  bound: number;
  logEvidence: number;
  peak: number;
  /** Of earlier blocks' clipped, scaled differences: sum and sum of squares, for the next bet. */
  sum: number;
  square: number;
}

/** Blocks that only set the bound, without a bet. */
const BURN_IN = 5;
const LARGEST_BET = 0.5;

/** Nothing seen; `blockLength` in steps, longer than the dependence of the differences. */
export function initEvidence(blockLength: number): SequentialEvidence {
  return { blockLength, blockSum: 0, blockCount: 0, blocks: 0, bound: 0, logEvidence: 0, peak: 0, sum: 0, square: 0 };
}

/**
 * One step's loss of the champion minus that of the challenger (positive: the challenger was better). Returns ln E.
 * A block beyond the bound of earlier blocks is clipped to it, then raises it: bets stay predictable.
 */
export function updateEvidence(state: SequentialEvidence, difference: number): number {
  state.blockSum += difference;
  state.blockCount++;
  if (state.blockCount < state.blockLength) return state.logEvidence;
  const mean = state.blockSum / state.blockCount;
  state.blockSum = 0;
  state.blockCount = 0;
  if (state.blocks >= BURN_IN && state.bound > 0) {
    const scaled = Math.min(1, Math.max(-1, mean / state.bound));
    const bet = state.square > 0 ? Math.min(LARGEST_BET, Math.max(0, state.sum / (state.square + 1))) : 0;
    state.logEvidence += log(1 + bet * scaled);
    state.peak = Math.max(state.peak, state.logEvidence);
    state.sum += scaled;
    state.square += scaled * scaled;
  }
  state.bound = Math.max(state.bound, Math.abs(mean));
  state.blocks++;
  return state.logEvidence;
}
