/** Prints: `trades.*` notifications and the pages of `public/get_last_trades_by_currency_and_time`. */
import type { TradeEvent, TradeKind } from '../../market/event.ts';
import { deribitInstrument } from '../deribit-symbol.ts';
import { parseOtherName } from './names.ts';
import type { RowReader } from './wire.ts';
import { MARK, PRICE, SIZE, VENUE, VOLATILITY_PERCENT, isRecord } from './wire.ts';

/** Deribit caps a print's volatility at 999 % when none fits; a cap is not a measurement. Fraction. */
const VOLATILITY_CAP = 9.99;
const LIQUIDATIONS = ['M', 'T', 'MT'];

interface Flags {
  readonly kind: TradeKind;
  readonly packageId: string | null;
}

const identifier = (value: unknown): string | null =>
  typeof value === 'string' && value.length > 0 && value.length <= 64
    ? value
    : typeof value === 'number'
      ? String(value)
      : null;

/** Why the print is no ordinary one. A liquidation is one first; an RFQ is a block, a block's legs are a combo's too. */
function flagsOf(trade: Record<string, unknown>, row: RowReader): Flags {
  const rfq = identifier(trade['block_rfq_id']);
  const block = identifier(trade['block_trade_id']);
  const combo = identifier(trade['combo_trade_id']) ?? identifier(trade['combo_id']);
  const packageId = block ?? rfq ?? combo;
  const liquidation = trade['liquidation'];
  if (liquidation !== undefined && liquidation !== null) {
    if (LIQUIDATIONS.includes(liquidation as string)) return { kind: 'liquidation', packageId };
    row.refuse('unknown-flag', 'liquidation', liquidation);
  }
  const kind = rfq !== null ? 'rfq' : block !== null ? 'block' : combo !== null ? 'combo' : 'screen';
  return { kind, packageId };
}

/** Coins of a print. Inverse futures trade in USD, so USD / price; options and linear futures in coins already. */
function coins(amount: number, price: number, symbol: string): number {
  const other = parseOtherName(symbol);
  const inverse =
    other !== null && (other.kind === 'future' || other.kind === 'perpetual') && !other.underlying.includes('_');
  return inverse ? amount / price : amount;
}

/** One print, or null when it was refused. `late`: it comes from history. */
export function readTrade(value: unknown, late: boolean, row: RowReader): TradeEvent | null {
  if (!isRecord(value)) {
    row.refuse('not-a-trade', 'data', value);
    return null;
  }
  row.at = row.now();
  const at = row.time('timestamp', value['timestamp']);
  const symbol = value['instrument_name'];
  if (at === null) return null;
  if (typeof symbol !== 'string' || !tradable(symbol)) {
    row.refuse(
      typeof symbol === 'string' && parseOtherName(symbol) !== null ? 'not-modelled' : 'unknown-instrument',
      'instrument_name',
      symbol,
    );
    return null;
  }
  const tradeId = identifier(value['trade_id']);
  const direction = value['direction'];
  const price = row.required('price', PRICE, value['price']);
  const amount = row.required('amount', SIZE, value['amount']);
  if (tradeId === null) row.refuse('missing', 'trade_id', value['trade_id']);
  if (direction !== 'buy' && direction !== 'sell') {
    row.refuse('unknown-direction', 'direction', direction);
    return null;
  }
  if (tradeId === null || price === null || amount === null) return null;
  const iv = row.number('iv', VOLATILITY_PERCENT, value['iv']);
  return {
    type: 'trade',
    at,
    receivedAt: row.receivedAt,
    venue: VENUE,
    symbol,
    tradeId,
    price,
    amount: coins(amount, price, symbol),
    direction,
    ...flagsOf(value, row),
    iv: iv === null || iv >= VOLATILITY_CAP ? null : iv,
    mark: row.number('mark_price', MARK, value['mark_price']),
    index: row.number('index_price', PRICE, value['index_price']),
    late,
  };
}

/** Options, futures and perpetuals; combos and spot pairs are kept apart. */
function tradable(symbol: string): boolean {
  if (deribitInstrument(symbol) !== null) return true;
  const other = parseOtherName(symbol);
  return other !== null && (other.kind === 'future' || other.kind === 'perpetual');
}
