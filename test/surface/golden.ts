/** Rows of the reference tables in golden/ as records of text. */
import { readFileSync } from 'node:fs';

export function goldenRows(name: string): Record<string, string>[] {
  const [head, ...lines] = readFileSync(new URL(`../../golden/${name}`, import.meta.url), 'utf8')
    .trim()
    .split('\n');
  const columns = head.split(',');
  return lines.map((line) => {
    // A quoted first cell may hold commas.
    const cells = line.startsWith('"')
      ? [line.slice(1, line.indexOf('"', 1)), ...line.slice(line.indexOf('"', 1) + 2).split(',')]
      : line.split(',');
    return Object.fromEntries(columns.map((c, i) => [c, cells[i]]));
  });
}

/** |a - b| relative to b, absolute below `floor`. */
export function relative(a: number, b: number, floor = 1e-300): number {
  return Math.abs(a - b) / Math.max(Math.abs(b), floor);
}
