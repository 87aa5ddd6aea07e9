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

function stateOf(wing: WingTrack): WingTrack['state'] {
  if (wing.empty >= EMPTY_BATCHES || Number.isNaN(wing.meanSquare)) return 'DO_NOT_USE';
  const z = Math.sqrt(wing.meanSquare);
  if (z > CLOSE_Z || (wing.state === 'HEDGE_ONLY' && z > BACK * CLOSE_Z)) return 'HEDGE_ONLY';
  return z > WIDEN_Z || (wing.state !== 'OK' && z > BACK * WIDEN_Z) ? 'WIDEN' : 'OK';
}

const ORDER: readonly GateState['state'][] = ['OK', 'WIDEN', 'HEDGE_ONLY', 'DO_NOT_USE'];

/** The gate of one part: that of its expiry, or its own where that is stricter; with how much wider its error is (at least 1). */
export function wingGate(expiry: GateState, wing: WingTrack): { readonly gate: GateState; readonly widen: number } {
  const own = wing.state === 'OK' ? [] : [wing.state === 'DO_NOT_USE' ? 'no-quotes' : 'wing-error'];
  const stricter = ORDER.indexOf(wing.state) > ORDER.indexOf(expiry.state) ? wing.state : expiry.state;
  const z = Math.sqrt(wing.meanSquare);
  return {
    gate: { state: stricter, reasons: [...expiry.reasons, ...own] },
    widen: wing.state === 'WIDEN' && z > 1 ? z : 1,
  };
}
