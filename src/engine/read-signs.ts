import { unusual } from '../detect/hour-of-week.ts';
import { readTrailingMedian } from '../detect/trailing-median.ts';
import { YEAR_MS } from '../market/year-fraction.ts';
import { exp, log } from '../numeric/exponential.ts';
import { median } from '../numeric/robust.ts';
import { STANDING_MS } from '../policy/aftershocks.ts';
import type { Cause } from '../policy/causes.ts';
import type { ScopeSigns, UnderlyingSigns } from '../policy/diagnosis.ts';
import { strengthOf, type Sign, type SignName } from '../policy/signs.ts';
import { comparableSpread, halfSpread } from '../quality/half-spread.ts';
import { priorSpread } from '../quality/prior-baselines.ts';
import { DATA_METRICS } from '../quality/registry.ts';
import { staleShare, unchangedShare, type StaleShare } from '../quality/unchanged-share.ts';
import type { ClosedExpiry } from './close.ts';
import { commonOffset, otherTime, strengthOfClock, type CommonOffset } from './read-clock.ts';
import { readInnovations, type CommonInnovation } from './read-innovations.ts';
import { watchInnovations } from './watch-innovations.ts';
import { HABIT_FROM } from '../quality/mark-forward-gap.ts';
import { settling, STREAM_MS } from './watch-silence.ts';
import type { EngineState, ExpiryState, UnderlyingState } from './state.ts';

/** Closes seen before a baseline is believed. */
const BASELINE_MINIMUM = 6;

/** Values at which a sign counts fully; between measured health and the smallest fault worth naming. */
const ENTRY = {
  // Stale beyond what the market's own standing still explains: 0.14 at most on 412 recorded snapshots.
  stale: 0.2,
  staleZ: 5,
  // Quotes that repeat with their marks: half a per cent at most on 412 recorded snapshots.
  repeated: 0.05,
  unmoved: 0.1,
  stuck: 0.75,
  fall: 0.4,
  crossed: 6,
  bounds: 0.03,
  forwardGapBp: 11,
  forwardGapErrors: 3,
  // Of 414 recorded snapshots 99 % stay below 2.2 and the worst, in a crash, shows 7.3.
  commonMarkGapBp: 8,
  // In a stream, a gap that the other expiries do not share against this expiry's own habit.
  habitualGaps: 8,
  habitualErrors: 1.5,
  leastMarkGapBp: 2,
  forwardBendBp: 40,
  discount: 0.06,
  flipped: 0.6,
  unit: 0.7,
  receivedSeconds: 5,
  callPut: 0.05,
  callPutErrors: 5,
  markGap: 0.05,
  wide: 0.7,
  thin: 1.4,
  rate: 2,
  shape: 3,
  returnZ: 3.5,
  // A normal return is beyond half of the entry in one second of twelve: with a move that stands already it would make a crash.
  leastReturnZ: 3,
  indexGapBp: 70,
  lateShare: 0.05,
  lagMs: 1_500,
  ownShare: 0.5,
} as const;

/** Share of crossed quotes that says something of a whole underlying. */
const CROSSED_RATE = 0.002;
/** An order book is never crossed (none of 315,154 recorded quotes is): on an expiry one that stays is told. */
const ONE_CROSSED = 1.2;
/** Repeated quotes say something only between closes far enough apart for most quotes to have changed, s. */
const UNCHANGED_AFTER = 600;
/** A reported loss is a sign for this long, ms: by then the books have been read anew. */
const GAP_TELLS_MS = 5_000;
/** Own quotes below this number make no market, whatever their share. */
const OWN_MINIMUM = 3;
/** Share of an expiry's options without a fresh message from which on its quotes are those of before. */
const SILENT = 0.9;
/** Standard deviation of ln spread between the quotes of one expiry, times 1.25 for their median, and how many are wide. */
const SPREAD_SD = 0.5;
const WIDE_ERRORS = 4;
const HALF_A_DAY = 0.5 / 365;
const TWO_DAYS = 2 / 365;

const INDEX = new Map(DATA_METRICS.map((m, i) => [m.name, i]));
const UNCHANGED = DATA_METRICS.indexOf(unchangedShare);
const HALF_SPREAD = DATA_METRICS.indexOf(halfSpread);

