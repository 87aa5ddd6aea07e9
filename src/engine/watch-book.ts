import { isoTime } from '../market/iso-time.ts';
import type { BookRecord } from '../model/record.ts';
import { blackGreeks, blackPrice } from '../numeric/black.ts';
import { log } from '../numeric/exponential.ts';
import { GRACE_MS, isLapsed, preferred, type Account } from '../portfolio/account.ts';
import { hedgeBias } from '../portfolio/book-report.ts';
import { closeOut } from '../portfolio/close-out.ts';
import { bookExposure, noExposure } from '../portfolio/exposure.ts';
import { marginFigures, type MarginFigures } from '../portfolio/margin-figures.ts';
import { marginGrid } from '../portfolio/portfolio-margin.ts';
import { driftMoney, smileVega, type SmileVega } from '../portfolio/smile-exposure.ts';
import type { Diagnosis } from '../policy/diagnosis.ts';
import { updateIncidents } from '../policy/incident.ts';
import { applyRules } from '../policy/rules.ts';
import {
  bookSources,
  fitOf,
  marketOf,
  positionsIn,
  priceBook,
  sourceVolatilities,
  volatilities,
  type PricedBook,
  type PricedExpiry,
} from './book-market.ts';
import { reserveOf } from './book-reserve.ts';
import { slopesIn } from './book-slopes.ts';
import type { BookStatus, MeasuredBook } from './book-state.ts';
import type { ClosedExpiry } from './close.ts';
import type { Effect } from './effect.ts';
import { hedgeTarget } from './hedge-target.ts';
import { coinOf } from './on-positions.ts';
import type { EngineState, UnderlyingState } from './state.ts';

/** Costly figures are measured this often, ms of event time. */
const MEASURE_MS = 60_000;
/** Steps of the scan for liquidation at a close: 17 % down, 11 % up each; the grid asked for at each reaches 16 % itself. */
const SCAN_STEPS = 16;
/** Two sources may differ for so long: the slower one follows. */
const SOURCES_GRACE_MS = 60_000;

/**
 * After a close: whether the positions may be believed, what they come to, whether limits hold. Innovations of the scores
 * are noted at every close; the book itself is valued every `bookEverySeconds`.
 */
export function watchBook(
  state: EngineState,
  underlying: UnderlyingState,
  closed: readonly ClosedExpiry[],
  at: number,
): Effect[] {
  const { book } = underlying;
  if (state.book.accounts.size === 0) return [];
  for (const c of closed)
    for (const { track, primary } of c.scores)
      if (primary?.factors != null) {
        const [b0, b1, b2] = primary.factors.b;
        book.innovations.set(`${c.reading.expiry.key}|${track.model}`, [b0, b1, b2]);
      }
  const speaking = preferred(state.book.accounts.values());
  const judged = judgeAccounts(state, speaking, at);
  book.status = judged.status;
  book.faults = judged.faults;
  const records: BookRecord[] = [];
  if (at - book.valuedAt >= state.config.bookEverySeconds * 1000) {
    forgetExpired(underlying);
    const positions = positionsIn(state, underlying);
    if (positions.length > 0 || book.vegas.size > 0 || book.valuedAt > -Infinity)
      records.push(...valueBook(state, priceBook(underlying, positions, at), ageOf(speaking, at)));
    if (positions.length > 0) book.valuedAt = at;
    else Object.assign(book, { valuedAt: -Infinity, measured: null, measuredAt: -Infinity, vegas: new Map() });
  }
  const effects: Effect[] = records.map((record) => ({ type: 'record', record }));
  const diagnoses = bookDiagnoses(underlying, judged, records);
  const examined = (cause: string): boolean => cause !== 'book-limit' || (records.length > 0 && book.status === 'ok');
  for (const record of updateIncidents(book.incidents, `${underlying.key}-book`, at, diagnoses, (_scope, cause) =>
    examined(cause),
  ))
    effects.push({ type: 'record', record });
  return effects;
}

/** Incidents told with what their drift is worth to the book held. */
export function withMoney(state: EngineState, effects: readonly Effect[]): readonly Effect[] {
  if (state.book.accounts.size === 0 || effects.length === 0) return effects;
  return effects.map((effect) => {
    if (effect.type !== 'record' || effect.record.type !== 'incident' || effect.record.state === 'resolved')
      return effect;
    const { record } = effect;
    const underlying = state.underlyings.get(record.scope.split(':').slice(0, 2).join(':'));
    if (underlying === undefined) return effect;
    const evidence = { ...record.evidence, ...moneyEvidence(underlying, record.scope) };
    return { type: 'record', record: { ...record, evidence } };
  });
}

