import { exp, log } from '../numeric/exponential.ts';
import { CREDIT_CAUSES, type CreditCause } from './causes.ts';
import type { Diagnosis } from './diagnosis.ts';

/** One way to read a contributor's numbers, and how far from expectation they are if read so. */
export interface CreditReading {
  readonly name: string;
  readonly cause: 'unit-mismatch' | 'convention-mismatch';
  /** Per node, standard deviations; as long as the deviations as stated. */
  readonly deviations: readonly number[];
}

/** What one contributor shows at a close, or all together (the curve itself, against its prediction). */
export interface QuoteSigns {
  readonly scope: string;
  readonly nodes: readonly string[];
  /** Deviation from what was expected, per node, standard deviations, without what all nodes have in common. */
  readonly deviations: readonly number[];
  /** The same with it: how far off the numbers are if they are read as stated. */
  readonly stated: readonly number[];
  readonly readings: readonly CreditReading[];
  /** Nats by which its silence, and its repetition, are less likely than its habits allow. */
  readonly silence: number;
  readonly repetition: number;
  /** Recovery it states that is not the curve's; NaN when it agrees or says nothing. */
  readonly otherRecovery: number;
  /** Largest upfront over the loss 1 - R; above 1 nobody can mean it. */
  readonly upfrontOverLoss: number;
  /** Messages seen from it; habits and deviations of a newcomer are not known. */
  readonly updates: number;
  /** What is off has been so for long, and nobody else can say who is right: it is the market. */
  readonly lasting: boolean;
  /** Updates in a row at which all its nodes stood apart from others who spoke too, and by how many standard deviations. */
  readonly apart: number;
  readonly apartBy: number;
}

/** What a curve shows at a close. */
export interface CreditSigns {
  readonly scope: string;
  readonly contributors: readonly QuoteSigns[];
  /** Consensus against the live fit's prediction; null without a fit. */
  readonly whole: QuoteSigns | null;
  /** Common move of the nodes against the prediction, standard deviations of the horizon. */
  readonly move: number;
  /** Lowest forward hazard of the consensus in standard errors, and its node; 0 when none is negative. */
  readonly inversion: number;
  readonly invertedNode: string;
  /** Forward discount rate farthest outside of what money has ever cost, per year; 0 when all are inside. */
  readonly absurdRate: number;
  /** Why the agreed quotes admit no curve, and at how many closes in a row. */
  readonly failure: string | null;
  readonly failures: number;
  /** Move of the hazard rates beyond what their quotes explain, standard errors; NaN without two fits. */
  readonly unexplained: number;
  readonly openAt: number;
  readonly isOpen: (cause: string, scope: string) => boolean;
}

interface Candidate {
  readonly cause: CreditCause;
  readonly nats: number;
  readonly sign: string;
  readonly value: number | string;
}

/** Evidence of one node is bounded: no single one proves a fault of all. Standard deviations squared. */
const MOST_SQUARE = 50;
/** A priori a fault is this unlikely at any one update, nats. */
const RARE = 9;
/** Nodes that must be far off before a contributor's whole way of quoting is doubted. */
const MANY = 0.6;
/** Another reading must fit to within this, rms of its standard deviations. */
const FITTING = 2.5;
/** Deviations have tails: only what is beyond these standard deviations counts as an outlier. */
const OUTLIER_SD = 8;
/** An open incident lives on down to this, nats. */
const STAY = 0;

/**
 * Causes of one close of a credit curve, strongest first. A contributor whose numbers fit once they are read another way
 * is misread; one with few nodes off has outliers; what all contributors show together is judged against the curve's own
 * prediction. Each candidate carries log-odds against health (nats): the log-likelihood of what was seen under the cause
 * less that under health, less the rarity of faults.
 */
