/** Piecewise-flat hazard curves as a monitored model: it predicts the next quote of every node, in the node's convention. */
import type { FitOutcomeRecord } from '../market/event.ts';
import type {
  Breach,
  CreditColumns,
  Features,
  Fit,
  FitJob,
  MonitoredModel,
  Observations,
  Predictions,
} from '../model/contract.ts';
import { bootstrapHazards } from './bootstrap.ts';
import { isoDay } from './calendar-day.ts';
import type { CdsQuote, QuoteKind } from './cds-quote.ts';
import { curveGrid } from './curve-grid.ts';
import { curveJacobian, propagatedCovariance } from './jacobian.ts';
import { curveAsOf, discountOf, nodeQuote } from './node-quote.ts';

/** A fit's parameters, three columns of equal length one after the other. */
export interface HazardParameters {
  /** Days since 1970-01-01, ascending. */
  readonly maturities: readonly number[];
  /** Forward hazard that ends there, 1/year. */
  readonly hazards: readonly number[];
  /** One standard error of the quotes that it was fitted to, relative to the spread. */
  readonly errors: readonly number[];
}

/** Takes a fit's parameters apart. */
export function hazardParameters(parameters: readonly number[]): HazardParameters {
  const n = Math.floor(parameters.length / 3);
  return {
    maturities: parameters.slice(0, n),
    hazards: parameters.slice(n, 2 * n),
    errors: parameters.slice(2 * n, 3 * n),
  };
}

/** The credit columns of a batch; a batch without them was not meant for this model, which is our bug. */
export function creditColumns(batch: Observations): CreditColumns {
  if (batch.credit === undefined) throw new Error('a credit model was given a batch without credit columns');
  return batch.credit;
}

/**
 * Hazard curves bootstrapped to one quote per node (`src/credit/bootstrap.ts`); hazards belong to calendar days, so that a
 * prediction for a later day has rolled down the curve. The sd of a prediction is the quote error of the nearest node.
 */
export const hazardModel: MonitoredModel = {
  name: 'hazard',
  kind: 'credit',
  calibrated: true,
  parameterNames: [],
  predict,
  features,
  fit,
  guard,
};

function predict(fit: Fit, batch: Observations, out: Predictions): void {
  const columns = creditColumns(batch);
  const { maturities, hazards, errors } = hazardParameters(fit.parameters);
  const curve = curveAsOf(columns.tradeDay, maturities, hazards);
  const discount = discountOf(columns);
  for (let i = 0; i < batch.value.length; i++) {
    const maturity = columns.maturityDay[i];
    if (curve === null) {
      out.mean[i] = NaN;
      out.sd[i] = NaN;
      continue;
    }
    const quote = nodeQuote(columns, discount, curve, maturity, columns.quoteType[i], columns.coupon[i]);
    out.mean[i] = quote.value;
    out.sd[i] = quote.scale * errors[nearest(maturities, maturity)];
  }
}

function nearest(maturities: readonly number[], maturity: number): number {
  let best = 0;
  for (let i = 1; i < maturities.length; i++)
    if (Math.abs(maturities[i] - maturity) < Math.abs(maturities[best] - maturity)) best = i;
  return best;
}

/** All forward hazards, with the covariance that the quotes' errors give them through the curve's Jacobian. */
function features(fit: Fit): Features {
  const { maturities, hazards } = hazardParameters(fit.parameters);
  return { names: maturities.map((m) => `hazard_to_${isoDay(m)}`), phi: hazards, covariance: fit.covariance };
}

const KINDS: readonly QuoteKind[] = ['par', 'quoted', 'upfront'];

/** A batch's observations as quotes of the bootstrap, in order of maturity. */
export function quotesOf(batch: Observations): CdsQuote[] {
  const columns = creditColumns(batch);
  return Array.from(batch.value, (value, i) => ({
    node: isoDay(columns.maturityDay[i]),
    maturity: columns.maturityDay[i],
    kind: KINDS[columns.quoteType[i]],
    coupon: columns.coupon[i],
    value,
  }));
}

