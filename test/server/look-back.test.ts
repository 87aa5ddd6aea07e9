/** Looking back: moments and records that memory no longer holds come out of the session log, also after a restart. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { saveEngine } from '../../src/app/engine-checkpoint.ts';
import { NotRecorded, Recollection } from '../../src/app/past/answer.ts';
import { PastReader } from '../../src/app/past/past-reader.ts';
import { recall, recallRecent } from '../../src/app/past/recorded-history.ts';
import { remake, type Moment } from '../../src/app/past/remake.ts';
import { Session, sessionHeader } from '../../src/app/session.ts';
import { EngineView } from '../../src/app/view/engine-view.ts';
import { Pictures } from '../../src/app/view/pictures.ts';
import { RecordHistory } from '../../src/app/view/record-history.ts';
import { TradeTape } from '../../src/app/view/trade-tape.ts';
import { DEFAULT_CONFIG } from '../../src/engine/config.ts';
import { runFit } from '../../src/engine/models.ts';
import type { EngineState } from '../../src/engine/state.ts';
import { startServer } from '../../src/server/monitor-server.ts';
import { simulatedEvents } from '../../src/simulator/market-events.ts';
import { Simulation } from '../../src/simulator/simulation.ts';
import { openLog } from '../../src/store/open-log.ts';
import { get, KEY, START, type Answer } from './served-market.ts';

const SECONDS = 40;
/** Moments whose pictures are kept to compare with; a milestone is saved at the second. */
const MOMENTS = [6, 20, 33].map((s) => START + s * 1_000);
const WANTED = { scope: null, model: null, horizonSeconds: null, from: START, to: START + 3_600_000, maxPoints: 1_000 };
const home = mkdtempSync(join(tmpdir(), 'vernier-look-back-'));
const directory = join(home, 'log');
const pictures = new Map<number, Answer>();
let view: EngineView;
let state: EngineState;
let inputs = 0;

/** A recorded SYNTHETIC session of forty seconds: a wrong forward from the eighth to the thirtieth, acknowledged. */
before(async () => {
  const log = await openLog(directory);
  log.writer.append(sessionHeader(DEFAULT_CONFIG, 'SYNTHETIC'));
  const session = new Session(DEFAULT_CONFIG, {
    target: log.writer,
    onRecord: (record) => view.onRecord(record),
    onFit: runFit,
  });
  ({ state } = session);
  view = viewOf(() => session.state);
  const simulation = new Simulation({
    seed: 7, startAt: START, underlyings: ['BTC'], instrumentLimit: 160,
    faults: [{ fault: 'wrong-forward', from: START + 8_000, to: START + 30_000, scope: { underlying: 'BTC', expiry: 2 }, magnitude: 100, shape: 'abrupt' }],
  }); // prettier-ignore
  for (let s = 1; s <= SECONDS; s++) {
    for (const batch of simulatedEvents(simulation, { until: START + s * 1_000 }))
      for (const event of batch) {
        inputs++;
        session.push(event);
        view.onEvent(event);
      }
    const at = simulation.at;
    if (MOMENTS.includes(at)) pictures.set(at, photograph(session.state));
    if (at === MOMENTS[1]) {
      const [open] = view.incidents();
      assert.ok(open !== undefined, 'the wrong forward is an incident by then');
      const event = { type: 'operator', at, receivedAt: at, actor: 'anna', action: 'acknowledge', target: open.id, note: 'seen', until: null } as const; // prettier-ignore
      session.push(event);
      view.onEvent(event);
    }
    if (at === MOMENTS[1]) await saveEngine(directory, session.state, log.writer);
  }
  await log.close();
});
after(() => rmSync(home, { recursive: true, force: true }));

/** The picture drawn anew at this moment: a screen refreshes its forwards only now and then. */
function photograph(of: EngineState): Answer {
  const at = Date.parse(view.status().at ?? '');
  return new Pictures({ state: () => of, marketTime: () => at, calibration: () => null, tape: new TradeTape() }).smiles(KEY, null, null); // prettier-ignore
}

