import type { CumulativeChange } from './evidence-changes.ts';
import type { ModelKind } from './evidence-inventory.ts';
import type { Breach, Evidence } from './evidence.ts';
import {
  bottomAxis,
  leftAxis,
  linearTicks,
  logTicks,
  svgPicture,
  svgText as text,
  timeTicks,
  type Frame,
  type Tick,
} from './svg-axes.ts';

const WIDTH = 1000;
const LEFT = 210;
const RIGHT = 975;
const TOP = 56;
const ROW = 22;

/** A frame of one row for each thing, below a title and a legend. */
function rowsFrame(rows: number, x: (value: number) => number): Frame {
  return { left: LEFT, right: RIGHT, top: TOP, bottom: TOP + ROW * rows + 4, x, y: (row) => TOP + ROW * row };
}

function rowLabel(f: Frame, row: number, says: string): string {
  return `<text x="${f.left - 10}" y="${f.y(row) + 15}" text-anchor="end" font-size="12">${text(says)}</text>`;
}

/** Coloured boxes with words, under the title. */
function legend(entries: readonly (readonly [says: string, colour: string])[], left = LEFT): string {
  let x = left;
  return entries
    .map(([says, colour]) => {
      const box = `<rect x="${x}" y="34" width="11" height="11" fill="${colour}"/><text x="${x + 16}" y="44" font-size="12">${text(says)}</text>`;
      x += 40 + 7 * says.length;
      return box;
    })
    .join('');
}

function spanOf(e: Evidence): readonly [number, number] | null {
  if (e.from === null || e.to === null) return null;
  const [from, to] = [Date.parse(e.from), Date.parse(e.to)];
  return [from, Math.max(to, from + 1_000)];
}

function utc(from: number, to: number): string {
  const [a, b] = [from, to].map((at) => new Date(at).toISOString().slice(0, 10));
  return a === b ? `time, UTC, ${a}` : `time, UTC, ${a} to ${b}`;
}

const SEVERITIES = { critical: '#b3261e', warning: '#e08a00', info: '#7a8a99' } as const;

/** A bar for each incident from opening to end, one line a cause. */
export function timeline(e: Evidence): string {
  const span = spanOf(e);
  if (span === null || e.breaches.rows.length === 0) return '';
  const [from, to] = span;
  const causes = [...new Set(e.breaches.rows.map((b) => b.cause))];
  const f = rowsFrame(causes.length, (at) => LEFT + ((at - from) / (to - from)) * (RIGHT - LEFT));
  const bar = (b: Breach): string => {
    const left = f.x(Date.parse(b.opened));
    const right = f.x(b.resolved === null ? to : Date.parse(b.resolved));
    const fill = SEVERITIES[b.severity as keyof typeof SEVERITIES] ?? SEVERITIES.info;
    const top = f.y(causes.indexOf(b.cause)) + 4;
    return `<rect x="${left.toFixed(1)}" y="${top}" width="${Math.max(2, right - left).toFixed(1)}" height="14" fill="${fill}"><title>${text(`${b.id} ${b.scope}, ${b.opened} to ${b.resolved ?? 'open'}`)}</title></rect>`;
  };
  const labels = causes.map((cause, i) => rowLabel(f, i, cause));
  const key = legend(Object.entries(SEVERITIES).filter(([s]) => e.breaches.rows.some((b) => b.severity === s)));
  const axis = bottomAxis(f, timeTicks(from, to), utc(from, to));
  return svgPicture(WIDTH, f.bottom + 42, 'Incidents from opening to end, by cause', `${key}${axis}${labels.join('')}${e.breaches.rows.map(bar).join('')}`); // prettier-ignore
}

const COLOURS = ['#1565c0', '#d9730d', '#2b8a5a', '#6a1b9a', '#b3261e', '#5d6d7e'];
const PZ_TITLES: Readonly<Record<ModelKind, string>> = {
  surface: 'Errors of the smiles before they saw the market: worst PZ of each stretch of time',
  hedge: 'Errors of the hedging models over five minutes: worst PZ of each stretch of time',
  credit: 'Errors of the credit curves before they saw the quotes: worst PZ of each stretch of time',
};

