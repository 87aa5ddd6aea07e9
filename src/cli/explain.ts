import type { Command } from 'commander';
import { explanationPage } from '../app/explain-page.ts';
import { explainIncident, type Explanation } from '../app/explain.ts';
import { ReplayMismatch } from '../app/replay-log.ts';
import { logDirectory } from './log-directory.ts';
import { writeOutput } from './output-file.ts';
import { Progress } from './progress.ts';
import { smilePlot } from './smile-plot.ts';
import { UsageError } from './usage-error.ts';

const SHOWN = 12;
const PLOT = { columns: 64, rows: 12 } as const;
const BARS = '▁▂▃▄▅▆▇█';
const BAR_COLUMNS = 64;

/** `vernier explain INCIDENT --log DIR` */
export function registerExplain(program: Command): void {
  program
    .command('explain <incident>')
    .description('one incident, remade from a session log: what was seen, decided and done')
    .requiredOption('--log <dir>', 'directory of the session log')
    .option('--json', 'one JSON object')
    .option('--html <file>', 'write it as one page with its pictures too: the story on a time axis, the smiles')
    .option('-q, --quiet', 'no progress')
    .action(async (id: string, flags: { log: string; json?: boolean; html?: string; quiet?: boolean }) => {
      await logDirectory(flags.log);
      const progress = new Progress(flags.quiet === true || flags.json === true);
      progress.show('the log is replayed');
      const found = await explainIncident(flags.log, id).catch((error: unknown) => {
        if (error instanceof ReplayMismatch) return error;
        throw error;
      });
      progress.clear();
      if (found instanceof ReplayMismatch) {
        process.stderr.write(`vernier: ${found.message}\n`);
        process.exitCode = 3;
        return;
      }
      if (found === null)
        throw new UsageError(`${id}: no such incident in ${flags.log} (vernier inspect lists what there is)`);
      if (flags.html !== undefined) writeOutput('--html', flags.html, explanationPage(found));
      process.stdout.write(
        flags.json === true ? `${JSON.stringify(found)}\n` : `${explanationLines(found).join('\n')}\n`,
      );
      if ('mismatch' in found.reproduced) process.exitCode = 3;
    });
}

/** The explanation as text for a terminal of 80 columns. */
export function explanationLines(found: Explanation): string[] {
  const { incident, champion, calibrations, gates, facts, reproduced, stamp } = found;
  const moved = gates.filter((g) => g.at >= incident.opened);
  return [
    `${stamp === null ? '' : `${stamp}  `}${incident.id}  ${incident.cause} (${incident.severity}, ${incident.kind}) on ${incident.scope}`,
    `  ${incident.says}`,
    `  opened ${incident.opened}${incident.resolved === null ? ', still open' : `, resolved ${incident.resolved}`}`,
    `  ${verdictLine(incident)}`,
    '',
    'Seen',
    ...Object.entries(incident.evidence).flatMap(([name, value]) => evidenceLines(name, value)),
    ...facts.slice(0, SHOWN).map((f) => `  ${new Date(f.at).toISOString()} ${factLine(f)}`),
    ...seriesLines(found),
    ...incident.pictures.flatMap((p) => pictureLines(p, champion)),
    '',
    'Decided',
    ...(incident.runner_up === null
      ? []
      : [
          `  next likeliest: ${incident.runner_up.cause}, told apart by ${incident.runner_up.separated_by ?? 'nothing named'}`,
        ]),
    ...few(incident.timeline.filter((e) => e.what !== 'action').map((e) => `  ${e.at} ${e.what} ${e.text}`)),
    '',
    'Done',
    ...few(incident.timeline.filter((e) => e.what === 'action').map((e) => `  ${e.at} ${e.text}`)),
    ...few(
      calibrations.filter((c) => c.at >= incident.opened).map((c) => `  ${c.at} ${fitted(c)} ${c.status}: ${c.reason}`),
    ),
    ...few(moved.map((g) => `  ${g.at} gate ${g.scope} ${g.state} ${g.reasons.join(', ')}`)),
    '',
    'mismatch' in reproduced
      ? `NOT reproduced: ${reproduced.mismatch}`
      : `reproduced: ${reproduced.records} records remade from the recorded inputs, each the same to the last bit (log sha256 ${reproduced.sha256.slice(0, 16)}...)`,
  ];
}

function verdictLine({ verdict, resolved }: Explanation['incident']): string {
  if (verdict === null) return resolved === null ? 'verdict: not yet' : 'verdict: none';
  const { verdict: what, by, rule, note } = verdict;
  return `verdict: ${what}, ${rule === null ? `by ${by}` : `automatic, rule ${rule}`}${note === '' ? '' : ` (${note})`}`;
}

