import type { Alerts } from '../app/alerts.ts';
import type { ServedWatch } from '../app/serve.ts';
import type { Watch, WatchOptions } from '../app/watch.ts';
import type { WatchedBook } from './book-options.ts';
import type { LiveSummary } from './live-summary.ts';
import { printAddress } from './serve-options.ts';

/** Everyone who hears of a live run and looks at it; null where nobody asked for it. */
export interface LiveAudience {
  readonly summary: LiveSummary;
  readonly book: WatchedBook;
  readonly served: ServedWatch | null;
  readonly alerts: Alerts | null;
}

/** Hands what happens to the whole audience, in this order; a failure is said and ends the run by `end(1)`. */
export function tellAudience(
  { summary, book, served, alerts }: LiveAudience,
  end: (code: number) => void,
): Pick<WatchOptions, 'onRecord' | 'onEvent' | 'onFailure'> {
  return {
    onRecord: (record) => {
      summary.record(record);
      served?.onRecord(record);
      book.onRecord(record);
      alerts?.onRecord(record);
    },
    onEvent: (event) => {
      summary.event(event);
      served?.onEvent(event);
      book.onEvent(event);
      alerts?.onEvent(event);
    },
    onFailure: (error) => {
      process.stderr.write(`vernier: ${error.message}\n`);
      end(1);
    },
  };
}

/** Shows a watch that has begun to the audience, and prints its address once. */
export async function showAudience(
  { summary, book, served, alerts }: LiveAudience,
  watch: Watch,
  json: boolean,
): Promise<void> {
  alerts?.adopt(watch.monitor.session.state);
  summary.follow(watch);
  served?.attach(watch);
  await book.attach(watch);
  if (served !== null) printAddress(served.address, json);
}
