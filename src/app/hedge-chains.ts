/** Recorded chains as snapshots to hedge: every underlying of every snapshot, in order of time, one at a time. */
import { chainExpiry, type ChainExpiry, type ChainOption, type ChainSnapshot } from '../hedge/chain-snapshot.ts';
import type { OptionInstrument } from '../market/instrument.ts';
import type { MarketEvent, QuoteEvent } from '../market/event.ts';
import { nodeFiles } from '../store/log-files.ts';
import { readRecords } from '../store/log-reader.ts';
import { openRecording } from '../venue/recording/open.ts';
import type { RecordingOptions } from '../venue/recording/open.ts';

/** What reading left out, by reason. */
export type RefusedCounts = Map<string, number>;

interface Held {
  readonly instrument: OptionInstrument;
  quote: QuoteEvent | null;
}

/** Quotes of inverse options of one underlying since its last snapshot ended. */
class SnapshotBuilder {
  readonly #options = new Map<string, Held>();

  list(instrument: OptionInstrument): void {
    if (!this.#options.has(instrument.symbol)) this.#options.set(instrument.symbol, { instrument, quote: null });
  }

  quote(event: QuoteEvent): void {
    const held = this.#options.get(event.symbol);
    if (held !== undefined) held.quote = event;
  }

  /** The snapshot, and forgets what has expired and, unless they stay (a stream), its quotes. */
  end(underlying: string, at: number, stay: boolean = false): ChainSnapshot | undefined {
    const groups = new Map<number, ChainOption[]>();
    let index = NaN;
    for (const [symbol, held] of this.#options) {
      const { instrument, quote } = held;
      if (!stay) held.quote = null;
      if (instrument.expiry <= at) this.#options.delete(symbol);
      if (quote !== null && at - quote.at > OLDEST_MS) continue;
      if (quote === null || quote.forward === null || quote.mark === null || quote.markIv === null) continue;
      index = quote.index ?? quote.forward;
      let group = groups.get(instrument.expiry);
      if (group === undefined) groups.set(instrument.expiry, (group = []));
      group.push(optionOf(instrument, quote));
    }
    const expiries = [...groups]
      .toSorted(([a], [b]) => a - b)
      .map(([expiry, options]) => chainExpiry(at, expiry, options))
      .filter((e): e is ChainExpiry => e !== undefined);
    return expiries.length === 0 ? undefined : { underlying, at, index, expiries };
  }
}

function optionOf({ symbol, side, strike }: OptionInstrument, quote: QuoteEvent): ChainOption {
  const isTwoSided = quote.bid !== null && quote.ask !== null && quote.ask > quote.bid;
  return {
    symbol,
    side,
    strike,
    forward: quote.forward ?? NaN,
    mark: quote.mark ?? NaN,
    sigma: quote.markIv ?? NaN,
    halfSpread: isTwoSided ? 0.5 * ((quote.ask ?? NaN) - (quote.bid ?? NaN)) : NaN,
    venueDelta: quote.delta ?? NaN,
  };
}

/**
 * Snapshots of inverse options in recordings. Options quoted in another currency and rows without mark or forward are
 * counted in `refused` and left out. A recording without snapshot ends yields nothing.
 */
export async function* hedgeChains(
  files: readonly string[],
  options: RecordingOptions,
  refused: RefusedCounts,
): AsyncGenerator<ChainSnapshot> {
  const builders = new Map<string, SnapshotBuilder>();
  const owner = new Map<string, SnapshotBuilder>();
  const count = (reason: string): void => void refused.set(reason, (refused.get(reason) ?? 0) + 1);
  for await (const batch of openRecording(files, options)) {
    for (const event of batch) {
      const ended = take(event, builders, owner, count);
      if (ended !== undefined) yield ended;
    }
  }
}

/** What is read of a session log. */
export interface LogChains {
  /** Epoch ms, inclusive; absent = all. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** A stream becomes a snapshot this often, ms. */
  readonly every: number;
}

/** A quote of a stream that has not been repeated or changed for longer describes no moment, ms. */
const OLDEST_MS = 600_000;

/**
 * Snapshots of inverse options in the inputs of a session log: those the log marks itself, or, of a stream, the chain as
 * it stood every `every` ms. A damaged log is read as far as it is whole; damage is counted in `refused`.
 */
export async function* logChains(
  directory: string,
  options: LogChains,
  refused: RefusedCounts,
): AsyncGenerator<ChainSnapshot> {
  const builders = new Map<string, SnapshotBuilder>();
  const owner = new Map<string, SnapshotBuilder>();
  const count = (reason: string): void => void refused.set(reason, (refused.get(reason) ?? 0) + 1);
  let isMarked = false;
  let boundary = NaN;
  for await (const item of readRecords(nodeFiles(directory))) {
    if (item.kind === 'damage') count('log-damage');
    if (item.kind !== 'record' || item.record.kind !== 'input') continue;
    const { event } = item.record;
    const isInside = event.at >= (options.from ?? -Infinity) && event.at <= (options.to ?? Infinity);
    if (event.type !== 'instrument' && !isInside) continue;
    if (event.type === 'snapshot-end') isMarked = true;
    if (!isMarked && event.type === 'quote') {
      // The boundary is passed before the quote behind it is taken: a snapshot holds nothing of its future.
      if (Number.isNaN(boundary)) boundary = Math.floor(event.at / options.every) * options.every + options.every;
      if (event.at >= boundary) {
        for (const [underlying, builder] of builders) {
          const snapshot = builder.end(underlying, boundary, true);
          if (snapshot !== undefined) yield snapshot;
        }
        boundary = Math.floor(event.at / options.every) * options.every + options.every;
      }
    }
    const ended = take(event, builders, owner, count);
    if (ended !== undefined) yield ended;
  }
}

function take(
  event: MarketEvent,
  builders: Map<string, SnapshotBuilder>,
  owner: Map<string, SnapshotBuilder>,
  count: (reason: string) => void,
): ChainSnapshot | undefined {
  if (event.type === 'instrument') {
    const { instrument } = event;
    if (instrument.settlement !== 'inverse') {
      count('not-inverse');
      return undefined;
    }
    let builder = builders.get(instrument.underlying);
    if (builder === undefined) builders.set(instrument.underlying, (builder = new SnapshotBuilder()));
    builder.list(instrument);
    owner.set(instrument.symbol, builder);
  } else if (event.type === 'quote') {
    if (event.mark === null || event.markIv === null || event.forward === null) count('no-mark');
    owner.get(event.symbol)?.quote(event);
  } else if (event.type === 'refused') count(event.reason);
  else if (event.type === 'snapshot-end') return builders.get(event.underlying)?.end(event.underlying, event.at);
  return undefined;
}
