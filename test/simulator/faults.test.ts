/** Faults: each does what it says, where and when the answer key says, and nothing before, after or elsewhere. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MarketEvent, QuoteEvent } from '../../src/market/event.ts';
import { MINUTE, SECOND, listedExpiries } from '../../src/simulator/calendar.ts';
import { FAULT_KINDS, intensity, type FaultKind, type ScheduledFault } from '../../src/simulator/fault.ts';
import { FAULT_MAGNITUDES, planFaults } from '../../src/simulator/fault-plan.ts';
import { simulatedEvents } from '../../src/simulator/market-events.ts';
import { Simulation } from '../../src/simulator/simulation.ts';

const START = Date.UTC(2026, 0, 15, 0, 30);
const EXPIRY = listedExpiries(START)[5].expiry;
const LIMIT = 300;

function scheduled(
  fault: FaultKind,
  magnitude: number,
  expiry: number | null,
  extra: Partial<ScheduledFault> = {},
): ScheduledFault {
  return {
    fault,
    scope: { underlying: 'BTC', expiry },
    from: START + 3 * MINUTE,
    to: START + 6 * MINUTE,
    magnitude,
    shape: 'abrupt',
    ...extra,
  };
}

interface Tape {
  readonly events: MarketEvent[][];
  readonly quotes: Map<string, QuoteEvent>[];
}

function tape(faults: readonly ScheduledFault[]): Tape {
  const config = { seed: 9, startAt: START, underlyings: ['BTC'], stepMs: MINUTE, instrumentLimit: LIMIT, faults };
  const events = [...simulatedEvents(config, { until: START + 8 * MINUTE })];
  const quotes = events.map((batch) => new Map(batch.filter((e) => e.type === 'quote').map((e) => [e.symbol, e])));
  return { events, quotes };
}

const CLEAN = tape([]);
const expiryOf = new Map(
  CLEAN.events
    .flat()
    .flatMap((e) => (e.type === 'instrument' ? [[e.instrument.symbol, e.instrument.expiry] as const] : [])),
);
/** Steps end at START + (i + 1) minutes: 2 = before onset, 3 and 4 = inside, 7 = after. */
const [BEFORE, INSIDE, AFTER] = [1, 3, 7];

/** Quotes that differ from the clean tape at a step: symbols, and whether they are of the faulty expiry. */
function touched(faulty: Tape, step: number): { inScope: number; outside: number } {
  let [inScope, outside] = [0, 0];
  for (const [symbol, quote] of faulty.quotes[step]) {
    if (JSON.stringify(quote) === JSON.stringify(CLEAN.quotes[step].get(symbol))) continue;
    if (expiryOf.get(symbol) === EXPIRY) inScope++;
    else outside++;
  }
  return { inScope, outside };
}

const OF_EXPIRY: readonly (readonly [FaultKind, number, (q: QuoteEvent, clean: QuoteEvent) => boolean])[] = [
  ['wrong-forward', 30, (q, c) => Math.abs(q.forward! / c.forward! - 1.003) < 1e-9 && q.bid === c.bid],
  ['index-as-forward', 1, (q, c) => q.forward === c.index && q.bid === c.bid],
  ['missing-side', 1, (q, c) => q.bid === null && q.ask === c.ask],
  ['missing-expiry', 1, (q) => q.bid === null && q.ask === null],
  ['usd-as-coin', 1, (q, c) => (q.ask === null ? c.ask === null : Math.abs(q.ask / c.ask! / c.forward! - 1) < 1e-9)],
];

for (const [fault, magnitude, holds] of OF_EXPIRY)
  test(`${fault} hits its expiry, in its time, as it says`, () => {
    const faulty = tape([scheduled(fault, magnitude, EXPIRY)]);
    assert.deepEqual(touched(faulty, BEFORE), { inScope: 0, outside: 0 });
    assert.deepEqual(touched(faulty, AFTER), { inScope: 0, outside: 0 });
    const inside = touched(faulty, INSIDE);
    assert.ok(inside.inScope > 10 && inside.outside === 0, JSON.stringify(inside));
    for (const [symbol, quote] of faulty.quotes[INSIDE])
      if (expiryOf.get(symbol) === EXPIRY)
        assert.ok(holds(quote, CLEAN.quotes[INSIDE].get(symbol)!), `${symbol} ${JSON.stringify(quote)}`);
  });

