/**
 * What the engine says, one plain object per line of `--json` and per output record of the log. Times are ISO-8601
 * UTC, volatilities fractions, prices USD unless named otherwise; a number that does not exist is null.
 * Documented for users in `docs/ndjson.md`.
 */
export type OutputRecord = CalibrationRecord | ScoreRecord | IncidentRecord | ActionRecord | GateRecord;

/** One calibration came back and was judged by the guards. */
export interface CalibrationRecord {
  readonly type: 'calibration';
  readonly at: string;
  readonly id: string;
  readonly model: string;
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
  /** Hash of what the calibration is (`docs/loop.md`), and that of the one that served before it; null without one. */
  readonly content_id: string | null;
  readonly parent: string | null;
}

/** One prediction made before a batch, judged by it. */
export interface ScoreRecord {
  readonly type: 'score';
  readonly at: string;
  readonly model: string;
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
