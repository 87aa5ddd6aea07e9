import type { EngineState, UnderlyingState } from '../../engine/state.ts';
import type { Fit } from '../../model/contract.ts';
import { isoTime } from '../../market/iso-time.ts';
import type { NotRetained, QuoteReader } from '../../server/monitor-view.ts';
import type { CurveSet, Smile, Smiles, Surface } from '../../server/wire/smile.ts';
import type { Range } from '../../server/wire/system.ts';
import type { Calibration } from '../../server/wire/watch.ts';
import { evenGrid, quotedRange, sampleFit } from './curve-sampler.ts';
import { rounded } from './number-history.ts';
import { QuoteTable } from './quote-table.ts';
import { buildSmile, curvesOf, finite, type SmileParts } from './smile-builder.ts';
import { expiriesOf, marksOf, quotesOf, SurfaceHistory, type KeptExpiry, type KeptTable } from './surface-history.ts';
import type { TradeTape } from './trade-tape.ts';

/** Two kept surfaces are at least this far apart, ms of wall time: a fast replay must not become a slow one. */
const KEEP_WALL_MS = 25;
/** Curves shift with the forward even without a new fit: they are told anew this often, ms of market time. */
const CURVES_MS = 5_000;
/** Grid of the surface in x. */
const SURFACE_X = evenGrid(-2.5, 2.5, 41);
/** Beyond the quotes a surface is drawn so much further, as a share of their range. */
const BEYOND = 0.25;

/** What pictures are made from. */
export interface PictureSource {
  state(): EngineState | null;
  /** The market's time, epoch ms; NaN before the first event. */
  marketTime(): number;
  calibration(id: string): Calibration | null;
  readonly tape: TradeTape;
}

interface Watched {
  readonly table: QuoteTable;
  readonly history: SurfaceHistory;
  keptWall: number;
}

interface Picture {
  readonly at: number;
  readonly parts: SmileParts[];
}

/** Smiles and surfaces, as they are and as they were. */
export class Pictures {
  private readonly source: PictureSource;
  private readonly watched = new Map<UnderlyingState, Watched>();

  constructor(source: PictureSource) {
    this.source = source;
  }

  /** The quotes table of an underlying, brought up to now. */
  table(u: UnderlyingState): QuoteTable {
    const { table } = this.watchedOf(u);
    const at = this.source.marketTime();
    if (Number.isFinite(at)) table.refresh(at);
    return table;
  }

  /** Keeps the underlying as its last close left it. */
  keep(u: UnderlyingState): void {
    const watched = this.watchedOf(u);
    const now = performance.now();
    if (now - watched.keptWall < KEEP_WALL_MS) return;
    watched.keptWall = now;
    watched.history.keep(u, this.table(u), u.closedAt);
  }

  /** Lets go of everything kept: the engine it was taken from is gone. */
  forget(): void {
    this.watched.clear();
  }

  smiles(key: string, asOf: number | null, scope: string | null): Smiles | NotRetained | null {
    const picture = this.picture(key, asOf);
    if (picture === null || 'notRetained' in picture) return picture;
    const expiries = picture.parts.filter((p) => scope === null || p.scope === scope).map(buildSmile);
    return { key, at: isoTime(picture.at), live: asOf === null, expiries };
  }

  surface(key: string, asOf: number | null, wanted: string | null): Surface | NotRetained | null {
    const picture = this.picture(key, asOf);
    if (picture === null || 'notRetained' in picture) return picture;
    const expiries = picture.parts.flatMap((p) => surfaceRow(p, wanted) ?? []);
    const served = new Set(picture.parts.flatMap((p) => championOf(p)?.model ?? []));
    return {
      key,
      at: isoTime(picture.at),
      live: asOf === null,
      model: wanted ?? [...served].join(', '),
      x: Array.from(SURFACE_X, rounded),
      expiries,
    };
  }

  curves(key: string): CurveSet[] {
    const picture = this.picture(key, null);
    if (picture === null || 'notRetained' in picture) return [];
    return picture.parts.map((p) => ({
      scope: p.scope,
      expiry: isoTime(p.expiry),
      at: isoTime(p.at),
      years: p.years,
      forward: finite(p.forward),
      atm_vol: finite(p.atmVol),
      curves: curvesOf(p),
    }));
  }

  /** Changes whenever a curve may have. */
  curvesVersion(key: string): string {
    const u = this.source.state()?.underlyings.get(key);
    if (u === undefined) return '';
    const ids = u.expiries.map((e) =>
      e.models
        .filter((t) => t.model !== 'venue-mark')
        .map((t) => t.versions.at(-1)?.fit.id ?? '')
        .join(),
    );
    return `${Math.floor(this.source.marketTime() / CURVES_MS)}|${ids.join('|')}`;
  }

