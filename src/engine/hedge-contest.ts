import { isoTime } from '../market/iso-time.ts';
import { bucketKey, deltaClassOf, tenorOf, type Bucket } from '../hedge/bucket.ts';
import { HEDGE_FAMILIES } from '../hedge/hedge-family.ts';
import { forwardOutcome, noOutcome, pairOutcome, secondRow, type HedgeOutcome } from '../hedge/hedge-outcome.ts';
import type { HedgedBatch } from '../hedge/hedge-start.ts';
import { VEGA_HEDGE } from '../hedge/vega-hedge.ts';
import { addToHour, initHourSums, type HourSums } from '../hedge/hour-sums.ts';
import { clusterSlope, pairedSlopeDifference, type Slope, type SlopeCell } from '../hedge/slope.ts';
import type { ActionRecord } from '../model/record.ts';
import { log } from '../numeric/exponential.ts';
import { compare, initComparison, PROBATION_MS, PROOF } from '../policy/promotion.ts';
import type { HedgeBucket, HedgeRegime, HedgeWatch } from './hedge-state.ts';

/** Sums of a member in a bucket: rows, slope's x, y, xx, xy, yy, squared errors coin and USD, squared changes coin and USD, answered, turnover of the ratio, cost, squared errors after costs coin and USD. */
export const BUCKET_SUMS = 15;
const [N, X, Y, XX, XY, YY, COIN2, USD2, RAW_COIN2, RAW_USD2, ANSWERED, TURNOVER, COST, NET_COIN2, NET_USD2] =
  Array.from({ length: BUCKET_SUMS }, (_, i) => i);
/** Hours of slopes and losses that are kept: five days. */
const HOURS = 120;
/** Who is relied on before anybody has proved better: Black in the right convention of each currency. */
export const FIRST_CHAMPION = 'sticky-strike';
/** Two ways to count, one ratio: they are scored, but neither can win against the other by counting. */
const CONVENTIONS: ReadonlySet<string> = new Set(['black', 'premium-adjusted']);
const PREMIUM = new Map(HEDGE_FAMILIES.map((f) => [f.name, f.premium]));
const NET = { usd: 0, coin: 1 } as const;

/** Root mean squares of one horizon by member, in the order of the start's members; costs are means. */
export interface HorizonLosses {
  readonly coin: Float64Array;
  readonly usd: Float64Array;
  readonly answered: Float64Array;
  readonly cost: Float64Array;
  readonly rawCoin: number;
  readonly rawUsd: number;
}

/** Adds a horizon to its buckets; returns what each member's hedge left over the whole expiry. */
export function addHorizon(watch: HedgeWatch, batch: HedgedBatch, underlying: string): HorizonLosses {
  const { start, row } = batch;
  const width = start.members.length;
  const premiums = start.members.map((name) => PREMIUM.get(name) ?? NET);
  const pair = start.members.indexOf(VEGA_HEDGE);
  const second = secondRow(batch);
  const slot = Math.floor(batch.at / 300_000);
  const column = (): Float64Array => new Float64Array(width);
  const losses = { coin: column(), usd: column(), answered: column(), cost: column() };
  const outcome = noOutcome();
  let [rawCoin, rawUsd] = [0, 0];
  for (let i = 0; i < row.length; i++) {
    const o = row[i];
    const cls = deltaClassOf(start.delta[o]);
    if (cls === undefined) continue;
    const side = start.isCall[o] === 1 ? ('call' as const) : ('put' as const);
    const held = bucketOf(watch, { underlying, side, tenor: tenorOf(start.years), delta: cls });
    if (held.slot !== slot) held.slot = slot;
    rawCoin += batch.coin[i] * batch.coin[i];
    rawUsd += batch.usd[i] * batch.usd[i];
    for (let j = 0; j < width; j++) {
      if (j === pair) pairOutcome(batch, i, j, second, outcome);
      else forwardOutcome(batch, i, j, premiums[j], outcome);
      const name = start.members[j];
      let sums = held.now.get(name);
      if (sums === undefined) held.now.set(name, (sums = new Float64Array(BUCKET_SUMS)));
      addOutcome(sums, outcome, batch.coin[i], batch.usd[i], Math.abs(start.changes[o * width + j]));
      losses.coin[j] += outcome.coin * outcome.coin;
      losses.usd[j] += outcome.usd * outcome.usd;
      losses.answered[j] += outcome.own;
      losses.cost[j] += outcome.cost;
    }
  }
  const n = row.length;
  const root = (sum: number): number => Math.sqrt(sum / n);
  return {
    coin: losses.coin.map(root),
    usd: losses.usd.map(root),
    answered: losses.answered.map((v) => v / n),
    cost: losses.cost.map((v) => v / n),
    rawCoin: root(rawCoin),
    rawUsd: root(rawUsd),
  };
}

