import { useEffect, useRef, useState } from 'preact/hooks';
import { age, day, moment, percent } from '../format.ts';
import { SHAPES, type SurfaceShape } from '../route.ts';
import { drawHeat, drawMesh, heatBox } from '../surface-drawing.ts';
import { FIRST_TURN, type Turn } from '../surface-mesh.ts';
import type { Table } from '../table.ts';
import type { SurfaceGrid } from '../wire.ts';
import * as rest from '../rest.ts';
import { Choice } from './axis-controls.tsx';
import { useNow, usePage } from './context.tsx';
import { Panel } from './panel.tsx';
import { Picture } from './picture.tsx';
import type { Tab } from './tabs.ts';

const WORDS: Readonly<Record<SurfaceShape, string>> = { mesh: 'mesh', heat: 'heat map' };
const POLL_MS = 3_000;

/** The whole surface: a mesh that turns, a heat map, and the table both are drawn from. */
export const surfaceTab: Tab = { name: 'surface', word: 'Surface', says: 'mesh, heat map, table', View: SurfaceView };

function SurfaceView() {
  const page = usePage();
  const { key, route, go, palette, monitor } = page;
  const [grid, setGrid] = useState<SurfaceGrid | null>(null);
  const [error, setError] = useState('');
  const [turn, setTurn] = useState<Turn>(FIRST_TURN);
  const [pointed, point] = useState('');
  const drag = useRef<{ x: number; y: number; turn: Turn } | null>(null);
  useEffect(() => {
    if (key === '') return undefined;
    let gone = false;
    const load = (): void => {
      rest.surface(key, route.asOf).then(
        (answer) => {
          if (gone) return;
          setGrid(answer);
          setError('');
        },
        (cause: unknown) => gone || setError(cause instanceof Error ? cause.message : String(cause)),
      );
    };
    load();
    const timer = route.asOf === null ? setInterval(load, POLL_MS) : null;
    return () => {
      gone = true;
      if (timer !== null) clearInterval(timer);
    };
  }, [key, route.asOf]);
  const now = useNow();
  const newest = Number.isFinite(monitor.at) ? monitor.at : now;
  const keys = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, 0.08], ArrowDown: [0, -0.08] }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    setTurn((t) => ({ yaw: t.yaw + step[0], pitch: clampPitch(t.pitch + step[1]) }));
  };
  const height = Math.max(360, Math.min(620, (globalThis.innerHeight ?? 800) - 260));
  return (
    <Panel
      name="surface"
      title="Surface"
      table={() => surfaceTable(grid)}
      aside={
        <span class="quiet">
          {grid === null
            ? ''
            : `${grid.model}, ${grid.expiries.length} expiries, ${moment(grid.at)} UTC, ${age((newest - Date.parse(grid.at)) / 1000)} old`}
        </span>
      }
      controls={
        <Choice name="shape" all={SHAPES} now={route.surface} words={WORDS} pick={(surface) => go({ surface })} />
      }
    >
      {error === '' ? null : <p role="alert">{error}</p>}
      {grid === null || grid.expiries.length === 0 ? (
        <p class="quiet">No fit is live yet.</p>
      ) : route.surface === 'heat' ? (
        <>
          <Picture
            label="heat map of volatility by expiry and x; the table has the numbers"
            height={height}
            draw={(pen, w, h) => drawHeat(pen, grid, w, h, palette)}
            onMove={(x, y, w, h) => point(cellAt(grid, x, y, w, h))}
            onLeave={() => point('')}
          />
          <p class="legend quiet figure">{pointed === '' ? 'volatility by expiry and x = k / (σ_atm √T)' : pointed}</p>
        </>
      ) : (
        <div
          class="turning"
          tabIndex={0}
          role="application"
          aria-label="mesh of the surface: arrow keys turn it"
          onKeyDown={keys}
          onPointerDown={(e) => {
            drag.current = { x: e.clientX, y: e.clientY, turn };
            e.currentTarget.setPointerCapture(e.pointerId);
          }}
          onPointerMove={(e) => {
            const from = drag.current;
            if (from === null) return;
            setTurn({
              yaw: from.turn.yaw + (e.clientX - from.x) / 200,
              pitch: clampPitch(from.turn.pitch + (e.clientY - from.y) / 200),
            });
          }}
          onPointerUp={() => (drag.current = null)}
        >
          <Picture
            label="mesh of the surface; the table has the numbers"
            height={height}
            draw={(pen, w, h) => drawMesh(pen, grid, turn, w, h, palette)}
          />
          <p class="legend quiet">volatility over x and expiry; drag or arrow keys turn it</p>
        </div>
      )}
    </Panel>
  );
}

const clampPitch = (p: number): number => Math.max(0.05, Math.min(1.4, p));

function cellAt(grid: SurfaceGrid, x: number, y: number, width: number, height: number): string {
  const box = heatBox(width, height);
  const i = Math.floor(((x - box.left) / box.width) * grid.x.length);
  const expiry = grid.expiries[Math.floor(((y - box.top) / box.height) * grid.expiries.length)];
  if (expiry === undefined || grid.x[i] === undefined) return '';
  return `${day(expiry.expiry)}, x ${grid.x[i].toFixed(2)}: ${percent(expiry.sigma[i], 2)}`;
}

function surfaceTable(grid: SurfaceGrid | null): Table {
  return {
    caption: `Volatility in % by expiry and x${grid === null ? '' : `, ${grid.model} at ${moment(grid.at)} UTC`}`,
    columns: [
      { name: 'expiry' },
      { name: 'forward', unit: 'USD', decimals: 2 },
      { name: 'at the money', unit: '%', decimals: 2 },
      ...(grid?.x ?? []).map((x) => ({ name: `x ${x.toFixed(2)}`, decimals: 2 })),
    ],
    rows: (grid?.expiries ?? []).map((e) => [
      e.expiry.slice(0, 10),
      e.forward,
      e.atm_vol === null ? null : 100 * e.atm_vol,
      ...e.sigma.map((s) => (s === null ? null : 100 * s)),
    ]),
  };
}
