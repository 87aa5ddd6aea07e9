/**
 * Tells a stretch of time from a session log, batch by batch, as markdown and a picture:
 *
 *     node tools/tell-window.ts LOG|simulated FROM TO TITLE OUT-PREFIX
 *
 * `simulated` runs the simulated venue's crash script at a batch a minute instead of reading a log (SYNTHETIC).
 * What it writes are the monitor's own statements and aggregates, never quotes.
 */
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { EngineRun } from '../src/app/faults/engine-run.ts';
import { DEFAULT_CONFIG } from '../src/engine/config.ts';
import type { OutputRecord } from '../src/model/record.ts';
import { median } from '../src/numeric/robust.ts';
import { simulatedEvents } from '../src/simulator/market-events.ts';
import { nodeFiles } from '../src/store/log-files.ts';
import { readRecords } from '../src/store/log-reader.ts';

interface Moment {
  readonly at: string;
  readonly underlying: string;
  readonly pz: number[];
  readonly level: number[];
  readonly inside: number[];
  readonly said: string[];
  accepted: number;
  refused: number;
}

const SIMULATED_START = Date.UTC(2025, 9, 10, 19, 0);

async function* recordsOf(source: string): AsyncGenerator<OutputRecord> {
  if (source === 'simulated') {
    const run = new EngineRun({ ...DEFAULT_CONFIG, scoreEverySeconds: 0 });
    const config = { seed: 10, startAt: SIMULATED_START, script: 'crash' as const, stepMs: 60_000 };
    for (const batch of simulatedEvents(config, { until: SIMULATED_START + 4 * 3_600_000 })) yield* run.run(batch);
    return;
  }
  for await (const item of readRecords(nodeFiles(source)))
    if (item.kind === 'record' && item.record.kind === 'output') yield item.record.record as unknown as OutputRecord;
}

function underlyingOf(record: OutputRecord): string | null {
  if (record.type === 'score' || record.type === 'calibration') return record.underlying;
  if (record.type === 'incident') return record.scope.split(':')[1] ?? null;
  return null;
}

const [source, fromText, toText, title, prefix] = process.argv.slice(2);
if (prefix === undefined) throw new Error('usage: tell-window.ts LOG|simulated FROM TO TITLE OUT-PREFIX');
const from = Date.parse(fromText);
const to = Date.parse(toText);
const moments = new Map<string, Moment>();
const spans: { underlying: string; cause: string; scope: string; from: number; to: number | null; id: string }[] = [];

for await (const record of recordsOf(source)) {
  const at = Date.parse(record.at);
  const underlying = underlyingOf(record);
  if (at < from || at > to || underlying === null) continue;
  const key = `${record.at.slice(0, 16)}|${underlying}`;
  let moment = moments.get(key);
  if (moment === undefined) {
    moment = {
      at: record.at.slice(0, 16).replace('T', ' '),
      underlying,
      pz: [],
      level: [],
      inside: [],
      said: [],
      accepted: 0,
      refused: 0,
    };
    moments.set(key, moment);
  }
  if (record.type === 'score' && record.model === 'svi') {
    moment.pz.push(record.pz);
    moment.inside.push(record.inside_share);
    if (record.b0 !== null) moment.level.push(100 * record.b0);
  } else if (record.type === 'calibration' && record.model === 'svi') {
    if (record.status === 'accepted') moment.accepted++;
    else moment.refused++;
  } else if (record.type === 'incident') {
    const where = record.scope.split(':').slice(1).join(':');
    if (record.state === 'open') {
      const signs = record.evidence['signs'] as { sign: string; value: number | null }[] | undefined;
      const why = (signs ?? []).map((s) => `${s.sign} ${s.value === null ? '?' : Number(s.value.toPrecision(3))}`);
      moment.said.push(`**${record.cause}** opens on ${where} (${why.join(', ')})`);
      spans.push({ underlying, cause: record.cause, scope: where, from: at, to: null, id: record.id });
    } else if (record.state === 'resolved') {
      moment.said.push(`${record.cause} resolved on ${where}`);
      const span = spans.find((s) => s.id === record.id);
      if (span !== undefined) span.to = at;
    }
  }
}

