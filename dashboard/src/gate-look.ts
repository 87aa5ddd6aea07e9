import type { GateWord, Severity } from './wire.ts';

/** A state is a word, a shape and a colour: any one of them is enough to read it. */
export interface Look {
  readonly word: string;
  readonly shape: Shape;
  /** Name of the style sheet's variable. */
  readonly colour: 'ok' | 'widen' | 'hedge' | 'stop' | 'quiet';
  readonly says: string;
}

export type Shape = 'circle' | 'triangle' | 'square' | 'cross' | 'ring';

export const GATE_LOOK: Readonly<Record<GateWord, Look>> = {
  OK: { word: 'OK', shape: 'circle', colour: 'ok', says: 'quote and hedge on this model' },
  WIDEN: { word: 'WIDEN', shape: 'triangle', colour: 'widen', says: 'quote wider on this model' },
  HEDGE_ONLY: { word: 'HEDGE ONLY', shape: 'square', colour: 'hedge', says: 'hedge on this model, quote nothing' },
  DO_NOT_USE: { word: 'DO NOT USE', shape: 'cross', colour: 'stop', says: 'neither quote nor hedge on this model' },
};

export const SEVERITY_LOOK: Readonly<Record<Severity, Look>> = {
  info: { word: 'info', shape: 'ring', colour: 'quiet', says: 'worth knowing' },
  warning: { word: 'warning', shape: 'triangle', colour: 'widen', says: 'look soon' },
  critical: { word: 'critical', shape: 'cross', colour: 'stop', says: 'look now' },
};

const GATE_ORDER: readonly GateWord[] = ['OK', 'WIDEN', 'HEDGE_ONLY', 'DO_NOT_USE'];

/** 0 for OK up to 3 for DO_NOT_USE. */
export function gateRank(state: GateWord): number {
  return GATE_ORDER.indexOf(state);
}

/** How far a model has lived of the time in which half its predictions leave the bid-ask; null when either is unknown. */
export function lifeSpent(ageSeconds: number | null, halfLifeSeconds: number | null): number | null {
  return ageSeconds === null || halfLifeSeconds === null || halfLifeSeconds <= 0 ? null : ageSeconds / halfLifeSeconds;
}
