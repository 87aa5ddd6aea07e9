/**
 * One refresh of a whole BTC surface: implied volatility and all greeks of 800 options, twelve SVI fits with their
 * butterfly scan, and the calendar check. Options are priced off fits of the twelve real expiries on 66 or 67 strikes each.
 */
import { blackGreekColumns, emptyGreekColumns, type BlackColumns } from '../src/numeric/black.ts';
import { impliedVolatilities } from '../src/numeric/implied-volatility.ts';
import { countCalendarViolations } from '../src/surface/calendar.ts';
import type { FitOptions, SliceFit, SliceQuotes } from '../src/surface/family.ts';
import { sviFamily } from '../src/surface/svi.ts';
import { missing, slicesOf } from '../test/surface/shared-files.ts';
import type { Bench, BenchResult } from './run.ts';
import { hashNumbers, missingData, timedRounds } from './surface-rounds.ts';

const FILE = 'vectors/pricing/btc_slices.csv';
const OPTIONS = 800;
const COLD: FitOptions = { objective: 'equal', huber: 0, start: null, prior: null, arbitrageFree: false };

/** Columns of options with the volatility they were priced at. */
type PricedOptions = BlackColumns & { readonly price: Float64Array };

/** 800 options priced off the fits; `shift` moves every volatility, as a market would between two refreshes. */
function priced(slices: readonly SliceQuotes[], fits: readonly SliceFit[], shift: number): PricedOptions {
  const isCall: number[] = [];
  const [forward, strike, years, sigma] = Array.from({ length: 4 }, () => new Float64Array(OPTIONS));
  for (let i = 0; i < OPTIONS; i++) {
    const s = i % slices.length;
    const { k, years: t, forward: f } = slices[s];
    const rank = Math.floor(i / slices.length) / (OPTIONS / slices.length);
    const x = k[0] + rank * (k[k.length - 1] - k[0]);
    isCall.push(x >= 0 ? 1 : 0);
    forward[i] = f;
    strike[i] = f * Math.exp(x);
    years[i] = t;
    sigma[i] = Math.sqrt(sviFamily.totalVariance(fits[s].parameters, x, t) / t) + shift;
  }
  const { price } = blackGreekColumns({ isCall, forward, strike, years, sigma });
  return { isCall, forward, strike, years, price, sigma };
}

function moved(slices: readonly SliceQuotes[], shift: number): SliceQuotes[] {
  return slices.map((s) => ({ ...s, sigma: s.sigma.map((v) => v + shift) }));
}

function measure(smoke: boolean, warm: boolean): BenchResult {
  if (missing(FILE) !== false) return missingData(FILE);
  const slices = slicesOf('btc_slices.csv');
  const before = slices.map((s) => sviFamily.fit(s, COLD));
  const shift = warm ? 0.002 : 0;
  const options = priced(slices, before, shift);
  const quotes = moved(slices, shift);
  const start = warm ? options.sigma.map((v) => v - shift) : undefined;
  const greeks = emptyGreekColumns(OPTIONS);
  let fits: SliceFit[] = [];
  let violations = 0;
  let found = impliedVolatilities({ ...options, start });
  const samples = timedRounds(smoke, () => {
    found = impliedVolatilities({ ...options, start }, found);
    blackGreekColumns({ ...options, sigma: found.sigma }, greeks);
    fits = quotes.map((s, i) => sviFamily.fit(s, warm ? { ...COLD, start: before[i].parameters } : COLD));
    violations = countCalendarViolations(sviFamily, quotes, fits);
  });
  if (found.status.some((code) => code !== 0)) throw new Error('an option of the refresh has no volatility');
  if (fits.some((fit) => fit.status !== 'converged')) throw new Error('a slice of the refresh did not converge');
  return { samples, hash: hashNumbers([found.sigma, greeks.vega, [violations], ...fits.map((f) => f.parameters)]) };
}

/** Milliseconds a refresh. */
export const benches: Bench[] = [
  { name: 'refresh/cold', unit: 'ms', run: (smoke) => measure(smoke, false) },
  { name: 'refresh/warm', unit: 'ms', run: (smoke) => measure(smoke, true) },
];
