/** The log: encoding, appending until durable, size, recovery. SYNTHETIC quotes over 800 instruments, seeded. */
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFiles } from '../src/store/log-files.ts';
import { LogWriter, type WriterOptions } from '../src/store/log-writer.ts';
import type { LogRecord } from '../src/store/record-codec.ts';
import { RecordStream } from '../src/store/record-stream.ts';
import { recover } from '../src/store/recover.ts';
import { openRecording } from '../src/venue/recording/open.ts';
import { META, syntheticQuotes } from '../test/store/arbitrary-record.ts';
import type { Bench } from './run.ts';
import { missingData } from './surface-rounds.ts';

const ROUNDS = 7;
const RECORDING = 'data/chains/deribit_chain_4xdaily_2026-01-28_2026-02-28_crash.parquet';
const records = (smoke: boolean): LogRecord[] => [META, ...syntheticQuotes(smoke ? 5_000 : 250_000)];

/** Digest of the records alone: the hash every bench of the same records prints. */
function digestOf(all: readonly LogRecord[]): string {
  const stream = new RecordStream();
  for (const record of all) stream.append(record);
  return stream.digest().slice(0, 16);
}

/** Runs `work` in an empty directory that is removed afterwards. */
async function inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'vernier-bench-'));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function write(directory: string, all: readonly LogRecord[], options: WriterOptions = {}): Promise<LogWriter> {
  const { writer } = await LogWriter.open(nodeFiles(directory), options);
  for (const record of all) {
    if (writer.full) await writer.room();
    writer.append(record);
  }
  await writer.flush();
  return writer;
}

async function rounds(smoke: boolean, work: () => Promise<number>): Promise<number[]> {
  const samples: number[] = [];
  await work();
  for (let i = 0; i < (smoke ? 1 : ROUNDS); i++) samples.push(await work());
  return samples;
}

const encode: Bench = {
  name: 'log/encode-events-per-second',
  unit: 'events/s',
  async run(smoke) {
    const all = records(smoke);
    const samples = await rounds(smoke, async () => {
      const start = performance.now();
      digestOf(all);
      return (1000 * all.length) / (performance.now() - start);
    });
    return { samples, hash: digestOf(all) };
  },
};

/** From the first append until the last record is on the medium. */
const append: Bench = {
  name: 'log/append-events-per-second',
  unit: 'events/s',
  async run(smoke) {
    const all = records(smoke);
    const samples = await rounds(smoke, () =>
      inDirectory(async (directory) => {
        const start = performance.now();
        const writer = await write(directory, all);
        const rate = (1000 * all.length) / (performance.now() - start);
        await writer.close();
        return rate;
      }),
    );
    return { samples, hash: digestOf(all) };
  },
};

/** Files of a closed log over its records: frames, block headers, names, seal. */
const size: Bench = {
  name: 'log/bytes-per-quote',
  unit: 'bytes',
  run: (smoke) =>
    inDirectory(async (directory) => {
      const all = records(smoke);
      await (await write(directory, all)).close();
      const bytes = readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
      return { samples: [bytes / all.length], hash: digestOf(all) };
    }),
};

/** The same of recorded chain snapshots, outside the repository: the digits that venues really send. */
const recordedSize: Bench = {
  name: 'log/bytes-per-recorded-quote',
  unit: 'bytes',
  async run(smoke) {
    const file = new URL(`../../shared/${RECORDING}`, import.meta.url).pathname;
    if (!existsSync(file)) return missingData(RECORDING);
    const stream = new RecordStream({ keepFrames: true });
    stream.append(META);
    let bytes = 0;
    for await (const batch of openRecording([file])) {
      for (const event of batch) if (event.type === 'quote') stream.append({ kind: 'input', event });
      bytes += stream.take().frames.length;
      if (smoke && stream.sequence > 5000) break;
    }
    return { samples: [bytes / stream.sequence], hash: stream.digest().slice(0, 16) };
  },
};

/** The worst case of an opening: a killed session whose events are all in one open segment, which is read, checked and sealed. */
const recovery: Bench = {
  name: 'recovery/seconds-per-million-events',
  unit: 's',
  run: (smoke) =>
    inDirectory(async (directory) => {
      const all = records(smoke);
      const writer = await write(directory, all, { segmentBytes: 1 << 28 });
      const samples = await rounds(smoke, () =>
        inDirectory(async (killed) => {
          for (const name of readdirSync(directory)) copyFileSync(join(directory, name), join(killed, name));
          const start = performance.now();
          const { sequence, crashed, damage } = await recover(nodeFiles(killed));
          const seconds = (performance.now() - start) / 1000;
          if (sequence !== all.length || !crashed || damage.length > 0)
            throw new Error(`recovered ${sequence} records`);
          return seconds / (sequence / 1e6);
        }),
      );
      await writer.close();
      return { samples, hash: digestOf(all) };
    }),
};

/** Benches of the log. */
export const benches: Bench[] = [encode, append, size, recordedSize, recovery];
