import { readFileSync } from 'node:fs';

const own = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

/** The package's version. */
export const VERSION: string = own.version;

/** What a log names as the code that wrote it. */
export const CODE_VERSION = `vernier ${VERSION}`;
