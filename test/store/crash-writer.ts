/** Child of log-crash.test.ts: writes numbered SYNTHETIC quotes as fast as it can and prints each acknowledged number. */
import { openLog } from '../../src/store/open-log.ts';
import { META, syntheticQuotes } from './arbitrary-record.ts';

const directory = process.argv[2];
const { writer, recovery } = await openLog(directory, { commitDelayMs: 1, blockBytes: 8192, segmentBytes: 100_000 });
process.stdout.write(`open ${recovery.sequence}\n`);
writer.append(META);
for (const record of syntheticQuotes(1e7)) {
  const sequence = writer.append(record);
  if (sequence % 50 === 0)
    void writer.committed(sequence).then(() => {
      process.stdout.write(`${sequence}\n`);
    });
  if (sequence % 200 === 0) await new Promise(setImmediate);
  if (writer.full) await writer.room();
}
