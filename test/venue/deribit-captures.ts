/** Captured Deribit payloads of the data set beside the repository, read where they lie; none is copied here. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as request from '../../src/venue/deribit/requests.ts';
import type { Capture, VenueCaptures } from '../contract/venue.ts';

export const DATA = new URL('../../../shared/data', import.meta.url).pathname;
const WIRE = join(DATA, 'wire');
export const NO_CAPTURES = existsSync(join(WIRE, 'tardis-node')) ? false : 'the data set ../shared/data is not here';

const text = (...path: string[]): string => {
  const bytes = readFileSync(join(WIRE, ...path));
  return (path.at(-1)!.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
};
const lines = (...path: string[]): string[] =>
  text(...path)
    .split('\n')
    .filter((l) => l !== '');

interface Message {
  readonly params?: {
    readonly channel: string;
    readonly data: { readonly timestamp?: number } & { readonly timestamp?: number }[];
  };
}

/** When a frame without a receive time of its own was sent. */
function sentAt(frame: string): number {
  const { data } = (JSON.parse(frame) as Message).params ?? {};
  return data?.timestamp ?? data?.[0]?.timestamp ?? 1_700_000_000_000;
}

/** What is kept apart on purpose makes no market event: combos, and a channel we do not subscribe to. */
const keptApart = (frame: string): boolean => /BTC-STRD|BTC-FS|BTC-CSR12|chart\.trades/.test(frame);

export const TARDIS_NAME = 'tardis-node/deribit.jsonl';
export function tardisFrames(): string[] {
  return lines('tardis-node', 'deribit.jsonl').map((l) =>
    JSON.stringify((JSON.parse(l) as { message: unknown }).message),
  );
}

function tardis(): Capture[] {
  return tardisFrames().map((frame, i) => ({
    source: `${TARDIS_NAME}:${i + 1}`,
    receivedAt: sentAt(frame),
    frame,
    // The second ETH-PERPETUAL book message does not continue the first: it makes a gap, which is an event too.
    market: !keptApart(frame),
  }));
}

/** REST results in that file carry no method: their shape tells which it was. */
function cryptoMsgParser(): Capture[] {
  return lines('crypto-msg-parser', 'deribit_options.jsonl').map((line, i) => {
    const source = `crypto-msg-parser/deribit_options.jsonl:${i + 1}`;
    const { result, usOut } = JSON.parse(line) as { result?: unknown; usOut?: number };
    if (result === undefined) return { source, receivedAt: sentAt(line), frame: line, market: !keptApart(line) };
    const currency = JSON.stringify(result).includes('"ETH-') ? 'ETH' : 'BTC';
    const ticker = { ...request.probe(), method: 'public/get_order_book' };
    const asked = Array.isArray(result) ? request.bookSummary(currency) : ticker;
    return { source, receivedAt: Math.floor(usOut! / 1000), result: { request: asked, value: result }, market: true };
  });
}

export interface TimedFrame {
  readonly receivedAt: number;
  readonly frame: string;
}
export function cryptofeedFrames(): TimedFrame[] {
  const frames: TimedFrame[] = [];
  for (const line of lines('cryptofeed', 'deribit_ws_2021-07-22.txt.gz')) {
    const match = /^(\d+\.\d+): (\{.*\})$/.exec(line);
    if (match !== null) frames.push({ receivedAt: Math.floor(Number(match[1]) * 1000), frame: match[2] });
  }
  return frames;
}

function cryptofeed(): Capture[] {
  return cryptofeedFrames().map(({ receivedAt, frame }, i) => ({
    source: `cryptofeed/deribit_ws_2021-07-22:${i + 1}`,
    receivedAt,
    frame,
    // A change deep in a book makes no quote.
    market: frame.includes('"channel":"ticker.'),
  }));
}

export function cryptofeedInstruments(): Capture[] {
  return lines('cryptofeed', 'deribit_rest_instruments_2021-07-22.txt.gz').flatMap((line) => {
    const match = /get_instruments\?currency=(\w+)&expired=false -> (\d+\.\d+): (\{.*\})$/.exec(line);
    if (match === null) return [];
    const { result } = JSON.parse(match[3]) as { result: unknown };
    return [
      {
        source: `cryptofeed/deribit_rest_instruments ${match[1]}`,
        receivedAt: Math.floor(Number(match[2]) * 1000),
        result: { request: request.instruments(match[1], 'option'), value: result },
        market: match[1] !== 'USDC',
      },
    ];
  });
}

