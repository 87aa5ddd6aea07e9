import { modelNamed } from '../../engine/models.ts';
import type { LiveVersion } from '../../engine/state.ts';
import { isoTime } from '../../market/iso-time.ts';
import type { Features, Fit } from '../../model/contract.ts';
import type { GateState } from '../../policy/gate.ts';
import type { QuoteLayout } from '../../server/monitor-view.ts';
import type { Curve, Fit as FitView, Quotes, Smile, SmileTrade } from '../../server/wire/smile.ts';
import type { Calibration } from '../../server/wire/watch.ts';
import { CURVE_POINTS, evenGrid, quotedRange, sampleFit } from './curve-sampler.ts';
import { rounded } from './number-history.ts';
import { QUOTE_COLUMNS } from './quote-table.ts';

/** One model's version in a picture. */
export interface PicturedVersion {
  readonly role: Curve['role'];
  readonly version: LiveVersion;
}

/** Quotes of one expiry as they stood: a stretch of a table's columns. */
export interface PicturedQuotes {
  readonly at: number;
  readonly layout: QuoteLayout;
  readonly columns: readonly Float32Array[];
  readonly changedAt: Float64Array;
  readonly first: number;
  readonly end: number;
}

/** Everything a picture of one expiry is made of. Times epoch ms. */
export interface SmileParts {
  readonly scope: string;
  readonly expiry: number;
  readonly at: number;
  readonly years: number;
  readonly forward: number;
  readonly atmVol: number;
  readonly gate: GateState;
  readonly versions: readonly PicturedVersion[];
  readonly quotes: PicturedQuotes | null;
  readonly trades: readonly SmileTrade[];
  readonly calibration: (id: string) => Calibration | null;
}

const column = (name: (typeof QUOTE_COLUMNS)[number]): number => QUOTE_COLUMNS.indexOf(name);
const [K, REFUSED] = [column('k'), column('refused')];

/** The picture as it goes over the wire. */
export function buildSmile(parts: SmileParts): Smile {
  const { quotes } = parts;
  const champion = parts.versions.find((v) => v.role === 'champion')?.version.fit ?? null;
  return {
    scope: parts.scope,
    expiry: isoTime(parts.expiry),
    at: isoTime(parts.at),
    years: parts.years,
    forward: finite(parts.forward),
    atm_vol: finite(parts.atmVol),
    gate: { state: parts.gate.state, reasons: [...parts.gate.reasons] },
    quotes_at: quotes === null ? null : isoTime(quotes.at),
    quotes: quotes === null ? null : quotesOf(quotes, parts, champion),
    curves: curvesOf(parts),
    trades: [...parts.trades],
  };
}

/** The curves alone. */
export function curvesOf(parts: SmileParts): Curve[] {
  const shown = usedRange(parts.quotes);
  return parts.versions.flatMap(({ role, version }): Curve[] => {
    const own = quotedRange(version.fit);
    if (own === null) return [];
    const low = Math.min(own.low, role === 'venue-mark' ? own.low : (shown?.low ?? own.low));
    const high = Math.max(own.high, role === 'venue-mark' ? own.high : (shown?.high ?? own.high));
    const { k, sigma, sd } = sampleFit(version.fit, evenGrid(low, high, CURVE_POINTS));
    const unit = parts.atmVol * Math.sqrt(parts.years);
    return [
      {
        model: version.fit.model,
        role,
        k: Array.from(k, rounded),
        x: Array.from(k, (v) => (unit > 0 ? rounded(v / unit) : 0)),
        strike: Array.from(k, (v) => rounded((parts.forward > 0 ? parts.forward : version.fit.forward) * Math.exp(v))),
        sigma: Array.from(sigma, shortened),
        low: Array.from(sigma, (s, i) => shortened(s - sd[i])),
        high: Array.from(sigma, (s, i) => shortened(s + sd[i])),
        fit: fitOf(version, parts),
      },
    ];
  });
}

