import type { Smile } from '../server/wire/smile.ts';
import type { Explanation } from './explain.ts';
import {
  bottomAxis,
  leftAxis,
  linearTicks,
  logTicks,
  svgPicture,
  svgText as text,
  timeTicks,
  type Frame,
} from './svg-axes.ts';

const WIDTH = 1000;
const LEFT = 210;
const RIGHT = 980;
const ROW = 20;
const MOST_GATES = 14;
/** Colours that people who see no red or green tell apart, too: each goes with a word in the legend. */
export const GATE_COLOURS = { OK: '#2b8a5a', WIDEN: '#e0b400', HEDGE_ONLY: '#d9730d', DO_NOT_USE: '#b3261e' } as const;
const UNKNOWN = '#e8e8e8';

interface Mark {
  readonly at: number;
  readonly says: string;
  readonly colour: string;
}

/**
 * The story on one axis of time: the figure it was read from, the gate of each scope, what was decided, fitted and done.
 * The time for which it was open is shaded.
 */
export function storyPicture(found: Explanation): string {
  const { incident, series } = found;
  const opened = Date.parse(incident.opened);
  const marks = rowsOf(found);
  const times = [
    opened,
    ...marks.flatMap((r) => r.marks.map((m) => m.at)),
    ...(series?.points ?? []).map((p) => Date.parse(p.at)),
  ];
  const [from, to] = [Math.min(...times), Math.max(...times)];
  const span = Math.max(1_000, to - from);
  const x = (at: number): number => LEFT + ((Math.max(from, Math.min(to, at)) - from) / span) * (RIGHT - LEFT);
  let top = 70;
  const parts: string[] = [];
  const end = incident.resolved === null ? to : Date.parse(incident.resolved);
  if (series !== null && series.points.length > 1) {
    const frame = frameOf(series, top, x);
    parts.push(seriesPanel(series, frame));
    top = frame.bottom + 26;
  }
  const gates = gateRows(found, from, to);
  if (gates.length > 0) {
    parts.push(
      `<text x="${LEFT}" y="${top}" font-size="12" font-weight="600">gate, by model and scope</text>${legend(top)}`,
    );
    top += 8;
    for (const row of gates) {
      const bars = row.bars.map(
        (b) => `<rect x="${x(b.from).toFixed(1)}" y="${top + 3}" width="${Math.max(1.5, x(b.to) - x(b.from)).toFixed(1)}" height="${ROW - 6}" fill="${b.colour}"><title>${text(b.says)}</title></rect>`,
      ); // prettier-ignore
      parts.push(`${label(row.name, top)}${bars.join('')}`);
      top += ROW;
    }
    top += 22;
  }
  parts.push(`<text x="${LEFT}" y="${top}" font-size="12" font-weight="600">what was decided and done</text>`);
  top += 8;
  for (const row of marks) {
    const dots = row.marks.map(
      (m) => `<circle cx="${x(m.at).toFixed(1)}" cy="${top + ROW / 2}" r="4.5" fill="${m.colour}" stroke="#fff"><title>${text(m.says)}</title></circle>`,
    ); // prettier-ignore
    parts.push(
      `${label(row.name, top)}<line x1="${LEFT}" x2="${RIGHT}" y1="${top + ROW / 2}" y2="${top + ROW / 2}" stroke="#ececec"/>${dots.join('')}`,
    );
    top += ROW;
  }
  const frame: Frame = { left: LEFT, right: RIGHT, top: 42, bottom: top + 6, x, y: () => 0 };
  const axis = bottomAxis(frame, timeTicks(from, from + span), axisName(from, to), false);
  const shade = `<rect x="${x(opened).toFixed(1)}" y="42" width="${Math.max(1, x(end) - x(opened)).toFixed(1)}" height="${top - 36}" fill="#1565c0" opacity="0.07"/>`;
  const lines = `${line(x(opened), top, 'opened')}${incident.resolved === null ? '' : line(x(end), top, 'resolved')}`;
  const title = `${incident.id}: ${incident.cause} on ${incident.scope}`;
  return svgPicture(WIDTH, top + 46, title, `${shade}${parts.join('')}${axis}${lines}`);
}

