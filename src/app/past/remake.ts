import { DEFAULT_CONFIG, type EngineConfig } from '../../engine/config.ts';
import { ordersOf } from '../../engine/carry-over.ts';
import { initEngine, type EngineState } from '../../engine/state.ts';
import { step } from '../../engine/step.ts';
import type { MarketEvent } from '../../market/event.ts';
import { isoTime } from '../../market/iso-time.ts';
import type { OutputRecord } from '../../model/record.ts';
import { canonicalJson } from '../../store/canonical-json.ts';
import { carriedOver, type Oversight } from '../../policy/oversight.ts';
import { nodeFiles } from '../../store/log-files.ts';
import { readRecords } from '../../store/log-reader.ts';
import { engineBefore } from '../engine-checkpoint.ts';
import { OtherCodeSession, writtenByOther } from '../other-code.ts';
import { CalibrationHistory } from '../view/calibration-history.ts';
import { Pictures } from '../view/pictures.ts';
import { TradeTape } from '../view/trade-tape.ts';

/** The engine as it stood at a moment, with what a picture of it needs. */
export interface Moment {
  readonly state: EngineState;
  readonly pictures: Pictures;
  /** The market's time that was reached, epoch ms. */
  readonly at: number;
  /** Inputs that were fed again. */
  readonly inputs: number;
}

/** Inputs that one question may feed again: about half a minute of one core. */
export const MOST_INPUTS = 2_000_000;
/** Prints of the last minute belong to the picture, ms. */
const TAPE_MS = 60_000;

/**
 * Remakes a moment from a session log: the milestone before it, then the recorded inputs up to `at` (epoch ms) through
 * the engine. Fits come out of the log, nothing is calibrated again. Returns why not when the log cannot say.
 */
export async function remake(directory: string, at: number, most: number = MOST_INPUTS): Promise<Moment | string> {
  const start = await engineBefore(directory, at - TAPE_MS);
  let state = start?.state ?? null;
  let reached = Math.max(-Infinity, ...[...(state?.underlyings.values() ?? [])].map((u) => u.watermark));
  let inputs = 0;
  let other = null as { readonly says: string; readonly session: OtherCodeSession } | null;
  const tape = new TradeTape();
  const calibrations = new CalibrationHistory();
  const moment = (): Moment | string => {
    if (state === null || !Number.isFinite(reached)) return `the log begins after ${isoTime(at)}`;
    const found = state;
    const pictures = new Pictures({
      state: () => found,
      marketTime: () => reached,
      calibration: (id) => calibrations.byFit(id),
      tape,
    });
    return { state, pictures, at: reached, inputs };
  };
  for await (const item of readRecords(nodeFiles(directory), { from: start?.sequence ?? 0 })) {
    if (item.kind === 'damage') return `the log is damaged before ${isoTime(at)} (${item.reason})`;
    if (item.kind !== 'record') continue;
    const { record } = item;
    if (record.kind === 'meta') {
      const oversight: Oversight | null = other?.session.oversight ?? (state === null ? null : ordersOf(state));
      const says = writtenByOther(record.code);
      other = says === null ? null : { says, session: new OtherCodeSession(oversight) };
      if (other !== null) state = null;
      else if (state === null || canonicalJson(record.configuration) !== canonicalJson(state.config))
        state = initEngine(
          record.configuration as unknown as EngineConfig,
          oversight === null ? undefined : carriedOver(oversight),
        );
    } else if (other !== null) {
      other.session.take(record);
      if (record.kind === 'input' && marketTime(record.event, DEFAULT_CONFIG) > at)
        return `that session was ${other.says}: only the code that wrote it can remake it`;
    } else if (record.kind === 'output') {
      const said = record.record as unknown as OutputRecord;
      if (said.type === 'calibration') calibrations.onCalibration(said);
    } else if (state !== null) {
      const { event } = record;
      const time = marketTime(event, state.config);
      if (time > at) return moment();
      if (++inputs > most)
        return `reaching ${isoTime(at)} means feeding more than ${most} inputs again: no milestone is near it`;
      feed(state, event, item.sequence, tape);
      if (time > reached) reached = time;
    }
  }
  return moment();
}

/** When an input moves the market's clock, and to what; NaN when it does not. A venue clock that runs ahead is bounded. */
function marketTime(event: MarketEvent, config: EngineConfig): number {
  if (event.type !== 'quote' && event.type !== 'trade' && event.type !== 'index' && event.type !== 'timer') return NaN;
  return Math.min(event.at, event.receivedAt + config.clockToleranceMs);
}

function feed(state: EngineState, event: MarketEvent, sequence: number, tape: TradeTape): void {
  const { trades } = state.counts;
  state.record = sequence;
  step(state, event);
  if (event.type !== 'trade' || state.counts.trades === trades) return;
  const place = state.instruments.get(`${event.venue}:${event.symbol}`);
  if (place !== undefined) tape.add(event, place);
}
