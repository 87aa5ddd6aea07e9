import { isoTime } from '../market/iso-time.ts';
import { tenorOf, TENORS } from '../hedge/bucket.ts';
import { sviVolatility, type ExpiryModels } from '../hedge/expiry-models.ts';
import { watchFunding } from '../hedge/funding-watch.ts';
import { HestonExpiry } from '../hedge/heston-delta.ts';
import { HEDGE_FAMILIES } from '../hedge/hedge-family.ts';
import { byExpiry, CALIBRATED_BY, HEDGE_PREFIX, hedgeModel } from '../hedge/hedge-model.ts';
import {
  hourSlope,
  learnHorizon,
  logMove,
  moveCovariance,
  pairDeviation,
  parameterSlopesOf,
  volatilityDeviation,
} from '../hedge/hedge-moments.ts';
import { endHorizon, hedgeObservations, hedgeStart, type HedgedBatch } from '../hedge/hedge-start.ts';
import { HOUR_MS } from '../hedge/hour-sums.ts';
import { checkRatios, initRatioCheck, readRatioFaults, referenceErrors, STALE_LAGS_MS } from '../hedge/ratio-check.ts';
import { pairParameters, VEGA_HEDGE } from '../hedge/vega-hedge.ts';
import type { Fit } from '../model/contract.ts';
import type { HedgeScoreRecord } from '../model/record.ts';
import { log } from '../numeric/exponential.ts';
import { MAD_TO_SD, median } from '../numeric/robust.ts';
import { HEDGE_CAUSES } from '../policy/causes.ts';
import type { Diagnosis } from '../policy/diagnosis.ts';
import { gateChange, type GateState } from '../policy/gate.ts';
import { updateIncidents } from '../policy/incident.ts';
import { readHeston } from '../surface/heston-fit.ts';
import type { ClosedExpiry } from './close.ts';
import type { Effect } from './effect.ts';
import { addHorizon, endSlots } from './hedge-contest.ts';
import { positionsIn } from './book-market.ts';
import { addPair, initPairWatch, type PairWatch } from './hedge-pair.ts';
import { hedgeChain } from './hedge-chain.ts';
import { explainHorizon } from './hedge-explain.ts';
import { requestHedgeFits } from './hedge-fits.ts';
import { contentsOf, noteHedgeScores } from './hedge-registry.ts';
import { fundingOf, type HedgeRegime, type HedgeWatch } from './hedge-state.ts';
import type { EngineState, ExpiryState, UnderlyingState } from './state.ts';
import { newestVersion } from './versions.ts';

/** Shortest horizon: over less, option and forward are seen too far apart in time to be compared (Epps). */
const HORIZON_MS = 300_000;
/**
 * A horizon that lasts longer has a hole in it. Snapshots further apart are for `hedge backtest`: thirteen models on each
 * would halve the pace of a replay, and say no more.
 */
const LONGEST_MS = 3_600_000;
/** Volatility's own unforeseen move before it has been measured: one point in an hour, per root second. */
const FIRST_DEVIATION = 0.01 / 60;
/** A hedge of two instruments is judged worth its costs over a day: it is held, not opened and closed every horizon. */
const HELD_SECONDS = 86_400;
const PATH_KEPT = 600;
const REGIMES_KEPT = 120;
/** A ratio's fault is told after so many looks in a row, and over when it has been absent so long, ms. */
const PATIENCE = 2;
const LINGER_MS = 1_800_000;

/**
 * Hedging at a close, after everything else has been judged: ends the horizons that are five minutes old, scores every
 * hedging model on them with the ratios of their start, learns, compares, names what is wrong, and begins the next.
 * Horizons with an open fault of the data at either end are thrown away.
 */
