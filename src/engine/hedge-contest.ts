import { isoTime } from '../market/iso-time.ts';
import { bucketKey, deltaClassOf, tenorOf, type Bucket } from '../hedge/bucket.ts';
import { HEDGE_FAMILIES } from '../hedge/hedge-family.ts';
import { secondOrder } from '../hedge/hedge-moments.ts';
import type { HedgedBatch, HedgeStart } from '../hedge/hedge-start.ts';
import { addToHour, initHourSums, type HourSums } from '../hedge/hour-sums.ts';
import { clusterSlope, pairedSlopeDifference, type Slope, type SlopeCell } from '../hedge/slope.ts';
import type { ActionRecord } from '../model/record.ts';
import { log } from '../numeric/exponential.ts';
import { compare, initComparison, PROBATION_MS, PROOF } from '../policy/promotion.ts';
import type { HedgeBucket, HedgeRegime, HedgeWatch } from './hedge-state.ts';

/** Sums of a member in a bucket: rows, slope's x, y, xx, xy, yy, squared errors coin and USD, squared changes coin and USD, answered, turnover of the ratio. */
export const BUCKET_SUMS = 12;
const [N, X, Y, XX, XY, YY, COIN2, USD2, RAW_COIN2, RAW_USD2, ANSWERED, TURNOVER] = Array.from(
  { length: BUCKET_SUMS },
  (_, i) => i,
);
/** Hours of slopes and losses that are kept: five days. */
const HOURS = 120;
/** Who is relied on before anybody has proved better: Black in the right convention of each currency. */
export const FIRST_CHAMPION = 'sticky-strike';
/** Two ways to count, one ratio: they are scored, but neither can win against the other by counting. */
const CONVENTIONS: ReadonlySet<string> = new Set(['black', 'premium-adjusted']);
const PREMIUM = new Map(HEDGE_FAMILIES.map((f) => [f.name, f.premium]));
const NET = { usd: 0, coin: 1 } as const;

/** Root mean squares of one horizon by member, in the order of the start's members. */
export interface HorizonLosses {
  readonly coin: Float64Array;
  readonly usd: Float64Array;
  readonly answered: Float64Array;
  readonly rawCoin: number;
  readonly rawUsd: number;
}

/** Adds a horizon to its buckets; returns what each member's hedge left over the whole expiry. */
export function addHorizon(watch: HedgeWatch, batch: HedgedBatch, underlying: string): HorizonLosses {
  const { start, row } = batch;
  const width = start.members.length;
  const premiums = start.members.map((name) => PREMIUM.get(name) ?? NET);
  const slot = Math.floor(batch.at / 300_000);
  const losses = { coin: new Float64Array(width), usd: new Float64Array(width), answered: new Float64Array(width) };
  let [rawCoin, rawUsd] = [0, 0];
  for (let i = 0; i < row.length; i++) {
    const o = row[i];
    const cls = deltaClassOf(start.delta[o]);
    if (cls === undefined) continue;
    const side = start.isCall[o] === 1 ? ('call' as const) : ('put' as const);
    const held = bucketOf(watch, { underlying, side, tenor: tenorOf(start.years), delta: cls });
    if (held.slot !== slot) held.slot = slot;
    const relative = batch.move[i] / start.forwards[o];
    const inverse = 1 - start.forwards[o] / batch.forwardAfter[i];
    const second = secondOrder(batch, i);
    rawCoin += batch.coin[i] * batch.coin[i];
    rawUsd += batch.usd[i] * batch.usd[i];
    for (let j = 0; j < width; j++) {
      const name = start.members[j];
      const premium = premiums[j];
      const own = start.ratios[o * width + j];
      const isOwn = Math.abs(own) < Infinity;
      const ratio = isOwn ? own : start.delta[o];
      const coin = batch.coin[i] - (ratio - premium.coin * start.price[o]) * inverse;
      const usd = batch.usd[i] - (ratio - premium.usd * start.price[o]) * relative;
      let sums = held.now.get(name);
      if (sums === undefined) held.now.set(name, (sums = new Float64Array(BUCKET_SUMS)));
      // The premium-adjusted ratio claims the coin value, the others the USD value (see `hedge-family.ts`).
      const x = (ratio - premium.usd * start.price[o]) * relative;
      const y =
        premium.usd === 1
          ? batch.coin[i] * (batch.forwardAfter[i] / start.forwards[o]) - second
          : batch.usd[i] - second;
      sums[N]++;
      sums[X] += x;
      sums[Y] += y;
      sums[XX] += x * x;
      sums[XY] += x * y;
      sums[YY] += y * y;
      sums[COIN2] += coin * coin;
      sums[USD2] += usd * usd;
      sums[RAW_COIN2] += batch.coin[i] * batch.coin[i];
      sums[RAW_USD2] += batch.usd[i] * batch.usd[i];
      if (isOwn) sums[ANSWERED]++;
      losses.coin[j] += coin * coin;
      losses.usd[j] += usd * usd;
      losses.answered[j] += isOwn ? 1 : 0;
    }
  }
  const n = row.length;
  const root = (sum: number): number => Math.sqrt(sum / n);
  return {
    coin: losses.coin.map(root),
    usd: losses.usd.map(root),
    answered: losses.answered.map((v) => v / n),
    rawCoin: root(rawCoin),
    rawUsd: root(rawUsd),
  };
}