/** Value of a data metric of an expiry after its last close; NaN when it could not say. */
export function metricOf(expiry: ExpiryState, name: string): number {
  const i = INDEX.get(name);
  if (i === undefined) throw new Error(`no metric is called ${name}`);
  return DATA_METRICS[i].read(expiry.metrics[i]);
}

/** {@link comparableSpread} of an expiry after its last close. */
export function spreadOf(expiry: ExpiryState, years: number): number {
  return comparableSpread(expiry.metrics[HALF_SPREAD], years);
}

/** Reads everything that a close shows: the signs of every expiry and of the underlying as a whole. */
export function readSigns(
  state: EngineState,
  underlying: UnderlyingState,
  closed: readonly ClosedExpiry[],
  at: number,
): UnderlyingSigns {
  const elapsed = (at - underlying.closedAt) / 1000;
  // Old marks imply the time that was.
  const heard = closed.filter((c) => !(metricOf(c.reading.expiry, 'silent_share') >= SILENT));
  const offset = commonOffset(heard.map((c) => c.reading.expiry));
  const calm = !settling(underlying, at);
  const common = commonMarkGap(closed);
  const vectors = closed.map((c) => expirySigns(c, closed, offset, calm, underlying.seasons, common));
  const sound = closed.filter((_, i) => !gross(vectors[i]));
  const innovation = readInnovations(state.config.champion, closed, sound);
  closed.forEach((c, i) => addInnovation(vectors[i], c, innovation));
  const drifts = watchInnovations(state, underlying, closed, sound, innovation, at);
  closed.forEach((c, i) => addDrift(vectors[i], drifts.get(c.reading.expiry.key)));
  const own = underlyingSigns(underlying, closed, innovation, offset, elapsed);
  addDrift(own, drifts.get(underlying.key));
  const number = (v: number): number | null => (Number.isFinite(v) ? v : null);
  return {
    scope: underlying.key,
    own,
    openAt: state.config.openLogOdds,
    expiries: closed.map((c, i): ScopeSigns => ({ scope: c.reading.expiry.key, signs: vectors[i] })),
    numbers: {
      two_sided_ratio: number(1 - (own.get('fall')?.value ?? NaN)),
      level_z: number(innovation.z[0]),
      skew_z: number(innovation.z[1]),
      return_z: number(own.get('return')?.value ?? NaN),
      index: number(underlying.index?.price ?? underlying.quotedIndex),
    },
    isOpen: (cause, scope) => underlying.incidents.open.has(`${cause}|${scope}`),
    isWaiting: (cause, scope) => underlying.incidents.waiting.has(`${cause}|${scope}`),
    // Between snapshots hours apart nothing follows at once: only a stream has aftershocks.
    ...(elapsed * 1000 < STREAM_MS ? { standing: (scope: string) => standingMoves(underlying, scope, at) } : {}),
  };
}

/** Moves of the market that are open on a scope and were seen a moment ago. */
function standingMoves(underlying: UnderlyingState, scope: string, at: number): Cause[] {
  const found: Cause[] = [];
  for (const i of underlying.incidents.open.values())
    if (i.scope === scope && i.kind === 'market' && at - i.lastSeen <= STANDING_MS) found.push(i.cause as Cause);
  return found;
}

type Signs = Map<SignName, Sign>;

/** Adds a sign unless its value could not be read. */
function put(signs: Signs, name: SignName, value: number, strength: number): void {
  if (Number.isFinite(value) && Number.isFinite(strength)) signs.set(name, { value, strength });
}

