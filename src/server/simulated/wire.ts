/** The venue's JSON as text, built by hand: one string per message, numbers rounded as the venue rounds them. */
import { impliedDeviation } from '../../simulator/black.ts';
import { tenor } from '../../simulator/calendar.ts';
import type { ListedOption } from '../../simulator/listing.ts';
import type { FutureOutput, QuoteOutput, TradeOutput } from '../../simulator/output.ts';
import type { Ladder } from './ladder.ts';

/** Prices and volumes of the last 24 hours of one instrument. */
export interface DayStats {
  high: number | null;
  low: number | null;
  first: number | null;
  volume: number;
  volumeUsd: number;
}

const round = (x: number, unit: number): number => Math.round(x * unit) / unit;
const orNull = (x: number | null): number | null => x;

/** Volatility of a price in percent: 0 where there is none or it is below intrinsic, at most 500. */
export function quotedVolatility(price: number | null, quote: QuoteOutput): number {
  if (price === null || price <= 0) return 0;
  const { strike, side, expiry } = quote.option.instrument;
  const { forward } = quote;
  const years = tenor(quote.at, expiry);
  const root = Math.sqrt(years);
  const isCall = side === 'call';
  const outOfMoney = isCall === strike >= forward;
  const value = price * forward - (outOfMoney ? 0 : Math.abs(forward - strike));
  if (!(value > 0) || !(years > 0)) return 0;
  const deviation = impliedDeviation(value, forward, strike, strike >= forward, quote.markIv * root);
  return deviation > 0 ? Math.min(500, round((100 * deviation) / root, 100)) : 0;
}

function statsText(stats: DayStats | undefined, last: number | null): string {
  if (stats === undefined || stats.first === null || last === null)
    return '"stats":{"volume_usd":0,"volume":0,"price_change":null,"low":null,"high":null}';
  const change = stats.first > 0 ? round(100 * (last / stats.first - 1), 1e4) : 0;
  return `"stats":{"volume_usd":${round(stats.volumeUsd, 100)},"volume":${round(stats.volume, 1e4)},"price_change":${change},"low":${stats.low},"high":${stats.high}}`;
}

/** Fields shared by an option's ticker and its order book, without braces. */
export function optionTickerFields(q: QuoteOutput, stats: DayStats | undefined, state: string): string {
  const { instrument } = q.option;
  const band = Math.max(0.015, 0.12 * q.mark);
  return (
    `"timestamp":${q.at},"state":"${state}",${statsText(stats, q.last)},"greeks":{"delta":${round(q.delta, 1e5)},"gamma":${round(q.gamma, 1e5)},"vega":${round(q.vega, 1e5)},"theta":${round(q.theta, 1e5)},"rho":${round(q.rho, 1e5)}},` +
    `"index_price":${q.index},"instrument_name":"${instrument.symbol}","last_price":${orNull(q.last)},"settlement_price":${round(q.mark, 1e6)},"min_price":${Math.max(0.0001, round(q.mark - band, 1e4))},"max_price":${round(q.mark + band, 1e4)},` +
    `"open_interest":${q.openInterest},"mark_price":${round(q.mark, 1e6)},"best_bid_price":${q.bid ?? 0},"best_ask_price":${q.ask ?? 0},"best_bid_amount":${q.bidSize ?? 0},"best_ask_amount":${q.askSize ?? 0},` +
    `"interest_rate":0,"mark_iv":${round(100 * q.markIv, 100)},"bid_iv":${quotedVolatility(q.bid, q)},"ask_iv":${quotedVolatility(q.ask, q)},"underlying_price":${round(q.forward, 1e4)},"underlying_index":"${q.forwardName}","estimated_delivery_price":${q.index}`
  );
}

/** Ticker of a future or the perpetual, without braces. */
export function futureTickerFields(f: FutureOutput, stats: DayStats | undefined): string {
  const perpetual =
    f.expiry === null
      ? `,"funding_8h":${round(f.funding8h ?? 0, 1e8)},"current_funding":${round(f.funding8h ?? 0, 1e8)},"interest_value":0.02`
      : '';
  return (
    `"timestamp":${f.at},"state":"open",${statsText(stats, f.mark)},"index_price":${f.index},"instrument_name":"${f.symbol}","last_price":${f.bid},"settlement_price":${f.mark},` +
    `"min_price":${round(f.mark * 0.985, 100)},"max_price":${round(f.mark * 1.015, 100)},"open_interest":${f.expiry === null ? 1_283_531_070 : 98_000_000},"mark_price":${f.mark},` +
    `"best_bid_price":${f.bid},"best_ask_price":${f.ask},"best_bid_amount":${f.bidSize},"best_ask_amount":${f.askSize},"estimated_delivery_price":${f.index}${perpetual}`
  );
}

/** A `quote` notification's data. */
export function quoteData(q: QuoteOutput | FutureOutput): string {
  const name = q.type === 'quote' ? q.option.instrument.symbol : q.symbol;
  return `{"timestamp":${q.at},"instrument_name":"${name}","best_bid_price":${q.bid},"best_bid_amount":${q.bidSize ?? 0},"best_ask_price":${q.ask},"best_ask_amount":${q.askSize ?? 0}}`;
}

