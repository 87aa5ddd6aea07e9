/** Many readers of the stream in a thread of their own: counts what comes and how long it took, for the bench. */
import { parentPort, workerData } from 'node:worker_threads';
import { WebSocket } from 'ws';

const { url, readers, topics } = workerData as { url: string; readers: number; topics: readonly string[] };
const delays: number[] = [];
let frames = 0;
let bytes = 0;
let measuring = false;

/** Delay of a status message: it carries the wall time at which it was made. */
function hear(data: Buffer, binary: boolean): void {
  frames++;
  bytes += data.length;
  if (binary || !measuring) return;
  const made = /"type":"delta","topic":"status".*"wall":"([^"]+)"/.exec(data.toString('latin1', 0, 400));
  if (made !== null) delays.push(Date.now() - Date.parse(made[1] ?? ''));
}

const sockets = Array.from({ length: readers }, () => {
  const socket = new WebSocket(url);
  socket.on('open', () => socket.send(JSON.stringify({ op: 'subscribe', topics })));
  socket.on('message', hear);
  return socket;
});
await Promise.all(sockets.map((s) => new Promise((resolve) => s.once('message', resolve))));
parentPort?.postMessage('ready');
parentPort?.on('message', (said: string) => {
  if (said === 'measure') {
    measuring = true;
    [frames, bytes] = [0, 0];
    return;
  }
  parentPort?.postMessage({ delays, frames, bytes, closed: sockets.filter((s) => s.readyState !== 1).length });
  for (const s of sockets) s.terminate();
  parentPort?.close();
});