function expirySigns(
  c: ClosedExpiry,
  closed: readonly ClosedExpiry[],
  offset: CommonOffset,
  calm: boolean,
  seasons: UnderlyingState['seasons'],
  common: number,
): Signs {
  const signs: Signs = new Map();
  const { expiry, facts } = c.reading;
  const read = (name: string): number => metricOf(expiry, name);
  if (!(facts.years > 1 / 365 / 24)) return signs;
  // Without a fresh message the metrics tell of quotes that are already known.
  if (!calm && read('silent_share') >= SILENT) return signs;
  const silent = read('silent_share');
  const others = closed.filter((o) => o !== c && metricOf(o.reading.expiry, 'silent_share') < 0.5).length;
  const usual = readTrailingMedian(expiry.countBaseline, 3)?.centre ?? NaN;
  const quoted = read('two_sided_count');
  const gone = (silent >= SILENT && others > 0) || (usual >= 8 && quoted === 0);
  put(signs, 'absent', gone ? 1 : usual >= 8 ? 1 - quoted / usual : 0, gone ? 2 : 0);
  if (gone) return signs;
  // Between closes of a stream most quotes stand still in health: silence is watched apart, by rates.
  if (c.elapsedSeconds >= UNCHANGED_AFTER && facts.twoSided >= 8) {
    const own = staleShare([expiry.metrics[UNCHANGED]], 1);
    const stuck = Math.max(staleness(own, ENTRY.stuck), strengthOf(own.repeated, ENTRY.stuck));
    put(signs, 'stuck', own.unchanged, stuck);
    put(signs, 'unchanged', own.unchanged, stuck);
  }
  put(signs, 'unmoved', read('unmoved_share'), strengthOf(read('unmoved_share'), ENTRY.unmoved));
  const crossed = read('crossed_count');
  put(signs, 'crossed', crossed, crossed === 1 ? ONE_CROSSED : 2 * Math.sign(crossed));
  const sinceLoss = c.reading.facts.at - expiry.lostAt;
  put(signs, 'gap', sinceLoss / 1000, sinceLoss <= GAP_TELLS_MS ? 2 : 0);
  const mine = c.reading.selection.refused.get('own') ?? 0;
  const share = mine / Math.max(1, mine + facts.used);
  put(signs, 'own', share, mine < OWN_MINIMUM ? 0 : strengthOf(share, ENTRY.ownShare));
  const outliers = read('outlier_count');
  put(signs, 'outlier', outliers, outliers >= 1 ? 1.5 : 0);
  const out = read('bound_share');
  // One lagging quote out of a few is no breach of bounds.
  put(signs, 'bounds', out, out * facts.quoted >= 1.5 ? strengthOf(out, ENTRY.bounds) : 0);
  const gap = read('parity_gap_bp');
  const errors = read('parity_gap_errors_ratio');
  const byQuotes = Math.min(strengthOf(gap, ENTRY.forwardGapBp), strengthOf(errors, ENTRY.forwardGapErrors));
  const byMarks = strengthOfMarkGap(expiry, common, c.elapsedSeconds * 1000 < STREAM_MS);
  put(signs, 'mark-forward', read('mark_forward_gap_bp'), byMarks);
  if (byMarks > (Number.isFinite(byQuotes) ? byQuotes : 0))
    put(signs, 'forward-gap', read('mark_forward_gap_bp'), byMarks);
  else put(signs, 'forward-gap', gap, byQuotes);
  const bend = read('interpolation_gap_bp');
  put(signs, 'forward-bend', bend, strengthOf(bend, ENTRY.forwardBendBp));
  const discount = read('discount_ratio');
  put(signs, 'discount', discount, strengthOf(discount - 1, ENTRY.discount));
  const flipped = discount < -0.5 ? 1 : read('flipped_share');
  put(signs, 'flipped', flipped, strengthOf(flipped, ENTRY.flipped));
  put(signs, 'unit', read('unit_ratio_log'), strengthOf(read('unit_ratio_log'), ENTRY.unit));
  const time = otherTime(expiry, facts.years, offset);
  if (facts.years > HALF_A_DAY) put(signs, 'other-time', time.value, time.strength);
  const callPut = read('call_put_gap_vol');
  const callPutZ = read('call_put_gap_errors_ratio');
  put(
    signs,
    'call-put',
    callPut,
    Math.min(strengthOf(callPut, ENTRY.callPut), strengthOf(callPutZ, ENTRY.callPutErrors)),
  );
  put(signs, 'mark-gap', read('mark_gap_log'), strengthOf(read('mark_gap_log'), ENTRY.markGap));
  // Twice the prior: another venue's usual spread is not this one's, only a crisis is beyond both.
  const base = readTrailingMedian(expiry.spreadBaseline, BASELINE_MINIMUM)?.centre ?? 2 * priorSpread(facts.years);
  const spread = spreadOf(expiry, facts.years);
  const habit = expiry.usual;
  const known = habit.spread.count >= BASELINE_MINIMUM;
  const wide = known ? unusual(habit.spread, seasons.spread, spread, facts.at) : log(spread / base);
  // The median of few spreads is no level.
  const wideEntry = Math.max(ENTRY.wide, WIDE_ERRORS * (SPREAD_SD / Math.sqrt(facts.used)));
  if (facts.years > HALF_A_DAY) put(signs, 'wide', wide, wide > 0 ? strengthOf(wide, wideEntry) : 0);
  if (habit.depth.count >= BASELINE_MINIMUM) {
    const thin = -unusual(habit.depth, seasons.depth, read('touch_size_count'), facts.at);
    put(signs, 'thin', thin, thin > 0 ? strengthOf(thin, ENTRY.thin) : 0);
  }
  return signs;
}

