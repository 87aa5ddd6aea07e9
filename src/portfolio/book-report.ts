/**
 * A book against a market under several sources of volatilities: exposures three ways per account, underlying, tenor and
 * delta class; vega in the coordinates of the scores; scenarios; margin and reserve in money. Pure data.
 */
import { bucketKey, deltaClassOf, tenorOf } from '../hedge/bucket.ts';
import { yearsBetween } from '../market/year-fraction.ts';
import { blackGreeks } from '../numeric/black.ts';
import { log } from '../numeric/exponential.ts';
import type {
  BucketSlope,
  BucketSlopes,
  SmileCentre,
  BookSources,
  ExposureLine,
  BucketLine,
  ExposureFields,
  VegaLine,
  ScenarioLine,
  MarginLine,
  MoneyLine,
  BookReport,
} from './book-lines.ts';
import type { BookMarket } from './book-market.ts';
import { closeOut } from './close-out.ts';
import { addExposure, bookExposure, noExposure, positionExposure, type Exposure } from './exposure.ts';
import { LIQUIDATION_MOVES, marginFigures, type MarginRule } from './margin-figures.ts';
import type { OptionPosition, Position } from './position.ts';
import { marginScenarios, DERIBIT_BTC_GRID } from './portfolio-margin.ts';
import { runScenarios, scenarioGrid, type Scenario } from './scenario.ts';
import { hedgeBiasMoney, smileVega, type HedgeBiasMoney } from './smile-exposure.ts';
import { JOINT_STRESSES, type NamedScenario } from './stress.ts';

/** Moves of the grid. */
export const GRID_SPOTS = [-0.16, -0.12, -0.08, -0.04, 0, 0.04, 0.08, 0.12, 0.16] as const;
/** Absolute volatility moves of the grid. */
export const GRID_VOLATILITIES = [-0.1, 0, 0.1] as const;
/** Windows of history told: the worst ones. */
const WORST_WINDOWS = 10;
/** Daily standard deviation of ln F that the noise of a hedge bias is told over, where no ATM volatility is known. */
const DAY_YEARS = 1 / 365;

/** Builds the report; `given` slopes go before those of the sources; without any the empirical lines are left out, `withMargins` false the margins (they cost the most). */
export function bookReport(
  positions: readonly Position[],
  against: BookSources,
  given: BucketSlopes | null,
  withMargins: boolean = true,
): BookReport {
  const slopes = given ?? against.slopes.get('any') ?? null;
  const reference = against.market(against.reference);
  const markets = new Map(against.sources.map((s) => [s, against.market(s)]));
  const { byUnderlying, unvalued } = bookExposure(positions, reference);
  const exposures: ExposureLine[] = [];
  const buckets: BucketLine[] = [];
  const vegas: VegaLine[] = [];
  const scenarios: ScenarioLine[] = [];
  const margins: MarginLine[] = [];
  const money: MoneyLine[] = [];
  for (const underlying of [...byUnderlying.keys()].filter((u) => u !== '').toSorted()) {
    const own = positions.filter((p) => p.underlying === underlying);
    const accounts = byAccount(own);
    for (const [source, market] of markets) {
      exposures.push(...exposureLines(own, underlying, source, market));
      for (const [account, held] of accounts)
        buckets.push(...bucketLines(held, account, underlying, source, market, null));
      if (withMargins)
        for (const [account, held] of accounts) margins.push(...marginLines(held, account, underlying, source, market));
    }
    if (slopes !== null) {
      exposures.push(empiricalLine(own, underlying, reference, slopes));
      for (const [account, held] of accounts)
        buckets.push(...bucketLines(held, account, underlying, 'empirical', reference, slopes));
    }
    const centres = against.centres(underlying);
    vegas.push(...vegaLines(own, underlying, reference, centres));
    scenarios.push(...scenarioLines(own, underlying, reference, against.history(underlying)));
    const regimes = given === null ? against.slopes : new Map<string, BucketSlopes>();
    money.push(moneyLine(own, underlying, markets.get('venue') ?? reference, reference, slopes, regimes, centres));
  }
  return {
    at: against.at,
    exposures,
    buckets,
    vegas,
    scenarios,
    margins,
    money,
    unvalued: unvalued.map(({ position, reason }) => ({
      instrument: position.kind === 'equity' ? position.currency : position.symbol,
      account: position.account,
      size: position.size,
      reason,
    })),
    unlisted: positions.flatMap((p) =>
      p.kind === 'option' && p.size !== 0 && reference.option(p) !== undefined && !against.isListed(p)
        ? [{ instrument: p.symbol, account: p.account, size: p.size }]
        : [],
    ),
    dollars: byUnderlying.get('')?.valueUsd ?? 0,
  };
}

const MARGIN_RULES: readonly MarginRule[] = ['portfolio', 'standard'];