/** One public trade. */
export function tradeData(t: TradeOutput): string {
  const flags =
    t.kind === 'liquidation' ? ',"liquidation":"T"'
    : t.kind === 'block' ? `,"block_trade_id":"${t.packageId}","block_trade_leg_count":${t.legs}`
    : t.kind === 'combo' ? `,"combo_id":"${t.option.instrument.underlying}-SIM-${t.packageId}","combo_trade_id":${t.tradeId}`
    : t.kind === 'rfq' ? `,"block_trade_id":"${t.packageId}","block_trade_leg_count":${t.legs},"block_rfq_id":${t.tradeId}`
    : ''; // prettier-ignore
  return `{"trade_seq":${t.sequence},"trade_id":"${t.tradeId}","timestamp":${t.at},"tick_direction":${t.tickDirection},"price":${t.price},"mark_price":${round(t.mark, 1e6)},"iv":${round(100 * t.iv, 100)},"instrument_name":"${t.option.instrument.symbol}","index_price":${t.index},"direction":"${t.direction}","contracts":${t.amount},"amount":${t.amount}${flags}}`;
}

/** One entry of `markprice.options`; volatility is a fraction there. */
export function markPriceData(q: QuoteOutput): string {
  return `{"timestamp":${q.at},"mark_price":${round(q.mark, 1e6)},"iv":${round(q.markIv, 1e4)},"instrument_name":"${q.option.instrument.symbol}"}`;
}

/** An option as `public/get_instruments` describes it. */
export function optionInstrumentData(o: ListedOption, state: string): string {
  const { symbol, strike, side, expiry, underlying, ticks } = o.instrument;
  const steps = ticks.slice(1).map((t) => `{"above_price":${t.from},"tick_size":${t.tick}}`);
  return `{"kind":"option","instrument_name":"${symbol}","instrument_id":${o.id},"instrument_type":"reversed","option_type":"${side}","strike":${strike},"expiration_timestamp":${expiry},"creation_timestamp":${o.createdAt},"settlement_period":"${o.period}","base_currency":"${underlying}","quote_currency":"${underlying}","counter_currency":"USD","settlement_currency":"${underlying}","price_index":"${underlying.toLowerCase()}_usd","tick_size":${ticks[0].tick},"tick_size_steps":[${steps.join(',')}],"min_trade_amount":${underlying === 'BTC' ? 0.1 : 1},"contract_size":1,"maker_commission":0.0003,"taker_commission":0.0003,"block_trade_commission":0.0003,"block_trade_tick_size":0.0001,"block_trade_min_trade_amount":${underlying === 'BTC' ? 25 : 250},"rfq":false,"is_active":${state === 'open'},"state":"${state}"}`;
}

/** A future as `public/get_instruments` describes it. */
export function futureInstrumentData(f: FutureOutput, id: number, createdAt: number): string {
  const period = f.expiry === null ? 'perpetual' : 'month';
  return `{"kind":"future","instrument_name":"${f.symbol}","instrument_id":${id},"instrument_type":"reversed","expiration_timestamp":${f.expiry ?? 32_503_708_800_000},"creation_timestamp":${createdAt},"settlement_period":"${period}","base_currency":"${f.underlying}","quote_currency":"USD","counter_currency":"USD","settlement_currency":"${f.underlying}","price_index":"${f.underlying.toLowerCase()}_usd","tick_size":${f.expiry === null ? 0.5 : 2.5},"tick_size_steps":[],"min_trade_amount":10,"contract_size":10,"max_leverage":50,"maker_commission":0,"taker_commission":0.0005,"max_liquidation_commission":0.0075,"block_trade_commission":0.00025,"block_trade_tick_size":0.01,"block_trade_min_trade_amount":200000,"is_active":true,"state":"open"}`;
}

/** One row of `public/get_book_summary_by_currency`. */
export function bookSummaryData(q: QuoteOutput, stats: DayStats | undefined): string {
  const { underlying, symbol } = q.option.instrument;
  const middle = q.bid === null || q.ask === null ? null : round(0.5 * (q.bid + q.ask), 1e6);
  const change = stats?.first && q.last !== null ? round(100 * (q.last / stats.first - 1), 1e4) : null;
  return `{"instrument_name":"${symbol}","base_currency":"${underlying}","quote_currency":"${underlying}","creation_timestamp":${q.at},"bid_price":${q.bid},"ask_price":${q.ask},"mid_price":${middle},"mark_price":${round(q.mark, 1e6)},"mark_iv":${round(100 * q.markIv, 100)},"last":${q.last},"high":${stats?.high ?? null},"low":${stats?.low ?? null},"price_change":${change},"volume":${round(stats?.volume ?? 0, 1e4)},"volume_usd":${round(stats?.volumeUsd ?? 0, 100)},"open_interest":${q.openInterest},"interest_rate":0,"underlying_price":${round(q.forward, 1e4)},"underlying_index":"${q.forwardName}","estimated_delivery_price":${q.index}}`;
}

const levels = (side: readonly (readonly [number, number])[]): string => side.map(([p, a]) => `[${p},${a}]`).join(',');

/** `"bids":[[price,amount]...],"asks":[...]` with at most `depth` levels. */
export function ladderFields(ladder: Ladder, depth: number): string {
  return `"bids":[${levels(ladder.bids.slice(0, depth))}],"asks":[${levels(ladder.asks.slice(0, depth))}]`;
}
