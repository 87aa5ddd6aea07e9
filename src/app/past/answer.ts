import { newestVersion } from '../../engine/versions.ts';
import { nodeFiles } from '../../store/log-files.ts';
import { LogTimes } from '../../store/log-times.ts';
import type { ScoresWanted } from '../../server/monitor-view.ts';
import type { Smile } from '../../server/wire/smile.ts';
import { overlaps, RecordHistory } from '../view/record-history.ts';
import { MOST_BYTES, recall, sessionsOf, type Recalled } from './recorded-history.ts';
import { remake, type Moment } from './remake.ts';
import type { Question } from './question.ts';

/** Moments kept: whoever looks at one asks for its surface too. */
const MOMENTS = 4;

/** The log cannot say what was asked; the message is for whoever asked. */
export class NotRecorded extends Error {
  override readonly name = 'NotRecorded';
  readonly retryable = false;
}

/** Answers questions about the past of session logs: what a thread of its own does, and tests do without one. */
export class Recollection {
  private readonly moments = new Map<string, Moment>();

  /** Throws {@link NotRecorded}. */
  async answer(question: Question): Promise<unknown> {
    const { directory } = question;
    switch (question.kind) {
      case 'smiles': {
        const { pictures } = await this.moment(directory, question.at);
        const smiles = pictures.smiles(question.key, null, question.scope);
        return smiles === null ? null : { ...smiles, live: false };
      }
      case 'surface': {
        const { pictures } = await this.moment(directory, question.at);
        const surface = pictures.surface(question.key, null, question.model);
        return surface === null ? null : { ...surface, live: false };
      }
      case 'pictures':
        return this.pictures(directory, question.scope, question.at);
      case 'scores':
        return scoresOf(directory, question.key, question.wanted);
      case 'incidents': {
        const { from, to } = question;
        const { history, recalled } = await historyOf(directory, from, to);
        if (recalled.since > Math.max(from, recalled.sessions[0]?.first ?? Infinity)) throw tooMuch();
        return history.incidents.all().filter((i) => overlaps(i, from, to));
      }
      case 'incident':
        return (await historyOf(directory, -Infinity, Infinity)).history.incidents.get(question.id);
      default:
        return sessionsOf(await new LogTimes(nodeFiles(directory)).read());
    }
  }

  private async moment(directory: string, at: number): Promise<Moment> {
    const name = `${at}|${directory}`;
    const known = this.moments.get(name);
    if (known !== undefined) return known;
    const made = await remake(directory, at);
    if (typeof made === 'string') throw new NotRecorded(made);
    this.moments.set(name, made);
    if (this.moments.size > MOMENTS) for (const oldest of this.moments.keys()) if (this.moments.delete(oldest)) break;
    return made;
  }

  private async pictures(directory: string, scope: string, times: readonly number[]): Promise<Smile[]> {
    const all: Smile[] = [];
    for (const at of times) {
      const { pictures, state } = await this.moment(directory, at);
      const worse = (of: string): number => {
        for (const u of state.underlyings.values())
          for (const e of u.expiries)
            if (e.key === of)
              return e.models.find((t) => t.model === e.loop.champion && newestVersion(t) !== null)?.pz ?? -1;
        return -1;
      };
      const picture = pictures.ofScope(scope, (of) => worse(of) || 0);
      if (picture !== null) all.push(picture);
    }
    return all;
  }
}

async function historyOf(
  directory: string,
  from: number,
  to: number,
): Promise<{ history: RecordHistory; recalled: Recalled }> {
  const history = new RecordHistory(
    () => null,
    () => undefined,
  );
  return { history, recalled: await recall(directory, from, to, history) };
}

async function scoresOf(directory: string, key: string, wanted: ScoresWanted): Promise<unknown> {
  const { history, recalled } = await historyOf(directory, wanted.from, wanted.to);
  const first = recalled.sessions[0]?.first ?? Infinity;
  if (wanted.to < first) throw new NotRecorded(`the log begins at ${new Date(first).toISOString()}`);
  if (recalled.since > Math.max(wanted.from, first)) throw tooMuch();
  return history.readScores(key, null, wanted);
}

const tooMuch = (): NotRecorded =>
  new NotRecorded(`more than ${MOST_BYTES / 1e6} MB of log lie between these times: ask for a shorter stretch`);
