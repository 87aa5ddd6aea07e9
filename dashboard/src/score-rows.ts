import type { Worse } from './score-history.ts';

/** One strip of the scores: a column of `series` or `quality` with how it is read. Adding a score is adding a row. */
export interface ScoreRow {
  readonly column: string;
  readonly of: 'series' | 'quality';
  readonly name: string;
  readonly unit: string;
  readonly says: string;
  /** Multiplies the wire's number for display. */
  readonly scale: number;
  readonly decimals: number;
  /** Where the axis begins or ends whatever the data. */
  /** `low`: less is worse. */
  readonly worse?: Worse;
  readonly floor?: number;
  readonly ceiling?: number;
}

export const SCORE_ROWS: readonly ScoreRow[] = [
  { column: 'pz', of: 'series', name: 'PZ', unit: 'sd', says: 'prediction error in its own standard deviations; health is about 1', scale: 1, decimals: 2, floor: 0 },
  { column: 'level', of: 'series', name: 'Level', unit: 'vol pts', says: 'innovation of the level: market above the model is positive', scale: 100, decimals: 2 },
  { column: 'skew', of: 'series', name: 'Skew', unit: 'vol pts / x', says: 'innovation of the slope in x', scale: 100, decimals: 2 },
  { column: 'curvature', of: 'series', name: 'Curvature', unit: 'vol pts / x²', says: 'innovation of the curvature in x', scale: 100, decimals: 2 },
  { column: 'pr', of: 'series', name: 'PR', unit: 'sd', says: 'median of what level, skew and curvature leave, in standard errors', scale: 1, decimals: 2, floor: 0 },
  { column: 'inside_share', of: 'series', name: 'Inside bid-ask', unit: '%', says: 'predictions inside the bid-ask they had not seen', scale: 100, decimals: 0, worse: 'low', floor: 0, ceiling: 100 },
  { column: 'age_s', of: 'series', name: 'Model age', unit: 's', says: 'age of the data the model was fitted to', scale: 1, decimals: 0, floor: 0 },
  { column: 'half_spread', of: 'quality', name: 'Half-spread', unit: 'vol pts', says: 'median half-spread', scale: 100, decimals: 2, floor: 0 },
  { column: 'parity_gap', of: 'quality', name: 'Forward gap', unit: 'bp of F', says: 'published forward against put-call parity', scale: 1, decimals: 2 },
  { column: 'unchanged_share', of: 'quality', name: 'Stale share', unit: '%', says: 'quotes that repeat themselves', scale: 100, decimals: 0, floor: 0, ceiling: 100 },
  { column: 'silent_share', of: 'quality', name: 'Silent share', unit: '%', says: 'instruments without a word since the last batch', scale: 100, decimals: 0, floor: 0, ceiling: 100 },
  { column: 'two_sided', of: 'quality', name: 'Two-sided', unit: 'quotes', says: 'quotes with bid and ask', scale: 1, decimals: 0, worse: 'low', floor: 0 },
]; // prettier-ignore
