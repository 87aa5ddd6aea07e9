import type { AuditEntry } from './wire/system.ts';

/** Writes kept. */
const KEPT = 1_000;

/** Who wrote what, newest kept. No body and no token is ever in it. */
export class AuditTrail {
  private readonly entries: (AuditEntry & { readonly number: number })[] = [];
  private next = 0;

  add(entry: Omit<AuditEntry, 'at'>): void {
    this.entries.push({ at: new Date().toISOString(), ...entry, number: this.next++ });
    if (this.entries.length > KEPT) this.entries.shift();
  }

  /** Newest first. */
  all(): (AuditEntry & { readonly number: number })[] {
    return this.entries.toReversed();
  }
}
