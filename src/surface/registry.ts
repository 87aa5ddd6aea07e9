import { essviFamily, essviSurface } from './essvi.ts';
import type { SmileFamily, SurfaceFamily } from './family.ts';
import { flatFamily, linearFamily } from './flat.ts';
import { heston, hestonSurface } from './heston-smile.ts';
import { sabr } from './sabr-fit.ts';
import { spline } from './spline.ts';
import { ssviSurface } from './ssvi-fit.ts';
import { sviSurface } from './svi-surface.ts';
import { sviFamily } from './svi.ts';

/** Every family that can be fitted to one expiry; each passes `test/contract/smile-family.ts`. */
export const SMILE_FAMILIES: readonly SmileFamily[] = [
  sviFamily,
  essviFamily,
  sabr,
  heston,
  spline,
  linearFamily,
  flatFamily,
];

/** Every family that is fitted to all expiries together. */
export const SURFACE_FAMILIES: readonly SurfaceFamily[] = [sviSurface, essviSurface, ssviSurface, hestonSurface];

/** The slice family of that name, e.g. `svi`; undefined when there is none. */
export function smileFamilyNamed(name: string): SmileFamily | undefined {
  return SMILE_FAMILIES.find((f) => f.name === name);
}

/** The surface family of that name, e.g. `essvi`; undefined when there is none. */
export function surfaceFamilyNamed(name: string): SurfaceFamily | undefined {
  return SURFACE_FAMILIES.find((f) => f.name === name);
}
