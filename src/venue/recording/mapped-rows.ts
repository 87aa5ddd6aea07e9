import type { FutureEvent, IndexEvent } from '../../market/event.ts';
import { formatDeribitDate } from '../deribit-symbol.ts';
import type { CellSpec, Mapping, NumberCellSpec } from './mapping.ts';
import { compileCell, compileChoice, compileNumber, compileTime, spelled } from './mapping-cell.ts';
import type { NumberCell, Row, RowLayout } from './mapping-cell.ts';
import { compileInstrument } from './mapping-instrument.ts';
import { MAX_PRICE, MAX_QUANTITY, MAX_VOLATILITY, RowNumbers, isMarketTime, quoteEvent } from './quote-row.ts';
import type { RecordingStream } from './recording-stream.ts';
import { RowByRow, SnapshotPerPoll, SnapshotPerTime } from './row-order.ts';
import type { RowOrder } from './row-order.ts';
import { ownText } from './symbol-table.ts';

/** Turns one kind of row into an event at `at`; false when the row is of another kind. Faults go to `numbers`. */
type RowKind = (row: Row, at: number) => boolean;

/** Prints of the last minutes whose ids are remembered to refuse repetitions. */
const REMEMBERED_TRADES = 16_384;

/** Rows of one file through one mapping into the stream. */
export class MappedRows {
  readonly #stream: RecordingStream;
  readonly #mapping: Mapping;
  readonly #layout: RowLayout;
  readonly #numbers = new RowNumbers();
  readonly #order: RowOrder;
  readonly #time: (row: Row, numbers: RowNumbers) => number | null;
  readonly #timeText: (row: Row) => unknown;
  readonly #kinds: readonly RowKind[];
  readonly #tradeIds = new Set<string>();

