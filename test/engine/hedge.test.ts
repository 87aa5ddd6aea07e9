/** Hedging models at work in the engine, on SYNTHETIC chains whose smiles move by a known rule. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { MarketEvent, PushedGreeksEvent, QuoteEvent } from '../../src/market/event.ts';
import type { HedgeScoreRecord, IncidentRecord } from '../../src/model/record.ts';
import { Random } from '../../src/numeric/random.ts';
import { hedgeLeases } from '../../src/engine/hedge-target.ts';
import { expiryIn, listing, quotes, run, snapshotEnd, SPOT, START, type Run } from './synthetic-market.ts';

const EXPIRIES = [expiryIn(9), expiryIn(40)];
const STEP = 300_000;
const HEDGING = /:hedge\//;

interface World {
  readonly steps: number;
  readonly seed?: number;
  /** Change of the volatility level per unit of dlnF. */
  readonly beta?: (step: number) => number;
  /** Events of one step before they are fed; default as they are. */
  readonly shown?: (events: QuoteEvent[], step: number, forward: number) => readonly MarketEvent[];
  readonly from?: number;
  readonly each?: (step: number) => void;
}

/** Feeds five-minute snapshots of a random walk; the level of volatility follows it by `beta` and a little noise. */
function walk(r: Run, world: World): void {
  const random = new Random(world.seed ?? 1, 'walk');
  let [forward, level] = [SPOT, 0.5];
  r.push(EXPIRIES.flatMap((e) => listing(e)));
  for (let i = 0; i < world.steps; i++) {
    const move = 0.0015 * random.normal();
    forward *= 1 + move;
    level = Math.min(0.9, Math.max(0.25, level + (world.beta?.(i) ?? 0) * move + 0.0002 * random.normal()));
    const at = START + i * STEP;
    const all = EXPIRIES.flatMap((e) => quotes(e, { at, forward, level, index: forward }));
    r.push([...(world.shown?.(all, i, forward) ?? all), snapshotEnd(at)]);
    world.each?.(i);
  }
}

const scores = (r: Run): HedgeScoreRecord[] => r.records.filter((x) => x.type === 'hedge-score');
const opened = (r: Run): IncidentRecord[] =>
  r.records.filter((x) => x.type === 'incident' && x.state === 'open' && HEDGING.test(x.scope)) as IncidentRecord[];
const named = (r: Run): string[] => opened(r).map((i) => `${i.cause} ${i.scope.split(':hedge/')[1]}`);
const watch = (r: Run) => r.state.underlyings.get('deribit:BTC')!.hedge;

/** Deltas of a snapshot as a push; `change` makes them wrong. */
function pushOf(
  all: readonly QuoteEvent[],
  model: string,
  convention: PushedGreeksEvent['convention'],
  change: (delta: number, quote: QuoteEvent) => number = (d) => d,
): PushedGreeksEvent {
  const { at, receivedAt, venue } = all[0];
  return {
    type: 'pushed-greeks',
    at,
    receivedAt,
    model,
    venue,
    underlying: 'BTC',
    convention,
    symbols: all.map((q) => q.symbol),
    deltas: all.map((q) => change(q.delta ?? NaN, q)),
  };
}

test('every five minutes every model is scored on every expiry with the ratios of the start', () => {
  const r = run();
  walk(r, { steps: 30 });
  const all = scores(r);
  assert.equal(all.length, 29 * EXPIRIES.length);
  const last = all.at(-1)!;
  assert.equal(last.horizon_s, 300);
  assert.ok(last.n > 20);
  for (const name of [
    'black',
    'premium-adjusted',
    'venue',
    'hull-white',
    'sabr',
    'bartlett',
    'heston-mv',
    'jump-mv',
    'recalibration',
  ])
    assert.ok(last.models.includes(name), name);
  const of = (name: string, s: HedgeScoreRecord, field: 'hedged_coin' | 'hedged_usd'): number =>
    s[field][s.models.indexOf(name)];
  const sum = (read: (s: HedgeScoreRecord) => number): number => all.reduce((t, s) => t + read(s) ** 2, 0);
  const raw = sum((s) => s.unhedged_coin);
  assert.ok(sum((s) => of('sticky-strike', s, 'hedged_coin')) < 0.05 * raw, 'Black in the right convention hedges');
  // The convention is a matter of the currency counted in: each loses in the other's.
  assert.ok(sum((s) => of('black', s, 'hedged_coin')) > 2 * sum((s) => of('premium-adjusted', s, 'hedged_coin')));
  assert.ok(sum((s) => of('premium-adjusted', s, 'hedged_usd')) > 2 * sum((s) => of('black', s, 'hedged_usd')));
  assert.deepEqual(named(r), []);
});

