/** What the gate costs: lease time that is not OK; and what is served, beside the truth. */
import type { ExpiryState, ModelTrack } from '../../engine/state.ts';
import { newestVersion } from '../../engine/versions.ts';
import { loopNoise } from '../../policy/loop.ts';
import type { GateRecord } from '../../model/record.ts';
import { modelNamed } from '../../engine/models.ts';
import { metricOf } from '../../engine/read-signs.ts';
import type { Truth } from '../../simulator/simulation.ts';
import { smileFamilyNamed } from '../../surface/registry.ts';
import { expiriesOf, type Watcher } from './watchers.ts';

/** Lease time by state, of the serving model over all expiries. */
export interface LeaseTime {
  readonly lease_hours: number;
  readonly not_ok_share: number;
  /** Minutes a day and expiry without OK, and without any leave to quote (OK or WIDEN). */
  readonly lost_ok_minutes_per_day: number;
  readonly lost_quoting_minutes_per_day: number;
  readonly by_reason: Readonly<Record<string, number>>;
}

/** Leases begin to count when the first fits have been proved, ms. */
const WARM_MS = 60_000;
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

/** Adds up lease time. */
export class GateWatch implements Watcher {
  readonly #start: number;
  readonly #milliseconds: Record<GateRecord['state'], number> = { OK: 0, WIDEN: 0, HEDGE_ONLY: 0, DO_NOT_USE: 0 };
  readonly #reasons = new Map<string, number>();
  readonly #expiries = new Set<number>();
  #last = NaN;

  constructor(start: number) {
    this.#start = start;
  }

  readonly onStep: NonNullable<Watcher['onStep']> = (state, _simulation, _truth, at) => {
    const elapsed = at - this.#last;
    this.#last = at;
    if (!(elapsed > 0) || at - this.#start < WARM_MS) return;
    for (const expiry of expiriesOf(state)) {
      if (expiry.expiry <= at) continue;
      this.#expiries.add(expiry.expiry);
      const gate = servingTrack(expiry)?.gate;
      if (gate === undefined) continue;
      this.#milliseconds[gate.state] += elapsed;
      for (const reason of gate.reasons) this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + elapsed);
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
}