/** Worst PZ over time on a logarithmic axis, one line a model, of those that were relied on or pushed first; one kind of model. */
export function pzPicture(e: Evidence, kind: ModelKind): string {
  const points = e.pictures.pz.filter((p) => p.kind === kind);
  if (points.length < 2) return '';
  const relied = new Set(
    e.inventory
      .filter((m) => m.kind === kind && m.roles.some((r) => /champion|pushed|hazard/.test(r.role)))
      .map((m) => (kind === 'credit' ? `${m.model} ${m.underlying}` : m.model)),
  );
  const models = [...new Set(points.map((p) => p.model))]
    .toSorted((a, b) => Number(relied.has(b)) - Number(relied.has(a)))
    .slice(0, COLOURS.length);
  const shown = points.filter((p) => models.includes(p.model));
  const times = shown.map((p) => Date.parse(p.at));
  const from = times.reduce((a, b) => Math.min(a, b), Infinity);
  const to = Math.max(from + 1_000, times.reduce((a, b) => Math.max(a, b), -Infinity)); // prettier-ignore
  const high = Math.max(2, ...shown.map((p) => p.pz));
  const low = 0.1;
  const [a, b] = [Math.log10(low), Math.log10(high)];
  const bottom = TOP + 210;
  const f: Frame = {
    left: 80,
    right: RIGHT,
    top: TOP,
    bottom,
    x: (at) => 80 + ((at - from) / (to - from)) * (RIGHT - 80),
    y: (v) => bottom - (Math.max(0, Math.log10(v) - a) / (b - a)) * (bottom - TOP),
  };
  const lines = models.map((model, i) => {
    const path = shown
      .filter((p) => p.model === model)
      .map((p) => `${f.x(Date.parse(p.at)).toFixed(1)},${f.y(p.pz).toFixed(1)}`);
    return `<polyline points="${path.join(' ')}" fill="none" stroke="${COLOURS[i]}" stroke-width="1.4"><title>${text(model)}</title></polyline>`;
  });
  const healthy = `<line x1="${f.left}" x2="${f.right}" y1="${f.y(1).toFixed(1)}" y2="${f.y(1).toFixed(1)}" stroke="#2b8a5a" stroke-dasharray="6 3"/><text x="${f.right}" y="${(f.y(1) - 4).toFixed(1)}" text-anchor="end" font-size="11" fill="#2b8a5a">1 is healthy</text>`;
  const key = legend(models.map((m, i) => [m, COLOURS[i]]), 80); // prettier-ignore
  const axes = `${leftAxis(f, logTicks(low, high), 'PZ, error in error bars')}${bottomAxis(f, timeTicks(from, to), utc(from, to))}`;
  return svgPicture(WIDTH, bottom + 42, PZ_TITLES[kind], `${key}${axes}${healthy}${lines.join('')}`);
}

const STATES = ['OK', 'WIDEN', 'HEDGE_ONLY', 'DO_NOT_USE'] as const;
const STATE_COLOURS = { OK: '#2b8a5a', WIDEN: '#e0b400', HEDGE_ONLY: '#d9730d', DO_NOT_USE: '#b3261e' } as const;
const PERCENT: readonly Tick[] = [0, 0.25, 0.5, 0.75, 1].map((at) => ({ at, label: `${100 * at} %` }));
const share = (v: number): number => LEFT + v * (RIGHT - LEFT);

/** How the gate's time divides into its states, a bar for each model. */
export function gatePicture(e: Evidence): string {
  const rows = e.outcomes.gate.filter((g) => STATES.some((s) => g.seconds[s] > 0));
  if (rows.length === 0) return '';
  const f = rowsFrame(rows.length, share);
  const bars = rows.map((g, i) => {
    const all = STATES.reduce((sum, s) => sum + g.seconds[s], 0);
    let done = 0;
    const parts = STATES.map((s) => {
      const part = g.seconds[s] / all;
      const box = `<rect x="${share(done).toFixed(1)}" y="${f.y(i) + 3}" width="${(share(part) - LEFT).toFixed(1)}" height="16" fill="${STATE_COLOURS[s]}"><title>${s} ${(100 * part).toFixed(1)} %</title></rect>`;
      done += part;
      return box;
    });
    return `${rowLabel(f, i, g.model)}${parts.join('')}`;
  });
  const axis = bottomAxis(f, PERCENT, 'share of the time in which the gate had spoken, over all its scopes');
  const key = legend(STATES.map((s) => [s, STATE_COLOURS[s]]));
  return svgPicture(WIDTH, f.bottom + 42, 'Time of the gate in each state, by model', `${key}${axis}${bars.join('')}`);
}

