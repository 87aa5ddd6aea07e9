import type { PushedFitEvent } from '../market/event.ts';
import type { Fit, MonitoredModel } from '../model/contract.ts';
import { log } from '../numeric/exponential.ts';
import type { SmileFamily } from './family.ts';
import { SMILE_FAMILIES, smileFamilyNamed } from './registry.ts';
import { smileModel } from './smile-model.ts';
import { predictFromTable, tableFeatures } from './venue-mark.ts';

const BY_FAMILY: ReadonlyMap<string, MonitoredModel> = new Map(SMILE_FAMILIES.map((f) => [f.name, smileModel(f)]));

/**
 * The user's own model: calibrated elsewhere and pushed in, either as parameters of one of our families or as a table
 * of strikes and volatilities. It predicts by the dynamics rule of the calibrated smiles (sticky moneyness) and is
 * scored like them. Nothing guards it: what its owner trades on must be judged as it is.
 */
export const pushedModel: MonitoredModel = {
  name: 'pushed',
  kind: 'surface',
  calibrated: false,
  parameterNames: [],
  predict: (fit, batch, out) => {
    const own = familyModel(fit);
    if (own === undefined) predictFromTable(fit, batch, out);
    else own.predict(fit, batch, out);
  },
  features: (fit) => familyModel(fit)?.features(fit) ?? tableFeatures(fit),
  fit: () => ({ status: 'not-calibrated-here', parameters: [], covariance: [], numbers: {} }),
  guard: () => [],
};

function familyModel(fit: Fit): MonitoredModel | undefined {
  return fit.family === undefined ? undefined : BY_FAMILY.get(fit.family);
}

/** What a push says, ready to predict with; or why it cannot be used, naming field and value. */
export type PushedSmile =
  | {
      readonly status: 'usable';
      /** Family and its parameters; null = `parameters` is a table [k_0, sigma_0, ...]. */
      readonly family: SmileFamily | null;
      readonly parameters: readonly number[];
      /** Row-major; empty when the owner does not say. */
      readonly covariance: readonly number[];
      /** Durrleman's minimum of g over |k| <= 4 ATM standard deviations; null for a table. */
      readonly minG: number | null;
    }
  | { readonly status: 'unknown-family' | 'wrong-length' | 'out-of-domain' | 'no-forward'; readonly reason: string };

/** More points than any venue lists strikes. */
const MOST_POINTS = 2_000;
/** Volatility of 2000 %: beyond it the number is in percent, not a fraction. */
const HIGHEST_VOLATILITY = 20;
/** Where the parameters must give a variance, in ATM standard deviations. */
const RANGE = [-4, -2, -1, -0.5, 0, 0.5, 1, 2, 4];

/**
 * Reads a push for an expiry `years` (> 0) away whose forward is `forward` (USD; NaN when unknown: a table of strikes
 * then means nothing). Never throws.
 */
export function readPushed(event: PushedFitEvent, years: number, forward: number): PushedSmile {
  return event.family === null ? readTable(event, forward) : readParameters(event.family, event, years);
}

function readParameters(name: string, event: PushedFitEvent, years: number): PushedSmile {
  const { parameters, covariance = [] } = event;
  const family = smileFamilyNamed(name);
  if (family === undefined)
    return {
      status: 'unknown-family',
      reason: `family ${name.slice(0, 40)}: one of ${SMILE_FAMILIES.map((f) => f.name).join(', ')}`,
    };
  const { length } = family.parameters;
  if (parameters.length !== length)
    return { status: 'wrong-length', reason: `${parameters.length} parameters; ${name} has ${length}` };
  const odd = parameters.findIndex((v) => !Number.isFinite(v));
  if (odd >= 0) return { status: 'out-of-domain', reason: `${family.parameters[odd].name} is ${parameters[odd]}` };
  const wrong = covarianceFault(covariance, length);
  if (wrong !== null) return wrong;
  const atm = family.totalVariance(parameters, 0, years);
  const unit = Math.sqrt(atm);
  for (const x of RANGE) {
    const w = family.totalVariance(parameters, x * unit, years);
    if (!(w > 0) || w > HIGHEST_VOLATILITY * HIGHEST_VOLATILITY * years)
      return { status: 'out-of-domain', reason: `total variance ${w} at k = ${(x * unit).toPrecision(3)}` };
  }
  const { minG } = family.arbitrage(parameters, years, -4 * unit, 4 * unit);
  const found = Number.isFinite(minG) ? minG : null;
  return { status: 'usable', family, parameters: [...parameters], covariance, minG: found };
}

/** Relative asymmetry that rounding explains. */
const SYMMETRY = 1e-9;

/** Why a covariance (row-major; empty: none) of `n` parameters cannot be one; null when it can. */
function covarianceFault(covariance: readonly number[], n: number): PushedSmile | null {
  if (covariance.length === 0) return null;
  if (covariance.length !== n * n)
    return { status: 'wrong-length', reason: `covariance has ${covariance.length} numbers; ${n} x ${n} are needed` };
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      const [a, b] = [covariance[i * n + j], covariance[j * n + i]];
      const bound = Math.sqrt(covariance[i * n + i]) * Math.sqrt(covariance[j * n + j]);
      if (!(Math.abs(a) <= bound * (1 + SYMMETRY)) || !(Math.abs(a - b) <= SYMMETRY * bound))
        return {
          status: 'out-of-domain',
          reason: `covariance ${i}, ${j} is ${a} (and ${b}): not one of a distribution`,
        };
    }
  return null;
}

function readTable(event: PushedFitEvent, forward: number): PushedSmile {
  const { strikes, volatilities, covariance = [] } = event;
  if (covariance.length > 0) return { status: 'wrong-length', reason: 'a table of volatilities takes no covariance' };
  const n = strikes.length;
  if (n < 2 || n > MOST_POINTS || volatilities.length !== n)
    return { status: 'wrong-length', reason: `${n} strikes and ${volatilities.length} volatilities` };
  if (!(forward > 0)) return { status: 'no-forward', reason: 'a table of strikes needs a forward of its expiry' };
  const parameters: number[] = [];
  for (let i = 0; i < n; i++) {
    if (!(strikes[i] > (i === 0 ? 0 : strikes[i - 1])) || !Number.isFinite(strikes[i]))
      return { status: 'out-of-domain', reason: `strike ${i} is ${strikes[i]}: positive and ascending` };
    if (!(volatilities[i] > 0 && volatilities[i] <= HIGHEST_VOLATILITY))
      return { status: 'out-of-domain', reason: `volatility ${i} is ${volatilities[i]}: a fraction` };
    parameters.push(log(strikes[i] / forward), volatilities[i]);
  }
  return { status: 'usable', family: null, parameters, covariance, minG: null };
}
