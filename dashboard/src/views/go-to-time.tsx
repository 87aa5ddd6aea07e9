import { useEffect, useRef, useState } from 'preact/hooks';
import { moment } from '../format.ts';
import * as rest from '../rest.ts';
import type { LogState } from '../wire.ts';
import { usePage } from './context.tsx';

const SHOWN = 12;

/** Asks for a moment to look at, and says which ones are on record. */
export function GoToTime({ onClose }: { readonly onClose: () => void }) {
  const { monitor, route, go } = usePage();
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState(moment(route.asOf ?? monitor.at).slice(0, 19));
  const [log, setLog] = useState<LogState | null>(null);
  const [error, setError] = useState('');
  useEffect(() => {
    dialog.current?.showModal();
    rest.get<LogState>('log').then(setLog, () => setLog(null));
  }, []);
  const send = (event: Event): void => {
    event.preventDefault();
    const at = Date.parse(`${text.trim().replace(' ', 'T').replace(/Z$/, '')}Z`);
    if (!Number.isFinite(at)) {
      setError(`${text}: a time like 2026-02-05 21:29:00, UTC`);
      return;
    }
    go({ asOf: at });
    dialog.current?.close();
  };
  return (
    <dialog ref={dialog} aria-label="go to a time" onClose={onClose}>
      <h2>Go to a time</h2>
      <form onSubmit={send}>
        <p class="row">
          <input value={text} onInput={(e) => setText(e.currentTarget.value)} aria-label="time, UTC" data-time /> UTC
          <button type="submit">Look</button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </p>
        {error === '' ? null : <p role="alert">{error}</p>}
      </form>
      {log === null ? null : (
        <>
          <h3>On record, UTC</h3>
          <ul class="figure quiet">
            {log.ranges
              .slice(-SHOWN)
              .toReversed()
              .map((r) => (
                <li key={r.first}>
                  {moment(r.first)} to {moment(r.last)}
                </li>
              ))}
          </ul>
          {log.ranges.length > SHOWN ? <p class="quiet">and {log.ranges.length - SHOWN} earlier stretches</p> : null}
        </>
      )}
    </dialog>
  );
}
