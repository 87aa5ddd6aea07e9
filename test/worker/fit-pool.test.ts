/** The pool of calibration threads: order, bounds, and one answer a job whatever becomes of its thread. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { FitJob } from '../../src/model/contract.ts';
import { runFit } from '../../src/engine/models.ts';
import { FitPool, type FitAnswer } from '../../src/worker/fit-pool.ts';
import { expiryIn, listing, quotes, run, snapshotEnd, START } from '../engine/synthetic-market.ts';

// The pool's threads let a process end; these tests wait for them.
const awake = setInterval(() => {}, 1_000);
after(() => clearInterval(awake));

/** A job as the engine makes it. */
function realJob(): FitJob {
  const r = run({}, false);
  const expiry = expiryIn(30);
  r.push([...listing(expiry), ...quotes(expiry, { at: START }), snapshotEnd(START)]);
  return r.jobs[0];
}

const JOB = realJob();
const named = (id: string): FitJob => ({ ...JOB, id });
/** A job that throws in its thread: what a bug of ours looks like from outside. */
const poison = (id: string): FitJob => ({ ...JOB, id, observations: null as unknown as FitJob['observations'] });

function pool(queueLimit = 100, threads = 1): { pool: FitPool; answers: FitAnswer[]; crashes: Error[] } {
  const answers: FitAnswer[] = [];
  const crashes: Error[] = [];
  const made = new FitPool({
    threads,
    queueLimit,
    onAnswer: (a) => void answers.push(a),
    onCrash: (e) => void crashes.push(e),
  });
  return { pool: made, answers, crashes };
}

const ids = (answers: readonly FitAnswer[]): string[] => answers.map((a) => a.job.id);

test('jobs come back in order, with the very numbers that the same function gives here', async () => {
  const { pool: p, answers } = pool();
  for (const id of ['a', 'b', 'c']) p.submit(named(id));
  assert.deepEqual([p.running, p.waiting], [1, 2]);
  await p.settled();
  assert.deepEqual(ids(answers), ['a', 'b', 'c']);
  assert.deepEqual(answers[0].outcome, runFit(JOB));
  assert.equal(answers[0].outcome.status, 'converged');
  await p.close();
});

test('beyond the queue limit a job is answered overload at once; none is lost', async () => {
  const { pool: p, answers } = pool(2);
  for (const id of ['a', 'b', 'c', 'd', 'e']) p.submit(named(id));
  assert.deepEqual(ids(answers), ['d', 'e']);
  assert.ok(answers.every((a) => a.outcome.status === 'overload' && a.outcome.parameters.length === 0));
  await p.settled();
  assert.deepEqual(ids(answers), ['d', 'e', 'a', 'b', 'c']);
  await p.close();
});

test('a thread that dies costs its own job only, and is replaced', async () => {
  const { pool: p, answers, crashes } = pool();
  p.submit(named('before'));
  p.submit(poison('bad'));
  p.submit(named('after'));
  await p.settled();
  assert.deepEqual(
    answers.map((a) => [a.job.id, a.outcome.status]),
    [
      ['before', 'converged'],
      ['bad', 'worker-crash'],
      ['after', 'converged'],
    ],
  );
  assert.equal(crashes.length, 1);
  await p.close();
});

test('a thread killed from outside in the middle of a job is replaced too', async () => {
  const { pool: p, answers } = pool();
  p.submit(named('a'));
  p.submit(named('b'));
  const { threads } = p as unknown as { threads: { worker: { terminate(): Promise<number> } }[] };
  await threads[0].worker.terminate();
  await p.settled();
  assert.deepEqual(ids(answers).toSorted(), ['a', 'b']);
  assert.equal(answers.find((a) => a.job.id === 'b')?.outcome.status, 'converged');
  await p.close();
});

test('close answers what waits and what runs, each once, and takes no more', async () => {
  const { pool: p, answers } = pool(100, 2);
  for (const id of ['a', 'b', 'c', 'd']) p.submit(named(id));
  await p.close();
  p.submit(named('late'));
  assert.deepEqual(ids(answers).toSorted(), ['a', 'b', 'c', 'd', 'late']);
  assert.ok(answers.every((a) => a.outcome.status === 'closing'));
});
