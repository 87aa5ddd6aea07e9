/**
 * The hedging monitor measured on the simulated venue (SYNTHETIC) at five-minute horizons: how long until a wrong
 * convention, a biased bucket, a stale ratio and a funding shock are named, and what is called a fault that is none.
 * Faults are put into what is published: the venue's deltas and the perpetual's funding.
 */
import { deltaClassOf, tenorOf, type DeltaClass, type Tenor } from '../../hedge/bucket.ts';
import { yearsBetween } from '../../market/year-fraction.ts';
import type { MarketEvent, QuoteEvent } from '../../market/event.ts';
import type { OptionInstrument } from '../../market/instrument.ts';
import type { IncidentRecord } from '../../model/record.ts';
import { DEFAULT_CONFIG } from '../../engine/config.ts';
import { Random } from '../../numeric/random.ts';
import type { Script, ScriptName } from '../../simulator/script.ts';
import { simulatedEvents } from '../../simulator/market-events.ts';
import { Simulation } from '../../simulator/simulation.ts';
import { EngineRun } from './engine-run.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 5, 9);
/** Health before an onset: what the monitor has learnt from. */
const WARM_MS = DAY;

/** One fault as the bench injects it. */
export interface HedgeFault {
  readonly name: string;
  /** Names that count as right, and the time within which one must come, ms. */
  readonly cause: string;
  readonly withinMs: number;
  /** Changes an event while the fault is on. */
  distort(event: MarketEvent, context: FaultContext): MarketEvent;
}

/** What a fault may look at. */
export interface FaultContext {
  readonly instrument: (symbol: string) => OptionInstrument | undefined;
  /** The delta that was published `ageMs` ago for a symbol, before any fault; the oldest kept when none is that old. */
  readonly past: (symbol: string, ageMs: number) => number | null;
  readonly onset: number;
  /** Chosen per onset: a bucket to bias. */
  readonly bucket: { readonly side: 'call' | 'put'; readonly tenor: Tenor; readonly delta: DeltaClass };
  readonly sign: 1 | -1;
}

function withDelta(event: MarketEvent, change: (quote: QuoteEvent, delta: number) => number | null): MarketEvent {
  if (event.type !== 'quote' || event.delta === null) return event;
  return { ...event, delta: change(event, event.delta) };
}

const BUCKETS: readonly FaultContext['bucket'][] = (['call', 'put'] as const).flatMap((side) =>
  (['2-8d', '8-31d', '31-93d'] as const).flatMap((tenor) =>
    (['10-25', '25-50'] as const).map((delta) => ({ side, tenor, delta })),
  ),
);

/** Everything that is injected, with the time allowed. */
export const HEDGE_FAULTS: readonly HedgeFault[] = [
  {
    name: 'premium-adjusted delta published as Black',
    cause: 'convention-mismatch',
    withinMs: 2 * HOUR,
    distort: (event) => withDelta(event, (q, delta) => delta - (q.mark ?? 0)),
  },
  {
    name: 'one bucket 10 % off',
    cause: 'hedge-bias',
    withinMs: 2 * DAY,
    distort: (event, c) =>
      withDelta(event, (q, delta) => {
        const option = c.instrument(q.symbol);
        const { side, tenor, delta: size } = c.bucket;
        if (option === undefined || option.side !== side || deltaClassOf(delta) !== size) return delta;
        return tenorOf(yearsBetween(q.at, option.expiry)) === tenor ? delta * (1 + 0.1 * c.sign) : delta;
      }),
  },
  {
    name: 'deltas stand still',
    cause: 'stale-hedge-ratio',
    withinMs: DAY,
    distort: (event, c) => withDelta(event, (q) => c.past(q.symbol, q.at - c.onset)),
  },
  {
    name: 'deltas six hours old',
    cause: 'stale-hedge-ratio',
    withinMs: DAY,
    distort: (event, c) => withDelta(event, (q) => c.past(q.symbol, 6 * HOUR)),
  },
  {
    name: 'funding at 0.1 % per 8 hours',
    cause: 'funding-shock',
    withinMs: HOUR,
    distort: (event, c) =>
      event.type === 'future' && event.expiry === null ? { ...event, funding8h: 0.001 * c.sign } : event,
  },
];

/** One onset. */
export interface HedgeCase {
  readonly fault: string;
  readonly expected: string;
  readonly seed: number;
  readonly within_h: number;
  /** Hours from onset to the first incident with the right name; null: not within the time allowed. */
  readonly named_h: number | null;
  /** What was opened before that and is not the right name. */
  readonly others: readonly string[];
  readonly detail: string;
}

/** A run without a fault of hedging. */
export interface HedgeHealth {
  readonly script: string;
  readonly seed: number;
  readonly days: number;
  /** Incidents of hedging that were opened: all of them false, but for what the script does to basis and funding. */
  readonly pages: readonly string[];
  readonly pages_per_30_days: number;
}

/** Everything measured. */
export interface HedgeBenchResult {
  readonly seed: number;
  readonly cases: readonly HedgeCase[];
  readonly health: readonly HedgeHealth[];
}

/** What to run. */
export interface HedgeBenchOptions {
  readonly seed: number;
  /** Days of health. */
  readonly days: number;
  /** Onsets of each fault. */
  readonly onsets: number;
  /** Options that the venue lists; null = all. */
  readonly instrumentLimit: number | null;
  readonly onProgress: (what: string, share: number) => void;
}

