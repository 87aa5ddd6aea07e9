/** What the server asks of whoever runs it: a read model, and the few things that people may do. */
import type { OutputRecord } from '../model/record.ts';
import type { CurveSet, Smile, Smiles, SmileTrade, Surface } from './wire/smile.ts';
import type { Feed, Instrument, LogState, Pulse, Readiness, Replay, Status } from './wire/system.ts';
import type { Calibration, Gates, Incident, IncidentWithPictures, Models, Scores, Underlying } from './wire/watch.ts';

/** Nothing is kept for the time that was asked for. */
export interface NotRetained {
  readonly notRetained: true;
  /** Whether it is over and no longer in memory, has not happened yet, or could be had were fewer asking. */
  readonly when: 'past' | 'future' | 'busy';
  /** What is kept, in words. */
  readonly detail: string;
}

/** Which scores are wanted. Times epoch ms. */
export interface ScoresWanted {
  readonly scope: string | null;
  readonly model: string | null;
  readonly horizonSeconds: number | null;
  readonly from: number;
  readonly to: number;
  readonly maxPoints: number;
}

/** Which calibrations are wanted; null = all. */
export interface CalibrationsWanted {
  readonly underlying: string | null;
  readonly scope: string | null;
  readonly model: string | null;
  readonly status: string | null;
}

/** The names and places of a table's rows. */
export interface QuoteLayout {
  readonly layout: number;
  readonly scopes: readonly string[];
  readonly refusals: readonly string[];
  readonly symbol: readonly string[];
  readonly scope: readonly number[];
  readonly side: readonly ('call' | 'put')[];
  readonly strike: readonly number[];
  readonly contractSize: readonly number[];
}

/** Rows of a quotes table as columns, for a binary frame. */
export interface QuoteRows {
  readonly layout: QuoteLayout;
  /** Epoch ms. */
  readonly at: number;
  readonly rows: number;
  readonly columns: Readonly<Record<string, Float32Array>>;
  readonly scopes: readonly {
    readonly forward: number | null;
    readonly atm_vol: number | null;
    readonly years: number;
  }[];
}

/** One reader's place in an ever-growing quotes table. */
export interface QuoteReader {
  /** Every row. */
  all(): QuoteRows;
  /** The rows that changed since the last call; null when none did. */
  changed(): QuoteRows | null;
}

/** A print and the expiry it belongs to. */
export interface ScopedTrade {
  readonly scope: string;
  readonly trade: SmileTrade;
}

/** Someone who wants to hear of changes between polls. */
export interface ViewListener {
  onRecord(record: OutputRecord): void;
  onIncident(incident: Incident): void;
}

/** Transport of a replay. Expected refusals come back as text. */
export interface ReplayControls {
  state(): Replay;
  play(): void;
  pause(): void;
  setSpeed(speed: number): void;
  /** Null, or why not. */
  seek(to: number): string | null;
  nextIncident(): string | null;
}

/** Moments that memory no longer holds, remade from the session log. Times epoch ms. Null: no such key or id. */
export interface PastView {
  smiles(key: string, at: number, scope: string | null): Promise<Smiles | NotRetained | null>;
  surface(key: string, at: number, model: string | null): Promise<Surface | NotRetained | null>;
  /** The picture of a scope, or of the worst expiry of an underlying, at each time. */
  pictures(scope: string, at: readonly number[]): Promise<Smile[] | NotRetained>;
  /** Scores that were recorded; data metrics are not. */
  scores(key: string, wanted: ScoresWanted): Promise<Scores | NotRetained>;
  /** Incidents that were open at some moment between two times, newest first. */
  incidents(from: number, to: number): Promise<Incident[] | NotRetained>;
  incident(id: string): Promise<IncidentWithPictures | NotRetained | null>;
  /** Stretches that the log holds, oldest first, one a session. */
  sessions(): Promise<readonly { readonly first: number; readonly last: number }[] | NotRetained>;
}

/** The read model of one running monitor, live or replayed. Everything it returns is for reading only. */
export interface MonitorView {
  status(): Status;
  underlyings(): Underlying[];
  /** Null for an unknown key. */
  smiles(key: string, asOf: number | null, scope: string | null): Smiles | NotRetained | null;
  surface(key: string, asOf: number | null, model: string | null): Surface | NotRetained | null;
  scores(key: string, wanted: ScoresWanted): Scores | null;
  /** Newest first. */
  incidents(): Incident[];
  incident(id: string): IncidentWithPictures | null;
  /** Newest first. */
  calibrations(wanted: CalibrationsWanted): Iterable<Calibration & { readonly number: number }>;
  gates(underlying: string | null): Gates['items'];
  models(underlying: string | null): Models['items'];
  feeds(): Feed[];
  instruments(underlying: string | null, scope: string | null): Instrument[];
  log(): LogState;
  pulse(): Pulse;
  readiness(): Readiness;
  /** How often each cause has opened an incident. */
  incidentCounts(): ReadonlyMap<string, number>;
  curves(key: string): CurveSet[];
  /** Changes whenever a curve of the underlying may have. */
  curvesVersion(key: string): string;
  quoteReader(key: string): QuoteReader | null;
  /** Prints of an underlying from number `from` on, oldest first, and the number of the next one; bounded. */
  trades(key: string, from: number): { readonly next: number; readonly items: readonly ScopedTrade[] };
  /** Puts an acknowledgement through the log. Null, or why it cannot be. */
  acknowledge(id: string, actor: string, note: string): string | null;
  readonly replay: ReplayControls | null;
  /** Null where there is no log to look back in. */
  readonly past: PastView | null;
  /** Everything since then is in memory, epoch ms: what was said, and what it looked like. */
  since(of: 'records' | 'pictures'): number;
  listen(listener: ViewListener): () => void;
}