test('expiry-stuck keeps bid and ask of the onset while mark and forward go on', () => {
  const faulty = tape([scheduled('expiry-stuck', 1, EXPIRY)]);
  let moved = 0;
  for (const [symbol, quote] of faulty.quotes[4]) {
    if (expiryOf.get(symbol) !== EXPIRY) continue;
    const held = faulty.quotes[BEFORE].get(symbol)!;
    assert.deepEqual([quote.bid, quote.ask], [held.bid, held.ask]);
    if (quote.forward !== held.forward) moved++;
  }
  assert.ok(moved > 10);
});

test('stale-all repeats the last quotes of the underlying, time stamps and all', () => {
  const faulty = tape([scheduled('stale-all', 1, null)]);
  for (const [symbol, quote] of faulty.quotes[4]) assert.equal(quote.at, faulty.quotes[BEFORE].get(symbol)!.at);
});

test('call-put-flip and wrong-expiry-map carry another option’s quote', () => {
  const flipped = tape([scheduled('call-put-flip', 1, EXPIRY)]);
  const mapped = tape([scheduled('wrong-expiry-map', 1, EXPIRY)]);
  let checked = 0;
  for (const [symbol, clean] of CLEAN.quotes[INSIDE]) {
    if (expiryOf.get(symbol) !== EXPIRY || !symbol.endsWith('-C')) continue;
    const put = CLEAN.quotes[INSIDE].get(symbol.replace(/C$/, 'P'))!;
    assert.equal(flipped.quotes[INSIDE].get(symbol)!.mark, put.mark);
    if (clean.mark! > 0.01 && mapped.quotes[INSIDE].get(symbol)!.mark !== clean.mark) {
      assert.ok(mapped.quotes[INSIDE].get(symbol)!.mark! < clean.mark!, 'an earlier expiry is cheaper');
      checked++;
    }
  }
  assert.ok(checked > 3);
});

test('crossed, fat-finger, stale-subset: shares and sizes', () => {
  const crossed = [...tape([scheduled('crossed', 0.3, null)]).quotes[INSIDE].values()].filter(
    (q) => q.bid !== null && q.ask !== null && q.bid > q.ask,
  );
  assert.ok(crossed.length > 0.15 * LIMIT && crossed.length < 0.45 * LIMIT, `${crossed.length} crossed`);
  const fat = tape([scheduled('fat-finger', 3, EXPIRY)]);
  const hit = touched(fat, INSIDE);
  assert.ok(hit.inScope >= 1 && hit.inScope <= 6 && hit.outside === 0, JSON.stringify(hit));
});

test('clock-skew shifts venue time only', () => {
  const faulty = tape([scheduled('clock-skew', 21_600_000, null)]);
  for (const [symbol, q] of faulty.quotes[INSIDE]) {
    const clean = CLEAN.quotes[INSIDE].get(symbol)!;
    assert.equal(q.at, clean.at + 21_600_000);
    assert.equal(q.receivedAt, clean.receivedAt);
  }
});

test('vol-scale scales quotes by its factor, on a ramp by part of it; vol-jump moves the truth', () => {
  const atm = (t: Tape, step: number): number => {
    let best: QuoteEvent | null = null;
    for (const [symbol, q] of t.quotes[step]) {
      const further = best === null || Math.abs(q.delta! - 0.5) < Math.abs(best.delta! - 0.5);
      if (expiryOf.get(symbol) === EXPIRY && symbol.endsWith('C') && q.bid && q.ask && further) best = q;
    }
    return (0.5 * (best!.bid! + best!.ask!) * best!.forward!) / best!.vega!;
  };
  const half = 0.5 * (atm(tape([scheduled('vol-scale', 1.3, EXPIRY, { shape: 'ramp' })]), 3) / atm(CLEAN, 3) - 1);
  const full = atm(tape([scheduled('vol-scale', 1.3, EXPIRY)]), 3) / atm(CLEAN, 3) - 1;
  assert.ok(full > 0.2 && half < 0.1 && half > 0.01, `${full} ${half}`);
  const config = { seed: 9, startAt: START, underlyings: ['BTC'], stepMs: MINUTE, instrumentLimit: 20 };
  const [calm, jumped] = [[], [scheduled('vol-jump', 2, EXPIRY)]].map(
    (faults) => new Simulation({ ...config, faults }),
  );
  calm.advance(START + 4 * MINUTE);
  jumped.advance(START + 4 * MINUTE);
  const at = (s: Simulation, e: number): number => s.truth('BTC', s.at)!.smile(e)!.atmVolatility();
  assert.ok(Math.abs(at(jumped, EXPIRY) - at(calm, EXPIRY) - 0.02) < 0.006);
});

