/** From events to a named incident, for the causes that no recorded chain can show. SYNTHETIC stream, a batch a second. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FutureEvent, IndexEvent, MarketEvent, PulseEvent, PushedFitEvent } from '../../src/market/event.ts';
import type { GateRecord, IncidentRecord } from '../../src/model/record.ts';
import { CAUSES, type Cause } from '../../src/policy/causes.ts';
import {
  answerOf,
  expiryIn,
  instrumentsOf,
  listing,
  quotes,
  run,
  smile,
  SPOT,
  START,
  type Mood,
  type Run,
} from './synthetic-market.ts';

const SCOPES = [expiryIn(4), expiryIn(10), expiryIn(30), expiryIn(60)];
const KEY = (i: number): string => `deribit:BTC:${new Date(SCOPES[i]).toISOString().slice(0, 10)}`;
const BTC = 'deribit:BTC';

class Stream {
  readonly r: Run;
  second = 0;

  readonly #period: number;

  /** `period` = seconds between batches. */
  constructor(inline = true, period = 1) {
    this.#period = period;
    this.r = run({}, inline);
    this.r.push(SCOPES.flatMap((e) => listing(e)));
  }

  get at(): number {
    return START + 1_000 * this.second;
  }

  /** Seconds of quotes; `mood` says what differs per expiry, `extra` what comes beside them, `keep` which quotes come. */
  run(
    seconds: number,
    mood: (expiry: number) => Partial<Mood> = () => ({}),
    extra: (at: number) => readonly MarketEvent[] = () => [],
    keep: (event: MarketEvent) => boolean = () => true,
  ): this {
    for (let i = 0; i < seconds; i++, this.second += this.#period) {
      const { at } = this;
      const forward = SPOT * (1 + 2e-6 * this.second);
      const chain = SCOPES.flatMap((e, n) => quotes(e, { at: at + 100, forward, index: forward, ...mood(n) }));
      this.r.push([
        ...chain.filter(keep),
        ...extra(at + 200),
        { type: 'timer', at: at + 1_600, receivedAt: at + 1_600 },
      ]);
    }
    return this;
  }

  /** `cause scope` of every incident that opened. */
  opened(): string[] {
    return this.r.records
      .filter((x): x is IncidentRecord => x.type === 'incident' && x.state === 'open')
      .map((x) => `${x.cause} ${x.scope}`);
  }

  resolved(cause: string): IncidentRecord | undefined {
    return this.r.records.find((x): x is IncidentRecord => x.type === 'incident' && x.state === 'resolved' && x.cause === cause); // prettier-ignore
  }
}

const WARM = 75;

test('a minute of health opens nothing', () => {
  assert.deepEqual(new Stream().run(WARM + 30).opened(), []);
});

test('gap: a loss of the whole feed is told on the underlying, one of a single instrument on its expiry', () => {
  const gap = (at: number, symbol: string | null): MarketEvent => ({
    type: 'gap', at, receivedAt: at, venue: 'deribit', symbol, reason: 'change-id', from: at - 500, to: at,
  }); // prettier-ignore
  const whole = new Stream().run(20);
  whole.r.push([gap(whole.at, null)]);
  assert.deepEqual(whole.run(20).opened(), [`gap ${BTC}`]);
  assert.ok(whole.resolved('gap') !== undefined);
  const single = new Stream().run(20);
  single.r.push([gap(single.at, instrumentsOf(SCOPES[2])[4].symbol)]);
  assert.deepEqual(single.run(20).opened(), [`gap ${KEY(2)}`]);
  assert.ok(single.resolved('gap') !== undefined);
});

test('late-data: a tenth of the messages behind their closed batch', () => {
  const s = new Stream().run(20);
  const late = (at: number): MarketEvent[] =>
    quotes(SCOPES[3], { at: at - 3_000 }).slice(0, 24).map((q) => ({ ...q, receivedAt: at })); // prettier-ignore
  s.run(10, undefined, late);
  assert.deepEqual(s.opened(), [`late-data ${BTC}`]);
  s.run(10);
  assert.ok(s.resolved('late-data') !== undefined);
});

test('overload: our own lag beyond what a verdict may rest on, or quotes dropped', () => {
  for (const [loopLagMs, droppedQuotes] of [
    [4_000, 0],
    [5, 300],
  ] as const) {
    const s = new Stream().run(20);
    const pulse = (lag: number, dropped: number) => (at: number): PulseEvent[] => [
      { type: 'pulse', at, receivedAt: at, venue: 'deribit', loopLagMs: lag, queueLength: 0, clockOffsetMs: 0, droppedQuotes: dropped },
    ]; // prettier-ignore
    s.run(6, undefined, pulse(loopLagMs, droppedQuotes));
    assert.deepEqual(s.opened(), [`overload ${BTC}`]);
    const gate = s.r.records.findLast((x): x is GateRecord => x.type === 'gate' && x.scope === `svi@${KEY(2)}`);
    assert.equal(gate?.state, 'DO_NOT_USE');
    s.run(8, undefined, pulse(5, 0));
    assert.ok(s.resolved('overload') !== undefined);
  }
});