export function watchHedge(
  state: EngineState,
  underlying: UnderlyingState,
  closed: readonly ClosedExpiry[],
  at: number,
): Effect[] {
  const watch = underlying.hedge;
  const effects: Effect[] = [];
  if (at - underlying.closedAt > LONGEST_MS) {
    watch.starts.clear();
    return effects;
  }
  const faulty = new Set([...underlying.incidents.open.values()].filter((i) => i.kind === 'data').map((i) => i.scope));
  const settlement = closed[0]?.reading.expiry.entries[0]?.instrument.settlement === 'linear' ? 'usd' : 'coin';
  const clean = faulty.size === 0;
  for (const record of endSlots(watch, at, settlement, clean, state.config.approval, underlying.key))
    effects.push({ type: 'record', record });
  followPath(watch, underlying, at);
  forgetExpired(watch, underlying);
  let judged = false;
  let sizes: ReadonlyMap<string, number> | null = null;
  for (const { reading } of closed) {
    const { expiry, facts } = reading;
    if (faulty.has(expiry.key) || faulty.has(underlying.key)) {
      watch.starts.delete(expiry.key);
      continue;
    }
    const before = watch.starts.get(expiry.key);
    if (before !== undefined && at - before.at < HORIZON_MS) continue;
    const chain = hedgeChain(expiry, at, facts.forward);
    if (chain === null) {
      watch.starts.delete(expiry.key);
      continue;
    }
    if (before !== undefined && at - before.at <= LONGEST_MS) {
      const batch = endHorizon(before, chain, at);
      if (batch !== null) {
        judged = true;
        const { explained } = watch;
        sizes ??= sizesOf(state, underlying);
        explainHorizon(watch, explained.chain, batch, facts.atmVol, null, underlying.underlying);
        if (sizes.size > 0) explainHorizon(watch, explained.book, batch, facts.atmVol, sizes, underlying.underlying);
        const pairs = addPair(pairOf(watch, expiry.key), batch, settlement, sizes);
        const judgement = judgeHorizon(watch, underlying, expiry, batch, facts.atmVol);
        effects.push({ type: 'record', record: { ...judgement, pair: pairs.chain, book_pair: pairs.book } });
      }
    }
    const known = knowledge(watch, expiry, chain.years, reach(chain.options.map((o) => log(o.strike / o.forward))), at);
    const start = hedgeStart(chain, at, known, [...watch.pushed.values()], before ?? null);
    if (start === null) watch.starts.delete(expiry.key);
    else {
      const contents = contentsOf(watch, start.members);
      watch.starts.set(expiry.key, { ...start, atm: facts.atmVol, contents });
    }
  }
  if (judged) watch.judgedAt = at;
  effects.push(...nameFaults(watch, underlying, at, judged));
  effects.push(...requestHedgeFits(state, underlying, at));
  effects.push(...moveGate(watch, underlying, at));
  return effects;
}

function forgetExpired(watch: HedgeWatch, underlying: UnderlyingState): void {
  const alive = new Set(underlying.expiries.map((e) => e.key));
  for (const key of watch.starts.keys()) if (!alive.has(key)) watch.starts.delete(key);
  for (const key of watch.pairs.keys()) if (!alive.has(key)) watch.pairs.delete(key);
}

function pairOf(watch: HedgeWatch, key: string): PairWatch {
  let found = watch.pairs.get(key);
  if (found === undefined) watch.pairs.set(key, (found = initPairWatch()));
  return found;
}

/** Coins held of each option. */
function sizesOf(state: EngineState, underlying: UnderlyingState): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const p of positionsIn(state, underlying))
    if (p.kind === 'option') sizes.set(p.symbol, (sizes.get(p.symbol) ?? 0) + p.size);
  return sizes;
}

function reach(k: readonly number[]): number {
  return k.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
}

