/**
 * `vernier/surface`: smile and surface families with their calibration, and what is read from a surface, usable without
 * the monitor. Examples that run as tests: `docs/library.md`.
 */
export { SMILE_FAMILIES, SURFACE_FAMILIES, smileFamilyNamed, surfaceFamilyNamed } from '../surface/registry.ts';
export type {
  ArbitrageReport,
  FactorPrior,
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
export {
  jumpWingsToRaw,
  naturalToRaw,
  rawSviArray,
  rawSviOf,
  rawToJumpWings,
  rawToNatural,
} from '../surface/svi-conversions.ts';
export type { Conversion, JumpWings, NaturalSvi, RawSvi } from '../surface/svi-conversions.ts';
export { sviMinima, type SviMinimum } from '../surface/svi-fit.ts';
export { ssviPoint, type Phi, type PhiKind, type SsviPoint } from '../surface/ssvi.ts';
export { sabrSensitivity, sabrVolatility, type SabrQuote, type SabrSensitivity } from '../surface/sabr.ts';
export { sabrFamily } from '../surface/sabr-fit.ts';
export { hestonPrice } from '../surface/heston.ts';
export type { HestonParameters } from '../surface/heston-characteristic.ts';
export { smileFactors, type SmileFactors } from '../surface/smile-factors.ts';
export { identifiability, leaveOneOut, type Identifiability } from '../surface/uncertainty.ts';
export {
  checkCalendar,
  durrlemanG,
  impliedDensity,
  type CalendarCheck,
  type SmileShape,
} from '../surface/arbitrage.ts';
export {
  CALENDAR_TIME,
  clockFrom,
  interpolateInTime,
  smileOf,
  type ExpirySmile,
  type TimeMap,
  type VolatilitySurface,
} from '../surface/time-interpolation.ts';
export { dupire, localVolatility, type LocalVolatility } from '../surface/local-volatility.ts';
export { impliedDistribution, impliedMoments, type ImpliedMoments } from '../surface/implied-density.ts';
export { varianceSwap, type VarianceSwap } from '../surface/variance-swap.ts';
export { deltaQuotes, strikeOfDelta, type DeltaConvention, type DeltaQuotes } from '../surface/delta-quotes.ts';
