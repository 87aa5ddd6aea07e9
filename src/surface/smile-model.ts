import type { FitOutcomeRecord } from '../market/event.ts';
import type { Features, Fit, FitJob, MonitoredModel, Observations, Predictions } from '../model/contract.ts';
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
  if (fit.status === 'converged' && fit.arbitrage.minG < 0 && !options.arbitrageFree)
    fit = repaired(family, slice, options, fit);
  return outcome(family, job.observations, fit, dropped);
}

/** A free fit with butterfly arbitrage between the quotes is refitted under the constraint; kept only if that works. */
function repaired(family: SmileFamily, slice: SliceQuotes, options: FitOptions, free: SliceFit): SliceFit {
  const constrained = family.fit(slice, { ...options, start: free.parameters, arbitrageFree: true });
  return constrained.status === 'converged' && constrained.arbitrage.minG > free.arbitrage.minG ? constrained : free;
}

function outcome(family: SmileFamily, all: Observations, fit: SliceFit, dropped: number): FitOutcomeRecord {
  const usable = fit.status === 'converged' || fit.status === 'max-iterations';
  if (!usable) return { status: fit.status, parameters: [], covariance: [], numbers: { used: all.k.length } };
  let [squares, inside, bounded] = [0, 0, 0];
  for (let i = 0; i < all.k.length; i++) {
    const sigma = Math.sqrt(family.totalVariance(fit.parameters, all.k[i], all.years) / all.years);
    const e = all.value[i] - sigma;
    squares += e * e;
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
      dropped,
      rmseVol: Math.sqrt(squares / all.k.length),
      insideShare: bounded === 0 ? 0 : inside / bounded,
      chi2PerDof: finite(fit.chi2PerDof),
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