/** What families may look at now: calibrations in force and the past, never this batch's outcome. */
function knowledge(watch: HedgeWatch, expiry: ExpiryState, years: number, reachK: number, at: number) {
  const { calibrations, moments } = watch;
  const tenor = TENORS.indexOf(tenorOf(years));
  const fit = (name: string): Fit | undefined => calibrations.get(name);
  const svi = expiry.models.find((t) => t.model === 'svi');
  const smile = svi === undefined ? null : (newestVersion(svi)?.fit ?? null);
  const curve = smile === null ? undefined : Float64Array.from(smile.parameters);
  const centre = curve === undefined ? { sigma: NaN, slope: NaN } : sviVolatility(curve, 0, smile?.years ?? years);
  const sabr = byExpiry(fit('hedge-sabr')?.parameters ?? [], 3).get(expiry.expiry);
  const jumps = byExpiry(fit('hedge-jump-mv')?.parameters ?? [], 4).get(expiry.expiry);
  const heston = fit('hedge-heston-mv');
  const models: ExpiryModels = {
    svi: curve,
    sabr: sabr === undefined ? undefined : Float64Array.from(sabr),
    heston:
      heston === undefined
        ? undefined
        : new HestonExpiry(readHeston(Float64Array.from(heston.parameters)), years, reachK, 'quick'),
    merton:
      jumps === undefined
        ? undefined
        : { sigma: jumps[0], lambda: jumps[1], jumpMean: jumps[2], jumpDeviation: jumps[3] },
    atm: centre.sigma,
    atmSlope: centre.slope,
  };
  const ratio = fit('hedge-skew-stickiness-atm')?.parameters[tenor] ?? 1;
  const hw = fit('hedge-hull-white')?.parameters ?? null;
  const side = (o: number) => (hw === null ? undefined : { a: hw[o], b: hw[o + 1], c: hw[o + 2] });
  const madeAt = new Map<string, number>();
  for (const f of HEDGE_FAMILIES) {
    const source = fit(CALIBRATED_BY[f.name] ?? '')?.at;
    const made = Math.min(source ?? at, f.uses.includes('svi') ? (smile?.at ?? at) : at);
    if (made < at) madeAt.set(f.name, made);
  }
  return {
    models,
    moves: {
      ratio,
      sabrSlopes: parameterSlopesOf(moments.parameters[tenor]),
      covariance: moveCovariance(moments.smiles[tenor], HELD_SECONDS),
    },
    hullWhite: { call: side(0), put: side(3) },
    madeAt,
  };
}

/** Scores every member on a horizon that has ended, adds it to buckets and checks, and learns from it. */
function judgeHorizon(
  watch: HedgeWatch,
  underlying: UnderlyingState,
  expiry: ExpiryState,
  batch: HedgedBatch,
  atmAfter: number,
): Omit<HedgeScoreRecord, 'pair' | 'book_pair'> {
  const { start } = batch;
  const regime = regimeAt(watch, batch.at);
  const losses = addHorizon(watch, batch, underlying.underlying);
  const deviation = volatilityDeviation(watch.moments.smiles[TENORS.indexOf(tenorOf(start.years))], FIRST_DEVIATION);
  const pairs = watch.moments.pairs[TENORS.indexOf(tenorOf(start.years))];
  const pz = scoreMembers(expiry, batch, deviation, pairDeviation(pairs, deviation));
  noteHedgeScores(watch, start, pz);
  const errors = referenceErrors(batch);
  const past = STALE_LAGS_MS.map((lag) => pastMove(watch, start.at, lag));
  for (const name of ['venue', ...watch.pushed.keys()]) {
    const member = start.members.indexOf(name);
    if (member < 0) continue;
    let check = watch.checks.get(name);
    if (check === undefined) watch.checks.set(name, (check = initRatioCheck()));
    checkRatios(check, batch, member, errors, past, underlying.underlying);
  }
  const seconds = (batch.at - start.at) / 1000;
  const hw = watch.calibrations.get('hedge-hull-white')?.parameters ?? null;
  const side = (o: number) => (hw === null ? undefined : { a: hw[o], b: hw[o + 1], c: hw[o + 2] });
  learnHorizon(watch.moments, batch, atmAfter, deviation * Math.sqrt(seconds), { call: side(0), put: side(3) });
  const finite = (v: number): number | null => (Number.isFinite(v) ? v : null);
  return {
    type: 'hedge-score',
    at: isoTime(batch.at),
    venue: underlying.venue,
    underlying: underlying.underlying,
    expiry: isoTime(start.expiry),
    horizon_s: seconds,
    n: batch.row.length,
    regime,
    forward_move: logMove(batch),
    unhedged_coin: losses.rawCoin,
    unhedged_usd: losses.rawUsd,
    models: [...start.members],
    pz: pz.map(finite),
    hedged_coin: [...losses.coin],
    hedged_usd: [...losses.usd],
    answered: [...losses.answered],
    age_s: start.madeAt.map((made) => (start.at - made) / 1000),
    cost_coin: [...losses.cost],
  };
}