function addOutcome(sums: Float64Array, o: HedgeOutcome, rawCoin: number, rawUsd: number, turnover: number): void {
  sums[N]++;
  sums[X] += o.predicted;
  sums[Y] += o.realised;
  sums[XX] += o.predicted * o.predicted;
  sums[XY] += o.predicted * o.realised;
  sums[YY] += o.realised * o.realised;
  sums[COIN2] += o.coin * o.coin;
  sums[USD2] += o.usd * o.usd;
  sums[RAW_COIN2] += rawCoin * rawCoin;
  sums[RAW_USD2] += rawUsd * rawUsd;
  sums[ANSWERED] += o.own;
  sums[TURNOVER] += turnover;
  sums[COST] += o.cost;
  sums[NET_COIN2] += (o.coin - o.cost) * (o.coin - o.cost);
  sums[NET_USD2] += (o.usd - o.cost) * (o.usd - o.cost);
}

/** Finds or makes a bucket. */
function bucketOf(watch: HedgeWatch, bucket: Bucket): HedgeBucket {
  const key = bucketKey(bucket);
  let found = watch.buckets.get(key);
  if (found === undefined) {
    found = {
      bucket,
      champion: FIRST_CHAMPION,
      former: null,
      since: -Infinity,
      proposed: null,
      slot: -1,
      now: new Map(),
      hours: new Map(),
      comparisons: new Map(),
    };
    watch.buckets.set(key, found);
  }
  return found;
}

/**
 * Ends the slots that `at` (epoch ms) has left behind: the champion's loss against every rival's goes into block-averaged
 * sequential evidence (`src/policy/promotion.ts`), and what that has proved is done. `clean` = false: nothing is compared.
 */
export function endSlots(
  watch: HedgeWatch,
  at: number,
  settlement: 'coin' | 'usd',
  clean: boolean,
  approval: boolean,
  key: string,
): ActionRecord[] {
  const actions: ActionRecord[] = [];
  const slot = Math.floor(at / 300_000);
  for (const held of watch.buckets.values()) {
    if (held.slot < 0 || held.slot === slot || held.now.size === 0) continue;
    const champion = held.now.get(held.champion);
    for (const [name, sums] of held.now) {
      let hours = held.hours.get(name);
      if (hours === undefined) held.hours.set(name, (hours = initHourSums(BUCKET_SUMS, HOURS)));
      addToHour(hours, (held.slot + 0.5) * 300_000, sums);
      if (!clean || champion === undefined || name === held.champion || CONVENTIONS.has(name)) continue;
      // Where a rival has no answer of its own it hedges as Black: nothing to be learnt from that.
      if (sums[ANSWERED] === 0 || sums[N] !== champion[N]) continue;
      const place = placeOf(settlement, held.champion === VEGA_HEDGE || name === VEGA_HEDGE);
      const difference = (champion[place] - sums[place]) / champion[N];
      held.comparisons.set(name, compare(held.comparisons.get(name) ?? initComparison(), difference));
    }
    held.now.clear();
    actions.push(...judge(held, at, approval, key, settlement));
  }
  return actions;
}

