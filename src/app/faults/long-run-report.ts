/** A long run told: one line per underlying, then every page, true or false, and the false tickets by cause. */
import type { JudgedIncident, LongRunResult } from './long-run.ts';

/** False pages a week of the worst underlying. */
export function worstPageRate(result: LongRunResult): number {
  return Math.max(0, ...result.tallies.map((t) => t.falsePagesPerWeek));
}

/** The tables as text lines. */
export function longRunTable(result: LongRunResult): string[] {
  const { seed, days, script, batches, events, tallies, incidents } = result;
  const lines = [
    `SYNTHETIC venue, script ${script}, seed ${seed}: ${days} days, ${batches} batches, ${events} events`,
    '',
    '| underlying | rolls | pages | false pages | a week | pages from rolls | tickets | false tickets | tickets from rolls |',
    '|---|---:|---:|---:|---:|---:|---:|---:|---:|',
    ...tallies.map(
      (t) =>
        `| ${t.underlying} | ${t.rolls} | ${t.pages} | ${t.falsePages} | ${t.falsePagesPerWeek.toFixed(2)} | ${t.pagesFromRolls} | ${t.tickets} | ${t.falseTickets} | ${t.ticketsFromRolls} |`,
    ),
    '',
    'A page is an incident of severity critical. It is false unless the answer key has something on in its underlying then, or up to ten minutes before.',
  ];
  const pages = incidents.filter((i) => i.severity === 'critical');
  if (pages.length > 0)
    lines.push('', '| page at | scope | cause | judged | answer key | market |', '|---|---|---|---|---|---|');
  for (const i of pages) lines.push(pageLine(i));
  const tickets = incidents.filter((i) => i.severity === 'warning' && !i.justified);
  if (tickets.length > 0) {
    const counts = new Map<string, number>();
    for (const i of tickets) {
      const key = `${i.underlying} | ${i.cause} | ${i.regime}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    lines.push('', '| tickets without an event of the key | cause | market | count |', '|---|---|---|---:|');
    for (const [key, n] of [...counts].toSorted((a, b) => b[1] - a[1])) lines.push(`| ${key} | ${n} |`);
  }
  return lines;
}

function pageLine(i: JudgedIncident): string {
  const judged = i.justified ? (i.named ? 'true' : 'true, cause wrong') : 'FALSE';
  return `| ${i.at} | ${i.scope} | ${i.cause} | ${judged} | ${i.key.join(', ') || '-'} | ${i.regime} |`;
}
