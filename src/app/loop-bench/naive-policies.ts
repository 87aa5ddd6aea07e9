/**
 * Two policies without a diagnosis, fed with what the engine's own closes see: refit at every close, and refit when a plain
 * threshold is crossed. They pay the same lateness and latency as the loop.
 */
import { readForwards } from '../../engine/read-batch.ts';
import type { ExpiryState, UnderlyingState } from '../../engine/state.ts';
import type { Fit, Observations } from '../../model/contract.ts';
import { scorePrequential } from '../../score/prequential.ts';
import { selectQuotes } from '../../surface/selection.ts';
import { smileModel } from '../../surface/smile-model.ts';
import { sviFamily } from '../../surface/svi.ts';

/** Names of the policies. */
export const NAIVE_POLICIES = ['every-tick', 'plain-threshold'] as const;
/** One of {@link NAIVE_POLICIES}. */
export type NaivePolicy = (typeof NAIVE_POLICIES)[number];

/** What they serve, by expiry. */
export type NaiveServing = Readonly<Record<NaivePolicy, Map<number, Fit>>>;

const svi = smileModel(sviFamily);
/** Weighted error of a fit on a batch beyond which the plain threshold refits, in error bars. */
const PLAIN_PZ = 2;

/** Nothing fitted. */
export function initNaive(): NaiveServing {
  return { 'every-tick': new Map(), 'plain-threshold': new Map() };
}

/** One close: both policies look at the quotes of every expiry that closed. */
export function closeNaive(serving: NaiveServing, underlying: UnderlyingState): void {
  const at = underlying.closedAt;
  for (const { expiry, published, consensus } of readForwards(underlying, at)) {
    if (expiry.closedAt !== at) continue;
    const { observations } = selectQuotes(expiry.entries, at, consensus, published);
    if (observations.k.length === 0) continue;
    for (const policy of NAIVE_POLICIES) {
      const before = serving[policy].get(expiry.expiry) ?? null;
      if (policy === 'plain-threshold' && before !== null && !(scoreOf(before, observations) > PLAIN_PZ)) continue;
      const fit = refit(before, observations, policy, expiry, at);
      if (fit !== null) serving[policy].set(expiry.expiry, fit);
    }
  }
}

function scoreOf(fit: Fit, batch: Observations): number {
  const n = batch.k.length;
  const out = { mean: new Float64Array(n), sd: new Float64Array(n) };
  svi.predict(fit, batch, out);
  return scorePrequential(batch, out, 0)?.pz ?? 0;
}

function refit(
  before: Fit | null,
  observations: Observations,
  policy: NaivePolicy,
  expiry: ExpiryState,
  at: number,
): Fit | null {
  const { scope } = expiry;
  const id = `${policy}@${expiry.key}#${at}`;
  const start = before?.parameters ?? null;
  const { status, parameters, covariance, numbers } = svi.fit({
    id,
    model: 'svi',
    scope,
    at,
    reason: 'age',
    observations,
    start,
    prior: null,
    options: {},
  });
  if (status !== 'converged') return null;
  const { forward, years } = observations;
  return { id, model: 'svi', scope, at, forward, years, parameters, covariance, numbers };
}
