import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { NODE, ROOT } from '../shared.ts';

/** A running command that serves the page. */
export interface Serving {
  readonly address: string;
  /** What it has said on stderr. */
  readonly complaints: () => string;
  stop(): Promise<number | null>;
}

/** Starts `vernier ...` and waits for the line that is its address. */
export async function serve(args: readonly string[]): Promise<Serving> {
  await buildPage();
  const child = spawn(NODE, [join(ROOT, 'bin', 'vernier.js'), ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let said = '';
  child.stderr.on('data', (bytes: Buffer) => (said = (said + bytes.toString()).slice(-8_000)));
  const gone = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
  const address = await new Promise<string>((done, fail) => {
    child.stdout.on('data', (bytes: Buffer) => {
      out = (out + bytes.toString()).slice(-100_000);
      const line = /^(http:\/\/\S+)$/m.exec(out);
      if (line !== null) done(line[1]);
    });
    void gone.then((code) => fail(new Error(`vernier ${args.join(' ')} ended with ${code} before it served: ${said}`)));
  });
  return {
    address,
    complaints: () => said,
    stop: () => {
      child.kill('SIGTERM');
      return gone;
    },
  };
}

/** Builds the page when its sources are newer than what was built. */
export async function buildPage(): Promise<void> {
  const page = join(ROOT, 'dashboard');
  const built = join(page, 'dist', 'index.html');
  const newest = (folder: string): number =>
    Math.max(
      ...readdirSync(folder, { recursive: true, withFileTypes: true }).map((e) =>
        e.isFile() ? statSync(join(e.parentPath, e.name)).mtimeMs : 0,
      ),
    );
  if (existsSync(built) && statSync(built).mtimeMs > newest(join(page, 'src'))) return;
  const { build } = await import('vite');
  await build({ root: page, configFile: join(page, 'vite.config.js') });
}
