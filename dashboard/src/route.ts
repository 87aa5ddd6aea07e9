/** Everything that a person can look at has an address: the part behind `#`. Unknown words fall back, never throw. */
export interface Route {
  /** Name of the tab; an unknown one shows the first. */
  readonly view: string;
  /** `deribit:BTC`; empty means the first there is. */
  readonly key: string;
  /** The enlarged expiry, or none. */
  readonly scope: string;
  readonly incident: string;
  /** Epoch ms of the moment looked at; null is now. */
  readonly asOf: number | null;
  readonly across: Across;
  readonly up: Up;
  readonly unit: Unit;
  readonly surface: SurfaceShape;
  /** Panels that show their table instead of their picture. */
  readonly tables: readonly string[];
  /** Window of the score strips, epoch ms; null follows the newest. */
  readonly from: number | null;
  readonly to: number | null;
}

export type Across = 'x' | 'k' | 'strike' | 'delta';
export type Up = 'volatility' | 'variance' | 'price';
export type Unit = 'coin' | 'usd';
export type SurfaceShape = 'mesh' | 'heat';

export const ACROSS: readonly Across[] = ['x', 'k', 'strike', 'delta'];
export const UPS: readonly Up[] = ['volatility', 'variance', 'price'];
export const UNITS: readonly Unit[] = ['coin', 'usd'];
export const SHAPES: readonly SurfaceShape[] = ['mesh', 'heat'];

export const HOME: Route = {
  view: 'monitor',
  key: '',
  scope: '',
  incident: '',
  asOf: null,
  across: 'x',
  up: 'volatility',
  unit: 'usd',
  surface: 'mesh',
  tables: [],
  from: null,
  to: null,
};

/** `#/monitor/deribit:BTC?scope=...&as_of=2026-02-05T21:29:00.000Z` */
export function parseRoute(hash: string): Route {
  const [path, query = ''] = hash.replace(/^#?\/?/, '').split('?', 2);
  const [view = '', key = ''] = path.split('/').map(decode);
  const q = new URLSearchParams(query);
  return {
    view: /^[a-z]{1,20}$/.test(view) ? view : HOME.view,
    key,
    scope: q.get('scope') ?? '',
    incident: q.get('incident') ?? '',
    asOf: time(q.get('as_of')),
    across: among(ACROSS, q.get('across') ?? '', HOME.across),
    up: among(UPS, q.get('up') ?? '', HOME.up),
    unit: among(UNITS, q.get('unit') ?? '', HOME.unit),
    surface: among(SHAPES, q.get('shape') ?? '', HOME.surface),
    tables: (q.get('tables') ?? '').split(',').filter((t) => /^[a-z-]{1,40}$/.test(t)),
    from: time(q.get('from')),
    to: time(q.get('to')),
  };
}

/** The shortest address of a route: what is as usual is left out. */
export function routeHash(route: Route): string {
  const q: string[] = [];
  const put = (name: string, value: string, usual: string): void => {
    if (value !== usual) q.push(`${name}=${encodeURIComponent(value).replaceAll('%3A', ':')}`);
  };
  const iso = (ms: number | null): string => (ms === null ? '' : new Date(ms).toISOString());
  put('scope', route.scope, '');
  put('incident', route.incident, '');
  put('as_of', iso(route.asOf), '');
  put('across', route.across, HOME.across);
  put('up', route.up, HOME.up);
  put('unit', route.unit, HOME.unit);
  put('shape', route.surface, HOME.surface);
  put('tables', route.tables.join(','), '');
  put('from', iso(route.from), '');
  put('to', iso(route.to), '');
  const key = encodeURIComponent(route.key).replaceAll('%3A', ':');
  return `#/${route.view}${key === '' ? '' : `/${key}`}${q.length === 0 ? '' : `?${q.join('&')}`}`;
}

/** The one after (or before) in a ring of choices. */
export function after<T>(all: readonly T[], now: T, step = 1): T {
  return all[(all.indexOf(now) + step + all.length) % all.length];
}

function among<T extends string>(all: readonly T[], word: string, usual: T): T {
  return all.find((a) => a === word) ?? usual;
}

function time(text: string | null): number | null {
  if (text === null || text === '') return null;
  const ms = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isFinite(ms) && Math.abs(ms) < 8.64e15 ? ms : null;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}
