/**
 * Runs the test files that match a named glob with node:test and closes with one line,
 * `N passed, N failed, N skipped`, preceded by the reason of every skip.
 *
 * Zero tests is a failure. With VERNIER_TEST_STRICT=1 (set by .ci/run) a skip is a failure too.
 */
import { globSync } from 'node:fs';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

const patterns = process.argv.slice(2);
if (patterns.length === 0) {
  process.stderr.write('usage: node test/run.ts GLOB...\n');
  process.exit(2);
}
const files = globSync(patterns).sort();
let passed = 0;
let failed = 0;
const skipped: string[] = [];

const stream = run({ files, concurrency: 2, timeout: 600_000 });
stream.on('test:pass', (event) => {
  if (event.details.type === 'suite') return;
  if (event.skip !== undefined)
    skipped.push(`${event.name}: ${event.skip === true ? 'no reason given' : String(event.skip)}`);
  else passed++;
});
stream.on('test:fail', (event) => {
  if (event.details.type !== 'suite') failed++;
});
stream.compose(new spec()).pipe(process.stdout);
stream.on('end', () => {
  process.stdout.on('drain', () => {});
  setImmediate(() => {
    const strict = process.env['VERNIER_TEST_STRICT'] === '1';
    for (const line of skipped) process.stdout.write(`skipped: ${line}\n`);
    if (passed + failed === 0) process.stdout.write(`no test ran for ${patterns.join(' ')}\n`);
    if (strict && skipped.length > 0) process.stdout.write('a skip is a failure here (VERNIER_TEST_STRICT=1)\n');
    process.stdout.write(`${passed} passed, ${failed} failed, ${skipped.length} skipped\n`);
    process.exitCode = failed > 0 || passed === 0 || (strict && skipped.length > 0) ? 1 : 0;
  });
});
