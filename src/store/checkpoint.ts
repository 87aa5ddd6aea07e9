import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';
import { fileFailure } from './log-error.ts';
import type { LogFiles } from './log-files.ts';
import { FORMAT } from './record-codec.ts';

/** A state of the engine, in bytes that only its maker understands, and the place in the log where it belongs. */
export interface Checkpoint {
  /** The state is that before record `sequence`: recovery reads the log from there. */
  readonly sequence: number;
  /** `log_sha256` at that place. */
  readonly digest: string;
  readonly state: Uint8Array;
}

/** A checkpoint file that was not used, and why. */
export interface RejectedCheckpoint {
  readonly file: string;
  readonly reason: 'damaged' | 'ahead-of-log';
}

const MAGIC = 'VCKP';
const KEPT = 2;
const NAME = /^checkpoint-(\d{16})\.state$/;
const PREFIX = MAGIC.length + 4;

/**
 * Saves a checkpoint, whole or not at all, and drops all but the newest two. Save it only when the log is durable up to
 * `sequence` (`await writer.committed(sequence - 1)`); one that is ahead of its log is never used. Throws `LogError`.
 */
export async function saveCheckpoint(files: LogFiles, checkpoint: Checkpoint): Promise<void> {
  const name = `checkpoint-${String(checkpoint.sequence).padStart(16, '0')}.state`;
  try {
    const file = await files.open(`${name}.tmp`, 'create');
    try {
      await file.write(packCheckpoint(checkpoint), 0);
      await file.sync();
    } finally {
      await file.close();
    }
    await files.rename(`${name}.tmp`, name);
    await files.syncDirectory();
    for (const old of (await checkpointNames(files)).slice(KEPT)) await files.remove(old);
  } catch (cause) {
    throw fileFailure('saving a checkpoint', cause);
  }
}

/**
 * The newest whole checkpoint that is not ahead of a log of `records` records; null when there is none. Everything newer
 * that was passed over is named, so that it can be told.
 */
export async function loadCheckpoint(
  files: LogFiles,
  records: number,
): Promise<{ checkpoint: Checkpoint | null; rejected: readonly RejectedCheckpoint[] }> {
  const rejected: RejectedCheckpoint[] = [];
  try {
    for (const name of await checkpointNames(files)) {
      const checkpoint = unpackCheckpoint(await readWhole(files, name));
      if (checkpoint === null) rejected.push({ file: name, reason: 'damaged' });
      else if (checkpoint.sequence > records) rejected.push({ file: name, reason: 'ahead-of-log' });
      else return { checkpoint, rejected };
    }
  } catch (cause) {
    throw fileFailure('loading a checkpoint', cause);
  }
  return { checkpoint: null, rejected };
}

/** Newest first. */
async function checkpointNames(files: LogFiles): Promise<string[]> {
  return (await files.list())
    .filter((name) => NAME.test(name))
    .sort()
    .reverse();
}

/** A checkpoint's own bytes, checksum included. */
export function packCheckpoint({ sequence, digest, state }: Checkpoint): Uint8Array {
  const header = Buffer.from(canonicalJson({ format: FORMAT, sequence, digest, bytes: state.length }), 'utf8');
  const bytes = Buffer.alloc(PREFIX + header.length + state.length + 32);
  bytes.write(MAGIC, 0, 'latin1');
  bytes.writeUInt32LE(header.length, MAGIC.length);
  header.copy(bytes, PREFIX);
  bytes.set(state, PREFIX + header.length);
  const body = bytes.subarray(0, -32);
  createHash('sha256').update(body).digest().copy(bytes, body.length);
  return bytes;
}

/** Reads them back; null when they are not whole or of another format. */
export function unpackCheckpoint(bytes: Buffer): Checkpoint | null {
  if (bytes.length < PREFIX + 32 || bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return null;
  const body = bytes.subarray(0, -32);
  if (!createHash('sha256').update(body).digest().equals(bytes.subarray(-32))) return null;
  const start = PREFIX + body.readUInt32LE(MAGIC.length);
  const header = JSON.parse(body.toString('utf8', PREFIX, start)) as {
    format: number;
    sequence: number;
    digest: string;
  };
  if (header.format !== FORMAT) return null;
  return { sequence: header.sequence, digest: header.digest, state: new Uint8Array(body.subarray(start)) };
}

/** A whole file. */
export async function readWhole(files: LogFiles, name: string): Promise<Buffer> {
  const file = await files.open(name, 'read');
  try {
    const bytes = Buffer.alloc(await file.size());
    await file.read(bytes, 0);
    return bytes;
  } finally {
    await file.close();
  }
}
