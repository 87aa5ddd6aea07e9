import { SummaryBuilder } from '../app/summary.ts';
import type { MarketEvent } from '../market/event.ts';
import { isoTime } from '../market/iso-time.ts';
import { yearsBetween } from '../market/year-fraction.ts';
import type { Watch } from '../app/watch.ts';
import type { CalibrationRecord, OutputRecord } from '../model/record.ts';
import { smileFamilyNamed } from '../surface/registry.ts';
import type { RecordPrinter } from './record-printer.ts';

/** First fits shown; a run of weeks lists new expiries every day. */
const MOST_PICTURES = 100;

/** The request that a feed reports as refused when a venue does not take its credentials. */
const LOGIN = 'public/auth';

/** Prints records as they come and the summary when a live run ends. */
export class LiveSummary {
  private readonly summary: SummaryBuilder;
  private readonly printer: RecordPrinter;
  private readonly json: boolean;
  private readonly stamp: string | null;
  private readonly fitted = new Set<string>();
  private toldLogin = false;
  /** What was last said of each venue's feed. */
  private readonly feeds = new Map<string, string>();

  constructor(printer: RecordPrinter, champion: string, json: boolean, stamp: string | null) {
    this.summary = new SummaryBuilder(champion);
    this.printer = printer;
    this.json = json;
    this.stamp = stamp;
  }

  /** Asks this watch from now on which model serves an expiry. */
  follow(watch: Watch): void {
    this.summary.follow(watch.monitor.session.state);
  }

  /** Prints one record at once: a live reader waits for it. */
  record(record: OutputRecord): void {
    this.summary.record(record);
    this.printer.print(record);
    this.printer.flush();
    if (record.type === 'calibration' && record.status === 'accepted') this.picture(record);
  }

  /** Says when a feed comes, goes or falls silent: without a terminal nothing else would tell of a venue out of reach. */
  event(event: MarketEvent): void {
    if (event.type === 'refused' && event.field === LOGIN && !this.toldLogin) {
      this.toldLogin = true;
      process.stderr.write(
        `vernier: ${event.venue}: the credentials were refused (${event.value}); private data stay away\n`,
      );
    }
    if (event.type !== 'feed' || event.state === 'connecting') return;
    const said = `${event.state}  ${event.detail}`;
    if (this.feeds.get(event.venue) === said) return;
    this.feeds.set(event.venue, said);
    this.printer.say(`${isoTime(event.at).slice(0, 19).replace('T', ' ')}  feed      ${event.venue} ${said}`);
  }

  /** The first fit of every expiry in one line: what people see of the market when a run begins. */
  private picture(fit: CalibrationRecord): void {
    const scope = `${fit.model}@${fit.underlying}:${fit.expiry}`;
    if (this.fitted.has(scope) || this.fitted.size >= MOST_PICTURES) return;
    this.fitted.add(scope);
    this.printer.say(firstFit(fit));
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

/** `2026-11-22 14:55:30  fitted    BTC 2026-12-11  forward 90123, ATM 45.1 %, 48 quotes, error 0.21 vol points, 97 % inside`. */
export function firstFit(fit: CalibrationRecord): string {
  const years = yearsBetween(Date.parse(fit.at), Date.parse(fit.expiry));
  const w = smileFamilyNamed(fit.model)?.totalVariance(Object.values(fit.parameters), 0, years);
  const known: [string, number | null][] = [
    ['forward $', fit.forward],
    ['ATM $ %', w === undefined ? null : 100 * Math.sqrt(w / years)],
    ['$ quotes', fit.quotes_used > 0 ? fit.quotes_used : null],
    ['error $ vol points', fit.rmse_vol === null ? null : 100 * fit.rmse_vol],
    ['$ % inside bid-ask', fit.inside_share === null ? null : 100 * fit.inside_share],
  ];
  const numbers = known
    .filter(([, v]) => v !== null && Number.isFinite(v))
    .map(([text, v]) =>
      text.replace('$', String(Math.abs(v ?? 0) >= 1_000 ? Math.round(v ?? 0) : Number((v ?? 0).toPrecision(3)))),
    );
  const time = fit.at.slice(0, 19).replace('T', ' ');
  return `${time}  fitted    ${fit.underlying} ${fit.expiry.slice(0, 10)} ${fit.model}  ${numbers.join(', ')}`;
}
