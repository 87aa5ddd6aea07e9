import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Root of the checkout. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Real data and reference values that live beside the checkout and are never part of it. */
export const SHARED = fileURLToPath(new URL('../../shared', import.meta.url));
/** Reason to skip a test that needs them; false when they are there. */
export const WITHOUT_SHARED: string | false = existsSync(SHARED)
  ? false
  : 'real data (../shared) is not beside this checkout';
/** Node that brings this checkout, and the oldest supported one. */
export const NODE = process.execPath;
export const OLDEST_NODE = fileURLToPath(new URL('../tools/oldest-node/node_modules/.bin/node', import.meta.url));
export const WITHOUT_OLDEST_NODE: string | false = existsSync(OLDEST_NODE)
  ? false
  : 'the oldest supported Node was not installed';
