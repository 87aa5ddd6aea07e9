import { SummaryBuilder } from '../app/summary.ts';
import type { Watch } from '../app/watch.ts';
import type { OutputRecord } from '../model/record.ts';
import type { RecordPrinter } from './record-printer.ts';

/** Prints records as they come and the summary when a live run ends. */
export class LiveSummary {
  private readonly summary: SummaryBuilder;
  private readonly printer: RecordPrinter;
  private readonly json: boolean;
  private readonly stamp: string | null;

  constructor(printer: RecordPrinter, champion: string, json: boolean, stamp: string | null) {
    this.summary = new SummaryBuilder(champion);
    this.printer = printer;
    this.json = json;
    this.stamp = stamp;
  }

  /** Prints one record at once: a live reader waits for it. */
  record(record: OutputRecord): void {
    this.summary.record(record);
    this.printer.print(record);
    this.printer.flush();
  }

  /** The last line of a live run. */
  finish(watch: Watch): void {
    const { state } = watch.monitor.session;
    for (const place of state.instruments.values()) {
      const { symbol, underlying, expiry } = place.entry.instrument;
      this.summary.instrument(symbol, underlying, expiry);
    }
    const summary = this.summary.finish(state, watch.monitor.digest());
    const stamp = this.stamp === null ? {} : { stamp: this.stamp };
    process.stdout.write(
      this.json
        ? `${JSON.stringify({ ...summary, ...stamp })}\n`
        : `${this.stamp === null ? '' : `${this.stamp}  `}${summary.events} events, ${summary.calibrations} calibrations, log sha256 ${summary.log_sha256}\n`,
    );
  }
}
