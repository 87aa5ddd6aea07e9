import type { GapEvent, MarketEvent, PulseEvent } from '../../market/event.ts';
import { isoTime } from '../../market/iso-time.ts';
import type { Feed, LogState } from '../../server/wire/system.ts';
import { RecentValues } from '../live-figures.ts';
import type { SourceFeed } from './view-source.ts';

/** Gaps kept per run. */
const GAPS = 200;
/** Earlier sessions told. */
const SESSIONS = 500;
/** Every so many quotes one delivery time is noted. */
const LAG_EVERY = 16;
/** A rate is over at least this long, ms. */
const RATE_MS = 1_000;

interface VenueHistory {
  quotes: number;
  pulse: PulseEvent | null;
  gap: GapEvent | null;
  state: Feed['state'];
  readonly lag: RecentValues;
  readonly frameRate: RateMeter;
  readonly quoteRate: RateMeter;
}

/** What the stream says of its own feeds. */
export class FeedHistory {
  private readonly venues = new Map<string, VenueHistory>();
  private readonly gaps: { from: number; to: number }[] = [];
  private before: LogState['ranges'] = [];
  private first = NaN;
  private last = NaN;

  /** Takes every event after the engine has. */
  onEvent(event: MarketEvent): void {
    if (event.type !== 'timer' && event.at > 0) {
      if (Number.isNaN(this.first)) this.first = event.at;
      if (!(event.at <= this.last)) this.last = event.at;
    }
    if (event.type === 'quote') {
      const venue = this.venueOf(event.venue);
      if (venue.quotes++ % LAG_EVERY === 0)
        venue.lag.add(Math.max(0, event.receivedAt - event.at - (venue.pulse?.clockOffsetMs ?? 0)));
    } else if (event.type === 'pulse') this.venueOf(event.venue).pulse = event;
    else if (event.type === 'feed') this.venueOf(event.venue).state = event.state;
    else if (event.type === 'gap' && event.symbol === null) this.onGap(event);
  }

  /** The feeds, live ones with what their connection says. */
  feeds(live: readonly SourceFeed[], now: number): Feed[] {
    const names = new Set([...live.map((f) => f.venue), ...this.venues.keys()]);
    return [...names].map((name): Feed => {
      const venue = this.venueOf(name);
      const feed = live.find((f) => f.venue === name);
      const { gap, pulse } = venue;
      return {
        venue: name,
        state: (feed?.state as Feed['state'] | undefined) ?? venue.state,
        frames_per_s: feed === undefined ? null : venue.frameRate.read(feed.frames, now),
        quotes_per_s: venue.quoteRate.read(venue.quotes, now),
        lag_p99_ms: feed === undefined ? null : venue.lag.quantile(0.99),
        queue: feed?.queueLength ?? 0,
        dropped_quotes: feed?.droppedQuotes ?? 0,
        connections: feed?.connections ?? 0,
        clock_offset_ms: pulse?.clockOffsetMs ?? null,
        last_gap:
          gap === null
            ? null
            : {
                at: isoTime(gap.from),
                reason: gap.reason,
                seconds: gap.to === null ? null : (gap.to - gap.from) / 1000,
              },
      };
    });
  }

  /** Stretches that earlier sessions recorded, epoch ms. */
  earlier(sessions: readonly { readonly first: number; readonly last: number }[]): void {
    this.before = sessions.slice(-SESSIONS).map(({ first, last }) => ({ first: isoTime(first), last: isoTime(last) }));
  }

  /** The times the log holds: earlier sessions whole, this one between its gaps. */
  ranges(): LogState['ranges'] {
    const ranges: LogState['ranges'] = [...this.before];
    if (Number.isNaN(this.first)) return ranges;
    let from = this.first;
    for (const gap of this.gaps) {
      if (gap.from > from) ranges.push({ first: isoTime(from), last: isoTime(gap.from) });
      from = Math.max(from, gap.to);
    }
    if (this.last >= from) ranges.push({ first: isoTime(from), last: isoTime(this.last) });
    return ranges;
  }

  private onGap(event: GapEvent): void {
    this.venueOf(event.venue).gap = event;
    if (event.to === null) return;
    this.gaps.push({ from: event.from, to: event.to });
    if (this.gaps.length > GAPS) this.first = this.gaps.shift()?.to ?? this.first;
  }

  private venueOf(name: string): VenueHistory {
    let venue = this.venues.get(name);
    if (venue === undefined) {
      venue = {
        quotes: 0,
        pulse: null,
        gap: null,
        state: 'live',
        lag: new RecentValues(1_024),
        frameRate: new RateMeter(),
        quoteRate: new RateMeter(),
      };
      this.venues.set(name, venue);
    }
    return venue;
  }
}

/** Turns a counter into a rate over the last second or longer. */
export class RateMeter {
  private count = 0;
  private at = NaN;
  private rate = 0;

  /** The rate per second; `now` in ms. */
  read(count: number, now: number): number {
    if (Number.isNaN(this.at)) {
      this.count = count;
      this.at = now;
    } else if (now - this.at >= RATE_MS) {
      this.rate = ((count - this.count) * 1_000) / (now - this.at);
      this.count = count;
      this.at = now;
    }
    return Math.round(this.rate * 10) / 10;
  }
}
