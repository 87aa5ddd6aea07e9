/**
 * What a calibrated curve is worth trusting for, in a handful of numbers: how well it meets its quotes, how far it is from an
 * arbitrage, how wide the quotes leave it, and how old they are.
 */
import { calibrateCurve, curveInstruments } from './constrained-curve.ts';
import type { CdsQuote, CreditRefusal } from './cds-quote.ts';
import type { ArbitrageMode, CreditCurve } from './credit-curve.ts';
import { contractGrid } from './curve-grid.ts';
import type { CurveGrid } from './curve-grid.ts';
import { curveJacobian, propagatedCovariance } from './jacobian.ts';

/** One node of a certificate. */
export interface CertifiedNode {
  readonly node: string;
  readonly years: number;
  /** Quote and what the curve says it should be, in the quote's unit, and half of its bid-ask spread. */
  readonly quote: number;
  readonly model: number;
  readonly halfSpread: number;
  /** (model - quote) / halfSpread. */
  readonly residual: number;
  /** Forward hazard and survival, and one standard error of each from half-spreads on all quotes. */
  readonly hazard: number;
  readonly hazardError: number;
  readonly survival: number;
  readonly survivalError: number;
  /** By how many of its own half-spreads the quote could fall before its forward hazard is zero; negative past it. */
  readonly distanceToArbitrage: number;
  /** What the constraint costs where it holds the node; 0 elsewhere. */
  readonly multiplier: number;
  /** The curve without this quote says it should be this many half-spreads higher; NaN for the only node. */
  readonly withoutIt: number;
  /** Since the quote was last said, ms; NaN when unknown. */
  readonly ageMs: number;
  readonly status: CreditCurve['nodes'][number]['status'];
}

/** A certificate: plain data. */
export interface CurveCertificate {
  readonly status: 'ok';
  readonly nodes: readonly CertifiedNode[];
  /** Root mean square and largest residual, half-spreads; sum of squares and its degrees of freedom (held hazards). */
  readonly rms: number;
  readonly largest: number;
  readonly chi2: number;
  readonly degrees: number;
  /** Share of quotes met within their bid and ask. */
  readonly inside: number;
  /** Smallest distance to arbitrage of all nodes, half-spreads, and its node. */
  readonly distanceToArbitrage: number;
  readonly nearestArbitrage: string;
  /** Sum of squared jumps of the forward hazard over the mean of the two lengths, 1/year^3: larger is rougher. */
  readonly roughness: number;
  /** Age of the oldest quote, ms; NaN when none is known. */
  readonly ageMs: number;
}

/** What is known of a quote beside its value; same order as the quotes. */
export interface QuoteFacts {
  /** Half of bid-ask, in the quote's unit, > 0. */
  readonly halfSpread: number;
  /** Default unknown. */
  readonly ageMs?: number;
}

/**
 * Certifies a curve against the quotes that it was calibrated to. `curve` comes from {@link calibrateCurve} or
 * `bootstrapHazards` on the same grid; `arbitrage` is the mode in which a curve without one quote is calibrated.
 */
export function certifyCurve(
  grid: CurveGrid,
  quotes: readonly CdsQuote[],
  facts: readonly QuoteFacts[],
  curve: CreditCurve,
  arbitrage: ArbitrageMode = 'ignore',
): CurveCertificate | CreditRefusal {
  const n = quotes.length;
  const jacobian = curveJacobian(grid, quotes, curve);
  if (jacobian.status !== 'ok') return jacobian;
  const errors = facts.map((f) => f.halfSpread);
  const hazardNoise = propagatedCovariance(jacobian.hazards, n, errors);
  const survivalNoise = propagatedCovariance(jacobian.survivals, n, errors);
  const gradient = new Float64Array(n);
  const nodes = curveInstruments(grid, quotes, curve.recovery, errors).map((instrument, i): CertifiedNode => {
    const node = curve.nodes[i];
    const model = instrument.evaluate(curve.hazards, gradient);
    // To first order: what the own quote must fall for its own hazard to vanish.
    const slope = jacobian.hazards[i * n + i];
    const room = slope > 0 ? node.hazard / slope / errors[i] : 0;
    return {
      node: node.node,
      years: node.years,
      quote: quotes[i].value,
      model,
      halfSpread: errors[i],
      residual: (model - quotes[i].value) / errors[i],
      hazard: node.hazard,
      hazardError: Math.sqrt(hazardNoise[i * n + i]),
      survival: node.survival,
      survivalError: Math.sqrt(survivalNoise[i * n + i]),
      distanceToArbitrage: slope > 0 ? room : -Math.abs(model - quotes[i].value) / errors[i],
      multiplier: node.multiplier,
      withoutIt: bridged(grid, quotes, i, curve, arbitrage) / errors[i],
      ageMs: facts[i].ageMs ?? NaN,
      status: node.status,
    };
  });
  return { status: 'ok', nodes, ...summary(nodes, curve) };
}