/** What the drift on a scope is worth to the book, for the evidence of an incident there; nothing without a book. */
export function moneyEvidence(
  underlying: UnderlyingState,
  scope: string,
): Readonly<Record<string, number | string | null>> {
  const { book } = underlying;
  if (book.vegas.size === 0) return {};
  if (book.status !== 'ok') return { money_usd: null, money_status: book.status };
  let [money, known] = [0, false];
  for (const e of underlying.expiries) {
    if (scope !== underlying.key && scope !== e.key) continue;
    const drift = driftOf(underlying, e.key, e.loop.champion);
    if (drift === null) continue;
    money += drift;
    known = true;
  }
  return { money_usd: known ? money : null, money_status: 'ok' };
}

/** Residual x vega x position on one expiry, USD; null without vega there or without a score. */
function driftOf(underlying: UnderlyingState, key: string, model: string): number | null {
  const vega = underlying.book.vegas.get(key);
  const b = underlying.book.innovations.get(`${key}|${model}`);
  return vega === undefined || b === undefined ? null : driftMoney(vega, 100 * b[0], 100 * b[1], 100 * b[2]);
}

interface Judged {
  readonly status: BookStatus;
  readonly faults: readonly string[];
  readonly evidence: Readonly<Record<string, unknown>>;
}

/** Breaks come before age: what contradicts itself is worse than what is old. */
function judgeAccounts(state: EngineState, speaking: readonly Account[], at: number): Judged {
  const broken: { account: string; symbol: string; kind: string; expected: number | null; found: number | null }[] = [];
  for (const a of speaking) {
    if (a.refused > 0)
      broken.push({ account: a.account, symbol: '', kind: 'rows-refused', expected: 0, found: a.refused });
    for (const [symbol, b] of a.breaks)
      if (at - b.since >= GRACE_MS)
        broken.push({ account: a.account, symbol, kind: 'fills', expected: b.expected, found: b.found });
  }
  for (const [key, d] of state.book.differences) {
    if (at - d.since < SOURCES_GRACE_MS) continue;
    const [account, symbol] = key.split('|');
    broken.push({ account, symbol, kind: 'sources', expected: d.expected, found: d.found });
  }
  if (broken.length > 0)
    return {
      status: 'reconciliation-break',
      faults: broken.map((b) => `${b.account} ${b.symbol}`.trim()),
      evidence: { breaks: broken.slice(0, 10), breaks_in_all: broken.length },
    };
  const lapsed = speaking.filter((a) => isLapsed(a, at));
  if (lapsed.length === 0) return { status: 'ok', faults: [], evidence: {} };
  return {
    status: 'position-stale',
    faults: lapsed.map((a) => a.account),
    evidence: {
      accounts: lapsed.map((a) => a.account),
      age_s: ageOf(lapsed, at),
      valid_s: Math.min(...lapsed.map((a) => a.validSeconds)),
    },
  };
}

function ageOf(accounts: readonly Account[], at: number): number | null {
  if (accounts.length === 0) return null;
  return Math.max(0, ...accounts.map((a) => (at - Math.min(a.at, a.cashAt)) / 1000));
}

function bookDiagnoses(underlying: UnderlyingState, judged: Judged, records: readonly BookRecord[]): Diagnosis[] {
  const found: Diagnosis[] = [];
  const { key, book } = underlying;
  const add = (cause: string, severity: Diagnosis['severity'], evidence: Diagnosis['evidence']): void =>
    void found.push({ cause, kind: 'book', scope: key, severity, logOdds: 0, evidence });
  if (judged.status !== 'ok' && (book.vegas.size > 0 || book.valuedAt > -Infinity))
    add(judged.status, 'warning', judged.evidence);
  if (judged.status !== 'ok') return found;
  for (const record of records) applyRules(book.rules, record);
  const open = book.rules.rules.flatMap((rule) =>
    [...book.rules.watches]
      .filter(([watch, w]) => w.open && watch.startsWith(`${rule.name}|`))
      .map(([watch]) => {
        const scope = watch.slice(rule.name.length + 1);
        const record = records.find((r) => `${r.source}@${r.underlying}` === scope);
        const value = record === undefined ? null : (record as unknown as Record<string, unknown>)[rule.field];
        return {
          rule: rule.name,
          field: rule.field,
          source: scope.split('@')[0],
          limit: rule.limit,
          value,
          severity: rule.severity,
        };
      }),
  );
  if (open.length === 0 || records.length === 0) return found;
  const severity = open.some((o) => o.severity === 'page') ? 'critical' : open.some((o) => o.severity === 'ticket') ? 'warning' : 'info'; // prettier-ignore
  add('book-limit', severity, { limits: open.slice(0, 10).map(({ severity: _severity, ...rest }) => rest) });
  return found;
}

