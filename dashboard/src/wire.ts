/**
 * What the server says, as docs/api.md writes it. Times are ISO-8601 UTC strings, arrays of times epoch ms, volatilities
 * fractions, prices in the premium currency, forwards and strikes USD, ages s; a number that does not exist is null.
 */

export type GateWord = 'OK' | 'WIDEN' | 'HEDGE_ONLY' | 'DO_NOT_USE';
export type Severity = 'info' | 'warning' | 'critical';
export type Maybe = number | null;

export interface Gate {
  readonly state: GateWord;
  readonly reasons: readonly string[];
}

export interface Status {
  readonly mode: 'live' | 'replay';
  readonly synthetic: boolean;
  readonly stamp: string;
  readonly at: string | null;
  readonly wall: string;
  readonly started: string;
  readonly version: string;
  readonly champion: string;
  readonly models: readonly string[];
  readonly retained: { readonly from: string | null; readonly to: string | null };
  /** Further rooms of the server: `gate`, `alerts`, `book`... */
  readonly rooms?: readonly string[];
}

export interface ExpiryGlance {
  readonly scope: string;
  readonly expiry: string;
  /** What serves it, and the state of its calibration loop. */
  readonly model: string;
  readonly loop: string;
  /** When it entered that state, what led there and the incident behind it, where that was said. */
  readonly loop_since: string | null;
  readonly loop_why: string | null;
  readonly loop_incident: string | null;
  /** Challengers that are scored beside the champion, or the former champion after a promotion. */
  readonly trial: {
    readonly mode: 'shadow' | 'probation';
    readonly rivals: readonly string[];
    readonly since: string;
  } | null;
  /** A challenger that waits for approval. */
  readonly proposed: string | null;
  readonly years: number;
  readonly forward: Maybe;
  readonly atm_vol: Maybe;
  readonly gate: Gate;
  readonly age_s: Maybe;
  readonly half_life_s: Maybe;
  readonly pz: Maybe;
  readonly inside_share: Maybe;
  readonly quoted: number;
  readonly two_sided: number;
}

export interface WorstIncident {
  readonly id: string;
  readonly cause: string;
  readonly severity: Severity;
  readonly scope: string;
  readonly opened: string;
  readonly money: Maybe;
}

export interface Underlying {
  readonly key: string;
  readonly venue: string;
  readonly underlying: string;
  readonly index: Maybe;
  readonly at: string | null;
  readonly feed: 'connecting' | 'live' | 'stale' | 'down';
  readonly platform: 'open' | 'locked' | 'maintenance';
  readonly gate: Gate;
  readonly model: string;
  readonly model_age_s: Maybe;
  readonly half_life_s: Maybe;
  readonly open_incidents: number;
  readonly worst_incident: WorstIncident | null;
  readonly expiries: readonly ExpiryGlance[];
}

export interface FitParameter {
  readonly name: string;
  readonly value: Maybe;
  readonly standard_error: Maybe;
}

export interface Fit {
  readonly id: string;
  readonly at: string;
  readonly live_at: string | null;
  readonly age_s: Maybe;
  readonly status: string;
  readonly reason: string;
  readonly parameters: readonly FitParameter[];
  readonly features: readonly FitParameter[];
  readonly numbers: Readonly<Record<string, Maybe>>;
  readonly calendar_violations: Maybe;
}

export interface Curve {
  readonly model: string;
  readonly role: 'champion' | 'challenger' | 'venue-mark';
  readonly k: readonly number[];
  readonly x: readonly number[];
  readonly strike: readonly number[];
  readonly sigma: readonly Maybe[];
  readonly low: readonly Maybe[];
  readonly high: readonly Maybe[];
  readonly fit: Fit | null;
}

export interface Quotes {
  readonly symbol: readonly string[];
  readonly side: readonly ('call' | 'put')[];
  readonly strike: readonly number[];
  readonly k: readonly Maybe[];
  readonly x: readonly Maybe[];
  readonly delta: readonly Maybe[];
  readonly bid: readonly Maybe[];
  readonly ask: readonly Maybe[];
  readonly sigma_bid: readonly Maybe[];
  readonly sigma_mid: readonly Maybe[];
  readonly sigma_ask: readonly Maybe[];
  readonly venue_mark: readonly Maybe[];
  readonly error_bar: readonly Maybe[];
  readonly model: readonly Maybe[];
  readonly refused: readonly (string | null)[];
  readonly age_s: readonly Maybe[];
}

export interface Trade {
  readonly at: string;
  readonly symbol: string;
  readonly strike: number;
  readonly k: Maybe;
  readonly x: Maybe;
  readonly sigma: Maybe;
  readonly price: number;
  readonly amount: number;
  readonly direction: 'buy' | 'sell';
  readonly kind: string;
}

export interface Smile {
  readonly scope: string;
  readonly expiry: string;
  readonly at: string;
  readonly years: number;
  readonly forward: Maybe;
  readonly atm_vol: Maybe;
  readonly gate: Gate;
  readonly quotes_at: string | null;
  readonly quotes: Quotes | null;
  readonly curves: readonly Curve[];
  readonly trades: readonly Trade[];
}