function axisName(from: number, to: number): string {
  const [a, b] = [from, to].map((at) => new Date(at).toISOString());
  return a.slice(0, 10) === b.slice(0, 10) ? `UTC, ${a.slice(0, 10)}` : `UTC, ${a.slice(0, 10)} to ${b.slice(0, 10)}`;
}

function line(x: number, bottom: number, says: string): string {
  const left = says === 'opened';
  return `<line x1="${x.toFixed(1)}" x2="${x.toFixed(1)}" y1="42" y2="${bottom + 6}" stroke="#1565c0" stroke-dasharray="4 3"/><text x="${(x + (left ? -4 : 4)).toFixed(1)}" y="38" text-anchor="${left ? 'end' : 'start'}" font-size="11" fill="#1565c0">${says}</text>`;
}

function label(name: string, top: number): string {
  return `<text x="${LEFT - 10}" y="${top + ROW / 2 + 4}" text-anchor="end" font-size="11" fill="#333">${text(name)}</text>`;
}

function legend(y: number): string {
  return Object.entries(GATE_COLOURS)
    .map(
      ([state, colour], i) => `<rect x="${LEFT + 190 + 120 * i}" y="${y - 9}" width="10" height="10" fill="${colour}"/><text x="${LEFT + 204 + 120 * i}" y="${y}" font-size="11">${state}</text>`,
    )
    .join(''); // prettier-ignore
}

function frameOf(series: NonNullable<Explanation['series']>, top: number, x: (at: number) => number): Frame {
  const values = series.points.map((p) => p.value);
  const bottom = top + 170;
  if (series.scale === 'log') {
    const [low, high] = logRange(values).map(Math.log10);
    const y = (v: number): number => bottom - (Math.max(0, Math.log10(v) - low) / (high - low)) * (bottom - top);
    return { left: LEFT, right: RIGHT, top, bottom, x, y };
  }
  const all = series.limit === null ? values : [...values, series.limit, Math.sign(values[0] || 1) * series.limit];
  const [low, high] = [Math.min(0, ...all), Math.max(0, ...all)];
  const y = (v: number): number => bottom - ((v - low) / (high - low || 1)) * (bottom - top);
  return { left: LEFT, right: RIGHT, top, bottom, x, y };
}

/** What a logarithmic axis shows: predictions that hit by chance lie on its lower edge. */
function logRange(values: readonly number[]): [number, number] {
  return [Math.max(0.1, Math.min(0.5, ...values)), Math.max(2, ...values)];
}

function seriesPanel(series: NonNullable<Explanation['series']>, f: Frame): string {
  const values = series.points.map((p) => p.value);
  const log = series.scale === 'log';
  const limits = log ? [1] : series.limit === null ? [] : [series.limit, -series.limit].filter((v) => f.y(v) >= f.top && f.y(v) <= f.bottom && (v > 0 || Math.min(...values) < 0)); // prettier-ignore
  const ticks = log ? logTicks(...logRange(values)) : linearTicks(Math.min(0, ...values), Math.max(0, ...values), 4);
  const points = series.points.map((p) => `${f.x(Date.parse(p.at)).toFixed(1)},${f.y(p.value).toFixed(1)}`);
  const dots = points.length > 80 ? '' : points.map((p) => `<circle cx="${p.split(',')[0]}" cy="${p.split(',')[1]}" r="2.4" fill="#1565c0"/>`).join(''); // prettier-ignore
  const held = limits.map(
    (v) => `<line x1="${f.left}" x2="${f.right}" y1="${f.y(v).toFixed(1)}" y2="${f.y(v).toFixed(1)}" stroke="${log ? '#2b8a5a' : '#b3261e'}" stroke-dasharray="6 3"/><text x="${f.right}" y="${(f.y(v) - 4).toFixed(1)}" text-anchor="end" font-size="11" fill="${log ? '#2b8a5a' : '#b3261e'}">${log ? '1 is healthy' : `limit ${v}`}</text>`,
  ); // prettier-ignore
  const name = log ? 'PZ, error in error bars' : series.name;
  return `<text x="${f.left}" y="${f.top - 8}" font-size="12" font-weight="600">${text(`${series.name} on ${series.on}`)}</text>${leftAxis(f, ticks, name)}${held.join('')}<polyline points="${points.join(' ')}" fill="none" stroke="#1565c0" stroke-width="1.6"/>${dots}`;
}

