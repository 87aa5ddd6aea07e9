import { deserialize, serialize } from 'node:v8';
import type { EngineConfig } from '../engine/config.ts';
import type { EngineState } from '../engine/state.ts';
import { canonicalJson } from '../store/canonical-json.ts';
import { loadCheckpoint, saveCheckpoint } from '../store/checkpoint.ts';
import { nodeFiles } from '../store/log-files.ts';
import type { LogWriter } from '../store/log-writer.ts';
import type { StartingPoint } from './recover-session.ts';
import { CODE_VERSION } from './version.ts';

/** What the opaque bytes hold. */
interface Saved {
  readonly code: string;
  readonly state: EngineState;
}

/**
 * Saves the engine's state at the log's present end. The bytes are taken at once (the caller goes on), the file is
 * written when the log is durable up to there.
 */
export async function saveEngine(directory: string, state: EngineState, writer: LogWriter): Promise<void> {
  const sequence = writer.sequence;
  const digest = writer.digest();
  const saved: Saved = { code: CODE_VERSION, state };
  const bytes = serialize(saved);
  if (sequence > 0) await writer.committed(sequence - 1);
  await saveCheckpoint(nodeFiles(directory), { sequence, digest, state: bytes });
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
  const saved = deserialize(checkpoint.state) as Saved;
  if (saved.code !== CODE_VERSION || canonicalJson(saved.state.config) !== canonicalJson(config)) return null;
  return { state: saved.state, sequence: checkpoint.sequence };
}