export interface Smiles {
  readonly key: string;
  readonly at: string;
  readonly live: boolean;
  readonly expiries: readonly Smile[];
}

export interface CurvesOfExpiry {
  readonly scope: string;
  readonly expiry: string;
  readonly at: string;
  readonly years: number;
  readonly forward: Maybe;
  readonly atm_vol: Maybe;
  readonly curves: readonly Curve[];
}

export interface SurfaceGrid {
  readonly key: string;
  readonly at: string;
  readonly live: boolean;
  readonly model: string;
  readonly x: readonly number[];
  readonly expiries: readonly {
    readonly scope: string;
    readonly expiry: string;
    readonly years: number;
    readonly forward: Maybe;
    readonly atm_vol: Maybe;
    readonly k: readonly Maybe[];
    readonly sigma: readonly Maybe[];
  }[];
}

export interface SeriesOfScope {
  readonly scope: string;
  readonly at: readonly number[];
  readonly [column: string]: string | readonly Maybe[] | readonly number[];
}

export interface ScoreMark {
  readonly at: string;
  readonly scope: string;
  readonly type: 'calibration' | 'promotion' | 'action' | 'gate';
  readonly label: string;
  readonly ok: boolean;
}

export interface IncidentSpan {
  readonly id: string;
  readonly cause: string;
  readonly severity: Severity;
  readonly scope: string;
  readonly opened: string;
  readonly resolved: string | null;
}

export interface Threshold {
  readonly score: string;
  readonly value: number;
  readonly says: string;
}

export interface Scores {
  readonly key: string;
  readonly model: string;
  readonly horizon_s: Maybe;
  readonly from: string | null;
  readonly to: string | null;
  readonly series: readonly SeriesOfScope[];
  readonly quality: readonly SeriesOfScope[];
  readonly thresholds: readonly Threshold[];
  readonly marks: readonly ScoreMark[];
  readonly incidents: readonly IncidentSpan[];
}

export interface IncidentStep {
  readonly at: string;
  readonly what: 'opened' | 'updated' | 'resolved' | 'action' | 'acknowledged' | 'verdict';
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface Incident {
  readonly id: string;
  readonly cause: string;
  readonly says: string;
  readonly kind: 'data' | 'market' | 'model' | 'book';
  readonly severity: Severity;
  readonly scope: string;
  readonly underlying: string;
  readonly state: 'open' | 'resolved';
  readonly opened: string;
  readonly updated: string;
  readonly resolved: string | null;
  readonly acknowledged: { readonly by: string; readonly at: string; readonly note: string | null } | null;
  /** What it turned out to have been; with `rule` when a rule said so and nobody yet did. */
  readonly verdict?: {
    readonly verdict: 'true' | 'false' | 'duplicate' | 'unclear';
    readonly by: string;
    readonly automatic: boolean;
    readonly rule: string | null;
    readonly at: string;
    readonly note: string;
  } | null;
  readonly runner_up: { readonly cause: string; readonly separated_by: string | null; readonly nats: Maybe } | null;
  readonly money: Maybe;
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly timeline: readonly IncidentStep[];
  readonly pictures?: readonly Smile[];
}

export interface Feed {
  readonly venue: string;
  readonly state: string;
  readonly frames_per_s: Maybe;
  readonly quotes_per_s: Maybe;
  readonly lag_p99_ms: Maybe;
  readonly queue: Maybe;
  readonly dropped_quotes: Maybe;
  readonly connections: Maybe;
  readonly clock_offset_ms: Maybe;
  readonly last_gap: { readonly at: string; readonly reason: string; readonly seconds: Maybe } | null;
}

export interface Health {
  readonly [name: string]: Maybe | string | Readonly<Record<string, number>>;
}

export interface ReplayState {
  readonly at: string | null;
  readonly first: string | null;
  readonly speed: number;
  readonly playing: boolean;
  readonly seeking: null | 'time' | 'incident';
  readonly ended: boolean;
  readonly fraction: Maybe;
  readonly incidents: number;
  readonly error: string | null;
}

/** What people have ordered and is still in force. */
export interface OrdersInForce {
  readonly overrides: readonly {
    readonly scope: string;
    readonly by: string;
    readonly note: string;
    readonly until: string;
  }[];
  readonly silences: readonly {
    readonly id: string;
    readonly match: Readonly<Record<string, string>>;
    readonly by: string;
    readonly note: string;
    readonly until: string;
  }[];
  readonly manual: readonly { readonly scope: string; readonly since: string }[];
}

/** What the log holds. */
export interface LogState {
  readonly state: string;
  readonly ranges: readonly { readonly first: string; readonly last: string }[];
}

export interface Session {
  readonly name: string;
  readonly role: string;
  readonly can: readonly string[];
  readonly secured: boolean;
}
