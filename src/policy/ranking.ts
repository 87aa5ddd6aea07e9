import { log, exp } from '../numeric/exponential.ts';
import { CAUSES, type Cause } from './causes.ts';
import { ALWAYS, SIGNATURES } from './signatures.ts';
import { SIGNS, type SignName, type SignVector } from './signs.ts';

/** One cause with what speaks for it. */
export interface RankedCause {
  readonly cause: Cause;
  /** Log-odds against health, nats. */
  readonly logOdds: number;
}

interface Term {
  readonly name: SignName;
  /** ln(p/q) and ln((1-p)/(1-q)). */
  readonly shown: number;
  readonly absent: number;
  readonly always: boolean;
}

const TERMS: readonly { readonly cause: Cause; readonly prior: number; readonly terms: readonly Term[] }[] = (
  Object.keys(CAUSES) as Cause[]
).map((cause) => ({
  cause,
  prior: log(SIGNATURES[cause].prior),
  terms: (Object.entries(SIGNATURES[cause].signs) as [SignName, number][]).map(([name, p]) => {
    const q = SIGNS[name].rate;
    return { name, shown: log(p / q), absent: log((1 - p) / (1 - q)), always: p >= ALWAYS };
  }),
}));

/**
 * Causes by their log-odds against health: ln prior + sum over readable signs of
 * a ln(p/q) + max(0, 1 - a) ln((1-p)/(1-q)), with strength a, p the sign's frequency under the cause and q in health.
 * Signs in `explained` are left out: a wider cause has accounted for them. A cause is a candidate only where every
 * sign that always comes with it shows at least a little.
 */
export function rankCauses(signs: SignVector, explained: ReadonlySet<SignName>): RankedCause[] {
  const found: RankedCause[] = [];
  for (const { cause, prior, terms } of TERMS) {
    let logOdds = prior;
    let candidate = true;
    for (const { name, shown, absent, always } of terms) {
      const sign = explained.has(name) ? undefined : signs.get(name);
      if (sign === undefined ? always : always && !(sign.strength > 0)) {
        candidate = false;
        break;
      }
      if (sign !== undefined) logOdds += sign.strength * shown + Math.max(0, 1 - sign.strength) * absent;
    }
    if (candidate) found.push({ cause, logOdds });
  }
  return found.sort((a, b) => b.logOdds - a.logOdds || (a.cause < b.cause ? -1 : 1));
}

/** What one sign adds to the log-odds of a cause under which it has probability p, nats; 0 when it could not be read. */
export function contribution(signs: SignVector, name: SignName, p: number): number {
  const sign = signs.get(name);
  if (sign === undefined) return 0;
  const q = SIGNS[name].rate;
  return sign.strength * log(p / q) + Math.max(0, 1 - sign.strength) * log((1 - p) / (1 - q));
}

/** Probabilities of the ranked causes and of health, from their log-odds; they sum to one. */
export function probabilities(ranked: readonly RankedCause[]): Map<Cause | 'health', number> {
  const top = Math.max(0, ranked[0]?.logOdds ?? 0);
  const health = exp(-top);
  let total = health;
  for (const r of ranked) total += exp(r.logOdds - top);
  const found = new Map<Cause | 'health', number>([['health', health / total]]);
  for (const r of ranked) found.set(r.cause, exp(r.logOdds - top) / total);
  return found;
}

/** The evidence of a top cause: probabilities, its three strongest signs, and what separates it from the runner-up. */
export function evidenceOf(
  ranked: readonly RankedCause[],
  signs: SignVector,
  explained: ReadonlySet<SignName>,
): Readonly<Record<string, unknown>> {
  const p = probabilities(ranked);
  const shown = [...p].toSorted((a, b) => b[1] - a[1]).slice(0, 4);
  const first = ranked[0];
  const second: RankedCause | undefined = ranked[1];
  const own = SIGNATURES[first.cause].signs;
  const rival: Partial<Record<SignName, number>> = second === undefined ? {} : SIGNATURES[second.cause].signs;
  const strongest = ([...signs.keys()] as SignName[])
    .filter((name) => !explained.has(name) && own[name] !== undefined)
    .map((name) => ({ name, nats: contribution(signs, name, own[name] ?? 0) }))
    .toSorted((a, b) => b.nats - a.nats)
    .slice(0, 3);
  const against = ([...signs.keys()] as SignName[])
    .filter((name) => !explained.has(name))
    .map((name) => {
      const q = SIGNS[name].rate;
      return {
        name,
        nats: contribution(signs, name, own[name] ?? q) - contribution(signs, name, rival[name] ?? q),
      };
    })
    .toSorted((a, b) => b.nats - a.nats)[0];
  const value = (name: SignName): number => signs.get(name)?.value ?? NaN;
  return {
    probabilities: Object.fromEntries(shown.map(([cause, v]) => [cause, round(v)])),
    signs: strongest.map((s) => ({ sign: s.name, says: SIGNS[s.name].says, value: finite(value(s.name)), nats: round(s.nats) })),
    runner_up: {
      cause: second?.cause ?? 'health',
      separated_by: against === undefined ? null : against.name,
      nats: against === undefined ? null : round(against.nats),
    },
  }; // prettier-ignore
}

function round(v: number): number {
  return Math.round(v * 1000) / 1000;
}

function finite(v: number): number | null {
  return Number.isFinite(v) ? v : null;
}