/**
 * How strongly the marks of an expiry contradict its published forward: by as much as quotes would have to, or by less when
 * the marks of the other expiries do so too and in the same direction, or, in a stream, when they have never done so before
 * and the others do not. `common`: the median gap of all of them, basis points.
 */
function strengthOfMarkGap(expiry: ExpiryState, common: number, stream: boolean): number {
  const memory = expiry.metrics[INDEX.get('mark_forward_gap_bp') ?? -1];
  const gap = memory['value'];
  const known = stream && memory['batches'] >= HABIT_FROM && Number.isFinite(common);
  const entry = Math.min(ENTRY.forwardGapBp, Math.max(ENTRY.leastMarkGapBp, ENTRY.habitualGaps * memory['habit']));
  const own = known && memory['errors'] >= ENTRY.habitualErrors ? strengthOf(gap - common, entry) : 0;
  if (!(memory['errors'] >= ENTRY.forwardGapErrors)) return own;
  const shared = common * gap > 0 ? Math.min(Math.abs(gap), Math.abs(common)) : 0;
  return Math.max(own, strengthOf(gap, ENTRY.forwardGapBp), strengthOf(shared, ENTRY.commonMarkGapBp));
}

/** Median gap of the forward in the marks over the expiries, basis points; NaN with fewer than four. */
function commonMarkGap(closed: readonly ClosedExpiry[]): number {
  const gaps = closed.map((c) => metricOf(c.reading.expiry, 'mark_forward_gap_bp')).filter(Number.isFinite);
  return gaps.length < 4 ? NaN : median(gaps);
}

/** Faults after which an expiry's innovations say nothing about the market. */
function gross(signs: Signs): boolean {
  return (['absent', 'bounds', 'flipped', 'unit', 'other-time', 'stuck'] as const).some(
    (name) => (signs.get(name)?.strength ?? 0) >= 1,
  );
}

/** An alarm of the slow test within the page budget is evidence enough by itself. */
const DRIFT_STRENGTH = 2;
const FACTORS = ['level', 'skew', 'curvature'] as const;
/** Entry of a common innovation and of a single expiry's own, standard deviations. */
const COMMON_ENTRY = 3;
const OWN_ENTRY = 5;
/** The same for shifts against the recent past of a stream. */
const COMMON_SHIFT_ENTRY = 5;
const SHIFT_ENTRY = 4.2;

function addInnovation(signs: Signs, c: ClosedExpiry, innovation: CommonInnovation): void {
  const z = innovation.byExpiry.get(c.reading.expiry.key);
  if (z === undefined || (signs.get('absent')?.strength ?? 1) > 0) return;
  const shifts = c.shift.map((v, i) => v - (Number.isFinite(innovation.shift[i]) ? innovation.shift[i] : 0));
  const [shift] = shifts;
  let leads = leadOf(z);
  FACTORS.forEach((name, i) => {
    const own = Number.isFinite(innovation.z[i]) ? z[i] - innovation.z[i] : z[i];
    // Skew and curvature of one expiry wander with single quotes; together with the others' they are a move.
    const jumped = i === 0 && Number.isFinite(shift) ? strengthOf(shift, SHIFT_ENTRY) : 0;
    const moved = strengthOf(own, OWN_ENTRY);
    // What leads is asked of the statistic that shows it: against its last minutes, or against the prediction.
    if (i === 0 && jumped > moved) leads = leadOf(shifts);
    put(signs, name, jumped > moved ? shift : z[i], Math.max(jumped, moved));
  });
  if (Number.isFinite(leads)) put(signs, 'level-leads', leads, leads >= 0 ? 1 : 0);
  if (c.reading.facts.years <= TWO_DAYS) return;
  const pr = innovation.pr.get(c.reading.expiry.key) ?? NaN;
  put(signs, 'shape', pr, Math.max(strengthOf(pr, ENTRY.shape), c.drift >= 1 ? DRIFT_STRENGTH : 0));
}

