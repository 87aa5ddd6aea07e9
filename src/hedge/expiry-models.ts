/** Smile models of one expiry, fitted to its marks at the start of a step: what smile and model deltas need. */
import type { FitOptions } from '../surface/family.ts';
import { readHeston } from '../surface/heston-fit.ts';
import { hestonSurface } from '../surface/heston-smile.ts';
import { sabr } from '../surface/sabr-fit.ts';
import { sviShape } from '../surface/svi-curve.ts';
import { sviFamily } from '../surface/svi.ts';
import { markSlice, type ChainExpiry, type ChainSnapshot } from './chain-snapshot.ts';
import { HestonExpiry } from './heston-delta.ts';
import type { MertonParameters } from './jump-delta.ts';
import { fitMerton } from './merton-fit.ts';

/** What was fitted to one expiry; a model that could not be fitted is undefined and its hedges are missing. */
export interface ExpiryModels {
  /** Raw SVI. */
  readonly svi: Float64Array | undefined;
  /** alpha, rho, nu of lognormal SABR. */
  readonly sabr: Float64Array | undefined;
  readonly heston: HestonExpiry | undefined;
  readonly merton: MertonParameters | undefined;
  /** Volatility at the forward and its slope d sigma/dk there, from SVI; NaN without. */
  readonly atm: number;
  readonly atmSlope: number;
}

/** Models that families may ask for. */
export type ModelName = 'svi' | 'sabr' | 'heston' | 'merton';

const OPTIONS: FitOptions = { objective: 'equal', huber: 0, start: null, prior: null, arbitrageFree: false };
/** Strikes an expiry of the costly models. */
const THIN = 9;
/** Expiries of the Heston surface. */
const SURFACE_EXPIRIES = 6;

const shape = new Float64Array(3);

/** Volatility and slope d sigma/dk of raw SVI at k; T in years. */
export function sviVolatility(p: ArrayLike<number>, k: number, years: number): { sigma: number; slope: number } {
  sviShape(p, k, shape);
  const sigma = Math.sqrt(shape[0] / years);
  return { sigma, slope: shape[1] / (2 * sigma * years) };
}

/** Fits all expiries of successive snapshots of one underlying; costly models every `every`-th snapshot, warm. */
export class ChainModels {
  readonly #every: number;
  readonly #uses: ReadonlySet<ModelName>;
  #count = 0;
  #heston: Float64Array | null = null;
  readonly #svi = new Map<number, Float64Array>();
  readonly #sabr = new Map<number, Float64Array>();
  readonly #merton = new Map<number, MertonParameters>();

  /** `uses`: the models to fit; the others stay undefined. Skew-stickiness and the vega hedge need `svi`. */
  constructor(every: number, uses: ReadonlySet<ModelName>) {
    this.#every = every;
    this.#uses = uses;
  }

  /** Models by expiry, in the order of the snapshot. */
  fit(snapshot: ChainSnapshot): ExpiryModels[] {
    const refit = this.#count++ % this.#every === 0;
    if (refit && this.#uses.has('heston')) this.#fitHeston(snapshot);
    const alive = new Set(snapshot.expiries.map((e) => e.expiry));
    for (const held of [this.#svi, this.#sabr, this.#merton])
      for (const expiry of held.keys()) if (!alive.has(expiry)) held.delete(expiry);
    return snapshot.expiries.map((e) => this.#fitExpiry(e, refit));
  }

  #fitExpiry(e: ChainExpiry, refit: boolean): ExpiryModels {
    const slice = this.#uses.size === 0 ? undefined : markSlice(e);
    if (slice === undefined)
      return { svi: undefined, sabr: undefined, heston: undefined, merton: undefined, atm: NaN, atmSlope: NaN };
    const svi = this.#uses.has('svi') ? fitted(sviFamily, slice, this.#svi, e.expiry) : undefined;
    const smile = this.#uses.has('sabr') ? fitted(sabr, slice, this.#sabr, e.expiry) : undefined;
    const thin = this.#uses.has('merton') ? markSlice(e, THIN) : undefined;
    if (thin !== undefined && (refit || !this.#merton.has(e.expiry))) {
      const merton = fitMerton(thin, this.#merton.get(e.expiry));
      if (merton !== undefined) this.#merton.set(e.expiry, merton);
    }
    const reach = Math.max(Math.abs(slice.k[0]), Math.abs(slice.k[slice.k.length - 1]));
    const heston =
      this.#heston === null ? undefined : new HestonExpiry(readHeston(this.#heston), e.years, reach, 'quick');
    const centre = svi === undefined ? { sigma: NaN, slope: NaN } : sviVolatility(svi, 0, e.years);
    const merton = this.#merton.get(e.expiry);
    return { svi, sabr: smile, heston, merton, atm: centre.sigma, atmSlope: centre.slope };
  }

  #fitHeston(snapshot: ChainSnapshot): void {
    const usable = snapshot.expiries.filter((e) => e.years > 2 / 365);
    const stride = Math.max(1, Math.floor(usable.length / SURFACE_EXPIRIES));
    const slices = usable
      .filter((_, i) => i % stride === 0)
      .map((e) => markSlice(e, THIN))
      .filter((s) => s !== undefined);
    if (slices.length === 0) return;
    const fit = hestonSurface.fitSurface(slices, { ...OPTIONS, start: this.#heston });
    if (fit.shared.every((v) => Math.abs(v) < Infinity)) this.#heston = fit.shared;
  }
}

function fitted(
  family: typeof sviFamily,
  slice: NonNullable<ReturnType<typeof markSlice>>,
  starts: Map<number, Float64Array>,
  expiry: number,
): Float64Array | undefined {
  const fit = family.fit(slice, { ...OPTIONS, start: starts.get(expiry) ?? null });
  if (!(fit.rmseVol < Infinity) || fit.parameters.length === 0) {
    starts.delete(expiry);
    return undefined;
  }
  starts.set(expiry, fit.parameters);
  return fit.parameters;
}
