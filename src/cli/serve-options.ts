import type { Command } from 'commander';
import type { ServeOptions } from '../app/serve.ts';
import { UsageError } from './usage-error.ts';

/** Flags of every command that serves. */
export interface ServeFlags {
  port?: string;
  host: string;
  page: boolean;
  tokenFile?: string;
  tlsCert?: string;
  tlsKey?: string;
}

/** Adds the flags; `port` says what stands for it when it is not given. */
export function addServeOptions(command: Command, port: string): Command {
  return command
    .option(
      '--port <n>',
      `serve the page and the interface (docs/api.md) on this port, 0 = any free one (default: ${port})`,
    )
    .option('--host <address>', 'listen on this address; any but the loopback one needs --token-file', '127.0.0.1')
    .option('--no-page', 'serve the interface without the page')
    .option('--token-file <file>', 'who may do what: lines of name, role, sha256 of the token')
    .option('--tls-cert <file>', 'certificate (PEM): serve https')
    .option('--tls-key <file>', 'its key (PEM)');
}

/** What the flags ask for; `fallback` is the port when none is given, null = then nothing is served. */
export function serveOptions(flags: ServeFlags, fallback: number | null): ServeOptions | null {
  const port = flags.port === undefined ? fallback : Number(flags.port);
  if (port === null) {
    const lonely = flags.tokenFile ?? flags.tlsCert ?? flags.tlsKey;
    if (lonely !== undefined)
      throw new UsageError('--token-file, --tls-cert and --tls-key are for serving: give --port');
    return null;
  }
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new UsageError(`--port ${flags.port ?? ''}: a whole number from 0 to 65535`);
  if ((flags.tlsCert === undefined) !== (flags.tlsKey === undefined))
    throw new UsageError('--tls-cert and --tls-key go together');
  return {
    port,
    host: flags.host,
    page: flags.page,
    tokenFile: flags.tokenFile ?? null,
    tls: flags.tlsCert === undefined || flags.tlsKey === undefined ? null : { cert: flags.tlsCert, key: flags.tlsKey },
    onTrouble: (error) => process.stderr.write(`vernier: the server: ${error.message}\n`),
  };
}

/** Prints the address, alone on its line: to stdout for people, to stderr where stdout is for programs. */
export function printAddress(address: string, json: boolean): void {
  (json ? process.stderr : process.stdout).write(`${address}\n`);
}
