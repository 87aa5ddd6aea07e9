import type { Cause } from './causes.ts';

const SHAPES: readonly Cause[] = ['skew-move', 'curvature-move', 'fat-finger'];

/**
 * What follows a move of the market within its own minute, on the same scope or on the single expiries under it, and is
 * no incident of its own: quotes and refits come one after another, so that expiries seem to move again by themselves,
 * a lagging quote looks misprinted, and a level that jumps bends the skew of a smile that is fitted to half of it. What
 * is not listed opens beside the move: a crash is more than the level it begins with, a level more than a skew.
 */
export const AFTERSHOCKS: Readonly<Partial<Record<Cause, ReadonlySet<Cause>>>> = {
  'flash-crash': new Set<Cause>(['level-move', 'term-move', ...SHAPES]),
  'level-move': new Set<Cause>(['level-move', 'term-move', ...SHAPES]),
  'term-move': new Set<Cause>(['level-move', 'term-move', ...SHAPES]),
  'skew-move': new Set<Cause>(SHAPES),
  'curvature-move': new Set<Cause>(['curvature-move', 'fat-finger']),
};

/** A move stands this long after the last batch that showed it, ms: refits of every expiry have come by then. */
export const STANDING_MS = 60_000;
