/**
 * `vernier/numeric`: pricing, greeks, implied volatility and conventions, usable without the monitor.
 * Examples that run as tests: `docs/library.md`.
 */
export { blackPrice, blackGreeks, blackGreekColumns, emptyGreekColumns, BLACK_COLUMNS } from '../numeric/black.ts';
export type { BlackColumns, BlackGreekColumns, BlackGreeks, BlackOption } from '../numeric/black.ts';
export {
  impliedVolatility,
  impliedVolatilities,
  IMPLIED_VOLATILITY_STATUS,
  ENGINE,
} from '../numeric/implied-volatility.ts';
export type {
  ImpliedVolatility,
  ImpliedVolatilityColumns,
  ImpliedVolatilityStatus,
  PriceColumns,
  PriceQuote,
} from '../numeric/implied-volatility.ts';
export {
  inverseGreeks,
  coinPriceAtIndex,
  volatilitySlopeCoin,
  stateGreeks,
  convertGreeks,
  BLACK_CONVENTION,
  DERIBIT_INVERSE,
  OKX_PREMIUM_ADJUSTED,
  OKX_BLACK,
  LINEAR,
} from '../numeric/inverse.ts';
export { averagedGreeks, averageVarianceYears, THIRTY_MINUTES_YEARS } from '../numeric/settlement-average.ts';
export type { AveragedGreeks, AveragedOption } from '../numeric/settlement-average.ts';
export type { VarianceClock, VarianceClockData, VarianceEvent } from '../numeric/variance-clock.ts';
export { varianceClock, varianceYears, varianceSpeed, CALENDAR_CLOCK } from '../numeric/variance-clock.ts';
export { normalCdf, normalPdf, inverseNormalCdf, erfc, erfcx } from '../numeric/normal.ts';
