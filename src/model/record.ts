/**
 * What the engine says, one plain object per line of `--json` and per output record of the log. Times are ISO-8601
 * UTC, volatilities fractions, prices USD unless named otherwise; a number that does not exist is null.
 * Documented for users in `docs/ndjson.md`.
 */
export type OutputRecord =
  | CalibrationRecord
  | ScoreRecord
  | IncidentRecord
  | VerdictRecord
  | ActionRecord
  | HedgeScoreRecord
  | HedgeFitRecord
  | BookRecord
  | GateRecord
  | CreditScoreRecord
  | CreditCalibrationRecord;

/** One calibration came back and was judged by the guards. */
export interface CalibrationRecord {
  readonly type: 'calibration';
  readonly at: string;
  readonly id: string;
  readonly model: string;
  readonly venue: string;
  readonly underlying: string;
  readonly expiry: string;
  /** `accepted`, `refused` (a guard was breached) or the fit's own status when there is nothing to accept. */
  readonly status: string;
  /** Why it was run and, when refused, which guard said no with value and limit. */
  readonly reason: string;
  readonly quotes_used: number;
  readonly quotes_refused: number;
  readonly refused_by_reason: Readonly<Record<string, number>>;
  readonly forward: number | null;
  readonly parameters: Readonly<Record<string, number>>;
  readonly rmse_vol: number | null;
  readonly inside_share: number | null;
  readonly chi2_per_dof: number | null;
  readonly min_g: number | null;
  readonly calendar_violations: number | null;
  /** rms of leave-one-out over rms of plain residuals; above 3 a single quote runs the fit. */
  readonly leave_one_out_ratio: number | null;
  /** One standard error of the fitted volatility at the money, fraction; above 0.01 the slice is not identified. */
  readonly atm_se_vol: number | null;
  /** How far level, skew and curvature have moved from the version before, in standard errors of the difference. */
  readonly level_move_se: number | null;
  readonly skew_move_se: number | null;
  readonly curvature_move_se: number | null;
  /**
   * What the swap would have done to the options held in the expiry beyond the market's own move: vega-weighted volatility
   * (fraction; of one option per quoted strike where none is held), and USD; null without an older fit, or without positions.
   */
  readonly book_jump_vol: number | null;
  readonly book_jump_usd: number | null;
  /** Hash of what the calibration is (`docs/loop.md`), and that of the one that served before it; null without one. */
  readonly content_id: string | null;
  readonly parent: string | null;
  /** Null without a content id. */
  readonly inputs: RecordedInputs | null;
  /** Guards that did not hold. */
  readonly guards: readonly string[];
  /** `automatic`, `pushed`, or the person who ordered or pushed it. */
  readonly approver: string;
  /** Of a calibration that was pushed in: the version that its owner states; null or absent where none was stated. */
  readonly stated_version?: string | null;
}

/** The stretch of data behind a calibration: times, and numbers of the log's records. Of a pushed one: the push. */
export interface RecordedInputs {
  readonly from: string;
  readonly to: string;
  readonly first_record: number;
  readonly last_record: number;
}

/** One prediction made before a batch, judged by it. */
export interface ScoreRecord {
  readonly type: 'score';
  readonly at: string;
  readonly model: string;
  readonly venue: string;
  readonly underlying: string;
  readonly expiry: string;
  /** The version that was live this long ago was scored, s. */
  readonly horizon_s: number;
  readonly n: number;
  readonly pz: number;
  readonly b0: number | null;
  readonly b1: number | null;
  readonly b2: number | null;
  readonly pr: number;
  readonly inside_share: number;
  /** Age of the data that version was fitted to, s. */
  readonly age_s: number;
  /** Mean Gaussian log score, nats per observation. */
  readonly log_score: number;
  /** rms residual of the wings (|delta| < 0.10) in price steps; null without a wing. */
  readonly tail_ticks: number | null;
  /** Age at which the error variance has doubled, s; null while unknown or beyond what was seen. */
  readonly half_life_s: number | null;
  /** rms level error under each rule of smile dynamics, volatility (fraction), and the fitted share of sticky strike. */
  readonly sticky_moneyness_rmse: number | null;
  readonly sticky_strike_rmse: number | null;
  readonly fitted_rule_rmse: number | null;
  readonly fitted_strike_share: number | null;
  /** Screen trades scored so far, their mean z, and the mean mispricing in volatility, ticks and USD traded in all. */
  readonly trade_n: number;
  readonly trade_z: number | null;
  readonly trade_vol: number | null;
  readonly trade_ticks: number | null;
  readonly trade_money_usd: number | null;
}

