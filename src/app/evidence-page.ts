import type { Breach, Evidence, OperatorAct } from './evidence.ts';

const WIDTH = 900;
const ROWS_SHOWN = 200;

/** The evidence as one HTML page without scripts or anything from elsewhere; pictures are inline SVG. */
export function evidencePage(e: Evidence): string {
  const span = `${e.from ?? 'nothing'} to ${e.to ?? 'nothing'}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Model evidence, ${text(span)}</title>
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:960px;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
table{border-collapse:collapse;width:100%;font-size:13px}th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}pre{background:#f5f5f5;padding:.6rem;overflow:auto;font-size:12px}svg{width:100%;height:auto}
.note{color:#555}</style></head><body>
<h1>Model evidence</h1>
<p>${text(span)}, from a session log of ${e.log.records} records${e.log.sha256 === null ? '' : ` with log_sha256 <code>${e.log.sha256}</code>`},
written by ${text(e.log.codes.join(', ') || 'no session')}. Arranged in the terms of SR 26-2 (model inventory, ongoing monitoring, outcomes
analysis, overrides) and SS1/23 (principles 1 to 5). What the log cannot know, such as ownership, materiality tier and
independent validation, is for its readers to add.</p>
${e.log.damage.length > 0 ? `<p><strong>The log is damaged: ${text(e.log.damage.join('; '))}</strong></p>` : ''}
${section(
  'Inventory',
  'Models calibrated here in this span.',
  table(
    ['model', 'underlying', '#expiries', '#calibrations', '#accepted'],
    e.inventory.map((m) => [m.model, m.underlying, m.expiries, m.calibrations, m.accepted]),
  ),
)}
${section('Limits', 'The configuration each session ran under.', e.limits.map((l) => `<pre>${text(JSON.stringify(l, null, 1))}</pre>`).join(''))}
${section(
  'Breaches',
  `${e.breaches.total} incidents.`,
  `${timeline(e)}${table(
    ['opened', 'resolved', 'cause', 'kind', 'severity', 'scope', 'incident'],
    e.breaches.rows.map((b) => [b.opened, b.resolved ?? 'open', b.cause, b.kind, b.severity, b.scope, b.id]),
  )}`,
)}
${section('Overrides', 'Gates opened by hand, manual control, silences.', acts(e.overrides))}
${section(
  'Recalibrations',
  '',
  `${counts('status', e.recalibrations.by_status)}${counts('reason of the accepted', e.recalibrations.by_reason)}${table(
    ['at', 'model', 'scope', 'status', 'reason'],
    e.recalibrations.refused.map((r) => [r.at, r.model, r.scope, r.status, r.reason]),
  )}`,
)}
${section(
  'Cumulative small changes',
  'Each parameter from the first accepted fit to the last: net change, and the sum of all steps.',
  table(
    ['model', 'scope', 'parameter', '#fits', '#first', '#last', '#net', '#path', '#largest step'],
    e.cumulative_changes.map((c) => [
      c.model,
      c.scope,
      c.parameter,
      c.fits,
      c.first,
      c.last,
      c.net,
      c.path,
      c.largest_step,
    ]),
  ),
)}
${section('Approvals', 'What people approved, rejected, acknowledged and judged.', acts(e.approvals))}
${section(
  'Outcomes',
  'Predictions made before the market moved, against what it then did. PZ is the error in units of its error bar: 1 is healthy.',
  `${pzPicture(e)}${table(
    ['model', 'horizon', '#scores', '#median PZ', '#95 % PZ', '#share above 2', '#inside bid-ask'],
    e.outcomes.scores.map((s) => [s.model, s.horizon, s.scores, s.median_pz, s.p95_pz, s.above_2, s.inside_share]),
  )}
${table(
  ['gate of', '#OK s', '#WIDEN s', '#HEDGE_ONLY s', '#DO_NOT_USE s', '#share not OK'],
  e.outcomes.gate.map((g) => [
    g.model,
    g.seconds.OK,
    g.seconds.WIDEN,
    g.seconds.HEDGE_ONLY,
    g.seconds.DO_NOT_USE,
    g.not_ok_share ?? '',
  ]),
)}${counts('what was done', e.outcomes.actions)}`,
)}
</body></html>
`;
}

function section(title: string, says: string, body: string): string {
  return `<h2>${title}</h2>${says === '' ? '' : `<p class="note">${text(says)}</p>`}${body}`;
}

