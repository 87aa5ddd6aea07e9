import { modelNamed } from '../../engine/models.ts';
import type { EngineState, UnderlyingState } from '../../engine/state.ts';
import type { MarketEvent } from '../../market/event.ts';
import { isoTime } from '../../market/iso-time.ts';
import type { OutputRecord } from '../../model/record.ts';
import type {
  CalibrationsWanted,
  MonitorView,
  NotRetained,
  PastView,
  QuoteReader,
  ReplayControls,
  ScoresWanted,
  ViewListener,
} from '../../server/monitor-view.ts';
import type { CurveSet, Smiles, Surface } from '../../server/wire/smile.ts';
import type { Feed, Instrument, LogState, Pulse, Readiness, Status } from '../../server/wire/system.ts';
import type { Gates, Incident, IncidentWithPictures, Models, Scores, Underlying } from '../../server/wire/watch.ts';
import type { Recalled } from '../past/recorded-history.ts';
import { RecentLargest } from '../venue-clock.ts';
import { VERSION } from '../version.ts';
import type { NumberedCalibration } from './calibration-history.ts';
import { FeedHistory, RateMeter } from './feed-history.ts';
import { Pictures } from './pictures.ts';
import { RecordHistory, rangeText } from './record-history.ts';
import type { ScoreHistory } from './score-history.ts';
import { TradeTape } from './trade-tape.ts';
import { underlyingSummary } from './underlying-summary.ts';
import type { ViewSource } from './view-source.ts';

/** The pulse is read at most this often: its quantiles cost time, ms. */
const PULSE_MS = 200;
/** Data older than this is not fresh, ms of wall time. */
const FRESH_MS = 30_000;
/** The read model of one engine, live or replayed: bounded history in memory, the present read off the engine itself. */
export class EngineView implements MonitorView {
  private readonly source: ViewSource;
  private readonly started = Date.now();
  private readonly closedAt = new Map<UnderlyingState, number>();
  private readonly listeners = new Set<ViewListener>();
  private readonly feedHistory = new FeedHistory();
  private readonly tape = new TradeTape();
  private readonly eventRate = new RateMeter();
  private readonly quoteRate = new RateMeter();
  readonly history: RecordHistory;
  private readonly pictures: Pictures;
  private recalled: Recalled | null = null;
  private followed: EngineState | null = null;
  private at = NaN;
  private readonly newest = new RecentLargest();
  private tradesSeen = 0;
  private lastEventWall = -Infinity;
  private lastPulse: { readonly at: number; readonly pulse: Pulse } | null = null;

  constructor(source: ViewSource) {
    this.source = source;
    this.pictures = new Pictures({
      state: () => source.state(),
      marketTime: () => this.at,
      calibration: (id) => this.history.calibrations.byFit(id),
      tape: this.tape,
    });
    this.history = new RecordHistory(
      (scope) => this.pictures.ofScope(scope, (s) => this.newestPz(s)),
      (incident) => {
        for (const listener of this.listeners) listener.onIncident(incident);
      },
    );
  }

  get replay(): ReplayControls | null {
    return this.source.replay;
  }

  get past(): PastView | null {
    return this.source.past ?? null;
  }

  since(of: 'records' | 'pictures'): number {
    const { from } = this.pictures.range('surfaces');
    const seen = from === null ? Infinity : Date.parse(from);
    const { complete } = this.history.incidents;
    return of === 'pictures' ? seen : Math.max(complete, Math.min(seen, this.recalled?.since ?? Infinity));
  }

  /** What an earlier process said, read from its log into {@link history}: before the first event. */
  recall(recalled: Recalled): void {
    this.recalled = recalled;
    if (Number.isNaN(this.at)) this.at = recalled.until;
    this.feedHistory.earlier(recalled.sessions);
  }

  /** The engine has recovered: incidents that it does not go on with, because its log is damaged, ended with their run. */
  recovered(): void {
    const state = this.source.state();
    if (state === null || (this.recalled?.holes ?? 0) === 0) return;
    const open = [...state.underlyings.values()].flatMap((u) => [...u.incidents.open.keys()]);
    this.history.incidents.end(this.recalled?.until ?? NaN, new Set(open));
  }

  /** Takes an event after the engine has taken it. */
  onEvent(event: MarketEvent): void {
    const state = this.source.state();
    if (state === null) return;
    if (state !== this.followed) this.follow(state);
    this.newest.add(event.at, event.receivedAt);
    this.at = this.newest.value;
    this.lastEventWall = performance.now();
    this.feedHistory.onEvent(event);
    if (event.type === 'operator') this.history.onOperator(event);
    else if (event.type === 'trade' && state.counts.trades > this.tradesSeen) {
      const place = state.instruments.get(`${event.venue}:${event.symbol}`);
      if (place !== undefined) this.tape.add(event, place);
    }
    this.tradesSeen = state.counts.trades;
    for (const u of state.underlyings.values()) if (u.closedAt !== this.closedAt.get(u)) this.onClose(state, u);
  }

