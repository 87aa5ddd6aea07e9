import { inflatedChunks } from './byte-source.ts';
import type { ByteSource, SourceEnd } from './byte-source.ts';

/** Longer lines are cut here: nothing in a market recording is that long, and memory stays bounded. */
const MAX_LINE_CHARACTERS = 1_000_000;

/**
 * Lines of one chunk of text, in order. `whole` lines ended with a line feed; the last line of the input may come
 * `unterminated` (perhaps cut short) or `cut` (a truncated or corrupt archive ended inside it).
 */
export interface LineChunk {
  readonly lines: readonly string[];
  readonly ending: 'whole' | 'unterminated' | 'cut';
}

/**
 * A recording as chunks of complete lines (LF, CRLF or CR as its first line ends, UTF-8, leading byte order mark dropped).
 * Returns how the input ended. With a truncated input the last, possibly incomplete line comes alone.
 */
export async function* textLines(
  source: ByteSource,
  onBytes?: (position: number) => void,
): AsyncGenerator<LineChunk, SourceEnd> {
  const decoder = new TextDecoder('utf-8', { fatal: false });
  const chunks = inflatedChunks(source, onBytes);
  let rest = '';
  let ending: '' | '\n' | '\r' = '';
  for (;;) {
    const step = await chunks.next();
    const text = step.done === true ? decoder.decode() : decoder.decode(step.value, { stream: true });
    const lines: string[] = [];
    if (ending === '') ending = lineEnding(rest + text, step.done === true);
    rest = cutLines(rest, text, ending, lines);
    if (rest.length > MAX_LINE_CHARACTERS) {
      lines.push(rest.slice(0, MAX_LINE_CHARACTERS));
      rest = '';
    }
    if (lines.length > 0) yield { lines, ending: 'whole' };
    if (step.done === true) {
      if (rest !== '') yield { lines: [rest], ending: step.value === 'complete' ? 'unterminated' : 'cut' };
      return step.value;
    }
  }
}

/** How the first line ends, LF also for CRLF; empty while that cannot be told. A CR that nothing follows may be half of a CRLF. */
function lineEnding(text: string, isAll: boolean): '' | '\n' | '\r' {
  const at = text.search(/[\r\n]/);
  if (at < 0 || text[at] === '\n') return at < 0 ? '' : '\n';
  if (at === text.length - 1) return isAll ? '\r' : '';
  return text[at + 1] === '\n' ? '\n' : '\r';
}

/** Appends the lines that `text` completes, the first one begun by `rest`, and returns the new unfinished rest. */
function cutLines(rest: string, text: string, ending: '' | '\n' | '\r', lines: string[]): string {
  if (ending === '') return rest + text;
  // What came before the ending was known is cut with what follows.
  if (ending === '\r' && rest.includes(ending)) return cutLines('', rest + text, ending, lines);
  let start = 0;
  let begun = rest;
  for (;;) {
    const end = text.indexOf(ending, start);
    if (end < 0) return begun === '' && start === 0 ? text : begun + text.slice(start);
    const line = begun === '' ? text.slice(start, end) : begun + text.slice(start, end);
    lines.push(line.charCodeAt(line.length - 1) === 13 ? line.slice(0, -1) : line);
    begun = '';
    start = end + 1;
  }
}
