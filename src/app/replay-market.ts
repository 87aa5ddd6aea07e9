import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import type { EngineConfig } from '../engine/config.ts';
import { runFit } from '../engine/models.ts';
import type { MarketEvent } from '../market/event.ts';
import type { OutputRecord } from '../model/record.ts';
import { nodeFiles } from '../store/log-files.ts';
import { segmentsOf } from '../store/log-reader.ts';
import { openLog, type OpenLog } from '../store/open-log.ts';
import { RecordStream } from '../store/record-stream.ts';
import { openRecording } from '../venue/recording/open.ts';
import type { Pacer } from './replay-transport.ts';
import { Session, sessionHeader, type RecordTarget } from './session.ts';
import { SummaryBuilder, type SummaryRecord } from './summary.ts';

/** A replay of recorded market files. */
export interface MarketReplay {
  readonly files: readonly string[];
  /** Events that come from elsewhere than recorded files, in batches, in order of time. */
  readonly source?: AsyncIterable<readonly MarketEvent[]>;
  readonly config: EngineConfig;
  /** Mapping file for a dialect that is not built in. */
  readonly map?: string;
  /** Epoch ms, inclusive. */
  readonly from?: number;
  readonly to?: number;
  /** Times real time; Infinity = as fast as it goes. */
  readonly speed: number;
  /** Directory of the log to write; without it nothing is written. */
  readonly record?: string;
  readonly onRecord: (record: OutputRecord) => void;
  readonly onProgress?: (fraction: number, at: number) => void;
  /** Decides when each event is due, instead of `speed`. */
  readonly pacer?: Pacer;
  /** Called with the session before its first event. */
  readonly onSession?: (session: Session) => void;
  /** Called with every event once the engine has taken it. */
  readonly onEvent?: (event: MarketEvent) => void;
}

/** What a replay came to. */
export interface ReplayResult {
  readonly summary: SummaryRecord;
  readonly elapsedMs: number;
  /** Of a session log: records of sessions that other code wrote, and what wrote the last of them. */
  readonly passedOver?: { readonly records: number; readonly says: string };
}

/** A replay is a session of its own: its log begins empty, so that `log_sha256` stays a function of the input. */
export class LogNotEmpty extends Error {
  override readonly name = 'LogNotEmpty';
  readonly retryable = false;
  readonly exitCode = 2;

  constructor(directory: string) {
    super(`--record ${directory}: a session log is already there; give a new or empty directory`);
  }
}

async function emptyLog(directory: string): Promise<OpenLog> {
  const there = await segmentsOf(nodeFiles(directory)).catch(() => []);
  if (there.length > 0) throw new LogNotEmpty(directory);
  // A replay can be begun again: it ends where its log ends, instead of waiting for room on the disk.
  return openLog(directory, { failFast: true });
}

/** Feeds recorded market files through the engine; fits run inline with zero modelled latency. */
export async function replayMarket(options: MarketReplay): Promise<ReplayResult> {
  const started = performance.now();
  const log = options.record === undefined ? null : await emptyLog(options.record);
  const target: RecordTarget = log?.writer ?? new RecordStream();
  const summary = new SummaryBuilder(options.config.champion);
  target.append(sessionHeader(options.config));
  const session = new Session(options.config, {
    target,
    onRecord: (record) => {
      summary.record(record);
      options.onRecord(record);
    },
    onFit: runFit,
  });
  summary.follow(session.state);
  options.onSession?.(session);
  const pacer = options.pacer ?? (options.speed === Infinity ? null : new Pace(options.speed));
  let fraction = 0;
  let nextTurn = 0;
  try {
    const source =
      options.source ??
      openRecording([...options.files], {
        map: options.map,
        from: options.from,
        to: options.to,
        onProgress: (value: number) => void (fraction = value),
      });
    for await (const batch of source) {
      for (const event of batch) {
        const wait = pacer?.until(event.at) ?? null;
        if (wait !== null) await wait;
        observe(summary, event);
        session.push(event);
        options.onEvent?.(event);
        if (log?.writer.full) await log.writer.room();
        // The disk's answers come only in a turn of the event loop, which events at hand would not leave.
        else if (log !== null && log.writer.sequence >= nextTurn) {
          nextTurn = log.writer.sequence + RECORDS_A_TURN;
          await turn();
        }
      }
      const at = batch[batch.length - 1]?.at ?? NaN;
      options.onProgress?.(shareOf(options, at) ?? fraction, at);
    }
    return { summary: summary.finish(session.state, target.digest()), elapsedMs: performance.now() - started };
  } finally {
    await log?.close();
  }
}

/** Records after which a replay that keeps a log hears what the disk says. */
const RECORDS_A_TURN = 100;

/** Share of the stretch that was asked for; null when it has no two ends. */
function shareOf({ from, to }: MarketReplay, at: number): number | null {
  if (from === undefined || to === undefined || !(to > from) || !Number.isFinite(at)) return null;
  return Math.max(0, Math.min(1, (at - from) / (to - from)));
}

function observe(summary: SummaryBuilder, event: MarketEvent): void {
  if (event.type === 'instrument')
    summary.instrument(event.instrument.symbol, event.instrument.underlying, event.instrument.expiry);
}

/** Longest single wait, so that a signal or a jump in the data is never far away, ms. */
const LONGEST_WAIT_MS = 1_000;

/** Holds events back so that they come at `speed` times the pace at which they happened. */
export class Pace implements Pacer {
  private readonly speed: number;
  private firstAt = NaN;
  private firstWall = 0;

  constructor(speed: number) {
    this.speed = speed;
  }

  /** Waits until the event of this time is due. */
  async until(at: number): Promise<void> {
    if (Number.isNaN(this.firstAt)) {
      this.firstAt = at;
      this.firstWall = performance.now();
    }
    for (;;) {
      const wait = (at - this.firstAt) / this.speed - (performance.now() - this.firstWall);
      if (wait <= 1) return;
      await sleep(Math.min(wait, LONGEST_WAIT_MS));
    }
  }
}
