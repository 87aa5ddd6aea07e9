import type { FitOutcomeRecord } from '../market/event.ts';
import type { Features, Fit, FitJob, MonitoredModel, Observations, Predictions } from '../model/contract.ts';
import { median } from '../numeric/robust.ts';
import { fitAnchored, parentSmile, type BaseSmile, type SpreadPrior } from './anchored-fit.ts';
import type { FactorPrior, FitOptions, SliceFit, SliceQuotes, SmileFamily } from './family.ts';
import { factorCovariance, smileFactors } from './smile-factors.ts';
import { surfaceGuard } from './surface-guard.ts';

/** Residuals beyond this many standard errors are dropped, twice at most (methods.md 1.2, rule 10). */
const OUTLIER_Z = 6;

/**
 * Any smile family as a monitored model of implied volatility. Dynamics rule: sticky moneyness,
 * sigma(k) = sqrt(w(k; theta) / T_fit) at unchanged k, so that a later batch is predicted without looking at it.
 * Features: ATM volatility, skew and curvature in x, with the delta-method covariance.
 */
export function smileModel(family: SmileFamily): MonitoredModel {
  return {
    name: family.name,
    kind: 'surface',
    calibrated: true,
    parameterNames: family.parameters.map((p) => p.name),
    predict: (fit, batch, out) => predict(family, fit, batch, out),
    features: (fit) => features(family, fit),
    fit: (job) => calibrate(family, job),
    guard: (previous, next, confirmed) =>
      surfaceGuard(previous === null ? null : features(family, previous), features(family, next), next, confirmed),
  };
}

function predict(family: SmileFamily, fit: Fit, batch: Observations, out: Predictions): void {
  const n = family.parameters.length;
  const g = new Float64Array(n);
  const c = fit.covariance;
  for (let i = 0; i < batch.k.length; i++) {
    const w = family.totalVariance(fit.parameters, batch.k[i], fit.years);
    const sigma = Math.sqrt(w / fit.years);
    out.mean[i] = sigma;
    let variance = 0;
    if (c.length === n * n) {
      family.gradient(fit.parameters, batch.k[i], fit.years, g);
      for (let r = 0; r < n; r++) for (let s = 0; s < n; s++) variance += g[r] * c[r * n + s] * g[s];
    }
    out.sd[i] = Math.min(Math.sqrt(Math.max(0, variance)) / (2 * sigma * fit.years), MAX_SD);
  }
}

/** An unidentified wing must not forgive everything: the fit's own sd is capped (volatility fraction). */
const MAX_SD = 0.05;

function features(family: SmileFamily, fit: Fit): Features {
  const f = smileFactors(family, fit.parameters, fit.years);
  return {
    names: ['atm_vol', 'skew_per_x', 'curvature_per_x2'],
    phi: [f.atm, f.skew, f.curvature],
    covariance: Array.from(factorCovariance(family, fit.parameters, fit.covariance, fit.years)),
  };
}

function calibrate(family: SmileFamily, job: FitJob): FitOutcomeRecord {
  const options: FitOptions = {
    objective: job.options['equalWeights'] === 1 ? 'equal' : 'error-bars',
    huber: job.options['huber'] ?? 1.345,
    start: job.start,
    prior: job.prior === null ? null : (job.prior as unknown as FactorPrior),
    arbitrageFree: job.options['arbitrageFree'] === 1,
  };
  const anchor = anchorOf(family, job);
  if (anchor !== null) return anchored(family, job, anchor, options);
  let slice = toSlice(job.observations);
  let fit = family.fit(slice, options);
  let dropped = 0;
  for (let pass = 0; pass < 2 && fit.status === 'converged'; pass++) {
    const keep = slice.k.map((_, i) => (Math.abs(fit.residuals[i]) <= OUTLIER_Z * slice.errorBar[i] ? 1 : 0));
    const kept = keep.reduce((s, v) => s + v, 0);
    if (kept === slice.k.length || kept < family.parameters.length + 2) break;
    dropped += slice.k.length - kept;
    slice = filterSlice(slice, keep);
    fit = family.fit(slice, { ...options, start: fit.parameters });
  }
  let beaten: 0 | 1 = 0;
  let coldGain = 0;
  if (job.options['cold'] === 1 && job.start !== null) {
    const cold = family.fit(slice, { ...options, start: null });
    const better = 0.5 * (fit.cost - cold.cost);
    if (cold.status === 'converged' && (fit.status !== 'converged' || better > LOCAL_MINIMUM)) {
      beaten = fit.status === 'converged' ? 1 : 0;
      coldGain = beaten === 1 ? better : 0;
      fit = cold;
    }
  }
  if (fit.status === 'converged' && fit.arbitrage.minG < 0 && !options.arbitrageFree)
    fit = repaired(family, slice, options, fit);
  return outcome(family, job.observations, fit, { dropped, child: 0, levelSkew: 0, localMinimum: beaten, coldGain });
}

