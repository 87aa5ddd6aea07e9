import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { role as roleSchema, type Role } from './wire/scalars.ts';

/** Ascending: each may do what those before it may. */
export const ROLES: readonly Role[] = ['view', 'acknowledge', 'approve', 'override'];

/** Who is asking. */
export interface Identity {
  readonly name: string;
  readonly role: Role;
}

/** A token file that cannot be used; the message names the line, never what stands in it. */
export class TokenFileError extends Error {
  override readonly name = 'TokenFileError';
  readonly retryable = false;
  readonly exitCode = 2;
}

interface StoredToken extends Identity {
  readonly digest: Buffer;
}

/** Named tokens, known by their digests only. */
export class AccessTokens {
  private readonly stored: readonly StoredToken[];

  private constructor(stored: readonly StoredToken[]) {
    this.stored = stored;
  }

  /** Reads `name role sha256` lines; throws {@link TokenFileError} for a file that is missing, empty or wrong. */
  static fromFile(path: string): AccessTokens {
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (cause) {
      throw new TokenFileError(
        `--token-file ${path}: cannot be read (${(cause as NodeJS.ErrnoException).code ?? '?'})`,
      );
    }
    return AccessTokens.parse(text, path);
  }

  /** The same from its text; `path` is for the message. */
  static parse(text: string, path: string): AccessTokens {
    const stored: StoredToken[] = [];
    for (const [i, line] of text.split('\n').entries()) {
      const words = line.replace(/#.*$/, '').trim().split(/\s+/);
      if (words[0] === '') continue;
      const where = `--token-file ${path}, line ${i + 1}`;
      const [name, role, digest] = words;
      if (words.length !== 3) throw new TokenFileError(`${where}: wants three words: name role sha256-of-the-token`);
      if (!/^[\w.-]{1,64}$/.test(name))
        throw new TokenFileError(`${where}: a name is letters, digits, dots, hyphens and underscores`);
      const known = roleSchema.safeParse(role);
      if (!known.success) throw new TokenFileError(`${where}: a role is one of ${ROLES.join(', ')}`);
      if (!/^[0-9a-f]{64}$/i.test(digest))
        throw new TokenFileError(`${where}: the third word is 64 hexadecimal digits`);
      if (stored.some((s) => s.name === name)) throw new TokenFileError(`${where}: the name is taken`);
      stored.push({ name, role: known.data, digest: Buffer.from(digest, 'hex') });
    }
    if (stored.length === 0) throw new TokenFileError(`--token-file ${path}: no token in it`);
    return new AccessTokens(stored);
  }

  /** Whose token it is; null when nobody's. Takes the same time for every wrong one. */
  identify(token: string): Identity | null {
    const digest = createHash('sha256').update(token).digest();
    let found: Identity | null = null;
    for (const s of this.stored) if (timingSafeEqual(digest, s.digest)) found = { name: s.name, role: s.role };
    return found;
  }
}

/** Whether a role may do what `wanted` may. */
export function mayActAs(role: Role, wanted: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(wanted);
}
