import type { Holding } from './holding.ts';
import type { OptionInstrument } from './instrument.ts';

/**
 * Everything that can happen to the engine, as one closed union.
 *
 * `at` is the venue's time of the fact, `receivedAt` ours; both epoch ms UTC (files without the second repeat the first).
 * A missing number is `null`, never NaN and never a magic zero: the border (`src/venue/`) has resolved every spelling.
 * Volatilities are fractions per sqrt(year) (0.45), never percent. Prices are in the instrument's premium currency
 * (coin for inverse options). Deltas say which convention they carry.
 */
export interface EventTimes {
  readonly at: number;
  readonly receivedAt: number;
}

/** An option appears, or its life-cycle state changes. */
export interface InstrumentEvent extends EventTimes {
  readonly type: 'instrument';
  readonly instrument: OptionInstrument;
  readonly state: 'open' | 'locked' | 'halted' | 'settling' | 'expired' | 'delisted';
}

/** Top of book of one option with the venue's own view of it. Replaces the previous quote of the symbol entirely. */
export interface QuoteEvent extends EventTimes {
  readonly type: 'quote';
  readonly venue: string;
  readonly symbol: string;
  /** Premium currency; null = no bid. */
  readonly bid: number | null;
  readonly ask: number | null;
  /** Contracts. */
  readonly bidSize: number | null;
  readonly askSize: number | null;
  /** The venue's mark price, premium currency. */
  readonly mark: number | null;
  /** The venue's mark volatility, fraction. */
  readonly markIv: number | null;
  /** Forward of the expiry published with the quote, USD; `forwardName` says what it is (future, SYN.*, index_price). */
  readonly forward: number | null;
  readonly forwardName: string | null;
  /** Spot index published with the quote, USD. */
  readonly index: number | null;
  /** The venue's delta in ITS convention (Deribit: Black-76 N(d1) of the forward, not premium-adjusted). */
  readonly delta: number | null;
  /** The venue's vega, USD per volatility point (0.01). */
  readonly vega: number | null;
  /** Contracts open. */
  readonly openInterest: number | null;
}

/** Why a print is not an ordinary screen trade. */
export type TradeKind = 'screen' | 'liquidation' | 'block' | 'combo' | 'rfq';

/** One print. `direction` is the aggressor's. */
export interface TradeEvent extends EventTimes {
  readonly type: 'trade';
  readonly venue: string;
  readonly symbol: string;
  readonly tradeId: string;
  readonly price: number;
  /** Coins (contracts x contract size). */
  readonly amount: number;
  readonly direction: 'buy' | 'sell';
  readonly kind: TradeKind;
  /** Identifies the package that combo, block and RFQ legs belong to. */
  readonly packageId: string | null;
  readonly iv: number | null;
  readonly mark: number | null;
  readonly index: number | null;
  /** Delivered after the fact (REST history after an outage, delayed block print). */
  readonly late: boolean;
}

/** A spot index print, USD. `name` as the venue spells it (`btc_usd`). */
export interface IndexEvent extends EventTimes {
  readonly type: 'index';
  readonly venue: string;
  readonly underlying: string;
  readonly name: string;
  readonly price: number;
}

/** A dated future or perpetual, USD. `expiry` null = perpetual. */
export interface FutureEvent extends EventTimes {
  readonly type: 'future';
  readonly venue: string;
  readonly symbol: string;
  readonly underlying: string;
  readonly expiry: number | null;
  readonly bid: number | null;
  readonly ask: number | null;
  readonly mark: number | null;
  /** Perpetuals: funding rate per 8 hours, fraction. */
  readonly funding8h: number | null;
}

/** The venue's published volatility index (DVOL), fraction. */
export interface VolatilityIndexEvent extends EventTimes {
  readonly type: 'volatility-index';
  readonly venue: string;
  readonly underlying: string;
  readonly volatility: number;
}

/** The last row of a chain snapshot has been delivered: every expiry of the underlying closes its batch. */
export interface SnapshotEndEvent extends EventTimes {
  readonly type: 'snapshot-end';
  readonly venue: string;
  readonly underlying: string;
}

/** Messages were or may have been missed. `symbol` null = the whole feed. */
export interface GapEvent extends EventTimes {
  readonly type: 'gap';
  readonly venue: string;
  readonly symbol: string | null;
  readonly reason: 'change-id' | 'silence' | 'disconnect' | 'overflow' | 'crash' | 'resync';
  /** Epoch ms of the last good message and of the first after it (null while open). */
  readonly from: number;
  readonly to: number | null;
}

/** Connection state of one feed as a fact in the stream. */
export interface FeedEvent extends EventTimes {
  readonly type: 'feed';
  readonly venue: string;
  readonly state: 'connecting' | 'live' | 'stale' | 'down';
  readonly detail: string;
}

