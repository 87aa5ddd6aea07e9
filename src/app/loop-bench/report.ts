/** The loop bench in words and tables. */
import type { BadDataCase } from './bad-data-tape.ts';
import type { ChainBadData } from './chain-bad-data.ts';
import type { LeaseTime } from './gate-watch.ts';
import type { LoopBenchResult } from './run-loop-bench.ts';

const POLICY_NAMES: Readonly<Record<string, string>> = {
  loop: 'the loop',
  'every-tick': 'refit at every batch',
  'plain-threshold': 'plain threshold (PZ > 2)',
};

/** Lines of Markdown; `broken` are the promises that do not hold. */
export function loopBenchLines(r: LoopBenchResult, broken: readonly string[]): string[] {
  const points = (v: number): string => v.toFixed(3);
  const whole = (v: number): string => Math.round(v).toString();
  const gate = (what: string, t: LeaseTime): string =>
    `| ${what} | ${t.lease_hours.toFixed(0)} | ${(100 * t.not_ok_share).toFixed(2)} % | ${t.lost_ok_minutes_per_day.toFixed(1)} | ${t.lost_quoting_minutes_per_day.toFixed(1)} |`;
  const gated = r.exposure.reduce((s, e) => s + e.vega_seconds, 0);
  const open = r.exposure.reduce((s, e) => s + e.ungated_vega_seconds, 0);
  const slowest = Math.max(0, ...r.moves.map((m) => m.verified_s ?? Infinity));
  return [
    `Seed ${r.seed}, ${r.days} days of moves and bad data and as many without, one batch a second (SYNTHETIC).`,
    '',
    '| policy | error rms | median | p99 (vol points) | refits | path (vol points) | turns, per expiry and day |',
    '|---|---|---|---|---|---|---|',
    ...r.policies.map(
      (p) =>
        `| ${POLICY_NAMES[p.policy] ?? p.policy} | ${points(p.error_rms)} | ${points(p.error_median)} | ${points(p.error_p99)} | ${whole(p.refits_per_day)} | ${whole(p.path_per_day)} | ${whole(p.turns_per_day)} |`,
    ),
    '',
    `The loop makes ${(100 * r.refit_share).toFixed(1)} % of the refits of the policy that refits at every batch.`,
    `Bad data: ${r.bad_data.faults} faults, ${r.bad_data.promoted} refits accepted on them.`,
    ...r.bad_data.examples.map((e) => `- ${e}`),
    `Moves that broke the warning level: ${r.moves.length}; the slowest proof after ${slowest.toFixed(1)} s; PZ back within 1.5 times health in ${r.moves.filter((m) => m.after <= 1.5 * m.healthy).length}.`,
    `Hindsight on ${r.family_days} days with a family too poor for the shape: ${r.family_hindsight.promotions} promotions, ${r.family_hindsight.promotions_reversed} reversed within the hour; on the other tapes ${r.hindsight.promotions + r.quiet_hindsight.promotions} and ${r.hindsight.promotions_reversed + r.quiet_hindsight.promotions_reversed}.`,
    `Hindsight: ${r.hindsight.refits + r.quiet_hindsight.refits} refits, ${r.hindsight.refits_reversed + r.quiet_hindsight.refits_reversed} worse than what they replaced by more than the half-spread.`,
    '',
    '| tape | lease hours | not OK | minutes a day without OK | and without any leave to quote |',
    '|---|---|---|---|---|',
    gate('without faults', r.quiet_gate),
    gate('moves and bad data', r.faults_gate),
    gate('crash', r.crash_gate),
    '',
    `Exposure with the truth outside the published band: ${whole(gated)} USD per volatility point x s under OK, ${whole(open)} without the gate, over ${r.exposure.length} faults.`,
    '',
    '| quoter through the crash | profit, USD | lost to those who know | earned | worst drawdown | hours quoted |',
    '|---|---|---|---|---|---|',
    ...r.crash_quoters.map(
      (q) =>
        `| ${q.quoter} | ${whole(q.profit)} | ${whole(q.lost)} | ${whole(q.earned)} | ${whole(q.worst_drawdown)} | ${q.quoting_hours.toFixed(1)} |`,
    ),
    '',
    broken.length === 0 ? 'Every promise holds.' : 'Promises that do not hold:',
    ...broken.map((b) => `- ${b}`),
  ];
}

/** Lines of Markdown for bad data in recorded chains. */
export function chainBadDataLines(rows: readonly ChainBadData[]): string[] {
  return [
    '| injected | size | course | snapshots | expiries struck | refits accepted there | made from injected quotes | injected quotes used | refits with one beyond its error bar | spoiled | worst, vol points |',
    '|---|---|---|---|---|---|---|---|---|---|---|',
    ...rows.map(
      (r) =>
        `| ${r.fault} | ${r.magnitude} | ${r.shape} | ${r.injected} | ${r.struck} | ${r.accepted} | ${r.promoted} | ${r.quotes} | ${r.material} | ${r.spoiled} | ${r.worst.toFixed(2)} |`,
    ),
  ];
}

/** Lines of Markdown for bad data on the simulated venue. */
export function badDataTapeLines(cases: readonly BadDataCase[]): string[] {
  const sum = (pick: (c: BadDataCase) => number): number => cases.reduce((total, c) => total + pick(c), 0);
  return [
    '| injected | size | course | refits accepted meanwhile | made from injected inputs | such inputs | refits with one beyond its error bar | worst input, vol points |',
    '|---|---|---|---|---|---|---|---|',
    ...cases.map(
      (c) =>
        `| ${c.fault} | ${c.magnitude} | ${c.shape} | ${c.accepted} | ${c.promoted} | ${c.inputs} | ${c.material} | ${c.worst.toFixed(2)} |`,
    ),
    '',
    `${cases.length} faults: ${sum((c) => c.accepted)} refits accepted on their scopes while they were on; ${sum((c) => c.promoted)} made from injected inputs until a minute after, ${sum((c) => c.material)} of them with one beyond its error bar.`,
    ...cases.flatMap((c) => c.examples.map((e) => `- ${c.fault} ${c.magnitude} ${c.shape}: ${e}`)),
  ];
}
