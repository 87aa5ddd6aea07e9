/**
 * `vernier/surface`: smile and surface families with their calibration, usable without the monitor.
 * Examples that run as tests: `test/library/surface.test.ts`.
 */
export { SMILE_FAMILIES, SURFACE_FAMILIES, smileFamilyNamed, surfaceFamilyNamed } from '../surface/registry.ts';
export { jumpWingsToRaw, rawToJumpWings } from '../surface/svi-conversions.ts';
export type {
  ArbitrageReport,
  FitOptions,
  FitStatus,
  Objective,
  ParameterSpec,
  SliceFit,
  SliceQuotes,
  SmileFamily,
  SurfaceFamily,
  SurfaceFit,
} from '../surface/family.ts';
export { smileFactors, type SmileFactors } from '../surface/smile-factors.ts';
export { interpolateInTime, smileOf, type VolatilitySurface } from '../surface/time-interpolation.ts';
export { localVolatility, type LocalVolatility } from '../surface/local-volatility.ts';
export { impliedMoments, type ImpliedMoments } from '../surface/implied-density.ts';
export { varianceSwap, type VarianceSwap } from '../surface/variance-swap.ts';
export { deltaQuotes, type DeltaQuotes } from '../surface/delta-quotes.ts';
