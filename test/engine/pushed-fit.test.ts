/** The user's own model: pushed in as parameters or as a table, scored on what comes after, never on what came before. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PushedFitEvent } from '../../src/market/event.ts';
import type { CalibrationRecord, ScoreRecord } from '../../src/model/record.ts';
import {
  expiryIn,
  instrumentsOf,
  listing,
  notFinite,
  quotes,
  run,
  smile,
  snapshotEnd,
  SPOT,
  START,
  type Run,
} from './synthetic-market.ts';

const EXPIRY = expiryIn(30);
const YEARS = (EXPIRY - START) / (365 * 86_400_000);
const HOUR = 3_600_000;

function market(at: number, level = 0.5): Parameters<Run['push']>[0] {
  return [...quotes(EXPIRY, { at, level }), snapshotEnd(at)];
}

function push(at: number, of: Partial<PushedFitEvent>): PushedFitEvent {
  return {
    type: 'pushed-fit',
    at,
    receivedAt: at,
    model: 'desk-a',
    venue: 'deribit',
    underlying: 'BTC',
    expiry: EXPIRY,
    family: null,
    parameters: [],
    strikes: [],
    volatilities: [],
    ...of,
  };
}

/** The truth of the SYNTHETIC market as a table, `off` volatility too high. */
function table(off = 0): Partial<PushedFitEvent> {
  const strikes = [...new Set(instrumentsOf(EXPIRY).map((i) => i.strike))];
  return { strikes, volatilities: strikes.map((k) => smile(Math.log(k / SPOT), 0.5, YEARS) + off) };
}

const scoresOf = (r: Run, model: string): ScoreRecord[] =>
  r.records.filter((x): x is ScoreRecord => x.type === 'score' && x.model === model);
const last = (r: Run): CalibrationRecord => r.records.at(-1) as CalibrationRecord;

function listed(): Run {
  const r = run();
  r.push([...listing(EXPIRY), ...market(START)]);
  return r;
}

test('a table of the truth scores well beside our own models; one that is a point too high is seen as that', () => {
  const r = listed();
  r.push([push(START, table()), push(START, { ...table(0.02), model: 'desk-b' })]);
  assert.deepEqual([last(r).status, last(r).reason, last(r).forward], ['accepted', 'pushed', SPOT]);
  r.push(market(START + HOUR));
  const [good] = scoresOf(r, 'desk-a');
  const [bad] = scoresOf(r, 'desk-b');
  assert.ok(good.inside_share > 0.95 && good.pz < 1, JSON.stringify(good));
  assert.ok(bad.inside_share < 0.1 && Math.abs((bad.b0 ?? 0) + 0.02) < 0.002, JSON.stringify(bad));
  assert.equal(scoresOf(r, 'svi').length, 1);
  assert.ok(r.records.some((x) => x.type === 'gate' && x.scope === 'desk-a@deribit:BTC:2026-02-04'));
});

test('parameters of a family predict as that family: our own SVI fit, pushed back, scores as ours does', () => {
  const r = listed();
  const ours = r.state.underlyings.get('deribit:BTC')!.expiries[0].models[0].versions[0].fit;
  r.push([push(START, { family: 'svi', parameters: ours.parameters })]);
  assert.equal(last(r).parameters['rho'], ours.parameters[2]);
  assert.ok((last(r).min_g ?? -1) > 0);
  r.push(market(START + HOUR));
  const [pushed] = scoresOf(r, 'desk-a');
  const [own] = scoresOf(r, 'svi');
  assert.equal(pushed.inside_share, own.inside_share);
  assert.ok(Math.abs((pushed.b0 ?? 9) - (own.b0 ?? 0)) < 1e-4);
});

test('a push is registered as it came: version, owner, parent, the record that brought it, and the scores it earns', () => {
  const r = listed();
  const { strikes = [], volatilities = [] } = table();
  for (let i = 0; i < 6; i++) {
    r.state.record = 100 + i;
    r.push([push(START, { ...table(), version: `v${i}`, by: 'ann' })]);
  }
  const kept = r.state.underlyings.get('deribit:BTC')!.expiries[0].loop.registry.get('desk-a')!;
  assert.equal(kept.length, 4, 'bounded');
  const [before, newest] = kept.slice(-2);
  assert.deepEqual(newest.parameters, strikes.flatMap((k, i) => [k, volatilities[i]])); // prettier-ignore
  assert.deepEqual(
    [newest.firstRecord, newest.lastRecord, newest.statement, newest.approver, newest.parent],
    [105, 105, 'family=table;version=v5', 'ann', before.id],
  );
  const { content_id: id, inputs, approver, stated_version: version } = last(r);
  assert.deepEqual([id, inputs?.last_record, approver, version], [newest.id, 105, 'ann', 'v5']);
  r.push(market(START + HOUR));
  assert.deepEqual([newest.scored, before.scored], [1, 0]);
  assert.equal(newest.worst, scoresOf(r, 'desk-a')[0].pz);
  r.push([push(START + HOUR, { ...table(), version: 'a;b' })]);
  assert.equal(r.state.counts.refused.get('pushed-version'), 1);
});

