/**
 * Inversion of the normalised Black price: s = sigma sqrt(T) from b(x, s) = beta. The readable scalar twin of the
 * kernel in `assembly/total-volatility.ts`: same expressions, same order, same bits.
 *
 * Two objectives, each nearly linear in s on its branch, neither of which forms e^(-(h^2 + t^2)/2), so that prices of
 * 1e-300 cost nothing extra (after Jaeckel 2015, section 4):
 *   lower branch, b below its inflexion at s = sqrt(2|x|):  1/ln b(s) - 1/ln beta
 *   upper branch, above it:                                 ln(e^(x/2) - b(s)) - ln(e^(x/2) - beta)
 * Each step is Householder's of third order; the rational guess leaves about two of them.
 */
import { log, log1p } from './exponential.ts';
import { erfcxDeficit, SQRT1_2 } from './normal.ts';

/** A quote in normalised form; see {@link totalVolatility}. */
export interface NormalisedQuote {
  /** x = -|ln(F/K)| <= 0. */
  x: number;
  /** Out-of-the-money undiscounted price over sqrt(F K), in (0, rootRatio). */
  beta: number;
  /** rootRatio - beta, computed without cancellation from the upper bound of the price. */
  complement: number;
  /** e^(x/2) = sqrt(min(F, K)/max(F, K)). */
  rootRatio: number;
}

/** A start for the iteration: total volatility and the branch that holds it. */
interface Start {
  readonly s: number;
  readonly isUpper: boolean;
}

/** A relative step below this ends the iteration: the step being of fourth order, its error is then below 1e-17. */
const LAST_STEP = 5e-5;
const MAX_STEPS = 8;
const MAX_WARM_STEPS = 3;
/** A seed is tried where |x| <= 40 seed and seed <= 100: elsewhere no representable price has its root. */
const LARGEST_SEED_H = 40;
const LARGEST_SEED = 100;
/** sqrt(2/pi) / 2. */
const HALF_SQRT_2_OVER_PI = 0.3989422804014327;
/** Below this share of the bound the complement is taken as 1 - share, through ln(1 + z). */
const NEAR_ONE = 0.29;

/**
 * Total volatility s = sigma sqrt(T) of a normalised out-of-the-money price, dimensionless; positive and finite for
 * every quote in the domain. `seed`, a previous s (or 0 for none), replaces the guess where the iteration confirms it;
 * where it does not, the cold start is used, so a bad seed costs time, never accuracy.
 */
export function totalVolatility(quote: NormalisedQuote, seed: number): number {
  if (seed * LARGEST_SEED_H >= -quote.x && seed > 0 && seed <= LARGEST_SEED) {
    const warm = refine(quote, { s: seed, isUpper: seed >= Math.sqrt(-2 * quote.x) }, MAX_WARM_STEPS);
    if (warm > 0) return warm;
  }
  return Math.abs(refine(quote, guess(quote), MAX_STEPS));
}

/**
 * Rational inverse of the normal-model (Bachelier) option value: z with phi(z)/z - N(-z) = 1/r, to a relative 8e-4,
 * in the variable sqrt(ln(1 + r)); fitted by iteratively reweighted least squares over z in [1e-4, 37].
 */
function bachelierDistance(r: number): number {
  const w = log(r + 1);
  const v = Math.sqrt(w);
  const above =
    0.39880466829784456 + v * (0.0019907468274626377 + v * (0.034628248420223114 + v * 0.018068715494746052));
  const below =
    1 +
    v * (-0.0011870363674572693 + v * (0.10719273888061112 + v * (0.022267798632623678 + v * 0.012849170798416876)));
  return (w * above) / below;
}

/** Start without a seed: Bachelier's inverse below the inflexion, an inverse error function above it. */
function guess(quote: NormalisedQuote): Start {
  const { x, beta, complement, rootRatio } = quote;
  const inflexion = Math.sqrt(-2 * x);
  const c = Math.sqrt(-x);
  const rise = (c + erfcxDeficit(c)) / (1 + c);
  const half = 0.5 * rootRatio * rise;
  if (beta < half) {
    const r = Math.min(-x / beta, 1e308);
    const normal = -x / bachelierDistance(r);
    const t2 = normal * normal * 0.125;
    const s = -x / bachelierDistance(r / (1 + t2 * (1 + 0.5 * t2)));
    return { s: Math.min(s, inflexion), isUpper: false };
  }
  // Winitzki's inverse error function of the way from the inflexion price to the upper bound, a = 0.147.
  const span = rootRatio - half;
  const share = (beta - half) / span;
  const square = share * share;
  const tail = square < NEAR_ONE ? log1p(-square) : log((complement / span) * (1 + share));
  const u = 4.330750073028753 + 0.5 * tail;
  const v = tail * -6.802721088435374;
  const root = Math.sqrt(v / (Math.sqrt(u * u + v) + u));
  const s = inflexion + (2 - rise) * 1.4142135623730951 * root;
  return { s: Math.max(s, 2.5066282746310002 * beta), isUpper: true };
}

