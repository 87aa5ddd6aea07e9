import {
  changesPicture,
  gatePicture,
  precisionPicture,
  pzPicture,
  recalibrationsPicture,
  timeline,
} from './evidence-pictures.ts';
import { findings, KIND_WORDS, MAPPING, NOT_IN_THE_LOG, percent, rolesText, text } from './evidence-text.ts';
import type { Evidence, OperatorAct } from './evidence.ts';
import type { CumulativeChange } from './evidence-changes.ts';

const ROWS_SHOWN = 200;

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:1280px;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
h2{margin-top:2.2rem;border-bottom:2px solid #1a1a1a}h3{margin-bottom:.3rem}
table{border-collapse:collapse;width:100%;font-size:13px;margin:.6rem 0}th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}
.wide{overflow-x:auto}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}pre{background:#f5f5f5;padding:.6rem;overflow:auto;font-size:12px}svg{width:100%;height:auto;border:1px solid #ddd;margin:.6rem 0}
td:first-child,.d{white-space:nowrap}code{overflow-wrap:anywhere}.note{color:#555}.none{color:#555;font-style:italic}.stamp{color:#b3261e;font-weight:700}@media print{h2{break-after:avoid}tr{break-inside:avoid}}`;

/** The evidence as one HTML page without scripts or anything from elsewhere; pictures are inline SVG. */
export function evidencePage(e: Evidence): string {
  const span = `${minute(e.from) || 'nothing'} to ${minute(e.to) || 'nothing'}`;
  const stamp = e.stamps.length === 0 ? '' : `<p class="stamp">${text(e.stamps.join(', '))}: the market of this log is simulated.</p>`; // prettier-ignore
  const damage = e.log.damage.length === 0 ? '' : `<p class="stamp">The log is damaged, so that this pack is incomplete: ${text(e.log.damage.join('; '))}</p>`; // prettier-ignore
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Model evidence, ${text(span)}</title>
<style>${STYLE}</style></head><body>
<h1>Model evidence</h1>
${stamp}${damage}
<p>Span: ${text(span)} UTC${requested(e)}. Source: a session log of ${e.log.records} records, written by ${text(e.log.codes.join(', ') || 'no session')}${
    e.log.sha256 === null ? '' : `, log_sha256 <code>${e.log.sha256}</code>`
  }. Every number below is read off that log; <code>vernier verify</code> checks its bytes and the hashes of its calibrations, <code>vernier replay</code>
computes all of it again.</p>
<h2>Summary</h2><ul>${findings(e)
    .map((f) => `<li>${text(f)}</li>`)
    .join('')}</ul>
<h3>Where the supervisory themes are found</h3>
<p class="note">SR 26-2: revised interagency guidance on model risk management of 17 April 2026 (OCC Bulletin 2026-13), which replaced SR 11-7.
SS1/23: PRA, Model risk management principles for banks. The themes are named in our words; this pack is evidence for a review and no statement of compliance.</p>
${table(['chapter', 'theme of SR 26-2', 'SS1/23'], MAPPING, '')}
<h3>Not in a session log, to be added by the reviewer</h3>
${table(['what', 'who has it'], NOT_IN_THE_LOG, '')}
${modelChapters(e)}
${peopleChapters(e)}
${changeChapters(e)}
${outcomeChapter(e)}
</body></html>
`;
}

function modelChapters(e: Evidence): string {
  return `${section(
    'Inventory',
    'Models calibrated or scored here in this span, of smiles, hedges and credit curves, pushed ones too, with what each was relied on for and when. A hedging model is relied on by bucket of tenor, side and delta. Owner and tier: see above.',
    inventory(e),
  )}
${section(
  'Limits',
  'Limits in force in the last session of the log, and how often the span ran into each. The whole configuration of every session is in evidence.json.',
  table(
    ['limit', 'value', 'what it is', '#reached'],
    e.limits.map((l) => [l.limit, l.value, l.says, l.reached ?? 'not counted']),
    'The log holds no configuration.',
  ),
)}
${section(
  'Breaches',
  `${e.breaches.total} incidents; where the log ends before one does, its bar ends with the span.`,
  `${timeline(e)}${table(
    ['opened', 'ended', 'cause', 'kind', 'severity', 'scope', 'incident', 'verdict', 'what was done'],
    e.breaches.rows.map((b) => [minute(b.opened), b.resolved === null ? 'open' : minute(b.resolved), b.cause, b.kind, b.severity, b.scope, b.id, verdictText(b), b.actions.join('; ') || 'nothing recorded']),
    'No incident opened in the span.',
  )}`,
)}
${section(
  'Precision of the alarms',
  'Every incident ends with a verdict: a person gives it, or, when it ends by itself, the first rule that applies, which is automatic and named. Precision is true over true and false; duplicates and unclear ones do not count. Interval: Wilson, 95 %.',
  `${precisionPicture(e)}${table(
    ['cause', '#true', '#false', '#duplicate', '#unclear', '#of these by rule', '#precision', '#from', '#to', '#by people alone'],
    e.precision
      .filter((r) => total(r.people) + total(r.rules) > 0)
      .map((r) => [r.cause, ...(['true', 'false', 'duplicate', 'unclear'] as const).map((v) => r.people[v] + r.rules[v]), total(r.rules), percent(r.overall.precision), percent(r.overall.low), percent(r.overall.high), percent(r.byPeople.precision)]),
    'No incident was judged in the span: none ended, or the log is older than verdicts.',
  )}`,
)}`; // prettier-ignore
}

/** A table for each kind of model. */
function inventory(e: Evidence): string {
  const heads = ['model', 'purpose', 'role over the span', 'underlying', 'parameters', 'version', '#scopes', '#calibrations', '#accepted', '#scored', 'in use, UTC'];
  const tables = (['surface', 'hedge', 'credit'] as const).map((kind) => {
    const rows = e.inventory.filter((m) => m.kind === kind);
    if (rows.length === 0) return '';
    return `<h3>Models of ${KIND_WORDS[kind]}</h3>${table(
      heads,
      rows.map((m) => [m.model, m.purpose, rolesText(m.roles, m.first, m.last), m.underlying, parametersText(m), versionText(m), m.expiries, m.calibrations, m.accepted, m.scored, `${minute(m.first)} to ${minute(m.last)}`]),
      '',
    )}`;
  });
  return tables.join('') || table(heads, [], 'No model was calibrated or scored in the span.');
} // prettier-ignore

function peopleChapters(e: Evidence): string {
  const { approvals } = e;
  const asks = e.configurations.at(-1)?.['approval'] === true;
  return `${section('Overrides', 'Gates opened by hand (break-glass), manual control, silences, and their ends.', acts(e.overrides, 'Nobody opened a gate, took manual control or silenced an alert in the span.'))}
${section(
  'Approvals',
  asks
    ? 'A promotion waits for a person; one in emergency does not, and lapses.'
    : 'This configuration promotes without asking (approval: false); what was promoted stands under changes of model.',
  `${acts(approvals, 'Nobody approved, rejected, ordered, acknowledged or judged anything in the span.')}
${counts('who asked for the accepted calibrations', e.recalibrations.by_approver, 'No calibration was accepted.')}`,
)}`;
}

function changeChapters(e: Evidence): string {
  const r = e.recalibrations;
  return `${section(
    'Recalibrations',
    'New parameters of the same family, under the guards above. Refused: a guard said no, and the calibration never served. What users push is never refused by a guard: it is judged as it is.',
    `${recalibrationsPicture(e)}${counts('status', r.by_status, 'No calibration was run.')}${counts('reason of the accepted', r.by_reason, 'None was accepted.')}${counts('guard that refused', r.by_guard, 'No guard refused a calibration.')}${Object.keys(r.said_of_pushes).length === 0 ? '' : counts('said of pushes, which serve all the same', r.said_of_pushes, '')}
<h3>Every calibration that did not serve</h3>${table(
      ['at', 'model', 'scope', 'status', 'reason'],
      r.refused.map((x) => [minute(x.at), x.model, x.scope, x.status, x.reason]),
      'All calibrations served.',
    )}`,
  )}
${section(
  'Changes of model',
  'Another family or hedging model tried beside the one that serves, proposed, promoted over it, or taken back; E is the evidence against equality (an e-value).',
  table(
    ['at', 'scope', 'what', 'outcome'],
    e.model_changes.map((c) => [minute(c.at), c.scope, c.what, c.outcome]),
    'No other family was tried, promoted or taken back in the span.',
  ),
)}
${section(
  'Cumulative small changes',
  'What quotes identify of a smile, from its first accepted calibration to its last: volatility at the money, and slope and curvature over the standard deviation of the return (volatility fractions). Path is the sum of all steps: where it is many times the net change the smile went to and fro, where the two are alike many small steps went one way. The parameters themselves, which may make up for each other, are in evidence.json. Of credit curves and hedging models the parameters themselves are shown. A pushed table of volatilities has no parameters to follow: its errors stand under outcomes. Largest net change first.',
  `${changesPicture(changes(e))}${table(
    ['model', 'scope', 'quantity', '#calibrations', '#first', '#last', '#net', '#path', '#path / |net|', '#largest step'],
    changes(e).map((c) => [c.model, c.scope, c.parameter, c.fits, c.first, c.last, c.net, c.path, c.net === 0 ? '-' : c.path / Math.abs(c.net), c.largest_step]),
    'Nothing was calibrated more than once.',
  )}`,
)}`; // prettier-ignore
}

/** Of a model whose quantities are not known, the parameters stand for them. */
function changes(e: Evidence): CumulativeChange[] {
  const identified = new Set(e.cumulative_changes.filter((c) => c.identified).map((c) => c.model));
  return e.cumulative_changes
    .filter((c) => c.fits > 1 && (c.identified || !identified.has(c.model)))
    .toSorted((a, b) => Math.abs(b.net) - Math.abs(a.net));
}

function outcomeChapter(e: Evidence): string {
  return section(
    'Outcomes',
    'Predictions made before the market moved, against what it then did. PZ is the error in units of its error bar: 1 is healthy. A horizon is the age of the prediction.',
    `${pzPicture(e, 'surface')}${pzPicture(e, 'hedge')}${pzPicture(e, 'credit')}${table(
      ['kind', 'model', 'horizon', '#scores', '#median PZ', '#95 % PZ', '#share above 2', '#inside bid-ask'],
      e.outcomes.scores.map((s) => [s.kind, s.model, s.horizon, s.scores, s.median_pz, s.p95_pz, percent(s.above_2), percent(s.inside_share)]),
      'No prediction was scored in the span.',
    )}
<h3>Time of the gate in each state</h3><p class="note">Hours of event time, added up over all expiries of a model until each expires.</p>
${gatePicture(e)}${table(
      ['gate of', '#OK h', '#WIDEN h', '#HEDGE_ONLY h', '#DO_NOT_USE h', '#share not OK'],
      e.outcomes.gate.map((g) => [g.model, ...(['OK', 'WIDEN', 'HEDGE_ONLY', 'DO_NOT_USE'] as const).map((s) => g.seconds[s] / 3_600), percent(g.not_ok_share)]),
      'No gate spoke in the span.',
    )}<h3>What was done</h3>${counts('action and outcome', e.outcomes.actions, 'Nothing had to be done.')}`,
  ); // prettier-ignore
}

function parametersText(m: Evidence['inventory'][number]): string {
  if (m.parameters.length > 0) return m.parameters.join(', ');
  if (m.kind === 'credit') return 'forward hazards, one a node';
  if (m.kind === 'hedge') return m.calibrations > 0 ? 'one ratio an option' : 'none';
  return m.calibrations > 0 ? 'by the table' : 'none';
}

/** What the owner calls it, and the content id of the last that was accepted. */
function versionText(m: Evidence['inventory'][number]): string {
  const id = m.latest === null ? '' : `last: ${m.latest.slice(0, 12)}`;
  return [m.stated_versions.length === 0 ? '' : `stated: ${m.stated_versions.join(', ')}`, id].filter(Boolean).join('; ') || '-'; // prettier-ignore
}

function verdictText(b: Evidence['breaches']['rows'][number]): string {
  if (b.verdict === null) return b.resolved === null ? 'not yet' : 'none in the span';
  const { verdict, by, rule } = b.verdict;
  return rule === null ? `${verdict}, by ${by}` : `${verdict}, automatic: ${rule}`;
}

function total(of: Readonly<Record<string, number>>): number {
  return Object.values(of).reduce((a, b) => a + b, 0);
}

function requested(e: Evidence): string {
  const { from, to } = e.requested;
  if (from === null && to === null) return ' (the whole log)';
  return ` (asked for: ${text(minute(from) || 'the beginning')} to ${text(minute(to) || 'the end')})`;
}

/** `2026-02-05 21:29`, empty for null. */
function minute(iso: string | null): string {
  return iso === null ? '' : iso.slice(0, 16).replace('T', ' ');
}

function section(title: string, says: string, body: string): string {
  return `<h2>${title}</h2>${says === '' ? '' : `<p class="note">${text(says)}</p>`}${body}`;
}

/** A heading that begins with # is a column of numbers. */
function table(heads: readonly string[], rows: readonly (readonly (string | number)[])[], none: string): string {
  if (rows.length === 0) return `<p class="none">None recorded. ${text(none)}</p>`;
  const th = heads.map((h) => `<th${h.startsWith('#') ? ' class="n"' : ''}>${text(h.replace('#', ''))}</th>`).join('');
  const body = rows
    .slice(0, ROWS_SHOWN)
    .map((row) => `<tr>${row.map((v, i) => cell(v, heads[i].startsWith('#'))).join('')}</tr>`);
  const more = rows.length > ROWS_SHOWN ? `<p>${rows.length - ROWS_SHOWN} more rows are in evidence.json.</p>` : '';
  return `<div class="wide"><table><thead><tr>${th}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>${more}`;
}

function cell(value: string | number, numeric: boolean): string {
  const shown = typeof value === 'number' ? plain(value) : value;
  // Scopes and identifiers may break behind a colon, words never.
  const written = text(shown).replace(/:(?=[A-Z]|\d{4}-)/g, ':<wbr>');
  const dated = written.replace(/\d{4}-\d\d-\d\d(?: \d\d:\d\d)?/g, (d) => `<span class="d">${d}</span>`);
  return `<td${numeric ? ' class="n"' : ''}>${dated}</td>`;
}

/** Four digits, whole numbers as they are. */
function plain(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

function counts(what: string, of: Readonly<Record<string, number>>, none: string): string {
  const rows = Object.entries(of).toSorted((a, b) => b[1] - a[1]);
  return table([what, '#times'], rows, none);
}

function acts(of: readonly OperatorAct[], none: string): string {
  return table(
    ['at', 'who', 'what', 'on', 'until', 'why'],
    of.map((a) => [minute(a.at), a.actor, a.action, a.target, minute(a.until), a.note]),
    none,
  );
}
