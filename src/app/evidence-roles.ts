import type { ActionRecord } from '../model/record.ts';

/** A stretch of time in which a model had a role on some scopes. */
export interface RoleStretch {
  /** `champion`, `challenger`, `benchmark`, `pushed`, `hedging champion`, `hedging`, `hazard`, ... */
  readonly role: string;
  /** Expiries, buckets or curves. */
  readonly scopes: number;
  readonly from: string;
  readonly to: string;
}

interface Change {
  readonly at: string;
  readonly champion: string;
}

const PROMOTED = /^promoted.*: (\S+) over (\S+) by /;
const BACK = /^(\S+) back to (\S+) /;
const HEDGE = /^(\S+) -> (\S+);/;
const MAX_SCOPES = 20_000;

/**
 * Which model was relied on, on which scope, from when: read off the actions of promotions and their ends. What was said
 * before the span counts, too.
 */
export class Roles {
  private readonly changes = new Map<string, Change[]>();

  /** Takes an action; everything but a change of champion is passed over. */
  action({ kind, outcome, scope, at }: ActionRecord): void {
    if (scope === undefined) return;
    const found =
      kind === 'promote'
        ? PROMOTED.exec(outcome)
        : kind === 'roll-back'
          ? BACK.exec(outcome)
          : kind === 'hedge-promote' || kind === 'hedge-rollback'
            ? HEDGE.exec(outcome)
            : null;
    if (found === null) return;
    const [, first, second] = found;
    const [former, champion] = kind === 'promote' ? [second, first] : [first, second];
    const list = this.changes.get(scope) ?? [{ at: '', champion: former }];
    if (!this.changes.has(scope) && this.changes.size >= MAX_SCOPES) return;
    this.changes.set(scope, list);
    list.push({ at, champion });
  }

  /** Scopes whose champion changed and that begin with `prefix`. */
  scopes(prefix: string): string[] {
    return [...this.changes.keys()].filter((scope) => scope.startsWith(prefix));
  }

  /**
   * The stretches of one scope between two times in which `model` was relied on, and those in which it was not; `first`
   * serves where nothing was ever promoted.
   */
  of(
    scope: string,
    model: string,
    first: string,
    from: string,
    to: string,
  ): { champion: boolean; from: string; to: string }[] {
    const changes = this.changes.get(scope) ?? [{ at: '', champion: first }];
    const found: { champion: boolean; from: string; to: string }[] = [];
    changes.forEach((change, i) => {
      const begin = change.at > from ? change.at : from;
      const next = changes[i + 1]?.at ?? to;
      const end = next < to ? next : to;
      if (end < begin || (end === begin && i + 1 < changes.length)) return;
      const champion = change.champion === model;
      const last = found.at(-1);
      if (last?.champion === champion) found[found.length - 1] = { ...last, to: end };
      else found.push({ champion, from: begin, to: end });
    });
    return found;
  }
}

/** Stretches of single scopes added up: one a role, from the first to the last, with the number of scopes. */
export function addedUp(
  stretches: readonly { role: string; scope: string; from: string; to: string }[],
): RoleStretch[] {
  const byRole = new Map<string, { scopes: Set<string>; from: string; to: string }>();
  for (const { role, scope, from, to } of stretches) {
    const sum = byRole.get(role) ?? { scopes: new Set<string>(), from, to };
    byRole.set(role, sum);
    sum.scopes.add(scope);
    if (from < sum.from) sum.from = from;
    if (to > sum.to) sum.to = to;
  }
  return [...byRole].map(([role, { scopes, from, to }]) => ({ role, scopes: scopes.size, from, to }));
}
