/** One smile as a JSON document: forward, expiry_years and market_vols, a list of [strike, volatility]. */
import { z } from 'zod';
import { readSliceFile } from './slice-file.ts';
import type { SliceFile } from './slice-file.ts';

const SMILE = z.object({
  forward: z.number(),
  expiry_years: z.number(),
  expiry_date: z.string().optional(),
  market_vols: z.array(z.tuple([z.number(), z.number()])).max(100_000),
});

/**
 * Reads a smile document as the slice file of its one expiry, named by `expiry_date`; undefined when the text is no such
 * document. Quotes out of their domain are refused one by one, the n-th of them on line n + 1.
 */
export function readSmileJson(text: string): SliceFile | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { success, data } = SMILE.safeParse(document);
  if (!success) return undefined;
  const name = (data.expiry_date ?? 'smile').replaceAll(/["\s]/g, '');
  const rows = data.market_vols.map(
    ([strike, sigma]) => `"${name}",${data.expiry_years},${data.forward},${strike},${sigma}`,
  );
  return readSliceFile(['slice,T,F,K,iv', ...rows].join('\n'));
}