/** rms of standardised errors of each member's predicted USD change; NaN where it had no ratio. */
function scoreMembers(expiry: ExpiryState, batch: HedgedBatch, deviation: number, pairs: number): number[] {
  const { start } = batch;
  const observations = hedgeObservations(batch);
  const n = batch.row.length;
  const out = { mean: new Float64Array(n), sd: new Float64Array(n) };
  const width = start.members.length;
  return start.members.map((name, j) => {
    const model = hedgeModel(HEDGE_PREFIX + name);
    const isPair = name === VEGA_HEDGE;
    const fit: Fit = {
      id: `${model.name}@${expiry.key}#${start.at}`,
      model: model.name,
      scope: expiry.scope,
      at: start.madeAt[j],
      forward: start.forward,
      years: start.years,
      parameters: isPair ? pairParameters(start) : Array.from(start.symbols, (_, o) => start.ratios[o * width + j]),
      covariance: [],
      numbers: { volDeviation: isPair ? pairs : deviation },
    };
    model.predict(fit, observations, out);
    let [squares, count] = [0, 0];
    for (let i = 0; i < n; i++) {
      const error = observations.value[i] - out.mean[i];
      const variance = observations.noise[i] * observations.noise[i] + out.sd[i] * out.sd[i];
      if (!(Math.abs(error) < Infinity) || !(variance > 0)) continue;
      squares += (error * error) / variance;
      count++;
    }
    return Math.sqrt(squares / count);
  });
}

function followPath(watch: HedgeWatch, underlying: UnderlyingState, at: number): void {
  const price = underlying.index?.price ?? underlying.quotedIndex;
  const last = watch.path.at(-1);
  if (!(price > 0) || (last !== undefined && at - last.at < HORIZON_MS)) return;
  watch.path.push({ at, price });
  if (watch.path.length > PATH_KEPT) watch.path.shift();
}

/** F a lag before `at` over F at `at`; NaN where the path does not reach. */
function pastMove(watch: HedgeWatch, at: number, lag: number): number {
  const nearest = (wanted: number) => watch.path.findLast((p) => p.at <= wanted);
  const [then, now] = [nearest(at - lag), nearest(at)];
  if (then === undefined || now === undefined || at - lag - then.at > 2 * HORIZON_MS) return NaN;
  return then.price / now.price;
}

const STRESS = 8;
/** Hours that a regime is read from. */
const REGIME_MS = 12 * HOUR_MS;
const REGIME_HOURS = 6;
/** Tenors that a regime is read from, in the order of trust. */
const REGIME_TENORS = [2, 1, 3, 4, 0] as const;

/** The regime of the hour of `at`; a stressed moment makes the whole hour one. */
function regimeAt(watch: HedgeWatch, at: number): HedgeRegime {
  const hour = Math.floor(at / HOUR_MS) * HOUR_MS;
  const last = watch.regimes.at(-1);
  const regime = readRegime(watch, at);
  if (last?.hour === hour) {
    if (regime === 'stress') last.regime = regime;
    return last.regime;
  }
  watch.regimes.push({ hour, regime });
  if (watch.regimes.length > REGIMES_KEPT) watch.regimes.shift();
  return regime;
}

function readRegime(watch: HedgeWatch, at: number): HedgeRegime {
  const { path } = watch;
  const moves: number[] = [];
  for (let i = 1; i < path.length; i++) moves.push(log(path[i].price / path[i - 1].price));
  const scale = MAD_TO_SD * median(moves.map(Math.abs));
  for (let i = 1; i < path.length; i++)
    if (moves.length >= 24 && at - path[i].at <= HOUR_MS && Math.abs(moves[i - 1]) > STRESS * scale) return 'stress';
  const recent = REGIME_TENORS.map((t) => watch.moments.smiles[t].cells.filter((c) => c.hour > at - REGIME_MS));
  const cells = recent.find((c) => c.length >= REGIME_HOURS) ?? [];
  const slope = hourSlope(cells.map(({ sums }) => ({ weight: 1, sums })), { xx: 0, xy: 1, n: 5 }, REGIME_HOURS); // prettier-ignore
  if (slope === undefined || !(Math.abs(slope.slope) > 2 * slope.standardError)) return 'unclear';
  return slope.slope < 0 ? 'volatility-against-spot' : 'volatility-with-spot';
}

