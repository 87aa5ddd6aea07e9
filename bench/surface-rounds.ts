/** What the surface benches share: timed rounds, a hash of the numbers they produced, and the word for absent data. */
import { createHash } from 'node:crypto';

/**
 * Milliseconds of each round (45, or as many as said; 2 when smoking) after a warm-up that outlasts the engine's own
 * compilation. Short rounds keep the median free of what else the machine does: few of them are interrupted.
 */
export function timedRounds(smoke: boolean, work: () => void, rounds = 45): number[] {
  for (let i = 0; i < (smoke ? 1 : Math.max(40, rounds)); i++) work();
  return Array.from({ length: smoke ? 2 : rounds }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
}

/** First 16 hex digits of the SHA-256 of the numbers' bytes: equal exactly when every bit is. */
export function hashNumbers(arrays: readonly ArrayLike<number>[]): string {
  const hash = createHash('sha256');
  for (const a of arrays) hash.update(new Uint8Array(Float64Array.from(a).buffer));
  return hash.digest('hex').slice(0, 16);
}

/** Result of a bench whose input is not part of the repository and absent here. */
export function missingData(path: string): { samples: number[]; hash: string } {
  return { samples: [], hash: `absent: ../shared/${path}` };
}
