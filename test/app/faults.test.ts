/** The benches of faults, small: recorded chains where they are present, and the SYNTHETIC venue at live cadence. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { OTHER_VARIANTS, PUBLISHED, runChainBench } from '../../src/app/faults/chain-bench.ts';
import { chainLines, chainPictures } from '../../src/app/faults/chain-page.ts';
import { chainReport, withVariants } from '../../src/app/faults/chain-report.ts';
import {
  SnapshotBuilder,
  SnapshotCutter,
  snapshotEvents,
  type ChainSnapshot,
} from '../../src/app/faults/chain-snapshot.ts';
import { EngineRun } from '../../src/app/faults/engine-run.ts';
import { FAULTS } from '../../src/app/faults/kinds.ts';
import { confusionOf, SILENCE } from '../../src/app/faults/confusion.ts';
import { judgeIncident, runLong } from '../../src/app/faults/long-run.ts';
import { MORE_FAULTS } from '../../src/app/faults/more-kinds.ts';
import { injectShare, shareAt } from '../../src/app/faults/fault-shape.ts';
import { planOnsets, planStream, STREAM_FAULTS } from '../../src/app/faults/stream-plan.ts';
import { learnAndJudge, reportAt, streamLines, streamPictures } from '../../src/app/faults/stream-report.ts';
import { runSegment, type SegmentRun } from '../../src/app/faults/stream-run.ts';
import { DEFAULT_CONFIG } from '../../src/engine/config.ts';
import { CAUSES } from '../../src/policy/causes.ts';
import { Random } from '../../src/numeric/random.ts';
import { simulatedEvents } from '../../src/simulator/market-events.ts';
import { openRecording } from '../../src/venue/recording/open.ts';
import { SHARED } from '../shared.ts';

const CALM = join(SHARED, 'data/chains/deribit_chain_4xdaily_2025-12-30_2026-01-20.parquet');
const ABSENT = existsSync(CALM) ? false : 'the recorded chains are not beside this checkout';

/** Snapshots of the SYNTHETIC venue, six hours apart. */
function syntheticSnapshots(count: number): ChainSnapshot[] {
  const found: ChainSnapshot[] = [];
  const builder = new SnapshotBuilder();
  const startAt = Date.UTC(2026, 0, 5);
  const config = { seed: 1, startAt, underlyings: ['BTC'], stepMs: 6 * 3_600_000, instrumentLimit: 240 };
  for (const batch of simulatedEvents(config, { until: startAt + count * 6 * 3_600_000 }))
    for (const event of batch) {
      const snapshot = builder.take(event);
      if (snapshot !== null) found.push(snapshot);
    }
  return found;
}

async function snapshots(file: string, most: number): Promise<ChainSnapshot[]> {
  const found: ChainSnapshot[] = [];
  const builder = new SnapshotBuilder();
  for await (const batch of openRecording([file]))
    for (const event of batch) {
      const snapshot = builder.take(event);
      if (snapshot !== null) found.push(snapshot);
      if (found.length >= most) return found;
    }
  return found;
}

test('sixteen kinds in recorded chains: found and named after twelve clean snapshots', { skip: ABSENT }, async () => {
  const { cases, clean } = runChainBench(await snapshots(CALM, 60), {
    config: DEFAULT_CONFIG,
    seed: 5,
    faults: FAULTS,
    variants: [PUBLISHED],
    each: 1,
    stride: 9,
  });
  assert.equal(FAULTS.length, 16);
  assert.equal(cases.length, 16 * 4);
  const right = cases.filter((c) => c.right).length / cases.length;
  assert.ok(
    right >= 0.9,
    `${right}: ${cases
      .filter((c) => !c.right)
      .map((c) => `${c.fault} as ${c.opened[0]}`)
      .join(', ')}`,
  );
  assert.ok(clean.filter((c) => c.dataCause).length / clean.length <= 0.05);
});

test('every kind of fault has a cause of the closed list and changes the chain it is injected into', () => {
  const days: ChainSnapshot[] = [];
  const builder = new SnapshotBuilder();
  const startAt = Date.UTC(2026, 0, 5);
  const config = { seed: 1, startAt, underlyings: ['BTC'], stepMs: 3_600_000 };
  for (const batch of simulatedEvents(config, { until: startAt + 3 * 3_600_000 }))
    for (const event of batch) {
      const snapshot = builder.take(event);
      if (snapshot !== null) days.push(snapshot);
    }
  assert.equal(days.length, 3);
  const previous = new Map(days[1].rows.map((r) => [r.instrument.symbol, r]));
  for (const fault of [...FAULTS, ...MORE_FAULTS]) {
    for (const cause of fault.causes) assert.ok(cause in CAUSES, fault.name);
    for (const magnitude of fault.magnitudes) {
      const touched = fault.inject(days[2], { random: new Random(2, fault.name), magnitude, previous });
      if (fault.layer === 'model') assert.equal(touched, days[2]);
      else assert.notDeepEqual(snapshotEvents(touched), snapshotEvents(days[2]), fault.name);
    }
  }
});

