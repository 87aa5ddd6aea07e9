/** The last snapshot of recorded chains as slices to calibrate. */
import { DEFAULT_CONFIG } from '../engine/config.ts';
import { onDelivery, onFuture, onIndex, onInstrument, onPlatform, onQuote } from '../engine/on-market.ts';
import { readBatch } from '../engine/read-batch.ts';
import { initEngine } from '../engine/state.ts';
import type { EngineState } from '../engine/state.ts';
import type { MarketEvent } from '../market/event.ts';
import { isoTime } from '../market/iso-time.ts';
import { openRecording } from '../venue/recording/open.ts';
import type { RecordingOptions } from '../venue/recording/open.ts';
import type { NamedSlice } from './slice-file.ts';

/** Slices of a chain file, and what its reading refused. */
export interface ChainSlices {
  readonly slices: readonly NamedSlice[];
  /** Epoch ms of the snapshot of each underlying, by name. */
  readonly snapshots: ReadonlyMap<string, number>;
  /** Refused rows and quotes by reason, over the snapshots that are fitted. */
  readonly refused: ReadonlyMap<string, number>;
}

/** Quotes this much older than the underlying's newest belong to an earlier snapshot, ms. */
const SNAPSHOT_MS = 15 * 60_000;

/**
 * Reads a recording to its end (or to `options.to`) and selects, per underlying and expiry of the last snapshot, the
 * quotes that the monitor itself would calibrate to, with its forwards and error bars.
 */
export async function lastChain(files: readonly string[], options: RecordingOptions = {}): Promise<ChainSlices> {
  const state = initEngine(DEFAULT_CONFIG);
  for await (const batch of openRecording(files, options)) for (const event of batch) apply(state, event);
  const slices: NamedSlice[] = [];
  const snapshots = new Map<string, number>();
  const refused = new Map(state.counts.refused);
  const underlyings = [...state.underlyings.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
  for (const underlying of underlyings) {
    let at = -Infinity;
    for (const e of underlying.expiries) for (const q of e.entries) at = Math.max(at, q.quote?.at ?? -Infinity);
    if (at === -Infinity) continue;
    snapshots.set(underlying.underlying, at);
    for (const e of underlying.expiries)
      for (const entry of e.entries) if (entry.quote && entry.quote.at < at - SNAPSHOT_MS) entry.quote = null;
    const alive = underlying.expiries.filter((e) => e.entries.some((entry) => entry.quote !== null));
    for (const { expiry, selection } of readBatch(underlying, alive, at)) {
      for (const [reason, n] of selection.refused) refused.set(reason, (refused.get(reason) ?? 0) + n);
      const o = selection.observations;
      const quotes = {
        years: o.years,
        forward: o.forward,
        k: o.k,
        sigma: o.value,
        errorBar: o.noise,
        sigmaBid: o.low,
        sigmaAsk: o.high,
      };
      slices.push({ slice: `${underlying.underlying} ${isoTime(expiry.expiry).slice(0, 16)}Z`, quotes });
    }
  }
  return { slices, snapshots, refused };
}

/** Only what moves a chain: trades and orders say nothing about the last quotes. */
function apply(state: EngineState, event: MarketEvent): void {
  if (event.type === 'instrument') onInstrument(state, event);
  else if (event.type === 'quote') onQuote(state, event);
  else if (event.type === 'index') onIndex(state, event);
  else if (event.type === 'future') onFuture(state, event);
  else if (event.type === 'platform') onPlatform(state, event);
  else if (event.type === 'delivery') onDelivery(state, event);
}