/** Units of log-likelihood by which a cold start must beat the warm one for that to be a local minimum. */
const LOCAL_MINIMUM = 2;
/** What may be learnt of a child's distance to its parent, and of level and skew under stress, volatility fractions. */
const CHILD_SPREAD: SpreadPrior = { levelSd: 0.1, skewSd: 0.02 };
const STRESS_SPREAD: SpreadPrior = { levelSd: 1, skewSd: 0.3 };

interface Anchor {
  readonly base: BaseSmile;
  readonly spread: SpreadPrior;
  readonly kind: 'child' | 'levelSkew';
}

/** What the fit leans on instead of choosing its own shape; null for an ordinary fit. */
function anchorOf(family: SmileFamily, job: FitJob): Anchor | null {
  const { start, parents } = job;
  if (parents !== undefined && parents.length > 0)
    return { base: parentSmile(family, parents, job.observations.years), spread: CHILD_SPREAD, kind: 'child' };
  const years = job.options['startYears'];
  if (job.options['levelSkew'] !== 1 || start === null || !(years > 0)) return null;
  const base = atLevel((k) => Math.sqrt(family.totalVariance(start, k, years) / years), job.observations);
  const { levelSd, skewSd } = job.options;
  const known = levelSd > 0 && skewSd > 0;
  return { base, spread: known ? { levelSd, skewSd } : STRESS_SPREAD, kind: 'levelSkew' };
}

/** A level that has moved by more than this share carries the structure with it. */
const LARGE_MOVE = 0.25;
const FEWEST_NEAR = 4;

/**
 * The frozen structure at the level of the batch: when the quotes within one standard deviation have moved by a large
 * share r, the smile is kept at equal x, r sigma(k / r), as a smile that widens keeps it; at unchanged k its wings would
 * then stand where nobody quotes them.
 */
function atLevel(frozen: BaseSmile, o: Observations): BaseSmile {
  const deviation = frozen(0) * Math.sqrt(o.years);
  const ratios: number[] = [];
  for (let i = 0; i < o.k.length; i++) if (Math.abs(o.k[i]) <= deviation) ratios.push(o.value[i] / frozen(o.k[i]));
  const r = ratios.length < FEWEST_NEAR ? 1 : median(ratios);
  return Math.abs(r - 1) <= LARGE_MOVE ? frozen : (k) => r * frozen(k / r);
}

/** A frozen structure is warm-started from itself; a child has none. */
function anchored(family: SmileFamily, job: FitJob, anchor: Anchor, options: FitOptions): FitOutcomeRecord {
  const slice = toSlice(job.observations);
  const { kind } = anchor;
  const free = { ...options, start: kind === 'levelSkew' ? job.start : null };
  let fit = fitAnchored(family, slice, anchor.base, anchor.spread, free);
  if (fit !== null && fit.status === 'converged' && fit.arbitrage.minG < 0)
    fit = fitAnchored(family, slice, anchor.base, anchor.spread, {
      ...free,
      start: fit.parameters,
      arbitrageFree: true,
    });
  if (fit === null)
    return { status: 'too-few-quotes', parameters: [], covariance: [], numbers: { used: job.observations.k.length } };
  return outcome(family, job.observations, fit, {
    dropped: 0,
    child: kind === 'child' ? 1 : 0,
    levelSkew: kind === 'levelSkew' ? 1 : 0,
    localMinimum: 0,
    coldGain: 0,
  });
}