/** What the curve of all other quotes says of one, less the quote; NaN when there is no such curve. */
function bridged(
  grid: CurveGrid,
  quotes: readonly CdsQuote[],
  left: number,
  curve: CreditCurve,
  arbitrage: ArbitrageMode,
): number {
  const others = quotes.filter((_, i) => i !== left);
  if (others.length === 0) return NaN;
  const contracts = grid.contracts.filter((_, i) => i !== left);
  const smaller = contractGrid(grid.trade, grid.discount, contracts, grid.accrual);
  const found = calibrateCurve(smaller, others, { recovery: curve.recovery, arbitrage });
  if (found.status !== 'ok') return NaN;
  const own = contractGrid(grid.trade, grid.discount, [grid.contracts[left]], grid.accrual, smaller.knots);
  const [instrument] = curveInstruments(own, [quotes[left]], curve.recovery, [1]);
  return instrument.evaluate(found.hazards, new Float64Array(others.length)) - quotes[left].value;
}

function summary(nodes: readonly CertifiedNode[], curve: CreditCurve): Omit<CurveCertificate, 'status' | 'nodes'> {
  let chi2 = 0;
  let largest = 0;
  let inside = 0;
  let held = 0;
  let nearest = nodes[0];
  let oldest = NaN;
  for (const node of nodes) {
    chi2 += node.residual * node.residual;
    largest = Math.max(largest, Math.abs(node.residual));
    if (Math.abs(node.residual) <= 1) inside++;
    if (node.status === 'held' || node.status === 'zero') held++;
    if (node.distanceToArbitrage < nearest.distanceToArbitrage) nearest = node;
    if (!(node.ageMs <= oldest) && !Number.isNaN(node.ageMs)) oldest = node.ageMs;
  }
  let roughness = 0;
  for (let i = 1; i < nodes.length; i++) {
    const jump = curve.hazards[i] - curve.hazards[i - 1];
    const length = 0.5 * (nodes[i].years - (i === 1 ? 0 : nodes[i - 2].years));
    roughness += (jump * jump) / length;
  }
  return {
    rms: Math.sqrt(chi2 / nodes.length),
    largest,
    chi2,
    degrees: held,
    inside: inside / nodes.length,
    distanceToArbitrage: nearest.distanceToArbitrage,
    nearestArbitrage: nearest.node,
    roughness,
    ageMs: oldest,
  };
}

/** A move of the forward hazards, split into what the quotes' moves explain (J dq) and the rest; 1/year. */
export interface HazardMove {
  readonly explained: readonly number[];
  readonly unexplained: readonly number[];
}

/** Splits the move from one curve to another over the same nodes by the first one's Jacobian and its quotes' moves. */
export function splitMove(
  jacobian: { readonly size: number; readonly hazards: ArrayLike<number> },
  before: { readonly hazards: readonly number[]; readonly quotes: readonly number[] },
  after: { readonly hazards: readonly number[]; readonly quotes: readonly number[] },
): HazardMove {
  const n = jacobian.size;
  const explained = before.hazards.map((_, i) => {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += jacobian.hazards[i * n + j] * (after.quotes[j] - before.quotes[j]);
    return sum;
  });
  return { explained, unexplained: explained.map((e, i) => after.hazards[i] - before.hazards[i] - e) };
}
