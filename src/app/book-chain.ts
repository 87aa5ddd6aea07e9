/** A recorded chain's last snapshot as a market to value a book in: venue marks, or models calibrated to them. */
import type { ChainSnapshot } from '../hedge/chain-snapshot.ts';
import { ChainModels, sviVolatility, type ExpiryModels } from '../hedge/expiry-models.ts';
import type { BookMarket, OptionMark } from '../portfolio/book-market.ts';
import type { OptionPosition } from '../portfolio/position.ts';
import { sabrSmile } from '../surface/sabr.ts';
import { hedgeChains, type RefusedCounts } from './hedge-chains.ts';
import type { RecordingOptions } from '../venue/recording/open.ts';

/** Sources of volatility: the venue's marks, or a model fitted to them. */
export const BOOK_SOURCES = ['venue', 'svi', 'sabr'] as const;

/** One of {@link BOOK_SOURCES}. */
export type BookSource = (typeof BOOK_SOURCES)[number];

/** Last snapshots by underlying, with their models. */
export interface BookChains {
  readonly snapshots: ReadonlyMap<
    string,
    { readonly snapshot: ChainSnapshot; readonly models: readonly ExpiryModels[] }
  >;
  readonly at: number;
}

/** Snapshots this much older than the newest do not value a book, ms. */
const STALE_MS = 3_600_000;

/** Reads recordings to their end (or `options.to`) and keeps the last snapshot of every underlying. */
export async function bookChains(
  files: readonly string[],
  options: RecordingOptions,
  refused: RefusedCounts,
): Promise<BookChains> {
  const last = new Map<string, ChainSnapshot>();
  for await (const snapshot of hedgeChains(files, options, refused)) last.set(snapshot.underlying, snapshot);
  const at = Math.max(-Infinity, ...[...last.values()].map((s) => s.at));
  const snapshots = new Map(
    [...last]
      .filter(([, snapshot]) => snapshot.at >= at - STALE_MS)
      .map(([underlying, snapshot]) => {
        const models = new ChainModels(1, new Set(['svi', 'sabr'])).fit(snapshot);
        return [underlying, { snapshot, models }];
      }),
  );
  return { snapshots, at };
}

/** The chains as a market. A strike the venue does not list is valued on the expiry's SVI smile under every source. */
export function bookMarket(chains: BookChains, source: BookSource): BookMarket {
  const index = (underlying: string): number => chains.snapshots.get(underlying)?.snapshot.index ?? NaN;
  return {
    at: chains.at,
    index,
    dollar: () => 1,
    futureMark(_symbol, underlying, expiry) {
      if (expiry === null) return index(underlying);
      const held = chains.snapshots.get(underlying);
      return held?.snapshot.expiries.find((e) => e.expiry === expiry)?.forward ?? NaN;
    },
    option: (position) => optionMark(chains, source, position),
  };
}

function optionMark(chains: BookChains, source: BookSource, position: OptionPosition): OptionMark | undefined {
  const held = chains.snapshots.get(position.underlying);
  if (held === undefined) return undefined;
  const at = held.snapshot.expiries.findIndex((e) => e.expiry === position.expiry);
  if (at < 0) return undefined;
  const expiry = held.snapshot.expiries[at];
  const models = held.models[at];
  const listed = expiry.options.find((o) => o.strike === position.strike && o.side === position.side);
  const forward = listed?.forward ?? expiry.forward;
  const sigma = source === 'venue' && listed !== undefined ? listed.sigma : modelSigma(source, models, position, forward, expiry.years); // prettier-ignore
  if (!(sigma > 0)) return undefined;
  const isCoin = position.settlement === 'inverse';
  const half = isCoin ? (listed?.halfSpread ?? NaN) : NaN;
  const mark = listed?.mark ?? NaN;
  return { forward, sigma, venueDelta: listed?.venueDelta ?? NaN, bid: mark - half, ask: mark + half };
}

function modelSigma(
  source: BookSource,
  models: ExpiryModels,
  position: OptionPosition,
  forward: number,
  years: number,
): number {
  const k = Math.log(position.strike / forward);
  if (source === 'sabr' && models.sabr !== undefined) {
    const [alpha, rho, nu] = models.sabr;
    return sabrSmile({ alpha, beta: 1, rho, nu }, k, years);
  }
  return models.svi === undefined ? NaN : sviVolatility(models.svi, k, years).sigma;
}
