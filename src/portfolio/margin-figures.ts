/** Margins of one underlying under one source of volatilities, and how far the spot may go before they are called. */
import type { BookMarket } from './book-market.ts';
import { distanceToLiquidation, REACH_DOWN, REACH_UP, type LiquidationDistance } from './liquidation.ts';
import { movedMarket } from './moved-market.ts';
import { DERIBIT_BTC_GRID, GridBook } from './portfolio-margin.ts';
import { POSITION_MARGIN_RATES, positionMargin } from './position-margin.ts';
import type { Position } from './position.ts';
import type { Scenario } from './scenario.ts';

/** How margin is asked for: the whole book on the venue's grid, or position by position. */
export type MarginRule = 'portfolio' | 'standard';

/**
 * `covered`: the balance covers the margin now; `short`: it does not; `cash-not-stated`: no coin cash is known, so that
 * neither can be said; `nothing-at-risk`: no coin-margined holding.
 */
export type MarginStatus = 'covered' | 'short' | 'cash-not-stated' | 'nothing-at-risk';

/** Margin now, and distances. */
export interface MarginFigures {
  readonly status: MarginStatus;
  /** Maintenance margin of coin-margined holdings, coin, and of dollar-margined ones, USD. */
  readonly coin: number;
  readonly usd: number;
  /** Initial margin; null where the rule has none of its own (the grid). */
  readonly initialCoin: number | null;
  readonly initialUsd: number | null;
  /** What the coin margin is held against, coin. */
  readonly balanceCoin: number;
  /** Relative spot moves at which the balance no longer covers the margin, both after the move; 0: already; null: none within -95 % to +400 %, or the status has no answer. */
  readonly down: number | null;
  readonly up: number | null;
}

/** Volatility moves under which the distance to liquidation is told, by name. */
export const LIQUIDATION_MOVES: Readonly<Record<string, Scenario['volatility']>> = {
  same: { kind: 'absolute', size: 0 },
  up: { kind: 'relative', size: DERIBIT_BTC_GRID.volatilityUp, tenorPower: DERIBIT_BTC_GRID.tenorPower },
  down: { kind: 'relative', size: DERIBIT_BTC_GRID.volatilityDown, tenorPower: DERIBIT_BTC_GRID.tenorPower },
};

interface Requirement {
  readonly balanceCoin: number;
  readonly coin: number;
  readonly usd: number;
  readonly initialCoin: number | null;
  readonly initialUsd: number | null;
}

/** What a rule asks for after a spot move; null where it does not know the underlying. */
function requirements(
  positions: readonly Position[],
  underlying: string,
  market: BookMarket,
  volatility: Scenario['volatility'],
  rule: MarginRule,
): ((spotMove: number) => Requirement) | null {
  if (rule === 'portfolio') {
    const book = new GridBook(positions, market, volatility);
    return (spotMove) => {
      const { equityCoin, marginCoin, marginUsd } = book.at(spotMove);
      return { balanceCoin: equityCoin, coin: marginCoin, usd: marginUsd, initialCoin: null, initialUsd: null };
    };
  }
  const rates = POSITION_MARGIN_RATES[underlying];
  if (rates === undefined) return null;
  return (spotMove) => {
    const m = positionMargin(positions, movedMarket(market, spotMove, volatility), rates);
    const { balanceCoin, initialCoin, initialUsd } = m;
    return { balanceCoin, coin: m.maintenanceCoin, usd: m.maintenanceUsd, initialCoin, initialUsd };
  };
}

function statusOf(positions: readonly Position[], now: Requirement): MarginStatus {
  const isAtRisk = positions.some((p) => p.kind !== 'equity' && p.settlement === 'inverse' && p.size !== 0);
  if (!isAtRisk) return 'nothing-at-risk';
  const isStated = positions.some((p) => p.kind === 'equity' && p.underlying !== null);
  return !isStated ? 'cash-not-stated' : now.balanceCoin >= now.coin ? 'covered' : 'short';
}

/** One option position an instrument (margin does not ask who bought when), and futures' results from today where their entry is not known. */
function prepared(positions: readonly Position[], market: BookMarket): Position[] {
  const out: Position[] = [];
  const places = new Map<string, number>();
  for (const p of positions) {
    if (p.kind === 'future' && !(p.entry > 0)) {
      out.push({ ...p, entry: market.futureMark(p.symbol, p.underlying, p.expiry) });
      continue;
    }
    const at = p.kind === 'option' ? places.get(p.symbol) : undefined;
    const held = at === undefined ? undefined : out[at];
    if (at !== undefined && held?.kind === 'option') out[at] = { ...held, size: held.size + p.size };
    else {
      if (p.kind === 'option') places.set(p.symbol, out.length);
      out.push(p);
    }
  }
  return out;
}

/**
 * Margin as of now and the spot moves at which it is no longer covered. At every move spot and volatility are moved, the
 * holdings revalued AND their margin asked for anew: a margin that grows with the price is met earlier than today's.
 * `positions` of one underlying with its coin equity, as one account; null where the rule does not know the underlying.
 */
export function marginFigures(
  positions: readonly Position[],
  underlying: string,
  market: BookMarket,
  volatility: Scenario['volatility'] = LIQUIDATION_MOVES['same'],
  rule: MarginRule = 'portfolio',
  steps?: number,
): MarginFigures | null {
  const held = prepared(positions, market);
  const today = requirements(held, underlying, market, LIQUIDATION_MOVES['same'], rule);
  const moved = requirements(held, underlying, market, volatility, rule);
  if (today === null || moved === null) return null;
  const now = today(0);
  const status = statusOf(held, now);
  if (status === 'cash-not-stated' || status === 'nothing-at-risk') return { status, ...now, down: null, up: null };
  const surplus = (spotMove: number): number => {
    const then = moved(spotMove);
    return then.balanceCoin - then.coin;
  };
  const distance = (limit: number): number | null => spotOf(distanceToLiquidation(surplus, limit, 1, steps));
  return { status, ...now, down: distance(REACH_DOWN), up: distance(REACH_UP) };
}

function spotOf(d: LiquidationDistance): number | null {
  return d.status === 'none-within' ? null : d.status === 'breached' ? 0 : d.spot;
}
