import type { OutputRecord } from '../model/record.ts';

/** Buffered characters past which a slow reader of stdout is waited for. */
const HIGH_WATER = 1 << 20;

/**
 * Writes output records: every one as a JSON line, or for people the incidents, actions and gate changes that matter,
 * one short line each. A stamp (SYNTHETIC) is put before every line for people and into every JSON object.
 */
export class RecordPrinter {
  private readonly out: NodeJS.WritableStream & { writableLength?: number };
  private readonly json: boolean;
  private stamp: string | null;
  private readonly beforeLine: () => void;
  private buffer: string[] = [];

  /** `beforeLine` clears what stands on the terminal's last line. */
  constructor(
    out: NodeJS.WritableStream,
    json: boolean,
    stamp: string | null = null,
    beforeLine: () => void = () => undefined,
  ) {
    this.out = out;
    this.json = json;
    this.stamp = stamp;
    this.beforeLine = beforeLine;
  }

  /** Everything printed from now on carries this stamp: what is replayed turned out to be simulated. */
  stampAll(stamp: string): void {
    this.stamp = stamp;
  }

  /** Prints one record. */
  print(record: OutputRecord): void {
    if (this.json) {
      const stamped = this.stamp === null ? record : { ...record, stamp: this.stamp };
      this.buffer.push(JSON.stringify(stamped));
      if (this.buffer.length >= 256) this.flush();
      return;
    }
    const line = forPeople(record);
    if (line !== null) this.say(line);
  }

  /** Writes one line for people, stamped; nothing when the reader is a program. */
  say(line: string): void {
    if (this.json) return;
    this.beforeLine();
    this.out.write(`${this.stamp === null ? '' : `${this.stamp}  `}${line}\n`);
  }

  /** Hands buffered lines over. */
  flush(): void {
    if (this.buffer.length === 0) return;
    this.beforeLine();
    this.out.write(`${this.buffer.join('\n')}\n`);
    this.buffer = [];
  }

  /** Whether the reader of stdout lags behind. */
  get full(): boolean {
    return (this.out.writableLength ?? 0) > HIGH_WATER;
  }

  /** Flushes and waits until a slow reader has taken everything. */
  async drained(): Promise<void> {
    this.flush();
    if ((this.out.writableLength ?? 0) > 0) await new Promise((resolve) => this.out.once('drain', resolve));
  }
}

/** One line for people; null for what only machines want. */
export function forPeople(record: OutputRecord): string | null {
  const time = record.at.slice(0, 19).replace('T', ' ');
  switch (record.type) {
    case 'incident':
      return `${time}  ${record.state.padEnd(8)}  ${record.cause}  ${record.scope}  ${record.id}${record.state === 'resolved' ? '' : `  ${evidence(record.evidence)}`}`;
    case 'action':
      return `${time}  action    ${record.kind} ${record.outcome}  ${record.incident ?? ''}`;
    case 'calibration':
    case 'credit-calibration':
      return record.status === 'accepted'
        ? null
        : `${time}  fit       ${record.status}  ${record.id}  ${record.reason}`;
    default:
      return null;
  }
}

function evidence(of: Readonly<Record<string, unknown>>): string {
  return Object.entries(of)
    .filter(([, v]) => typeof v === 'number')
    .slice(0, 4)
    .map(([k, v]) => `${k} ${Number((v as number).toPrecision(3))}`)
    .join(', ');
}
