import type { GateState } from '../../policy/gate.ts';
import type { LiveVersion, UnderlyingState } from '../../engine/state.ts';
import { yearsBetween } from '../../market/year-fraction.ts';
import type { PicturedQuotes, PicturedVersion } from './smile-builder.ts';
import type { QuoteTable } from './quote-table.ts';
import { ThinnedHistory } from './thinned-history.ts';

/** Surfaces kept per underlying: an hour of seconds, then thinner and thinner. */
const SURFACES = 4_096;
/** Whole quote tables kept per underlying. */
const TABLES = 120;
/** Between two kept tables, ms of market time. */
const TABLE_EVERY_MS = 30_000;

/** One expiry of a kept surface. Fits are shared with the engine, never copied. */
export interface KeptExpiry {
  readonly scope: string;
  readonly expiry: number;
  readonly years: number;
  readonly forward: number;
  readonly atmVol: number;
  readonly gate: GateState;
  readonly versions: readonly PicturedVersion[];
}

/** Kept quotes, with the venue's marks of then. */
export interface KeptTable {
  readonly quotes: ReadonlyMap<string, PicturedQuotes>;
  readonly marks: ReadonlyMap<string, LiveVersion>;
}

/** What one underlying looked like, bounded: every close compactly, its quotes now and then. */
export class SurfaceHistory {
  readonly surfaces = new ThinnedHistory<readonly KeptExpiry[]>(SURFACES);
  readonly tables = new ThinnedHistory<KeptTable>(TABLES);
  private tableAt = -Infinity;

  /** Keeps the underlying as the table shows it at `at`, epoch ms. */
  keep(underlying: UnderlyingState, table: QuoteTable, at: number): void {
    this.surfaces.add(at, expiriesOf(underlying, table, at));
    if (at - this.tableAt < TABLE_EVERY_MS) return;
    this.tableAt = at;
    this.tables.add(at, copyOf(underlying, table));
  }
}

/** Every expiry as it stands, without the venue's marks (they change with each close and are kept with the quotes). */
export function expiriesOf(underlying: UnderlyingState, table: QuoteTable, at: number): readonly KeptExpiry[] {
  const scopes = new Map(table.scopes.map((s) => [s.expiry, s]));
  return underlying.expiries
    .filter((e) => e.expiry > at)
    .map((e): KeptExpiry => {
      const scope = scopes.get(e);
      const { champion } = e.loop;
      const versions = e.models.flatMap((track): PicturedVersion[] => {
        const version = track.versions.at(-1);
        if (version === undefined || track.model === 'venue-mark') return [];
        return [{ role: track.model === champion ? 'champion' : 'challenger', version }];
      });
      const fit = (versions.find((v) => v.role === 'champion') ?? versions[0])?.version.fit;
      return {
        scope: e.key,
        expiry: e.expiry,
        years: scope !== undefined && scope.years > 0 ? scope.years : yearsBetween(at, e.expiry),
        forward: scope !== undefined && scope.forward > 0 ? scope.forward : (fit?.forward ?? NaN),
        atmVol: scope?.atmVol ?? NaN,
        gate: e.models.find((t) => t.model === champion)?.gate ?? { state: 'DO_NOT_USE', reasons: ['warming-up'] },
        versions,
      };
    });
}

/** The newest venue marks of every expiry. */
export function marksOf(underlying: UnderlyingState): Map<string, LiveVersion> {
  const marks = new Map<string, LiveVersion>();
  for (const e of underlying.expiries) {
    const version = e.models.find((t) => t.model === 'venue-mark')?.versions.at(-1);
    if (version !== undefined) marks.set(e.key, version);
  }
  return marks;
}

/** The table's quotes by scope, as they are now; shared with the table. */
export function quotesOf(table: QuoteTable): Map<string, PicturedQuotes> {
  const { at, layout, columns, changedAt } = table;
  return new Map(
    table.scopes.map((s) => [s.expiry.key, { at, layout, columns, changedAt, first: s.first, end: s.end }]),
  );
}

function copyOf(underlying: UnderlyingState, table: QuoteTable): KeptTable {
  const columns = table.columns.map((c) => c.slice());
  const changedAt = table.changedAt.slice();
  const quotes = new Map(
    [...quotesOf(table)].map(([scope, q]): [string, PicturedQuotes] => [scope, { ...q, columns, changedAt }]),
  );
  return { quotes, marks: marksOf(underlying) };
}