function marginLines(
  held: readonly Position[],
  account: string,
  underlying: string,
  source: string,
  market: BookMarket,
): MarginLine[] {
  const index = market.index(underlying);
  const price = (move: number | null): number | null => (move === null ? null : index * (1 + move));
  return MARGIN_RULES.flatMap((rule) =>
    Object.entries(LIQUIDATION_MOVES).flatMap(([volatility, move]): MarginLine[] => {
      const m = marginFigures(held, underlying, market, move, rule);
      if (m === null) return [];
      return [
        {
          type: 'margin', account, underlying, source, rule, volatility, status: m.status, margin_coin: m.coin,
          margin_usd: m.usd, initial_margin_coin: m.initialCoin, initial_margin_usd: m.initialUsd,
          balance_coin: m.balanceCoin, liquidation_down: m.down, liquidation_up: m.up,
          liquidation_down_usd: price(m.down), liquidation_up_usd: price(m.up),
        },
      ]; // prettier-ignore
    }),
  );
}

function exposureLines(
  own: readonly Position[],
  underlying: string,
  source: string,
  market: BookMarket,
): ExposureLine[] {
  return byAccount(own).map(([account, held]) => {
    const sum = bookExposure(held, market).byUnderlying.get(underlying) ?? noExposure();
    return { type: 'exposure', account, underlying, source, ...fieldsOf(sum, market.index(underlying)) };
  });
}

/** The whole under `all`, and every account where there are several. */
function byAccount(own: readonly Position[]): [string, readonly Position[]][] {
  const accounts = [...new Set(own.map((p) => p.account))].toSorted();
  if (accounts.length < 2) return [['all', own]];
  return [['all', own], ...accounts.map((a): [string, Position[]] => [a, own.filter((p) => p.account === a)])];
}

function fieldsOf(e: Exposure, index: number): ExposureFields {
  return {
    value_coin: e.valueCoin,
    value_usd: e.valueUsd,
    equity_coin: e.equityCoin,
    delta_black: e.deltaBlack,
    delta_net: e.deltaNet,
    delta_usd: e.deltaUsd,
    gamma_usd_per_percent: e.gammaCoinPerUsd * index * index * 0.01,
    vega_usd_per_point: e.vegaUsdPerPoint,
    vega_usd_per_point_30d: e.vegaUsdPerPoint30d,
    theta_usd_per_day: e.thetaUsdPerDay,
  };
}

/** Every option's Black delta times the slope its bucket has shown; 1 where none is known. */
function empiricalLine(
  own: readonly Position[],
  underlying: string,
  market: BookMarket,
  slopes: BucketSlopes,
): ExposureLine {
  const sum = bookExposure(own, market).byUnderlying.get(underlying) ?? noExposure();
  for (const position of own) {
    const valued = position.kind === 'option' ? positionExposure(position, market) : null;
    if (position.kind !== 'option' || valued?.status !== 'valued' || position.size === 0) continue;
    const { deltaBlack } = valued.exposure;
    const shift = ((slopeOf(position, deltaBlack / position.size, market.at, slopes)?.beta ?? 1) - 1) * deltaBlack;
    sum.deltaBlack += shift;
    sum.deltaNet += shift;
    sum.deltaUsd += shift;
  }
  const fields = fieldsOf(sum, market.index(underlying));
  return { type: 'exposure', account: 'all', underlying, source: 'empirical', ...fields };
}

function slopeOf(position: OptionPosition, delta: number, at: number, slopes: BucketSlopes): BucketSlope | undefined {
  const deltaClass = deltaClassOf(delta);
  if (deltaClass === undefined) return undefined;
  const tenor = tenorOf(yearsBetween(at, position.expiry));
  const { underlying, side } = position;
  return slopes.get(bucketKey({ underlying, side, tenor, delta: deltaClass }));
}

function bucketLines(
  own: readonly Position[],
  account: string,
  underlying: string,
  source: string,
  market: BookMarket,
  slopes: BucketSlopes | null,
): BucketLine[] {
  const cells = new Map<string, { sum: Exposure; n: number; of: Pick<BucketLine, 'side' | 'tenor' | 'delta'>; slope: BucketSlope | undefined }>(); // prettier-ignore
  for (const position of own) {
    const valued = position.kind === 'option' ? positionExposure(position, market) : null;
    if (position.kind !== 'option' || valued?.status !== 'valued' || position.size === 0) continue;
    const perCoin = valued.exposure.deltaBlack / position.size;
    const of = {
      side: position.side,
      tenor: tenorOf(yearsBetween(market.at, position.expiry)),
      delta: deltaClassOf(perCoin) ?? 'other',
    };
    const key = `${of.side} ${of.tenor} ${of.delta}`;
    const slope = slopes === null ? undefined : slopeOf(position, perCoin, market.at, slopes);
    let cell = cells.get(key);
    if (cell === undefined) cells.set(key, (cell = { sum: noExposure(), n: 0, of, slope }));
    addExposure(cell.sum, valued.exposure);
    cell.n++;
  }
  const index = market.index(underlying);
  return [...cells.values()].map(({ sum, n, of, slope }) => {
    const shift = ((slope?.beta ?? 1) - 1) * sum.deltaBlack;
    return {
      type: 'bucket',
      account,
      underlying,
      source,
      ...of,
      positions: n,
      delta_black: sum.deltaBlack + shift,
      delta_net: sum.deltaNet + shift,
      gamma_usd_per_percent: sum.gammaCoinPerUsd * index * index * 0.01,
      vega_usd_per_point: sum.vegaUsdPerPoint,
      beta: slope?.beta ?? null,
      beta_se: slope === undefined || Number.isNaN(slope.standardError) ? null : slope.standardError,
    };
  });
}

