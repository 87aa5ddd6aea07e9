/** The simulated venue: underlyings, script and faults, advanced in virtual time. Same configuration, same outputs. */
import { Random } from '../numeric/random.ts';
import { activeFaults, type ActiveFault } from './distortion.ts';
import { checkSchedule, type ScheduledFault } from './fault.ts';
import type { SimulatedOutput } from './output.ts';
import type { TrueFactors, UnderlyingStart } from './path.ts';
import { REGIMES, type Regime } from './regime.ts';
import { resolveSchedule, scriptOf, type Script, type ScriptName } from './script.ts';
import { trueSurface, type TrueSmile } from './surface.ts';
import { UnderlyingMarket, crashPush, type TruthRecord } from './underlying-market.ts';

/** What a simulation is made from. */
export interface SimulationConfig {
  /** Integer; every random stream derives from it. */
  readonly seed: number;
  /** Epoch ms of the first step's beginning. */
  readonly startAt: number;
  /** Default BTC and ETH. */
  readonly underlyings?: readonly string[];
  /** Default `calm`. */
  readonly script?: ScriptName | Script;
  /** Added to the script's own schedule. */
  readonly faults?: readonly ScheduledFault[];
  /** Length of a step, ms; default 100. From 10 s on every step is a full snapshot. */
  readonly stepMs?: number;
  /** Options per underlying; default all that the venue would list. */
  readonly instrumentLimit?: number | null;
  /** Multiplies quote updates and trades; default 1. */
  readonly activity?: number;
  /** Instants of truth kept for `truth()`; default 50,000. */
  readonly truthHistory?: number;
}

/** The truth of an underlying at an instant. */
export interface Truth {
  /** Epoch ms of the step it holds from. */
  readonly at: number;
  readonly regime: string;
  readonly factors: TrueFactors;
  /** The smile of an expiry (epoch ms): forward, volatility(strike), price(strike, isCall); undefined if not listed. */
  smile(expiry: number): TrueSmile | undefined;
}

const STARTS: Readonly<Record<string, UnderlyingStart>> = {
  BTC: { spot: 96_700, shortVolatility: 0.42, longVolatility: 0.465, shortSkew: -0.25, longSkew: -0.26 },
  ETH: { spot: 3_310, shortVolatility: 0.55, longVolatility: 0.66, shortSkew: -0.2, longSkew: -0.15 },
};

/** The venue in virtual time. */
export class Simulation {
  readonly seed: number;
  readonly stepMs: number;
  readonly script: Script;
  /** The schedule with every scope resolved: what was injected where and when. */
  readonly answerKey: readonly ScheduledFault[];
  readonly underlyings: readonly string[];
  readonly #markets: UnderlyingMarket[];
  readonly #startAt: number;
  readonly #common: Random;
  readonly #history = new Map<string, TruthRecord[]>();
  readonly #historyBound: number;
  #at: number;
  #nextFault = 0;
  #pending: ScheduledFault[] = [];
  #active: readonly ActiveFault[] = [];

  constructor(config: SimulationConfig) {
    checkConfig(config);
    this.seed = config.seed;
    this.stepMs = config.stepMs ?? 100;
    this.#startAt = config.startAt;
    this.#common = new Random(config.seed, 'common');
    this.#at = config.startAt;
    this.#historyBound = config.truthHistory ?? 50_000;
    const script = config.script ?? 'calm';
    this.script = typeof script === 'string' ? scriptOf(script, config.startAt) : script;
    const schedule = [...this.script.schedule, ...(config.faults ?? [])];
    checkSchedule(schedule);
    this.answerKey = resolveSchedule(schedule);
    this.underlyings = config.underlyings ?? ['BTC', 'ETH'];
    this.#markets = this.underlyings.map(
      (underlying) =>
        new UnderlyingMarket({
          underlying,
          seed: config.seed,
          start: STARTS[underlying],
          startAt: config.startAt,
          instrumentLimit: config.instrumentLimit ?? null,
          activity: config.activity ?? 1,
          snapshotFrom: 10_000,
        }),
    );
  }

  /** Epoch ms of the last step. */
  get at(): number {
    return this.#at;
  }

  /** Faults and events that are on at the last step, with their intensity. */
  active(): readonly ActiveFault[] {
    return this.#active;
  }

  /** Runs every whole step that ends at or before `to` (epoch ms) and returns all that the venue said, in order. */
  advance(to: number): SimulatedOutput[] {
    const out: SimulatedOutput[] = [];
    while (this.#at + this.stepMs <= to) this.step(out);
    return out;
  }

  /** One step; appends to `out`. */
  step(out: SimulatedOutput[]): void {
    const from = this.#at;
    this.#at += this.stepMs;
    this.#pending = this.#pending.filter((f) => f.to > from);
    while (this.#nextFault < this.answerKey.length && this.answerKey[this.#nextFault].from <= this.#at)
      this.#pending.push(this.answerKey[this.#nextFault++]);
    const active = (this.#active = activeFaults(this.#pending, this.#at));
    const regime = this.regimeAt(this.#at);
    const common = [this.#common.normal(), this.#common.normal()] as const;
    for (const market of this.#markets) {
      const push = this.#pending.length === 0 ? 0 : crashPush(this.#pending, market.underlying, from, this.#at);
      market.step(this.#at, this.stepMs, regime, active, push, common, out);
      this.#remember(market);
    }
  }

  /** The regime that the script sets for `at`. */
  regimeAt(at: number): Regime {
    let name = this.script.phases[0].regime;
    for (const phase of this.script.phases) if (at - this.#startAt >= phase.after) name = phase.regime;
    return REGIMES[name];
  }

  #remember(market: UnderlyingMarket): void {
    let records = this.#history.get(market.underlying);
    if (records === undefined) this.#history.set(market.underlying, (records = []));
    const record = market.record!;
    const last = records.at(-1);
    if (last !== undefined && record.at - last.at < 1000) return;
    records.push(record);
    if (records.length > this.#historyBound * 1.25) records.splice(0, records.length - this.#historyBound);
  }

  /** The truth that held at `at` (the last record not after it; records are a second or a step apart). Undefined before the first or beyond the history kept. */
  truth(underlying: string, at: number): Truth | undefined {
    const records = this.#history.get(underlying) ?? [];
    let low = 0;
    let high = records.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (records[middle].at <= at) low = middle + 1;
      else high = middle;
    }
    const record = records[low - 1];
    if (record === undefined) return undefined;
    let smiles: TrueSmile[] | null = null;
    return {
      at: record.at,
      regime: record.regime,
      factors: record.factors,
      smile: (expiry) => {
        smiles ??= trueSurface(record.factors, record.at, record.expiries, record.shift, record.averaging);
        return smiles.find((s) => s.expiry === expiry);
      },
    };
  }
}

function checkConfig(config: SimulationConfig): void {
  if (!Number.isSafeInteger(config.seed) || config.seed < 0)
    throw new RangeError(`seed: ${config.seed} is not a whole number >= 0`);
  if (!Number.isFinite(config.startAt)) throw new RangeError(`startAt: ${config.startAt} is not a time`);
  const step = config.stepMs ?? 100;
  if (!(step >= 1)) throw new RangeError(`stepMs: ${step} is below 1`);
  for (const u of config.underlyings ?? [])
    if (!(u in STARTS)) throw new RangeError(`underlyings: ${u} is none of ${Object.keys(STARTS).join(', ')}`);
}

/** A simulation from its configuration. */
export function createSimulation(config: SimulationConfig): Simulation {
  return new Simulation(config);
}
