/** A hedge backtest's effectiveness, attribution lights, exceptions and drift as plain lines, by portfolio and family. */
import type { HedgeBacktest } from '../hedge/backtest.ts';
import type { Zone } from '../hedge/attribution-lights.ts';
import { hedgeEvidence, type HedgeEvidence } from '../hedge/hedge-evidence.ts';
import { BLOCK_MS, type PortfolioSeries } from '../hedge/portfolio-ledger.ts';
import { VEGA_HEDGE } from '../hedge/vega-hedge.ts';

/** What every line begins with. */
interface Head {
  readonly underlying: string;
  /** `calls` or `puts` (one unit of vega over the buckets of |delta| 2 to 50 %), `SIDE TENOR DELTA` (one bucket), or `book`. */
  readonly portfolio: string;
  readonly family: string;
  readonly currency: 'coin' | 'usd';
  /** Blocks: the observations. */
  readonly n: number;
}

/** How well the hedge offset what it hedged. */
export interface EffectivenessLine extends Head {
  readonly type: 'effectiveness';
  /** Options times steps behind the blocks, and the span of a block, hours. */
  readonly rows: number;
  readonly block_h: number;
  readonly variance_reduction: number | null;
  /** Regression of the hedge's changes on the portfolio's: -1 offsets all of it. */
  readonly slope: number | null;
  readonly slope_se: number | null;
  readonly r_squared: number | null;
  /** -sum(hedge)/sum(item): unstable, information only. */
  readonly dollar_offset: number | null;
  /** Diebold-Mariano against the reference family; positive: this one leaves less. */
  readonly dm: number | null;
  readonly dm_p: number | null;
}

/** Realised changes against those the family predicted, as a colour. */
export interface AttributionLine extends Head {
  readonly type: 'attribution';
  readonly spearman: number | null;
  readonly ks: number;
  readonly ks_p: number;
  readonly zone: Zone;
  readonly weakness: string;
}

/** Prediction errors outside the band stated before; `n` counts blocks that had one. */
export interface ExceptionsLine extends Head {
  readonly type: 'exceptions';
  readonly exceptions: number;
  readonly expected: number;
  readonly kupiec_p: number;
  readonly independence_p: number;
  readonly coverage_p: number;
  readonly binomial_p: number;
  /** log10 of the e-value, now and at its highest. */
  readonly e_decades: number;
  readonly e_peak_decades: number;
}

/** Classical charts of the standardised errors. */
export interface DriftLine extends Head {
  readonly type: 'hedge-drift';
  readonly cusum_up: number;
  readonly cusum_down: number;
  /** When a sum first passed 5, ISO-8601; null: never. */
  readonly cusum_first: string | null;
  readonly ewma: number;
  readonly ewma_limit: number;
  readonly ewma_first: string | null;
  readonly page_hinkley: number;
}

/** Any of them. */
export type EvidenceLine = EffectivenessLine | AttributionLine | ExceptionsLine | DriftLine;

/** Portfolios that text shows; single buckets are in `--json`, for the families whose slopes are listed. */
export const SHOWN_PORTFOLIOS: readonly string[] = ['calls', 'puts', 'book'];

const orNull = (v: number | undefined): number | null => (v !== undefined && Number.isFinite(v) ? v : null);
const isoOrNull = (at: number | undefined): string | null => (at === undefined ? null : new Date(at).toISOString());

/** Lines of all underlyings; `detailed` families get lines by bucket as well. */
export function evidenceLines(
  backtest: HedgeBacktest,
  underlyings: readonly string[],
  reference: string,
  detailed: readonly string[],
): EvidenceLine[] {
  const { families } = backtest.ledger;
  const lines: EvidenceLine[] = [];
  for (const underlying of underlyings)
    for (const [portfolio, series] of portfoliosOf(backtest, underlying))
      for (const [f, family] of families.entries()) {
        if (!SHOWN_PORTFOLIOS.includes(portfolio) && !detailed.includes(family)) continue;
        for (const currency of ['coin', 'usd'] as const) {
          const isBanded = family !== VEGA_HEDGE;
          const found = hedgeEvidence(series, f, families.indexOf(reference), currency, isBanded);
          if (found === undefined) continue;
          lines.push(...linesOf({ underlying, portfolio, family, currency, n: found.n }, series, found));
        }
      }
  return lines;
}

function portfoliosOf({ ledger, portfolios }: HedgeBacktest, underlying: string): [string, PortfolioSeries][] {
  const found: [string, PortfolioSeries | undefined][] = [
    ['calls', portfolios.unitVega((b) => b.underlying === underlying && b.side === 'call' && b.delta !== '50-98')],
    ['puts', portfolios.unitVega((b) => b.underlying === underlying && b.side === 'put' && b.delta !== '50-98')],
    ['book', portfolios.book(underlying)],
  ];
  for (const b of ledger.buckets())
    if (b.underlying === underlying)
      found.push([
        `${b.side} ${b.tenor} ${b.delta}`,
        portfolios.unitVega(
          (o) => o.underlying === underlying && o.side === b.side && o.tenor === b.tenor && o.delta === b.delta,
        ),
      ]);
  return found.flatMap(([name, series]) => (series === undefined ? [] : [[name, series]]));
}

function linesOf(head: Head, series: PortfolioSeries, found: HedgeEvidence): EvidenceLine[] {
  const { effectiveness: e, versus, attribution: a, exceptions: x, drift: d } = found;
  const lines: EvidenceLine[] = [
    {
      type: 'effectiveness',
      ...head,
      rows: series.rows,
      block_h: Math.max(series.stepMs, BLOCK_MS) / 3_600_000,
      variance_reduction: orNull(e.varianceReduction),
      slope: orNull(e.slope),
      slope_se: orNull(e.slopeError),
      r_squared: orNull(e.rSquared),
      dollar_offset: orNull(e.dollarOffset),
      dm: orNull(versus?.statistic),
      dm_p: orNull(versus?.pValue),
    },
    {
      type: 'attribution',
      ...head,
      spearman: orNull(a.spearman),
      ks: a.kolmogorovSmirnov,
      ks_p: a.pValue,
      zone: a.zone,
      weakness: a.weakness,
    },
  ];
  if (x !== undefined)
    lines.push({
      type: 'exceptions',
      ...head,
      n: x.n,
      exceptions: x.exceptions,
      expected: x.expected,
      kupiec_p: x.kupiec,
      independence_p: x.independence,
      coverage_p: x.coverage,
      binomial_p: x.binomial,
      e_decades: x.decades,
      e_peak_decades: x.peakDecades,
    });
  if (d !== undefined)
    lines.push({
      type: 'hedge-drift',
      ...head,
      n: d.n,
      cusum_up: d.cusumUp,
      cusum_down: d.cusumDown,
      cusum_first: isoOrNull(d.cusumFirst),
      ewma: d.ewma,
      ewma_limit: d.ewmaLimit,
      ewma_first: isoOrNull(d.ewmaFirst),
      page_hinkley: d.pageHinkley,
    });
  return lines;
}
