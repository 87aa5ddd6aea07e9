/** A thread that reads the log, so that looking back never holds up a score. */
import { parentPort } from 'node:worker_threads';
import { NotRecorded, Recollection } from './answer.ts';
import type { Question, Reply } from './question.ts';

const recollection = new Recollection();
let turn: Promise<void> = Promise.resolve();

parentPort?.on('message', (question: Question) => {
  turn = turn.then(async () => {
    const { id } = question;
    let reply: Reply;
    try {
      reply = { id, answer: await recollection.answer(question) };
    } catch (error) {
      // A log that cannot be read is an expected answer here; our own mistakes are not.
      if (!(error instanceof NotRecorded) && (error as Error).name !== 'LogError') throw error;
      reply = { id, refused: (error as Error).message };
    }
    parentPort?.postMessage(reply);
  });
});
