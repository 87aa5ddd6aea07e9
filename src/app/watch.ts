import { performance } from 'node:perf_hooks';
import { DEFAULT_CONFIG, type EngineConfig } from '../engine/config.ts';
import type { MarketEvent } from '../market/event.ts';
import type { OutputRecord } from '../model/record.ts';
import { createFeed, type Feed } from '../venue/feed.ts';
import { venueNamed } from './venues.ts';
import type { LiveFigures } from './live-figures.ts';
import { LiveMonitor } from './live-monitor.ts';

/** One `venue:underlying` to watch. */
export interface WatchTarget {
  readonly venue: string;
  readonly underlying: string;
}

/** How to watch. */
export interface WatchOptions {
  readonly targets: readonly WatchTarget[];
  /** Address that replaces the venue's own; for a simulated venue or a proxy. */
  readonly endpoint?: string;
  readonly directory: string;
  readonly config?: EngineConfig;
  readonly threads?: number;
  readonly credentials?: { readonly clientId: string; readonly clientSecret: string };
  /** Name of the account behind the credentials, to follow what it holds; absent = market data alone. */
  readonly account?: string;
  readonly onRecord: (record: OutputRecord) => void;
  /** Called with every event once the engine has taken it. */
  readonly onEvent?: (event: MarketEvent) => void;
  readonly onFailure: (error: Error) => void;
  /** `SYNTHETIC` where the market is simulated. */
  readonly stamp?: string;
}

/** A running watch. */
export interface Watch {
  readonly monitor: LiveMonitor;
  figures(): LiveFigures & { readonly feeds: readonly FeedFigures[] };
  /** Drains: feeds first, then calibrations, then the log. */
  close(): Promise<void>;
}

/** One feed's state for people and metrics. */
export interface FeedFigures {
  readonly venue: string;
  readonly state: string;
  readonly frames: number;
  readonly queueLength: number;
  readonly droppedQuotes: number;
  readonly connections: number;
}

/** Opens the log, recovers, and connects one feed per venue. */
export async function startWatch(options: WatchOptions): Promise<Watch> {
  const feeds: { venue: string; feed: Feed }[] = [];
  const monitor = await LiveMonitor.open({
    directory: options.directory,
    config: options.config ?? DEFAULT_CONFIG,
    threads: options.threads ?? 1,
    onRecord: options.onRecord,
    onEvent: options.onEvent,
    onFailure: options.onFailure,
    stamp: options.stamp,
    onRoom: () => {
      for (const { feed } of feeds) feed.resume();
    },
  });
  for (const venue of new Set(options.targets.map((t) => t.venue))) {
    const feed = createFeed({
      venue: venueNamed(venue),
      endpoint: options.endpoint,
      underlyings: options.targets.filter((t) => t.venue === venue).map((t) => t.underlying),
      credentials: options.credentials,
      account: options.account,
      random: Math.random,
      resumeFrom: monitor.resumedFrom ?? undefined,
      knownTrades: monitor.knownTrades(venue),
      onEvents: (events) => monitor.accept(events),
    });
    feeds.push({ venue, feed });
    feed.start();
  }
  return {
    monitor,
    figures: () => ({
      ...monitor.figures(),
      feeds: feeds.map(({ venue, feed }) => {
        const { state, frames, queueLength, droppedQuotes, connections } = feed.statistics();
        return { venue, state, frames, queueLength, droppedQuotes, connections };
      }),
    }),
    close: async () => {
      const started = performance.now();
      await Promise.all(feeds.map(({ feed }) => feed.close()));
      await monitor.close(Math.max(0, 3_000 - (performance.now() - started)));
    },
  };
}
