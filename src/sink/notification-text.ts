import { isoTime } from '../market/iso-time.ts';
import type { Alert } from '../policy/alert.ts';
import type { Notification } from '../policy/notification.ts';

const MAX_ALERTS_SHOWN = 50;
const MAX_EVIDENCE = 400;

/** One line for a subject or a console. */
export function headline(n: Notification): string {
  return oneLine(n.stamp === null ? headlineOf(n) : `${n.stamp}  ${headlineOf(n)}`);
}

function headlineOf(n: Notification): string {
  if (n.reason === 'heartbeat') return 'vernier is alive';
  const where = Object.values(n.group).join(' ');
  const causes = [...new Set((n.firing.length > 0 ? n.firing : n.resolved).map((a) => a.cause))].slice(0, 3).join(', ');
  if (n.firing.length === 0) return `[resolved] ${where} ${causes}`.trim();
  const many = n.firing.length > 1 ? ` (${n.firing.length} alerts)` : '';
  return `[${n.severity}] ${where} ${causes}${many}${n.reason === 'repeat' ? ', still' : ''}`.trim();
}

/** Plain text with everything a person needs to begin. */
export function plainText(n: Notification): string {
  const lines = [headline(n), ''];
  for (const a of n.firing.slice(0, MAX_ALERTS_SHOWN)) lines.push(...alertLines(a));
  if (n.firing.length > MAX_ALERTS_SHOWN) lines.push(`and ${n.firing.length - MAX_ALERTS_SHOWN} more`, '');
  if (n.resolved.length > 0) lines.push('No longer:');
  for (const a of n.resolved.slice(0, MAX_ALERTS_SHOWN))
    lines.push(`  ${a.cause} on ${a.underlying}, ${isoTime(a.startsAt)} to ${isoTime(a.endsAt ?? n.at)}`);
  if (n.hidden.length > 0) lines.push('', 'Not told:', ...n.hidden.map((h) => `  ${h.key}: ${h.because}`));
  if (n.everyMs !== null) lines.push(`The next sign of life comes within ${n.everyMs / 1_000} s.`);
  lines.push('', `${n.id}, ${n.reason}, ${isoTime(n.at)}`);
  return lines.join('\n');
}

/** Evidence in one line, cut where it grows long. */
export function evidenceLine(alert: Alert): string {
  const text = JSON.stringify(alert.evidence);
  return text.length <= MAX_EVIDENCE ? text : `${text.slice(0, MAX_EVIDENCE)}...`;
}

/** Without the control characters that could end a line or play with a terminal. */
export function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

function alertLines(a: Alert): string[] {
  return [
    `${a.cause} (${a.severity}, ${a.kind}): ${a.says}`,
    `  where: ${a.scopes.join(', ')}`,
    `  since: ${isoTime(a.startsAt)}`,
    ...(a.incidents.length > 0 ? [`  incidents: ${a.incidents.join(', ')}`] : []),
    `  evidence: ${evidenceLine(a)}`,
    '',
  ];
}
