import type { Explanation } from './explain.ts';
import { smilePicture, storyPicture } from './explain-pictures.ts';
import { svgText as text } from './svg-axes.ts';

const ROWS_SHOWN = 60;

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:1040px;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
h1{font-size:1.5rem;margin-bottom:.2rem}h2{margin-top:2rem;border-bottom:2px solid #1a1a1a}svg{width:100%;height:auto;margin:.6rem 0;border:1px solid #ddd}
table{border-collapse:collapse;width:100%;font-size:13px;margin:.6rem 0}th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}td:first-child{white-space:nowrap}
.note{color:#555}.stamp,.wrong{color:#b3261e;font-weight:700}.right{color:#2b8a5a;font-weight:600}code{overflow-wrap:anywhere}@media print{svg,tr{break-inside:avoid}}`;

/** An explanation as one HTML page without scripts or anything from elsewhere; pictures are inline SVG. */
export function explanationPage(found: Explanation): string {
  const { incident, stamp, champion, about } = found;
  const [opening, closing] = incident.pictures;
  const smiles = [
    opening === undefined ? '' : smilePicture(opening, champion, 'when the incident opened'),
    closing === undefined ? '' : smilePicture(closing, champion, 'when it was resolved'),
  ].filter((s) => s !== '');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${text(`${incident.id}: ${incident.cause}`)}</title><style>${STYLE}</style></head><body>
${stamp === null ? '' : `<p class="stamp">${text(stamp)}: the market of this log is simulated.</p>`}
<h1>${text(incident.cause)} on ${text(incident.scope)}</h1>
<p>${text(incident.says)}</p>
${table(['', ''], [
    ['incident', `${incident.id}, ${incident.severity}, kind ${incident.kind}`],
    ['opened', incident.opened],
    ['ended', incident.resolved ?? 'still open at the end of the log'],
    ['verdict', verdictText(found)],
    ['acknowledged', incident.acknowledged === null ? 'by nobody' : `by ${incident.acknowledged.by} at ${incident.acknowledged.at} ${incident.acknowledged.note}`],
    ['model shown', champion],
    ...(incident.money === null ? [] : [['drift of the book held', `${Number(incident.money.toPrecision(4))} USD`]]),
  ])}
${reproducedText(found)}
<h2>The story</h2>
<p class="note">Shaded: open. Every mark says on hovering what it is; the tables below hold the same in words.</p>
${storyPicture(found)}
${smiles.length === 0 ? '' : `<h2>The smile</h2>${smiles.join('')}`}
${about.kind === 'surface' && smiles.length === 0 ? '<p class="note">No quotes were there to be drawn.</p>' : ''}
<h2>Seen</h2>
${table(['evidence', 'value'], Object.entries(incident.evidence).flatMap(([name, value]) => evidenceRows(name, value)))}
${found.facts.length === 0 ? '' : table(['at', 'the line and the venue'], found.facts.map((f) => [new Date(f.at).toISOString(), factText(f)]))}
<h2>Decided</h2>
${incident.runner_up === null ? '' : `<p>Next likeliest: ${text(incident.runner_up.cause)}, told apart by ${text(incident.runner_up.separated_by ?? 'nothing named')}.</p>`}
${table(['at', 'what', ''], incident.timeline.filter((e) => e.what !== 'action').map((e) => [e.at, e.what, e.text]))}
<h2>Done</h2>
${table(['at', 'action'], incident.timeline.filter((e) => e.what === 'action').map((e) => [e.at, e.text]))}
<h3>Calibrations</h3>
${table(['at', 'model', 'status', 'reason', 'content id'], found.calibrations.map((c) => [c.at, c.model, c.status, c.reason, c.content_id?.slice(0, 12) ?? 'none']))}
<h3>Gate</h3>
${table(['at', 'scope', 'state', 'reasons'], found.gates.map((g) => [g.at, g.scope, g.state, g.reasons.join(', ')]))}
</body></html>
`; // prettier-ignore
}

function verdictText({ incident }: Explanation): string {
  const { verdict, resolved } = incident;
  if (verdict === null) return resolved === null ? 'not yet' : 'none';
  const who = verdict.rule === null ? `by ${verdict.by}` : `automatic, rule ${verdict.rule}`;
  return `${verdict.verdict}, ${who}${verdict.note === '' ? '' : ` (${verdict.note})`}`;
}

function reproducedText({ reproduced }: Explanation): string {
  return 'mismatch' in reproduced
    ? `<p class="wrong">NOT reproduced: ${text(reproduced.mismatch)}</p>`
    : `<p class="right">Reproduced: ${reproduced.records} records remade from the recorded inputs, each the same to the last bit; log_sha256 <code>${reproduced.sha256}</code></p>`;
}

function factText(fact: Explanation['facts'][number]): string {
  if (fact.type === 'gap') return `gap (${fact.reason}) ${fact.symbol ?? 'of the whole feed'}`;
  if (fact.type === 'feed') return `feed ${fact.venue} ${fact.state}`;
  return fact.type === 'platform' ? `platform ${fact.state}` : fact.type;
}

/** Ranked causes, signs and limits a row each; numbers with five digits. */
function evidenceRows(name: string, value: unknown): string[][] {
  if (name === 'runner_up' || value === null) return [];
  if (name === 'probabilities' && typeof value === 'object')
    return [[name, Object.entries(value).map(([cause, p]) => `${cause} ${(100 * Number(p)).toFixed(1)} %`).join(', ')]]; // prettier-ignore
  if (Array.isArray(value))
    return value.map((item: unknown, i) => [
      i === 0 ? name : '',
      typeof item === 'object' && item !== null
        ? Object.entries(item).map(([key, v]) => `${key} ${plain(v)}`).join(', ') // prettier-ignore
        : plain(item),
    ]);
  return [[name, plain(value)]];
}

function plain(value: unknown): string {
  if (typeof value === 'number') return String(Number(value.toPrecision(5)));
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '<p class="note">Nothing recorded.</p>';
  const head = heads.some((h) => h !== '') ? `<thead><tr>${heads.map((h) => `<th>${text(h)}</th>`).join('')}</tr></thead>` : ''; // prettier-ignore
  const body = rows.slice(0, ROWS_SHOWN).map((r) => `<tr>${r.map((v) => `<td>${text(v)}</td>`).join('')}</tr>`);
  const more = rows.length > ROWS_SHOWN ? `<p>${rows.length - ROWS_SHOWN} more rows: explain --json.</p>` : '';
  return `<table>${head}<tbody>${body.join('\n')}</tbody></table>${more}`;
}
