import { Progress } from './progress.ts';
import { UsageError } from './usage-error.ts';

/** The whole number behind a flag; throws {@link UsageError} naming flag and value. */
export function whole(text: string, flag: string, least: number, most: number = Number.MAX_SAFE_INTEGER): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < least || value > most)
    throw new UsageError(`${flag}: ${text} is not a whole number from ${least} to ${most}`);
  return value;
}

/** The names of a list separated by commas, each checked against what there is; all without a list. */
export function chosen<T>(all: readonly T[], nameOf: (kind: T) => string, list: string | undefined, flag: string): T[] {
  if (list === undefined) return [...all];
  const names = list.split(',').map((name) => name.trim());
  for (const name of names)
    if (!all.some((kind) => nameOf(kind) === name))
      throw new UsageError(`${flag}: ${name} is none of ${all.map(nameOf).join(', ')}`);
  return all.filter((kind) => names.includes(nameOf(kind)));
}

/** Shows how far a long run is: on a terminal as a line that overwrites itself, elsewhere every ten per cent. */
export class BenchProgress {
  private readonly line = new Progress(false);
  private readonly begun = performance.now();
  private said = 0;

  /** `share` of the run is done, in [0, 1]. */
  show(what: string, share: number): void {
    const seconds = (performance.now() - this.begun) / 1000;
    const left = share > 0.01 ? `, about ${Math.ceil((seconds * (1 - share)) / share)} s left` : '';
    const text = `${what}: ${Math.floor(100 * share)} % after ${Math.round(seconds)} s${left}`;
    if (process.stderr.isTTY) return this.line.show(text);
    if (Math.floor(share * 10) <= this.said) return;
    this.said = Math.floor(share * 10);
    process.stderr.write(`${text}\n`);
  }

  /** Clears the line; the next stage counts from zero. */
  clear(): void {
    this.line.clear();
    this.said = 0;
  }
}
