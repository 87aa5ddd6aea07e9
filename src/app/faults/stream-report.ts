/** A stream bench told: what was found, how soon, under which name, and at what price in false alarms. */
import { quantile } from '../../numeric/robust.ts';
import { confusionLines, confusionOf, confusionSvg } from './confusion.ts';
import { curveSvg, type Curve } from './curve-svg.ts';
import { judgeCases, plainCurves, pointOf, shareOf, strayOf, type StreamPoint, type StreamVerdict } from './stream-judge.ts'; // prettier-ignore
import type { SegmentRun } from './stream-run.ts';

/** Everything a stream bench says. */
export interface StreamReport {
  readonly seeds: readonly number[];
  /** Log-odds at which incidents open, chosen on the first half; null when it was given. */
  readonly learnt: StreamPoint | null;
  readonly judged: StreamPoint;
  /** Every operating point on the judged half. */
  readonly curve: readonly StreamPoint[];
  /** Trivial monitors on the same half, thresholds from the first. */
  readonly trivial: Readonly<Record<string, readonly StreamPoint[]>>;
  /** Onsets of the judged half at the chosen operating point. */
  readonly cases: readonly StreamVerdict[];
  readonly stray: readonly string[];
  readonly simulatedHours: number;
}

/** False alarms a day of quiet time that an operating point may cost: any severity, single expiries included. */
const FALSE_LIMIT_PER_DAY = 6;

/**
 * Learns the operating point on the first half of the segments and judges it on the second: the highest threshold
 * that names within one per cent of the most, among those within the limit of false alarms. Needs segments of both halves.
 */
export function learnAndJudge(runs: readonly SegmentRun[], points: readonly number[]): StreamReport {
  const learn = runs.filter((r) => r.segment.half === 0);
  const judged = runs.filter((r) => r.segment.half === 1);
  const first = points.map((p, i) => pointOf(learn, i, p));
  const allowed = first.filter((p) => p.falsePerDay <= FALSE_LIMIT_PER_DAY);
  const most = Math.max(...(allowed.length === 0 ? first : allowed).map((p) => p.right)) - 0.01;
  const learnt = (allowed.length === 0 ? [first[first.length - 1]] : allowed)
    .filter((p) => p.right >= most)
    .reduce((a, b) => (b.setting > a.setting ? b : a));
  const curve = points.map((p, i) => pointOf(judged, i, p));
  const chosen = points.indexOf(learnt.setting);
  return {
    ...reportAt(judged, chosen, learnt.setting),
    learnt,
    curve,
    trivial: Object.fromEntries(plainCurves(learn, judged)),
  };
}

/** The report of one given operating point over all runs: nothing is learnt. */
export function reportAt(runs: readonly SegmentRun[], index: number, setting: number): StreamReport {
  return {
    seeds: runs.map((r) => r.segment.seed),
    learnt: null,
    judged: pointOf(runs, index, setting),
    curve: [],
    trivial: {},
    cases: runs.flatMap((r) => judgeCases(r.segment, r.opened[index])),
    stray: runs.flatMap((r) =>
      strayOf(r.segment, r.opened[index]).map(
        (s) =>
          `${r.segment.seed} ${r.segment.script} ${new Date(s.at).toISOString()} ${s.cause} ${s.scope} ${s.severity}`,
      ),
    ),
    simulatedHours: runs.reduce((sum, r) => sum + (r.segment.until - r.segment.startAt) / 3_600_000, 0),
  };
}

const percent = (v: number): string => `${(100 * v).toFixed(1)} %`;
const delay = (v: number): string => (v > 1e6 ? 'missed' : v.toFixed(1));

function delayRow(name: string, own: readonly StreamVerdict[]): string {
  const due = own.filter((c) => c.expected.length > 0);
  const seconds = due.map((c) => c.seconds ?? 1e9);
  const at = (p: number): string => (due.length === 0 ? 'silence is right' : delay(quantile(seconds, p)));
  return `| ${name} | ${own.length} | ${percent(shareOf(own, (c) => c.found))} | ${at(0.5)} | ${at(0.95)} | ${percent(shareOf(own, (c) => c.firstNamed))} | ${percent(shareOf(own, (c) => c.named))} |`;
}

const DELAY_HEAD = [
  '| fault | onsets | found | p50 s | p95 s | first cause right | a right cause |',
  '|---|---:|---:|---:|---:|---:|---:|',
];

/** Delays by fault, with the hard faults and all of them together at the end. */
export function delayLines(cases: readonly StreamVerdict[]): string[] {
  const names = [...new Set(cases.map((c) => c.fault))];
  const hard = cases.filter((c) => c.hard);
  return [
    ...DELAY_HEAD,
    ...names.map((name) =>
      delayRow(
        name,
        cases.filter((c) => c.fault === name),
      ),
    ),
    ...(hard.length > 0 ? [delayRow('all hard faults', hard)] : []),
    delayRow('all', cases),
  ];
}