/**
 * One horizon of hedging one expiry has ended: what every model's ratios, made at its start, left of the price changes.
 * Arrays run over `models`; rms over the options, coin, and USD over the forward at the start.
 */
export interface HedgeScoreRecord {
  readonly type: 'hedge-score';
  readonly at: string;
  readonly venue: string;
  readonly underlying: string;
  readonly expiry: string;
  readonly horizon_s: number;
  /** Options two-sided at both ends. */
  readonly n: number;
  /** How volatility moved with the forward lately: a label, not a verdict. */
  readonly regime: string;
  /** dlnF over the horizon. */
  readonly forward_move: number;
  readonly unhedged_coin: number;
  readonly unhedged_usd: number;
  readonly models: readonly string[];
  /** rms standardised error of the predicted USD change, about 1 in health; null without a ratio. */
  readonly pz: readonly (number | null)[];
  readonly hedged_coin: readonly number[];
  readonly hedged_usd: readonly number[];
  /** Share of options for which the model had a ratio of its own; Black stood in on the others. */
  readonly answered: readonly number[];
  /** Age at the start of what each model's ratios rest on, s. */
  readonly age_s: readonly number[];
  /** Mean cost of rebalancing into the horizon, coin a coin of option: futures and second instrument at stated costs. */
  readonly cost_coin: readonly number[];
  /** Delta alone against delta and vega: rms over the options that had both; null without a second instrument. */
  readonly pair: HedgePairFields | null;
  /** The same for what is held in the expiry: signed changes of the whole, its trades netted; null where nothing is. */
  readonly book_pair: HedgePairFields | null;
}

/** One hedge with a future alone beside one with a future and the option at the money. Coins; USD over F where options settle in dollars. */
export interface HedgePairFields {
  /** The second instrument. */
  readonly instrument: string;
  /** Options. */
  readonly n: number;
  readonly unhedged: number;
  readonly delta: number;
  readonly delta_vega: number;
  /** Costs of rebalancing into the horizon, and what is left after them. */
  readonly delta_cost: number;
  readonly delta_vega_cost: number;
  readonly delta_net: number;
  readonly delta_vega_net: number;
}

/** A hedging model was calibrated, and judged by its guards; or a table of deltas was pushed in (`reason` `pushed`). */
export interface HedgeFitRecord {
  readonly type: 'hedge-calibration';
  readonly at: string;
  readonly id: string;
  readonly model: string;
  readonly venue: string;
  readonly underlying: string;
  /** `accepted`, `refused`, or why there is nothing. */
  readonly status: string;
  readonly reason: string;
  /** Rows, or hours of sums, it was made from. */
  readonly rows: number;
  readonly regime: string;
  /** Named ones only, with their standard errors where there are any. */
  readonly parameters: Readonly<Record<string, number>>;
  readonly standard_errors: Readonly<Record<string, number>>;
  /** As in {@link CalibrationRecord}. */
  readonly content_id: string | null;
  readonly parent: string | null;
  readonly inputs: RecordedInputs | null;
  readonly guards: readonly string[];
  readonly approver: string;
  readonly stated_version?: string | null;
}

/** An incident opened, changed or was resolved. */
export interface IncidentRecord {
  readonly type: 'incident';
  readonly id: string;
  readonly at: string;
  readonly state: 'open' | 'updated' | 'resolved';
  readonly cause: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly scope: string;
  readonly evidence: Readonly<Record<string, unknown>>;
}

/** What an incident turned out to have been, said by a person or, when it ended by itself, by a rule; a later one replaces it. */
export interface VerdictRecord {
  readonly type: 'verdict';
  readonly at: string;
  readonly incident: string;
  readonly cause: string;
  readonly scope: string;
  readonly verdict: 'true' | 'false' | 'duplicate' | 'unclear';
  /** Name of the person's token, or `rule`. */
  readonly by: string;
  readonly automatic: boolean;
  /** The rule that gave it (`docs/gate.md`); null when a person did. */
  readonly rule: string | null;
  readonly note: string;
}

