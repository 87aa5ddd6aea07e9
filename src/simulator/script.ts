/** Scripts: which regime holds when, and which faults and events come, relative to a start. */
import { DAY, HOUR, MINUTE, SECOND, listedExpiries } from './calendar.ts';
import type { FaultKind, OnsetShape, RegimePhase, ScheduledFault } from './fault.ts';

/** Regimes over time and a schedule; both deterministic. */
export interface Script {
  readonly name: string;
  /** Ascending by `after`; the first has after = 0. */
  readonly phases: readonly RegimePhase[];
  readonly schedule: readonly ScheduledFault[];
}

/** Names of the scripts that ship. */
export const SCRIPT_NAMES = [
  'calm',
  'busy',
  'thin',
  'contraction',
  'crash',
  'short-spike',
  'slow-drift',
  'month',
  'demo',
] as const;
/** One of them. */
export type ScriptName = (typeof SCRIPT_NAMES)[number];

function entry(
  startAt: number,
  fault: FaultKind,
  from: number,
  length: number,
  magnitude: number,
  expiry: number | null = null,
  underlying: string | null = null,
  shape: OnsetShape = 'abrupt',
): ScheduledFault {
  return { fault, scope: { underlying, expiry }, from: startAt + from, to: startAt + from + length, magnitude, shape };
}

/** The 2025-10-10 shape: fall and half a rebound in an hour, all tenors up, books empty for minutes, one index wrong. */
function crashEvents(startAt: number, from: number): ScheduledFault[] {
  return [
    entry(startAt, 'flash-crash', from, HOUR, -0.14),
    entry(startAt, 'level-jump', from, 12 * MINUTE, 18, null, null, 'ramp'),
    entry(startAt, 'level-jump', from + 12 * MINUTE, 48 * MINUTE, 18),
    entry(startAt, 'books-empty', from + 14 * MINUTE, 6 * MINUTE, 0.92),
    entry(startAt, 'basis-shock', from + 12 * MINUTE, 20 * MINUTE, -0.25),
    entry(startAt, 'index-outlier', from + 15 * MINUTE, 5 * MINUTE, -150, null, 'ETH'),
    entry(startAt, 'stablecoin-depeg', from + 12 * MINUTE, 40 * MINUTE, -80),
  ];
}

const DEMO_CYCLE: readonly (readonly [FaultKind, number, number | null])[] = [
  ['wrong-forward', 30, 6],
  ['vol-jump', 2, 5],
  ['expiry-stuck', 1, 4],
  ['crossed', 0.3, 6],
  ['call-put-flip', 1, 5],
  ['index-as-forward', 1, 9],
  ['missing-side', 1, 7],
  ['clock-skew', 21_600_000, null],
  ['wrong-expiry-map', 1, 6],
  ['vol-scale', 1.05, 7],
  ['usd-as-coin', 1, 5],
  ['skew-jump', 0.25, null],
];

/** A fault from +20 s to +50 s of the first minutes, then one every three minutes, kinds in turn, for a week. */
function demoSchedule(startAt: number): ScheduledFault[] {
  const found: ScheduledFault[] = [];
  let from = 20 * SECOND;
  for (let i = 0; from < 7 * DAY; i++) {
    const [fault, magnitude, expiry] = DEMO_CYCLE[i % DEMO_CYCLE.length];
    found.push(entry(startAt, fault, from, 30 * SECOND, magnitude, expiry, 'BTC'));
    from += i < 5 ? MINUTE : 3 * MINUTE;
  }
  return found;
}

function month(startAt: number): Script {
  const phases: RegimePhase[] = [];
  for (let week = 0; week < 5; week++)
    for (const [day, regime] of [
      [0, 'calm'],
      [1.6, 'busy'],
      [2.2, 'calm'],
      [3.5, 'rally'],
      [4.3, 'calm'],
      [5.4, 'slow-drift'],
      [6.1, 'calm'],
    ] as const)
      // prettier-ignore
      phases.push({ after: (7 * week + day) * DAY, regime });
  const crashes = [9.37, 23.81];
  for (const day of crashes) {
    phases.push({ after: day * DAY, regime: 'crash' }, { after: day * DAY + 2 * HOUR, regime: 'aftermath' });
    phases.push({ after: day * DAY + 20 * HOUR, regime: 'calm' });
  }
  phases.push({ after: 16.2 * DAY, regime: 'contraction' }, { after: 16.4 * DAY, regime: 'calm' });
  phases.push({ after: 26.5 * DAY, regime: 'short-spike' }, { after: 26.9 * DAY, regime: 'calm' });
  phases.sort((a, b) => a.after - b.after);
  return { name: 'month', phases, schedule: crashes.flatMap((day) => crashEvents(startAt, day * DAY)) };
}

/** The script of a name, starting at `startAt` (epoch ms). */
export function scriptOf(name: ScriptName, startAt: number): Script {
  const plain = (regime: RegimePhase['regime'], schedule: ScheduledFault[] = []): Script => ({
    name,
    phases: [{ after: 0, regime }],
    schedule,
  });
  const during = (regime: RegimePhase['regime'], from: number, to: number, schedule: ScheduledFault[] = []): Script => ({
    name,
    phases: [{ after: 0, regime: 'calm' }, { after: from, regime }, { after: to, regime: 'calm' }],
    schedule,
  }); // prettier-ignore
  switch (name) {
    case 'calm':
      return plain('calm');
    case 'busy':
      return plain('busy');
    case 'thin':
      return plain('contraction');
    case 'contraction':
      return during('contraction', HOUR, 4 * HOUR);
    case 'crash':
      return {
        name,
        phases: [
          { after: 0, regime: 'calm' },
          { after: HOUR, regime: 'crash' },
          { after: 3 * HOUR, regime: 'aftermath' },
          { after: 15 * HOUR, regime: 'calm' },
        ],
        schedule: crashEvents(startAt, HOUR),
      };
    case 'short-spike':
      return during('short-spike', HOUR, 7 * HOUR, [
        entry(startAt, 'term-inversion', HOUR, 6 * HOUR, 0.15, null, null, 'ramp'),
      ]);
    case 'slow-drift':
      return plain('slow-drift');
    case 'month':
      return month(startAt);
    default:
      return plain('calm', demoSchedule(startAt));
  }
}

/** Expiry indices of a schedule replaced by the expiry listed at that position at onset: the answer key. */
export function resolveSchedule(schedule: readonly ScheduledFault[]): ScheduledFault[] {
  return schedule
    .map((f) => {
      const { underlying, expiry } = f.scope;
      if (expiry === null || expiry >= 1000) return f;
      const listed = listedExpiries(f.from);
      return { ...f, scope: { underlying, expiry: listed[Math.min(expiry, listed.length - 1)].expiry } };
    })
    .sort((a, b) => a.from - b.from || a.to - b.to);
}