function pointLines(report: StreamReport): string[] {
  const row = (name: string, p: StreamPoint): string =>
    `| ${name} | ${p.setting} | ${p.falsePerDay.toFixed(1)} | ${p.falsePagesPerDay.toFixed(1)} | ${percent(p.found)} | ${name === 'monitor' ? percent(p.right) : '-'} | ${p.medianSeconds === null ? 'missed' : p.medianSeconds.toFixed(1)} |`;
  return [
    '| monitor | setting | false alarms a day | false pages a day | found | named | p50 s |',
    '|---|---:|---:|---:|---:|---:|---:|',
    ...report.curve.map((p) => row('monitor', p)),
    ...Object.entries(report.trivial).flatMap(([name, points]) => points.map((p) => row(name, p))),
  ];
}

/** The whole report as text lines. */
export function streamLines(report: StreamReport): string[] {
  const { judged, learnt, cases } = report;
  const shapes = ['abrupt', 'ramp', 'intermittent'].filter((s) => cases.some((c) => c.shape === s));
  const levels = ([0, 1, 2] as const).filter((l) => cases.some((c) => c.level === l));
  const lines = [
    `SYNTHETIC venue, ${report.simulatedHours.toFixed(1)} h of event time in ${report.seeds.length} stretches, ${cases.length} onsets judged`,
    learnt === null
      ? `opening log-odds ${judged.setting} (given, nothing learnt here)`
      : `opening log-odds ${learnt.setting}, learnt on the other half (${percent(learnt.right)} named, ${learnt.falsePerDay.toFixed(1)} false alarms a day there)`,
    `found ${percent(judged.found)}, named rightly at once ${percent(judged.right)} of all onsets (misses count as wrong); ${judged.falsePerDay.toFixed(1)} incidents and ${judged.falsePagesPerDay.toFixed(1)} pages a day of quiet time`,
    '',
    ...delayLines(cases),
  ];
  if (shapes.length > 1 || levels.length > 1) {
    lines.push('', DELAY_HEAD[0].replace('fault', 'shape and magnitude'), DELAY_HEAD[1]);
    for (const s of shapes)
      for (const l of levels) {
        const own = cases.filter((c) => c.shape === s && c.level === l);
        if (own.length > 0) lines.push(delayRow(`${s}, ${['small', 'middle', 'large'][l]}`, own));
      }
  }
  lines.push('', ...confusionLines(confusionOf(cases)));
  if (report.curve.length > 0) lines.push('', ...pointLines(report));
  if (report.stray.length > 0)
    lines.push('', 'Incidents away from any fault:', '', ...report.stray.slice(0, 40).map((s) => `- ${s}`));
  return lines;
}

/** Longest delay drawn, s; what is missed lies at the top. */
const DRAWN_SECONDS = 30;

/** Pictures by file name: delay and share found against false alarms, found by seconds, the confusion of causes. */
export function streamPictures(report: StreamReport): Record<string, string> {
  const { cases } = report;
  const due = cases.filter((c) => c.expected.length > 0);
  const of = (points: readonly StreamPoint[], y: (p: StreamPoint) => number, labelled: boolean): Curve['points'] =>
    points.map((p) => ({ x: p.falsePerDay, y: y(p), label: labelled ? `${p.setting}` : '' }));
  const curves = (y: (p: StreamPoint) => number): Curve[] => [
    { name: 'monitor', points: of(report.curve, y, true) },
    ...Object.entries(report.trivial).map(([name, points]) => ({ name, points: of(points, y, false) })),
  ];
  const share = (v: number): string => `${Math.round(100 * v)} %`;
  const seconds = [0, 1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 60].map((s) => ({
    x: s,
    y: shareOf(due, (c) => c.seconds !== null && c.seconds <= s),
    label: '',
  }));
  const found = curveSvg({ x: 'seconds after the onset', y: 'share of onsets found', highest: 1, yLabel: share }, [
    { name: 'monitor', points: seconds },
  ]);
  const pictures: Record<string, string> = {
    'found-by-seconds.svg': found,
    'confusion.svg': confusionSvg(confusionOf(cases)),
  };
  if (report.curve.length === 0) return pictures;
  const x = 'false alarms a day';
  return {
    'delay-curve.svg': curveSvg(
      { x, y: `median delay, s (${DRAWN_SECONDS}: more than half missed)`, highest: DRAWN_SECONDS, yLabel: (y) => y.toFixed(0) },
      curves((p) => Math.min(DRAWN_SECONDS, p.medianSeconds ?? DRAWN_SECONDS)),
    ),
    'found-curve.svg': curveSvg({ x, y: 'share of onsets found', highest: 1, yLabel: share }, curves((p) => p.found)),
    ...pictures,
  }; // prettier-ignore
}
