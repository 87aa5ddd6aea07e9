/** Child of lock.test.ts: tries to lock the directory at a given instant, says how it went, holds the lock until killed. */
import { lockDirectory } from '../../src/store/lock.ts';

const [directory, instant] = process.argv.slice(2);
while (Date.now() < Number(instant));
try {
  await lockDirectory(directory);
  process.stdout.write('won\n');
} catch (error) {
  process.stdout.write(`${(error as { code?: string }).code} ${(error as Error).message}\n`);
}
setInterval(() => undefined, 1000);
