/** A set that remembers the last `capacity` to twice `capacity` names; the oldest half is forgotten at once. */
export class RecentNames {
  readonly #capacity: number;
  #young = new Set<string>();
  #old = new Set<string>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Remembers `name`; false when it was already known. */
  add(name: string): boolean {
    if (this.#young.has(name) || this.#old.has(name)) return false;
    if (this.#young.size >= this.#capacity) {
      this.#old = this.#young;
      this.#young = new Set();
    }
    this.#young.add(name);
    return true;
  }
}
