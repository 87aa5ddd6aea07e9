import { parentPort } from 'node:worker_threads';
import { runFit } from '../engine/models.ts';
import type { FitJob } from '../model/contract.ts';

// One calibration at a time; the pool never sends a second before the first has come back.
parentPort?.on('message', (job: FitJob) => {
  const started = performance.now();
  const outcome = runFit(job);
  parentPort?.postMessage({ jobId: job.id, outcome, elapsedMs: performance.now() - started });
});