/** A free fit with butterfly arbitrage between the quotes is refitted under the constraint; kept only if that works. */
function repaired(family: SmileFamily, slice: SliceQuotes, options: FitOptions, free: SliceFit): SliceFit {
  const constrained = family.fit(slice, { ...options, start: free.parameters, arbitrageFree: true });
  return constrained.status === 'converged' && constrained.arbitrage.minG > free.arbitrage.minG ? constrained : free;
}

/** What happened on the way, as numbers of the outcome. */
interface Flags {
  readonly dropped: number;
  readonly child: 0 | 1;
  readonly levelSkew: 0 | 1;
  readonly localMinimum: 0 | 1;
  /** Units of log-likelihood by which the cold start beat the warm one. */
  readonly coldGain: number;
}

function outcome(family: SmileFamily, all: Observations, fit: SliceFit, flags: Flags): FitOutcomeRecord {
  const usable = fit.status === 'converged' || fit.status === 'max-iterations';
  if (!usable) return { status: fit.status, parameters: [], covariance: [], numbers: { used: all.k.length } };
  let [squares, inside, bounded, weights, weightSquares] = [0, 0, 0, 0, 0];
  let chi2 = 0;
  for (let i = 0; i < all.k.length; i++) {
    const sigma = Math.sqrt(family.totalVariance(fit.parameters, all.k[i], all.years) / all.years);
    const e = all.value[i] - sigma;
    const weight = 1 / (all.noise[i] * all.noise[i]);
    squares += e * e;
    chi2 += weight * e * e;
    weights += weight;
    weightSquares += weight * weight;
    if (!(all.low[i] <= all.high[i])) continue;
    bounded++;
    if (sigma >= all.low[i] && sigma <= all.high[i]) inside++;
  }
  const finite = (v: number): number => (Number.isFinite(v) ? v : 0);
  return {
    status: fit.status,
    parameters: Array.from(fit.parameters),
    covariance: fit.covariance.every(Number.isFinite) ? Array.from(fit.covariance) : [],
    numbers: {
      used: all.k.length,
      effective: (weights * weights) / weightSquares,
      ...flags,
      rmseVol: Math.sqrt(squares / all.k.length),
      insideShare: bounded === 0 ? 0 : inside / bounded,
      // An anchored fit has seen its curve; what it is worth is what it makes of the quotes (two numbers learnt).
      chi2PerDof: flags.child + flags.levelSkew > 0 ? chi2 / Math.max(1, all.k.length - 2) : finite(fit.chi2PerDof),
      minG: finite(fit.arbitrage.minG),
      minGExtrapolated: finite(fit.arbitrage.minGExtrapolated),
      wingSlope: finite(fit.arbitrage.wingSlope),
      logCondition: finite(fit.logCondition),
      cost: finite(fit.cost),
      rivalCost: finite(fit.rivalCost),
      iterations: fit.iterations,
      kLow: all.k[0],
      kHigh: all.k[all.k.length - 1],
    },
  };
}

function toSlice(o: Observations): SliceQuotes {
  return {
    years: o.years,
    forward: o.forward,
    k: o.k,
    sigma: o.value,
    errorBar: o.noise,
    sigmaBid: o.low,
    sigmaAsk: o.high,
  };
}

function filterSlice(slice: SliceQuotes, keep: Float64Array): SliceQuotes {
  const pick = (a: Float64Array): Float64Array => a.filter((_, i) => keep[i] === 1);
  return {
    ...slice,
    k: pick(slice.k),
    sigma: pick(slice.sigma),
    errorBar: pick(slice.errorBar),
    sigmaBid: pick(slice.sigmaBid),
    sigmaAsk: pick(slice.sigmaAsk),
  };
}
