import type { LogRecord } from './record-codec.ts';

/** The records of one commit, in order; `firstSequence` is the number of the first. */
export interface RecordsItem {
  readonly kind: 'records';
  readonly segment: number;
  readonly offset: number;
  readonly firstSequence: number;
  /** Empty when the reader was asked to check without decoding. */
  readonly records: readonly LogRecord[];
  /** Number of records, decoded or not. */
  readonly count: number;
}

/** What a reader found broken. */
export type DamageReason =
  | 'checksum'
  | 'unreadable'
  | 'short'
  | 'segment-missing'
  | 'not-sealed'
  | 'chain-broken'
  | 'digest-differs'
  | 'sequence-differs'
  | 'dictionary-lost'
  | 'undecodable'
  | 'bytes-after-seal'
  | 'format';

/** Something that a crash does not explain. `recordsLost` null: nobody can say. */
export interface DamageItem {
  readonly kind: 'damage';
  readonly segment: number;
  readonly offset: number;
  readonly reason: DamageReason;
  readonly recordsLost: number | null;
}

/**
 * The unsealed last segment ends within a part. `short` is how a killed process leaves it and held nothing acknowledged;
 * the other reasons may also be decay of the last commit.
 */
export interface TornTailItem {
  readonly kind: 'torn-tail';
  readonly segment: number;
  readonly offset: number;
  readonly bytes: number;
  readonly reason: 'short' | 'checksum' | 'unreadable';
}

/** Always the last item. */
export interface EndItem {
  readonly kind: 'end';
  readonly segments: number;
  /** Number of the next record. */
  readonly sequence: number;
  /** `log_sha256` after the last record; null when damage makes it unknowable. */
  readonly digest: string | null;
  /** The last segment is sealed: its writer closed it in order, or a later one recovered it. */
  readonly sealed: boolean;
}

/** What a reader of a log yields. */
export type LogItem = RecordsItem | DamageItem | TornTailItem | EndItem;
