import { gateRank } from './gate-look.ts';
import type { ExpiryGlance, Incident } from './wire.ts';

/** How bad a slice is: an open incident of its own first, then the gate, then the score beyond noise. */
function badness(slice: ExpiryGlance, troubled: ReadonlySet<string>): number {
  return (troubled.has(slice.scope) ? 1_000 : 0) + 100 * gateRank(slice.gate.state) + Math.min(99, slice.pz ?? 0);
}

/** The slice to look at first, with why; null when there is none. */
export function worstSlice(
  slices: readonly ExpiryGlance[],
  incidents: Iterable<Incident>,
): { readonly slice: ExpiryGlance; readonly why: string } | null {
  const open = [...incidents].filter((i) => i.state === 'open');
  const troubled = new Set(open.map((i) => i.scope));
  let worst: ExpiryGlance | null = null;
  for (const slice of slices) if (worst === null || badness(slice, troubled) > badness(worst, troubled)) worst = slice;
  if (worst === null) return null;
  const scope = worst.scope;
  const cause = open.find((i) => i.scope === scope)?.cause;
  const reasons = worst.gate.reasons.join(', ');
  const why =
    cause ?? (reasons === '' ? (worst.pz === null ? 'not scored yet' : `PZ ${worst.pz.toFixed(2)}`) : reasons);
  return { slice: worst, why };
}
