/** The 40 options, start and truth of Cui, del Bano Rollin and Germano (2017), section 4: SYNTHETIC prices at the truth. */
import { convergedWeights, outOfTheMoney } from '../../src/surface/heston.ts';
import type { HestonSlice } from '../../src/surface/heston-fit.ts';
import { readHeston } from '../../src/surface/heston-fit.ts';

/** kappa, theta, sigma, rho, v0. */
export const CUI_TRUTH = [3, 0.1, 0.25, -0.8, 0.08];
export const CUI_START = [1.2, 0.2, 0.3, -0.6, 0.2];

const RATE = 0.02;
const YEARS = [
  0.119047619047619, 0.238095238095238, 0.357142857142857, 0.476190476190476, 0.595238095238095, 0.714285714285714,
  1.07142857142857, 1.42857142857143,
];
const STRIKES = [
  [0.9371, 0.8603, 0.8112, 0.776, 0.747, 0.7216, 0.6699, 0.6137],
  [0.9956, 0.9868, 0.9728, 0.9588, 0.9464, 0.9358, 0.9175, 0.9025],
  [1.0427, 1.0463, 1.0499, 1.053, 1.0562, 1.0593, 1.0663, 1.0766],
  [1.2287, 1.2399, 1.2485, 1.2659, 1.2646, 1.2715, 1.2859, 1.3046],
  [1.3939, 1.4102, 1.4291, 1.4456, 1.4603, 1.4736, 1.5005, 1.5328],
];

/** One slice an expiry, five strikes each; targets are out-of-the-money prices over forward. */
export function cuiSlices(): HestonSlice[] {
  const truth = readHeston(CUI_TRUTH);
  return YEARS.map((years, i) => {
    const k = Float64Array.from(STRIKES, (row) => Math.log(row[i]) - RATE * years).sort();
    const weights = convergedWeights(truth, years, k, false);
    if (!weights) throw new Error(`no integral at T = ${years}`);
    const target = k.map((x) => outOfTheMoney(weights, x));
    return { years, k, target, weight: new Float64Array(5).fill(1) };
  });
}