/** By how many standard deviations level has moved further than skew and curvature. */
function leadOf([level, skew, curvature]: readonly number[]): number {
  return Math.abs(level) - Math.max(Math.abs(skew), Math.abs(curvature));
}

/** An alarm of the sequential tests is evidence enough by itself: their run lengths keep within the page budget. */
function addDrift(signs: Signs, told: readonly boolean[] | undefined): void {
  FACTORS.forEach((name, i) => {
    const sign = signs.get(name);
    if (told?.[i] !== true || sign === undefined) return;
    put(signs, name, sign.value, Math.max(sign.strength, DRIFT_STRENGTH));
    if (i === 0) put(signs, 'level-leads', 1, 1);
    if (i === 1 && !told[0]) put(signs, 'level-leads', -1, 0);
  });
}

function underlyingSigns(
  underlying: UnderlyingState,
  closed: readonly ClosedExpiry[],
  innovation: CommonInnovation,
  offset: CommonOffset,
  elapsed: number,
): Signs {
  const signs: Signs = new Map();
  const sum = (pick: (c: ClosedExpiry) => number): number => closed.reduce((s, c) => s + pick(c), 0);
  const index = underlying.index?.price ?? underlying.quotedIndex;
  const move = log(index / underlying.closedIndex);
  if (elapsed >= UNCHANGED_AFTER) {
    const memories = closed.map((c) => c.reading.expiry.metrics[UNCHANGED]);
    const all = staleShare(memories, POOLED_MINIMUM);
    put(
      signs,
      'unchanged',
      all.unchanged,
      Math.max(staleness(all, ENTRY.stale), strengthOf(all.repeated, ENTRY.repeated)),
    );
  }
  const crossed = sum((c) => c.reading.facts.crossed);
  const quoted = sum((c) => c.reading.facts.quoted);
  put(signs, 'crossed', crossed, crossed < 3 ? 0 : strengthOf(binomial(crossed, quoted, CROSSED_RATE), ENTRY.crossed));
  const falls = [fallOfCounts(closed), fallOfCoverage(underlying, closed)].filter(Number.isFinite);
  const fall = falls.length === 0 ? NaN : Math.max(...falls);
  if (!settling(underlying, closed[0]?.reading.facts.at ?? NaN))
    put(signs, 'fall', fall, fall > 0 ? strengthOf(fall, ENTRY.fall) : 0);
  const received = median(closed.map((c) => c.reading.expiry.skewMs / 1000));
  const clock = Math.max(strengthOfClock(offset), strengthOf(received, ENTRY.receivedSeconds));
  put(signs, 'clock', Math.abs(received) > ENTRY.receivedSeconds ? received : offset.seconds, clock);
  const { messages, late, lagMs, lostAt } = underlying.feedHealth;
  put(signs, 'late', late, late < 20 ? 0 : strengthOf(late / messages, ENTRY.lateShare));
  put(signs, 'lag', lagMs, strengthOf(lagMs, ENTRY.lagMs));
  const rate = unusual(
    underlying.usualRate,
    underlying.seasons.rate,
    messageRate(closed),
    closed[0]?.reading.facts.at ?? NaN,
  );
  if (underlying.usualRate.count >= BASELINE_MINIMUM) put(signs, 'rate', rate, strengthOf(rate, ENTRY.rate));
  const sinceLoss = (closed[0]?.reading.facts.at ?? NaN) - lostAt;
  put(signs, 'gap', sinceLoss / 1000, sinceLoss <= GAP_TELLS_MS ? 2 : 0);
  const gap = indexGap(underlying, closed, index);
  put(signs, 'index-gap', gap, strengthOf(gap, ENTRY.indexGapBp));
  FACTORS.forEach((name, i) => {
    const [z, shift] = [innovation.z[i], innovation.shift[i]];
    const jumped = Number.isFinite(shift) ? strengthOf(shift, COMMON_SHIFT_ENTRY) : 0;
    const moved = Number.isFinite(z) ? strengthOf(z, COMMON_ENTRY) : 0;
    put(signs, name, jumped > moved ? shift : z, Math.max(jumped, moved));
  });
  const byShift = signs.get('level')?.value === innovation.shift[0];
  const leads = leadOf(byShift ? innovation.shift : innovation.z);
  put(signs, 'level-leads', leads, leads >= 0 ? 1 : 0);
  put(signs, 'term', innovation.term, strengthOf(innovation.term, 2.5));
  // The volatility before the move, not after it: a crash must not excuse itself.
  const atm = readTrailingMedian(underlying.atmBaseline, 1)?.centre ?? NaN;
  const returnZ = move / (atm * Math.sqrt((elapsed * 1000) / YEAR_MS));
  put(signs, 'return', returnZ, Math.abs(returnZ) < ENTRY.leastReturnZ ? 0 : strengthOf(returnZ, ENTRY.returnZ));
  return signs;
}