function viewOf(of: () => EngineState | null, past: PastReader | null = null): EngineView {
  const figures = { appliedP99Ms: null, closeP99Ms: null, fitP99Ms: null, loopLagP99Ms: null, fitsWaiting: 0, logState: 'ok', logPendingRecords: 0, logRecords: 0 }; // prettier-ignore
  return new EngineView({
    mode: 'live', synthetic: () => true, state: of, figures: () => figures, feeds: () => [], operate: () => null, replay: null, past,
  }); // prettier-ignore
}

/** Why a moment could not be remade. */
const refusal = (found: Moment | string): string => (typeof found === 'string' ? found : 'it was remade');

/** Without what depends on where the looking back began: prints before it. */
const bare = (smiles: Answer): Answer => ({
  ...smiles,
  live: false,
  expiries: smiles.expiries.map(({ curves, ...rest }: Answer) => ({
    ...rest,
    trades: [],
    curves: curves.map(({ fit, ...curve }: Answer) => ({ ...curve, fit: fit.id })),
  })),
});

test('a moment remade from the log is the picture that was on the screen, number for number', async () => {
  const recollection = new Recollection();
  for (const at of MOMENTS) {
    const remade = await recollection.answer({ id: 0, directory, kind: 'smiles', key: KEY, at, scope: null });
    assert.deepEqual(bare(remade), bare(pictures.get(at)));
    const surface = (await recollection.answer({ id: 1, directory, kind: 'surface', key: KEY, at, model: null })) as Answer; // prettier-ignore
    assert.equal(surface.model, 'svi');
    assert.ok(surface.expiries.length >= 2 && surface.live === false);
  }
  assert.equal(await recollection.answer({ id: 2, directory, kind: 'smiles', key: 'nobody:X', at: MOMENTS[0], scope: null }), null); // prettier-ignore
});

test('behind a milestone few inputs are fed again, and the cost of a question has a bound', async () => {
  assert.equal(readdirSync(directory).filter((f) => /^milestone-\d+-\d+\.state\.gz$/.test(f)).length, 1);
  const early = await remake(directory, MOMENTS[0]);
  // The milestone is used for what lies a minute and more behind it: prints of that minute belong to the picture.
  const late = await remake(directory, MOMENTS[1] + 61_000);
  assert.ok(typeof early !== 'string' && typeof late !== 'string');
  assert.ok(late.inputs < 0.6 * inputs, `${late.inputs} of ${inputs}`);
  assert.match(refusal(await remake(directory, MOMENTS[2], 100)), /more than 100 inputs/);
  assert.match(refusal(await remake(directory, START - 1)), /the log begins after/);
});

test('scores and incidents between two times are those that were said', async () => {
  const recollection = new Recollection();
  const scores = (await recollection.answer({ id: 0, directory, kind: 'scores', key: KEY, wanted: WANTED })) as Answer;
  const own = view.scores(KEY, WANTED)!;
  assert.ok(own.series.length >= 2 && own.series.every((s) => s.at.length > 0));
  assert.deepEqual(scores.series, own.series);
  assert.deepEqual(scores.marks, own.marks);
  const incidents = (await recollection.answer({ id: 1, directory, kind: 'incidents', from: START, to: START + 60_000 })) as Answer; // prettier-ignore
  assert.deepEqual(incidents, view.incidents());
  const none = (await recollection.answer({ id: 2, directory, kind: 'incidents', from: START, to: START + 1_000 })) as Answer; // prettier-ignore
  assert.deepEqual(none, []);
  const early = { ...WANTED, from: 0, to: START - 1 };
  await assert.rejects(
    recollection.answer({ id: 3, directory, kind: 'scores', key: KEY, wanted: early }),
    (e) => e instanceof NotRecorded && /the log begins at 2026/.test(e.message),
  );
});

