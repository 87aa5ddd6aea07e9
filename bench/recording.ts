/** Reading recordings: rows a second from bytes on disk to market events, without the engine. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { openRecording, readSources } from '../src/venue/recording/open.ts';
import { COLLECTOR_CSV_COLUMNS } from '../src/venue/recording/collector-csv.ts';
import { memorySource } from '../src/venue/recording/byte-source.ts';
import type { MarketEvent } from '../src/market/event.ts';
import { Random } from '../src/numeric/random.ts';
import type { Bench } from './run.ts';
import { missingData } from './surface-rounds.ts';

const PARQUET = 'data/chains/deribit_chain_4xdaily_2026-01-28_2026-02-28_crash.parquet';

interface Reading {
  readonly rows: number;
  readonly seconds: number;
  readonly hash: string;
}

/** Reads everything once; the hash covers times, bids and asks. */
async function reading(batches: AsyncIterable<readonly MarketEvent[]>, digest: boolean): Promise<Reading> {
  const hash = createHash('sha256');
  const started = performance.now();
  let rows = 0;
  for await (const batch of batches) {
    const numbers: number[] = [];
    for (const event of batch) {
      if (event.type !== 'quote') continue;
      rows++;
      if (digest) numbers.push(event.at, event.bid ?? -1, event.ask ?? -1);
    }
    if (digest) hash.update(new Uint8Array(Float64Array.from(numbers).buffer));
  }
  return { rows, seconds: (performance.now() - started) / 1000, hash: hash.digest('hex').slice(0, 16) };
}

async function rates(smoke: boolean, open: () => AsyncIterable<readonly MarketEvent[]>) {
  const { hash } = await reading(open(), true);
  const samples: number[] = [];
  for (let i = 0; i < (smoke ? 1 : 9); i++) {
    const { rows, seconds } = await reading(open(), false);
    samples.push(rows / seconds);
  }
  return { samples, hash };
}

/** A SYNTHETIC file of polls in the collector's CSV dialect, plain text. */
function syntheticCsv(polls: number): Uint8Array {
  const random = new Random(2, 'bench-recording');
  const lines = [COLLECTOR_CSV_COLUMNS.join(',')];
  for (let poll = 0; poll < polls; poll++) {
    const time = new Date(Date.UTC(2030, 0, 1) + poll * 3_600_000).toISOString();
    for (let i = 0; i < 1000; i++) {
      const bid = random.between(0.001, 0.1).toFixed(4);
      const ask = random.between(0.1, 0.2).toFixed(4);
      const tail = `${random.between(0.1, 0.2).toFixed(8)},0.4567,${random.uniform().toFixed(5)},99.80623,1130.8,76575.31`;
      lines.push(`${time},BTC-29MAR30-${50_000 + i * 100}-C,77341.95999999999,SYN.BTC-29MAR30,${bid},${ask},${tail}`);
    }
  }
  return Buffer.from(`${lines.join('\n')}\n`);
}

/** Rows a second; one sample is one pass over the file. */
export const benches: Bench[] = [
  {
    name: 'recording/parquet-rows-per-second',
    unit: 'rows/s',
    async run(smoke) {
      const file = new URL(`../../shared/${PARQUET}`, import.meta.url).pathname;
      if (!existsSync(file)) return missingData(PARQUET);
      return rates(smoke, () => openRecording([file]));
    },
  },
  {
    name: 'recording/csv-rows-per-second',
    unit: 'rows/s',
    async run(smoke) {
      const source = memorySource('SYNTHETIC.csv', syntheticCsv(smoke ? 5 : 100));
      return rates(smoke, () => readSources([source]));
    },
  },
];