test('silent-channel: one option, or the index, says nothing while everything beside it speaks', () => {
  const index = (at: number): IndexEvent[] => [
    { type: 'index', at, receivedAt: at, venue: 'deribit', underlying: 'BTC', name: 'btc_usd', price: SPOT * (1 + 2e-6 * (at - START) / 1_000) },
  ]; // prettier-ignore
  const perpetual = (at: number): FutureEvent[] => [
    { type: 'future', at, receivedAt: at, venue: 'deribit', symbol: 'BTC-PERPETUAL', underlying: 'BTC', expiry: null, bid: SPOT - 1, ask: SPOT + 1, mark: SPOT, funding8h: 0 },
  ]; // prettier-ignore
  const dead = new Set(instrumentsOf(SCOPES[2]).slice(8, 10).map((i) => i.symbol)); // prettier-ignore
  const both = (at: number): MarketEvent[] => [...index(at), ...perpetual(at)];
  const option = new Stream().run(30, undefined, both);
  option.run(30, undefined, both, (e) => e.type !== 'quote' || !dead.has(e.symbol));
  assert.deepEqual(option.opened(), [`silent-channel ${KEY(2)}`]);
  option.run(8, undefined, both);
  assert.ok(option.resolved('silent-channel') !== undefined);
  const other = new Stream().run(30, undefined, both).run(30, undefined, perpetual);
  assert.deepEqual(other.opened(), [`silent-channel ${BTC}`]);
});

test('liquidity-contraction: spreads that widen by a tenth a minute are held against days, not against the last minutes', () => {
  const s = new Stream(true, 60).run(40);
  let half = 0.004;
  for (let i = 0; i < 14; i++) {
    half *= 1.1;
    s.run(1, () => ({ half }));
  }
  assert.deepEqual(s.opened(), [`liquidity-contraction ${BTC}`]);
});

test('a jump of the index that quotes follow a second later is no wrong forward', () => {
  const s = new Stream().run(30);
  const jumped = 0.987 * SPOT;
  const price = (forward: number) => (): Partial<Mood> => ({ forward, published: jumped, index: jumped });
  s.run(1, price(SPOT)).run(20, price(jumped));
  const kindOf = (opened: string): string => CAUSES[opened.split(' ')[0] as Cause].kind;
  assert.deepEqual(
    s.opened().filter((o) => kindOf(o) === 'data'),
    [],
  );
  const wrong = new Stream().run(30);
  wrong.run(6, () => ({ published: jumped }));
  assert.ok(
    wrong.opened().includes(`wrong-forward ${BTC}`),
    `a forward that moved without the index is: ${wrong.opened().join()}`,
  );
});

test('term-move: the short end up, the long end down', () => {
  const s = new Stream().run(WARM);
  s.run(8, (n) => ({ level: n < 2 ? 0.54 : 0.46 }));
  assert.deepEqual(s.opened().slice(0, 1), [`term-move ${BTC}`]);
});

test('curvature-move: the wings of every expiry rise', () => {
  const s = new Stream().run(WARM);
  s.run(8, () => ({ bend: 0.008 }));
  assert.deepEqual(s.opened().slice(0, 1), [`curvature-move ${BTC}`]);
});

test('a jump of all volatilities is one incident: single expiries that move again attach to it', () => {
  const s = new Stream().run(WARM);
  s.run(90, () => ({ level: 0.55 })).run(8, (n) => ({ level: n === 2 ? 0.57 : 0.55 }));
  assert.deepEqual(s.opened(), [`level-move ${BTC}`]);
  s.run(700, () => ({ level: 0.55 }));
  const symptoms = s.resolved('level-move')?.evidence['symptoms'];
  assert.ok(Array.isArray(symptoms) && symptoms.includes(`level-move@${KEY(2)}`), JSON.stringify(symptoms));
});

test('arbitrageable-fit and local-minimum: said of the answers that show them, and refused where they must be', () => {
  for (const [numbers, cause] of [
    [{ minG: -0.2 }, 'arbitrageable-fit'],
    [{ coldGain: 6 }, 'local-minimum'],
  ] as const) {
    const s = new Stream(false).run(2);
    const [first, ...rest] = s.r.jobs.filter((j) => j.model === 'svi');
    s.r.push(rest.map((j) => answerOf(j)));
    const answer = answerOf(first);
    assert.ok(answer.type === 'fit-result');
    const outcome = { ...answer.outcome, numbers: { ...answer.outcome.numbers, ...numbers } };
    s.r.push([{ ...answer, outcome }]);
    assert.deepEqual(s.opened(), [`${cause} ${KEY(SCOPES.indexOf(first.scope.expiry))}`]);
  }
});

test("a desk's own model is held against the batch after its push: its faults are named, and are its own", () => {
  const pushed = (scale: number, level = 0.5) => (at: number): PushedFitEvent[] =>
    SCOPES.map((expiry) => {
      const strikes = [...new Set(instrumentsOf(expiry).map((i) => i.strike))];
      const years = (expiry - at) / (365 * 86_400_000);
      const volatilities = strikes.map((k) => scale * smile(Math.log(k / SPOT), level, years));
      return { type: 'pushed-fit', at, receivedAt: at, model: 'desk', venue: 'deribit', underlying: 'BTC', expiry, family: null, parameters: [], strikes, volatilities };
    }); // prettier-ignore
  const sound = new Stream().run(30).run(10, undefined, pushed(1));
  assert.deepEqual(sound.opened(), [], 'the same push again and again, as true as at first');
  const scaled = new Stream().run(30).run(3, undefined, pushed(1.06));
  assert.deepEqual(scaled.opened(), [`convention-mismatch desk@${BTC}`]);
  assert.notEqual(scaled.r.state.underlyings.get(BTC)?.expiries[2].models[0].gate.reasons.includes('convention-mismatch'), true); // prettier-ignore
  assert.ok(
    scaled.r.state.underlyings.get(BTC)?.expiries[2].models.at(-1)?.gate.reasons.includes('convention-mismatch'),
  );
  scaled.run(4, undefined, pushed(1));
  assert.ok(scaled.resolved('convention-mismatch') !== undefined);
});
