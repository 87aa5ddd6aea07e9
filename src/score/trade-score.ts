/** What one print says about a model, and what makes its error bar. Prices in premium currency. */
export interface ScoredTrade {
  readonly price: number;
  /** Coins. */
  readonly amount: number;
  readonly direction: 'buy' | 'sell';
  /** The model's price before the print. */
  readonly model: number;
  /** One standard error of that price. */
  readonly modelSd: number;
  /** Half the spread in force before the print. */
  readonly halfSpread: number;
  readonly tick: number;
  /** dp/dsigma per 1.00 of volatility. */
  readonly vega: number;
  /** USD per unit of premium. */
  readonly unitUsd: number;
}

/** Screen trades of one expiry against one model: exponential means, and totals by kind. */
export interface TradeScore {
  count: number;
  /** Means over the last fifty or so screen trades. */
  z: number;
  square: number;
  vol: number;
  ticks: number;
  /** USD of mispricing traded since the start: sum of error times amount. */
  money: number;
  /** Prints of other kinds, which test nothing. */
  readonly apart: Record<'liquidation' | 'block' | 'combo' | 'rfq' | 'late' | 'own', number>;
}

const WEIGHT = 0.02;

/** No trade yet. */
export function initTradeScore(): TradeScore {
  return {
    count: 0,
    z: 0,
    square: 0,
    vol: 0,
    ticks: 0,
    money: 0,
    apart: { liquidation: 0, block: 0, combo: 0, rfq: 0, late: 0, own: 0 },
  };
}

/**
 * Residual of a print, premium currency: price - side * half-spread - model, because prints happen at the touch and a
 * healthy model would otherwise show a mean z of one (correction 10). Source: methods.md 1.3.
 */
export function tradeResidual(trade: ScoredTrade): number {
  const side = trade.direction === 'buy' ? 1 : -1;
  return trade.price - side * trade.halfSpread - trade.model;
}

/** Takes one screen trade. z = residual / sqrt(h^2 + tick^2/12 + model variance). */
export function updateTradeScore(state: TradeScore, trade: ScoredTrade): void {
  const e = tradeResidual(trade);
  const { halfSpread, tick, modelSd } = trade;
  const z = e / Math.sqrt(halfSpread * halfSpread + (tick * tick) / 12 + modelSd * modelSd);
  if (!Number.isFinite(z)) return;
  const weight = Math.max(WEIGHT, 1 / (state.count + 1));
  state.count++;
  state.z += weight * (z - state.z);
  state.square += weight * (z * z - state.square);
  if (trade.vega > 0) state.vol += weight * (e / trade.vega - state.vol);
  state.ticks += weight * (e / tick - state.ticks);
  state.money += e * trade.amount * trade.unitUsd;
}

/** Legs of one package whose sum is its only price. */
export interface PackageScore {
  readonly id: string;
  readonly at: number;
  legs: number;
  /** Sum over legs of side * amount * (price - model), premium currency; the amount of the first leg. */
  error: number;
  firstAmount: number;
}

/** Packages waiting for their legs at once; the oldest goes when there are more. */
const MOST_PACKAGES = 64;

/**
 * Adds a leg (price and model in premium currency) to its package: leg prices are allocations and test nothing by
 * themselves, their signed sum does. Packages older than a second are complete and returned.
 */
export function collectPackage(
  open: PackageScore[],
  id: string,
  at: number,
  signedAmount: number,
  priceMinusModel: number,
): PackageScore[] {
  const complete = open.filter((p) => p.id !== id && at - p.at > 1000);
  for (const p of complete) open.splice(open.indexOf(p), 1);
  let own = open.find((p) => p.id === id);
  if (own === undefined) {
    own = { id, at, legs: 0, error: 0, firstAmount: Math.abs(signedAmount) };
    open.push(own);
    if (open.length > MOST_PACKAGES) complete.push(...open.splice(0, 1));
  }
  own.legs++;
  own.error += signedAmount * priceMinusModel;
  return complete;
}