/** Adds how far each member's ratios have moved from one start to the next of the same expiry. */
export function addTurnover(watch: HedgeWatch, before: HedgeStart, after: HedgeStart, underlying: string): void {
  const places = new Map(before.symbols.map((s, i) => [s, i]));
  const width = after.members.length;
  after.symbols.forEach((symbol, o) => {
    const old = places.get(symbol);
    const cls = deltaClassOf(after.delta[o]);
    if (old === undefined || cls === undefined) return;
    const side = after.isCall[o] === 1 ? ('call' as const) : ('put' as const);
    const held = bucketOf(watch, { underlying, side, tenor: tenorOf(after.years), delta: cls });
    after.members.forEach((name, j) => {
      const sums = held.now.get(name);
      const change = Math.abs(
        after.ratios[o * width + j] - before.ratios[old * before.members.length + before.members.indexOf(name)],
      );
      if (sums !== undefined && change < Infinity) sums[TURNOVER] += change;
    });
  });
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
    const place = settlement === 'coin' ? COIN2 : USD2;
    const champion = held.now.get(held.champion);
    for (const [name, sums] of held.now) {
      let hours = held.hours.get(name);
      if (hours === undefined) held.hours.set(name, (hours = initHourSums(BUCKET_SUMS, HOURS)));
      addToHour(hours, (held.slot + 0.5) * 300_000, sums);
      if (!clean || champion === undefined || name === held.champion || CONVENTIONS.has(name)) continue;
      // Where a rival has no answer of its own it hedges as Black: nothing to be learnt from that.
      if (sums[ANSWERED] === 0 || sums[N] !== champion[N]) continue;
      const difference = (champion[place] - sums[place]) / champion[N];
      held.comparisons.set(name, compare(held.comparisons.get(name) ?? initComparison(), difference));
    }
    held.now.clear();
    actions.push(...judge(held, at, approval, key));
  }
  return actions;
}

/** What the evidence of a bucket has proved: a promotion, a rollback, or nothing. */
function judge(held: HedgeBucket, at: number, approval: boolean, key: string): ActionRecord[] {
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
  let best: string | null = null;
  for (const [name, c] of held.comparisons)
    if (c.logBetter >= needed && (best === null || c.logBetter > (held.comparisons.get(best)?.logBetter ?? 0)))
      best = name;
  if (best === null || best === held.proposed) return [];
  const breach = guardBreach(held, best);
  if (breach !== null) return [];
  const outcome = `${held.champion} -> ${best}; E ${evidence(held.comparisons.get(best)?.logBetter ?? 0)} of ${evidence(needed)} needed`;
  if (approval) {
    held.proposed = best;
    return [act('hedge-promote', `proposed: ${outcome}`)];
  }
  crown(held, best, held.champion, at);
  return [act('hedge-promote', outcome)];
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
  };
}

/** Hours of one regime. */
export function hoursOf(watch: HedgeWatch, regime: HedgeRegime): Set<number> {
  return new Set(watch.regimes.filter((r) => r.regime === regime).map((r) => r.hour));
}
