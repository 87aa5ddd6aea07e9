/** Joint moves of spot and the whole term structure of volatility: named stresses, and windows of history. */
import { log } from '../numeric/exponential.ts';
import type { Scenario } from './scenario.ts';

/** A scenario with a name and where it comes from. */
export interface NamedScenario {
  readonly name: string;
  readonly says: string;
  readonly scenario: Scenario;
}

const DAYS = [1, 7, 30, 90, 180, 365] as const;

/** Volatility moves by tenor (absolute, fractions) from the move at 7 days, fading with sqrt(7 d/T). */
function shortEnd(atSevenDays: number): Scenario['volatility'] {
  return { kind: 'term', size: 1, days: DAYS, change: DAYS.map((d) => atSevenDays * Math.sqrt(7 / Math.max(7, d))) };
}

/**
 * Joint stresses in the manner of days on record (methods note, sections 5.1 and 7): the spot moves and the direction by
 * tenor are theirs; where the record gives one tenor only, the others follow by sqrt(7 d/T).
 */
export const JOINT_STRESSES: readonly NamedScenario[] = [
  {
    name: 'crash-2021-05-19',
    says: 'spot -32 % within twelve hours, every volatility half as high again',
    scenario: { spot: -0.32, volatility: { kind: 'relative', size: 0.5 } },
  },
  {
    name: 'all-tenors-2025-10-10',
    says: 'spot -15 %, volatility up 20 points in every tenor alike',
    scenario: { spot: -0.15, volatility: { kind: 'term', size: 1, days: DAYS, change: DAYS.map(() => 0.2) } },
  },
  {
    name: 'short-end-2026-02-06',
    says: 'spot -11 %, seven-day volatility up 58 points, longer tenors by sqrt(7 d/T)',
    scenario: { spot: -0.11, volatility: shortEnd(0.58) },
  },
  {
    name: 'rebound-2026-02-06',
    says: 'spot +6 %, seven-day volatility down 31 points, longer tenors by sqrt(7 d/T)',
    scenario: { spot: 0.06, volatility: shortEnd(-0.31) },
  },
];

/** A market at one time, as far as history needs it. */
export interface TermPoint {
  /** Epoch ms. */
  readonly at: number;
  /** USD. */
  readonly index: number;
  /** ATM volatility by tenor, ascending in years; fractions. */
  readonly term: readonly { readonly years: number; readonly atm: number }[];
}

/** Points of a history closer together than this share of the window are the same window's. */
const LATE = 1.5;

/**
 * What the market did over every window of `hours` in a history (ascending): relative spot move and change of ATM volatility
 * by constant tenor. A window whose end is missing (later than 1.5 times its length) is left out.
 */
export function historicalWindows(points: readonly TermPoint[], hours: number): NamedScenario[] {
  const length = hours * 3_600_000;
  const out: NamedScenario[] = [];
  let j = 0;
  points.forEach((from, i) => {
    j = Math.max(j, i);
    while (j < points.length && points[j].at < from.at + length) j++;
    const to = points[j];
    if (to === undefined || to.at > from.at + LATE * length) return;
    if (!(from.index > 0 && to.index > 0)) return;
    const days = DAYS.filter((d) => Number.isFinite(atmAt(to, d) - atmAt(from, d)));
    if (days.length === 0) return;
    const change = days.map((d) => atmAt(to, d) - atmAt(from, d));
    const name = new Date(from.at).toISOString().slice(0, 16);
    out.push({
      name,
      says: `what happened in the ${hours} hours from ${name.replace('T', ' ')} UTC`,
      scenario: { spot: to.index / from.index - 1, volatility: { kind: 'term', size: 1, days, change } },
    });
  });
  return out;
}

/** ATM volatility at a constant tenor, linear in total variance between expiries, flat beyond; NaN without any. */
function atmAt(point: TermPoint, days: number): number {
  const years = days / 365;
  const { term } = point;
  if (term.length === 0) return NaN;
  if (years <= term[0].years) return term[0].atm;
  for (let i = 1; i < term.length; i++) {
    const [a, b] = [term[i - 1], term[i]];
    if (years > b.years) continue;
    const w = (years - a.years) / (b.years - a.years);
    return Math.sqrt(((1 - w) * a.atm * a.atm * a.years + w * b.atm * b.atm * b.years) / years);
  }
  return term[term.length - 1].atm;
}

/** Change at T of a move given by tenor: linear in ln T between the tenors, flat beyond. */
export function termChange(days: readonly number[], change: readonly number[], years: number): number {
  const d = years * 365;
  if (!(d > days[0])) return change[0];
  for (let i = 1; i < days.length; i++) {
    if (d > days[i]) continue;
    const w = log(d / days[i - 1]) / log(days[i] / days[i - 1]);
    return (1 - w) * change[i - 1] + w * change[i];
  }
  return change[change.length - 1];
}