/** What the positions of one underlying come to under one source of volatilities. USD and coins as named. */
export interface BookRecord {
  readonly type: 'book';
  readonly at: string;
  readonly scope: string;
  readonly underlying: string;
  /** `champion`, another watched model by name, or `venue`: its own marks. */
  readonly source: string;
  /** Money is null unless `ok`. */
  readonly status: 'ok' | 'position-stale' | 'reconciliation-break';
  /** Since the oldest word on a position, s. */
  readonly age_s: number | null;
  readonly positions: number;
  /** Positions without a price: left out of every figure. */
  readonly unvalued: number;
  readonly value_coin: number;
  readonly value_usd: number;
  readonly equity_coin: number;
  readonly delta_black: number;
  readonly delta_net: number;
  readonly delta_usd: number;
  /** By the ratios of the hedging models that are relied on, coins; champion alone, null where an option has none. */
  readonly delta_hedge: number | null;
  readonly gamma_usd_per_percent: number;
  readonly vega_usd_per_point: number;
  readonly vega_usd_per_point_30d: number;
  readonly skew_vega_usd_per_point: number;
  readonly convexity_vega_usd_per_point: number;
  readonly theta_usd_per_day: number;
  /** Residual x vega x position: what the market has moved and this source has not booked yet. */
  readonly drift_usd: number | null;
  /** The same as a share of the value. */
  readonly drift_share: number | null;
  /** Change of value by fits that went live since the last record, the market held still; champion alone. */
  readonly jump_usd: number | null;
  /** Delta held beyond what prices have shown, in USD per 1 %: null without slopes. */
  readonly hedge_bias_usd_per_percent: number | null;
  /** Cost of closing the options at the touch; what has no two-sided quote is left out. */
  readonly close_out_usd: number | null;
  /** 90 % point of the loss of value over models and draws that the quotes admit; champion alone. */
  readonly reserve_usd: number | null;
  /** Venue-style margin under this source (champion and venue), and how far from the venue's marks, share. */
  readonly margin_coin: number | null;
  readonly margin_usd: number | null;
  readonly margin_gap: number | null;
  /** Relative spot moves at which the coin equity no longer covers that margin, both after the move; 0: already; null: none within reach, or no coin cash is known. */
  readonly liquidation_down: number | null;
  readonly liquidation_up: number | null;
  /** The nearer of the two in standard deviations of a day's log return. */
  readonly liquidation_daily_sd: number | null;
}

/** Something was done about an incident. */
export interface ActionRecord {
  readonly type: 'action';
  readonly at: string;
  readonly incident: string | null;
  readonly kind: string;
  readonly outcome: string;
  /** What it was done to, where no incident says so. */
  readonly scope?: string;
}

/** The gate of one model on one scope changed. */
export interface GateRecord {
  readonly type: 'gate';
  readonly at: string;
  /** `svi@deribit:BTC:2026-03-27`. */
  readonly scope: string;
  readonly state: 'OK' | 'WIDEN' | 'HEDGE_ONLY' | 'DO_NOT_USE';
  readonly reasons: readonly string[];
}

/** A credit curve's prediction made before an update, judged by it. Quotes are decimals in their own convention. */
export interface CreditScoreRecord {
  readonly type: 'credit-score';
  readonly at: string;
  readonly model: string;
  /** `source:curve`. */
  readonly curve: string;
  /** Age of the quotes that the curve was fitted to, s. */
  readonly age_s: number;
  /** Nodes scored. */
  readonly n: number;
  /** rms of (quote - prediction) over its standard error (half-spread, fit and horizon); about 1 or below in health. */
  readonly pz: number;
  /** Level, slope and hump of the innovation in ln(years / 3), decimal; null with fewer than six nodes. */
  readonly b0: number | null;
  readonly b1: number | null;
  readonly b2: number | null;
  /** (quote - prediction) in half-spreads: rms over the nodes, and the farthest one. */
  readonly rms_half_spreads: number;
  readonly worst_node: string;
  readonly worst_half_spreads: number;
  readonly inside_share: number;
  readonly log_score: number;
  readonly contributors: number;
}

/** A credit curve was calibrated and judged by its guards. */
export interface CreditCalibrationRecord {
  readonly type: 'credit-calibration';
  readonly at: string;
  readonly id: string;
  readonly model: string;
  readonly curve: string;
  /** `accepted`, `refused`, `superseded`, `vetoed`, or the fit's own status when there is no curve. */
  readonly status: string;
  readonly reason: string;
  readonly nodes: number;
  /** Maturity (ISO day) to forward hazard, per year, and one standard error of it from the quotes' own. */
  readonly hazards: Readonly<Record<string, number>>;
  readonly hazard_se: Readonly<Record<string, number>>;
  /** Largest re-pricing error, present value per unit of notional. */
  readonly residual: number | null;
  /** Lowest forward hazard in its standard errors, 0 when none is negative: the distance to arbitrage. */
  readonly inversion: number | null;
  /** Largest move of a hazard since the curve before, and the part its quotes do not explain, in standard errors. */
  readonly moved: number | null;
  readonly unexplained: number | null;
  /** As in {@link CalibrationRecord}. */
  readonly content_id: string | null;
  readonly parent: string | null;
  readonly inputs: RecordedInputs | null;
  readonly guards: readonly string[];
  readonly approver: string;
}
