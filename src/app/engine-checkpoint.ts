import { deserialize, serialize } from 'node:v8';
import type { EngineConfig } from '../engine/config.ts';
import type { EngineState } from '../engine/state.ts';
import { canonicalJson } from '../store/canonical-json.ts';
import { loadCheckpoint, saveCheckpoint } from '../store/checkpoint.ts';
import { nodeFiles } from '../store/log-files.ts';
import { beginningOf } from '../store/log-reader.ts';
import type { LogWriter } from '../store/log-writer.ts';
import { loadMilestone, milestonesOf, saveMilestone } from '../store/milestone.ts';
import type { StartingPoint } from './recover-session.ts';
import { CODE_VERSION } from './version.ts';

/** What the opaque bytes hold. */
interface Saved {
  readonly code: string;
  readonly state: EngineState;
}

/**
 * Saves the engine's state at the log's present end, for recovery and as a milestone for looking back. The bytes are
 * taken at once (the caller goes on), the files are written when the log is durable up to there.
 */
export async function saveEngine(directory: string, state: EngineState, writer: LogWriter): Promise<void> {
  const sequence = writer.sequence;
  const digest = writer.digest();
  const saved: Saved = { code: CODE_VERSION, state };
  const bytes = serialize(saved);
  const at = Math.max(...[...state.underlyings.values()].map((u) => u.watermark));
  if (sequence > 0) await writer.committed(sequence - 1);
  const checkpoint = { sequence, digest, state: bytes };
  const files = nodeFiles(directory);
  await saveCheckpoint(files, checkpoint);
  if (at > 0) await saveMilestone(files, at, checkpoint, await beginningOf(files));
}

/**
 * The engine as the newest milestone at or before `at` (epoch ms) has it, if this code made it; null sends the caller to
 * the log's beginning.
 */
export async function engineBefore(directory: string, at: number): Promise<StartingPoint | null> {
  const files = nodeFiles(directory);
  for (const milestone of (await milestonesOf(files)).reverse()) {
    if (milestone.at > at) continue;
    const checkpoint = await loadMilestone(files, milestone);
    const saved = checkpoint === null ? null : readState(checkpoint.state);
    if (checkpoint !== null && saved !== null) return { state: saved.state, sequence: checkpoint.sequence };
  }
  return null;
}

/**
 * The newest usable state in the directory: whole, not ahead of the log, made by this code under this configuration.
 * Null sends the caller to the log's beginning, which always gives the same answer, only later.
 */
export async function loadEngine(
  directory: string,
  config: EngineConfig,
  records: number,
): Promise<StartingPoint | null> {
  const { checkpoint } = await loadCheckpoint(nodeFiles(directory), records);
  if (checkpoint === null) return null;
  const saved = readState(checkpoint.state);
  if (saved === null || canonicalJson(saved.state.config) !== canonicalJson(config)) return null;
  return { state: saved.state, sequence: checkpoint.sequence };
}

/** The state in the bytes if this code made it; null for another's, also where another Node wrote them so that this one cannot read them. */
function readState(bytes: Uint8Array): Saved | null {
  try {
    const saved = deserialize(bytes) as Saved;
    return saved.code === CODE_VERSION ? saved : null;
  } catch {
    return null;
  }
}
