const QUOTE = 34;

/**
 * Splits one CSV line into `fields` (reused between calls) and returns how many there are; -1 when a quoted field is
 * still open at the end of the line (no market recording spans a field over lines). RFC 4180 quoting: `""` inside quotes.
 */
export function splitCsvLine(line: string, delimiter: string, fields: string[]): number {
  if (line.indexOf('"') >= 0) return splitQuoted(line, delimiter.charCodeAt(0), fields);
  let count = 0;
  let start = 0;
  for (;;) {
    const end = line.indexOf(delimiter, start);
    if (end < 0) {
      fields[count++] = line.slice(start);
      return count;
    }
    fields[count++] = line.slice(start, end);
    start = end + 1;
  }
}

function splitQuoted(line: string, delimiter: number, fields: string[]): number {
  let count = 0;
  let position = 0;
  for (;;) {
    let field = '';
    if (line.charCodeAt(position) === QUOTE) {
      position++;
      for (;;) {
        const close = line.indexOf('"', position);
        if (close < 0) return -1;
        field += line.slice(position, close);
        position = close + 1;
        if (line.charCodeAt(position) !== QUOTE) break;
        field += '"';
        position++;
      }
    }
    // A field that opens without a quote, or goes on after its closing one, runs to the next delimiter as it stands.
    const start = position;
    while (position < line.length && line.charCodeAt(position) !== delimiter) position++;
    fields[count++] = field + line.slice(start, position);
    if (position >= line.length) return count;
    position++;
  }
}
