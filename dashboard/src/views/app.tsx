import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { GATE_LOOK } from '../gate-look.ts';
import { neighbour } from '../incident-reading.ts';
import { actOf, nextSpeed, tabAct, type Act } from '../keymap.ts';
import type { Monitor } from '../monitor.ts';
import { ACROSS, after, parseRoute, routeHash, SHAPES, UNITS, UPS, type Route } from '../route.ts';
import { worstSlice } from '../slices.ts';
import type { StreamConnection } from '../stream-connection.ts';
import { applyTheme, isDark, readPalette, storedTheme } from '../theme.ts';
import type { Session } from '../wire.ts';
import { ConnectionNote } from './connection-note.tsx';
import { PageContext, useParts, type Page, type PanelHandle } from './context.tsx';
import { GoToTime } from './go-to-time.tsx';
import { Help } from './help.tsx';
import { exportPanel, toggleTable } from './panel.tsx';
import { ReplayBar, transport } from './replay-bar.tsx';
import { HISTORY } from './score-strips.tsx';
import { offeredTabs, TABS } from './tabs.ts';
import { TopStrip } from './top-strip.tsx';

interface Props {
  readonly monitor: Monitor;
  readonly connection: StreamConnection;
  readonly session: Session | null;
}

/** The page: address in, picture out. */
export function App({ monitor, connection, session }: Props) {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  const [theme, setTheme] = useState(storedTheme);
  const [palette, setPalette] = useState(readPalette);
  const [help, setHelp] = useState(false);
  const [going, setGoing] = useState(false);
  const [said, setSaid] = useState('');
  const panels = useRef(new Map<string, PanelHandle>()).current;
  useParts(monitor, ['status', 'connection', 'replay'], 250);
  const known = useKeys(monitor);
  const key = route.key !== '' ? route.key : (known[0] ?? '');
  useEffect(() => {
    const changed = (): void => setRoute(parseRoute(location.hash));
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  useEffect(() => {
    const system = matchMedia('(prefers-color-scheme: dark)');
    const changed = (): void => setPalette(readPalette());
    system.addEventListener('change', changed);
    return () => system.removeEventListener('change', changed);
  }, []);
  useEffect(() => {
    if (key === '') return;
    monitor.select(key);
    connection.want([...TOPICS, `curves:${key}`, `quotes:${key}`, `trades:${key}`]);
  }, [key]);
  const go = useCallback((patch: Partial<Route>): void => {
    const next = { ...parseRoute(location.hash), ...patch };
    const hash = routeHash(next);
    if (hash === location.hash) return;
    history.pushState(null, '', hash);
    setRoute(next);
  }, []);
  const page: Page = useMemo(
    () => ({ monitor, route, key, go, palette, session, panels, say: setSaid }),
    [monitor, route, key, go, palette, session],
  );
  const toggleTheme = (): void => {
    const next = isDark(theme) ? 'light' : 'dark';
    applyTheme(next);
    setTheme(next);
    setPalette(readPalette());
  };
  useKeyboard(page, (act) => {
    if (act === 'help') setHelp(true);
    else if (act === 'time') setGoing(true);
    else if (act === 'theme') toggleTheme();
    else perform(page, act);
  });
  useTitle(monitor, key);
  const named = TABS.find((t) => t.name === route.view) ?? TABS[0];
  const tab = key === '' && named === TABS[0] ? (offeredTabs(monitor).find((t) => t.alone) ?? named) : named;
  const stale = monitor.connection.state === 'lost' || monitor.connection.state === 'connecting';
  return (
    <PageContext.Provider value={page}>
      <a
        class="skip"
        href="#content"
        onClick={(e) => (e.preventDefault(), document.getElementById('content')?.focus())}
      >
        To the content
      </a>
      <header class="strip">
        <div class="bar">
          <h1 class="name">Vernier</h1>
          {(monitor.status?.stamp ?? '') === '' ? null : <strong class="stamp">{monitor.status?.stamp}</strong>}
          <nav aria-label="views">
            {offeredTabs(monitor).map((t) => (
              <a
                key={t.name}
                href={routeHash({ ...route, view: t.name })}
                aria-current={t === tab ? 'page' : undefined}
                title={String(TABS.indexOf(t) + 1)}
              >
                {t.word}
              </a>
            ))}
          </nav>
          <span class="push" />
          <button type="button" onClick={() => setGoing(true)} title="g">
            Time
          </button>
          <button type="button" onClick={toggleTheme} title="d">
            {isDark(theme) ? 'Light' : 'Dark'}
          </button>
          <button type="button" onClick={() => setHelp(true)} aria-label="keys" title="?">
            ?
          </button>
        </div>
        <TopStrip />
        <ReplayBar />
        <ConnectionNote />
      </header>
      <main id="content" tabIndex={-1} class={stale ? 'stale' : undefined}>
        {key === '' && tab.alone !== true && tab.ofMonitor !== true ? (
          <p class="quiet wait">{waitingFor(monitor)}</p>
        ) : (
          <tab.View />
        )}
      </main>
      <p class="spoken" role="status" aria-live="polite">
        {said}
      </p>
      {going ? <GoToTime onClose={() => setGoing(false)} /> : null}
      {help ? <Help onClose={() => setHelp(false)} monitor={monitor} /> : null}
    </PageContext.Provider>
  );
}

/** Why there is nothing to show yet, and what to do. */
function waitingFor({ status, connection, replay }: Monitor): string {
  if (status === null)
    return connection.state === 'lost'
      ? 'The server does not answer; this page asks it again by itself.'
      : 'Waiting for the first word from the server.';
  if (replay !== null)
    return replay.playing ? 'The recording has named no underlying yet.' : 'Space plays the recording.';
  return 'No underlying has been heard of yet. Health shows whether the feeds are alive; vernier doctor checks the way to a venue.';
}

const TOPICS = ['status', 'underlyings', 'incidents', 'health', 'replay'];

function useKeys(monitor: Monitor): readonly string[] {
  const [keys, setKeys] = useState<readonly string[]>(monitor.watched().map((u) => u.key));
  useEffect(
    () =>
      monitor.listen(['underlyings'], () => {
        const now = monitor.watched().map((u) => u.key);
        setKeys((before) => (before.join() === now.join() ? before : now));
      }),
    [monitor],
  );
  return keys;
}

/** The tab says what matters when the page is behind another. */
function useTitle(monitor: Monitor, key: string): void {
  const set = (): void => {
    const u = monitor.underlyings.get(key);
    const parts = [
      monitor.status?.stamp ?? '',
      u === undefined ? '' : `${u.underlying} ${GATE_LOOK[u.gate.state].word}`,
      u === undefined || u.open_incidents === 0 ? '' : `${u.open_incidents} open`,
      'Vernier',
    ];
    document.title = parts.filter((p) => p !== '').join(' · ');
  };
  useEffect(() => {
    set();
    return monitor.listen(['underlyings', 'status', 'replay'], set);
  }, [monitor, key]);
}

function useKeyboard(page: Page, act: (act: Act) => void): void {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      const target = event.target instanceof HTMLElement ? event.target : document.body;
      if (document.querySelector('dialog[open]') !== null) return;
      const asked = actOf(
        event,
        { tag: target.tagName, editable: target.isContentEditable },
        page.monitor.replay !== null,
      );
      if (asked === null) return;
      event.preventDefault();
      if (target instanceof HTMLInputElement) target.blur();
      latest.current(asked);
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, [page.monitor]);
}

/** The panel that keys speak to: the one with the focus, else under the pointer, else the first of the view. */
function panelInFocus(page: Page): string {
  const at = document.activeElement?.closest('[data-panel]') ?? document.querySelector('[data-panel]:hover');
  const name = at instanceof HTMLElement ? at.dataset['panel'] : undefined;
  return name ?? [...page.panels.keys()][0] ?? '';
}

function perform(page: Page, act: Act): void {
  const { monitor, route, go, key } = page;
  const scopes = monitor.scopes();
  const slice = (step: number): void => {
    const at = scopes.indexOf(route.scope);
    go({ view: 'monitor', scope: scopes[at < 0 ? (step > 0 ? 0 : scopes.length - 1) : at + step] ?? route.scope });
  };
  const replay = monitor.replay;
  const own = [...monitor.incidents.values()].filter((i) => i.underlying === key);
  const incident = (step: 1 | -1): void =>
    go({ view: 'monitor', incident: neighbour(own, route.incident, step)?.id ?? '' });
  const acts: Partial<Record<Act, () => void>> = {
    'next-slice': () => slice(1),
    'previous-slice': () => slice(-1),
    'worst-slice': () => {
      const worst = worstSlice(monitor.underlyings.get(key)?.expiries ?? [], monitor.incidents.values());
      if (worst !== null) go({ view: 'monitor', scope: worst.slice.scope });
    },
    back: () =>
      go(
        route.scope !== ''
          ? { scope: '' }
          : route.incident !== ''
            ? { incident: '' }
            : { asOf: null, from: null, to: null },
      ),
    'next-incident': () => incident(1),
    'previous-incident': () => incident(-1),
    acknowledge: () => document.querySelector<HTMLElement>('[data-acknowledge]')?.focus(),
    across: () => go({ across: after(ACROSS, route.across) }),
    up: () => go({ up: after(UPS, route.up) }),
    unit: () => go({ unit: after(UNITS, route.unit), up: 'price' }),
    shape: () => go({ view: 'surface', surface: after(SHAPES, route.surface) }),
    table: () => toggleTable(page, panelInFocus(page)),
    csv: () => exportPanel(page, panelInFocus(page), 'csv'),
    png: () => exportPanel(page, panelInFocus(page), 'png'),
    earlier: () => go({ asOf: HISTORY.current.momentBeside(route.asOf ?? Infinity, -1) ?? route.asOf }),
    later: () => go({ asOf: HISTORY.current.momentBeside(route.asOf ?? Infinity, 1) }),
    live: () => go({ asOf: null }),
    underlying: () =>
      go({
        key: after(
          monitor.watched().map((u) => u.key),
          key,
        ),
        scope: '',
        incident: '',
      }),
    play: () => void (replay?.ended === false && transport(page, { action: replay.playing ? 'pause' : 'play' })),
    jump: () => void (replay?.ended === false && transport(page, { action: 'next-incident' })),
    faster: () => void transport(page, { action: 'speed', speed: nextSpeed(replay?.speed ?? 1, 1) }),
    slower: () => void transport(page, { action: 'speed', speed: nextSpeed(replay?.speed ?? 1, -1) }),
  };
  const tab = offeredTabs(monitor).find((t) => act === tabAct(TABS.indexOf(t)));
  if (tab === undefined) acts[act]?.();
  else go({ view: tab.name });
}