/** A heading that begins with # is a column of numbers. */
function table(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  if (rows.length === 0) return '<p>None recorded.</p>';
  const th = heads.map((h) => `<th${h.startsWith('#') ? ' class="n"' : ''}>${text(h.replace('#', ''))}</th>`).join('');
  const body = rows
    .slice(0, ROWS_SHOWN)
    .map((row) => `<tr>${row.map((v, i) => cell(v, heads[i].startsWith('#'))).join('')}</tr>`);
  const more = rows.length > ROWS_SHOWN ? `<p>${rows.length - ROWS_SHOWN} more rows are in evidence.json.</p>` : '';
  return `<table><thead><tr>${th}</tr></thead><tbody>${body.join('\n')}</tbody></table>${more}`;
}

function cell(value: string | number, numeric: boolean): string {
  const shown = typeof value === 'number' ? String(Number(value.toPrecision(6))) : value;
  return `<td${numeric ? ' class="n"' : ''}>${text(shown)}</td>`;
}

function counts(what: string, of: Readonly<Record<string, number>>): string {
  const rows = Object.entries(of).toSorted((a, b) => b[1] - a[1]);
  return table([what, '#times'], rows);
}

function acts(of: readonly OperatorAct[]): string {
  return table(['at', 'who', 'what', 'on', 'until', 'why'], of.map((a) => [a.at, a.actor, a.action, a.target, a.until ?? '', a.note])); // prettier-ignore
}

/** A bar for each incident, one line a cause. */
function timeline(e: Evidence): string {
  if (e.from === null || e.to === null || e.breaches.rows.length === 0) return '';
  const [from, to] = [Date.parse(e.from), Date.parse(e.to)];
  const causes = [...new Set(e.breaches.rows.map((b) => b.cause))];
  const x = (at: number): number => 180 + ((at - from) / (to - from || 1)) * (WIDTH - 200);
  const bar = (b: Breach): string => {
    const left = x(Date.parse(b.opened));
    const right = x(b.resolved === null ? to : Date.parse(b.resolved));
    const fill = b.severity === 'critical' ? '#b3261e' : '#c77700';
    return `<rect x="${left.toFixed(1)}" y="${6 + 22 * causes.indexOf(b.cause)}" width="${Math.max(2, right - left).toFixed(1)}" height="14" fill="${fill}"><title>${text(`${b.id} ${b.scope}`)}</title></rect>`;
  };
  const labels = causes.map(
    (c, i) => `<text x="172" y="${18 + 22 * i}" text-anchor="end" font-size="12">${text(c)}</text>`,
  );
  return `<svg viewBox="0 0 ${WIDTH} ${22 * causes.length + 8}" role="img" aria-label="Incidents over time, by cause">${labels.join('')}${e.breaches.rows.map(bar).join('')}</svg>`;
}

const COLOURS = ['#1565c0', '#b3261e', '#2e7d32', '#6a1b9a', '#c77700'];

/** Worst PZ over time on a logarithmic axis, one line a model. */
function pzPicture(e: Evidence): string {
  const { pz } = e.pictures;
  if (pz.length < 2) return '';
  const times = pz.map((p) => Date.parse(p.at));
  const [from, to] = [Math.min(...times), Math.max(...times)];
  const top = Math.max(1, Math.log10(Math.max(...pz.map((p) => p.pz))));
  const x = (at: number): number => 40 + ((at - from) / (to - from || 1)) * (WIDTH - 60);
  const y = (v: number): number => 190 - ((Math.max(-1, Math.log10(v)) + 1) / (top + 1)) * 170;
  const grid = [0.1, 1, 10, 100].filter((v) => Math.log10(v) <= top).map((v) => `<line x1="40" x2="${WIDTH - 20}" y1="${y(v).toFixed(1)}" y2="${y(v).toFixed(1)}" stroke="#ddd"/><text x="34" y="${(y(v) + 4).toFixed(1)}" text-anchor="end" font-size="11">${v}</text>`); // prettier-ignore
  const models = [...new Set(pz.map((p) => p.model))];
  const lines = models.map((model, i) => {
    const points = pz
      .filter((p) => p.model === model)
      .map((p) => `${x(Date.parse(p.at)).toFixed(1)},${y(p.pz).toFixed(1)}`);
    const colour = COLOURS[i % COLOURS.length];
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="1.3"/><text x="${48 + 130 * i}" y="14" font-size="12" fill="${colour}">${text(model)}</text>`;
  });
  return `<svg viewBox="0 0 ${WIDTH} 200" role="img" aria-label="Worst PZ over time, by model">${grid.join('')}${lines.join('')}</svg>`;
}

function text(raw: string): string {
  return raw.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