  constructor(mapping: Mapping, layout: RowLayout, stream: RecordingStream) {
    this.#stream = stream;
    this.#mapping = mapping;
    this.#layout = layout;
    this.#order = orderOf(mapping, stream);
    this.#time = compileTime(mapping.time, 'time', layout, mapping.missing);
    this.#timeText = compileCell(mapping.time, layout, mapping.missing);
    const kinds = [this.#indexKind(), this.#futureKind(), this.#tradeKind(), this.#quoteKind()];
    this.#kinds = kinds.filter((kind) => kind !== null);
  }

  /** One row: an event, a refusal, or nothing when no section of the mapping wants it. */
  row(row: Row): void {
    const numbers = this.#numbers;
    numbers.reset();
    const at = this.#time(row, numbers);
    if (at === null || !isMarketTime(at)) {
      if (numbers.faulty) this.#refuseRow();
      else
        this.#stream.refuse(this.#mapping.venue, at === null ? 'missing' : 'out-of-range', 'time', this.#timeText(row));
      return;
    }
    if (!this.#stream.wants(at)) return;
    for (const kind of this.#kinds) if (kind(row, at)) break;
    if (numbers.faulty) this.#refuseRow();
  }

  /** The file has ended. */
  finish(): void {
    this.#order.finish();
  }

  #refuseRow(): void {
    const { reason, field, value } = this.#numbers.fault;
    this.#stream.refuse(this.#mapping.venue, reason, field, value);
  }

  #number(spec: NumberCellSpec | undefined, field: string, least: number, most: number): NumberCell {
    return compileNumber(spec, field, least, most, this.#layout, this.#mapping.missing);
  }

  #text(spec: CellSpec | undefined): (row: Row) => unknown {
    return spec === undefined ? () => null : compileCell(spec, this.#layout, this.#mapping.missing);
  }

  #wanted(where: { column: string; equals: readonly unknown[] } | undefined): (row: Row) => boolean {
    if (where === undefined) return () => true;
    const cell = compileCell({ column: where.column }, this.#layout, []);
    const values = new Set(where.equals.map(spelled));
    return (row) => values.has(spelled(cell(row)));
  }

  #quoteKind(): RowKind | null {
    const { quote, venue } = this.#mapping;
    if (quote === undefined) return null;
    const numbers = this.#numbers;
    const wanted = this.#wanted(quote.where);
    const option = compileInstrument(this.#mapping, this.#layout, this.#stream.symbols);
    const usd = usdPrices(quote);
    const bid = this.#number(quote.bid, 'bid', 0, MAX_PRICE);
    const ask = this.#number(quote.ask, 'ask', 0, MAX_PRICE);
    const mark = this.#number(quote.mark, 'mark', 0, MAX_PRICE);
    const bidSize = this.#number(quote.bid_size, 'bid_size', 0, MAX_QUANTITY);
    const askSize = this.#number(quote.ask_size, 'ask_size', 0, MAX_QUANTITY);
    const markIv = this.#number(quote.mark_iv, 'mark_iv', 0, MAX_VOLATILITY);
    const forward = this.#number(quote.forward, 'forward', 1e-9, MAX_PRICE);
    const forwardName = this.#text(quote.forward_name);
    const index = this.#number(quote.index, 'index', 1e-9, MAX_PRICE);
    const delta = this.#number(quote.delta, 'delta', -10, 10);
    const vega = this.#number(quote.vega, 'vega', 0, MAX_PRICE);
    const openInterest = this.#number(quote.open_interest, 'open_interest', 0, MAX_QUANTITY);
    return (row, at) => {
      if (!wanted(row)) return false;
      const entry = option(row, numbers);
      if (entry === null) return true;
      const f = forward(row, numbers);
      const spot = index(row, numbers);
      const name = forwardName(row);
      const coin = entry.instrument.settlement === 'inverse' && usd.any ? (spot ?? f) : null;
      const event = quoteEvent(
        at,
        venue,
        entry.instrument.symbol,
        positive(premium(bid(row, numbers), usd.bid, coin, entry.instrument.settlement, numbers)),
        positive(premium(ask(row, numbers), usd.ask, coin, entry.instrument.settlement, numbers)),
        bidSize(row, numbers),
        askSize(row, numbers),
        premium(mark(row, numbers), usd.mark, coin, entry.instrument.settlement, numbers),
        positive(markIv(row, numbers)),
        f,
        typeof name === 'string' ? this.#stream.symbols.intern(name) : null,
        spot,
        delta(row, numbers),
        vega(row, numbers),
        openInterest(row, numbers),
      );
      if (!numbers.faulty) this.#order.row(entry, event);
      return true;
    };
  }

  #tradeKind(): RowKind | null {
    const { trade, venue } = this.#mapping;
    if (trade === undefined) return null;
    const numbers = this.#numbers;
    const wanted = this.#wanted(trade.where);
    const option = compileInstrument(this.#mapping, this.#layout, this.#stream.symbols);
    const id = this.#text(trade.id);
    const price = this.#number(trade.price, 'price', 1e-12, MAX_PRICE);
    const amount = this.#number(trade.amount, 'amount', 1e-12, MAX_QUANTITY);
    const direction = compileChoice(
      trade.direction,
      ['buy', trade.direction.buy],
      ['sell', trade.direction.sell],
      this.#layout,
    );
    const directionText = this.#text(trade.direction);
    const iv = this.#number(trade.iv, 'iv', 0, MAX_VOLATILITY);
    const mark = this.#number(trade.mark, 'mark', 0, MAX_PRICE);
    const index = this.#number(trade.index, 'index', 1e-9, MAX_PRICE);
    return (row, at) => {
      if (!wanted(row)) return false;
      const entry = option(row, numbers);
      if (entry === null) return true;
      const tradeId = tradeIdIn(id(row));
      const side = direction(row);
      const paid = price(row, numbers);
      const traded = amount(row, numbers);
      const implied = positive(iv(row, numbers));
      const marked = mark(row, numbers);
      const spot = index(row, numbers);
      if (numbers.faulty) return true;
      if (tradeId === null) numbers.fail('missing', 'id', id(row));
      else if (side === null) numbers.fail('unknown-side', 'direction', directionText(row));
      else if (paid === null) numbers.fail('missing', 'price', null);
      else if (traded === null) numbers.fail('missing', 'amount', null);
      else if (!this.#isNewTrade(tradeId)) numbers.fail('duplicate', 'id', tradeId);
      else {
        this.#order.row(entry, {
          type: 'trade',
          at,
          receivedAt: at,
          venue,
          symbol: entry.instrument.symbol,
          tradeId,
          price: paid,
          amount: traded,
          direction: side,
          kind: 'screen',
          packageId: null,
          iv: implied,
          mark: marked,
          index: spot,
          late: false,
        });
      }
      return true;
    };
  }

  #isNewTrade(id: string): boolean {
    if (this.#tradeIds.has(id)) return false;
    if (this.#tradeIds.size >= REMEMBERED_TRADES) {
      for (const oldest of this.#tradeIds) {
        this.#tradeIds.delete(oldest);
        break;
      }
    }
    this.#tradeIds.add(id);
    return true;
  }

  #futureKind(): RowKind | null {
    const { future, venue } = this.#mapping;
    if (future === undefined) return null;
    const numbers = this.#numbers;
    const wanted = this.#wanted(future.where);
    const symbolCell = this.#text(future.symbol);
    const underlyingCell = this.#text(future.underlying);
    const expiryCell =
      future.expiry === undefined
        ? () => null
        : compileTime(future.expiry, 'expiry', this.#layout, this.#mapping.missing);
    const bid = this.#number(future.bid, 'bid', 0, MAX_PRICE);
    const ask = this.#number(future.ask, 'ask', 0, MAX_PRICE);
    const mark = this.#number(future.mark, 'mark', 0, MAX_PRICE);
    const funding = this.#number(future.funding_8h, 'funding_8h', -1, 1);
    return (row, at) => {
      if (!wanted(row)) return false;
      const underlying = underlyingName(underlyingCell(row), this.#mapping);
      if (underlying === null) {
        numbers.fail('unknown-symbol', 'underlying', underlyingCell(row));
        return true;
      }
      const expiry = expiryCell(row, numbers);
      if (expiry !== null && !isMarketTime(expiry)) numbers.fail('out-of-range', 'expiry', expiry);
      if (numbers.faulty) return true;
      const written = symbolCell(row);
      const composed = `${underlying}-${expiry === null ? 'PERPETUAL' : formatDeribitDate(expiry)}`;
      const event: FutureEvent = {
        type: 'future',
        at,
        receivedAt: at,
        venue,
        symbol: typeof written === 'string' ? ownText(written.slice(0, 64)) : composed,
        underlying,
        expiry,
        bid: positive(bid(row, numbers)),
        ask: positive(ask(row, numbers)),
        mark: positive(mark(row, numbers)),
        funding8h: funding(row, numbers),
      };
      if (!numbers.faulty) this.#order.row(null, event);
      return true;
    };
  }

  #indexKind(): RowKind | null {
    const { index, venue } = this.#mapping;
    if (index === undefined) return null;
    const numbers = this.#numbers;
    const wanted = this.#wanted(index.where);
    const underlyingCell = this.#text(index.underlying);
    const nameCell = this.#text(index.name);
    const price = this.#number(index.price, 'price', 1e-9, MAX_PRICE);
    const bid = this.#number(index.bid, 'bid', 1e-9, MAX_PRICE);
    const ask = this.#number(index.ask, 'ask', 1e-9, MAX_PRICE);
    return (row, at) => {
      if (!wanted(row)) return false;
      const underlying = underlyingName(underlyingCell(row), this.#mapping);
      if (underlying === null) {
        numbers.fail('unknown-symbol', 'underlying', underlyingCell(row));
        return true;
      }
      const low = bid(row, numbers);
      const high = ask(row, numbers);
      const level = price(row, numbers) ?? (low === null || high === null ? null : (low + high) / 2);
      if (numbers.faulty) return true;
      const name = nameCell(row);
      if (level === null) {
        numbers.fail('missing', 'price', null);
        return true;
      }
      const event: IndexEvent = {
        type: 'index',
        at,
        receivedAt: at,
        venue,
        underlying,
        name: typeof name === 'string' ? ownText(name.slice(0, 64)) : `${underlying.toLowerCase()}_usd`,
        price: level,
      };
      this.#order.row(null, event);
      return true;
    };
  }
}

function orderOf(mapping: Mapping, stream: RecordingStream): RowOrder {
  if (mapping.snapshot === 'none') return new RowByRow(stream);
  return mapping.snapshot === 'time'
    ? new SnapshotPerTime(stream, mapping.venue)
    : new SnapshotPerPoll(stream, mapping.venue, mapping.snapshot === 'poll');
}

function positive(value: number | null): number | null {
  return value === 0 ? null : value;
}

function tradeIdIn(value: unknown): string | null {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  return typeof value === 'string' && value.length <= 128 ? ownText(value) : null;
}

function underlyingName(value: unknown, mapping: Mapping): string | null {
  if (typeof value !== 'string' || !/^[A-Za-z0-9^][A-Za-z0-9_.-]{0,19}$/.test(value)) return null;
  const style = mapping.instrument?.underlying_case;
  return ownText(style === 'upper' ? value.toUpperCase() : style === 'lower' ? value.toLowerCase() : value);
}

interface UsdPrices {
  readonly bid: boolean;
  readonly ask: boolean;
  readonly mark: boolean;
  readonly any: boolean;
}

function usdPrices(quote: NonNullable<Mapping['quote']>): UsdPrices {
  const isUsd = (spec: NumberCellSpec | undefined): boolean => spec?.unit === 'usd';
  const [bid, ask, mark] = [isUsd(quote.bid), isUsd(quote.ask), isUsd(quote.mark)];
  return { bid, ask, mark, any: bid || ask || mark };
}

/** A price in premium currency: USD prices of coin-settled options are divided by the index (or forward) of their row. */
function premium(
  price: number | null,
  isUsd: boolean,
  coin: number | null,
  settlement: 'inverse' | 'linear',
  numbers: RowNumbers,
): number | null {
  if (price === null || !isUsd || settlement === 'linear') return price;
  return coin === null ? numbers.fail('missing', 'index', null) : price / coin;
}