test('after a restart incidents are there with evidence, acknowledgement and pictures, scores and recorded times too', async (t) => {
  const past = new PastReader(() => directory, (e) => assert.fail(e)); // prettier-ignore
  const restarted = viewOf(() => state, past);
  const recalled = await recallRecent(directory, restarted.history);
  restarted.recall(recalled!);
  const [before] = view.incidents();
  const [again] = restarted.incidents();
  assert.deepEqual(again, before);
  assert.equal(again.acknowledged?.by, 'anna');
  assert.ok(Object.keys(again.evidence).length > 0);
  assert.equal(restarted.incident(again.id)!.pictures.length, 0, 'memory holds no picture of it');
  const server = await startServer({ view: restarted, port: 0, page: null, onTrouble: (e) => assert.fail(e), checkAnswers: true }); // prettier-ignore
  t.after(async () => {
    await server.close();
    await past.close();
  });
  const base = `${server.address}api/v1`;
  const { body: incident } = await get(`${base}/incidents/${again.id}`);
  assert.equal(incident.pictures.length, incident.resolved === null ? 1 : 2);
  assert.equal(incident.pictures[0].scope, again.scope);
  const { body: scores } = await get(`${base}/scores/${KEY}`);
  assert.deepEqual(scores.series, view.scores(KEY, WANTED)!.series);
  const { body: smiles } = await get(`${base}/smiles/${KEY}?as_of=${MOMENTS[2]}`);
  assert.deepEqual(bare(smiles), bare(pictures.get(MOMENTS[2])));
  const { body: log } = await get(`${base}/log`);
  assert.equal(log.ranges.length, 1);
  const [{ first, last }] = log.ranges;
  assert.ok(Date.parse(first) < START + 1_000 && Date.parse(last) > START + 38_000, `${first} to ${last}`);
  assert.equal((await get(`${base}/status`)).body.retained.from, log.ranges[0].first);
  const before0 = await get(`${base}/surfaces/${KEY}?as_of=${START - 86_400_000}`);
  assert.deepEqual([before0.status, before0.body.title], [404, 'Not Found']);
  assert.match(before0.body.detail, /the log begins after/);
});

test('a log that begins again with another configuration leaves no incident open for ever', async () => {
  const other = join(home, 'other');
  const log = await openLog(other);
  log.writer.append(sessionHeader(DEFAULT_CONFIG));
  const record = { type: 'incident', id: 'x-1', at: new Date(START).toISOString(), state: 'open', cause: 'wrong-forward', severity: 'warning', scope: KEY, evidence: { log_odds: 9 } }; // prettier-ignore
  log.writer.append({ kind: 'output', record });
  log.writer.append(sessionHeader({ ...DEFAULT_CONFIG, batchMs: 2_000 }));
  await log.close();
  const history = new RecordHistory(() => null, () => undefined); // prettier-ignore
  await recall(other, -Infinity, Infinity, history);
  const [incident] = history.incidents.all();
  assert.deepEqual([incident?.state, incident?.timeline.at(-1)?.text], ['resolved', 'with the run that had opened it']);
});

test('a damaged log, a missing one and too many questions are said, and nothing else suffers', async (t) => {
  const copy = mkdtempSync(join(home, 'copy-'));
  for (const name of readdirSync(directory))
    if (name.startsWith('segment')) writeFileSync(join(copy, name), readFileSync(join(directory, name)));
  const segment = join(copy, readdirSync(copy)[0]);
  const bytes = readFileSync(segment);
  bytes[bytes.length >> 2] ^= 1;
  writeFileSync(segment, bytes);
  assert.match(refusal(await remake(copy, MOMENTS[2])), /the log is damaged before .* \(checksum\)/);
  const nowhere = new PastReader(() => null, (e) => assert.fail(e)); // prettier-ignore
  const told = await nowhere.smiles(KEY, MOMENTS[0], null);
  assert.ok(told !== null && 'notRetained' in told && told.when === 'past');
  const past = new PastReader(() => directory, (e) => assert.fail(e)); // prettier-ignore
  t.after(() => past.close());
  const all = await Promise.all(
    Array.from({ length: 20 }, (_, i) => past.sessions().then((a) => 'notRetained' in a && i)),
  );
  assert.equal(all.filter((a) => a !== false).length, 4, 'sixteen wait, the others are turned away at once');
  const impatient = new PastReader(() => directory, (e) => assert.fail(e), 1); // prettier-ignore
  const late = await impatient.smiles(KEY, MOMENTS[0], null);
  assert.ok(late !== null && 'notRetained' in late && late.when === 'busy' && /longer than/.test(late.detail));
});