interface GateRow {
  readonly name: string;
  readonly bars: readonly {
    readonly from: number;
    readonly to: number;
    readonly colour: string;
    readonly says: string;
  }[];
}

/** A strip a scope; those that were shut longest first, of equal ones in the order of names. */
function gateRows({ gates }: Explanation, from: number, to: number): GateRow[] {
  const scopes = [...new Set(gates.map((g) => g.scope))].toSorted();
  const rows = scopes.map((name) => {
    const own = gates.filter((g) => g.scope === name);
    const bars = own.map((g, i) => ({
      from: Math.max(from, Date.parse(g.at)),
      to: Math.min(to, i + 1 < own.length ? Date.parse(own[i + 1].at) : to),
      colour: GATE_COLOURS[g.state],
      says: `${g.state} ${g.reasons.join(', ')} since ${g.at}`,
      shut: g.state !== 'OK',
    }));
    const before = {
      from,
      to: Math.max(from, Date.parse(own[0].at)),
      colour: UNKNOWN,
      says: 'not yet spoken',
      shut: false,
    };
    const shown = [before, ...bars].filter((b) => b.to > b.from);
    return { name, bars: shown, shut: shown.reduce((sum, b) => sum + (b.shut ? b.to - b.from : 0), 0) };
  });
  return rows.toSorted((a, b) => b.shut - a.shut).slice(0, MOST_GATES);
}

interface MarkRow {
  readonly name: string;
  readonly marks: readonly Mark[];
}

/** What happened, a row a kind of thing. */
function rowsOf({ incident, calibrations, facts }: Explanation): MarkRow[] {
  const mark = (at: string, says: string, colour: string): Mark => ({
    at: Date.parse(at),
    says: `${at} ${says}`,
    colour,
  });
  const decided = incident.timeline.filter((e) => e.what !== 'action');
  const done = incident.timeline.filter((e) => e.what === 'action');
  const rows: MarkRow[] = [
    { name: 'incident and verdict', marks: decided.map((e) => mark(e.at, `${e.what} ${e.text}`, '#1565c0')) },
    { name: 'actions', marks: done.map((e) => mark(e.at, e.text, '#6a1b9a')) },
    {
      name: 'calibrations (red: refused)',
      marks: calibrations.map((c) => mark(c.at, `${c.model} ${c.status}: ${c.reason}`, c.status === 'accepted' ? '#2b8a5a' : '#b3261e')),
    },
    { name: 'line and venue', marks: facts.map((f) => ({ at: f.at, says: f.type, colour: '#555' })) },
  ]; // prettier-ignore
  return rows.filter((r) => r.marks.length > 0);
}