function valueBook(state: EngineState, priced: PricedBook, age: number | null): BookRecord[] {
  const { underlying, at } = priced;
  const { book } = underlying;
  book.vegas = new Map(priced.expiries.map((e) => [e.state.key, vegasOf(priced, e)]));
  const isOk = book.status === 'ok';
  const jump = championJump(priced);
  const { unvalued } = bookExposure(priced.netted, marketOf(state, priced, 'champion'));
  // What was measured before a holding had a price knows nothing of it.
  if (at - book.measuredAt >= MEASURE_MS || book.measured === null || unvalued.length < book.measured.unvalued) {
    book.measured = measure(state, priced, unvalued.length);
    book.measuredAt = at;
  }
  return bookSources(underlying).map((source) => bookRecord(state, priced, source, age, isOk, jump));
}

function bookRecord(
  state: EngineState,
  priced: PricedBook,
  source: string,
  age: number | null,
  isOk: boolean,
  jump: number | null,
): BookRecord {
  const { underlying, at } = priced;
  const { book } = underlying;
  const market = marketOf(state, priced, source);
  const coin = coinOf(underlying.underlying);
  const { byUnderlying, unvalued } = bookExposure(priced.netted, market);
  const e = byUnderlying.get(coin) ?? noExposure();
  const total = [...book.vegas.values()];
  const money = (v: number | null): number | null => (isOk ? v : null);
  const margin = marginFor(source, book.measured);
  const drift = driftUnder(priced, source);
  return {
    type: 'book',
    at: isoTime(at),
    scope: underlying.key,
    underlying: underlying.underlying,
    source,
    status: book.status,
    age_s: age,
    positions: priced.positions.length,
    unvalued: unvalued.length,
    value_coin: e.valueCoin,
    value_usd: e.valueUsd,
    equity_coin: e.equityCoin,
    delta_black: e.deltaBlack,
    delta_net: e.deltaNet,
    delta_usd: e.deltaUsd,
    delta_hedge: source === 'champion' ? hedgeDelta(state, underlying) : null,
    gamma_usd_per_percent: e.gammaCoinPerUsd * market.index(coin) * market.index(coin) * 0.01,
    vega_usd_per_point: e.vegaUsdPerPoint,
    vega_usd_per_point_30d: e.vegaUsdPerPoint30d,
    skew_vega_usd_per_point: total.reduce((s, v) => s + v.skew, 0),
    convexity_vega_usd_per_point: total.reduce((s, v) => s + v.convexity, 0),
    theta_usd_per_day: e.thetaUsdPerDay,
    drift_usd: money(drift),
    drift_share: money(drift === null || e.valueUsd === 0 ? null : drift / Math.abs(e.valueUsd)),
    jump_usd: source === 'champion' ? money(jump) : null,
    hedge_bias_usd_per_percent: money(
      hedgeBias(priced.netted, coin, market, slopesIn(underlying), NaN)?.perPercent ?? null,
    ),
    close_out_usd: money(closeOut(priced.netted, market).usd),
    reserve_usd: source === 'champion' ? money(book.measured?.reserve ?? null) : null,
    ...(isOk ? margin : NO_MARGIN),
  };
}

type MarginFields = Pick<
  BookRecord,
  'margin_coin' | 'margin_usd' | 'margin_gap' | 'liquidation_down' | 'liquidation_up' | 'liquidation_daily_sd'
>;

const NO_MARGIN: MarginFields = {
  margin_coin: null,
  margin_usd: null,
  margin_gap: null,
  liquidation_down: null,
  liquidation_up: null,
  liquidation_daily_sd: null,
};

function marginFor(source: string, m: MeasuredBook | null): MarginFields {
  if (m === null || (source !== 'champion' && source !== 'venue')) return NO_MARGIN;
  if (source === 'venue') return { ...NO_MARGIN, margin_coin: m.venueMarginCoin, margin_usd: m.venueMarginUsd };
  const gap = m.venueMarginCoin > 0 ? m.marginCoin / m.venueMarginCoin - 1 : null;
  return {
    margin_coin: m.marginCoin,
    margin_usd: m.marginUsd,
    margin_gap: gap,
    liquidation_down: m.liquidationDown,
    liquidation_up: m.liquidationUp,
    liquidation_daily_sd: m.liquidationDailySd,
  };
}

