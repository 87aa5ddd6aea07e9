/** The simulated account: positions from the configuration, valued on the board; read-only, as the monitor needs it. */
import { tenor } from '../../simulator/calendar.ts';
import type { Board } from './board.ts';

/** A position of the simulated account. */
export interface AccountPosition {
  readonly instrument: string;
  /** Contracts; negative = short. */
  readonly size: number;
  /** Coin. */
  readonly averagePrice: number;
}

/** Positions as `private/get_positions` shows them, valued on the board. */
export function positionsData(board: Board, positions: readonly AccountPosition[], currency: string | null): string {
  const rows: string[] = [];
  for (const p of positions) {
    const quote = board.quotes.get(p.instrument);
    if (quote === undefined || (currency !== null && quote.option.instrument.underlying !== currency)) continue;
    const profit = p.size * (quote.mark - p.averagePrice);
    rows.push(
      `{"instrument_name":"${p.instrument}","kind":"option","size":${p.size},"direction":"${p.size >= 0 ? 'buy' : 'sell'}","average_price":${p.averagePrice},"mark_price":${quote.mark},"index_price":${quote.index},"floating_profit_loss":${profit},"total_profit_loss":${profit},"realized_profit_loss":0,"initial_margin":0,"maintenance_margin":0,"settlement_price":${quote.mark},"delta":${p.size * quote.delta},"gamma":${p.size * quote.gamma},"vega":${p.size * quote.vega},"theta":${p.size * quote.theta},"average_price_usd":${p.averagePrice * quote.index}}`,
    );
  }
  return `[${rows.join(',')}]`;
}

/** The account as `private/get_account_summary` shows it. */
export function accountData(board: Board, positions: readonly AccountPosition[], currency: string, at: number): string {
  let [delta, gamma, vega, theta, value] = [0, 0, 0, 0, 0];
  for (const p of positions) {
    const quote = board.quotes.get(p.instrument);
    if (
      quote === undefined ||
      quote.option.instrument.underlying !== currency ||
      tenor(at, quote.option.instrument.expiry) <= 0
    )
      continue;
    delta += p.size * quote.delta;
    gamma += p.size * quote.gamma;
    vega += p.size * quote.vega;
    theta += p.size * quote.theta;
    value += p.size * quote.mark;
  }
  return `{"currency":"${currency}","balance":100,"equity":${100 + value},"margin_balance":${100 + value},"available_funds":100,"initial_margin":0,"maintenance_margin":0,"options_value":${value},"options_delta":${delta},"options_gamma":${gamma},"options_vega":${vega},"options_theta":${theta},"delta_total":${delta},"username":"SYNTHETIC","type":"main","id":1}`;
}
