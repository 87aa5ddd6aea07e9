import { WINGS, type WingScore } from '../score/wing-score.ts';
import type { GateState } from './gate.ts';

/** What one part of a smile has shown lately; plain data. */
export interface WingTrack {
  /** Smoothed mean of z^2; NaN before the first batch that had quotes there. */
  meanSquare: number;
  /** Batches in a row without a quote there. */
  empty: number;
  state: 'OK' | 'WIDEN' | 'HEDGE_ONLY' | 'DO_NOT_USE';
}

/** The parts of a smile before its first score, in the order of `WINGS`. */
export function initWings(): WingTrack[] {
  return WINGS.map(() => ({ meanSquare: NaN, empty: 0, state: 'OK' }));
}

/** Weight of one batch in the smoothed error. */
const WEIGHT = 0.2;
/** rms of z from which a part is widened, and from which nobody should quote it: what proves a whole refit, and twice that. */
const WIDEN_Z = 2;
const CLOSE_Z = 4;
/** PZ of one batch from which the whole is widened: one alone must say more than the run of them that asks for a refit. */
const SUSPECT_Z = 2.5;
/** A part comes back at this share of what it went at. */
const BACK = 0.7;
/** Batches without a quote after which nothing is known of a part. */
const EMPTY_BATCHES = 3;

/** Takes the scores of one batch, in the order of `WINGS`. */
export function updateWings(wings: readonly WingTrack[], scores: readonly WingScore[]): void {
  for (const [i, { n, meanSquare }] of scores.entries()) {
    const wing = wings[i];
    if (n === 0) wing.empty++;
    else {
      wing.empty = 0;
      wing.meanSquare = Number.isNaN(wing.meanSquare)
        ? meanSquare
        : wing.meanSquare + WEIGHT * (meanSquare - wing.meanSquare);
    }
    wing.state = stateOf(wing);
  }
}

/** What the fit that serves has shown on the whole smile; plain data. */
export interface WholeTrack {
  /** Id of the fit; null before the first score. */
  fit: string | null;
  /** PZ squared: rises at once, falls over about five batches; NaN before the first. */
  meanSquare: number;
  state: 'OK' | 'WIDEN' | 'HEDGE_ONLY';
}

/** Nothing scored. */
export function initWhole(): WholeTrack {
  return { fit: null, meanSquare: NaN, state: 'OK' };
}

/**
 * Takes the PZ of one batch by the fit `id`. One batch that the model does not explain is enough to be careful, and one that
 * it does explain proves little; but a fit that has replaced the one that missed is judged by itself.
 */
export function updateWhole(whole: WholeTrack, id: string, pz: number): void {
  const square = pz * pz;
  const anew = whole.fit !== id;
  whole.fit = id;
  whole.meanSquare =
    !anew && whole.meanSquare > square ? whole.meanSquare + WEIGHT * (square - whole.meanSquare) : square;
  const z = Math.sqrt(whole.meanSquare);
  const before = anew ? 'OK' : whole.state;
  if (z > CLOSE_Z || (before === 'HEDGE_ONLY' && z > BACK * CLOSE_Z)) whole.state = 'HEDGE_ONLY';
  else whole.state = z > SUSPECT_Z || (before !== 'OK' && z > BACK * SUSPECT_Z) ? 'WIDEN' : 'OK';
}

function stateOf(wing: WingTrack): WingTrack['state'] {
  if (wing.empty >= EMPTY_BATCHES || Number.isNaN(wing.meanSquare)) return 'DO_NOT_USE';
  const z = Math.sqrt(wing.meanSquare);
  if (z > CLOSE_Z || (wing.state === 'HEDGE_ONLY' && z > BACK * CLOSE_Z)) return 'HEDGE_ONLY';
  return z > WIDEN_Z || (wing.state !== 'OK' && z > BACK * WIDEN_Z) ? 'WIDEN' : 'OK';
}

const ORDER: readonly GateState['state'][] = ['OK', 'WIDEN', 'HEDGE_ONLY', 'DO_NOT_USE'];

/** The gate of one part: that of its expiry, or its own where that is stricter; with how much wider its error is (at least `widen`, the expiry's). */
export function wingGate(
  expiry: GateState,
  wing: WingTrack,
  widen: number = 1,
): { readonly gate: GateState; readonly widen: number } {
  const own = wing.state === 'OK' ? [] : [wing.state === 'DO_NOT_USE' ? 'no-quotes' : 'wing-error'];
  const stricter = ORDER.indexOf(wing.state) > ORDER.indexOf(expiry.state) ? wing.state : expiry.state;
  const z = Math.sqrt(wing.meanSquare);
  return {
    gate: { state: stricter, reasons: [...expiry.reasons, ...own] },
    widen: wing.state === 'WIDEN' && z > widen ? z : widen,
  };
}
