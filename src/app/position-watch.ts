import { readFile, stat } from 'node:fs/promises';
import type { MarketEvent, PositionsEvent } from '../market/event.ts';
import type { Holding } from '../market/holding.ts';
import { CsvError } from './csv.ts';
import { readPositions } from './position-file.ts';

/** How to follow a file of positions. */
export interface PositionWatchOptions {
  readonly path: string;
  /** The file vouches for its positions for so long after it was written, s. */
  readonly validSeconds: number;
  readonly accept: (events: readonly MarketEvent[]) => void;
  /** The venue's clock, epoch ms. */
  readonly venueNow: () => number;
  /** For the status line: what cannot be read, once each time it changes. */
  readonly onTrouble: (text: string) => void;
}

const POLL_MS = 1_000;
const LARGEST_BYTES = 20_000_000;
/** Refusals told by field and value at one reading; the rest is counted in the event. */
const MOST_REFUSALS = 20;

/**
 * A file of positions as a source: read when it is written, told as one snapshot an account. A file that cannot be read
 * changes nothing: what it said grows old and lapses.
 */
export class PositionWatch {
  private readonly options: PositionWatchOptions;
  private readonly accounts = new Set<string>();
  private timer: NodeJS.Timeout | null = null;
  private writtenAt = NaN;
  private trouble = '';

  constructor(options: PositionWatchOptions) {
    this.options = options;
  }

  /** Reads the file now, and from here on whenever it has changed. */
  async start(): Promise<void> {
    await this.look();
    this.timer = setTimeout(() => void this.again(), POLL_MS).unref();
  }

  /** Stops looking. */
  close(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private async again(): Promise<void> {
    await this.look();
    if (this.timer !== null) this.timer = setTimeout(() => void this.again(), POLL_MS).unref();
  }

  private async look(): Promise<void> {
    const { path } = this.options;
    try {
      const { mtimeMs, size } = await stat(path);
      if (mtimeMs === this.writtenAt) return;
      if (size > LARGEST_BYTES) throw new CsvError(`is larger than ${LARGEST_BYTES} bytes`);
      this.tell(await readFile(path, 'utf8'), mtimeMs);
      this.writtenAt = mtimeMs;
      this.say('');
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      this.say(
        `${path}: ${error instanceof CsvError ? error.message : `cannot be read (${code ?? (error as Error).message})`}`,
      );
    }
  }

  private tell(text: string, writtenAt: number): void {
    const file = readPositions(text);
    const { accept, venueNow, validSeconds } = this.options;
    const receivedAt = Date.now();
    const at = Math.floor(venueNow() - Math.max(0, receivedAt - writtenAt));
    const byAccount = new Map<string, Holding[]>();
    for (const account of this.accounts) byAccount.set(account, []);
    for (const { account, holding } of file.holdings) {
      const same = byAccount.get(account);
      if (same === undefined) byAccount.set(account, [holding]);
      else same.push(holding);
    }
    if (byAccount.size === 0 && file.refused.length > 0) throw new CsvError(`no usable row: ${file.refused[0]}`);
    const events: MarketEvent[] = file.refused.slice(0, MOST_REFUSALS).map((value) => ({
      type: 'refused', at, receivedAt, venue: 'file', reason: 'position-row', field: value.split(':', 1)[0], value,
    })); // prettier-ignore
    for (const [account, holdings] of byAccount) {
      this.accounts.add(account);
      events.push({
        type: 'positions', at, receivedAt, source: 'file', account, mode: 'snapshot', covers: 'all',
        holdings: summed(holdings), refused: file.refused.length, validSeconds, fills: false,
      } satisfies PositionsEvent); // prettier-ignore
    }
    accept(events);
    if (file.refused.length > 0)
      this.say(`${this.options.path}: ${file.refused.length} rows left out: ${file.refused[0]}`);
  }

  private say(text: string): void {
    if (text !== '' && text !== this.trouble) this.options.onTrouble(text);
    this.trouble = text;
  }
}

/** One holding a symbol: a file may name an instrument twice. Entries average by size where both are known. */
export function summed(holdings: readonly Holding[]): Holding[] {
  const out = new Map<string, Holding>();
  for (const h of holdings) {
    const held = out.get(h.symbol);
    if (held === undefined || held.kind === 'cash' || h.kind === 'cash') {
      out.set(h.symbol, held === undefined ? h : { ...held, size: held.size + h.size });
      continue;
    }
    const size = held.size + h.size;
    const harmonic = h.kind === 'future' && h.settlement === 'inverse';
    const entry =
      held.entry === null || h.entry === null || size === 0
        ? null
        : harmonic
          ? size / (held.size / held.entry + h.size / h.entry)
          : (held.size * held.entry + h.size * h.entry) / size;
    out.set(h.symbol, { ...held, size, entry: entry !== null && entry >= 0 ? entry : null });
  }
  return [...out.values()];
}