/** The branch's objective level at the quote: ln beta, or ln(e^(x/2) - beta). */
function targetLevel(quote: NormalisedQuote, isUpper: boolean): number {
  if (!isUpper) return log(quote.beta);
  const share = quote.beta / quote.rootRatio;
  return share < NEAR_ONE ? 0.5 * quote.x + log1p(-share) : log(quote.complement);
}

/**
 * Householder steps from a start. Returns s when they converged inside their branch; -s (the best value) when not:
 * too many steps, or pressed against the inflexion, which says that the root lies on the other branch.
 */
function refine(quote: NormalisedQuote, start: Start, maxSteps: number): number {
  const { x } = quote;
  const { isUpper } = start;
  const target = targetLevel(quote, isUpper);
  const inverseTarget = 1 / target;
  const inflexion = Math.sqrt(-2 * x);
  let s = start.s;
  for (let step = 0; step < maxSteps; step++) {
    const before = s;
    const proposed = before + before * relativeStep(x, before, isUpper, target, inverseTarget);
    s = isUpper ? Math.max(proposed, inflexion) : Math.min(proposed, inflexion);
    if (Math.abs(proposed - before) <= LAST_STEP * before) return s === proposed ? s : -s;
  }
  return -s;
}

/**
 * Third-order Householder step of the branch's objective, relative to s (Jaeckel 2015, equations 4.9 to 4.14). Far from
 * the root, where that step can vanish by accident, Newton's, at most a half: only closeness may look like convergence.
 */
function relativeStep(x: number, s: number, isUpper: boolean, target: number, inverseTarget: number): number {
  const h = x / s;
  const t = 0.5 * s;
  const y = -h * SQRT1_2;
  const tau = t * SQRT1_2;
  const h2 = h * h;
  const t2 = t * t;
  const a = Math.abs(y - tau);
  const c = y + tau;
  const pa = erfcxDeficit(a);
  const pc = erfcxDeficit(c);
  const ua = 1 + a;
  const uc = 1 + c;
  const inverse = 1 / (ua * uc);

  // The lower branch's b, or the upper one's complement, over e^(-(h^2 + t^2)/2); share is what the latter lacks of 1.
  const lower = (1 + y) * (pc - pa) + tau * (2 - (pa + pc));
  const upper = (1 - pa) * uc + (1 - pc) * ua;
  const share = 0.5 * ((a + pa) * uc + (c + pc) * ua) * inverse;
  const value = 0.5 * (isUpper ? upper : lower) * inverse;
  const level = (isUpper && share < NEAR_ONE ? log1p(-share) : log(value)) - 0.5 * (h2 + t2);

  // s times the slope of that level, s b''/b' and s^2 b'''/b'.
  const slope = (HALF_SQRT_2_OVER_PI * s) / value;
  const second = h2 - t2;
  const third = second * second - 3 * h2 - t2;
  let newton: number;
  let curvature: number;
  let jerk: number;
  if (isUpper) {
    newton = (level - target) / slope;
    curvature = second + slope;
    jerk = third + slope * (2 * slope + 3 * second);
  } else {
    const inverseLevel = 1 / level;
    const bend = slope * (1 + 2 * inverseLevel);
    newton = ((target - level) * level * inverseTarget) / slope;
    curvature = second - bend;
    jerk = third + 2 * (slope * slope) * (1 + 3 * inverseLevel * (1 + inverseLevel)) - 3 * second * bend;
  }
  const turn = curvature * newton;
  if (!(Math.max(Math.abs(newton), Math.abs(turn)) <= 1)) return Math.min(Math.max(newton, -0.5), 0.5);
  const householder = (newton * (1 + 0.5 * turn)) / (1 + (turn + jerk * newton * newton * 0.16666666666666666));
  return Math.min(Math.max(householder, -0.5), 1);
}