test('what is quoted between start and end of a horizon changes no ratio of it', () => {
  const scored = (between: boolean): readonly number[][] => {
    const r = run();
    walk(r, {
      steps: 12,
      shown: (all, i) => {
        if (!between || i === 0) return all;
        const at = all[0].at - 150_000;
        const early = EXPIRIES.flatMap((e) => quotes(e, { at, forward: SPOT * 1.02, index: SPOT }));
        return [...early, ...all];
      },
    });
    return scores(r).map((s) => s.hedged_usd.slice(0, 4));
  };
  assert.deepEqual(scored(true), scored(false));
});

test('a calibration that comes back within a horizon serves the next one, not this one', () => {
  const r = run();
  walk(r, { steps: 40 });
  const before = [...watch(r).starts.values()].map((s) => [...s.ratios]);
  const at = START + 39 * STEP + 60_000;
  const fit = watch(r).calibrations.get('hedge-sabr')!;
  r.state.pendingJobs.set('late', {
    job: {
      id: 'late', model: 'hedge-sabr', scope: fit.scope, at, reason: 'schedule', start: null, prior: null, options: {},
      observations: { at, years: 0, forward: SPOT, k: new Float64Array(), x: new Float64Array(), strike: new Float64Array(), value: new Float64Array(), noise: new Float64Array(), low: new Float64Array(), high: new Float64Array(), venueValue: new Float64Array() },
    },
    refused: {}, refusedTotal: 0, incident: null, approver: 'automatic', record: 0,
  }); // prettier-ignore
  const outcome = { status: 'converged', parameters: [EXPIRIES[0], 0.9, 0.5, 1], covariance: [], numbers: {} };
  r.push([{ type: 'fit-result', at, receivedAt: at, jobId: 'late', outcome }]);
  assert.deepEqual([...watch(r).calibrations.get('hedge-sabr')!.parameters], outcome.parameters);
  assert.deepEqual([...watch(r).starts.values()].map((s) => [...s.ratios]), before); // prettier-ignore
});

test('a ratio that was pushed once is scored with its age, loses to a fresh one, and is named stale', () => {
  const r = run();
  walk(r, {
    steps: 60,
    shown: (all, i) => [
      ...all,
      pushOf(all, 'desk-fresh', 'black'),
      ...(i === 0 ? [pushOf(all, 'desk-once', 'black')] : []),
    ],
  });
  const last = scores(r).at(-1)!;
  const ageOf = (name: string): number => last.age_s[last.models.indexOf(name)];
  // The push follows the snapshot it was made from by nothing: a horizon begins with the push before it.
  assert.equal(ageOf('desk-fresh'), 0);
  assert.equal(ageOf('desk-once'), 58 * 300);
  const tail = scores(r).slice(-20);
  const loss = (name: string): number => tail.reduce((t, s) => t + s.hedged_usd[s.models.indexOf(name)] ** 2, 0);
  assert.ok(loss('desk-once') > 1.2 * loss('desk-fresh'), `${loss('desk-once')} against ${loss('desk-fresh')}`);
  assert.deepEqual(named(r), ['stale-hedge-ratio desk-once']);
});

test('a wrong convention is named within two hours, the right one is not', () => {
  const r = run();
  walk(r, {
    steps: 25,
    shown: (all) => [
      ...all,
      pushOf(all, 'desk-wrong', 'black', (d, q) => d - (q.mark ?? 0)),
      pushOf(all, 'desk-net', 'premium-adjusted', (d, q) => d - (q.mark ?? 0)),
      pushOf(all, 'desk-black', 'black'),
      pushOf(all, 'desk-percent', 'black', (d) => 100 * d),
    ],
  });
  assert.deepEqual(named(r).toSorted(), ['convention-mismatch desk-percent', 'convention-mismatch desk-wrong']);
  const wrong = opened(r).find((i) => i.scope.endsWith('desk-wrong'))!;
  assert.equal(wrong.evidence['detail'], 'premium-adjusted stated as Black');
});

test('a tenth too much delta in one bucket is named there', () => {
  const r = run();
  walk(r, {
    steps: 120,
    shown: (all) => [
      ...all,
      pushOf(all, 'desk', 'black', (d, q) => (d > 0.25 && d < 0.5 && q.symbol.includes('2026-02-14') ? 1.1 * d : d)),
    ],
  });
  assert.deepEqual(named(r), ['hedge-bias desk/call 31-93d 25-50']);
});