const number = (values: readonly number[], digits: number): string =>
  values.length === 0 ? '' : median(values).toFixed(digits);
const lines = [
  `# ${title}`,
  '',
  `Made from the monitor's own records by \`tools/tell-window.ts\`. PZ is the median over expiries of the rms standardised`,
  'prediction error (about 1 in health); level is the median innovation of the volatility level in points; inside is the',
  'median share of predictions between bid and ask; fits are calibrations accepted and refused.',
  '',
  `![incidents and level innovation](${basename(prefix)}.svg)`,
  '',
  '| time (UTC) | | PZ | level | inside | fits | what the monitor said |',
  '|---|---|---:|---:|---:|---:|---|',
];
for (const m of moments.values())
  lines.push(
    `| ${m.at} | ${m.underlying} | ${number(m.pz, 2)} | ${number(m.level, 2)} | ${number(m.inside, 2)} | ${m.accepted}${m.refused > 0 ? ` / ${m.refused}` : ''} | ${m.said.join('; ')} |`,
  );
writeFileSync(`${prefix}.md`, `${lines.join('\n')}\n`);

const [width, top, left, bandHeight, chart] = [900, 30, 190, 14, 160];
const names = [...new Set(spans.map((s) => `${s.underlying} ${s.cause}`))].toSorted();
const height = top + chart + 30 + names.length * bandHeight + 30;
const px = (at: number): number => left + ((at - from) / (to - from)) * (width - left - 20);
const levels = [...moments.values()].filter((m) => m.level.length > 0);
const widest = Math.max(1, ...levels.map((m) => Math.abs(median(m.level))));
const py = (v: number): number => top + chart / 2 - (v / widest) * (chart / 2 - 6);
const colours: Record<string, string> = { BTC: '#b35900', ETH: '#3b5bdb' };
const parts = [
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="11">`,
  '<rect width="100%" height="100%" fill="white"/>',
  `<text x="10" y="18">${title}: median level innovation (points, full scale ${widest.toFixed(1)}) and open incidents</text>`,
  `<line x1="${left}" x2="${width - 20}" y1="${py(0)}" y2="${py(0)}" stroke="#999"/>`,
];
for (const u of new Set(levels.map((m) => m.underlying))) {
  const points = levels
    .filter((m) => m.underlying === u)
    .map((m) => `${px(Date.parse(`${m.at.replace(' ', 'T')}Z`)).toFixed(1)},${py(median(m.level)).toFixed(1)}`);
  parts.push(
    `<polyline points="${points.join(' ')}" fill="none" stroke="${colours[u] ?? '#333'}" stroke-width="1.5"/>`,
  );
}
names.forEach((name, i) => {
  const y = top + chart + 20 + i * bandHeight;
  parts.push(`<text x="10" y="${y + 10}">${name}</text>`);
  for (const s of spans.filter((x) => `${x.underlying} ${x.cause}` === name)) {
    const end = s.to ?? to;
    parts.push(
      `<rect x="${px(s.from).toFixed(1)}" y="${y + 1}" width="${Math.max(2, px(end) - px(s.from)).toFixed(1)}" height="${bandHeight - 3}" fill="${colours[s.underlying] ?? '#333'}" opacity="0.6"/>`,
    );
  }
});
for (let i = 0; i <= 4; i++) {
  const at = from + ((to - from) * i) / 4;
  parts.push(
    `<text x="${px(at) - 40}" y="${height - 8}">${new Date(at).toISOString().slice(5, 16).replace('T', ' ')}</text>`,
  );
}
writeFileSync(`${prefix}.svg`, `${parts.join('\n')}\n</svg>\n`);