/** A second instrument costs its spread at every change: hedges with it are compared after costs, the others cost alike. */
function placeOf(settlement: 'coin' | 'usd', isPair: boolean): number {
  if (settlement === 'coin') return isPair ? NET_COIN2 : COIN2;
  return isPair ? NET_USD2 : USD2;
}

/** What the evidence of a bucket has proved: a promotion, a rollback, or nothing. */
function judge(
  held: HedgeBucket,
  at: number,
  approval: boolean,
  key: string,
  settlement: 'coin' | 'usd',
): ActionRecord[] {
  const scope = `${key}:hedge/${bucketKey(held.bucket)}`;
  const act = (kind: string, outcome: string): ActionRecord => ({
    type: 'action',
    at: isoTime(at),
    incident: null,
    kind,
    outcome,
    scope,
  });
  if (held.former !== null && at - held.since < PROBATION_MS) {
    const back = held.comparisons.get(held.former);
    if (back !== undefined && back.logBetter >= log(PROOF)) {
      const outcome = `${held.champion} -> ${held.former}; E ${evidence(back.logBetter)}`;
      crown(held, held.former, null, at);
      return [act('hedge-rollback', outcome)];
    }
  }
  const needed = log(PROOF * Math.max(1, held.comparisons.size));
  const logOf = (name: string): number => held.comparisons.get(name)?.logBetter ?? 0;
  let best: string | null = null;
  for (const name of held.comparisons.keys())
    if (name !== VEGA_HEDGE && logOf(name) >= needed && (best === null || logOf(name) > logOf(best))) best = name;
  const said = (name: string): string =>
    `${held.champion} -> ${name}; E ${evidence(logOf(name))} of ${evidence(needed)} needed`;
  if (best === null || best === held.proposed || guardBreach(held, best) !== null) {
    // Another instrument to trade is a decision of people: it is proposed, whatever else may be done without asking.
    const isProved = logOf(VEGA_HEDGE) >= needed && held.proposed === null;
    if (!isProved || guardBreach(held, VEGA_HEDGE) !== null || !paysForItself(held, settlement)) return [];
    held.proposed = VEGA_HEDGE;
    return [act('hedge-promote', `proposed, needs a second instrument: ${said(VEGA_HEDGE)}`)];
  }
  const outcome = said(best);
  if (approval) {
    held.proposed = best;
    return [act('hedge-promote', `proposed: ${outcome}`)];
  }
  crown(held, best, held.champion, at);
  return [act('hedge-promote', outcome)];
}

/** Horizons of a day. */
const DAY_HORIZONS = 288;

/**
 * Whether a day of rebalancing with a second instrument costs more than the champion's by less than the standard deviation
 * of a day that it saves: squared errors of five minutes cannot tell, costs add up where errors cancel.
 */
function paysForItself(held: HedgeBucket, settlement: 'coin' | 'usd'): boolean {
  const [own, champion] = [totalsOf(held, VEGA_HEDGE), totalsOf(held, held.champion)];
  if (own === null || champion === null) return false;
  const left = (t: MemberTotals): number => Math.sqrt(settlement === 'coin' ? t.coin : t.usd);
  return DAY_HORIZONS * (own.cost - champion.cost) <= Math.sqrt(DAY_HORIZONS) * (left(champion) - left(own));
}

/** An operator lets the winner in, or sends it back to prove itself anew; null when nobody waits. */
export function orderChampion(
  held: HedgeBucket,
  action: 'approve' | 'reject',
  at: number,
  actor: string,
  scope: string,
): ActionRecord | null {
  const { proposed, champion } = held;
  if (proposed === null) return null;
  if (action === 'approve') crown(held, proposed, champion, at);
  else {
    held.proposed = null;
    held.comparisons.delete(proposed);
  }
  const kind = action === 'approve' ? 'hedge-promote' : 'hedge-reject';
  return {
    type: 'action',
    at: isoTime(at),
    incident: null,
    kind,
    outcome: `${champion} -> ${proposed}; ${actor}`,
    scope,
  };
}

