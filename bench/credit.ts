/**
 * Hazard curves on one core: an eight-node bootstrap, its Jacobian, and the risk of an index of 125 names. Dates and
 * discounting are laid out once, as a monitor does for a trade date; quotes are SYNTHETIC and differ from call to call.
 */
import { bootstrapHazards } from '../src/credit/bootstrap.ts';
import { parseDay } from '../src/credit/calendar-day.ts';
import { standardCds } from '../src/credit/cds-contract.ts';
import type { CdsContract } from '../src/credit/cds-contract.ts';
import type { CdsQuote } from '../src/credit/cds-quote.ts';
import type { CreditCurve } from '../src/credit/credit-curve.ts';
import { contractGrid } from '../src/credit/curve-grid.ts';
import type { CurveGrid } from '../src/credit/curve-grid.ts';
import type { DiscountCurve } from '../src/credit/discount-curve.ts';
import { curveJacobian } from '../src/credit/jacobian.ts';
import { cdsRisk, layTrade, riskDesk, riskGrids } from '../src/credit/risk.ts';
import type { CdsRisk } from '../src/credit/risk.ts';
import { standardMaturity } from '../src/credit/roll-date.ts';
import type { Bench } from './run.ts';
import { hashNumbers, timedRounds } from './surface-rounds.ts';

const TRADE = parseDay('2026-01-15');
const RECOVERY = 0.4;
/** Tenors of the nodes, months. */
export const NODE_MONTHS = [6, 12, 24, 36, 48, 60, 84, 120];
/** Knots of an overnight curve, days from the trade date. */
const DISCOUNT_DAYS = [
  35, 63, 95, 186, 369, 734, 1100, 1467, 1831, 2195, 2561, 2926, 3291, 3658, 4387, 5485, 7309, 10961,
];
/** A SYNTHETIC discount curve on them, 3.3 to 3.7 % continuously compounded. */
const DISCOUNT: DiscountCurve = {
  times: DISCOUNT_DAYS.map((d) => d / 365),
  values: DISCOUNT_DAYS.map((d, i) => (d / 365) * (0.037 - 0.004 * Math.exp(-((i - 6) * (i - 6)) / 9))),
};

function contract(months: number): CdsContract {
  const made = standardCds(TRADE, standardMaturity(TRADE, months));
  if ('status' in made) throw new Error(made.message);
  return made;
}

/** The eight standard nodes over the curve above. */
export function standardNodes(): CurveGrid {
  return contractGrid(TRADE, DISCOUNT, NODE_MONTHS.map(contract), 'isda');
}

/** Par spreads of a SYNTHETIC name: a level from 30 to 400 bp and a rising or falling slope. */
export function namedQuotes(grid: CurveGrid, name: number): CdsQuote[] {
  const level = 0.003 * Math.exp(2.6 * ((name * 0.6180339887) % 1));
  const slope = 0.3 * ((name * 0.7548776662) % 1) - 0.05;
  return NODE_MONTHS.map((months, i) => ({
    node: `${months}M`,
    maturity: grid.contracts[i].maturity,
    kind: 'par',
    coupon: 0,
    value: level * (1 + slope * Math.log(1 + months / 12)),
  }));
}

function curveOf(grid: CurveGrid, quotes: readonly CdsQuote[]): CreditCurve {
  const curve = bootstrapHazards(grid, quotes, { recovery: RECOVERY });
  if (curve.status !== 'ok') throw new Error(curve.message);
  return curve;
}

/** Calls inside one timed round: a call is too short to be timed alone. */
const CALLS = 100;
const NAMES = 125;

/** Everything of {@link CdsRisk} for a five-year swap on every name of an index, from its quotes. */
function indexRisk(grids: ReturnType<typeof riskGrids>, names: readonly (readonly CdsQuote[])[]): CdsRisk[] {
  const trade = layTrade(grids, { contract: grids.grid.contracts[5], coupon: 0.01 });
  return names.map((quotes) => {
    const desk = riskDesk(grids, quotes, curveOf(grids.grid, quotes));
    if ('status' in desk) throw new Error(desk.message);
    return cdsRisk(desk, trade);
  });
}

export const benches: Bench[] = [
  {
    name: 'credit/bootstrap-8',
    unit: 'us',
    run(smoke) {
      const grid = standardNodes();
      const sets = Array.from({ length: CALLS }, (_, i) => namedQuotes(grid, i));
      const samples = timedRounds(smoke, () => sets.forEach((quotes) => curveOf(grid, quotes)), 120);
      return {
        samples: samples.map((ms) => (1000 * ms) / CALLS),
        hash: hashNumbers(sets.map((q) => curveOf(grid, q).hazards)),
      };
    },
  },
  {
    name: 'credit/jacobian-8',
    unit: 'us',
    run(smoke) {
      const grid = standardNodes();
      const sets = Array.from({ length: CALLS }, (_, i) => namedQuotes(grid, i));
      const curves = sets.map((quotes) => curveOf(grid, quotes));
      const all = (): Float64Array[] =>
        curves.map((curve, i) => {
          const jacobian = curveJacobian(grid, sets[i], curve);
          if (jacobian.status !== 'ok') throw new Error(jacobian.message);
          return jacobian.hazards;
        });
      const samples = timedRounds(smoke, all, 120);
      return { samples: samples.map((ms) => (1000 * ms) / CALLS), hash: hashNumbers(all()) };
    },
  },
  {
    name: 'credit/index-125-risk',
    unit: 'ms',
    run(smoke) {
      const grids = riskGrids(standardNodes());
      const names = Array.from({ length: NAMES }, (_, i) => namedQuotes(grids.grid, i));
      // Processor time, the wall clock of an idle core: a round is long enough to be interrupted by what else runs.
      for (let i = 0; i < (smoke ? 1 : 40); i++) indexRisk(grids, names);
      const samples = Array.from({ length: smoke ? 2 : 40 }, () => {
        const start = process.cpuUsage();
        indexRisk(grids, names);
        const spent = process.cpuUsage(start);
        return (spent.user + spent.system) / 1000;
      });
      const risks = indexRisk(grids, names);
      return {
        samples,
        hash: hashNumbers(risks.map((k) => [k.cs01, k.recovery01, k.interest01, k.thetaClean, ...k.bucketed])),
      };
    },
  },
];
