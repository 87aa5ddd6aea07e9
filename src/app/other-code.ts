import { DEFAULT_CONFIG } from '../engine/config.ts';
import { initEngine, type EngineState } from '../engine/state.ts';
import { step } from '../engine/step.ts';
import type { ActionRecord, OutputRecord, VerdictRecord } from '../model/record.ts';
import { carriedOver, type Oversight } from '../policy/oversight.ts';
import { giveVerdict, type VerdictRule } from '../policy/verdict.ts';
import type { LogRecord } from '../store/record-codec.ts';
import { CODE_VERSION } from './version.ts';

/** Why a session cannot be computed again or gone on with; null when this code wrote it. */
export function writtenByOther(code: string): string | null {
  return code === CODE_VERSION ? null : `written by ${code}, and this is ${CODE_VERSION}`;
}

/**
 * A session of a log that other code wrote. Its engine is not remade: what it held, and what it would say, are that
 * code's. Taken from it are the orders of people (break-glass, silences, manual control) and the verdicts, which are facts
 * of the log.
 */
export class OtherCodeSession {
  private readonly state: EngineState;

  /** `before`: what was in force when it began. */
  constructor(before: Oversight | null) {
    this.state = initEngine(DEFAULT_CONFIG, before === null ? undefined : carriedOver(before));
  }

  /** What is in force now. */
  get oversight(): Oversight {
    return this.state.oversight;
  }

  take(record: LogRecord): void {
    if (record.kind === 'input' && record.event.type === 'operator') step(this.state, record.event);
    if (record.kind !== 'output') return;
    const said = record.record as unknown as OutputRecord;
    if (said.type === 'verdict') this.judge(said);
    else if (said.type === 'action' && said.kind === 'loop') this.noteManual(said);
  }

  /** Which expiries people (or exhausted budgets) left under manual control, as that code's records tell it. */
  private noteManual({ outcome, scope, at }: ActionRecord): void {
    if (scope === undefined) return;
    const { manual } = this.state.oversight;
    if (outcome.includes('-> MANUAL ')) manual.set(scope, Date.parse(at));
    else if (outcome.startsWith('MANUAL -> ')) manual.delete(scope);
  }

  private judge({ incident, cause, scope, verdict, by, rule, note, at }: VerdictRecord): void {
    const when = Date.parse(at);
    giveVerdict(this.state.oversight.verdicts, {
      incident, cause, scope, verdict, by, note, at: when, endedAt: when, rule: rule as VerdictRule | null,
    }); // prettier-ignore
  }
}
