import { smoothedGap } from '../market/chain.ts';
import type { Sign } from '../policy/signs.ts';
import type { ExpiryState, UnderlyingState } from './state.ts';

/** When a channel last spoke (epoch ms) and how long it usually takes to speak again (ms; 0 before the second message). */
export interface ChannelPulse {
  at: number;
  speaksMs: number;
}

/** A channel that was silent for so many of its usual intervals is dead: exponential gaps reach that twice in 10^9. */
const INTERVALS = 20;
/** Silence shorter than this says nothing whatever the rate, ms. */
const SHORTEST_MS = 10_000;
/** One that speaks more rarely is no stream, ms. */
const RAREST_MS = 30_000;
/** Share of an expiry's options that must be dead, and of the others that must speak, to be a fault of channels. */
const DEAD_SHARE = 0.05;
const SPEAKING_SHARE = 0.5;
const SILENT: Sign = { value: 0, strength: 0 };

/** Notes a message of the index or of a future. */
export function noteChannel(underlying: UnderlyingState, name: string, at: number): void {
  const pulse = underlying.channels.get(name);
  if (pulse === undefined) underlying.channels.set(name, { at, speaksMs: 0 });
  else if (at > pulse.at) Object.assign(pulse, { at, speaksMs: smoothedGap(pulse.speaksMs, at - pulse.at) });
}

function isDead(pulse: ChannelPulse, at: number): boolean {
  const { speaksMs } = pulse;
  return speaksMs > 0 && speaksMs <= RAREST_MS && at - pulse.at > Math.max(SHORTEST_MS, INTERVALS * speaksMs);
}

/**
 * Sign of single option channels that are dead while the rest of their expiry speaks: value = how many. An expiry that is
 * silent as a whole is another fault.
 */
export function deadOptions(expiry: ExpiryState, at: number): Sign {
  let [known, dead] = [0, 0];
  for (const { quote, speaksMs, state } of expiry.entries) {
    if (quote === null || state !== 'open' || !(speaksMs > 0 && speaksMs <= RAREST_MS)) continue;
    known++;
    if (isDead({ at: quote.at, speaksMs }, at)) dead++;
  }
  if (dead === 0 || dead > (1 - SPEAKING_SHARE) * known) return SILENT;
  return { value: dead, strength: dead >= DEAD_SHARE * known ? 2 : 0 };
}

/** Sign of the index or futures' channels that are dead while options speak: value = how many. Forgets what ended. */
export function deadChannels(underlying: UnderlyingState, at: number): Sign {
  let dead = 0;
  for (const [name, pulse] of underlying.channels) {
    const future = underlying.futures.get(name);
    if (future !== undefined && future.expiry !== null && future.expiry <= at) underlying.channels.delete(name);
    else if (isDead(pulse, at)) dead++;
  }
  const speaking = underlying.expiries.some((e) => at - e.messageAt < 0.5 * SHORTEST_MS);
  return speaking && dead > 0 ? { value: dead, strength: 2 } : SILENT;
}