function vegaLines(
  own: readonly Position[],
  underlying: string,
  market: BookMarket,
  centres: readonly SmileCentre[],
): VegaLine[] {
  return centres.flatMap(({ expiry, years, atm }) => {
    const vega: number[] = [];
    const x: number[] = [];
    for (const position of own) {
      if (position.kind !== 'option' || position.expiry !== expiry) continue;
      const mark = market.option(position);
      if (mark === undefined || !(mark.sigma > 0)) continue;
      const { side, strike } = position;
      const { forward, sigma } = mark;
      vega.push((position.size * blackGreeks({ side, forward, strike, years, sigma }).vega) / 100);
      x.push(log(strike / forward) / (atm * Math.sqrt(years)));
    }
    if (vega.length === 0) return [];
    return [
      { type: 'vega' as const, underlying, expiry: new Date(expiry).toISOString().slice(0, 10), ...smileVega(vega, x) },
    ];
  });
}

function scenarioLines(
  own: readonly Position[],
  underlying: string,
  market: BookMarket,
  history: readonly NamedScenario[],
): ScenarioLine[] {
  const run = (set: string, names: readonly string[], scenarios: readonly Scenario[]): ScenarioLine[] =>
    runScenarios(own, market, scenarios).map(({ usd, coin }, i) => {
      const { spot, volatility } = scenarios[i];
      const points = set === 'grid' ? Math.round(1e4 * volatility.size) / 100 : null;
      return { type: 'scenario', underlying, set, name: names[i], spot, volatility_points: points, pnl_usd: usd, pnl_coin: coin }; // prettier-ignore
    });
  const grid = scenarioGrid(GRID_SPOTS, GRID_VOLATILITIES);
  const margin = marginScenarios(DERIBIT_BTC_GRID);
  const windows = run(
    'history',
    history.map((w) => w.name),
    history.map((w) => w.scenario),
  );
  return [
    ...run('grid', grid.map(() => 'grid'), grid), // prettier-ignore
    ...run(
      'venue-margin',
      margin.map((m) => m.volatility),
      margin.map((m) => m.scenario),
    ),
    ...run(
      'stress',
      JOINT_STRESSES.map((s) => s.name),
      JOINT_STRESSES.map((s) => s.scenario),
    ),
    ...windows.toSorted((a, b) => a.pnl_usd - b.pnl_usd).slice(0, WORST_WINDOWS),
  ];
}

function moneyLine(
  own: readonly Position[],
  underlying: string,
  quoted: BookMarket,
  market: BookMarket,
  slopes: BucketSlopes | null,
  regimes: ReadonlyMap<string, BucketSlopes>,
  centres: readonly SmileCentre[],
): MoneyLine {
  const { usd, unquoted } = closeOut(own, quoted);
  const atm = centres.find((c) => c.atm > 0)?.atm ?? NaN;
  const step = atm * Math.sqrt(DAY_YEARS);
  const bias = slopes === null ? null : hedgeBias(own, underlying, market, slopes, step);
  const byRegime: Record<string, number> = {};
  for (const [regime, of] of regimes) {
    const inIt = regime === 'any' ? null : hedgeBias(own, underlying, market, of, step);
    if (inIt !== null) byRegime[regime] = inIt.perPercent;
  }
  return {
    type: 'money',
    underlying,
    close_out_usd: usd,
    unquoted,
    hedge_bias_usd: bias?.unintended ?? null,
    hedge_bias_usd_per_percent: bias?.perPercent ?? null,
    hedge_bias_noise_usd: bias === null || Number.isNaN(bias.noise) ? null : bias.noise,
    hedge_bias_share: bias?.shareOfGross ?? null,
    hedge_bias_by_regime: byRegime,
  };
}

/**
 * Delta of the options beyond what their buckets' prices have shown, in money; null where no bucket held has a slope.
 * `stepDeviation`: standard deviation of ln F over the step its noise is told for.
 */
export function hedgeBias(
  own: readonly Position[],
  underlying: string,
  market: BookMarket,
  slopes: BucketSlopes,
  stepDeviation: number,
): HedgeBiasMoney | null {
  const plain = bucketLines(own, 'all', underlying, '', market, null);
  const known = bucketLines(own, 'all', underlying, '', market, slopes).flatMap((b, i) =>
    b.beta === null ? [] : [{ delta: plain[i].delta_black, beta: b.beta, standardError: b.beta_se ?? NaN }],
  );
  return known.length === 0 ? null : hedgeBiasMoney(known, market.index(underlying), stepDeviation);
}
