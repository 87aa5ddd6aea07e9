import type { EngineConfig } from '../engine/config.ts';
import { runFit } from '../engine/models.ts';
import { ordersOf } from '../engine/carry-over.ts';
import { initEngine } from '../engine/state.ts';
import type { MarketEvent } from '../market/event.ts';
import type { FitJob } from '../model/contract.ts';
import type { OutputRecord } from '../model/record.ts';
import { carriedOver, type Oversight } from '../policy/oversight.ts';
import { canonicalJson } from '../store/canonical-json.ts';
import { nodeFiles } from '../store/log-files.ts';
import { readRecords } from '../store/log-reader.ts';
import { recordsOf } from '../store/recover.ts';
import { RecordStream } from '../store/record-stream.ts';
import type { LogRecord, MetaRecord } from '../store/record-codec.ts';
import type { ReplayResult } from './replay-market.ts';
import { OtherCodeSession, writtenByOther } from './other-code.ts';
import { Pace } from './replay-market.ts';
import type { Pacer } from './replay-transport.ts';
import { Session } from './session.ts';
import { SummaryBuilder } from './summary.ts';

/** A session log does not replay to itself: the code, the machine or the bytes differ. */
export class ReplayMismatch extends Error {
  override readonly name = 'ReplayMismatch';
  readonly retryable = false;
  readonly sequence: number;

  constructor(sequence: number, message: string) {
    super(`record ${sequence}: ${message}`);
    this.sequence = sequence;
  }
}

/** A replay of one of Vernier's own session logs. */
export interface LogReplay {
  readonly directory: string;
  readonly speed: number;
  readonly onRecord: (record: OutputRecord) => void;
  /** `fraction` of the log that has been fed; null when its end was torn off and nobody knows how long it is. */
  readonly onProgress?: (sequence: number, at: number, fraction: number | null) => void;
  /** Decides when each event is due, instead of `speed`. */
  readonly pacer?: Pacer;
  /** Called with every session of the log before its first event. */
  readonly onSession?: (session: Session, stamp: string | null) => void;
  /** Called with every event once the engine has taken it. */
  readonly onEvent?: (event: MarketEvent) => void;
}

/** What the replay holds while it compares. */
interface Comparison {
  session: Session | null;
  summary: SummaryBuilder | null;
  /** Output records made and not yet matched with recorded ones. */
  readonly produced: { kind: string; text: string }[];
  readonly jobs: Map<string, FitJob>;
  readonly stream: RecordStream;
  configuration: string;
  /** The session under way when other code wrote it: it is passed over. */
  other: OtherCodeSession | null;
  readonly passedOver: { records: number; says: string };
  /** A session ended between an input and its outputs: the next one said them, so the order differs there. */
  cut: boolean;
}

/**
 * Feeds a session log's recorded inputs (fits included) through the engine, recomputes every fit and every output
 * record, and throws {@link ReplayMismatch} at the first that differs by a bit. Damage to the log itself (a flipped
 * bit, a missing segment) is a mismatch too; a torn tail after a crash is not, it held nothing acknowledged. Sessions that
 * other code wrote are passed over and counted; a log without any other cannot be replayed.
 */
export async function replayLog(options: LogReplay): Promise<ReplayResult> {
  const started = performance.now();
  const c: Comparison = {
    session: null,
    summary: null,
    produced: [],
    jobs: new Map(),
    stream: new RecordStream(),
    configuration: '',
    other: null,
    passedOver: { records: 0, says: '' },
    cut: false,
  };
  const pacer = options.pacer ?? (options.speed === Infinity ? null : new Pace(options.speed));
  let recorded: string | null = null;
  let last = 0;
  const total = await recordsOf(nodeFiles(options.directory));
  for await (const item of readRecords(nodeFiles(options.directory))) {
    if (item.kind === 'damage')
      throw new ReplayMismatch(
        last,
        `the log is damaged (${item.reason}) in segment ${item.segment} at byte ${item.offset}`,
      );
    if (item.kind === 'end') recorded = item.digest;
    if (item.kind !== 'record') continue;
    last = item.sequence;
    const { record } = item;
    const wait = record.kind === 'input' ? (pacer?.until(record.event.at) ?? null) : null;
    if (wait !== null) await wait;
    feed(c, record, item.sequence, options);
    if (record.kind === 'input' && (last % 4096 === 0 || wait !== null))
      options.onProgress?.(last, record.event.at, total === null ? null : (last + 1) / total);
  }
  const { session, summary } = c;
  if (session === null || summary === null)
    throw new ReplayMismatch(
      0,
      c.other === null
        ? 'the log holds no session'
        : `the log was ${c.passedOver.says}: only the code that wrote a log computes it again`,
    );
  if (!c.cut && c.produced.length === 0 && recorded !== null && recorded !== c.stream.digest())
    throw new ReplayMismatch(last, `log_sha256 is ${recorded}, reproduced ${c.stream.digest()}`);
  // A killed process may leave an input whose outputs were never committed: that is an end, not a difference.
  return {
    summary: summary.finish(session.state, recorded ?? c.stream.digest()),
    elapsedMs: performance.now() - started,
    ...(c.passedOver.records > 0 ? { passedOver: c.passedOver } : {}),
  };
}