test('hard faults at live cadence: found in three batches and named (SYNTHETIC)', () => {
  const [segment] = planOnsets(3, ['crossed', 'call-put-flip', 'stale-all', 'index-outlier'], 1);
  const run = runSegment(segment, DEFAULT_CONFIG, [DEFAULT_CONFIG.openLogOdds], false, () => undefined);
  const report = reportAt([run], 0, DEFAULT_CONFIG.openLogOdds);
  assert.equal(report.cases.length, 4);
  for (const c of report.cases) {
    assert.ok(c.batches !== null && c.batches <= 3, `${c.fault}: ${c.batches}`);
    assert.ok(c.firstNamed, `${c.fault} as ${c.first}`);
  }
  assert.deepEqual(report.stray, []);
});

test('a fork of the engine leaves the original as it was', () => {
  const startAt = Date.UTC(2026, 0, 5);
  const batches = [
    ...simulatedEvents(
      { seed: 1, startAt, underlyings: ['BTC'], stepMs: 3_600_000, instrumentLimit: 60 },
      { until: startAt + 4 * 3_600_000 },
    ),
  ];
  const run = new EngineRun(DEFAULT_CONFIG);
  for (const b of batches.slice(0, 3)) run.run(b);
  const before = structuredClone(run.state);
  const said = run.fork().run(batches[3]);
  assert.deepEqual(run.fork(undefined, 'deribit:BTC').run(batches[3]), said, 'nor does leaving others out matter');
  assert.equal(run.fork(undefined, 'deribit:ETH').state.underlyings.size, 0);
  assert.deepEqual(run.state, before);
  assert.deepEqual(run.run(batches[3]), said, 'and both say the same');
});

test('a plan gives every kind its magnitudes and shapes in turn, one at a time, and clean hours in pairs', () => {
  const segments = planStream({ seed: 2, faults: STREAM_FAULTS, onsets: 9, cleanHours: 4 });
  const cases = segments.flatMap((s) => s.cases);
  for (const fault of STREAM_FAULTS) {
    const own = cases.filter((c) => c.fault === fault);
    assert.equal(own.length, 9);
    assert.equal(new Set(own.map((c) => `${c.level} ${c.shape}`)).size, 9, fault);
    for (const c of own) for (const cause of c.causes) assert.ok(cause in CAUSES, fault);
  }
  for (const { cases: own, until } of segments)
    own.forEach((c, i) => assert.ok(c.to > c.from && c.quietUntil <= (own[i + 1]?.from ?? until)));
  for (const fault of STREAM_FAULTS) {
    const halves = segments.filter((s) => s.cases.some((c) => c.fault === fault)).map((s) => s.half);
    assert.deepEqual(
      [...new Set(halves)].sort((a, b) => a - b),
      [0, 1],
      `${fault} is learnt from and judged`,
    );
  }
  assert.equal(new Set(segments.map((s) => s.seed)).size, segments.length, 'no two stretches see the same market');
  assert.deepEqual(
    segments.filter((s) => s.cases.length === 0).map((s) => s.script),
    ['calm', 'calm', 'busy', 'busy'],
  );
});

