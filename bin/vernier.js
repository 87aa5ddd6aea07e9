#!/usr/bin/env node
// The command's front door: plain JavaScript so that an old Node says what is wrong instead of a syntax error.
import { existsSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const [major, minor] = process.versions.node.split('.').map(Number);
const here = new URL('.', import.meta.url);
if (major < 22 || (major === 22 && minor < 18)) {
  // A checkout carries its own Node (npm ci brings it): use it rather than refuse.
  const own = fileURLToPath(new URL('../node_modules/.bin/node', here));
  if (existsSync(own)) {
    const child = spawn(own, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
      // The channel carries nothing: it closes when this process is killed, and the one that does the work must not outlive it.
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, VERNIER_FRONT_DOOR: '1' },
    });
    // The shell signals this process: the one that does the work must hear of it.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    const code = await new Promise((resolve) => {
      child.on('error', () => resolve(1));
      child.on('exit', (status, signal) => resolve(status ?? (signal === 'SIGINT' ? 130 : 143)));
    });
    process.exit(code);
  }
  process.stderr.write(`vernier needs Node 22.18 or newer; this is ${process.versions.node}.\n`);
  process.exit(2);
}
if (process.env.VERNIER_FRONT_DOOR === '1' && process.channel) {
  delete process.env.VERNIER_FRONT_DOOR;
  process.channel.unref();
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
}
const source = new URL('../src/cli/main.ts', here);
const built = new URL('../dist/cli/main.js', here);
// A checkout runs its sources (types are stripped natively); the published package carries only dist.
const { main } = await import(existsSync(fileURLToPath(source)) ? source.href : built.href);
await main(process.argv.slice(2));
