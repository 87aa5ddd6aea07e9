/**
 * `vernier/numeric`: pricing, greeks, implied volatility and conventions, usable without the monitor.
 * Examples that run as tests: `test/library/numeric.test.ts`.
 */
export { blackPrice, blackGreeks, blackGreekColumns, emptyGreekColumns, BLACK_COLUMNS } from '../numeric/black.ts';
export type { BlackOption, BlackGreeks, BlackGreekColumns } from '../numeric/black.ts';
export {
  impliedVolatility,
  impliedVolatilities,
  IMPLIED_VOLATILITY_STATUS,
  ENGINE,
} from '../numeric/implied-volatility.ts';
export type { ImpliedVolatility, ImpliedVolatilityStatus, PriceQuote } from '../numeric/implied-volatility.ts';
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
export { varianceClock, varianceYears, varianceSpeed, CALENDAR_CLOCK } from '../numeric/variance-clock.ts';
export { normalCdf, normalPdf, inverseNormalCdf, erfc, erfcx } from '../numeric/normal.ts';