/** Model that a source's innovations go by on an expiry. */
function driftUnder(priced: PricedBook, source: string): number | null {
  let [sum, known] = [0, false];
  for (const { state: expiry } of priced.expiries) {
    const model = source === 'champion' ? expiry.loop.champion : source === 'venue' ? 'venue-mark' : source;
    const drift = driftOf(priced.underlying, expiry.key, model);
    if (drift === null) continue;
    sum += drift;
    known = true;
  }
  return known ? sum : null;
}

/** How many standard deviations of a day away the nearer liquidation is, by the ATM volatility nearest to 30 days. */
function dailyDeviations({ expiries }: PricedBook, { down, up }: MarginFigures): number | null {
  const near = expiries.filter((e) => e.atm > 0).toSorted((a, b) => Math.abs(a.years - MONTH) - Math.abs(b.years - MONTH)); // prettier-ignore
  const moves = [down, up].filter((v) => v !== null).map((v) => Math.abs(log(1 + v)));
  if (near.length === 0 || moves.length === 0) return null;
  return Math.min(...moves) / (near[0].atm * Math.sqrt(1 / 365));
}

const MONTH = 30 / 365;

/** Delta by the hedging models that are relied on, with the futures; null while an option held has no ratio. */
function hedgeDelta(state: EngineState, underlying: UnderlyingState): number | null {
  const target = hedgeTarget(state, underlying);
  return target === null || target.unpriced > 0 ? null : target.delta + target.futuresDelta;
}

function measure(state: EngineState, priced: PricedBook, unvalued: number): MeasuredBook {
  const coin = coinOf(priced.underlying.underlying);
  const champion = marginFigures(priced.netted, coin, marketOf(state, priced, 'champion'), undefined, 'portfolio', SCAN_STEPS); // prettier-ignore
  const venue = marginGrid(priced.netted, marketOf(state, priced, 'venue'));
  const { usd: reserve, members } = reserveOf(priced);
  return {
    unvalued,
    reserve,
    members,
    marginCoin: champion?.coin ?? NaN,
    marginUsd: champion?.usd ?? NaN,
    venueMarginCoin: venue.marginCoin,
    venueMarginUsd: venue.marginUsd,
    liquidationDown: champion?.down ?? null,
    liquidationUp: champion?.up ?? null,
    liquidationDailySd: champion === null ? null : dailyDeviations(priced, champion),
  };
}

/** Champion's vega of an expiry in level, skew and curvature, USD per volatility point. */
export function vegasOf(priced: PricedBook, e: PricedExpiry): SmileVega {
  const sigma = sourceVolatilities(priced, e, 'champion');
  const root = e.atm * Math.sqrt(e.years);
  const vega: number[] = [];
  const x: number[] = [];
  e.options.forEach(({ side, strike, size }, i) => {
    if (!(sigma[i] > 0 && root > 0)) return;
    vega.push((size * blackGreeks({ side, forward: e.forward, strike, years: e.years, sigma: sigma[i] }).vega) / 100);
    x.push(log(strike / e.forward) / root);
  });
  return smileVega(vega, x);
}

/**
 * What fits that went live since the book was last valued have changed, the market held as it is now: the recalibration
 * jump, apart from what the market did. Null while no expiry was valued before.
 */
function championJump(priced: PricedBook): number | null {
  const { fits } = priced.underlying.book;
  let [jump, known] = [0, false];
  for (const e of priced.expiries) {
    const now = fitOf(e.state, 'champion');
    if (now === null) continue;
    const before = fits.get(e.state.key);
    fits.set(e.state.key, now);
    if (before === undefined) continue;
    known = true;
    if (before.id === now.id) continue;
    const strikes = e.options.map((o) => o.strike);
    const was = volatilities(before, e.years, e.forward, strikes, priced.at);
    const is = volatilities(now, e.years, e.forward, strikes, priced.at);
    const change = valueChange(e, was, is);
    if (Number.isFinite(change)) jump += change;
  }
  return known ? jump : null;
}

/** USD change of an expiry's options from one set of volatilities to another. */
export function valueChange(e: PricedExpiry, was: ArrayLike<number>, is: ArrayLike<number>): number {
  let total = 0;
  e.options.forEach(({ side, strike, size }, i) => {
    const price = (sigma: number): number => blackPrice({ side, strike, forward: e.forward, years: e.years, sigma });
    total += size * (price(is[i]) - price(was[i]));
  });
  return total;
}

function forgetExpired(underlying: UnderlyingState): void {
  const { innovations, fits } = underlying.book;
  const alive = new Set(underlying.expiries.map((e) => e.key));
  for (const key of fits.keys()) if (!alive.has(key)) fits.delete(key);
  for (const key of innovations.keys()) if (!alive.has(key.split('|')[0])) innovations.delete(key);
}
