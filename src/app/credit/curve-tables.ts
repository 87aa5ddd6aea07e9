/** What `vernier credit bootstrap` and `jacobian` write, column for column as the reference vectors have it. */
import { isoDay } from '../../credit/calendar-day.ts';
import { priceCds, survivalProbability } from '../../credit/cds-price.ts';
import { curveInstruments } from '../../credit/constrained-curve.ts';
import { curveJacobian, propagatedCovariance } from '../../credit/jacobian.ts';
import type { CreditTable, TableRow } from './credit-table.ts';
import type { CalibratedSet, CreditTerms, RefusedSet } from './credit-run.ts';

const NODE_COLUMNS = [
  'scenario', 'accrual_formula', 'arbitrage_mode', 'node', 'tenor', 'maturity', 't_act365f', 'zero_hazard', 'cum_hazard',
  'survival', 'fwd_hazard', 'status', 'reprice_residual',
]; // prettier-ignore

/** Columns that mode `constrained` adds. */
const CONSTRAINED_COLUMNS = ['active', 'half_gradient', 'par_spread_model', 'par_spread_quote', 'residual_bp'];

/** Status of a node as the vectors spell it. */
const STATUS = { ok: 'ok', negative: 'neg', zero: 'zero', held: 'held', fitted: 'fitted' } as const;

/** A row per node; a set without a curve keeps its rows, empty, with the refusal in `status` of the node it names. */
export function nodeTable(runs: readonly (CalibratedSet | RefusedSet)[], terms: CreditTerms): CreditTable {
  const isConstrained = terms.arbitrage === 'constrained';
  const rows = runs.flatMap((run) => {
    const model = run.status === 'ok' && isConstrained ? modelQuotes(run) : [];
    return run.set.quotes.map((quote, i): TableRow => {
      const head = {
        scenario: run.set.name,
        accrual_formula: terms.accrual.toUpperCase(),
        arbitrage_mode: terms.arbitrage,
        node: i,
        tenor: quote.node,
        maturity: Number.isNaN(quote.maturity) ? '' : isoDay(quote.maturity),
        t_act365f: (quote.maturity - terms.trade) / 365,
      };
      if (run.status !== 'ok') {
        const isMeant = run.node === quote.node || (run.node === '' && i === 0);
        return { ...head, status: isMeant ? `refused:${run.reason}` : 'refused' };
      }
      const node = run.curve.nodes[i];
      return {
        ...head,
        t_act365f: node.years,
        zero_hazard: node.integratedHazard / node.years,
        cum_hazard: node.integratedHazard,
        survival: node.survival,
        fwd_hazard: node.hazard,
        status: STATUS[node.status],
        reprice_residual: node.residual,
        ...(isConstrained ? constrainedCells(run, i, model[i]) : {}),
      };
    });
  });
  return { columns: isConstrained ? [...NODE_COLUMNS, ...CONSTRAINED_COLUMNS] : NODE_COLUMNS, rows };
}

/** What least squares did at a node; the residual is in the quote's own unit, 1e-4 of it. */
function constrainedCells(run: CalibratedSet, i: number, model: number): TableRow {
  const quote = run.set.quotes[i];
  const node = run.curve.nodes[i];
  return {
    active: node.status === 'held' ? 1 : 0,
    half_gradient: node.multiplier,
    par_spread_model: priceCds(run.grid.grids[i], run.curve.curve, 0, run.set.recovery).parSpread,
    par_spread_quote: quote.kind === 'par' ? quote.value : undefined,
    residual_bp: 1e4 * (model - quote.value),
  };
}

function modelQuotes(run: CalibratedSet): number[] {
  const { grid, set, curve } = run;
  const gradient = new Float64Array(set.quotes.length);
  const ones = new Float64Array(set.quotes.length).fill(1);
  return curveInstruments(grid, set.quotes, set.recovery, ones).map((q) => q.evaluate(curve.hazards, gradient));
}

/** Years between two points of a survival table, and its end. */
const SURVIVAL_STEP = 0.25;
const SURVIVAL_STEPS = 40;

/** Survival every quarter of a year to ten years. */
export function survivalTable(runs: readonly (CalibratedSet | RefusedSet)[]): CreditTable {
  const rows = runs.flatMap((run): TableRow[] => {
    if (run.status !== 'ok') return [];
    return Array.from({ length: SURVIVAL_STEPS + 1 }, (_, i) => {
      const t = i * SURVIVAL_STEP;
      return { scenario: run.set.name, t, survival: survivalProbability(run.curve.curve, t) };
    });
  });
  return { columns: ['scenario', 't', 'survival'], rows };
}

/** Derivatives of every node by every quote. */
export function jacobianTable(runs: readonly (CalibratedSet | RefusedSet)[]): CreditTable {
  const rows = runs.flatMap((run): TableRow[] => {
    if (run.status !== 'ok') return [];
    const { quotes } = run.set;
    const jacobian = curveJacobian(run.grid, quotes, run.curve);
    if (jacobian.status !== 'ok') return [];
    return quotes.flatMap((of, i) =>
      quotes.map((by, j) => ({
        scenario: run.set.name,
        node: of.node,
        quote: by.node,
        dcumhazard_dquote: jacobian.integrals[i * jacobian.size + j],
        dsurvival_dquote: jacobian.survivals[i * jacobian.size + j],
        dfwdhazard_dquote: jacobian.hazards[i * jacobian.size + j],
      })),
    );
  });
  return { columns: ['scenario', 'node', 'quote', 'dcumhazard_dquote', 'dsurvival_dquote', 'dfwdhazard_dquote'], rows };
}

/** One standard deviation of every node for independent noise of `quoteSd` on each quote. */
export function bandTable(runs: readonly (CalibratedSet | RefusedSet)[], quoteSd: number): CreditTable {
  const rows = runs.flatMap((run): TableRow[] => {
    if (run.status !== 'ok') return [];
    const jacobian = curveJacobian(run.grid, run.set.quotes, run.curve);
    if (jacobian.status !== 'ok') return [];
    const n = jacobian.size;
    const errors = new Float64Array(n).fill(quoteSd);
    const [h, q, l] = [jacobian.integrals, jacobian.survivals, jacobian.hazards].map((m) =>
      propagatedCovariance(m, n, errors),
    );
    return run.set.quotes.map((quote, i) => ({
      scenario: run.set.name,
      node: quote.node,
      quote_sd: quoteSd,
      sd_cumhazard: Math.sqrt(h[i * n + i]),
      sd_survival: Math.sqrt(q[i * n + i]),
      sd_fwd_hazard: Math.sqrt(l[i * n + i]),
    }));
  });
  return { columns: ['scenario', 'node', 'quote_sd', 'sd_cumhazard', 'sd_survival', 'sd_fwd_hazard'], rows };
}
