import { log } from '../numeric/exponential.ts';

/**
 * Champion against challenger on identical batches: two e-processes on block averages of the loss difference, over
 * disjoint blocks longer than its measured dependence, with as long a gap between them. Plain data.
 */
export interface Comparison {
  /** Batches seen, and the running moments of the loss difference. */
  readonly n: number;
  readonly mean: number;
  readonly squares: number;
  readonly products: number;
  readonly last: number;
  /** The block under way: batches still to skip before it, its length (0: none begun), its sum so far and their number. */
  readonly skip: number;
  readonly length: number;
  readonly sum: number;
  readonly held: number;
  /** What one unit of the bounded block score is worth, in units of the loss; fixed before the block is seen. */
  readonly scale: number;
  readonly blocks: number;
  readonly total: number;
  readonly totalSquares: number;
  /** ln E that the challenger is better, and that it is worse. */
  readonly logBetter: number;
  readonly logWorse: number;
  /** Batches in a row that the challenger won. */
  readonly streak: number;
}

/** Batches from which the dependence is measured before the first block. */
const BURN_IN = 60;
const SHORTEST_BLOCK = 5;
/** Dependence that needs longer blocks than this cannot be told from a trend: no block begins. */
const LONGEST_BLOCK = 400;
/** Correlation left at a block's length. */
const LEFT = 0.05;
/** The bounded score reaches one at this many standard deviations of a block. */
const REACH = 4;
const MOST_BET = 0.9;

/** Nothing compared. */
export function initComparison(): Comparison {
  return {
    n: 0, mean: 0, squares: 0, products: 0, last: NaN, skip: 0, length: 0, sum: 0, held: 0, scale: NaN,
    blocks: 0, total: 0, totalSquares: 0, logBetter: 0, logWorse: 0, streak: 0,
  }; // prettier-ignore
}

/**
 * Adds one batch: `difference` = loss of the champion - loss of the challenger (positive: the challenger is better),
 * any unit, not finite = ignored. The bet of each block rests on the blocks before it only, so that under a
 * non-positive conditional mean of the block averages P(E ever >= 20) <= 5 % (Ville); correction 4 of methods.md is why
 * the blocks.
 */
export function compare(c: Comparison, difference: number): Comparison {
  if (!Number.isFinite(difference)) return c;
  const n = c.n + 1;
  const step = difference - c.mean;
  const mean = c.mean + step / n;
  const next = {
    ...c,
    n,
    mean,
    squares: c.squares + step * (difference - mean),
    products: c.products + (Number.isNaN(c.last) ? 0 : difference * c.last),
    last: difference,
    streak: difference > 0 ? c.streak + 1 : 0,
  };
  if (n <= BURN_IN) return next;
  if (next.length === 0) return beginBlock(next);
  if (next.skip > 0) return { ...next, skip: next.skip - 1 };
  const [sum, held] = [next.sum + difference, next.held + 1];
  return held < next.length ? { ...next, sum, held } : beginBlock(endBlock(next, sum / held));
}

/**
 * Upper confidence bound (95 %) of the lag-one autocorrelation of the differences, corrected for the bias of short
 * samples, (1 + 3 phi)/n (Kendall 1954).
 */
export function dependence(c: Comparison): number {
  const variance = c.squares / c.n;
  if (!(variance > 0)) return 0;
  const raw = (c.products / (c.n - 1) - c.mean * c.mean) / variance;
  const phi = Math.max(-0.99, Math.min(0.999, raw + (1 + 3 * raw) / c.n));
  return Math.max(0, phi + 1.645 * Math.sqrt((1 - phi * phi) / c.n));
}

/** Batches after which a correlation of that kind has fallen to a twentieth; Infinity when it never does. */
export function blockLength(phi: number): number {
  if (phi >= 1) return Infinity;
  return phi <= 0 ? SHORTEST_BLOCK : Math.max(SHORTEST_BLOCK, Math.ceil(log(LEFT) / log(phi)));
}

function beginBlock(c: Comparison): Comparison {
  const phi = dependence(c);
  const length = blockLength(phi);
  const deviation = Math.sqrt(c.squares / c.n);
  if (!(length <= LONGEST_BLOCK) || !(deviation > 0)) return { ...c, length: 0, sum: 0, held: 0 };
  const scale = REACH * deviation * Math.sqrt(Math.min(1, (1 + phi) / ((1 - phi) * length)));
  return { ...c, length, skip: length, sum: 0, held: 0, scale };
}

function endBlock(c: Comparison, average: number): Comparison {
  const x = Math.max(-1, Math.min(1, average / c.scale));
  const bet = c.total / (1 / (REACH * REACH) + c.totalSquares);
  const better = Math.min(MOST_BET, Math.max(0, bet));
  const worse = Math.min(MOST_BET, Math.max(0, -bet));
  return {
    ...c,
    blocks: c.blocks + 1,
    total: c.total + x,
    totalSquares: c.totalSquares + x * x,
    logBetter: c.logBetter + log(1 + better * x),
    logWorse: c.logWorse + log(1 - worse * x),
  };
}