test('the operating point is learnt on one half and judged on the other; late, wrong and stray incidents cost', () => {
  const segments = planStream({ seed: 1, faults: ['crossed'], onsets: 4, cleanHours: 4 });
  const opened = (segment: SegmentRun['segment'], noisy: boolean, cause: string): SegmentRun['opened'][number] => [
    ...segment.cases.map((c) => ({ at: c.from + 4000, cause, scope: 'deribit:BTC', severity: 'warning' })),
    ...(noisy && segment.cases.length === 0
      ? [{ at: segment.startAt + 5000, cause: 'level-move', scope: 'deribit:BTC', severity: 'critical' }]
      : []),
  ];
  const runs = segments.map((segment): SegmentRun => ({
    segment,
    opened: [opened(segment, true, 'crossed-quotes'), opened(segment, false, 'crossed-quotes'), opened(segment, false, 'fat-finger'), []],
    plain: Array.from({ length: 200 }, (_, i) => ({ at: segment.startAt + 1000 * i, fitError: 0.01 + 1e-4 * (i % 7), markGap: NaN, logPz: 0.1 * (i % 5) })),
  })); // prettier-ignore
  const report = learnAndJudge(runs, [1, 2, 3, 4]);
  assert.equal(report.learnt?.setting, 2, 'the noisy one costs too much, the others name nothing');
  assert.deepEqual(
    report.curve.map((p) => [p.found, p.right, p.medianSeconds]),
    [
      [1, 1, 4],
      [1, 1, 4],
      [1, 0, 4],
      [0, 0, null],
    ],
  );
  assert.ok(report.curve[0].falsePagesPerDay > 0 && report.curve[1].falsePerDay === 0);
  assert.equal(report.cases.length, 2, 'half of the onsets');
  const text = streamLines(report).join('\n');
  assert.ok(text.includes('| crossed | 2 | 100.0 % | 4.0 | 4.0 |'), text);
  for (const svg of Object.values(streamPictures(report)))
    assert.ok(/^<svg[^]*<\/svg>\n$/.test(svg) && !svg.includes('NaN'));
});

test('confusion counts a right second name as right, and silence as itself', () => {
  const { rows, columns, counts } = confusionOf([
    { expected: ['level-move', 'flash-crash'], first: 'flash-crash' },
    { expected: ['level-move'], first: 'fat-finger' },
    { expected: ['level-move'], first: null },
    { expected: [], first: null },
  ]);
  assert.deepEqual(rows, ['level-move', SILENCE]);
  const at = (r: string, c: string): number => counts[rows.indexOf(r)][columns.indexOf(c)];
  assert.deepEqual(
    [at('level-move', 'level-move'), at('level-move', 'fat-finger'), at('level-move', SILENCE), at(SILENCE, SILENCE)],
    [1, 1, 1, 1],
  );
});

test('a fault grows by its size or by the options it has reached, and comes and goes', () => {
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((i) => shareAt('ramp', i)),
    [0.2, 0.4, 0.6, 0.8, 1],
  );
  assert.deepEqual(
    [0, 1, 2].map((i) => shareAt('intermittent', i)),
    [1, 0, 1],
  );
  const snapshot = syntheticSnapshots(1)[0];
  const context = { random: new Random(1, 'shape'), magnitude: 40, previous: new Map() };
  const forward = FAULTS.find((f) => f.name === 'forward-off')!;
  const half = injectShare(forward, snapshot, context, 0.5);
  const ratio = half.rows[0].quote.forward! / snapshot.rows[0].quote.forward!;
  assert.ok(Math.abs(ratio - 1.002) < 1e-9, `${ratio}`);
  const indexed = FAULTS.find((f) => f.name === 'index-as-forward')!;
  const part = injectShare(indexed, snapshot, context, 0.5);
  const changed = part.rows.filter((r, i) => r.quote.forward !== snapshot.rows[i].quote.forward).length;
  assert.ok(changed > 0.3 * snapshot.rows.length && changed < 0.7 * snapshot.rows.length, `${changed}`);
  assert.equal(injectShare(indexed, snapshot, context, 0), snapshot);
});

test('chains end to end: sizes and courses judged beside the published ones, tables and pictures (SYNTHETIC)', () => {
  const days = syntheticSnapshots(20);
  const faults = [...FAULTS, ...MORE_FAULTS].filter((f) =>
    ['crossed', 'usd-as-coin', 'model-day-count'].includes(f.name),
  );
  const bench = (variants: typeof OTHER_VARIANTS): ReturnType<typeof runChainBench> =>
    runChainBench(days, { config: DEFAULT_CONFIG, seed: 1, faults, variants, each: 1, stride: 2 });
  const published = bench([PUBLISHED]);
  const report = withVariants(
    chainReport([{ openLogOdds: DEFAULT_CONFIG.openLogOdds, result: published }], published),
    bench(OTHER_VARIANTS),
  );
  assert.equal(report.kinds, 2, 'the third is none of the sixteen');
  assert.equal(report.rows.find((r) => r.fault === 'usd-as-coin')?.right, 1);
  assert.ok(report.variants.some((v) => v.shape === 'ramp') && report.variants.every((v) => v.cases > 0));
  const text = chainLines(report).join('\n');
  assert.ok(text.includes('| usd-as-coin |') && text.includes('| crossed-quotes |'), text);
  for (const svg of Object.values(chainPictures(report))) assert.ok(!svg.includes('NaN') && svg.endsWith('</svg>\n'));
});