/** Quotes from bid to ask, the models' curves before and after: one smile. */
export function smilePicture(smile: Smile, champion: string, says: string): string {
  const { quotes } = smile;
  const points = (quotes?.k ?? []).flatMap((k, i) => {
    const mid = quotes?.sigma_mid[i] ?? null;
    // In the money is the other side's business, not a fault.
    if (k === null || quotes === null || quotes.refused[i] === 'in-the-money') return [];
    return [{ k, mid, bid: quotes.sigma_bid[i], ask: quotes.sigma_ask[i], mark: quotes.venue_mark[i], refused: quotes.refused[i] }];
  }); // prettier-ignore
  const curves = smile.curves.map((c) => ({ ...c, isServing: c.model === champion }));
  const shownK = points.filter((p) => p.mid !== null).map((p) => p.k);
  const serving = curves.find((c) => c.isServing)?.k ?? [];
  const range = shownK.length > 1 ? shownK : serving.length > 1 ? serving : [-0.2, 0.2];
  const [lowK, highK] = [Math.min(...range), Math.max(...range)];
  const pad = 0.03 * (highK - lowK);
  const inside = (k: number): boolean => k >= lowK - pad && k <= highK + pad;
  const levels = [
    ...points.flatMap((p) => [p.mid]),
    ...curves.filter((c) => c.isServing).flatMap((c) => c.sigma.filter((_, i) => inside(c.k[i]))),
  ].filter((v): v is number => v !== null && v > 0);
  if (levels.length === 0) return '';
  const [lowV, highV] = [Math.min(...levels) * 0.96, Math.max(...levels) * 1.04];
  const f: Frame = {
    left: 80, right: RIGHT, top: 56, bottom: 330,
    x: (k) => 80 + ((k - lowK + pad) / (highK - lowK + 2 * pad)) * (RIGHT - 80),
    y: (v) => 330 - ((v - lowV) / (highV - lowV)) * 274,
  }; // prettier-ignore
  const clip = (v: number): number => Math.max(f.top, Math.min(f.bottom, f.y(v)));
  const at = (k: number, v: number): string => `${f.x(k).toFixed(1)},${clip(v).toFixed(1)}`;
  const drawn = curves.map((c) => {
    const xs = c.k.flatMap((k, i) => (inside(k) && c.sigma[i] !== null ? [i] : []));
    const path = xs.map((i) => at(c.k[i], c.sigma[i] ?? 0)).join(' ');
    const band = c.isServing && xs.every((i) => c.low[i] !== null && c.high[i] !== null)
      ? `<polygon points="${[...xs.map((i) => at(c.k[i], c.high[i] ?? 0)), ...xs.toReversed().map((i) => at(c.k[i], c.low[i] ?? 0))].join(' ')}" fill="#1565c0" opacity="0.13"/>`
      : '';
    const stroke = c.isServing ? 'stroke="#1565c0" stroke-width="2"' : 'stroke="#888" stroke-dasharray="5 3"';
    return `${band}<polyline points="${path}" fill="none" ${stroke}><title>${text(c.model)}</title></polyline>`;
  }); // prettier-ignore
  const quoted = points.toSorted((a, b) => Number(a.refused === null) - Number(b.refused === null)).map((p) => {
    const colour = p.refused === null ? '#1a1a1a' : '#b3261e';
    const hint = `<title>${text(p.refused ?? 'used')}</title>`;
    const bar = p.bid === null || p.ask === null ? '' : `<line x1="${f.x(p.k).toFixed(1)}" x2="${f.x(p.k).toFixed(1)}" y1="${clip(p.bid).toFixed(1)}" y2="${clip(p.ask).toFixed(1)}" stroke="${colour}" stroke-width="1.4">${hint}</line>`;
    const dot = p.mid === null ? '' : `<circle cx="${f.x(p.k).toFixed(1)}" cy="${clip(p.mid).toFixed(1)}" r="3" fill="${p.refused === null ? colour : '#fff'}" stroke="${colour}">${hint}</circle>`;
    return bar + dot;
  }); // prettier-ignore
  const title = `${smile.scope}, ${says} (${smile.at.slice(0, 19)}Z)`;
  const others = curves.filter((c) => !c.isServing).map((c) => c.model);
  const key = `<line x1="80" x2="104" y1="38" y2="38" stroke="#1565c0" stroke-width="2"/><text x="110" y="42" font-size="11">${text(champion)} with its error band</text><circle cx="300" cy="38" r="3"/><text x="308" y="42" font-size="11">quote used, bid to ask</text><circle cx="470" cy="38" r="3" fill="#fff" stroke="#b3261e"/><text x="478" y="42" font-size="11">refused</text>${others.length === 0 ? '' : `<line x1="550" x2="574" y1="38" y2="38" stroke="#888" stroke-dasharray="5 3"/><text x="580" y="42" font-size="11">${text(others.join(', '))}</text>`}`; // prettier-ignore
  const axes = `${leftAxis(f, linearTicks(lowV, highV, 6, ' %', 100), 'implied volatility')}${bottomAxis(f, linearTicks(lowK, highK, 8), 'log-moneyness k = ln(K/F)')}`;
  return svgPicture(WIDTH, 376, title, `${key}${axes}${drawn.join('')}${quoted.join('')}`);
}