function fit(job: FitJob): FitOutcomeRecord {
  const batch = job.observations;
  const columns = creditColumns(batch);
  const quotes = quotesOf(batch);
  const failed = (status: string, numbers: Record<string, number>): FitOutcomeRecord => ({
    status,
    parameters: [],
    covariance: [],
    numbers: Object.fromEntries(Object.entries(numbers).filter(([, v]) => Number.isFinite(v))),
  });
  const discount = discountOf(columns);
  const laid = curveGrid(columns.tradeDay, discount, quotes, columns.accrual);
  if (laid.status !== 'ok') return failed(laid.reason, { value: laid.value, limit: laid.limit });
  const found = bootstrapHazards(laid.grid, quotes, { recovery: columns.recovery, arbitrage: 'ignore' });
  if (found.status !== 'ok') return failed(found.reason, { value: found.value, limit: found.limit });
  const n = quotes.length;
  const jacobian = curveJacobian(laid.grid, quotes, found);
  if (jacobian.status !== 'ok') return failed(jacobian.reason, { value: jacobian.value, limit: jacobian.limit });
  const covariance = Array.from(propagatedCovariance(jacobian.hazards, n, batch.noise));
  const errors: number[] = [];
  let inverted = 0;
  for (let i = 0; i < n; i++) {
    const q = nodeQuote(columns, discount, found.curve, quotes[i].maturity, columns.quoteType[i], quotes[i].coupon);
    errors.push(q.scale > 0 ? batch.noise[i] / q.scale : 1);
    const sd = Math.sqrt(covariance[i * n + i]);
    if (found.hazards[i] / sd < inverted) inverted = found.hazards[i] / sd;
  }
  const worst = found.nodes.reduce((w, node) => Math.max(w, Math.abs(node.residual)), 0);
  const parameters = [...quotes.map((q) => q.maturity), ...found.hazards, ...errors];
  if (![...parameters, ...covariance].every(Number.isFinite)) return failed('not-finite', { nodes: n });
  return {
    status: 'converged',
    parameters,
    covariance,
    numbers: {
      nodes: n,
      tradeDay: columns.tradeDay,
      recovery: columns.recovery,
      used: n,
      residual: worst,
      // Lowest forward hazard in standard errors, 0 when none is negative.
      inversion: inverted,
      lowestHazard: Math.min(...found.hazards),
    },
  };
}

/** Every quote must be met: a curve that misses its own quotes by more is no bootstrap. */
const RESIDUAL_LIMIT = 1e-10;
/** Standard errors below which a negative forward hazard is an arbitrage and not noise. */
const INVERTED_SD = 4;
/** Standard errors by which a hazard may move at once unless the market confirms it. */
const MOVE_SD = 8;

function guard(previous: Fit | null, next: Fit, confirmed: boolean): Breach[] {
  const breaches: Breach[] = [];
  const number = (name: string): number => next.numbers[name] ?? NaN;
  const check = (name: string, value: number, limit: number, holds: boolean): void => {
    if (!holds) breaches.push({ guard: name, value, limit });
  };
  check('reprices', number('residual'), RESIDUAL_LIMIT, number('residual') <= RESIDUAL_LIMIT);
  check('forward-hazard', number('inversion'), -INVERTED_SD, number('inversion') >= -INVERTED_SD);
  check('nodes', number('nodes'), 1, number('nodes') >= 1);
  if (previous !== null && !confirmed) {
    const before = hazardParameters(previous.parameters);
    const after = hazardParameters(next.parameters);
    const n = after.maturities.length;
    after.maturities.forEach((m, i) => {
      const j = before.maturities.indexOf(m);
      if (j < 0) return;
      const old = previous.covariance[j * before.maturities.length + j] ?? 0;
      const sd = Math.sqrt((next.covariance[i * n + i] ?? 0) + old);
      const move = Math.abs(after.hazards[i] - before.hazards[j]) / sd;
      check(`move-to-${isoDay(m)}`, move, MOVE_SD, move <= MOVE_SD);
    });
  }
  return breaches;
}
