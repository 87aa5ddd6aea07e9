/** The states of the market: what each multiplies or shifts, relative to calm. */

/** One state of the market. All multipliers are relative to calm = 1. */
export interface Regime {
  readonly name: string;
  /** Of the spot's volatility. */
  readonly spotVolatility: number;
  /** Of the volatility of the surface factors. */
  readonly factorVolatility: number;
  /** Short-end volatility points per +1 % of spot. */
  readonly spotVolBeta: number;
  /** Shift of the mean of log short-end and long-end volatility. */
  readonly shortLevel: number;
  readonly longLevel: number;
  /** Shift of the mean skewness of the short end. */
  readonly skew: number;
  /** Of spreads, of sizes, of the odds that a side is missing. */
  readonly spread: number;
  readonly depth: number;
  readonly missing: number;
  /** Of quote updates and of trades per second. */
  readonly updates: number;
  readonly trades: number;
  /** Spot drift per hour, log units. */
  readonly drift: number;
  /** Share of trades that are liquidations. */
  readonly liquidations: number;
}

const calm: Regime = {
  name: 'calm', spotVolatility: 1, factorVolatility: 1, spotVolBeta: -0.5, shortLevel: 0, longLevel: 0, skew: 0, spread: 1,
  depth: 1, missing: 1, updates: 1, trades: 1, drift: 0, liquidations: 0.004,
}; // prettier-ignore

/** Every regime by name. Betas: real BTC showed -0.87 in February 2026 and +1.03 in August. */
export const REGIMES = {
  calm,
  busy: { ...calm, name: 'busy', spotVolatility: 1.6, factorVolatility: 1.7, spotVolBeta: -1.1, shortLevel: 0.12, longLevel: 0.02, skew: -0.05, spread: 1.15, updates: 2, trades: 3, liquidations: 0.01 },
  rally: { ...calm, name: 'rally', spotVolatility: 1.3, factorVolatility: 1.4, spotVolBeta: 1.03, shortLevel: 0.05, skew: 0.35, updates: 1.5, trades: 2, drift: 0.0006 },
  contraction: { ...calm, name: 'contraction', spotVolatility: 1.2, factorVolatility: 1.3, spotVolBeta: -0.6, shortLevel: 0.08, spread: 3.5, depth: 0.2, missing: 3, updates: 0.6, trades: 0.5 },
  crash: { ...calm, name: 'crash', spotVolatility: 4, factorVolatility: 4, spotVolBeta: -2, shortLevel: 0.5, longLevel: 0.1, skew: -0.2, spread: 4, depth: 0.15, missing: 5, updates: 3, trades: 8, liquidations: 0.25 },
  aftermath: { ...calm, name: 'aftermath', spotVolatility: 2.2, factorVolatility: 2.2, spotVolBeta: -1.6, shortLevel: 0.4, longLevel: 0.06, skew: -0.15, spread: 2, depth: 0.5, missing: 2, updates: 1.6, trades: 4, liquidations: 0.05 },
  'short-spike': { ...calm, name: 'short-spike', spotVolatility: 2, factorVolatility: 2, spotVolBeta: -1.3, shortLevel: 0.4, longLevel: -0.05, skew: -0.1, spread: 1.5, updates: 1.5, trades: 3 },
  'slow-drift': { ...calm, name: 'slow-drift', spotVolatility: 0.7, drift: -0.0015, shortLevel: 0.06 },
} as const satisfies Record<string, Regime>; // prettier-ignore

/** Name of a regime. */
export type RegimeName = keyof typeof REGIMES;
