/** One calibration of every slice of a file with one model. */
import type { FitOptions, Objective, SliceFit, SmileFamily } from '../surface/family.ts';
import { smileFamilyNamed, surfaceFamilyNamed } from '../surface/registry.ts';
import type { NamedSlice } from './slice-file.ts';

/** Models by the name the command line gives them. */
export const CALIBRATION_MODELS = ['svi', 'ssvi', 'essvi', 'sabr', 'heston', 'spline'] as const;

/** One of {@link CALIBRATION_MODELS}. */
export type CalibrationModel = (typeof CALIBRATION_MODELS)[number];

/** What to fit, and how. */
export interface CalibrationRequest {
  readonly model: CalibrationModel;
  readonly objective: Objective;
  readonly arbitrageFree: boolean;
}

/** One calibrated slice. */
export interface CalibratedSlice {
  readonly slice: string;
  readonly years: number;
  readonly n: number;
  readonly fit: SliceFit;
  /** Wall-clock of its fit, us; an equal share of the surface's where the model spans all expiries. */
  readonly elapsedUs: number;
}

/** The calibration of a file. */
export interface Calibration {
  readonly slices: readonly CalibratedSlice[];
  /** The family that gives the curve of each slice from its parameters. */
  readonly family: SmileFamily;
  /** sqrt of the mean squared volatility residual over all quotes of the slices that were fitted; NaN for none. */
  readonly rmseVol: number;
}

/** Models whose parameters span the expiries, with the slice family that their results are stated in. */
const SPANNING: Readonly<Record<string, string>> = { ssvi: 'essvi', essvi: 'essvi', heston: 'heston' };
/** Huber's threshold of the `error-bars` objective, in standard errors: 95 % efficiency on normal noise. */
const HUBER = 1.345;

/** Fits cold: no warm start, no prior. `now` gives milliseconds for the elapsed times. */
export function calibrateSlices(
  slices: readonly NamedSlice[],
  request: CalibrationRequest,
  now: () => number,
): Calibration {
  const options: FitOptions = {
    objective: request.objective,
    huber: request.objective === 'error-bars' ? HUBER : 0,
    start: null,
    prior: null,
    arbitrageFree: request.arbitrageFree,
  };
  const family = smileFamilyNamed(SPANNING[request.model] ?? request.model);
  if (!family) throw new Error(`no slice family for ${request.model}`);
  const fitted =
    SPANNING[request.model] === undefined
      ? oneByOne(family, slices, options, now)
      : together(request.model, slices, options, now);
  let squares = 0;
  let quotes = 0;
  for (const s of fitted) {
    if (!(s.fit.rmseVol >= 0)) continue;
    squares += s.n * s.fit.rmseVol * s.fit.rmseVol;
    quotes += s.n;
  }
  return { slices: fitted, family, rmseVol: quotes > 0 ? Math.sqrt(squares / quotes) : NaN };
}

function oneByOne(
  family: SmileFamily,
  slices: readonly NamedSlice[],
  options: FitOptions,
  now: () => number,
): CalibratedSlice[] {
  return slices.map(({ slice, quotes }) => {
    const start = now();
    const fit = family.fit(quotes, options);
    return { slice, years: quotes.years, n: quotes.k.length, fit, elapsedUs: 1000 * (now() - start) };
  });
}

/** One surface per underlying: slices of a chain file are named `UNDERLYING EXPIRY`, those of a slice file have no space. */
function together(
  model: string,
  slices: readonly NamedSlice[],
  options: FitOptions,
  now: () => number,
): CalibratedSlice[] {
  const family = surfaceFamilyNamed(model);
  if (!family) throw new Error(`no surface family ${model}`);
  const groups = Map.groupBy(slices, (s) => (s.slice.includes(' ') ? s.slice.split(' ')[0] : ''));
  const out: CalibratedSlice[] = [];
  for (const group of groups.values()) {
    const start = now();
    const surface = family.fitSurface(
      group.map((s) => s.quotes),
      options,
    );
    const elapsedUs = (1000 * (now() - start)) / group.length;
    group.forEach(({ slice, quotes }, i) => {
      out.push({ slice, years: quotes.years, n: quotes.k.length, fit: surface.slices[i], elapsedUs });
    });
  }
  return out;
}
