/** Strings of one session by order of first appearance; bounded, and part of the format (docs/log-format.md, "Dictionary"). */
export const DICTIONARY_LIMIT = 65536;

/** What a segment header carries so that it can be read without its predecessors. */
export interface DictionarySnapshot {
  readonly strings: readonly string[];
  /** Definitions and clearings since the log began: two equal versions of one log are equal dictionaries. */
  readonly version: number;
}

/** Venue, symbol and forward names as small numbers. Reference r > 0 is `strings[r - 1]`; the next free one defines. */
export class StringDictionary {
  strings: string[] = [];
  version = 0;
  private readonly references = new Map<string, number>();

  /** Reference of a known string, or 0. */
  find(text: string): number {
    return this.references.get(text) ?? 0;
  }

  /** Defines a string; a full dictionary is cleared first. */
  define(text: string): void {
    if (this.strings.length >= DICTIONARY_LIMIT) this.clear();
    this.strings.push(text);
    this.references.set(text, this.strings.length);
    this.version++;
  }

  clear(): void {
    this.strings = [];
    this.references.clear();
    this.version++;
  }

  snapshot(): DictionarySnapshot {
    return { strings: [...this.strings], version: this.version };
  }

  restore(snapshot: DictionarySnapshot): void {
    this.strings = [...snapshot.strings];
    this.version = snapshot.version;
    this.references.clear();
    this.strings.forEach((text, i) => this.references.set(text, i + 1));
  }
}