function feed(c: Comparison, record: LogRecord, sequence: number, options: LogReplay): void {
  if (record.kind === 'meta') return open(c, record, options);
  if (c.other !== null) {
    c.stream.append(record);
    c.passedOver.records++;
    c.other.take(record);
    return;
  }
  if (c.session === null) throw new ReplayMismatch(sequence, 'a record comes before the session header');
  if (record.kind === 'output') {
    const expected = canonicalJson(record.record);
    const made = c.produced.shift();
    if (made === undefined)
      throw new ReplayMismatch(sequence, `the log has an output that was not reproduced: ${expected}`);
    if (made.text !== expected) throw new ReplayMismatch(sequence, difference(expected, made.text));
    return;
  }
  if (c.produced.length > 0)
    throw new ReplayMismatch(sequence, `reproduced an output that the log lacks: ${c.produced[0].text}`);
  const { event } = record;
  if (event.type === 'fit-result') {
    const job = c.jobs.get(event.jobId);
    if (job === undefined) throw new ReplayMismatch(sequence, `fit ${event.jobId} was never asked for`);
    c.jobs.delete(event.jobId);
    const made = canonicalJson(runFit(job));
    const expected = canonicalJson(event.outcome);
    if (made !== expected)
      throw new ReplayMismatch(sequence, `fit ${event.jobId}: recorded ${expected}, reproduced ${made}`);
  }
  if (event.type === 'instrument')
    c.summary?.instrument(event.instrument.symbol, event.instrument.underlying, event.instrument.expiry);
  c.session.push(event, sequence);
  options.onEvent?.(event);
}

/** How two records differ: field by field where they are of one kind, else whole. */
function difference(recorded: string, made: string): string {
  const [was, is] = [recorded, made].map((text) => JSON.parse(text) as Record<string, unknown>);
  const name = (r: Record<string, unknown>): string =>
    ['type', 'id', 'scope', 'model', 'at']
      .map((key) => (typeof r[key] === 'string' ? r[key] : ''))
      .filter(Boolean)
      .join(' ');
  if (name(was) !== name(is)) return `recorded ${recorded}, reproduced ${made}`;
  const fields = [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .map((field) => ({ field, was: JSON.stringify(was[field]), is: JSON.stringify(is[field]) }))
    .filter((f) => f.was !== f.is);
  const told = fields.slice(0, 3).map((f) => `${f.field} recorded ${f.was}, reproduced ${f.is}`);
  return `${name(was)}: ${told.join('; ')}${fields.length > 3 ? `; and ${fields.length - 3} fields more` : ''}`;
}

/** A session begins: it goes on from the one before, begins anew under another configuration, or is passed over. */
function open(c: Comparison, record: MetaRecord, options: LogReplay): void {
  c.stream.append(record);
  if (c.produced.length > 0) c.cut = true;
  const oversight = c.other?.oversight ?? (c.session === null ? null : ordersOf(c.session.state));
  const says = writtenByOther(record.code);
  if (says !== null) {
    c.produced.length = 0;
    c.other = new OtherCodeSession(oversight);
    c.passedOver.says = says;
    return;
  }
  const configuration = canonicalJson(record.configuration);
  if (c.session === null || c.other !== null || configuration !== c.configuration) {
    c.produced.length = 0;
    c.other = null;
    begin(c, record.configuration as unknown as EngineConfig, record.stamp ?? null, oversight, options);
  }
  c.configuration = configuration;
}

function begin(
  c: Comparison,
  config: EngineConfig,
  stamp: string | null,
  oversight: Oversight | null,
  options: LogReplay,
): void {
  const summary = new SummaryBuilder(config.champion);
  c.summary = summary;
  const state = oversight === null ? null : initEngine(config, carriedOver(oversight));
  c.session = new Session(config, {
    target: c.stream,
    onRecord: (record) => {
      c.produced.push({ kind: record.type, text: canonicalJson(record) });
      summary.record(record);
      options.onRecord(record);
    },
    onFit: (job) => {
      c.jobs.set(job.id, job);
      return null;
    },
  }, state); // prettier-ignore
  summary.follow(c.session.state);
  options.onSession?.(c.session, stamp);
}