  quoteReader(key: string): QuoteReader | null {
    const u = this.source.state()?.underlyings.get(key);
    return u === undefined ? null : this.watchedOf(u).table.reader(() => this.source.marketTime());
  }

  /** The smile that shows a scope: its own, or for a whole underlying the expiry that `worse` puts first. */
  ofScope(named: string, worse: (scope: string) => number): Smile | null {
    const scope = named.slice(named.indexOf('@') + 1);
    const picture = this.picture(scope.split(':').slice(0, 2).join(':'), null);
    if (picture === null || 'notRetained' in picture) return null;
    const { parts } = picture;
    const shown =
      parts.find((p) => p.scope === scope) ?? parts.toSorted((a, b) => worse(b.scope) - worse(a.scope)).at(0);
    return shown === undefined ? null : buildSmile(shown);
  }

  /** Times that can be asked for. */
  range(of: 'surfaces' | 'tables'): Range {
    const ranges = [...this.watched.values()].map((w) => w.history[of].range).filter((r) => r !== null);
    if (ranges.length === 0) return { from: null, to: null };
    return {
      from: isoTime(Math.min(...ranges.map((r) => r.from))),
      to: isoTime(Math.max(...ranges.map((r) => r.to))),
    };
  }

  private watchedOf(u: UnderlyingState): Watched {
    let found = this.watched.get(u);
    if (found === undefined) {
      found = { table: new QuoteTable(u), history: new SurfaceHistory(), keptWall: -Infinity };
      this.watched.set(u, found);
    }
    return found;
  }

  /** The parts of every expiry's picture, now or as they were. */
  private picture(key: string, asOf: number | null): Picture | NotRetained | null {
    const state = this.source.state();
    const u = state?.underlyings.get(key);
    const now = this.source.marketTime();
    if (state === null || u === undefined || !Number.isFinite(now)) return null;
    const table = this.table(u);
    const { history } = this.watchedOf(u);
    if (asOf === null) {
      const live: KeptTable = { quotes: quotesOf(table), marks: marksOf(u) };
      return { at: now, parts: this.partsOf(expiriesOf(u, table, now), live, now) };
    }
    const surface = history.surfaces.at(asOf);
    if (surface === null || asOf > now) {
      const { range } = history.surfaces;
      const kept = range === null ? 'nothing is kept yet' : `kept: ${isoTime(range.from)} to ${isoTime(now)}`;
      return {
        notRetained: true,
        when: asOf > now ? 'future' : 'past',
        detail: `no surface of ${key} at ${isoTime(asOf)}; ${kept}`,
      };
    }
    return { at: surface.at, parts: this.partsOf(surface.item, history.tables.at(asOf)?.item ?? null, surface.at) };
  }

  private partsOf(expiries: readonly KeptExpiry[], kept: KeptTable | null, at: number): SmileParts[] {
    return expiries.map((e) => {
      const mark = kept?.marks.get(e.scope);
      return {
        ...e,
        at,
        versions: mark === undefined ? e.versions : [...e.versions, { role: 'venue-mark', version: mark }],
        quotes: kept?.quotes.get(e.scope) ?? null,
        trades: this.source.tape.read(e.scope, at, e.atmVol, e.years),
        calibration: (id) => this.source.calibration(id),
      };
    });
  }
}

const championOf = (p: SmileParts): Fit | undefined => p.versions.find((v) => v.role === 'champion')?.version.fit;

/** One expiry of the mesh, of the model that served or of `wanted`; null where it has no fit. */
function surfaceRow(p: SmileParts, wanted: string | null): Surface['expiries'][number] | null {
  const fit = wanted === null ? championOf(p) : p.versions.find((v) => v.version.fit.model === wanted)?.version.fit;
  const range = fit === undefined ? null : quotedRange(fit);
  if (fit === undefined || range === null) return null;
  const k = SURFACE_X.map((x) => x * p.atmVol * Math.sqrt(p.years));
  const margin = BEYOND * (range.high - range.low);
  const { sigma } = sampleFit(fit, k);
  const shown = (s: number, i: number): boolean =>
    k[i] >= range.low - margin && k[i] <= range.high + margin && Number.isFinite(s);
  return {
    scope: p.scope,
    expiry: isoTime(p.expiry),
    years: p.years,
    forward: finite(p.forward),
    atm_vol: finite(p.atmVol),
    k: Array.from(k, (v) => (Number.isFinite(v) ? rounded(v) : 0)),
    sigma: Array.from(sigma, (s, i) => (shown(s, i) ? rounded(s) : null)),
  };
}
