import { ALERT_KINDS, SEVERITIES, type Alert } from './alert.ts';

/** What a rule or a silence looks at; an absent field matches everything. */
export interface Matcher {
  readonly kind?: string;
  readonly cause?: string;
  readonly underlying?: string;
  /** Matches an alert all of whose scopes are this one, or lie within it. */
  readonly scope?: string;
  /** This severity or a graver one. */
  readonly severity?: string;
}

/** Some alerts are not to be told until a time. It always lapses, and it never covers gate or override. */
export interface Silence {
  readonly id: string;
  readonly match: Matcher;
  readonly by: string;
  readonly note: string;
  /** Epoch ms. */
  readonly startsAt: number;
  readonly until: number;
}

/** The longest silence, ms: a week. */
export const MAX_SILENCE_MS = 7 * 86_400_000;
const FIELDS: readonly string[] = ['kind', 'cause', 'underlying', 'scope', 'severity'];
/** What no silence and no inhibition may hide: whether trading rests on a model, and who opened that by hand. */
const NEVER_HIDDEN: ReadonlySet<string> = new Set(['gate', 'override']);

/** Whether an alert may be hidden at all. */
export function mayBeHidden(alert: Alert): boolean {
  return !NEVER_HIDDEN.has(alert.kind);
}

/** Whether every field of the matcher fits the alert. */
export function matches(match: Matcher, alert: Alert): boolean {
  if (match.kind !== undefined && match.kind !== alert.kind) return false;
  if (match.cause !== undefined && match.cause !== alert.cause) return false;
  if (match.underlying !== undefined && match.underlying !== alert.underlying) return false;
  if (match.severity !== undefined && rank(alert.severity) < rank(match.severity)) return false;
  const { scope } = match;
  return scope === undefined || alert.scopes.every((s) => s === scope || s.startsWith(`${scope}:`));
}

/** `cause=level-move,underlying=deribit:BTC` as a matcher; a text says what is wrong with it. */
export function readMatcher(text: string): Matcher | string {
  const match: Record<string, string> = {};
  for (const part of text.split(',')) {
    const i = part.indexOf('=');
    const [name, value] = [part.slice(0, Math.max(0, i)).trim(), part.slice(i + 1).trim()];
    if (!FIELDS.includes(name)) return `target: ${name || part}: one of ${FIELDS.join(', ')} = value`;
    if (value === '') return `target: ${name}: no value`;
    if (name === 'kind' && !(ALERT_KINDS as readonly string[]).includes(value))
      return `target: kind ${value}: one of ${ALERT_KINDS.join(', ')}`;
    if (name === 'severity' && !(SEVERITIES as readonly string[]).includes(value))
      return `target: severity ${value}: one of ${SEVERITIES.join(', ')}`;
    match[name] = value;
  }
  return match;
}

/** A silence from an operator's request, or why there is none. */
export function makeSilence(
  id: string,
  request: { readonly target: string; readonly by: string; readonly note: string; readonly at: number },
  until: number | null,
): Silence | string {
  const match = readMatcher(request.target);
  if (typeof match === 'string') return match;
  if (NEVER_HIDDEN.has(match.kind ?? '') || (match.cause ?? '').startsWith('gate:'))
    return `target: ${match.kind ?? match.cause} cannot be silenced`;
  if (until === null || !(until > request.at)) return 'until: a silence must lapse in the future';
  if (until - request.at > MAX_SILENCE_MS) return 'until: at most 7 days';
  if (request.note.trim() === '') return 'note: say why';
  return { id, match, by: request.by, note: request.note, startsAt: request.at, until };
}

function rank(severity: string): number {
  return (SEVERITIES as readonly string[]).indexOf(severity);
}