/** One piece of evidence: ranked causes and signs a line each, the strongest first; the next likeliest stands under decided. */
function evidenceLines(name: string, value: unknown): string[] {
  if (name === 'runner_up' || value === null) return [];
  if (name === 'probabilities' && typeof value === 'object')
    return [`  probabilities: ${Object.entries(value).map(([cause, p]) => `${cause} ${shown(Math.round(1e3 * Number(p)) / 1e3)}`).join(', ')}`]; // prettier-ignore
  if (name === 'limits' && Array.isArray(value))
    return value.map(
      (l: Record<string, unknown>) =>
        `  limit ${shown(l['rule'] ?? null)}: ${shown(l['field'] ?? null)} of ${shown(l['source'] ?? null)} is ${shown(l['value'] ?? null)}, limit ${shown(l['limit'] ?? null)}`,
    );
  if (name === 'signs' && Array.isArray(value))
    return value.map((sign: { says?: unknown; value?: unknown; nats?: unknown }) => {
      const weight = typeof sign.nats === 'number' ? ` (${shown(sign.nats)} nats)` : '';
      return `  sign: ${shown(sign.says)}: ${shown(sign.value ?? null)}${weight}`;
    });
  return [`  ${name}: ${shown(value)}`];
}

function few(lines: readonly string[]): string[] {
  return lines.length <= SHOWN ? [...lines] : [...lines.slice(0, SHOWN), `  ... ${lines.length - SHOWN} more (--json)`];
}

function shown(value: unknown): string {
  if (typeof value === 'number') return String(Number(value.toPrecision(5)));
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= 160 ? text : `${text.slice(0, 157)}...`;
}

function factLine(fact: Explanation['facts'][number]): string {
  if (fact.type === 'gap') return `gap (${fact.reason}) ${fact.symbol ?? 'of the whole feed'}`;
  if (fact.type === 'feed') return `feed ${fact.venue} ${fact.state}`;
  return fact.type === 'platform' ? `platform ${fact.state}` : fact.type;
}

/** The measured figure as bars over time; `^` marks the bar in which the incident opened. */
function seriesLines({ series, incident }: Explanation): string[] {
  if (series === null || series.points.length < 2) return [];
  const { points } = series;
  const times = points.map((p) => Date.parse(p.at));
  const [first, last] = [times[0], times[times.length - 1]];
  const columns = Math.min(BAR_COLUMNS, points.length);
  const place = (at: number): number =>
    Math.min(columns - 1, Math.floor(((at - first) / (last - first || 1)) * columns));
  const worst = Array.from({ length: columns }, () => NaN);
  points.forEach((p, i) => {
    const c = place(times[i]);
    if (!(Math.abs(worst[c]) >= Math.abs(p.value))) worst[c] = p.value;
  });
  const top = Math.max(...worst.filter((v) => !Number.isNaN(v)).map(Math.abs));
  const bar = (v: number): string => (Number.isNaN(v) ? ' ' : BARS[Math.min(7, Math.floor((Math.abs(v) / top) * 8))]);
  const opened = Date.parse(incident.opened);
  const [highest] = points.toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const about =
    series.scale === 'log' ? ' (1 is healthy)' : series.limit === null ? '' : ` (limit ${shown(series.limit)})`;
  return [
    '',
    `  ${series.name} on ${series.on}${about}, ${points[0].at} to ${points.at(-1)?.at ?? ''}, highest ${shown(highest.value)}`,
    `  |${worst.map(bar).join('')}|`,
    ...(opened >= first && opened <= last ? [`  ${' '.repeat(1 + place(opened))}^ opened`] : []),
  ];
}

/** `svi 2026-03-27`, `hazard simulated:acme`. */
function fitted(c: Explanation['calibrations'][number]): string {
  const where = c.type === 'calibration' ? c.expiry.slice(0, 10) : c.type === 'credit-calibration' ? c.curve : c.underlying; // prettier-ignore
  return `${c.model} ${where}`;
}

/** Quotes used (o) and the champion's curve of one expiry. */
function pictureLines(picture: Explanation['incident']['pictures'][number], champion: string): string[] {
  const curve = picture.curves.find((c) => c.model === champion);
  const { quotes } = picture;
  if (quotes === null || curve === undefined) return [];
  const points = quotes.k
    .map((k, i) => ({ k, sigma: quotes.sigma_mid[i], refused: quotes.refused[i] }))
    .filter(
      (p): p is { k: number; sigma: number; refused: null } => p.k !== null && p.sigma !== null && p.refused === null,
    )
    .toSorted((a, b) => a.k - b.k);
  const nothing = new Float64Array(points.length).fill(NaN);
  const slice = {
    years: 0,
    forward: picture.forward ?? NaN,
    k: Float64Array.from(points, (p) => p.k),
    sigma: Float64Array.from(points, (p) => p.sigma),
    errorBar: nothing,
    sigmaBid: nothing,
    sigmaAsk: nothing,
  };
  const between = (k: number): number => {
    const i = curve.k.findIndex((x) => x >= k);
    if (i <= 0) return i === 0 ? (curve.sigma[0] ?? NaN) : NaN;
    const share = (k - curve.k[i - 1]) / (curve.k[i] - curve.k[i - 1]);
    return (curve.sigma[i - 1] ?? NaN) * (1 - share) + (curve.sigma[i] ?? NaN) * share;
  };
  return [
    '',
    `  ${picture.scope} at ${picture.at}: quotes o, ${champion} ⠒`,
    ...smilePlot(slice, between, PLOT).map((l) => `  ${l}`),
  ];
}
