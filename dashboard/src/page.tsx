import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Monitor } from './monitor.ts';
import * as rest from './rest.ts';
import { StreamConnection } from './stream-connection.ts';
import { applyTheme, storedTheme } from './theme.ts';
import { App } from './views/app.tsx';
import { SignIn } from './views/sign-in.tsx';
import type { Session } from './wire.ts';

applyTheme(storedTheme());
/** A hidden page is told too, only seldom: nothing piles up behind it. */
const monitor = new Monitor(
  (run) => void (document.hidden ? setTimeout(run, 250) : requestAnimationFrame(run)),
  () => Date.now(),
);
const connection = new StreamConnection({
  open: () => new WebSocket(new URL('api/v1/stream', location.href.replace(/^http/, 'ws'))),
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  onText: (message) => monitor.text(message),
  onFrame: (buffer) => monitor.frame(buffer),
  onState: (state) => monitor.setConnection(state),
});
monitor.onBroken = (topic) => connection.refresh(topic);
monitor.onFrame = (topic, seq) => connection.saw(topic, seq);
connection.want(['status', 'underlyings', 'incidents', 'health', 'replay']);

function Door() {
  const [session, setSession] = useState<Session | null>(null);
  const [locked, setLocked] = useState(false);
  useEffect(() => {
    rest.session().then(setSession, (cause: unknown) => {
      if (cause instanceof rest.RequestError && cause.status === 401) setLocked(true);
    });
    connection.start();
    return monitor.listen(['connection'], () => {
      if (monitor.connection.state === 'refused') setLocked(true);
    });
  }, []);
  if (locked && session === null)
    return (
      <SignIn
        onSession={(found) => {
          setSession(found);
          setLocked(false);
          connection.start();
        }}
      />
    );
  return <App monitor={monitor} connection={connection} session={session} />;
}

const root = document.getElementById('page')!;
root.textContent = '';
render(<Door />, root);
