import type { Cause } from './causes.ts';
import type { SignName } from './signs.ts';

/** How often a sign comes with a cause. */
export const ALWAYS = 0.95;
/** See {@link ALWAYS}. */
export const OFTEN = 0.7;
/** See {@link ALWAYS}. */
export const SOMETIMES = 0.3;
/** See {@link ALWAYS}. */
export const SELDOM = 0.08;
/** Contradicts the cause. */
export const NEVER = 0.004;

/** What one cause looks like. */
export interface Signature {
  /** Odds of the cause against health before anything is seen, per close and scope. */
  readonly prior: number;
  /** Probability of each sign under the cause; a sign not named is as frequent as in health. */
  readonly signs: Readonly<Partial<Record<SignName, number>>>;
}

const DATA_PRIOR = 0.01;
const MARKET_PRIOR = 0.02;

/** The signature of every cause: the whole knowledge of the diagnosis, as data. */
export const SIGNATURES: Readonly<Record<Cause, Signature>> = {
  'stale-feed': {
    prior: DATA_PRIOR,
    signs: {
      unchanged: ALWAYS, stuck: SOMETIMES, unmoved: OFTEN, 'forward-gap': SOMETIMES, 'call-put': SOMETIMES, bounds: SOMETIMES,
      'other-time': SELDOM, 'mark-gap': SELDOM, level: SELDOM, skew: SELDOM, curvature: SELDOM, discount: SELDOM,
      shape: SELDOM, flipped: SELDOM, unit: SELDOM, 'forward-bend': SELDOM, clock: SELDOM, wide: SELDOM, outlier: SELDOM,
    },
  },
  gap: { prior: DATA_PRIOR, signs: { gap: ALWAYS, unmoved: SOMETIMES } },
  'late-data': { prior: DATA_PRIOR, signs: { late: ALWAYS } },
  'venue-outage': {
    prior: DATA_PRIOR,
    signs: { fall: ALWAYS, wide: SELDOM, absent: SOMETIMES, unchanged: SELDOM },
  },
  'wrong-forward': {
    prior: DATA_PRIOR,
    signs: {
      'forward-gap': ALWAYS, 'call-put': OFTEN, 'forward-bend': SOMETIMES, 'mark-gap': SOMETIMES, 'other-time': SELDOM,
      skew: SOMETIMES, level: SOMETIMES, unmoved: SOMETIMES, unit: SELDOM, bounds: SOMETIMES, unchanged: NEVER, stuck: NEVER, flipped: NEVER,
    },
  },
  'wrong-expiry': {
    prior: DATA_PRIOR,
    signs: {
      'other-time': ALWAYS, 'mark-gap': OFTEN, 'forward-bend': OFTEN, level: OFTEN, skew: SOMETIMES, curvature: SOMETIMES,
      unit: SOMETIMES, 'forward-gap': SOMETIMES, shape: SOMETIMES, absent: SELDOM, wide: SOMETIMES, clock: NEVER, flipped: NEVER, stuck: NEVER,
    },
  },
  'unit-mismatch': {
    prior: DATA_PRIOR,
    signs: { unit: ALWAYS, bounds: ALWAYS, 'forward-gap': OFTEN, discount: OFTEN, outlier: SELDOM, fall: SELDOM, 'mark-gap': SOMETIMES, 'other-time': SOMETIMES },
  },
  'call-put-flip': {
    prior: DATA_PRIOR,
    signs: {
      flipped: ALWAYS, discount: OFTEN, bounds: OFTEN, 'forward-gap': OFTEN, 'other-time': OFTEN, 'mark-gap': OFTEN, 'call-put': SOMETIMES,
      unit: SOMETIMES, level: SOMETIMES, skew: SOMETIMES, curvature: SOMETIMES, shape: SOMETIMES, wide: SOMETIMES, unchanged: NEVER, stuck: NEVER, clock: NEVER,
    },
  },
  'clock-skew': {
    prior: DATA_PRIOR,
    signs: { clock: ALWAYS, 'other-time': OFTEN, 'mark-gap': OFTEN, level: SOMETIMES, skew: SOMETIMES, curvature: SELDOM, wide: SELDOM, unit: SELDOM, stuck: NEVER },
  },
  'crossed-quotes': { prior: DATA_PRIOR, signs: { crossed: ALWAYS, fall: SELDOM } },
  'fat-finger': { prior: DATA_PRIOR, signs: { outlier: ALWAYS, bounds: SOMETIMES, shape: SELDOM } },
  'missing-expiry': { prior: DATA_PRIOR, signs: { absent: ALWAYS, fall: SELDOM } },
  'silent-channel': { prior: DATA_PRIOR, signs: { silent: ALWAYS } },
  'index-dislocation': { prior: DATA_PRIOR, signs: { 'index-gap': ALWAYS, 'forward-gap': SELDOM, 'forward-bend': SELDOM } },
  'liquidity-contraction': {
    prior: MARKET_PRIOR,
    signs: { wide: ALWAYS, fall: OFTEN, thin: SOMETIMES, rate: SELDOM, 'mark-gap': SELDOM, level: SOMETIMES, skew: SELDOM, curvature: SELDOM, 'call-put': SELDOM, return: SELDOM },
  },
  'flash-crash': {
    prior: MARKET_PRIOR,
    signs: {
      return: ALWAYS, level: ALWAYS, 'level-leads': OFTEN, wide: OFTEN, thin: SOMETIMES, rate: SOMETIMES, skew: OFTEN, curvature: SOMETIMES, term: SOMETIMES, fall: SELDOM,
      shape: SELDOM, 'call-put': SELDOM, 'forward-gap': SELDOM,
    },
  },
  'level-move': {
    prior: MARKET_PRIOR,
    signs: { level: ALWAYS, 'level-leads': ALWAYS, skew: SOMETIMES, curvature: SOMETIMES, term: NEVER, wide: SELDOM, return: SELDOM, shape: SELDOM },
  },
  'skew-move': {
    prior: MARKET_PRIOR,
    signs: { skew: ALWAYS, 'level-leads': SELDOM, level: SOMETIMES, curvature: SOMETIMES, term: SELDOM, return: SELDOM, wide: SELDOM, shape: SELDOM },
  },
  'curvature-move': {
    prior: MARKET_PRIOR,
    signs: { curvature: ALWAYS, level: SELDOM, skew: SELDOM, shape: SOMETIMES },
  },
  'term-move': { prior: MARKET_PRIOR, signs: { term: ALWAYS, level: OFTEN, skew: SELDOM, return: SELDOM } },
  'frozen-model': { prior: DATA_PRIOR, signs: { 'answer-repeat': ALWAYS, 'answer-miss': OFTEN, 'answer-scale': SOMETIMES } },
  'local-minimum': { prior: DATA_PRIOR, signs: { rival: ALWAYS, 'answer-miss': SOMETIMES } },
  'arbitrageable-fit': { prior: DATA_PRIOR, signs: { arbitrage: ALWAYS } },
  'model-misspecified': { prior: DATA_PRIOR, signs: { shape: ALWAYS } },
  'convention-mismatch': {
    prior: DATA_PRIOR,
    signs: { 'answer-scale': ALWAYS, 'answer-miss': OFTEN, 'answer-repeat': NEVER },
  },
  'optimiser-failure': {
    prior: DATA_PRIOR,
    signs: { 'answer-failed': OFTEN, 'answer-miss': OFTEN, 'answer-scale': SELDOM, 'answer-repeat': NEVER },
  },
  'own-feedback': { prior: DATA_PRIOR, signs: { own: ALWAYS } },
  overload: { prior: DATA_PRIOR, signs: { lag: ALWAYS, late: SOMETIMES, rate: SOMETIMES } },
}; // prettier-ignore