test('when volatility begins to move the other way with spot, that is a regime and no error of a model', () => {
  const r = run();
  const labels: string[] = [];
  walk(r, {
    steps: 420,
    beta: (i) => (i < 210 ? -1 : 1.2),
    shown: (all) => [...all, pushOf(all, 'desk', 'black')],
    each: () => labels.push(watch(r).regimes.at(-1)?.regime ?? ''),
  });
  assert.deepEqual(named(r), []);
  assert.equal(labels[200], 'volatility-against-spot');
  assert.equal(labels.at(-1), 'volatility-with-spot');
});

test('a model that knows how volatility follows spot is promoted; with approval it is proposed and waits', () => {
  const after = (beta: number, approval: boolean): Run => {
    const r = run({ approval });
    walk(r, { steps: 400, beta: () => beta });
    return r;
  };
  const kinds = (r: Run): string[] =>
    r.records.flatMap((x) => (x.type === 'action' && x.kind.startsWith('hedge-') ? [`${x.kind} ${x.outcome}`] : []));
  const lively = after(-1.5, false);
  assert.ok(
    kinds(lively).some((k) => k.startsWith('hedge-promote sticky-strike -> ')),
    kinds(lively).join('\n'),
  );
  const asked = after(-1.5, true);
  assert.ok([...watch(asked).buckets.values()].every((b) => b.champion === 'sticky-strike'));
  assert.ok(kinds(asked).every((k) => k.startsWith('hedge-promote proposed: ')));
  assert.ok(kinds(asked).length > 0);
  const [first, second] = [...watch(asked).buckets].filter(([, b]) => b.proposed !== null);
  const order = (action: 'approve' | 'reject', bucket: string): void => {
    const at = START + 401 * STEP;
    const target = `deribit:BTC:hedge/${bucket}`;
    asked.push([{ type: 'operator', at, receivedAt: at, actor: 'ann', action, target, note: '', until: null }]);
  };
  const winner = first[1].proposed;
  order('approve', first[0]);
  order('reject', second[0]);
  order('approve', second[0]);
  assert.deepEqual([first[1].champion, first[1].former, first[1].proposed], [winner, 'sticky-strike', null]);
  assert.deepEqual([second[1].champion, second[1].proposed], ['sticky-strike', null], 'nothing waits any more');
  assert.equal(asked.state.counts.refused.get('operator-unknown-target'), 1);
});

test('horizons of an expiry with a fault of its data are thrown away, those of the others are not', () => {
  const r = run();
  const faulty = `2026-01-14`;
  walk(r, {
    steps: 40,
    shown: (all, i) =>
      all.map((q) => (i >= 30 && q.symbol.includes(faulty) ? { ...q, forward: (q.forward ?? NaN) * 1.02 } : q)),
  });
  assert.ok(r.records.some((x) => x.type === 'incident' && x.cause === 'wrong-forward' && x.scope.endsWith(faulty)));
  const late = scores(r).filter((s) => Date.parse(s.at) > START + 33 * STEP);
  assert.deepEqual([...new Set(late.map((s) => s.expiry.slice(0, 10)))], ['2026-02-14']);
});

test('a shut venue shuts hedging', () => {
  const r = run();
  walk(r, { steps: 20 });
  assert.equal(watch(r).gate.state, 'OK');
  const at = START + 20 * STEP;
  r.push([{ type: 'platform', at, receivedAt: at, venue: 'deribit', underlying: 'BTC', state: 'locked' }]);
  const all = EXPIRIES.flatMap((e) => quotes(e, { at }));
  r.push([...all, snapshotEnd(at)]);
  assert.deepEqual([watch(r).gate.state, watch(r).gate.reasons], ['DO_NOT_USE', ['platform-locked']]);
});

test('a state copied in the middle goes on to the same records: nothing is held outside it', () => {
  const whole = run();
  walk(whole, { steps: 30, shown: (all) => [...all, pushOf(all, 'desk', 'black')] });
  const parts = run();
  walk(parts, {
    steps: 30,
    shown: (all) => [...all, pushOf(all, 'desk', 'black')],
    each: (i) => {
      if (i !== 14) return;
      const copy = structuredClone(parts.state.underlyings.get('deribit:BTC')!.hedge);
      Object.assign(watch(parts), copy);
    },
  });
  assert.deepEqual(scores(parts), scores(whole));
});

test('a hedging lease says which model of which bucket is relied on, how old it is, and shuts with the gate', () => {
  const r = run();
  walk(r, { steps: 30 });
  const [lease] = hedgeLeases(r.state);
  assert.equal(lease.scope, 'hedge@deribit:BTC');
  assert.equal(lease.gate.state, 'OK');
  assert.equal(lease.asOf, START + 29 * STEP);
});