test('platform lock and maintenance: announced, quotes stop, opened again', () => {
  for (const [fault, state] of [['platform-lock', 'locked'], ['maintenance', 'maintenance']] as const) {
    const faulty = tape([scheduled(fault, 1, null)]);
    const states = faulty.events.flat().flatMap((e) => (e.type === 'platform' ? [e.state] : []));
    assert.deepEqual(states, [state, 'open']);
    assert.equal(faulty.quotes[4].size, 0);
    assert.equal(faulty.quotes[AFTER].size, LIMIT);
  }
}); // prettier-ignore

test('wire faults on events: lost, doubled, late, silent, cut', () => {
  const count = (t: Tape, step: number): number => t.events[step].filter((e) => e.type === 'quote').length;
  const everywhere = { scope: { underlying: null, expiry: null } };
  const lost = tape([scheduled('gap', 0.3, null, everywhere)]);
  assert.ok(count(lost, INSIDE) < 0.85 * LIMIT && count(lost, INSIDE) > 0.55 * LIMIT);
  assert.ok(lost.events[INSIDE].some((e) => e.type === 'gap' && e.reason === 'change-id'));
  assert.ok(count(tape([scheduled('duplicate', 0.3, null, everywhere)]), INSIDE) > 1.15 * LIMIT);
  const late = tape([scheduled('out-of-order', 0.3, null, everywhere)]).events[4].filter((e) => e.type === 'quote');
  assert.ok(late.some((e) => e.at < START + 5 * MINUTE));
  const cut = tape([scheduled('disconnect', 1, null, everywhere)]);
  assert.deepEqual(cut.events.flat().flatMap((e) => (e.type === 'feed' ? [e.state] : [])), ['down', 'live']); // prettier-ignore
  const gap = cut.events.flat().find((e) => e.type === 'gap');
  assert.deepEqual([gap?.reason, gap?.from, gap?.to], ['disconnect', START + 3 * MINUTE, START + 6 * MINUTE]);
  assert.equal(count(cut, 4), 0);
});

test('onset shapes', () => {
  const fault = scheduled('crossed', 1, null);
  const at = (shape: ScheduledFault['shape'], share: number): number =>
    intensity({ ...fault, shape }, fault.from + share * (fault.to - fault.from));
  assert.deepEqual([at('abrupt', -0.01), at('abrupt', 0), at('abrupt', 0.99), at('abrupt', 1)], [0, 1, 1, 0]);
  assert.deepEqual([at('ramp', 0.25), at('ramp', 0.75)], [0.25, 0.75]);
  assert.deepEqual([at('intermittent', 0.05), at('intermittent', 0.15), at('intermittent', 0.25)], [1, 0, 1]);
});

test('the demo: a fault on BTC from +20 s to +50 s, resolved in the answer key, then others', () => {
  const simulation = new Simulation({
    seed: 1,
    startAt: START,
    script: 'demo',
    underlyings: ['BTC'],
    instrumentLimit: 20,
  });
  const [first, second] = simulation.answerKey;
  assert.equal(first.fault, 'wrong-forward');
  assert.deepEqual([first.from - START, first.to - START], [20 * SECOND, 50 * SECOND]);
  assert.ok(listedExpiries(START).some((e) => e.expiry === first.scope.expiry));
  assert.notEqual(second.fault, first.fault);
  assert.equal(simulation.answerKey.filter((f) => f.from < START + 10 * MINUTE).length, 7);
});

test('plans: seeded, every kind, no overlap, magnitudes and shapes in turn; a bad schedule is refused by field', () => {
  const kinds = Object.keys(FAULT_KINDS) as FaultKind[];
  const plan = {
    seed: 4,
    from: START,
    until: START + 400 * MINUTE,
    kinds,
    underlyings: ['BTC', 'ETH'],
    durationMs: MINUTE,
    quietMs: 2 * MINUTE,
  };
  const faults = planFaults(plan);
  assert.deepEqual(planFaults(plan), faults);
  assert.equal(new Set(faults.map((f) => f.fault)).size, kinds.length);
  for (let i = 1; i < faults.length; i++) assert.ok(faults[i].from >= faults[i - 1].to);
  for (const f of faults) assert.ok(FAULT_MAGNITUDES[f.fault].includes(f.magnitude));
  assert.throws(() => tape([scheduled('crossed', NaN, null)]), /faults\[0\]\.magnitude: NaN/);
  assert.throws(() => tape([scheduled('nonsense' as FaultKind, 1, null)]), /unknown nonsense/);
});