  /** Takes an output record. */
  onRecord(record: OutputRecord): void {
    const state = this.source.state();
    if (state !== null) this.history.begin(state.config);
    this.history.onRecord(record);
    for (const listener of this.listeners) listener.onRecord(record);
  }

  listen(listener: ViewListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  status(): Status {
    const state = this.source.state();
    const { mode, replay } = this.source;
    const synthetic = this.source.synthetic();
    const text: string[] = synthetic ? ['SYNTHETIC'] : [];
    if (replay !== null) {
      const at = Number.isFinite(this.at) ? ` ${isoTime(this.at).slice(0, 16).replace('T', ' ')}` : '';
      text.push(`REPLAY${at} x${replay.state().speed}`);
    }
    return {
      mode,
      synthetic,
      stamp: text.join(' '),
      at: this.atText,
      wall: isoTime(Date.now()),
      started: isoTime(this.started),
      version: VERSION,
      champion: state?.config.champion ?? '',
      models: [...(state?.config.models ?? [])],
      retained: { from: this.first(), to: this.pictures.range('surfaces').to },
      rooms: [...(this.source.rooms ?? [])],
    };
  }

  underlyings(): Underlying[] {
    const state = this.source.state();
    if (state === null) return [];
    return [...state.underlyings.values()].map((u) =>
      underlyingSummary(u, this.pictures.table(u), this.scoresOf(state), this.history.calibrations, this.at),
    );
  }

  scores(key: string, wanted: ScoresWanted): Scores | null {
    const state = this.source.state();
    const u = state?.underlyings.get(key);
    if (state === null || u === undefined) return null;
    this.history.begin(state.config);
    const serving = new Map(u.expiries.map((e) => [e.key, e.loop.champion]));
    return this.history.readScores(key, serving, wanted);
  }

  incidents(): Incident[] {
    const state = this.source.state();
    for (const u of state?.underlyings.values() ?? [])
      for (const open of [u.incidents, u.hedge.incidents, u.book.incidents].flatMap((b) => [...b.open.values()]))
        if (state !== null) this.history.incidents.adopt(open, state.oversight);
    return this.history.incidents.all();
  }

  incident(id: string): IncidentWithPictures | null {
    return this.history.incidents.get(id);
  }

  incidentCounts(): ReadonlyMap<string, number> {
    return this.history.incidents.opened;
  }

  calibrations(wanted: CalibrationsWanted): Iterable<NumberedCalibration> {
    return this.history.calibrations.read(wanted);
  }

  gates(underlying: string | null): Gates['items'] {
    return this.tracks(underlying).map(({ key, expiry, track }) => ({
      scope: expiry.key,
      model: track.model,
      underlying: key,
      state: track.gate.state,
      reasons: [...track.gate.reasons],
      since: this.history.calibrations.since(track.model, expiry.key),
    }));
  }

  models(underlying: string | null): Models['items'] {
    return this.tracks(underlying).map(({ expiry, track }) => ({
      scope: expiry.key,
      model: track.model,
      role:
        track.model === expiry.loop.champion ? 'champion' : track.model === 'venue-mark' ? 'venue-mark' : 'challenger',
      calibrated: modelNamed(track.model).calibrated,
      fits: track.fits,
      versions: track.versions.map((v) => ({ id: v.fit.id, at: isoTime(v.fit.at), live_at: isoTime(v.liveAt) })),
    }));
  }

  feeds(): Feed[] {
    return this.feedHistory.feeds(this.source.feeds(), performance.now());
  }

  instruments(underlying: string | null, scope: string | null): Instrument[] {
    const state = this.source.state();
    return [...(state?.underlyings.values() ?? [])]
      .filter((u) => underlying === null || u.key === underlying)
      .flatMap((u) => u.expiries)
      .filter((e) => scope === null || e.key === scope)
      .flatMap((e) =>
        e.entries.map(({ instrument: i, state: entryState }) => ({
          symbol: i.symbol,
          venue: i.venue,
          underlying: `${i.venue}:${i.underlying}`,
          scope: e.key,
          expiry: isoTime(i.expiry),
          strike: i.strike,
          side: i.side,
          settlement: i.settlement,
          premium_currency: i.premiumCurrency,
          contract_size: i.contractSize,
          state: entryState,
        })),
      );
  }

  log(): LogState {
    const figures = this.source.figures();
    const incidents = this.incidents();
    return {
      state: figures.logState,
      pending_records: figures.logPendingRecords,
      records: figures.logRecords,
      ranges: this.feedHistory.ranges(),
      retained: {
        scores: rangeText(this.history.scores?.range ?? null),
        calibrations: rangeText(this.history.calibrations.range),
        surfaces: this.pictures.range('surfaces'),
        quotes: this.pictures.range('tables'),
        incidents: { from: incidents.at(-1)?.opened ?? null, to: incidents[0]?.updated ?? null },
      },
    };
  }

  pulse(): Pulse {
    const now = performance.now();
    if (this.lastPulse === null || now - this.lastPulse.at > PULSE_MS)
      this.lastPulse = { at: now, pulse: this.readPulse(now) };
    return this.lastPulse.pulse;
  }

  private readPulse(now: number): Pulse {
    const counts = this.source.state()?.counts;
    const f = this.source.figures();
    return {
      events: counts?.events ?? 0,
      quotes: counts?.quotes ?? 0,
      trades: counts?.trades ?? 0,
      events_per_s: this.eventRate.read(counts?.events ?? 0, now),
      quotes_per_s: this.quoteRate.read(counts?.quotes ?? 0, now),
      applied_p99_ms: f.appliedP99Ms,
      close_p99_ms: f.closeP99Ms,
      fit_p99_ms: f.fitP99Ms,
      loop_lag_p99_ms: f.loopLagP99Ms,
      fits_waiting: f.fitsWaiting,
      log_state: f.logState,
      log_pending_records: f.logPendingRecords,
      refused_by_reason: Object.fromEntries([...(counts?.refused ?? [])].toSorted((a, b) => b[1] - a[1]).slice(0, 64)),
      late: counts?.late ?? 0,
      duplicates: counts?.duplicates ?? 0,
      batches: counts?.batches ?? 0,
      fits: counts?.fits ?? 0,
      memory_bytes: process.memoryUsage.rss(),
      uptime_s: Math.round((Date.now() - this.started) / 1000),
    };
  }

  readiness(): Readiness {
    const checks: Readiness['checks'] = [];
    const { logState } = this.source.figures();
    checks.push({ name: 'store', ok: logState === 'ok' || logState === 'none', detail: logState });
    if (this.source.mode === 'live') {
      const quiet = (performance.now() - this.lastEventWall) / 1000;
      const fresh = quiet * 1000 < FRESH_MS;
      checks.push({ name: 'data', ok: fresh, detail: fresh ? 'fresh' : 'no event for 30 s or ever' });
      for (const f of this.source.feeds())
        checks.push({ name: `feed ${f.venue}`, ok: f.state === 'live', detail: f.state });
    } else checks.push({ name: 'replay', ok: true, detail: this.source.replay?.state().error ?? 'running or over' });
    return { ready: checks.every((c) => c.ok), checks };
  }

  smiles(key: string, asOf: number | null, scope: string | null): Smiles | NotRetained | null {
    return this.pictures.smiles(key, asOf, scope);
  }

  surface(key: string, asOf: number | null, model: string | null): Surface | NotRetained | null {
    return this.pictures.surface(key, asOf, model);
  }

  curves(key: string): CurveSet[] {
    return this.pictures.curves(key);
  }

  curvesVersion(key: string): string {
    return this.pictures.curvesVersion(key);
  }

  quoteReader(key: string): QuoteReader | null {
    return this.pictures.quoteReader(key);
  }

  trades(key: string, from: number): ReturnType<MonitorView['trades']> {
    return this.tape.since(key, from);
  }

  acknowledge(id: string, actor: string, note: string): string | null {
    return this.source.operate({ actor, action: 'acknowledge', target: id, note });
  }

  /** The earliest moment that can be asked for. */
  private first(): string | null {
    const [session] =
      this.source.past === undefined || this.source.past === null ? [] : (this.recalled?.sessions ?? []);
    return session === undefined ? this.pictures.range('surfaces').from : isoTime(session.first);
  }

  private get atText(): string | null {
    return Number.isFinite(this.at) ? isoTime(this.at) : null;
  }

  private scoresOf(state: EngineState): ScoreHistory {
    this.history.begin(state.config);
    return this.history.scores!;
  }

  /** Another engine goes on: nothing of the one before is held. */
  private follow(state: EngineState): void {
    this.followed = state;
    this.closedAt.clear();
    this.pictures.forget();
  }

  private onClose(state: EngineState, u: UnderlyingState): void {
    this.closedAt.set(u, u.closedAt);
    if (!Number.isFinite(u.closedAt)) return;
    const scores = this.scoresOf(state);
    for (const e of u.expiries) if (e.closedAt === u.closedAt) scores.observe(e, state.config.scoreEverySeconds * 1000);
    this.pictures.keep(u);
  }

  private newestPz(scope: string): number {
    const state = this.source.state();
    const key = scope.split(':').slice(0, 2).join(':');
    const expiry = state?.underlyings.get(key)?.expiries.find((e) => e.key === scope);
    return this.history.scores?.newest(scope, expiry?.loop.champion ?? state?.config.champion ?? '', 'pz') ?? -1;
  }

  private tracks(underlying: string | null) {
    return [...(this.source.state()?.underlyings.values() ?? [])]
      .filter((u) => underlying === null || u.key === underlying)
      .flatMap((u) => u.expiries.flatMap((expiry) => expiry.models.map((track) => ({ key: u.key, expiry, track }))));
  }
}