function usedRange(quotes: PicturedQuotes | null): { low: number; high: number } | null {
  if (quotes === null) return null;
  let [low, high] = [Infinity, -Infinity];
  for (let row = quotes.first; row < quotes.end; row++) {
    if (quotes.columns[REFUSED][row] !== 0) continue;
    low = Math.min(low, quotes.columns[K][row]);
    high = Math.max(high, quotes.columns[K][row]);
  }
  return low < high ? { low, high } : null;
}

function fitOf(version: LiveVersion, parts: SmileParts): FitView {
  const { fit } = version;
  const model = modelNamed(fit.model);
  const calibration = parts.calibration(fit.id);
  const numbers: Record<string, number> = {};
  for (const [name, value] of Object.entries(fit.numbers)) if (Number.isFinite(value)) numbers[name] = value;
  return {
    id: fit.id,
    at: isoTime(fit.at),
    live_at: isoTime(version.liveAt),
    age_s: Math.max(0, (parts.at - fit.at) / 1000),
    status: calibration?.status ?? 'live',
    reason: calibration?.reason ?? '',
    parameters: estimates(model.parameterNames, fit.parameters, fit.covariance),
    features: featuresOf(fit),
    numbers,
    calendar_violations: calibration?.calendar_violations ?? null,
  };
}

function featuresOf(fit: Fit): FitView['features'] {
  const f: Features = modelNamed(fit.model).features(fit);
  return estimates(f.names, f.phi, f.covariance);
}

/** Names, values and standard errors; without a covariance the errors are not known. */
function estimates(
  names: readonly string[],
  values: readonly number[],
  covariance: readonly number[],
): FitView['parameters'] {
  const n = names.length;
  const known = covariance.length === n * n;
  return names.flatMap((name, i) => {
    if (!Number.isFinite(values[i])) return [];
    const variance = known ? covariance[i * n + i] : NaN;
    return [{ name, value: values[i], standard_error: variance >= 0 ? finite(Math.sqrt(variance)) : null }];
  });
}

function quotesOf(q: PicturedQuotes, parts: SmileParts, champion: Fit | null): Quotes {
  const rows = Array.from({ length: q.end - q.first }, (_, i) => q.first + i);
  const values = (name: (typeof QUOTE_COLUMNS)[number]): (number | null)[] => {
    const source = q.columns[column(name)];
    return rows.map((row) => shortened(source[row]));
  };
  const k = values('k');
  const unit = parts.atmVol * Math.sqrt(parts.years);
  const predicted =
    champion === null
      ? null
      : sampleFit(
          champion,
          Float64Array.from(k, (v) => v ?? NaN),
        ).sigma;
  return {
    symbol: rows.map((row) => q.layout.symbol[row]),
    side: rows.map((row) => q.layout.side[row]),
    strike: rows.map((row) => q.layout.strike[row]),
    k,
    x: k.map((v) => (v === null || !(unit > 0) ? null : rounded(v / unit))),
    delta: values('delta'),
    bid: values('bid'),
    ask: values('ask'),
    sigma_bid: values('sigma_bid'),
    sigma_mid: values('sigma_mid'),
    sigma_ask: values('sigma_ask'),
    venue_mark: values('venue_mark'),
    error_bar: values('error_bar'),
    model: k.map((_, i) => (predicted === null ? null : shortened(predicted[i]))),
    refused: rows.map((row) => refusal(q, row)),
    age_s: rows.map((row) => (q.changedAt[row] > 0 ? Math.max(0, (q.at - q.changedAt[row]) / 1000) : null)),
  };
}

function refusal(q: PicturedQuotes, row: number): string | null {
  const code = q.columns[REFUSED][row];
  return code === 0 ? null : (q.layout.refusals[code - 1] ?? 'no-quote');
}

/** The number in the digits it has; null when it is none. */
function shortened(value: number): number | null {
  return Number.isFinite(value) ? rounded(value) : null;
}

/** Null when it is none. */
export function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