/** Faults of stated ratios and shocks of funding and basis, as incidents of the hedging book. */
function nameFaults(watch: HedgeWatch, underlying: UnderlyingState, at: number, judged: boolean): Effect[] {
  const found: Diagnosis[] = [];
  const prefix = `${underlying.key}:hedge`;
  const { open } = watch.incidents;
  for (const [name, check] of watch.checks) {
    const isRule = watch.pushed.get(name)?.convention === 'rule';
    const scope = `${prefix}/${name}`;
    const isOpen = (cause: string): boolean =>
      [...open.values()].some((i) => i.cause === cause && i.scope.startsWith(scope));
    for (const f of readRatioFaults(check, isRule, isOpen)) {
      const { cause, bucket, detail, explained, size, followed, z, times } = f;
      found.push({
        cause,
        kind: HEDGE_CAUSES[cause].kind,
        scope: bucket === null ? scope : `${scope}/${bucket}`,
        severity: 'warning',
        logOdds: z,
        evidence: { model: name, detail, explained, size, followed, z, times, horizon_s: HORIZON_MS / 1000 },
      });
    }
  }
  found.push(...fundingShocks(watch, underlying, at));
  const records = updateIncidents(
    watch.incidents,
    `${underlying.key}-hedge`,
    at,
    found,
    (scope, cause) => cause === 'funding-shock' || judged || !scope.startsWith(prefix),
    (d) => (judged || d.cause === 'funding-shock' ? PATIENCE : Infinity),
    () => LINGER_MS,
  );
  return records.map((record) => ({ type: 'record', record }));
}

function fundingShocks(watch: HedgeWatch, underlying: UnderlyingState, at: number): Diagnosis[] {
  const found: Diagnosis[] = [];
  const index = underlying.index?.price ?? underlying.quotedIndex;
  for (const future of underlying.futures.values()) {
    if (future.expiry !== null) continue;
    const mid = future.bid !== null && future.ask !== null ? 0.5 * (future.bid + future.ask) : (future.mark ?? NaN);
    for (const s of watchFunding(fundingOf(watch, future.symbol), at, future.funding8h ?? NaN, mid / index - 1))
      found.push({
        cause: 'funding-shock',
        kind: HEDGE_CAUSES['funding-shock'].kind,
        scope: `${underlying.key}:hedge/${future.symbol}`,
        severity: 'warning',
        logOdds: s.z,
        evidence: { what: s.what, value: s.value, usual: s.usual, z: s.z, per_year: s.perYear },
      });
  }
  return found;
}

/** A horizon that ended longer ago than this proves nothing of now, ms. */
const PROVEN_MS = 1_800_000;

/** The gate of hedging: shut by faults of the data and by silence, widened by shocks, faults of ratios and stress. */
function moveGate(watch: HedgeWatch, underlying: UnderlyingState, at: number): Effect[] {
  const data = [...underlying.incidents.open.values()].filter((i) => i.kind === 'data' && i.scope === underlying.key);
  const shut = data.map((i) => i.cause);
  if (underlying.platform !== 'open') shut.push(`platform-${underlying.platform}`);
  if (underlying.feed === 'down') shut.push('feed-down');
  if (!(at - watch.judgedAt <= Math.max(PROVEN_MS, 3 * (underlying.cadenceMs || 0)))) shut.push('warming-up');
  const wide = [...new Set([...watch.incidents.open.values()].map((i) => i.cause))];
  if (watch.regimes.at(-1)?.regime === 'stress') wide.push('stress');
  const after: GateState =
    shut.length > 0
      ? { state: 'DO_NOT_USE', reasons: shut }
      : { state: wide.length > 0 ? 'WIDEN' : 'OK', reasons: wide };
  const record = gateChange(watch.gate, after, `hedge@${underlying.key}`, at);
  watch.gate = after;
  return record === null ? [] : [{ type: 'record', record }];
}
