import type { ExpiryFacts, UnderlyingFacts } from '../quality/facts.ts';
import type { PrequentialScore } from '../score/prequential.ts';
import { median } from '../numeric/robust.ts';

/** What is wrong, where, and why it is believed. */
export interface Diagnosis {
  readonly cause: string;
  /** `data` vetoes refits and closes the gate; `market` widens; `model` asks for a refit. */
  readonly kind: 'data' | 'market' | 'model';
  readonly scope: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly evidence: Readonly<Record<string, unknown>>;
}

/** What one expiry shows at a close. */
export interface ExpirySigns {
  readonly scope: string;
  readonly facts: ExpiryFacts;
  /** The champion's score on this batch; null without a prediction. */
  readonly score: PrequentialScore | null;
  /** sd of the level innovation that the horizon alone explains (volatility fraction). */
  readonly horizonSd: number;
  /** Half-spread over its own baseline; NaN while that is unknown. */
  readonly spreadRatio: number;
}

/** What the underlying shows at a close. */
export interface UnderlyingSigns {
  readonly scope: string;
  readonly facts: UnderlyingFacts;
  /** Instruments with two sides over their baseline; NaN while that is unknown. */
  readonly twoSidedRatio: number;
  /** Index return since the last close in standard deviations of the ATM volatility before; NaN when unknown. */
  readonly returnZ: number;
  readonly expiries: readonly ExpirySigns[];
  /** Whether a condition is already open on a scope: it then needs to fall to half its entry to close. */
  readonly isOpen: (cause: string, scope: string) => boolean;
}

const ENTRY = {
  outageRatio: 0.6,
  contractionSpread: 2.5,
  returnZ: 3.5,
  levelZ: 4,
  expiryZ: 6,
  shape: 8,
  crossedShare: 0.02,
  forwardBasisPoints: 15,
} as const;

/** Ranked causes of one close: the underlying's own first, then those of single expiries that it does not explain. */
export function diagnose(signs: UnderlyingSigns): Diagnosis[] {
  const found: Diagnosis[] = [];
  const level = commonLevel(signs);
  const spread = common(signs.expiries.map((e) => e.spreadRatio));
  found.push(...marketWide(signs, level, spread));
  const explained = found.some((d) => d.kind === 'market');
  for (const expiry of signs.expiries) found.push(...single(expiry, explained, signs));
  return found;
}

function marketWide(signs: UnderlyingSigns, level: number, spread: number): Diagnosis[] {
  const { scope, isOpen, twoSidedRatio, returnZ } = signs;
  const out: Diagnosis[] = [];
  const limit = (cause: string, entry: number): number => (isOpen(cause, scope) ? entry / 2 : entry);
  const evidence = {
    two_sided_ratio: number(twoSidedRatio),
    half_spread_ratio: number(spread),
    level_z: number(level),
    return_z: number(returnZ),
    index: number(signs.facts.index),
  };
  const outageLimit = isOpen('venue-outage', scope) ? 0.5 + ENTRY.outageRatio / 2 : ENTRY.outageRatio;
  const moved = Math.abs(level) >= limit('level-move', ENTRY.levelZ);
  const crash =
    Math.abs(level) >= limit('flash-crash', ENTRY.levelZ) && Math.abs(returnZ) >= limit('flash-crash', ENTRY.returnZ);
  if (crash) out.push({ cause: 'flash-crash', kind: 'market', scope, severity: 'critical', evidence });
  else if (moved) out.push({ cause: 'level-move', kind: 'market', scope, severity: 'warning', evidence });
  if (spread >= limit('liquidity-contraction', ENTRY.contractionSpread))
    out.push({ cause: 'liquidity-contraction', kind: 'market', scope, severity: 'warning', evidence });
  else if (twoSidedRatio < outageLimit)
    out.push({ cause: 'venue-outage', kind: 'data', scope, severity: 'critical', evidence });
  return out;
}

function single(expiry: ExpirySigns, explained: boolean, signs: UnderlyingSigns): Diagnosis[] {
  const { facts, score, scope } = expiry;
  const out: Diagnosis[] = [];
  const limit = (cause: string, entry: number): number => (signs.isOpen(cause, scope) ? entry / 2 : entry);
  const crossed = facts.quoted > 0 ? facts.crossed / facts.quoted : 0;
  if (facts.crossed >= 2 && crossed >= limit('crossed-quotes', ENTRY.crossedShare))
    out.push({
      cause: 'crossed-quotes',
      kind: 'data',
      scope,
      severity: 'warning',
      evidence: { crossed: facts.crossed, share: crossed },
    });
  const gap = (facts.forwardParity / facts.forwardVenue - 1) * 10_000;
  const gapZ = Math.abs(facts.forwardParity - facts.forwardVenue) / facts.forwardParityError;
  if (Math.abs(gap) >= limit('wrong-forward', ENTRY.forwardBasisPoints) && gapZ > 4)
    out.push({
      cause: 'wrong-forward',
      kind: 'data',
      scope,
      severity: 'critical',
      evidence: { gap_bp: gap, gap_se: gapZ },
    });
  if (score === null || score.factors === null || explained) return out;
  const [b0, b1, b2] = score.factors.b;
  const z = [b0, b1, b2].map(
    (b, i) =>
      b / Math.sqrt((score.factors?.se[i] ?? 0) * (score.factors?.se[i] ?? 0) + expiry.horizonSd * expiry.horizonSd),
  );
  const worst = z.reduce((best, v, i) => (Math.abs(v) > Math.abs(z[best]) ? i : best), 0);
  const cause = ['level-move', 'skew-move', 'curvature-move'][worst];
  const evidence = { pz: score.pz, b0, b1, b2, z: z[worst], pr: score.pr };
  if (Math.abs(z[worst]) >= limit(cause, ENTRY.expiryZ))
    out.push({ cause, kind: 'model', scope, severity: 'warning', evidence });
  else if (score.pr >= limit('model-misspecified', ENTRY.shape))
    out.push({ cause: 'model-misspecified', kind: 'model', scope, severity: 'warning', evidence });
  return out;
}

/** Median level innovation over the expiries in standard deviations: what they have in common. */
function commonLevel(signs: UnderlyingSigns): number {
  const z: number[] = [];
  for (const e of signs.expiries) {
    if (e.score === null || e.score.factors === null) continue;
    const se = e.score.factors.se[0];
    z.push(e.score.factors.b[0] / Math.sqrt(se * se + e.horizonSd * e.horizonSd));
  }
  return z.length >= 3 ? median(z) * Math.min(2, Math.sqrt(z.length) / 2) : NaN;
}

function common(values: readonly number[]): number {
  const known = values.filter(Number.isFinite);
  return known.length >= 3 ? median(known) : NaN;
}

function number(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