export function diagnoseCredit(signs: CreditSigns): Diagnosis[] {
  const found: Diagnosis[] = [];
  const blamed = new Set<CreditCause>();
  const wide = signs.whole === null ? [] : quoteCandidates(signs.whole);
  wide.push(...curveCandidates(signs));
  take(found, signs, signs.scope, wide);
  for (const d of found) if (d.kind === 'data') blamed.add(d.cause as CreditCause);
  for (const contributor of signs.contributors) {
    const own = quoteCandidates(contributor).filter((c) => !blamed.has(c.cause));
    take(found, signs, contributor.scope, own);
  }
  return found.toSorted((a, b) => b.logOdds - a.logOdds || (a.scope < b.scope ? -1 : 1));
}

function take(found: Diagnosis[], signs: CreditSigns, scope: string, candidates: Candidate[]): void {
  const ranked = candidates.toSorted((a, b) => b.nats - a.nats || (a.cause < b.cause ? -1 : 1));
  const data = ranked.some((c) => CREDIT_CAUSES[c.cause].kind === 'data' && c.nats >= signs.openAt);
  const taken = ranked.find(
    (c) =>
      c.nats >= (signs.isOpen(c.cause, scope) ? STAY : signs.openAt) &&
      // A fault of the data feigns moves and failures, not the other way round.
      (!data || CREDIT_CAUSES[c.cause].kind === 'data'),
  );
  if (taken === undefined) return;
  const { kind } = CREDIT_CAUSES[taken.cause];
  found.push({
    cause: taken.cause,
    kind,
    scope,
    severity: kind === 'data' && scope === signs.scope ? 'critical' : 'warning',
    logOdds: taken.nats,
    evidence: evidenceOf(taken, ranked),
  });
}

function quoteCandidates(signs: QuoteSigns): Candidate[] {
  const { deviations, nodes } = signs;
  const found: Candidate[] = [];
  const far = deviations.filter((d) => Math.abs(d) > OUTLIER_SD).length;
  const off = signs.stated.filter((d) => Math.abs(d) > OUTLIER_SD).length;
  let explained = -Infinity;
  if (off > 0 && off >= MANY * signs.stated.length)
    for (const reading of signs.readings) {
      // A reading that does not fit by itself explains nothing, however far off the stated one is.
      if (!(square(reading.deviations) <= FITTING * FITTING * reading.deviations.length)) continue;
      const nats = 0.5 * (square(signs.stated) - square(reading.deviations)) - log(signs.readings.length) - RARE;
      explained = Math.max(explained, nats);
      found.push({ cause: reading.cause, nats, sign: 'read-as', value: reading.name });
    }
  const worst = deviations.reduce((best, d, i) => (Math.abs(d) > Math.abs(deviations[best]) ? i : best), 0);
  if (far > 0 && signs.updates >= NEWCOMER && !signs.lasting) {
    const beyond = Math.abs(deviations[worst]) - OUTLIER_SD;
    found.push({
      cause: 'outlier-quote',
      nats: Math.min(20, 3 + 2 * beyond),
      sign: nodes[worst],
      value: deviations[worst],
    });
  }
  if (signs.apart >= LONG_APART && !(explained > 0))
    found.push({
      cause: 'outlier-quote',
      nats: Math.min(20, 3 + signs.apart),
      sign: 'all-nodes',
      value: signs.apartBy,
    });
  if (Number.isFinite(signs.otherRecovery))
    found.push({ cause: 'recovery-inconsistent', nats: CERTAIN, sign: 'stated-recovery', value: signs.otherRecovery });
  if (signs.upfrontOverLoss > 1 && !(explained > 0))
    found.push({
      cause: 'recovery-inconsistent',
      nats: CERTAIN,
      sign: 'upfront-over-loss',
      value: signs.upfrontOverLoss,
    });
  if (signs.updates >= NEWCOMER) {
    found.push({ cause: 'stale-contributor', nats: signs.silence - RARE, sign: 'silence', value: signs.silence });
    found.push({ cause: 'flat-line', nats: signs.repetition - RARE, sign: 'repetition', value: signs.repetition });
  }
  return found;
}

