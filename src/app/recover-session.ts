import { ordersOf } from '../engine/carry-over.ts';
import { initEngine, type EngineState } from '../engine/state.ts';
import { step } from '../engine/step.ts';
import type { EngineConfig } from '../engine/config.ts';
import type { OutputRecord } from '../model/record.ts';
import { carriedOver, type Oversight } from '../policy/oversight.ts';
import { canonicalJson } from '../store/canonical-json.ts';
import { nodeFiles } from '../store/log-files.ts';
import { readRecords } from '../store/log-reader.ts';
import { OtherCodeSession, writtenByOther } from './other-code.ts';
import { plainNumbers } from './plain-numbers.ts';

/** The engine as the last session left it. */
export interface RecoveredSession {
  readonly state: EngineState;
  /** Output records that the log's last inputs call for and that were not written before the end. */
  readonly unsaid: readonly OutputRecord[];
  /** Input events applied on top of the checkpoint (or from the beginning). */
  readonly replayed: number;
  /** What is broken in the part that was read; a fresh engine is returned then. Null when nothing is. */
  readonly damage: string | null;
  /** Why the last session cannot be gone on with: other code wrote it. A fresh engine with its orders is returned then. */
  readonly otherCode: string | null;
}

/** A point to start from: the engine's state before record `sequence`. */
export interface StartingPoint {
  readonly state: EngineState;
  readonly sequence: number;
}

/**
 * Rebuilds the engine from its log: the checkpoint's state, then the inputs behind it, every session under its own
 * configuration. When the last one is not `config`, or other code wrote it, its past cannot be continued: a fresh engine is
 * returned, with the orders that people gave.
 */
export async function recoverSession(
  directory: string,
  config: EngineConfig,
  start: StartingPoint | null,
): Promise<RecoveredSession> {
  const wanted = canonicalJson(config);
  let state = start?.state ?? initEngine(config);
  let current = wanted;
  let unsaid: OutputRecord[] = [];
  let replayed = 0;
  let other: { readonly says: string; readonly session: OtherCodeSession } | null = null;
  for await (const item of readRecords(nodeFiles(directory), { from: start?.sequence ?? 0 })) {
    if (item.kind === 'damage') {
      // A state built from part of its inputs would look healthy and be wrong.
      const damage = `${item.reason} in segment ${item.segment} at byte ${item.offset}`;
      return { state: initEngine(config), unsaid: [], replayed: 0, damage, otherCode: null };
    }
    if (item.kind !== 'record') continue;
    const { record } = item;
    if (record.kind === 'meta') {
      const says = writtenByOther(record.code);
      const own = canonicalJson(record.configuration);
      if (says === null && other === null && own === current) continue;
      // What a session with another configuration left unsaid is never said: nobody goes on from there.
      unsaid = [];
      const oversight: Oversight = other?.session.oversight ?? ordersOf(state);
      other = says === null ? null : { says, session: new OtherCodeSession(oversight) };
      if (other !== null) continue;
      state = initEngine(record.configuration as unknown as EngineConfig, carriedOver(oversight));
      current = own;
    } else if (other !== null) other.session.take(record);
    else if (record.kind === 'output') unsaid.shift();
    else {
      replayed++;
      state.record = item.sequence;
      for (const effect of step(state, record.event))
        if (effect.type === 'record') unsaid.push(plainNumbers(effect.record));
    }
  }
  const otherCode = other?.says ?? null;
  if (other !== null || current !== wanted) {
    const fresh = initEngine(config, carriedOver(other?.session.oversight ?? ordersOf(state)));
    return { state: fresh, unsaid: [], replayed, damage: null, otherCode };
  }
  return { state, unsaid, replayed, damage: null, otherCode };
}
