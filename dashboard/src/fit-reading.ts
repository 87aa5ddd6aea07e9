import type { Fit } from './wire.ts';

/** A line of the arbitrage report: what was looked at, what was found, whether it holds. */
export interface Finding {
  readonly name: string;
  readonly value: number | null;
  readonly holds: boolean | null;
  readonly says: string;
}

/** Lee's bound on the slope of total variance in the wings. */
const LEE_SLOPE = 2;

/** The arbitrage report of a fit; `holds` is null where there is nothing to judge. */
export function arbitrageReport(fit: Fit): Finding[] {
  const n = (name: string): number | null => fit.numbers[name] ?? null;
  const judge = (v: number | null, good: (v: number) => boolean): boolean | null => (v === null ? null : good(v));
  const minG = n('minG');
  const outside = n('minGExtrapolated');
  const slope = n('wingSlope');
  return [
    { name: 'butterfly, quoted range', value: minG, holds: judge(minG, (v) => v >= 0), says: 'least g(k); below 0 the density is negative' },
    { name: 'butterfly, beyond it', value: outside, holds: judge(outside, (v) => v >= 0), says: 'the same where nothing is quoted' },
    { name: 'wing slope', value: slope, holds: judge(slope, (v) => v <= LEE_SLOPE), says: 'of total variance in k; at most 2 (Lee)' },
    {
      name: 'calendar',
      value: fit.calendar_violations,
      holds: judge(fit.calendar_violations, (v) => v === 0),
      says: 'strikes at which an earlier expiry has more total variance',
    },
  ]; // prettier-ignore
}

const NAMES: Readonly<Record<string, string>> = {
  rmseVol: 'rms error, vol points',
  insideShare: 'inside bid-ask, %',
  chi2PerDof: 'χ² per degree of freedom',
  logCondition: 'log10 condition',
  iterations: 'iterations',
  cost: 'cost',
  rivalCost: 'cost of the next minimum',
  used: 'quotes used',
  dropped: 'quotes dropped',
  kLow: 'lowest k',
  kHigh: 'highest k',
};
const HUNDREDFOLD = new Set(['rmseVol', 'insideShare']);
const IN_REPORT = new Set(['minG', 'minGExtrapolated', 'wingSlope']);

/** The numbers of a fit that are not in its arbitrage report, with names a reader knows. */
export function fitNumbers(fit: Fit): { readonly name: string; readonly value: number | null }[] {
  return Object.entries(fit.numbers)
    .filter(([name]) => !IN_REPORT.has(name))
    .map(([name, value]) => ({
      name: NAMES[name] ?? name,
      value: value !== null && HUNDREDFOLD.has(name) ? 100 * value : value,
    }));
}
