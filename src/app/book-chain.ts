/** Recorded chains as a market to value a book in (their last snapshots) and as a history of what markets did. */
import type { ChainExpiry, ChainOption, ChainSnapshot } from '../hedge/chain-snapshot.ts';
import { ChainModels, sviVolatility, type ExpiryModels } from '../hedge/expiry-models.ts';
import type { BookMarket, OptionMark } from '../portfolio/book-market.ts';
import type { BookSources } from '../portfolio/book-lines.ts';
import type { OptionPosition } from '../portfolio/position.ts';
import { historicalWindows, type NamedScenario, type TermPoint } from '../portfolio/stress.ts';
import { sabrSmile } from '../surface/sabr.ts';
import { atmVolatility } from '../surface/selection.ts';
import { hedgeChains, type RefusedCounts } from './hedge-chains.ts';
import type { RecordingOptions } from '../venue/recording/open.ts';

/** Sources of volatility: the venue's marks, or a model fitted to them. */
export const CHAIN_SOURCES = ['venue', 'svi', 'sabr'] as const;
type ChainSource = (typeof CHAIN_SOURCES)[number];

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

/** Most points of a history per underlying: ten years of four a day. */
const MOST_POINTS = 15_000;

/** What each underlying did over every window of `hours` in recorded chains. */
export async function chainHistory(
  files: readonly string[],
  hours: number,
  options: RecordingOptions,
  refused: RefusedCounts,
): Promise<ReadonlyMap<string, readonly NamedScenario[]>> {
  const points = new Map<string, TermPoint[]>();
  for await (const { underlying, at, index, expiries } of hedgeChains(files, options, refused)) {
    const held = points.get(underlying) ?? [];
    points.set(underlying, held);
    const term = expiries.map((e) => ({ years: e.years, atm: centreOf(e) })).filter((t) => t.atm > 0);
    held.push({ at, index, term });
    if (held.length > MOST_POINTS) held.shift();
  }
  return new Map([...points].map(([underlying, p]) => [underlying, historicalWindows(p, hours)]));
}

/** ATM mark volatility of an expiry: linear between the strikes around the forward. */
function centreOf(e: ChainExpiry): number {
  const otm = e.options
    .filter((o) => (o.side === 'call') === o.strike >= o.forward && o.sigma > 0)
    .toSorted((a, b) => a.strike - b.strike);
  const k = Float64Array.from(otm, (o) => Math.log(o.strike / o.forward));
  return atmVolatility(
    k,
    Float64Array.from(otm, (o) => o.sigma),
  );
}

/** The chains as a market under each source, SVI the reference. */
export function chainSources(
  chains: BookChains,
  history: ReadonlyMap<string, readonly NamedScenario[]> = new Map(),
): BookSources {
  return {
    at: chains.at,
    sources: CHAIN_SOURCES,
    reference: 'svi',
    market: (source) => chainMarket(chains, source as ChainSource),
    isListed: (option) => listedOf(chains, option) !== undefined,
    centres(underlying) {
      const held = chains.snapshots.get(underlying);
      if (held === undefined) return [];
      return held.snapshot.expiries.map(({ expiry, years, forward }, i) => {
        return { expiry, years, forward, atm: held.models[i].atm };
      });
    },
    history: (underlying) => history.get(underlying) ?? [],
    slopes: new Map(),
  };
}

/** The chains as a market. A strike the venue does not list is valued on the expiry's SVI smile under every source. */
function chainMarket(chains: BookChains, source: ChainSource): BookMarket {
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

/** The listed option of a position's expiry, strike and side, whichever way it is settled. */
function listedOf(chains: BookChains, { underlying, expiry, strike, side }: OptionPosition): ChainOption | undefined {
  const of = chains.snapshots.get(underlying)?.snapshot.expiries.find((e) => e.expiry === expiry);
  return of?.options.find((o) => o.strike === strike && o.side === side);
}

function optionMark(chains: BookChains, source: ChainSource, position: OptionPosition): OptionMark | undefined {
  const held = chains.snapshots.get(position.underlying);
  if (held === undefined) return undefined;
  const at = held.snapshot.expiries.findIndex((e) => e.expiry === position.expiry);
  if (at < 0) return undefined;
  const expiry = held.snapshot.expiries[at];
  const models = held.models[at];
  const listed = listedOf(chains, position);
  const forward = listed?.forward ?? expiry.forward;
  const sigma = source === 'venue' && listed !== undefined ? listed.sigma : modelSigma(source, models, position, forward, expiry.years); // prettier-ignore
  if (!(sigma > 0)) return undefined;
  const isCoin = position.settlement === 'inverse';
  const half = isCoin ? (listed?.halfSpread ?? NaN) : NaN;
  const mark = listed?.mark ?? NaN;
  return { forward, sigma, venueDelta: listed?.venueDelta ?? NaN, bid: mark - half, ask: mark + half };
}

function modelSigma(
  source: ChainSource,
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
