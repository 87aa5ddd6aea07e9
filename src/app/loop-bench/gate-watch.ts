/** What the gate costs and what it saves: lease time that is not OK, and exposure while the truth is outside the band. */
import type { ExpiryState, ModelTrack } from '../../engine/state.ts';
import { newestVersion } from '../../engine/versions.ts';
import { loopNoise } from '../../policy/loop.ts';
import type { GateRecord } from '../../model/record.ts';
import { modelNamed } from '../../engine/models.ts';
import { metricOf } from '../../engine/read-signs.ts';
import type { Truth } from '../../simulator/simulation.ts';
import { smileFamilyNamed } from '../../surface/registry.ts';
import { expiriesOf, isAbout, type Watcher } from './watchers.ts';

/** Lease time by state, of the serving model over all expiries. */
export interface LeaseTime {
  readonly lease_hours: number;
  readonly not_ok_share: number;
  /** Minutes a day and expiry without OK, and without any leave to quote (OK or WIDEN). */
  readonly lost_ok_minutes_per_day: number;
  readonly lost_quoting_minutes_per_day: number;
  readonly by_reason: Readonly<Record<string, number>>;
}

/** Exposure during one entry of the answer key. */
export interface FaultExposure {
  readonly fault: string;
  readonly at: string;
  /** USD per volatility point times seconds, of one at-the-money option per expiry: gate OK and truth outside the band. */
  readonly vega_seconds: number;
  /** The same whatever the gate said. */
  readonly ungated_vega_seconds: number;
}

/** Leases begin to count when the first fits have been proved, ms. */
const WARM_MS = 60_000;
/** The last of a fault's consequences, ms. */
const AFTER_MS = 60_000;
const BAND = 1.64;
const INV_SQRT_2PI = 0.3989422804014327;

/** The serving model's track. */
export function servingTrack(expiry: ExpiryState): ModelTrack | undefined {
  return expiry.models.find((t) => t.model === expiry.loop.champion);
}

/** ATM volatility served, its true value, the published band around it, and vega in USD per volatility point. */
export interface ServedLevel {
  readonly served: number;
  readonly truth: number;
  readonly band: number;
  readonly half: number;
  readonly vega: number;
}

/** Reads an expiry against the truth at the money; null without a fit. Source of the band: methods.md 5.3. */
export function servedLevel(expiry: ExpiryState, truth: Truth, at: number): ServedLevel | null {
  const track = servingTrack(expiry);
  const fit = track === undefined ? null : (newestVersion(track)?.fit ?? null);
  const smile = truth.smile(expiry.expiry);
  if (track === undefined || fit === null || smile === undefined || !(smile.years > 0)) return null;
  const family = smileFamilyNamed(fit.model);
  if (family === undefined) return null;
  const served = Math.sqrt(family.totalVariance(fit.parameters, 0, fit.years) / fit.years);
  const own = modelNamed(fit.model).features(fit).covariance[0] ?? 0;
  const half = metricOf(expiry, 'half_spread_vol');
  const drift = track.noise.variancePerSecond * loopNoise(expiry.loop.machine) * Math.max(0, (at - fit.at) / 1000);
  const spread = Number.isFinite(half) ? half : 0;
  const level = smile.atmVolatility();
  const root = Math.sqrt(smile.years);
  const d1 = 0.5 * level * root;
  return {
    served,
    truth: level,
    band: BAND * Math.sqrt(Math.max(0, own) + spread * spread + drift),
    half: spread,
    vega: (smile.forward * root * INV_SQRT_2PI * Math.exp(-0.5 * d1 * d1)) / 100,
  };
}

/** Adds up lease time and exposure. */
export class GateWatch implements Watcher {
  readonly #start: number;
  readonly #milliseconds: Record<GateRecord['state'], number> = { OK: 0, WIDEN: 0, HEDGE_ONLY: 0, DO_NOT_USE: 0 };
  readonly #reasons = new Map<string, number>();
  readonly #exposure = new Map<string, { fault: string; from: number; gated: number; open: number }>();
  readonly #expiries = new Set<number>();
  #last = NaN;

  constructor(start: number) {
    this.#start = start;
  }

  readonly onStep: NonNullable<Watcher['onStep']> = (state, simulation, truth, at) => {
    const elapsed = at - this.#last;
    this.#last = at;
    if (!(elapsed > 0) || at - this.#start < WARM_MS) return;
    const on = simulation.answerKey.filter((f) => at >= f.from && at < f.to + AFTER_MS);
    for (const expiry of expiriesOf(state)) {
      if (expiry.expiry <= at) continue;
      this.#expiries.add(expiry.expiry);
      const gate = servingTrack(expiry)?.gate;
      if (gate === undefined) continue;
      this.#milliseconds[gate.state] += elapsed;
      for (const reason of gate.reasons) this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + elapsed);
      const level = on.length > 0 ? servedLevel(expiry, truth, at) : null;
      if (level === null || !(Math.abs(level.truth - level.served) > level.band)) continue;
      for (const f of on) {
        if (!isAbout(f, expiry.expiry)) continue;
        const key = `${f.fault}${f.from}`;
        const sum = this.#exposure.get(key) ?? { fault: f.fault, from: f.from, gated: 0, open: 0 };
        this.#exposure.set(key, sum);
        sum.open += (level.vega * elapsed) / 1000;
        if (gate.state === 'OK') sum.gated += (level.vega * elapsed) / 1000;
      }
    }
  };

  /** Lease time so far. */
  leaseTime(): LeaseTime {
    const { OK, WIDEN, HEDGE_ONLY, DO_NOT_USE } = this.#milliseconds;
    const all = OK + WIDEN + HEDGE_ONLY + DO_NOT_USE;
    const perDay = 1_440 / Math.max(1, all);
    return {
      lease_hours: all / 3_600_000,
      not_ok_share: (all - OK) / Math.max(1, all),
      lost_ok_minutes_per_day: (all - OK) * perDay,
      lost_quoting_minutes_per_day: (HEDGE_ONLY + DO_NOT_USE) * perDay,
      by_reason: Object.fromEntries(
        [...this.#reasons].toSorted((a, b) => b[1] - a[1]).map(([reason, ms]) => [reason, ms / Math.max(1, all)]),
      ),
    };
  }

  /** Exposure by entry of the answer key, those without any left out. */
  exposure(): FaultExposure[] {
    return [...this.#exposure.values()]
      .toSorted((a, b) => a.from - b.from)
      .map((e) => ({
        fault: e.fault,
        at: new Date(e.from).toISOString(),
        vega_seconds: e.gated,
        ungated_vega_seconds: e.open,
      }));
  }
}
