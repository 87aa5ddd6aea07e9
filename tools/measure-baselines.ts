/**
 * Measures the prior baselines that ship with the package, from recorded six-hourly chains:
 *
 *     node tools/measure-baselines.ts FILE...
 *
 * Prints, by tenor: the innovation sd of the volatility level per sqrt(day) (`src/score/horizon-noise.ts`), those of skew
 * and curvature as shares of it (`src/engine/read-innovations.ts`), the median half-spread times sqrt(T)
 * and the coverage (`src/quality/prior-baselines.ts`), the half-spread by six-hour block of the week, and the share of repeated quotes by the index's move (`src/engine/read-signs.ts`).
 * Aggregates only: no quote leaves this program.
 */
import { EngineRun } from '../src/app/faults/engine-run.ts';
import { SnapshotBuilder, snapshotEvents } from '../src/app/faults/chain-snapshot.ts';
import { DEFAULT_CONFIG } from '../src/engine/config.ts';
import { hourOfWeek } from '../src/detect/hour-of-week.ts';
import { metricOf } from '../src/engine/read-signs.ts';
import { MAD_TO_SD, median, medianAbsoluteDeviation } from '../src/numeric/robust.ts';
import { openRecording } from '../src/venue/recording/open.ts';

const TENORS = [2, 8, 31, 93, Infinity];
const DAY = 86_400;

const factors = TENORS.map((): number[][] => [[], [], []]);
const spreads = TENORS.map((): number[] => []);
const coverages = TENORS.map((): number[] => []);
const byBlock: { readonly block: number; readonly kind: string; readonly spread: number }[] = [];
const repeats = new Map<string, number[]>();
const lastIndex = new Map<string, number>();
const run = new EngineRun(DEFAULT_CONFIG);
const builder = new SnapshotBuilder();
for await (const batch of openRecording(process.argv.slice(2)))
  for (const event of batch) {
    const snapshot = builder.take(event);
    if (snapshot === null) continue;
    for (const r of run.run(snapshotEvents(snapshot))) {
      if (r.type !== 'score' || r.model !== DEFAULT_CONFIG.champion || r.b0 === null) continue;
      const days = (Date.parse(r.expiry) - Date.parse(r.at)) / 86_400_000;
      const cell = factors[TENORS.findIndex((t) => days < t)];
      [r.b0, r.b1, r.b2].forEach((b, i) => void cell[i].push((b ?? 0) / Math.sqrt(r.age_s / DAY)));
    }
    const underlying = run.state.underlyings.get(`${snapshot.venue}:${snapshot.underlying}`);
    if (underlying === undefined) continue;
    const shares: number[] = [];
    for (const e of underlying.expiries) {
      const days = (e.expiry - snapshot.at) / 86_400_000;
      const half = metricOf(e, 'half_spread_vol') * Math.sqrt(days / 365);
      const tenor = TENORS.findIndex((t) => days < t);
      if (days > 0.5 && Number.isFinite(half)) {
        spreads[tenor].push(half);
        coverages[tenor].push(metricOf(e, 'coverage_share'));
        byBlock.push({
          block: Math.floor(hourOfWeek(snapshot.at) / 6),
          kind: `${underlying.key} ${tenor}`,
          spread: half,
        });
      }
      const share = metricOf(e, 'unchanged_share');
      if (Number.isFinite(share)) shares.push(share);
    }
    const move = 100 * Math.abs(Math.log(underlying.quotedIndex / (lastIndex.get(underlying.key) ?? NaN)));
    lastIndex.set(underlying.key, underlying.quotedIndex);
    const bucket = move < 0.1 ? '0-0.1 %' : move < 0.3 ? '0.1-0.3 %' : move < 1 ? '0.3-1 %' : '1 % and more';
    if (shares.length > 0 && Number.isFinite(move))
      repeats.set(bucket, [...(repeats.get(bucket) ?? []), median(shares)]);
  }

const sd = (values: readonly number[]): number => MAD_TO_SD * medianAbsoluteDeviation(values);
console.log(
  'tenor below, days | n | level sd per sqrt(day), vol | skew share | curvature share | half-spread sqrt(T), vol | coverage',
);
TENORS.forEach((t, i) => {
  const [level, skew, curvature] = factors[i].map(sd);
  const cells = [
    t,
    factors[i][0].length,
    level.toFixed(4),
    (skew / level).toFixed(2),
    (curvature / level).toFixed(2),
    median(spreads[i]).toFixed(5),
    median(coverages[i]).toFixed(2),
  ];
  console.log(cells.join(' | '));
});
for (const [bucket, shares] of [...repeats].toSorted((a, b) => (a[0] < b[0] ? -1 : 1)))
  console.log(
    `index moved ${bucket}: ${shares.length} closes, median share of repeated quotes ${median(shares).toFixed(3)}`,
  );
const usual = new Map(
  [...new Set(byBlock.map((r) => r.kind))].map((kind) => [
    kind,
    median(byBlock.filter((r) => r.kind === kind).map((r) => r.spread)),
  ]),
);
const season = Array.from({ length: 28 }, (_, block) => {
  const off = byBlock.filter((r) => r.block === block).map((r) => Math.log(r.spread / (usual.get(r.kind) ?? NaN)));
  return off.length === 0 ? 0 : median(off);
});
console.log(`ln half-spread by six hours from Monday 00:00 UTC: ${season.map((v) => v.toFixed(2)).join(', ')}`);
