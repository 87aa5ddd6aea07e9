import { z } from 'zod';
import { Problem } from './problem.ts';

/** What every list takes. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z.string().max(200).optional(),
};

/** The answer of a list. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable() });
}

/** One page behind `cursor`. `keyOf` identifies an item; the cursor names the last one that was sent. */
export function takePage<T>(
  items: Iterable<T>,
  limit: number,
  cursor: string | undefined,
  keyOf: (item: T) => string,
): { items: T[]; next_cursor: string | null } {
  const behind = cursor === undefined ? null : decode(cursor);
  const taken: T[] = [];
  let skipping = behind !== null;
  for (const item of items) {
    if (skipping) {
      if (keyOf(item) === behind) skipping = false;
      continue;
    }
    if (taken.length === limit) return { items: taken, next_cursor: encode(keyOf(taken[limit - 1])) };
    taken.push(item);
  }
  if (skipping) throw new Problem(410, 'cursor: the item it stood at is no longer kept; begin again without a cursor');
  return { items: taken, next_cursor: null };
}

/** An item without its place in the sequence, which only cursors need. */
export function unnumbered<T extends { readonly number: number }>(item: T): Omit<T, 'number'> {
  const { number, ...rest } = item;
  void number;
  return rest;
}

function encode(key: string): string {
  return Buffer.from(key, 'utf8').toString('base64url');
}

function decode(cursor: string): string {
  return Buffer.from(cursor, 'base64url').toString('utf8');
}
