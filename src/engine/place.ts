import { initUsualLevel } from '../detect/hour-of-week.ts';
import { initLevelShift } from '../detect/level-shift.ts';
import { initPrewhiten } from '../detect/prewhiten.ts';
import { rankE } from '../detect/rank-e.ts';
import { initTrailingMedian } from '../detect/trailing-median.ts';
import { newEntry } from '../market/chain.ts';
import type { OptionInstrument } from '../market/instrument.ts';
import { yearsBetween } from '../market/year-fraction.ts';
import { scopeKey } from '../model/contract.ts';
import { GATE_CLOSED } from '../policy/gate.ts';
import { initWhole, initWings } from '../policy/wing-gate.ts';
import { initIncidentBook } from '../policy/incident.ts';
import { flatSeason, priorCoverage, priorSpread, priorSpreadSeason } from '../quality/prior-baselines.ts';
import { DATA_METRICS } from '../quality/registry.ts';
import { initDynamics } from '../score/dynamics.ts';
import { initHalfLife } from '../score/half-life.ts';
import { initHorizonNoise } from '../score/horizon-noise.ts';
import { initTradeScore } from '../score/trade-score.ts';
import type { EngineState, ExpiryState, InstrumentPlace, ModelTrack, UnderlyingState } from './state.ts';
import { initBookWatch } from './book-state.ts';
import { initHedgeWatch } from './hedge-state.ts';
import { initCalibrationLoop } from './calibration-loop.ts';
import { countRefused } from './state.ts';
import { initFactorWatch } from './watch-factors.ts';

/** Closes the quoted count and spreads are compared with: about three days of six-hourly chains, minutes of a stream. */
const BASELINE_CLOSES = 24;

/** Batches that the level of a smile is compared with to see it jump. */
const JUMP_MEMORY = 8;

/** Finds or makes the underlying's state. */
export function underlyingOf(state: EngineState, venue: string, underlying: string): UnderlyingState {
  const key = scopeKey({ venue, underlying, expiry: 0 });
  let found = state.underlyings.get(key);
  if (found === undefined) {
    found = {
      key,
      venue,
      underlying,
      expiries: [],
      index: null,
      quotedIndex: NaN,
      futures: new Map(),
      recentTrades: new Set(),
      ownTrades: new Set(),
      platform: 'open',
      feed: 'live',
      watermark: -Infinity,
      closedAt: NaN,
      cadenceMs: NaN,
      watchedAt: -Infinity,
      closedIndex: NaN,
      jumpedAt: -Infinity,
      quotedBaseline: initTrailingMedian(BASELINE_CLOSES),
      seasons: {
        spread: priorSpreadSeason(),
        depth: flatSeason(),
        coverage: flatSeason(),
        rate: flatSeason(),
      },
      usualRate: initUsualLevel(NaN),
      factors: initFactorWatch(),
      channels: new Map(),
      atmBaseline: initTrailingMedian(BASELINE_CLOSES),
      packages: [],
      packageErrors: [],
      feedHealth: { messages: 0, late: 0, lagMs: 0, lostAt: -Infinity },
      incidents: initIncidentBook(),
      book: initBookWatch(state.config.bookLimits),
      hedge: initHedgeWatch(),
      awaitingProof: new Map(),
    };
    state.underlyings.set(key, found);
  }
  return found;
}

/** Gives a newly listed option its place; null (counted) when it is over the bound on instruments. */
export function placeInstrument(state: EngineState, instrument: OptionInstrument, at: number): InstrumentPlace | null {
  const key = `${instrument.venue}:${instrument.symbol}`;
  const known = state.instruments.get(key);
  if (known !== undefined) return known;
  const underlying = underlyingOf(state, instrument.venue, instrument.underlying);
  const listed = underlying.expiries.reduce((n, e) => n + e.entries.length, 0);
  if (listed >= state.config.maxInstruments) {
    countRefused(state, 'too-many-instruments');
    return null;
  }
  const expiry = expiryOf(state, underlying, instrument.expiry, at);
  const entry = newEntry(instrument);
  const index = expiry.entries.findIndex((e) => after(e.instrument, instrument));
  if (index < 0) expiry.entries.push(entry);
  else expiry.entries.splice(index, 0, entry);
  const place = { entry, expiry, underlying };
  state.instruments.set(key, place);
  return place;
}

function after(a: OptionInstrument, b: OptionInstrument): boolean {
  return a.strike > b.strike || (a.strike === b.strike && a.side === 'put' && b.side === 'call');
}

function expiryOf(state: EngineState, underlying: UnderlyingState, expiry: number, at: number): ExpiryState {
  const found = underlying.expiries.find((e) => e.expiry === expiry);
  if (found !== undefined) return found;
  const scope = { venue: underlying.venue, underlying: underlying.underlying, expiry };
  const years = yearsBetween(at, expiry);
  const made: ExpiryState = {
    scope,
    key: scopeKey(scope),
    expiry,
    entries: [],
    changed: 0,
    messages: 0,
    closedAt: NaN,
    scoredAt: -Infinity,
    messageAt: NaN,
    changedAt: NaN,
    lostAt: -Infinity,
    skewMs: 0,
    changeRate: NaN,
    rateCloses: 0,
    spreadBaseline: initTrailingMedian(BASELINE_CLOSES),
    usual: {
      spread: initUsualLevel(priorSpread(years)),
      depth: initUsualLevel(NaN),
      coverage: initUsualLevel(priorCoverage(years)),
    },
    countBaseline: initTrailingMedian(BASELINE_CLOSES),
    shifts: [initLevelShift(), initLevelShift(), initLevelShift()],
    jump: initLevelShift(JUMP_MEMORY),
    jumpFrom: { fit: null, offset: 0 },
    shape: { filter: initPrewhiten(), test: rankE.init(), takenAt: -Infinity, toldUntil: -Infinity },
    factors: initFactorWatch(),
    metrics: DATA_METRICS.map((m) => m.init()),
    models: state.config.models.map((model) => newTrack(model, years)),
    loop: initCalibrationLoop(state.config.champion),
  };
  takeUpManual(state, made);
  underlying.expiries.push(made);
  underlying.expiries.sort((a, b) => a.expiry - b.expiry);
  return made;
}

/** An expiry that people had taken over before this engine began stays theirs. */
function takeUpManual(state: EngineState, { key, loop }: ExpiryState): void {
  const since = state.oversight.manual.get(key);
  if (since === undefined) return;
  state.oversight.manual.delete(key);
  loop.machine = { ...loop.machine, state: 'MANUAL', since };
}

/** The track of a model on an expiry `years` away that has neither fits nor scores yet. */
export function newTrack(model: string, years: number): ModelTrack {
  return {
    model,
    versions: [],
    noise: initHorizonNoise(years),
    pz: NaN,
    wings: initWings(),
    whole: initWhole(),
    lastJobAt: -Infinity,
    pending: null,
    fits: 0,
    gate: GATE_CLOSED,
    answers: [],
    trades: initTradeScore(),
    halfLife: initHalfLife(),
    dynamics: initDynamics(),
    features: null,
    check: null,
  };
}

/** Forgets an expiry whose options have been delivered, with its instruments. */
export function removeExpiry(state: EngineState, underlying: UnderlyingState, expiry: ExpiryState): void {
  for (const e of expiry.entries) state.instruments.delete(`${e.instrument.venue}:${e.instrument.symbol}`);
  underlying.expiries.splice(underlying.expiries.indexOf(expiry), 1);
}
