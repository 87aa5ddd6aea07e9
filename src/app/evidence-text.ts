import type { OutcomeRow } from './evidence-scores.ts';
import { isPromotion, type Evidence } from './evidence.ts';
import type { RoleStretch } from './evidence-roles.ts';

/** Text that may stand between tags and in attributes. */
export function text(raw: string): string {
  return raw.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** Where the themes of the two supervisory texts are found in the pack: chapter, SR 26-2, SS1/23. */
export const MAPPING: readonly (readonly [chapter: string, sr: string, ss: string])[] = [
  ['Inventory', 'Model inventory', 'Principle 1, model identification and classification (inventory)'],
  ['Limits', 'Development, use and controls', 'Principle 3, development, implementation and use; Principle 5, mitigants'],
  ['Breaches', 'Ongoing monitoring', 'Principle 4, performance monitoring; Principle 5, escalation'],
  ['Precision of the alarms', 'Ongoing monitoring, quality of the monitoring itself', 'Principle 4, performance monitoring'],
  ['Overrides', 'Overrides and exceptions', 'Principle 5, restrictions on use, exceptions and escalation'],
  ['Recalibrations', 'Ongoing monitoring, changes', 'Principle 3, use; recalibration within the approved design'],
  ['Changes of model', 'Change control', 'Principle 2, governance of changes; Principle 3'],
  ['Cumulative small changes', 'Ongoing monitoring, changes', 'Principle 3, dynamic recalibration: the sum of small changes'],
  ['Approvals', 'Governance and effective challenge', 'Principle 2, governance'],
  ['Outcomes', 'Outcomes analysis', 'Principle 4, performance monitoring and outcomes analysis'],
]; // prettier-ignore

/** What a review needs and a session log cannot hold, with who has it. */
export const NOT_IN_THE_LOG: readonly (readonly [what: string, who: string])[] = [
  ['Owner, developer, users and validator of each model', 'the inventory of the firm'],
  ['Materiality: exposure and purpose, and the tier that follows', 'the owner; exposures in money are in the log only where a book is followed'],
  ['Conceptual soundness, assumptions, known limitations', "the model's own documentation"],
  ['Independent validation and its open findings', 'the validation function'],
  ['Risk appetite, policies, and who may approve what', 'the board and its delegates; the log names tokens, not mandates'],
  ['Models outside this monitor, and how its leases are used downstream', 'the users of the models'],
]; // prettier-ignore

/** The findings of the span in plain sentences, each with its numbers: what a reader with one minute must know. */
export function findings(e: Evidence): string[] {
  if (e.from === null) return ['The span holds no record.'];
  const said: string[] = [];
  const many = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
  const count = (statuses: Readonly<Record<string, number>>): number =>
    Object.values(statuses).reduce((a, b) => a + b, 0);
  const { pushed = {}, ...own } = e.recalibrations.by_kind;
  const calibrations = Object.values(own).reduce((sum, statuses) => sum + count(statuses), 0);
  const accepted = Object.values(own).reduce((sum, statuses) => sum + (statuses['accepted'] ?? 0), 0);
  const refused = Object.values(own).reduce((sum, statuses) => sum + (statuses['refused'] ?? 0), 0);
  const kinds = (['surface', 'hedge', 'credit'] as const).flatMap((kind) => {
    const n = e.inventory.filter((m) => m.kind === kind).length;
    return n === 0 ? [] : [`${n} of ${KIND_WORDS[kind]}`];
  });
  said.push(
    `${many(e.inventory.length, 'model')} (counted by underlying or curve) in use${kinds.length > 1 ? `: ${kinds.join(', ')}` : ''}; ${many(calibrations, 'calibration')}, ${accepted} accepted, ${refused} refused by a guard, ${calibrations - accepted - refused} without a usable result or overtaken.`,
  );
  if (count(pushed) > 0)
    said.push(
      `Users pushed ${many(count(pushed), 'calibration')} of their own, ${pushed['accepted'] ?? 0} of them usable.`,
    );
  const open = e.breaches.rows.filter((b) => b.resolved === null).length;
  said.push(
    e.breaches.total === 0
      ? 'No limit was breached: no incident opened.'
      : `${many(e.breaches.total, 'incident')}, most often ${top(e.breaches.by_cause)}; ${open} open at the end of the span.`,
  );
  const [all] = e.precision;
  const judged = Object.values(all.people).reduce((a, b) => a + b, 0);
  const byRule = Object.values(all.rules).reduce((a, b) => a + b, 0);
  said.push(
    all.overall.precision === null
      ? `No incident was judged true or false (${judged} judged by people, ${byRule} by rule): nothing can be said about precision.`
      : `${percent(all.overall.precision)} of the alarms judged true or false were true (95 % interval ${percent(all.overall.low)} to ${percent(all.overall.high)}); ${many(judged, 'verdict')} by people, ${byRule} by rule${judged === 0 ? ': the figure is the monitor judging itself until people judge too' : ''}.`,
  );
  const opened = e.overrides.filter((o) => o.action === 'override').length;
  said.push(
    opened === 0
      ? 'No gate was opened by hand.'
      : `Gates were opened by hand ${opened === 1 ? 'once' : `${opened} times`}.`,
  );
  const promoted = e.model_changes.filter(isPromotion).length;
  const back = e.model_changes.filter((c) => c.what === 'roll-back' || c.what === 'hedge-rollback').length;
  said.push(
    promoted === 0 && back === 0
      ? 'No model was promoted over one that serves.'
      : `${many(promoted, 'promotion')} over a model that served, ${back} rolled back.`,
  );
  for (const row of serving(e).slice(0, 8))
    said.push(
      `${row.kind === 'hedge' ? 'Hedging by ' : ''}${row.model}, horizon ${row.horizon}: median error ${row.median_pz.toPrecision(2)} of its error bar (1 is healthy), ${percent(row.above_2)} of predictions beyond twice the bar${row.inside_share === null ? '' : `, ${percent(row.inside_share)} inside bid and ask`}.`,
    );
  return said;
}

/** How kinds of models are called in sentences. */
export const KIND_WORDS = { surface: 'smiles', hedge: 'hedging', credit: 'credit curves' } as const;

/** Outcomes of the models that were relied on for some time, or are the user's own: the others' are in the table. */
function serving(e: Evidence): readonly OutcomeRow[] {
  const relied = new Set(
    e.inventory
      .filter((m) => m.roles.some((r) => /champion|pushed|hazard/.test(r.role)))
      .map((m) => `${m.kind}|${m.kind === 'credit' ? `${m.model} ${m.underlying}` : m.model}`),
  );
  const order = ['surface', 'hedge', 'credit'];
  return e.outcomes.scores
    .filter((s) => relied.has(`${s.kind}|${s.model}`))
    .toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}

/** The roles of a model over the span in words: `champion of 3 scopes (21:30 to 22:10), challenger of 9 (...)`. */
export function rolesText(roles: readonly RoleStretch[], from: string, to: string): string {
  const [first] = roles;
  if (roles.length === 1 && first.from <= from && first.to >= to) return first.role;
  return roles
    .map((r) => `${r.role}: ${r.scopes} ${r.scopes === 1 ? 'scope' : 'scopes'}, ${r.from.slice(0, 16).replace('T', ' ')} to ${r.to.slice(0, 16).replace('T', ' ')}`)
    .join('; '); // prettier-ignore
}

/** 0.4567 as `45.7 %`. */
export function percent(share: number | null): string {
  return share === null ? '-' : `${Number((100 * share).toPrecision(3))} %`;
}

function top(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, 3)
    .map(([cause, n]) => `${cause} (${n})`)
    .join(', ');
}
