/** What hedging is assumed to cost where an account's own fees are not known: a taker's, as the venue lists them. */

/** Of a future, share of notional. */
export const FUTURE_FEE = 0.0005;
/** Of an option, coins a coin, and its cap as a share of the option's price. */
export const OPTION_FEE = 0.0003;
/** See {@link OPTION_FEE}. */
export const OPTION_FEE_CAP = 0.125;
