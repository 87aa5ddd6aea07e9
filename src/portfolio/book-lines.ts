/** What a book's report is made of and what it says, line by line: plain data. */
import type { BookMarket } from './book-market.ts';
import type { OptionPosition } from './position.ts';
import type { MarginRule, MarginStatus } from './margin-figures.ts';
import type { NamedScenario } from './stress.ts';

/** Slope of realised on predicted moves, with its standard error. */
export interface BucketSlope {
  readonly beta: number;
  /** NaN where unknown. */
  readonly standardError: number;
}

/** Slopes by `bucketKey`. */
export type BucketSlopes = ReadonlyMap<string, BucketSlope>;

/** One expiry's forward and ATM volatility, as x is measured in. */
export interface SmileCentre {
  /** Epoch ms. */
  readonly expiry: number;
  readonly years: number;
  readonly forward: number;
  readonly atm: number;
}

/** What a book is valued against. */
export interface BookSources {
  /** Epoch ms. */
  readonly at: number;
  /** In the order they are told. */
  readonly sources: readonly string[];
  /** The one that vega, scenarios and the empirical line rest on. */
  readonly reference: string;
  readonly market: (source: string) => BookMarket;
  /** Whether the venue lists an option of that expiry, strike and side. */
  readonly isListed: (option: OptionPosition) => boolean;
  readonly centres: (underlying: string) => readonly SmileCentre[];
  /** What the underlying's market did in windows of history; empty = not told. */
  readonly history: (underlying: string) => readonly NamedScenario[];
  /** Slopes that prices have shown, by regime, `any` for all; empty = none known. */
  readonly slopes: ReadonlyMap<string, BucketSlopes>;
}

/** Exposures of one underlying under one source; `account` `all` is the sum. */
export interface ExposureLine extends ExposureFields {
  readonly type: 'exposure';
  readonly account: string;
  readonly underlying: string;
  readonly source: string;
}

/** One bucket of tenor x side x delta class, options alone. */
export interface BucketLine {
  readonly type: 'bucket';
  /** `all` is the sum. */
  readonly account: string;
  readonly underlying: string;
  readonly source: string;
  readonly side: 'call' | 'put';
  readonly tenor: string;
  /** |Black delta| in percent, or `other`. */
  readonly delta: string;
  readonly positions: number;
  readonly delta_black: number;
  readonly delta_net: number;
  readonly gamma_usd_per_percent: number;
  readonly vega_usd_per_point: number;
  /** Slope used, and its standard error: of the empirical line alone. */
  readonly beta: number | null;
  readonly beta_se: number | null;
}

/** Figures of an exposure; coins and USD as named. */
export interface ExposureFields {
  readonly value_coin: number;
  readonly value_usd: number;
  readonly equity_coin: number;
  readonly delta_black: number;
  readonly delta_net: number;
  readonly delta_usd: number;
  readonly gamma_usd_per_percent: number;
  readonly vega_usd_per_point: number;
  readonly vega_usd_per_point_30d: number;
  readonly theta_usd_per_day: number;
}

/** Vega of one expiry in level, skew and curvature, USD per volatility point. */
export interface VegaLine {
  readonly type: 'vega';
  readonly underlying: string;
  readonly expiry: string;
  readonly level: number;
  readonly skew: number;
  readonly convexity: number;
}

/** Profit and loss of one scenario. */
export interface ScenarioLine {
  readonly type: 'scenario';
  readonly underlying: string;
  /** `grid`, `venue-margin`, `stress` or `history`. */
  readonly set: string;
  readonly name: string;
  readonly spot: number;
  /** Absolute points of the grid; null where the move is another. */
  readonly volatility_points: number | null;
  readonly pnl_usd: number;
  readonly pnl_coin: number;
}

/** Margin under one source and rule, and how far the spot may go under each volatility move. */
export interface MarginLine {
  readonly type: 'margin';
  /** `all`: the whole as if it were one account; else one account, as it is margined. */
  readonly account: string;
  readonly underlying: string;
  readonly source: string;
  readonly rule: MarginRule;
  readonly volatility: string;
  readonly status: MarginStatus;
  /** Maintenance and initial margin (null: the rule has none of its own), and what the coin margin is held against. */
  readonly margin_coin: number;
  readonly margin_usd: number;
  readonly initial_margin_coin: number | null;
  readonly initial_margin_usd: number | null;
  readonly balance_coin: number;
  /** Relative spot moves, and the index prices they lead to. */
  readonly liquidation_down: number | null;
  readonly liquidation_up: number | null;
  readonly liquidation_down_usd: number | null;
  readonly liquidation_up_usd: number | null;
}

/** Money that is at stake beside the value. */
export interface MoneyLine {
  readonly type: 'money';
  readonly underlying: string;
  /** Cost of closing at the touch, and options without a two-sided quote. */
  readonly close_out_usd: number;
  readonly unquoted: number;
  /** Delta beyond what prices have shown; null without slopes. */
  readonly hedge_bias_usd: number | null;
  readonly hedge_bias_usd_per_percent: number | null;
  readonly hedge_bias_noise_usd: number | null;
  readonly hedge_bias_share: number | null;
  /** The same delta in USD per 1 % under the slopes of each regime that has its own. */
  readonly hedge_bias_by_regime: Readonly<Record<string, number>>;
}

/** A holding without a value. */
export interface UnvaluedHolding {
  readonly instrument: string;
  readonly account: string;
  readonly size: number;
  readonly reason: string;
}

/** The whole report. */
export interface BookReport {
  readonly at: number;
  readonly exposures: readonly ExposureLine[];
  readonly buckets: readonly BucketLine[];
  readonly vegas: readonly VegaLine[];
  readonly scenarios: readonly ScenarioLine[];
  readonly margins: readonly MarginLine[];
  readonly money: readonly MoneyLine[];
  /** Positions that could not be valued: what is held, and why (`expired`, `no-mark`, `no-index`). */
  readonly unvalued: readonly UnvaluedHolding[];
  /** Options that the venue does not list: valued on their expiry's smile, named so that a slip of the pen is seen. */
  readonly unlisted: readonly { readonly instrument: string; readonly account: string; readonly size: number }[];
  /** USD value of dollar equity, which belongs to no underlying. */
  readonly dollars: number;
}