/** Runs health, a change of regime, and every fault. Same seed, same result. */
export function runHedgeBench(options: HedgeBenchOptions): HedgeBenchResult {
  const { seed, days, onsets } = options;
  const cases: HedgeCase[] = [];
  const total = HEDGE_FAULTS.length * onsets;
  for (let i = 0; i < onsets; i++)
    for (const fault of HEDGE_FAULTS) {
      options.onProgress(fault.name, cases.length / total);
      cases.push(runFault(fault, seed * 1000 + i, options));
    }
  const health = [
    runHealth('month', 'month', seed, days, options),
    runHealth(flip(days), 'regime', seed, days, options),
  ];
  return { seed, cases, health };
}

/** Calm and rally in turns: the slope of volatility on spot changes its sign every three days. */
function flip(days: number): Script {
  const phases: Script['phases'] = Array.from({ length: Math.ceil(days / 3) }, (_, i) => ({
    after: 3 * i * DAY,
    regime: i % 2 === 0 ? ('calm' as const) : ('rally' as const),
  }));
  return { name: 'regime', phases, schedule: [] };
}

function isHedging(record: { readonly type: string }): record is IncidentRecord {
  return record.type === 'incident' && (record as IncidentRecord).scope.includes(':hedge/');
}

function runHealth(
  script: Script | ScriptName,
  name: string,
  seed: number,
  days: number,
  options: HedgeBenchOptions,
): HedgeHealth {
  const pages: string[] = [];
  const simulation = new Simulation({
    seed,
    startAt: START,
    underlyings: ['BTC'],
    script,
    stepMs: 300_000,
    truthHistory: 10,
    instrumentLimit: options.instrumentLimit,
  });
  const run = new EngineRun(DEFAULT_CONFIG);
  for (const events of simulatedEvents(simulation, { until: START + days * DAY })) {
    options.onProgress(`health (${name})`, (simulation.at - START) / (days * DAY));
    for (const r of run.run(events))
      if (isHedging(r) && r.state === 'open') {
        const active = simulation.active().map((a) => a.fault.fault);
        pages.push(`${r.at} ${r.cause} ${r.scope} ${JSON.stringify(r.evidence)} during [${active.join(' ')}]`);
      }
  }
  return { script: name, seed, days, pages, pages_per_30_days: (pages.length * 30) / days };
}

/** Published deltas by symbol at five-minute spacing, six hours and a bit. */
class DeltaHistory {
  readonly #kept = new Map<string, { readonly at: number; readonly delta: number }[]>();

  add(quote: QuoteEvent): void {
    if (quote.delta === null) return;
    let list = this.#kept.get(quote.symbol);
    if (list === undefined) this.#kept.set(quote.symbol, (list = []));
    list.push({ at: quote.at, delta: quote.delta });
    if (list.length > 700) list.shift();
  }

  read(symbol: string, at: number): number | null {
    const list = this.#kept.get(symbol) ?? [];
    return (list.findLast((d) => d.at <= at) ?? list[0])?.delta ?? null;
  }
}

function runFault(fault: HedgeFault, seed: number, options: HedgeBenchOptions): HedgeCase {
  const random = new Random(seed, `hedge-bench/${fault.name}`);
  const onset = START + WARM_MS + Math.floor(random.between(0, 12) * 12) * 300_000;
  const bucket = BUCKETS[random.integer(BUCKETS.length)];
  const sign = random.chance(0.5) ? 1 : -1;
  const simulation = new Simulation({
    seed,
    startAt: START,
    underlyings: ['BTC'],
    script: 'calm',
    stepMs: 300_000,
    truthHistory: 10,
    instrumentLimit: options.instrumentLimit,
  });
  const run = new EngineRun(DEFAULT_CONFIG);
  const history = new DeltaHistory();
  const instruments = new Map<string, OptionInstrument>();
  let now = START;
  const context: FaultContext = {
    instrument: (symbol) => instruments.get(symbol),
    past: (symbol, age) => history.read(symbol, now - age),
    onset,
    bucket,
    sign,
  };
  const others: string[] = [];
  const done = (named: number | null, detail: string): HedgeCase => {
    const place =
      fault.cause === 'hedge-bias'
        ? ` in ${bucket.side} ${bucket.tenor} ${bucket.delta} (${sign > 0 ? '+' : '-'})`
        : '';
    return {
      fault: `${fault.name}${place}`,
      expected: fault.cause,
      seed,
      within_h: fault.withinMs / HOUR,
      named_h: named,
      others,
      detail,
    };
  };
  for (const events of simulatedEvents(simulation, { until: onset + fault.withinMs })) {
    now = simulation.at;
    for (const e of events) {
      if (e.type === 'instrument') instruments.set(e.instrument.symbol, e.instrument);
      else if (e.type === 'quote') history.add(e);
    }
    const shown = now < onset ? events : events.map((e) => fault.distort(e, context));
    for (const r of run.run(shown)) {
      if (!isHedging(r) || r.state !== 'open') continue;
      if (now >= onset && r.cause === fault.cause)
        return done((now - onset) / HOUR, `${r.scope} ${JSON.stringify(r.evidence)}`);
      others.push(`${r.cause} ${r.scope}${now < onset ? ' before the onset' : ''}`);
    }
  }
  return done(null, '');
}