test('a covariance that its owner states widens the prediction, and one that cannot be is refused', () => {
  const r = listed();
  const ours = r.state.underlyings.get('deribit:BTC')!.expiries[0].models[0].versions[0].fit;
  const svi = { family: 'svi', parameters: ours.parameters };
  const sure = ours.covariance.map(() => 0);
  const unsure = ours.covariance.map((c) => 1e4 * c);
  r.push([push(START, { ...svi, covariance: sure }), push(START, { ...svi, covariance: unsure, model: 'desk-b' })]);
  r.push(market(START + HOUR));
  assert.ok(scoresOf(r, 'desk-b')[0].pz < scoresOf(r, 'desk-a')[0].pz);
  const bad: readonly (readonly [Partial<PushedFitEvent>, string, RegExp])[] = [
    [{ ...svi, covariance: [1] }, 'wrong-length', /covariance has 1 numbers; 5 x 5/],
    [{ ...svi, covariance: sure.with(0, -1) }, 'out-of-domain', /covariance 0, 0 is -1/],
    [{ ...svi, covariance: sure.with(1, 0.5) }, 'out-of-domain', /covariance 1, 0/],
    [{ ...table(), covariance: [1] }, 'wrong-length', /a table of volatilities takes no covariance/],
  ];
  for (const [of, status, reason] of bad) {
    r.push([push(START + HOUR, of)]);
    assert.deepEqual([last(r).status, last(r).content_id], [status, null], String(reason));
    assert.match(last(r).reason, reason);
  }
});

test('a density that is negative somewhere is said with the push, which serves all the same', () => {
  const r = listed();
  r.push([push(START, { family: 'svi', parameters: [0.002, 0.4, -0.95, 0.02, 0.01] })]);
  assert.ok((last(r).min_g ?? 0) < 0, 'a kink at the money');
  assert.deepEqual([last(r).status, last(r).guards], ['accepted', ['butterfly-arbitrage']]);
});

test('a push that claims to be old goes live when it came, and keeps its age', () => {
  const r = listed();
  r.push(market(START + HOUR));
  r.push([{ ...push(START - HOUR, table()), receivedAt: START + HOUR }]);
  const track = r.state.underlyings.get('deribit:BTC')!.expiries[0].models.at(-1)!;
  assert.equal(track.versions[0].liveAt, START + HOUR);
  assert.equal(track.versions[0].fit.at, START - HOUR);
  assert.equal(scoresOf(r, 'desk-a').length, 0);
  r.push(market(START + 2 * HOUR));
  assert.equal(scoresOf(r, 'desk-a')[0].age_s, 3 * 3_600);
});

test('what cannot be used is refused with field and value, counted, and the version before it stays', () => {
  const r = listed();
  r.push([push(START + 1_000, table())]);
  const { strikes = [], volatilities = [] } = table();
  const cases: readonly (readonly [Partial<PushedFitEvent>, string, RegExp])[] = [
    [{ family: 'cubic', parameters: [1] }, 'unknown-family', /cubic.*svi/],
    [{ family: 'svi', parameters: [0.01, 0.1] }, 'wrong-length', /2 parameters; svi has 5/],
    [{ family: 'svi', parameters: [-1, 0.1, 0, 0, 0.1] }, 'out-of-domain', /total variance/],
    [{ family: 'svi', parameters: [5e5, 0.1, 0, 0, 0.1] }, 'out-of-domain', /total variance/],
    [{ strikes: [1], volatilities: [1] }, 'wrong-length', /1 strikes/],
    [{ strikes, volatilities: volatilities.slice(1) }, 'wrong-length', /17 strikes and 16/],
    [{ strikes: strikes.toReversed(), volatilities }, 'out-of-domain', /strike 1 is/],
    [{ strikes, volatilities: volatilities.map((v) => 100 * v) }, 'out-of-domain', /volatility 0 is 5\d/],
    [{ strikes, volatilities: volatilities.map(() => 0) }, 'out-of-domain', /volatility 0 is 0/],
  ];
  for (const [of, status, reason] of cases) {
    r.push([push(START + 2_000, of)]);
    assert.equal(last(r).status, status);
    assert.match(last(r).reason, reason);
    assert.deepEqual(notFinite(last(r)), []);
  }
  const silent: readonly (readonly [Partial<PushedFitEvent>, string])[] = [
    [{ ...table(), expiry: EXPIRY + 1 }, 'pushed-unknown-expiry'],
    [{ ...table(), underlying: 'DOGE' }, 'pushed-unknown-expiry'],
    [{ ...table(), model: 'svi' }, 'pushed-reserved-name'],
    // Ours as well, though not of surfaces: a curve of hazards and a hedging model.
    [{ ...table(), model: 'hazard' }, 'pushed-reserved-name'],
    [{ ...table(), model: 'hedge-black' }, 'pushed-reserved-name'],
    [{ ...table(), model: 'Desk A' }, 'pushed-reserved-name'],
  ];
  for (const [of, reason] of silent) {
    const before = r.records.length;
    r.push([push(START + 2_000, of)]);
    assert.equal(r.records.length, before);
    assert.ok((r.state.counts.refused.get(reason) ?? 0) > 0, reason);
  }
  for (let i = 0; i < 140; i++) r.push([push(START + 2_000, { ...table(), model: `model-${i}` })]);
  const { models } = r.state.underlyings.get('deribit:BTC')!.expiries[0];
  assert.equal(models.length, 2 + 128);
  assert.equal(r.state.counts.refused.get('pushed-too-many-models'), 13);
  assert.equal(models.find((t) => t.model === 'desk-a')!.versions.length, 1);
  assert.equal(r.state.counts.refused.get('pushed-out-of-domain'), 5);
});

test('a table without any forward of its expiry is refused: strikes alone have no moneyness', () => {
  const r = run();
  r.push([...listing(EXPIRY), push(START, table())]);
  assert.equal(last(r).status, 'no-forward');
});