/** Updates after which a contributor's habits are known. */
const NEWCOMER = 12;
/** Updates after which one who stands apart from all others is no longer the first to hear of news. */
const LONG_APART = 5;
/** Log-odds of what is no matter of chance, nats. */
const CERTAIN = 25;
/** Standard errors below which a negative forward hazard may be noise of the quotes. */
const INVERTED_SD = 4;
/** Standard deviations beyond which the curve has moved, and its parameters more than their quotes. */
const MOVED_SD = 5;

/** What quotes must have suffered for a calibration to refuse them; anything else is the calibration's own failure. */
const FAILURES: Readonly<Record<string, CreditCause | undefined>> = {
  unit: 'unit-mismatch',
  'negative-spread': 'convention-mismatch',
  'upfront-bound': 'recovery-inconsistent',
  arbitrage: 'node-inversion',
};

function curveCandidates(signs: CreditSigns): Candidate[] {
  const found: Candidate[] = [];
  const tail = (z: number, from: number): number => 0.5 * (Math.min(z * z, 100) - from * from) + 3;
  if (signs.inversion < -INVERTED_SD)
    found.push({ cause: 'node-inversion', nats: tail(signs.inversion, INVERTED_SD), sign: signs.invertedNode, value: signs.inversion });
  if (signs.absurdRate !== 0)
    found.push({ cause: 'numerical-failure', nats: CERTAIN, sign: 'forward-discount-rate', value: signs.absurdRate });
  if (signs.failure !== null && signs.failures > 0)
    found.push({ cause: FAILURES[signs.failure] ?? 'numerical-failure', nats: 3 * signs.failures, sign: signs.failure, value: signs.failures });
  if (Math.abs(signs.move) > MOVED_SD)
    found.push({ cause: 'spread-move', nats: tail(signs.move, MOVED_SD), sign: 'common-move', value: signs.move });
  if (Math.abs(signs.unexplained) > MOVED_SD)
    found.push({ cause: 'unexplained-move', nats: tail(signs.unexplained, MOVED_SD), sign: 'beyond-quotes', value: signs.unexplained });
  return found;
} // prettier-ignore

function square(deviations: readonly number[]): number {
  let sum = 0;
  for (const d of deviations) sum += Number.isFinite(d) ? Math.min(d * d, MOST_SQUARE) : MOST_SQUARE;
  return sum;
}

/** Probabilities over the candidates and health, the three strongest signs, and what separates first from second. */
function evidenceOf(taken: Candidate, ranked: readonly Candidate[]): Readonly<Record<string, unknown>> {
  const best = new Map<string, Candidate>();
  for (const c of [taken, ...ranked]) if (!best.has(c.cause)) best.set(c.cause, c);
  const top = Math.max(0, ...[...best.values()].map((c) => c.nats));
  let total = exp(-top);
  for (const c of best.values()) total += exp(c.nats - top);
  const probabilities = Object.fromEntries(
    [...best.values()]
      .toSorted((a, b) => b.nats - a.nats)
      .slice(0, 3)
      .map((c) => [c.cause as string, rounded(exp(c.nats - top) / total)]),
  );
  const second = [...best.values()].filter((c) => c.cause !== taken.cause).toSorted((a, b) => b.nats - a.nats)[0];
  return {
    log_odds: rounded(taken.nats),
    probabilities: { ...probabilities, health: rounded(exp(-top) / total) },
    signs: [taken, ...ranked.filter((c) => c !== taken)]
      .slice(0, 3)
      .map((c) => ({ sign: c.sign, says: CREDIT_CAUSES[c.cause].says, value: plain(c.value), nats: rounded(c.nats) })),
    runner_up: {
      cause: second?.cause ?? 'health',
      separated_by: taken.sign,
      nats: rounded(taken.nats - Math.max(0, second?.nats ?? 0)),
    },
  };
}

function rounded(v: number): number {
  return Math.round(v * 1000) / 1000;
}

function plain(v: number | string): number | string | null {
  return typeof v === 'string' ? v : Number.isFinite(v) ? rounded(v) : null;
}
