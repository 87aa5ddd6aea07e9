import type { Observations, Predictions } from '../model/contract.ts';
import { normalPdf } from '../numeric/normal.ts';

/** Standard score of a tenth: |delta| < 0.10 of an out-of-the-money option is |d1| beyond it. */
const TENTH = 1.2815515655446004;

/**
 * rms of e vega / tick over the wings, |delta| < 0.10: in volatility a wing's residual says little, in price steps it says
 * what it is worth. `ticks` parallel to the batch, premium currency; `perVega` turns phi(d1) sqrt(T), vega per 1.00 over
 * the forward, into premium currency (1 for inverse options, F for linear ones). NaN without a wing. Source: methods.md 2.
 */
export function tailTicks(
  batch: Observations,
  predicted: Predictions,
  ticks: ArrayLike<number>,
  perVega: number,
): number {
  const root = Math.sqrt(batch.years);
  let [squares, n] = [0, 0];
  for (let i = 0; i < batch.value.length; i++) {
    const deviation = batch.value[i] * root;
    const d1 = 0.5 * deviation - batch.k[i] / deviation;
    if (!(Math.abs(d1) > TENTH) || !(ticks[i] > 0)) continue;
    const steps = ((batch.value[i] - predicted.mean[i]) * normalPdf(d1) * root * perVega) / ticks[i];
    squares += steps * steps;
    n++;
  }
  return n === 0 ? NaN : Math.sqrt(squares / n);
}