/** Makes `name` the champion; everybody is compared anew with it. */
export function crown(held: HedgeBucket, name: string, former: string | null, at: number): void {
  Object.assign(held, { champion: name, former, since: at, proposed: null });
  held.comparisons.clear();
}

function evidence(logE: number): string {
  return (logE / log(10)).toFixed(2).concat(' decades');
}

/** A winner's slope may be further from one than the champion's by so many standard errors of the pair. */
const GUARD_ERRORS = 2;

/** Why a winner may not be promoted; null = nothing against it. Fails closed: no slope yet is a reason. */
function guardBreach(held: HedgeBucket, name: string): string | null {
  const own = slopeOf(held, name, null);
  const champion = slopeOf(held, held.champion, null);
  const pair = slopeGap(held, name, held.champion);
  if (own === undefined || champion === undefined || pair === undefined) return 'no-slope';
  const worse = Math.abs(own.beta - 1) - Math.abs(champion.beta - 1);
  return worse > GUARD_ERRORS * pair.standardError ? 'slope' : null;
}

/** Sums of a member's hours as the cells of a slope. */
function cellsOf(hours: HourSums | undefined, wanted: ReadonlySet<number> | null): SlopeCell[] {
  return (hours?.cells ?? [])
    .filter((c) => wanted === null || wanted.has(c.hour))
    .map(({ sums: s }) => ({ n: s[N], x: s[X], y: s[Y], xx: s[XX], xy: s[XY], yy: s[YY] }));
}

/** Slope of realised on predicted moves of a member in a bucket, clustered by hour; `hours` = those of a regime, null = all. */
export function slopeOf(held: HedgeBucket, name: string, hours: ReadonlySet<number> | null): Slope | undefined {
  return clusterSlope(cellsOf(held.hours.get(name), hours));
}

/** Paired difference of two members' slopes over the hours that both saw. */
export function slopeGap(
  held: HedgeBucket,
  a: string,
  b: string,
): { difference: number; standardError: number } | undefined {
  const first = held.hours.get(a);
  const second = held.hours.get(b);
  if (first === undefined || second === undefined) return undefined;
  const both = new Set(second.cells.map((c) => c.hour));
  const own = new Set(first.cells.map((c) => c.hour).filter((h) => both.has(h)));
  return pairedSlopeDifference(cellsOf(first, own), cellsOf(second, own));
}

/** Totals of a member over the hours kept. */
export interface MemberTotals {
  readonly n: number;
  readonly answered: number;
  /** Mean squares of what the hedge left, and of the unhedged change: coin, USD over F. */
  readonly coin: number;
  readonly usd: number;
  readonly rawCoin: number;
  readonly rawUsd: number;
  /** Mean |change of the ratio| from one horizon to the next, coin per coin: what rebalancing costs are paid on. */
  readonly turnover: number;
  /** Mean cost of rebalancing a horizon, coin, and mean squares after it. */
  readonly cost: number;
  readonly netCoin: number;
  readonly netUsd: number;
}

/** Totals of a member in a bucket; null without data. */
export function totalsOf(held: HedgeBucket, name: string): MemberTotals | null {
  const t = new Float64Array(BUCKET_SUMS);
  for (const c of held.hours.get(name)?.cells ?? []) for (let j = 0; j < BUCKET_SUMS; j++) t[j] += c.sums[j];
  const n = t[N];
  if (!(n > 0)) return null;
  return {
    n,
    answered: t[ANSWERED] / n,
    coin: t[COIN2] / n,
    usd: t[USD2] / n,
    rawCoin: t[RAW_COIN2] / n,
    rawUsd: t[RAW_USD2] / n,
    turnover: t[TURNOVER] / n,
    cost: t[COST] / n,
    netCoin: t[NET_COIN2] / n,
    netUsd: t[NET_USD2] / n,
  };
}

/** Hours of one regime. */
export function hoursOf(watch: HedgeWatch, regime: HedgeRegime): Set<number> {
  return new Set(watch.regimes.filter((r) => r.regime === regime).map((r) => r.hour));
}
