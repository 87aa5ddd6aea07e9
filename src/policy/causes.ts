/** One entry of the closed list. */
export interface CauseDefinition {
  /** `data` vetoes refits and closes the gate; `market` widens; `model` asks for a refit. */
  readonly kind: 'data' | 'market' | 'model';
  /** One line, for the page and the alert. */
  readonly says: string;
}

/** The closed list of causes: every incident names one. Ranked evidence decides; adding one is adding a row here and in `src/policy/signatures.ts`. */
export const CAUSES = {
  'stale-feed': { kind: 'data', says: 'quotes repeat or stand still while the market moves' },
  gap: { kind: 'data', says: 'messages were lost between two that arrived' },
  'late-data': { kind: 'data', says: 'messages arrive after their batch has closed' },
  'venue-outage': { kind: 'data', says: 'the venue shows far fewer quotes than usual, without wider spreads' },
  'wrong-forward': { kind: 'data', says: "the published forward contradicts the options' own put-call parity" },
  'wrong-expiry': {
    kind: 'data',
    says: 'quotes of one expiry belong to another: their marks imply another time to expiry',
  },
  'unit-mismatch': { kind: 'data', says: 'prices are in another currency or unit than the instrument says' },
  'call-put-flip': { kind: 'data', says: 'calls carry the quotes of puts and puts those of calls' },
  'clock-skew': { kind: 'data', says: 'time stamps are off: every expiry implies the same wrong time' },
  'crossed-quotes': { kind: 'data', says: 'more bids above asks than chance allows' },
  'fat-finger': { kind: 'data', says: 'single quotes far away from everything around them' },
  'missing-expiry': { kind: 'data', says: 'an expiry that should be quoted is silent while others are not' },
  'silent-channel': { kind: 'data', says: 'single channels are dead while those beside them speak' },
  'index-dislocation': { kind: 'data', says: 'the spot index contradicts futures and parity' },
  'liquidity-contraction': { kind: 'market', says: 'spreads widen and quotes are pulled across expiries' },
  'flash-crash': { kind: 'market', says: 'spot and volatility move together far beyond the usual' },
  'level-move': { kind: 'market', says: 'the volatility level moved beyond what the horizon explains' },
  'skew-move': { kind: 'market', says: 'the skew moved beyond what the horizon explains' },
  'curvature-move': { kind: 'market', says: 'the curvature of the smile moved beyond what the horizon explains' },
  'term-move': { kind: 'market', says: 'short and long volatilities moved in opposite directions' },
  'frozen-model': { kind: 'model', says: 'the model repeats old parameters although the data have moved' },
  'local-minimum': { kind: 'model', says: 'the fit stands in a minimum that another start beats' },
  'arbitrageable-fit': { kind: 'model', says: 'the fit admits butterfly or calendar arbitrage in the quoted range' },
  'model-misspecified': { kind: 'model', says: 'a shape error remains after level, skew and curvature' },
  'convention-mismatch': { kind: 'model', says: 'model and quotes differ by one factor: a convention, not a fit' },
  'optimiser-failure': {
    kind: 'model',
    says: 'the calibrator answers with a fit that misses its own data, or with none',
  },
  'own-feedback': { kind: 'data', says: 'own orders make up the quotes that the model is scored on' },
  overload: { kind: 'data', says: 'our own lag or queue is beyond what a verdict may rest on' },
} as const satisfies Readonly<Record<string, CauseDefinition>>;

/** Causes that diagnosis does not look for: facts about the positions. `book` gates the money, a limit also what is quoted. */
export const BOOK_CAUSES = {
  'position-stale': { kind: 'book', says: 'what is held has not been confirmed in time: money is not stated' },
  'reconciliation-break': {
    kind: 'book',
    says: 'fills, snapshots or sources disagree on what is held: money is not stated',
  },
  'book-limit': { kind: 'book', says: 'the book is beyond a limit of its own: hedging only' },
} as const satisfies Readonly<Record<string, { readonly kind: 'book'; readonly says: string }>>;

/** Causes of credit curves, judged by `src/policy/credit-diagnosis.ts`; those that options know too keep their meaning. */
export const CREDIT_CAUSES = {
  'stale-contributor': { kind: 'data', says: 'a contributor has gone silent while the others and the market move' },
  'flat-line': { kind: 'data', says: 'a contributor sends the same quotes again and again while the market moves' },
  'node-inversion': { kind: 'data', says: 'quotes of neighbouring nodes admit arbitrage: a forward default probability is negative' },
  'recovery-inconsistent': { kind: 'data', says: 'quotes and recovery contradict each other: another recovery is stated, or more is asked upfront than can be lost' },
  'unit-mismatch': { kind: 'data', says: 'quotes are in another unit than they say: basis points, percent or decimals' },
  'convention-mismatch': { kind: 'data', says: 'quotes follow another convention than they say: price for upfront, sign, coupon, period' },
  'outlier-quote': { kind: 'data', says: 'single quotes far away from the other contributors, or from the curve where there are none' },
  'numerical-failure': { kind: 'data', says: 'no curve can be computed, or discount rates are absurd: quotes are not what is wrong' },
  'spread-move': { kind: 'market', says: 'the curve moved beyond what the time since its calibration explains' },
  'unexplained-move': { kind: 'model', says: 'hazard rates moved beyond what their quotes explain' },
} as const satisfies Readonly<Record<string, CauseDefinition>>; // prettier-ignore

/** Causes of hedging, judged by `src/hedge/ratio-check.ts` and `src/hedge/funding-watch.ts`; a regime is none of them. */
export const HEDGE_CAUSES = {
  'convention-mismatch': { kind: 'model', says: 'stated deltas follow another convention than they say: premium, sign, side, percent' },
  'hedge-bias': { kind: 'model', says: 'stated deltas of a bucket are off by a factor that prices do not follow' },
  'stale-hedge-ratio': { kind: 'model', says: 'stated deltas stand still or are those of an earlier price' },
  'funding-shock': { kind: 'market', says: 'funding or basis of the hedging instrument left its usual range: hedges cost more or save less' },
} as const satisfies Readonly<Record<string, CauseDefinition>>; // prettier-ignore

/** A cause of credit curves. */
export type CreditCause = keyof typeof CREDIT_CAUSES;

/** Kind and line of a cause of any list; undefined for any other name. */
export function causeNamed(
  name: string,
): { readonly kind: CauseDefinition['kind'] | 'book'; readonly says: string } | undefined {
  const all: Readonly<Record<string, { kind: CauseDefinition['kind'] | 'book'; says: string } | undefined>> = {
    ...HEDGE_CAUSES,
    ...CREDIT_CAUSES,
    ...CAUSES,
    ...BOOK_CAUSES,
  };
  return Object.hasOwn(all, name) ? all[name] : undefined;
}

/** A cause of the closed list. */
export type Cause = keyof typeof CAUSES;