/** How often alarms were right: a point for the estimate, a line for the 95 % interval, one row a cause. */
export function precisionPicture(e: Evidence): string {
  const rows = e.precision.filter((r) => r.overall.precision !== null);
  if (rows.length === 0) return '';
  const f = rowsFrame(rows.length, share);
  const lines = rows.map((r, i) => {
    const y = f.y(i) + 11;
    const { precision, low, high } = r.overall;
    return `${rowLabel(f, i, r.cause)}<line x1="${share(low ?? 0).toFixed(1)}" x2="${share(high ?? 1).toFixed(1)}" y1="${y}" y2="${y}" stroke="#1565c0" stroke-width="2"/><circle cx="${share(precision ?? 0).toFixed(1)}" cy="${y}" r="4" fill="#1565c0"/>`;
  });
  const axis = bottomAxis(f, PERCENT, 'true over true and false; the line is the 95 % interval');
  return svgPicture(WIDTH, f.bottom + 42, 'Precision of the alarms, by cause', `${axis}${lines.join('')}`);
}

const CHANGES_SHOWN = 12;

/** Where small changes added up: the way that level, skew and curvature went in all, and how far it led. */
export function changesPicture(changes: readonly CumulativeChange[]): string {
  const rows = changes.filter((c) => c.identified && c.path > 0).slice(0, CHANGES_SHOWN);
  if (rows.length === 0) return '';
  const most = Math.max(...rows.map((c) => c.path));
  const x = (v: number): number => LEFT + 60 + (v / most) * (RIGHT - LEFT - 60);
  const f = { ...rowsFrame(rows.length, x), left: LEFT + 60 };
  const bars = rows.map(
    (c, i) =>
      `${rowLabel(f, i, `${c.model} ${c.scope} ${c.parameter}`)}<rect x="${f.left}" y="${f.y(i) + 4}" width="${(x(c.path) - f.left).toFixed(1)}" height="14" fill="#c9d8ea"/><rect x="${f.left}" y="${f.y(i) + 7}" width="${(x(Math.abs(c.net)) - f.left).toFixed(1)}" height="8" fill="#1565c0"/>`,
  );
  const key = legend([['|net change|', '#1565c0'], ['path, the sum of all steps', '#c9d8ea']], f.left); // prettier-ignore
  const axis = bottomAxis(f, linearTicks(0, most, 6, '', 100), 'volatility points (0.01)');
  return svgPicture(WIDTH, f.bottom + 42, 'Cumulative small changes, largest net change first', `${key}${axis}${bars.join('')}`); // prettier-ignore
}

const OUTCOMES = { accepted: '#2b8a5a', refused: '#b3261e', other: '#9aa5b1' } as const;

/** What calibrations came to, a bar for each kind of model, on a logarithmic axis: kinds differ by orders of magnitude. */
export function recalibrationsPicture(e: Evidence): string {
  const kinds = Object.entries(e.recalibrations.by_kind);
  if (kinds.length === 0) return '';
  const rows = kinds.flatMap(([kind, statuses]) => {
    const { accepted = 0, refused = 0 } = statuses;
    const all = Object.values(statuses).reduce((a, b) => a + b, 0);
    return (['accepted', 'refused', 'other'] as const)
      .map((name) => ({
        kind,
        name,
        n: name === 'accepted' ? accepted : name === 'refused' ? refused : all - accepted - refused,
      })) // prettier-ignore
      .filter((r) => r.n > 0);
  });
  const most = Math.max(10, ...rows.map((r) => r.n));
  const x = (n: number): number => LEFT + (Math.log10(Math.max(1, n)) / Math.log10(most)) * (RIGHT - LEFT - 60) + 4;
  const f = { ...rowsFrame(rows.length, x), right: RIGHT };
  const bars = rows.map(
    (r, i) =>
      `${rowLabel(f, i, `${r.kind}, ${r.name}`)}<rect x="${LEFT}" y="${f.y(i) + 4}" width="${(x(r.n) - LEFT).toFixed(1)}" height="14" fill="${OUTCOMES[r.name]}"/><text x="${(x(r.n) + 6).toFixed(1)}" y="${f.y(i) + 15}" font-size="11">${r.n}</text>`,
  );
  const ticks = logTicks(1, most).filter((t) => Number.isInteger(Math.log10(t.at)));
  const axis = bottomAxis(f, ticks, 'calibrations, logarithmic');
  return svgPicture(WIDTH, f.bottom + 42, 'What calibrations came to, by kind of model', `${axis}${bars.join('')}`);
}