/** The venue locks trading, goes into maintenance, or opens again. */
export interface PlatformEvent extends EventTimes {
  readonly type: 'platform';
  readonly venue: string;
  readonly underlying: string | null;
  readonly state: 'open' | 'locked' | 'maintenance';
}

/** Delivery of an expiry: the settlement price, USD. */
export interface DeliveryEvent extends EventTimes {
  readonly type: 'delivery';
  readonly venue: string;
  readonly underlying: string;
  readonly expiry: number;
  readonly price: number;
}

/** One row or message that the border refused: counted by `reason`, with the field and the offending value as text. */
export interface RefusedEvent extends EventTimes {
  readonly type: 'refused';
  readonly venue: string;
  readonly reason: string;
  readonly field: string;
  readonly value: string;
}

/** The border's measured pulse: our own lag and queue, and clock offset to the venue (ms). */
export interface PulseEvent extends EventTimes {
  readonly type: 'pulse';
  readonly venue: string;
  readonly loopLagMs: number;
  readonly queueLength: number;
  readonly clockOffsetMs: number | null;
  readonly droppedQuotes: number;
}

/** Time passes without data: closes batches, expires leases. */
export interface TimerEvent extends EventTimes {
  readonly type: 'timer';
}

/** A human or a token with a role did something; recorded as input so that replay repeats it. */
export interface OperatorEvent extends EventTimes {
  readonly type: 'operator';
  /** Name of the token or user; never the token. */
  readonly actor: string;
  readonly action:
    | 'acknowledge'
    | 'silence'
    | 'manual'
    | 'resume'
    | 'override'
    | 'approve'
    | 'reject'
    | 'refit'
    | 'verdict';
  /** What it acts on: an incident id, a scope key or a calibration id. */
  readonly target: string;
  readonly note: string;
  /** Epoch ms of our own clock, that of `receivedAt`, at which it lapses; null = at once done. */
  readonly until: number | null;
  /** What the incident was: with `verdict` alone. */
  readonly verdict?: 'true' | 'false' | 'duplicate' | 'unclear';
}

/** The user's own model pushes parameters or volatilities for one expiry. */
export interface PushedFitEvent extends EventTimes {
  readonly type: 'pushed-fit';
  readonly model: string;
  readonly venue: string;
  readonly underlying: string;
  readonly expiry: number;
  /** Either a family with its parameters, or a table of strikes and volatilities (fractions). */
  readonly family: string | null;
  readonly parameters: readonly number[];
  readonly strikes: readonly number[];
  readonly volatilities: readonly number[];
  /** Row-major covariance of the parameters of a family; absent or empty = not known. */
  readonly covariance?: readonly number[];
  /** What its owner calls this version of the model, ASCII; absent = not said. */
  readonly version?: string;
  /** Name of the token or user that pushed it; never the token. */
  readonly by?: string;
}

/**
 * The user's own hedge ratios speak: deltas of some options, replacing those that this model pushed before. `convention`:
 * dV/dF of the USD value (`black`), net of the premium (`premium-adjusted`), or by a rule of the user's own (`rule`).
 */
export interface PushedGreeksEvent extends EventTimes {
  readonly type: 'pushed-greeks';
  readonly model: string;
  readonly venue: string;
  readonly underlying: string;
  readonly convention: 'black' | 'premium-adjusted' | 'rule';
  readonly symbols: readonly string[];
  /** Coins of the forward per coin of the option. */
  readonly deltas: readonly number[];
  /** As in {@link PushedFitEvent}. */
  readonly version?: string;
  readonly by?: string;
}

/**
 * Where our own resting orders stand in one option, all accounts together. Replaces what was said of it before; all null =
 * none rests. Quotes that are ours teach no model and are scored against none.
 */
export interface OwnQuoteEvent extends EventTimes {
  readonly type: 'own-quote';
  readonly venue: string;
  readonly symbol: string;
  /** Best own price per side, premium currency, and what rests at it, contracts. */
  readonly bid: number | null;
  readonly bidSize: number | null;
  readonly ask: number | null;
  readonly askSize: number | null;
}

/** One of our orders was filled: the print of that id is ours, and says nothing about a model. */
export interface OwnFillEvent extends EventTimes {
  readonly type: 'own-fill';
  readonly venue: string;
  /** Empty when there is only one. */
  readonly account: string;
  readonly symbol: string;
  /** As in the venue's public print. */
  readonly tradeId: string;
  /** Ours, not the aggressor's. */
  readonly direction: 'buy' | 'sell';
  /** Premium currency of the instrument. */
  readonly price: number;
  /** Coins (contracts x contract size). */
  readonly amount: number;
  readonly liquidity: 'maker' | 'taker';
  /** What was paid (negative: received), and in which currency; null when unknown. */
  readonly fee: number | null;
  readonly feeCurrency: string | null;
}

/**
 * What an account holds, as one source knows it. A snapshot replaces what that source said of the account before, a delta
 * the instruments it names (size 0: gone).
 */
