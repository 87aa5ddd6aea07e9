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
  | BookRecord
  | GateRecord;

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
  /**
   * What the swap would have done to the options held in the expiry beyond the market's own move: vega-weighted volatility
   * (fraction; of one option per quoted strike where none is held), and USD; null without an older fit, or without positions.
   */
  readonly book_jump_vol: number | null;
  readonly book_jump_usd: number | null;
  /** Hash of what the calibration is (`docs/loop.md`), and that of the one that served before it; null without one. */
  readonly content_id: string | null;
  readonly parent: string | null;
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
  readonly gamma_usd_per_percent: number;
  readonly vega_usd_per_point: number;
  readonly vega_usd_per_point_30d: number;
  readonly skew_vega_usd_per_point: number;
  readonly convexity_vega_usd_per_point: number;
  readonly theta_usd_per_day: number;
  /** Residual x vega x position: what the market has moved and this source has not booked yet. */
  readonly drift_usd: number | null;
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
  /** Relative spot moves at which the coin equity no longer covers that margin; null: none within reach. */
  readonly liquidation_down: number | null;
  readonly liquidation_up: number | null;
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
