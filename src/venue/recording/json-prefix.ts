/** What could be read of a JSON text that is cut off or broken somewhere. */
export interface JsonPrefix {
  /** The value up to the failure; undefined when not even its start is readable. */
  readonly value: unknown;
  /** Objects and arrays that were still open at the failure: their last members are missing. */
  readonly open: ReadonlySet<object>;
  /** null when the text is complete and valid. */
  readonly failure: 'truncated-input' | 'malformed-json' | null;
}

const MAX_DEPTH = 256;

/** Thrown inside the reader at the first character that cannot be read; never leaves this file. */
class Unreadable extends Error {}

/**
 * Reads as much of a JSON text as there is. The built-in parser is used when the text is whole; otherwise a
 * recursive-descent reader keeps every complete member before the failure.
 */
export function readJsonPrefix(text: string): JsonPrefix {
  try {
    return { value: JSON.parse(text) as unknown, open: new Set(), failure: null };
  } catch {
    return new PrefixReader(text).read();
  }
}

class PrefixReader {
  readonly #text: string;
  readonly #open: object[] = [];
  #position = 0;
  #root: unknown = undefined;

  constructor(text: string) {
    this.#text = text;
  }

  read(): JsonPrefix {
    try {
      this.#root = this.#value();
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
    }
    this.#space();
    const failure = this.#position >= this.#text.length ? 'truncated-input' : 'malformed-json';
    return { value: this.#root, open: new Set(this.#open), failure };
  }

  #space(): void {
    for (;;) {
      const c = this.#text.charCodeAt(this.#position);
      if (c !== 32 && c !== 10 && c !== 13 && c !== 9) return;
      this.#position++;
    }
  }

  #value(): unknown {
    this.#space();
    switch (this.#text[this.#position]) {
      case '{':
        return this.#object();
      case '[':
        return this.#array();
      case '"':
        return this.#string();
      default:
        return this.#scalar();
    }
  }

  #enter(container: object): void {
    if (this.#open.length >= MAX_DEPTH) throw new Unreadable();
    if (this.#open.length === 0) this.#root = container;
    this.#open.push(container);
    this.#position++;
  }

  #object(): Record<string, unknown> {
    const object: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    this.#enter(object);
    this.#space();
    if (this.#take('}')) return this.#leave(object);
    for (;;) {
      this.#space();
      const key = this.#string();
      this.#space();
      if (!this.#take(':')) throw new Unreadable();
      const container = this.#opening();
      if (container) this.#space();
      object[key] = container ? this.#nested((child) => (object[key] = child)) : this.#value();
      this.#space();
      if (this.#take('}')) return this.#leave(object);
      if (!this.#take(',')) throw new Unreadable();
    }
  }

  #array(): unknown[] {
    const array: unknown[] = [];
    this.#enter(array);
    this.#space();
    if (this.#take(']')) return this.#leave(array);
    for (;;) {
      const index = array.length;
      if (this.#opening()) this.#nested((child) => (array[index] = child));
      else array.push(this.#value());
      this.#space();
      if (this.#take(']')) return this.#leave(array);
      if (!this.#take(',')) throw new Unreadable();
    }
  }

  /** Whether an object or array comes next. */
  #opening(): boolean {
    this.#space();
    const c = this.#text[this.#position];
    return c === '{' || c === '[';
  }

  /** Reads a container, attached to its parent even when the text ends inside it. */
  #nested(attach: (child: unknown) => void): unknown {
    const depth = this.#open.length;
    try {
      const child = this.#value();
      attach(child);
      return child;
    } catch (error) {
      if (error instanceof Unreadable && this.#open.length > depth) attach(this.#open[depth]);
      throw error;
    }
  }

  #leave<T extends object>(container: T): T {
    this.#open.pop();
    return container;
  }

  #take(character: string): boolean {
    if (this.#text[this.#position] !== character) return false;
    this.#position++;
    return true;
  }

  #string(): string {
    const start = this.#position;
    if (this.#text[start] !== '"') throw new Unreadable();
    for (let i = start + 1; i < this.#text.length; i++) {
      const c = this.#text.charCodeAt(i);
      if (c === 92) i++;
      else if (c === 34) return this.#parsed(start, i + 1) as string;
    }
    this.#position = this.#text.length;
    throw new Unreadable();
  }

  #scalar(): unknown {
    const start = this.#position;
    let end = start;
    while (end < this.#text.length && !/[\s,\]}]/.test(this.#text[end])) end++;
    // A number that touches the end of the text may go on behind it.
    if (end === this.#text.length) {
      this.#position = end;
      throw new Unreadable();
    }
    return this.#parsed(start, end);
  }

  #parsed(start: number, end: number): unknown {
    let value: unknown;
    try {
      value = JSON.parse(this.#text.slice(start, end));
    } catch {
      throw new Unreadable();
    }
    this.#position = end;
    return value;
  }
}