export interface PositionsEvent extends EventTimes {
  readonly type: 'positions';
  /** Who says so: `file`, `push`, or the venue. */
  readonly source: string;
  readonly account: string;
  readonly mode: 'snapshot' | 'delta';
  /** What a snapshot is complete in: everything, or all but cash. */
  readonly covers: 'all' | 'positions';
  readonly holdings: readonly Holding[];
  /** Rows that could not be read: the book is not whole without them. */
  readonly refused: number;
  /** The source vouches for it for so long, s. */
  readonly validSeconds: number;
  /** Whether every change between two snapshots is told as an `own-fill` too: then the two must agree. */
  readonly fills: boolean;
}

/** Equity of one account in one currency, as the venue counts it. */
export interface EquityEvent extends EventTimes {
  readonly type: 'equity';
  readonly source: string;
  readonly account: string;
  /** `BTC`, `USDC`. */
  readonly currency: string;
  /** For a coin itself; null for dollars. */
  readonly underlying: string | null;
  /** Units of the currency, without option values and results that are not yet booked. */
  readonly cash: number;
  /** All in, and the venue's own margins; null where it does not say. Units of the currency. */
  readonly equity: number | null;
  readonly initialMargin: number | null;
  readonly maintenanceMargin: number | null;
  readonly validSeconds: number;
}

/** How a credit quote is given, all decimals: par spread, standard quoted spread (flat curve), or upfront beside a fixed coupon. */
export type CreditQuoteType = 'par' | 'quoted' | 'upfront';

/**
 * What a credit curve is made of besides its quotes, as its owner states it: sent before the first quote, and again when
 * something changes. A curve without terms is not fitted.
 */
export interface CreditTermsEvent extends EventTimes {
  readonly type: 'credit-terms';
  /** Who states it: a file's or a desk's name. */
  readonly venue: string;
  /** Reference entity, seniority and currency as one short name: `coinbase-snrfor-usd`. */
  readonly curve: string;
  /** What counts as default: curves of different definitions are different curves. */
  readonly eventDefinition: string;
  /** Fraction of the claim recovered, [0, 1). */
  readonly recovery: number;
  readonly accrual: 'isda' | 'markit' | 'correct';
  /** Which way standard tenors roll: by quarter (2009) or by half-year (2015). */
  readonly roll: '2009' | '2015';
  /** Discount curve: years from the trade date (ACT/365F), ascending, and continuously compounded zero rates, decimal. */
  readonly discountYears: readonly number[];
  readonly discountRates: readonly number[];
}

/** One contributor's two-sided quote of one node of a credit curve. Replaces that contributor's quote of the node. */
export interface CreditQuoteEvent extends EventTimes {
  readonly type: 'credit-quote';
  readonly venue: string;
  readonly curve: string;
  readonly contributor: string;
  /** Standard tenor (`6M`, `5Y`) or maturity (`2031-06-20`). */
  readonly node: string;
  readonly quoteType: CreditQuoteType;
  /** Decimal: 0.01 = 100 bp of spread, or one point upfront. Null = that side is not quoted. */
  readonly bid: number | null;
  readonly ask: number | null;
  /** Running coupon, decimal; what an upfront is quoted beside. */
  readonly coupon: number;
  /** Recovery that the contributor quotes with; null = not said. */
  readonly recovery: number | null;
}

/** A calibration returns: what a `fit` effect asked for, as an event with its own time. */
export interface FitResultEvent extends EventTimes {
  readonly type: 'fit-result';
  readonly jobId: string;
  readonly outcome: FitOutcomeRecord;
}

/**
 * What a fit came to, in plain numbers so that it can be logged and compared bit for bit.
 * `status` is `converged` or the reason there is nothing usable; `numbers` explain it.
 */
export interface FitOutcomeRecord {
  readonly status: string;
  /** The fitted parameters in the model's own order; empty when there are none. */
  readonly parameters: readonly number[];
  /** Row-major covariance of `parameters`; empty when not identified. */
  readonly covariance: readonly number[];
  readonly numbers: Readonly<Record<string, number>>;
}

/** The closed union: add a kind here and the engine's dispatcher stops compiling until it is handled. */
export type MarketEvent =
  | InstrumentEvent
  | QuoteEvent
  | TradeEvent
  | IndexEvent
  | FutureEvent
  | VolatilityIndexEvent
  | SnapshotEndEvent
  | GapEvent
  | FeedEvent
  | PlatformEvent
  | DeliveryEvent
  | RefusedEvent
  | PulseEvent
  | TimerEvent
  | OperatorEvent
  | PushedFitEvent
  | PushedGreeksEvent
  | OwnQuoteEvent
  | OwnFillEvent
  | PositionsEvent
  | EquityEvent
  | CreditTermsEvent
  | CreditQuoteEvent
  | FitResultEvent;
