import { useState } from 'preact/hooks';
import { fixed, moment, percent } from '../format.ts';
import { SPEEDS } from '../keymap.ts';
import * as rest from '../rest.ts';
import { usePage, useParts, type Page } from './context.tsx';

/** A run that ends where it began between two words of the stream is not a change to it: the page asks itself. */
const SEEK_POLL_MS = 400;

/** Sends the transport a command; what it answers is shown at once. */
export async function transport(page: Page, command: object): Promise<string> {
  try {
    const heard = page.monitor.replayWords;
    let state = await rest.replay(command);
    page.monitor.putReplay(state, heard);
    while (state.seeking !== null && page.monitor.replayWords === heard) {
      await new Promise((done) => setTimeout(done, SEEK_POLL_MS));
      state = await rest.replayState();
      page.monitor.putReplay(state, heard);
    }
    return '';
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    page.say(text);
    return text;
  }
}

const STEPS: readonly { readonly name: string; readonly ms: number }[] = [
  { name: '+1 h', ms: 3_600_000 },
  { name: '+1 d', ms: 86_400_000 },
];

/** Transport of a recording: play, pause, speed, forward, on to the next incident. */
export function ReplayBar() {
  const page = usePage();
  const { monitor } = page;
  const [error, setError] = useState('');
  useParts(monitor, ['replay'], 200);
  const r = monitor.replay;
  if (r === null) return null;
  const send = (command: object): void => {
    void transport(page, command).then(setError);
  };
  const at = r.at === null ? NaN : Date.parse(r.at);
  return (
    <div class="transport" role="group" aria-label="replay">
      <button
        type="button"
        onClick={() => send({ action: r.playing ? 'pause' : 'play' })}
        disabled={r.ended}
        title="space"
      >
        {r.playing ? 'Pause' : 'Play'}
      </button>
      <label>
        speed{' '}
        <select value={r.speed} onChange={(e) => send({ action: 'speed', speed: Number(e.currentTarget.value) })}>
          {[...new Set([...SPEEDS, r.speed])]
            .toSorted((a, b) => a - b)
            .map((s) => (
              <option key={s} value={s}>
                ×{fixed(s, s < 1 ? 1 : 0)}
              </option>
            ))}
        </select>
      </label>
      {STEPS.map((step) => (
        <button
          key={step.name}
          type="button"
          disabled={r.ended || !Number.isFinite(at)}
          onClick={() => send({ action: 'seek', to: new Date(at + step.ms).toISOString() })}
        >
          {step.name}
        </button>
      ))}
      <button type="button" onClick={() => send({ action: 'next-incident' })} disabled={r.ended} title="n">
        Next incident
      </button>
      <span class="figure">{moment(r.at)} UTC</span>
      {r.fraction === null ? null : (
        <>
          <progress value={r.fraction} max={1} aria-label="share of the recording" />
          <span class="figure quiet">{percent(r.fraction, 0)}</span>
        </>
      )}
      <span class="quiet" data-replay-state>
        {r.ended
          ? 'ended'
          : r.seeking === 'incident'
            ? 'running to the next incident'
            : r.seeking === 'time'
              ? 'running forward'
              : r.playing
                ? 'playing'
                : 'paused'}
        {` · ${r.incidents} incidents so far`}
      </span>
      {(r.error ?? error) === '' ? null : <span role="alert">{r.error ?? error}</span>}
    </div>
  );
}
