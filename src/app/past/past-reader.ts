import { Worker } from 'node:worker_threads';
import type { NotRetained, PastView, ScoresWanted } from '../../server/monitor-view.ts';
import type { Answers, Kind, Question, Reply } from './question.ts';

/** Questions that wait; more are turned away. */
const WAITING = 16;
/** An answer takes no longer, ms. */
const PATIENCE_MS = 60_000;
/** The thread ends after so long without a question, ms: it holds an engine or two. */
const IDLE_MS = 60_000;
/** Answers kept: a moment that is over does not change. */
const KEPT = 64;

interface Asked {
  readonly resolve: (answer: unknown) => void;
  readonly name: string;
}

/** Asks a thread of its own about moments that memory no longer holds. */
export class PastReader implements PastView {
  private readonly directory: () => string | null;
  private readonly onTrouble: (error: Error) => void;
  private readonly patienceMs: number;
  private worker: Worker | null = null;
  private readonly asked = new Map<number, Asked>();
  private readonly answers = new Map<string, unknown>();
  private next = 0;
  private timer: NodeJS.Timeout | null = null;

  /** `directory`: where the session log is; null while there is none. */
  constructor(directory: () => string | null, onTrouble: (error: Error) => void, patienceMs: number = PATIENCE_MS) {
    this.directory = directory;
    this.onTrouble = onTrouble;
    this.patienceMs = patienceMs;
  }

  smiles(key: string, at: number, scope: string | null): Promise<Answers['smiles']['answer'] | NotRetained> {
    return this.ask('smiles', { key, at, scope });
  }

  surface(key: string, at: number, model: string | null): Promise<Answers['surface']['answer'] | NotRetained> {
    return this.ask('surface', { key, at, model });
  }

  pictures(scope: string, at: readonly number[]): Promise<Answers['pictures']['answer'] | NotRetained> {
    return this.ask('pictures', { scope, at });
  }

  scores(key: string, wanted: ScoresWanted): Promise<Answers['scores']['answer'] | NotRetained> {
    return this.ask('scores', { key, wanted });
  }

  incidents(from: number, to: number): Promise<Answers['incidents']['answer'] | NotRetained> {
    return this.ask('incidents', { from, to });
  }

  incident(id: string): Promise<Answers['incident']['answer'] | NotRetained> {
    return this.ask('incident', { id });
  }

  sessions(): Promise<Answers['sessions']['answer'] | NotRetained> {
    return this.ask('sessions', {}, false);
  }

  /** Ends the thread; whoever still waits is turned away. */
  async close(): Promise<void> {
    await this.stop('the server stops');
  }

  private async ask<K extends Kind>(
    kind: K,
    ask: Answers[K]['ask'],
    lasting = true,
  ): Promise<Answers[K]['answer'] | NotRetained> {
    const directory = this.directory();
    if (directory === null)
      return { notRetained: true, when: 'past', detail: 'there is no session log to look back in' };
    const name = JSON.stringify([kind, directory, ask]);
    if (lasting && this.answers.has(name)) return this.answers.get(name) as Answers[K]['answer'];
    if (this.asked.size >= WAITING)
      return { notRetained: true, when: 'busy', detail: 'too many looks back at once: ask again in a few seconds' };
    const id = this.next++;
    const question = { id, directory, kind, ...ask } as unknown as Question;
    const worker = this.thread();
    return (await new Promise<unknown>((resolve) => {
      this.asked.set(id, { resolve, name: lasting ? name : '' });
      this.watch(this.patienceMs, () => `looking back took longer than ${this.patienceMs / 1000} s`);
      worker.postMessage(question);
    })) as Answers[K]['answer'] | NotRetained;
  }

  private thread(): Worker {
    if (this.worker !== null) return this.worker;
    const entry = import.meta.url.endsWith('.ts') ? './past-worker.ts' : './past-worker.js';
    const worker = new Worker(new URL(entry, import.meta.url));
    worker.unref();
    worker.on('message', (reply: Reply) => this.onReply(reply));
    worker.on('error', (error) => {
      this.onTrouble(error as Error);
      void this.stop('looking back failed; it has been noted');
    });
    this.worker = worker;
    return worker;
  }

  private onReply(reply: Reply): void {
    const asked = this.asked.get(reply.id);
    this.asked.delete(reply.id);
    if (this.asked.size > 0)
      this.watch(this.patienceMs, () => `looking back took longer than ${this.patienceMs / 1000} s`);
    else this.watch(IDLE_MS, () => '');
    if (asked === undefined) return;
    if ('refused' in reply) {
      asked.resolve({ notRetained: true, when: 'past', detail: reply.refused } satisfies NotRetained);
      return;
    }
    if (asked.name !== '') {
      this.answers.set(asked.name, reply.answer);
      if (this.answers.size > KEPT) for (const oldest of this.answers.keys()) if (this.answers.delete(oldest)) break;
    }
    asked.resolve(reply.answer);
  }

  /** Ends the thread when nothing has come from it for `ms`. */
  private watch(ms: number, why: () => string): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.stop(why()), ms);
    this.timer.unref();
  }

  private async stop(why: string): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    const { worker } = this;
    this.worker = null;
    for (const { resolve } of this.asked.values())
      resolve({ notRetained: true, when: 'busy', detail: why } satisfies NotRetained);
    this.asked.clear();
    await worker?.terminate();
  }
}
