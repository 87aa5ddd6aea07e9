/**
 * Explains the change of one option's value over a step by its Taylor terms at the start and by step revaluation
 * (time, then forward, then volatility), in USD or coin. Terms beyond the cross ones: speed = V_FFF dF^3/6 and
 * zomma = V_FFs dF^2 ds/2. The move of volatility is the strike's own, so that what is left says how well the
 * expansion works, not whether the model predicted anything (methods note, correction 16): for that pass the PREDICTED
 * move. Verified by `pnl_explain_cases.csv`.
 */
import { blackGreeks, blackPrice, type BlackGreeks } from '../numeric/black.ts';

/** Currency in which the option's value is counted. */
export type Numeraire = 'usd' | 'coin';

/** One option over one step. Forwards and strike in USD, times in years, volatilities per root year. */
export interface ExplainStep {
  readonly side: 'call' | 'put';
  readonly strike: number;
  readonly forwardBefore: number;
  readonly forwardAfter: number;
  /** T at the start, > 0, and the time that passed, in [0, T]. */
  readonly years: number;
  readonly elapsed: number;
  readonly sigmaBefore: number;
  readonly sigmaAfter: number;
}

/** Terms in the numeraire, per option. */
export interface Explanation {
  readonly valueBefore: number;
  readonly valueAfter: number;
  readonly pnl: number;
  readonly delta: number;
  readonly gamma: number;
  readonly vega: number;
  readonly theta: number;
  readonly vanna: number;
  readonly volga: number;
  readonly charm: number;
  readonly veta: number;
  readonly speed: number;
  readonly zomma: number;
  /** What delta, gamma, vega and theta leave; what is left with vanna and volga; with all ten. */
  readonly residualFirst: number;
  readonly residualCross: number;
  readonly residualAll: number;
  /** Exact revaluation in steps: time passes, the forward moves, the volatility moves. They sum to the P&L. */
  readonly stepTime: number;
  readonly stepForward: number;
  readonly stepVolatility: number;
}

/** Derivatives of the value in the numeraire. */
interface Derivatives {
  readonly f: number;
  readonly ff: number;
  readonly fff: number;
  readonly s: number;
  readonly ss: number;
  readonly fs: number;
  readonly ffs: number;
  /** By elapsed time, per year. */
  readonly t: number;
  readonly ft: number;
  readonly st: number;
}

function inUsd(g: BlackGreeks): Derivatives {
  return {
    f: g.delta,
    ff: g.gamma,
    fff: g.speed,
    s: g.vega,
    ss: g.volga,
    fs: g.vanna,
    ffs: g.zomma,
    t: g.theta,
    ft: g.charm,
    st: g.veta,
  };
}

/** Quotient rule of a derivative pair x(F)/F: value, first, second and third derivative. */
function inCoin(g: BlackGreeks, forward: number, net: number): Derivatives {
  const f1 = net / forward;
  const f2 = (g.gamma - 2 * f1) / forward;
  const s1 = (g.vanna - g.vega / forward) / forward;
  return {
    f: f1,
    ff: f2,
    fff: (g.speed - 3 * f2) / forward,
    s: g.vega / forward,
    ss: g.volga / forward,
    fs: s1,
    ffs: (g.zomma - 2 * s1) / forward,
    t: g.theta / forward,
    ft: (g.charm - g.theta / forward) / forward,
    st: g.veta / forward,
  };
}

/** Explains one step; NaN outside Black's domain. */
export function explainStep(step: ExplainStep, numeraire: Numeraire): Explanation {
  const { side, strike, forwardBefore: f0, forwardAfter: f1, years, elapsed, sigmaBefore, sigmaAfter } = step;
  const later = Math.max(0, years - elapsed);
  const value = (forward: number, time: number, sigma: number): number => {
    const usd = blackPrice({ side, forward, strike, years: time, sigma });
    return numeraire === 'usd' ? usd : usd / forward;
  };
  const greeks = blackGreeks({ side, forward: f0, strike, years, sigma: sigmaBefore });
  // Delta - V/F without the cancellation of its two terms.
  const net = -(strike / f0) * greeks.dualDelta;
  const d = numeraire === 'usd' ? inUsd(greeks) : inCoin(greeks, f0, net);
  const x = f1 - f0;
  const s = sigmaAfter - sigmaBefore;
  const t = elapsed;
  const terms = {
    delta: d.f * x,
    gamma: 0.5 * d.ff * x * x,
    vega: d.s * s,
    theta: d.t * t,
    vanna: d.fs * x * s,
    volga: 0.5 * d.ss * s * s,
    charm: d.ft * x * t,
    veta: d.st * s * t,
    speed: (d.fff * x * x * x) / 6,
    zomma: 0.5 * d.ffs * x * x * s,
  };
  const valueBefore = value(f0, years, sigmaBefore);
  const afterTime = value(f0, later, sigmaBefore);
  const afterForward = value(f1, later, sigmaBefore);
  const valueAfter = value(f1, later, sigmaAfter);
  const pnl = valueAfter - valueBefore;
  const residualFirst = pnl - terms.delta - terms.gamma - terms.vega - terms.theta;
  const residualCross = residualFirst - terms.vanna - terms.volga;
  return {
    valueBefore,
    valueAfter,
    pnl,
    ...terms,
    residualFirst,
    residualCross,
    residualAll: residualCross - terms.charm - terms.veta - terms.speed - terms.zomma,
    stepTime: afterTime - valueBefore,
    stepForward: afterForward - afterTime,
    stepVolatility: valueAfter - afterForward,
  };
}

/** What a book earns beside the moves of its options, in one currency. */
export interface CarryTerms {
  /** Funding received (positive) or paid. */
  readonly funding: number;
  /** Fees paid, negative. */
  readonly fees: number;
  /** Futures and perpetuals against the forward the options are marked on. */
  readonly basis: number;
}

/** Explanation of a whole book: positions times terms, with carry. */
export interface BookExplanation {
  /** Options, hedges and carry together: what the accounts must show. */
  readonly pnl: number;
  /** Sums over positions, by name of the term. */
  readonly terms: Readonly<Record<string, number>>;
  /** What nothing explains. */
  readonly residual: number;
}

const TERMS = [
  'delta', 'gamma', 'vega', 'theta', 'vanna', 'volga', 'charm', 'veta', 'speed', 'zomma',
] as const satisfies readonly (keyof Explanation)[]; // prettier-ignore

/**
 * Explanation of a book of options held over one step (static positions: what was traded meanwhile is the caller's own
 * line). `observed` is the profit and loss the accounts show, in the numeraire; the residual is what is left of it.
 */
export function explainBook(
  positions: readonly { readonly size: number; readonly step: ExplainStep }[],
  numeraire: Numeraire,
  carry: CarryTerms,
  observed: number,
): BookExplanation {
  const terms: Record<string, number> = { ...carry };
  for (const name of TERMS) terms[name] = 0;
  for (const { size, step } of positions) {
    const e = explainStep(step, numeraire);
    for (const name of TERMS) terms[name] += size * e[name];
  }
  let explained = 0;
  for (const v of Object.values(terms)) explained += v;
  return { pnl: observed, terms, residual: observed - explained };
}
