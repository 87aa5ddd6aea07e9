import type { Incident, IncidentStep } from './wire.ts';

const WEIGHT = { critical: 3, warning: 2, info: 1 };

/** Open ones first, the gravest first, then the newest; resolved ones by time. */
export function inOrder(incidents: Iterable<Incident>): Incident[] {
  return [...incidents].toSorted((a, b) => {
    if (a.state !== b.state) return a.state === 'open' ? -1 : 1;
    if (a.state === 'open' && WEIGHT[a.severity] !== WEIGHT[b.severity]) return WEIGHT[b.severity] - WEIGHT[a.severity];
    return Date.parse(b.opened) - Date.parse(a.opened) || (a.id < b.id ? 1 : -1);
  });
}

/** Incidents that are shown as one line after the first: the same cause on the same scope, over and over. */
export interface Run {
  readonly first: Incident;
  /** Older ones in a row; empty for one by itself. */
  readonly same: readonly Incident[];
}

/** Rows that are worth folding. */
const FOLDED = 3;

/** Folds what came again and again in a row and is over; what is open stands by itself, and so does `chosen`. */
export function foldRuns(incidents: readonly Incident[], chosen: string): Run[] {
  const runs: { first: Incident; same: Incident[] }[] = [];
  for (const i of incidents) {
    const last = runs[runs.length - 1];
    const alike = last !== undefined && last.first.state === 'resolved' && i.state === 'resolved';
    if (alike && last.first.cause === i.cause && last.first.scope === i.scope) last.same.push(i);
    else runs.push({ first: i, same: [] });
  }
  return runs.flatMap((run) =>
    run.same.length + 1 < FOLDED || run.same.some((i) => i.id === chosen)
      ? [run.first, ...run.same].map((first) => ({ first, same: [] }))
      : [run],
  );
}

/** One sign that spoke for the cause. `nats` is by how much, in natural log-odds against the runner-up. */
export interface Sign {
  readonly name: string;
  readonly says: string;
  readonly value: number | null;
  readonly nats: number | null;
}

/** Evidence as a reader takes it in. */
export interface Reading {
  /** Likeliest first, those above one in a thousand. */
  readonly probabilities: readonly { readonly cause: string; readonly p: number }[];
  readonly signs: readonly Sign[];
  readonly runnerUp: { readonly cause: string; readonly nats: number | null; readonly separatedBy: string } | null;
  /** Every other number of the evidence. */
  readonly numbers: readonly { readonly name: string; readonly value: number }[];
}

/** Reads an incident's evidence; what it does not have is empty, what it has and is not known stays a number. */
export function readEvidence(incident: Incident): Reading {
  const e = incident.evidence;
  const probabilities = Object.entries(record(e['probabilities']))
    .map(([cause, p]) => ({ cause, p: Number(p) }))
    .filter(({ p }) => p >= 0.001)
    .toSorted((a, b) => b.p - a.p);
  const signs = (Array.isArray(e['signs']) ? e['signs'] : []).slice(0, 3).map((s: unknown): Sign => {
    const sign = record(s);
    const name = text(sign['sign']);
    return { name, says: text(sign['says']) || name, value: finite(sign['value']), nats: finite(sign['nats']) };
  });
  const second = record(e['runner_up']);
  const cause = incident.runner_up?.cause ?? text(second['cause']);
  const numbers = Object.entries(e)
    .filter((entry): entry is [string, number] => typeof entry[1] === 'number')
    .map(([name, value]) => ({ name, value }));
  return {
    probabilities,
    signs,
    runnerUp:
      cause === ''
        ? null
        : {
            cause,
            nats: incident.runner_up?.nats ?? finite(second['nats']),
            separatedBy: incident.runner_up?.separated_by ?? text(second['separated_by']),
          },
    numbers,
  };
}

/** A step of the timeline; `times` is how often it was said in a row, once for every expiry it concerned. */
export interface Step extends IncidentStep {
  readonly times: number;
}

/** The timeline with what was said several times at one moment said once. */
export function foldSteps(timeline: readonly IncidentStep[]): Step[] {
  const steps: Step[] = [];
  for (const step of timeline) {
    const last = steps[steps.length - 1];
    if (last !== undefined && last.at === step.at && last.what === step.what && last.text === step.text)
      steps[steps.length - 1] = { ...last, times: last.times + 1 };
    else steps.push({ ...step, times: 1 });
  }
  return steps;
}

/** What a person types to read the same in a terminal. */
export function explainCommand(id: string): string {
  return `vernier explain ${/^[\w:.@-]+$/.test(id) ? id : `'${id.replaceAll("'", "'\\''")}'`}`;
}

/** The next incident after a time, or the one before it; null at the end. */
export function neighbour(incidents: Iterable<Incident>, current: string, step: 1 | -1): Incident | null {
  const all = inOrder(incidents);
  if (all.length === 0) return null;
  const at = all.findIndex((i) => i.id === current);
  return at < 0 ? all[0] : (all[at + step] ?? null);
}

const record = (v: unknown): Record<string, unknown> =>
  typeof v === 'object' && v !== null && !Array.isArray(v) ? (v as Record<string, unknown>) : {};
const finite = (v: unknown): number | null => (typeof v === 'number' && Number.isFinite(v) ? v : null);
const text = (v: unknown): string => (typeof v === 'string' ? v : '');
