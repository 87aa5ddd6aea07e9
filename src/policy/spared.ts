import type { ScopeSigns } from './diagnosis.ts';
import type { Incident } from './incident.ts';
import { ALWAYS, SIGNATURES } from './signatures.ts';
import { SIGNS, type SignName } from './signs.ts';

/** Faults of data that are the whole's own: its index, its feed, its venue, a clock, ourselves. They close everything under it. */
const OWN_OF_THE_WHOLE: ReadonlySet<string> = new Set([
  'index-dislocation', 'clock-skew', 'venue-outage', 'stale-feed', 'gap', 'late-data', 'overload',
]); // prettier-ignore
/** Below this strength an expiry does not show a sign; so many closes in a row must not, though the fault brings it nearly always. */
const SHOWN = 0.25;
const SOUND_CLOSES = 3;

/**
 * Notes which expiries do not show what an incident of the whole underlying says of them all: a quorum of expiries made it,
 * the others may be sound.
 */
export function noteSound(incident: Incident, whole: string, expiries: readonly ScopeSigns[]): void {
  const { cause, kind, scope, sound } = incident;
  if (kind !== 'data' || scope !== whole || OWN_OF_THE_WHOLE.has(cause)) return;
  const signature: Readonly<Partial<Record<SignName, number>>> | undefined = (
    SIGNATURES as Readonly<Record<string, { signs: Partial<Record<SignName, number>> } | undefined>>
  )[cause]?.signs;
  if (signature === undefined) return;
  const surest = (Object.entries(signature) as [SignName, number][])
    .filter(([, p]) => p >= ALWAYS)
    .map(([name]) => name);
  // A cause whose surest sign no expiry has by itself cannot be told of any expiry.
  if (surest.length === 0 || surest.some((name) => SIGNS[name].quorum === null)) return;
  for (const expiry of expiries) {
    const shows = surest.some((name) => (expiry.signs.get(name)?.strength ?? 0) >= SHOWN);
    sound.set(expiry.scope, shows ? 0 : (sound.get(expiry.scope) ?? 0) + 1);
  }
}

/** Whether an incident of the whole leaves this expiry alone, because it has shown nothing of it for long enough. */
export function isSpared(incident: Incident, scope: string): boolean {
  return (incident.sound.get(scope) ?? 0) >= SOUND_CLOSES;
}
