/** Effectiveness, attribution lights, exceptions and drift of a hedge backtest as tables. */
import { SHOWN_PORTFOLIOS, type EvidenceLine } from '../app/hedge-evidence-lines.ts';
import { ZONE_WEAKNESS } from '../hedge/attribution-lights.ts';
import { table } from './table.ts';

const fixed = (v: number | null, digits: number): string => (v === null ? '-' : v.toFixed(digits));
const percent = (v: number | null): string => (v === null ? '-' : (100 * v).toFixed(1));
const day = (iso: string | null): string => (iso === null ? '-' : iso.slice(0, 16));

/** A table: its title, a line below it, its columns and how a line fills them. */
interface Sheet<Line extends EvidenceLine> {
  readonly type: Line['type'];
  readonly title: string;
  readonly note: string;
  readonly columns: readonly string[];
  cells(line: Line): readonly string[];
}

const EFFECTIVENESS: Sheet<Extract<EvidenceLine, { type: 'effectiveness' }>> = {
  type: 'effectiveness',
  title: 'effectiveness',
  note: 'n blocks of time, not rows; the hedge regressed on what it hedges (-1 offsets all); the dollar offset is information only',
  columns: ['n', 'saved %', 'slope', '+-', 'R2', 'dollar offset', 'DM', 'p'],
  cells: (l) => [
    String(l.n),
    percent(l.variance_reduction),
    fixed(l.slope, 3),
    fixed(l.slope_se === null ? null : 1.96 * l.slope_se, 3),
    fixed(l.r_squared, 3),
    fixed(l.dollar_offset, 3),
    fixed(l.dm, 2),
    fixed(l.dm_p, 3),
  ],
};

const ATTRIBUTION: Sheet<Extract<EvidenceLine, { type: 'attribution' }>> = {
  type: 'attribution',
  title: 'attribution lights',
  note: ZONE_WEAKNESS,
  columns: ['n', 'Spearman', 'KS', 'KS p', 'light'],
  cells: (l) => [String(l.n), fixed(l.spearman, 3), fixed(l.ks, 3), fixed(l.ks_p, 3), l.zone],
};

const EXCEPTIONS: Sheet<Extract<EvidenceLine, { type: 'exceptions' }>> = {
  type: 'exceptions',
  title: 'exceptions of the stated 95 % band',
  note: 'p of Kupiec (rate), Christoffersen (clustering; both), exact binomial (too many); E may be read at any time, 1.3 decades are 1 in 20',
  columns: ['n', 'count', 'expected', 'Kupiec', 'clustering', 'both', 'binomial', 'E decades', 'highest'],
  cells: (l) => [
    String(l.n),
    String(l.exceptions),
    fixed(l.expected, 1),
    fixed(l.kupiec_p, 3),
    fixed(l.independence_p, 3),
    fixed(l.coverage_p, 3),
    fixed(l.binomial_p, 3),
    fixed(l.e_decades, 2),
    fixed(l.e_peak_decades, 2),
  ],
};

const DRIFT: Sheet<Extract<EvidenceLine, { type: 'hedge-drift' }>> = {
  type: 'hedge-drift',
  title: 'drift of standardised errors',
  note: 'highest CUSUM sums (allowance 0.4, bound 5) and when they first passed; EWMA 0.1 now, its 3-sigma limit, when first passed',
  columns: ['n', 'CUSUM up', 'down', 'passed', 'EWMA', 'limit', 'passed', 'Page-Hinkley'],
  cells: (l) => [
    String(l.n),
    fixed(l.cusum_up, 1),
    fixed(l.cusum_down, 1),
    day(l.cusum_first),
    fixed(l.ewma, 2),
    fixed(l.ewma_limit, 2),
    day(l.ewma_first),
    fixed(l.page_hinkley, 1),
  ],
};

/** Prints the tables of one underlying: calls, puts and the book; single buckets are in `--json`. */
export function printEvidence(underlying: string, lines: readonly EvidenceLine[]): void {
  const own = lines.filter((l) => l.underlying === underlying && SHOWN_PORTFOLIOS.includes(l.portfolio));
  printSheet(underlying, own, EFFECTIVENESS);
  printSheet(underlying, own, ATTRIBUTION);
  printSheet(underlying, own, EXCEPTIONS);
  printSheet(underlying, own, DRIFT);
}

function printSheet<Line extends EvidenceLine>(
  underlying: string,
  lines: readonly EvidenceLine[],
  sheet: Sheet<Line>,
): void {
  const own = lines.filter((l): l is Line => l.type === sheet.type);
  if (own.length === 0) return;
  process.stdout.write(`\n${underlying}: ${sheet.title}\n  (${sheet.note})\n`);
  table([
    ['portfolio', 'family', 'currency', ...sheet.columns],
    ...own.map((l) => [l.portfolio, l.family, l.currency, ...sheet.cells(l)]),
  ]);
}
