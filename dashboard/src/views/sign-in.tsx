import { useRef, useState } from 'preact/hooks';
import * as rest from '../rest.ts';
import type { Session } from '../wire.ts';

/** Asks for the token where the server wants one; it is kept in a cookie that no script can read. */
export function SignIn({ onSession }: { readonly onSession: (session: Session) => void }) {
  const field = useRef<HTMLInputElement>(null);
  const [error, setError] = useState('');
  const send = (event: Event): void => {
    event.preventDefault();
    rest
      .signIn(field.current?.value ?? '')
      .then(onSession, (cause: unknown) => setError(cause instanceof Error ? cause.message : String(cause)));
  };
  return (
    <main class="sign-in">
      <h1>Vernier</h1>
      <form onSubmit={send}>
        <label for="token">Token</label>
        <input id="token" ref={field} type="password" autocomplete="current-password" required />
        <button type="submit">Sign in</button>
      </form>
      {error === '' ? null : <p role="alert">{error}</p>}
    </main>
  );
}