/** A trial of challengers, or the probation of one that won. Plain data. */
export interface Trial {
  readonly mode: 'shadow' | 'probation';
  readonly since: number;
  /** The model that serves now. */
  readonly champion: string;
  /** In a trial the challengers; in probation the former champion. */
  readonly rivals: readonly string[];
  /** By rival, whether that rival is better than the champion. */
  readonly comparisons: Readonly<Record<string, Comparison>>;
  /** Until when an emergency promotion stands unconfirmed, epoch ms; null when it was an ordinary one or is confirmed. */
  readonly emergencyUntil: number | null;
  /** Whether it is no winner that serves but a stand-in for a family of which no fit has passed the guards. */
  readonly standIn: boolean;
  /** The winner that waits for an operator, and since when. */
  readonly proposed: { readonly model: string; readonly at: number } | null;
}

/** What a trial has come to. */
export type Verdict =
  | { readonly input: 'won'; readonly model: string; readonly emergency: boolean }
  | { readonly input: 'lost' | 'reversed' | 'simpler' }
  | null;

/** E-value at which a challenger has proved better: one in twenty is a false promotion. */
export const PROOF = 20;
const HOUR_MS = 3_600_000;
/** A trial without a winner ends after so long, ms. */
const LONGEST_TRIAL_MS = 6 * HOUR_MS;
/** A challenger of which no fit has passed the guards by then is out, ms. */
const UNFIT_MS = 120_000;
/** A promotion can be reversed, or the simpler model return, for so long, ms. */
export const PROBATION_MS = 24 * HOUR_MS;
/** An emergency promotion lapses unless confirmed by then, ms. */
export const EMERGENCY_MS = 1_800_000;
/** Score beyond which there is no time for proof, and the batches in a row that must agree. */
export const EMERGENCY_PZ = 8;
const EMERGENCY_BATCHES = 3;
/** Batches on which the configured family must have been compared before it takes over from its stand-in. */
export const STAND_IN_BATCHES = 120;
/** A proposal lapses unless approved by then, ms. */
export const PROPOSAL_MS = 1_800_000;

/** Begins a trial of challengers beside the champion. */
export function openTrial(champion: string, rivals: readonly string[], at: number): Trial {
  return {
    mode: 'shadow',
    since: at,
    champion,
    rivals,
    comparisons: Object.fromEntries(rivals.map((r) => [r, initComparison()])),
    emergencyUntil: null,
    standIn: false,
    proposed: null,
  };
}

/** Begins the probation of a winner, against the champion it replaced. */
export function openProbation(winner: string, former: string, emergency: boolean, at: number): Trial {
  return {
    mode: 'probation',
    since: at,
    champion: winner,
    rivals: [former],
    comparisons: { [former]: initComparison() },
    emergencyUntil: emergency ? at + EMERGENCY_MS : null,
    standIn: false,
    proposed: null,
  };
}

/** Begins the probation of a family that serves only because the configured one has no fit. */
export function openStandIn(standIn: string, configured: string, at: number): Trial {
  return { ...openProbation(standIn, configured, false, at), standIn: true };
}

/**
 * What a trial says at `at`; `pz` is the champion's score on the batch. With several challengers each needs that many
 * times the proof. Null: go on.
 */
export function judgeTrial(trial: Trial, pz: number, at: number): Verdict {
  return trial.mode === 'shadow' ? judgeShadow(trial, pz, at) : judgeProbation(trial, at);
}

function judgeShadow(trial: Trial, pz: number, at: number): Verdict {
  const needed = log(PROOF * trial.rivals.length);
  let best: string | null = null;
  for (const rival of trial.rivals)
    if (trial.comparisons[rival].logBetter >= needed)
      if (best === null || trial.comparisons[rival].logBetter > trial.comparisons[best].logBetter) best = rival;
  if (best !== null) return { input: 'won', model: best, emergency: false };
  if (pz > EMERGENCY_PZ)
    for (const rival of trial.rivals)
      if (trial.comparisons[rival].streak >= EMERGENCY_BATCHES) return { input: 'won', model: rival, emergency: true };
  const worse = trial.rivals.every((r) => trial.comparisons[r].logWorse >= log(PROOF));
  const unfit = at - trial.since >= UNFIT_MS && trial.rivals.every((r) => trial.comparisons[r].n === 0);
  return worse || unfit || at - trial.since >= LONGEST_TRIAL_MS ? { input: 'lost' } : null;
}

/** The rival is the former champion: where it is better, the promotion is reversed. */
function judgeProbation(trial: Trial, at: number): Verdict {
  const former = trial.comparisons[trial.rivals[0]];
  // It never won against anybody: the configured family comes back as soon as it has served as well for a while.
  if (trial.standIn) return former.n >= STAND_IN_BATCHES && former.logWorse < log(PROOF) ? { input: 'simpler' } : null;
  if (former.logBetter >= log(PROOF)) return { input: 'reversed' };
  if (trial.emergencyUntil !== null && at >= trial.emergencyUntil) return { input: 'reversed' };
  if (at - trial.since < PROBATION_MS) return null;
  return former.logWorse >= log(PROOF) ? null : { input: 'simpler' };
}

/**
 * After a batch of probation: an emergency that is proved stands, a stand-in that is proved better is a winner like any other,
 * and a day that proved the winner begins anew.
 */
export function continueProbation(trial: Trial, at: number): Trial {
  if (trial.mode !== 'probation') return trial;
  const proved = trial.comparisons[trial.rivals[0]].logWorse >= log(PROOF);
  if (!proved) return trial;
  if (trial.standIn) return { ...trial, since: at, standIn: false };
  if (at - trial.since >= PROBATION_MS)
    return { ...openProbation(trial.champion, trial.rivals[0], false, at), since: at };
  return trial.emergencyUntil === null ? trial : { ...trial, emergencyUntil: null };
}