test('a long run: pages and tickets held against the answer key (SYNTHETIC)', () => {
  const key = [
    { fault: 'flash-crash', scope: { underlying: 'ETH', expiry: null }, from: 1e6, to: 2e6, magnitude: -0.1, shape: 'abrupt' },
  ] as const; // prettier-ignore
  const simulation = { answerKey: key, regimeAt: () => ({ name: 'calm' }) } as unknown as Parameters<
    typeof judgeIncident
  >[1];
  const record = (scope: string, at: number, cause: string) =>
    judgeIncident(
      { type: 'incident', id: '1', at: new Date(at).toISOString(), state: 'open', cause, severity: 'critical', scope, evidence: {} }, // prettier-ignore
      simulation,
    );
  assert.deepEqual(
    [record('deribit:ETH', 1.5e6, 'flash-crash'), record('deribit:ETH', 2.5e6, 'skew-move'), record('deribit:ETH', 2.7e6, 'flash-crash'), record('deribit:BTC', 1.5e6, 'flash-crash')].map(
      (i) => [i.justified, i.named, i.roll],
    ),
    [
      [true, true, false],
      [true, false, false],
      [false, false, false],
      [false, false, false],
    ],
  ); // prettier-ignore
  assert.equal(record('deribit:BTC', 8 * 3_600_000 + 60_000, 'venue-outage').roll, true);
  const result = runLong({
    config: DEFAULT_CONFIG,
    seed: 1,
    days: 1,
    underlyings: ['BTC'],
    script: 'calm',
    stepMs: 600_000,
    instrumentLimit: 120,
    onProgress: () => undefined,
  });
  assert.equal(result.tallies[0].rolls, 1);
  assert.equal(result.tallies[0].pagesFromRolls, 0);
  assert.equal(result.batches, 144);
});

test('a stream is cut into books at even instants; a tape of snapshots is cut at its own ends (SYNTHETIC)', () => {
  const startAt = Date.UTC(2026, 0, 5, 7, 58, 30);
  const stream = { seed: 1, startAt, underlyings: ['BTC'], stepMs: 1000, instrumentLimit: 60 };
  const cutter = new SnapshotCutter(60_000);
  const found: ChainSnapshot[] = [];
  for (const batch of simulatedEvents(stream, { until: startAt + 170_000 }))
    for (const event of batch) found.push(...cutter.take(event));
  assert.deepEqual(
    found.map((s) => new Date(s.at).toISOString().slice(11, 19)),
    ['07:59:00', '08:00:00', '08:01:00'],
  );
  for (const { at, rows } of found) {
    assert.ok(rows.length >= 50 && rows.length <= 60, `${rows.length}`);
    for (const { instrument, quote } of rows) {
      assert.deepEqual([quote.at, quote.receivedAt, quote.symbol], [at, at, instrument.symbol]);
      assert.ok(instrument.expiry > at, 'what has expired is gone');
    }
  }
  const [builder, again] = [new SnapshotBuilder(), new SnapshotCutter(60_000)];
  for (const batch of simulatedEvents({ ...stream, stepMs: 3_600_000 }, { until: startAt + 3 * 3_600_000 }))
    for (const event of batch) {
      const own = builder.take(event);
      assert.deepEqual(again.take(event), own === null ? [] : [own]);
    }
});

test('in a stream of snapshots a fault that comes at once stays on, and is found by its second or third look (SYNTHETIC)', () => {
  const startAt = Date.UTC(2026, 0, 5, 9);
  const builder = new SnapshotBuilder();
  const minutes: ChainSnapshot[] = [];
  const config = { seed: 1, startAt, underlyings: ['BTC'], stepMs: 60_000, instrumentLimit: 120 };
  for (const batch of simulatedEvents(config, { until: startAt + 20 * 60_000 }))
    for (const event of batch) {
      const snapshot = builder.take(event);
      if (snapshot !== null) minutes.push(snapshot);
    }
  const faults = FAULTS.filter((f) => f.name === 'call-put-flip');
  const { cases } = runChainBench(minutes, { config: DEFAULT_CONFIG, seed: 1, faults, variants: [PUBLISHED], each: 1, stride: 4 }); // prettier-ignore
  assert.ok(cases.length >= 2);
  const [first] = cases;
  assert.ok(first.right && first.delay !== null && first.delay >= 2 && first.delay <= 3, JSON.stringify(first));
});