/** The examples inside the venue's documents, as a client would receive them. */
export function documentExamples(): Capture[] {
  const folder = 'oggregator_protocol_docs/deribit';
  const captures: Capture[] = [];
  for (const file of readdirSync(join(WIRE, folder)).sort()) {
    if (!file.endsWith('.md')) continue;
    for (const match of text(folder, file).matchAll(/```json\n([\s\S]*?)```/g)) {
      const example = parsed(match[1]);
      if (example === null || !('id' in example)) {
        if (example !== null) captures.push(...notification(file, example));
      } else if ('result' in example) captures.push(...answer(file, example));
      else if ('error' in example)
        captures.push({ source: file, receivedAt: 1_700_000_000_000, frame: JSON.stringify(example), market: false });
    }
  }
  return captures;
}

function parsed(json: string): Record<string, unknown> | null {
  try {
    return JSON.parse(json) as Record<string, unknown>;
  } catch {
    // Examples with comments in place of data.
    return null;
  }
}

function notification(file: string, example: Record<string, unknown>): Capture[] {
  const channels: Record<string, string> = {
    'ws-ticker.md': 'ticker.BTC-PERPETUAL.100ms',
    'ws-book.md': 'book.BTC-PERPETUAL.100ms',
    'ws-markprice-options.md': 'markprice.options.btc_usd',
  };
  const params = example['params'] ?? (file in channels ? { channel: channels[file], data: example['data'] } : null);
  if (params === null || typeof params !== 'object' || !('channel' in params)) return [];
  const frame = JSON.stringify({ jsonrpc: '2.0', method: 'subscription', params });
  return [{ source: file, receivedAt: sentAt(frame), frame, market: true }];
}

function answer(file: string, example: Record<string, unknown>): Capture[] {
  const asked: Record<string, ReturnType<typeof request.probe>> = {
    'api-get-book-summary-by-currency.md': request.bookSummary('ETH'),
    'api-get-instruments.md': request.instruments('BTC', 'future'),
    'api-get-index-price.md': {
      ...request.probe(),
      method: 'public/get_index_price',
      params: { index_name: 'btc_usd' },
    },
  };
  if (!(file in asked)) return [];
  const market = file !== 'api-get-instruments.md';
  return [
    {
      source: file,
      receivedAt: 1_550_227_960_000,
      result: { request: asked[file], value: example['result'] },
      market,
    },
  ];
}

/** Ticks of 2020-03-13 in a CSV: the ticker's fields with Python's spellings (`None`, `0.0`), as strings. */
export function csvTickers(): Capture[] {
  const [header, ...rows] = readFileSync(
    join(DATA, 'ticks', 'deribit_option_ticker_2020-03-13_105859_head.csv'),
    'utf8',
  )
    .trim()
    .split(/\r?\n/);
  const names = header.split(',');
  return rows.map((row, i) => {
    const cells = row.split(',');
    const value: Record<string, unknown> = {};
    const greeks: Record<string, unknown> = {};
    names.forEach((name, k) => {
      if (['vega', 'theta', 'rho', 'gamma', 'delta'].includes(name)) greeks[name] = cells[k];
      else value[name] = cells[k];
    });
    value['greeks'] = greeks;
    return {
      source: `ticks/deribit_option_ticker_2020-03-13:${i + 2}`,
      receivedAt: Number(value['timestamp']),
      result: { request: { ...request.probe(), method: 'public/ticker' }, value },
      market: true,
    };
  });
}

function bookSummary2025(): Capture {
  const value: unknown = JSON.parse(
    gunzipSync(readFileSync(join(DATA, 'chains', 'deribit_rest_book_summary_BTC_2025-06-15.json.gz'))).toString(),
  );
  return {
    source: 'chains/deribit_rest_book_summary_BTC_2025-06-15',
    receivedAt: Date.UTC(2025, 5, 15, 12),
    result: { request: request.bookSummary('BTC'), value },
    market: true,
  };
}

export function deribitCaptures(): VenueCaptures | string {
  if (NO_CAPTURES !== false) return NO_CAPTURES;
  const names = gunzipSync(
    readFileSync(join(DATA, 'instruments', 'deribit_BTC_option_names_2016_2023.txt.gz')),
  ).toString();
  return {
    underlyings: ['BTC', 'ETH', 'SOL', 'SOL_USDC', 'MATIC_USDC', 'LINK_USDC'],
    captures: [
      ...tardis(),
      ...cryptoMsgParser(),
      ...cryptofeed(),
      ...cryptofeedInstruments(),
      ...documentExamples(),
      ...csvTickers(),
      bookSummary2025(),
    ],
    symbols: ['MATIC_USDC-9MAR24-1d02-C', 'XRP_USDC-30JUN23-0d625-C', ...names.split(/\s+/).filter((n) => n !== '')],
  };
}