/** Comparable quotes below this number say nothing about a whole underlying. */
const POOLED_MINIMUM = 20;

/** Strength of a stale share against its entry; many quotes by chance, or few by necessity, are none. */
function staleness({ stale, z }: StaleShare, entry: number): number {
  return stale > 0 ? Math.min(strengthOf(stale, entry), strengthOf(z, ENTRY.staleZ)) : 0;
}

const EIGHT_DAYS = 8 / 365;

/**
 * Basis points by which the index is off both the perpetual and the parity forward of the nearest expiry (within eight
 * days, where carry is small): the smaller of the two gaps, because either may have moved by itself.
 */
function indexGap(underlying: UnderlyingState, closed: readonly ClosedExpiry[], index: number): number {
  const gaps: number[] = [];
  for (const future of underlying.futures.values()) {
    if (future.expiry !== null || future.bid === null || future.ask === null) continue;
    gaps.push((0.5 * (future.bid + future.ask)) / index - 1);
    break;
  }
  const near = closed.find((c) => c.reading.facts.years > HALF_A_DAY && c.reading.facts.forwardParity > 0);
  if (near !== undefined && near.reading.facts.years < EIGHT_DAYS)
    gaps.push(1e-4 * metricOf(near.reading.expiry, 'index_gap_bp'));
  if (gaps.length === 0) return NaN;
  if (gaps.length === 2 && gaps[0] * gaps[1] <= 0) return 0;
  return 1e4 * gaps.reduce((a, b) => (Math.abs(a) < Math.abs(b) ? a : b));
}

/**
 * 1 - two-sided quotes over their usual number, over the expiries that are known. One that shows none is missing, and is
 * left out; where half of them are, it is the quotes that are gone.
 */
function fallOfCounts(closed: readonly ClosedExpiry[]): number {
  const known = closed.flatMap(({ reading }): { now: number; usual: number }[] => {
    const base = readTrailingMedian(reading.expiry.countBaseline, BASELINE_MINIMUM);
    return base === null ? [] : [{ now: metricOf(reading.expiry, 'two_sided_count'), usual: base.centre }];
  });
  const empty = known.filter((e) => !(e.now > 0)).length;
  const counted = 2 * empty >= known.length ? known : known.filter((e) => e.now > 0);
  const usual = counted.reduce((sum, e) => sum + e.usual, 0);
  return usual < 20 ? NaN : 1 - counted.reduce((sum, e) => sum + (e.now > 0 ? e.now : 0), 0) / usual;
}

/** Messages a second of the expiries closed; NaN outside streams. */
export function messageRate(closed: readonly ClosedExpiry[]): number {
  return closed.reduce((sum, c) => sum + metricOf(c.reading.expiry, 'message_rate_count'), 0);
}

/** 1 - coverage over its usual value at this hour, of the median expiry; what falls slowly is no surprise to a short memory. */
function fallOfCoverage(underlying: UnderlyingState, closed: readonly ClosedExpiry[]): number {
  const off: number[] = [];
  for (const { reading } of closed) {
    const { coverage } = reading.expiry.usual;
    const share = metricOf(reading.expiry, 'coverage_share');
    if (coverage.count >= BASELINE_MINIMUM && share > 0)
      off.push(unusual(coverage, underlying.seasons.coverage, share, reading.facts.at));
  }
  return off.length < 3 ? NaN : 1 - exp(median(off));
}

/** (count - n p) / sqrt(n p (1 - p)): standard score of a count under the binomial with rate p. */
function binomial(count: number, n: number, p: number): number {
  return n === 0 ? 0 : (count - n * p) / Math.sqrt(n * p * (1 - p));
}
