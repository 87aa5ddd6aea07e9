import { useEffect, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import { fixed, moment, NONE, scopeName, words } from '../format.ts';
import { ScoreHistory } from '../score-history.ts';
import { SCORE_ROWS, type ScoreRow } from '../score-rows.ts';
import { makeStrip, stripHeight, type StripState } from '../score-strip.ts';
import { worstSlice } from '../slices.ts';
import type { Table } from '../table.ts';
import * as rest from '../rest.ts';
import { usePage } from './context.tsx';
import { Panel } from './panel.tsx';

const POLL_MS = 2_000;
/** So much on either side of a moment that is older than all that is held, ms. */
const AROUND_MS = 1_800_000;
const WINDOWS: readonly { readonly name: string; readonly ms: number | null }[] = [
  { name: 'all', ms: null },
  { name: '1 d', ms: 86_400_000 },
  { name: '1 h', ms: 3_600_000 },
  { name: '10 m', ms: 600_000 },
];

/** The history that other views step through (`[` and `]`), shared by the one panel that asks for it. */
export const HISTORY = { current: new ScoreHistory() };

/** Scores over time, one row a score, on one time axis. */
export function ScoreStrips({ scopes }: { readonly scopes: readonly string[] }) {
  const page = usePage();
  const { monitor, key, route, go } = page;
  const [model, setModel] = useState('');
  const [recent] = useState(() => (HISTORY.current = new ScoreHistory()));
  const [old, setOld] = useState<ScoreHistory | null>(null);
  const asked = useRef('');
  const [version, setVersion] = useState(0);
  const [error, setError] = useState('');
  useEffect(() => {
    if (key === '') return undefined;
    let gone = false;
    const load = async (): Promise<void> => {
      const same = recent.key === key && asked.current === model;
      const from = same && Number.isFinite(recent.newest) ? recent.newest : null;
      try {
        const answer = await rest.scores(key, model, from, null);
        if (gone) return;
        if (!same) recent.clear();
        asked.current = model;
        const before = recent.newest;
        recent.take(answer);
        if (recent.newest !== before || from === null) setVersion((v) => v + 1);
        setError('');
      } catch (cause) {
        if (!gone) setError(cause instanceof Error ? cause.message : String(cause));
      }
    };
    void load();
    const timer = setInterval(() => document.hidden || void load(), POLL_MS);
    return () => {
      gone = true;
      clearInterval(timer);
    };
  }, [key, model]);
  // What lies before everything held is asked for around the moment looked at, and shown instead.
  const looked = route.asOf ?? route.from;
  const before = looked !== null && looked < recent.extent[0] ? looked : null;
  useEffect(() => {
    setOld(null);
    HISTORY.current = recent;
    if (before === null || key === '') return undefined;
    let gone = false;
    rest.scores(key, model, before - AROUND_MS, before + AROUND_MS).then(
      (answer) => {
        if (gone) return;
        const found = new ScoreHistory();
        found.take(answer);
        HISTORY.current = found;
        setOld(found);
        setVersion((v) => v + 1);
        setError('');
      },
      (cause: unknown) => gone || setError(cause instanceof Error ? cause.message : String(cause)),
    );
    return () => {
      gone = true;
    };
  }, [key, model, before === null ? null : Math.floor(before / AROUND_MS)]);
  const history = old ?? recent;
  const glance = monitor.underlyings.get(key)?.expiries ?? [];
  const scope = route.scope !== '' ? route.scope : (worstSlice(glance, monitor.incidents.values())?.slice.scope ?? '');
  const rows = SCORE_ROWS.filter((row) => {
    for (const track of history.tracks[row.of].values())
      if (track.columns.get(row.column)?.some((v) => Number.isFinite(v)) === true) return true;
    return false;
  });
  const models = monitor.status?.models ?? [];
  const newest = history.newest;
  return (
    <Panel
      name="scores"
      title="Scores"
      table={() => scoresTable(history, scope)}
      aside={
        <span class="quiet">
          {scope === '' ? '' : `${scopeName(scope)} in colour, the others in grey`}
          {history.horizon === null ? '' : ` · horizon ${fixed(history.horizon, 0)} s`} · click: as of, drag: zoom
        </span>
      }
      controls={
        <>
          {models.length > 1 ? (
            <select aria-label="model scored" value={model} onChange={(e) => setModel(e.currentTarget.value)}>
              <option value="">what serves</option>
              {models.map((m) => (
                <option key={m} value={m}>
                  {m}
                </option>
              ))}
            </select>
          ) : null}
          <span class="choice" role="group" aria-label="time shown">
            {WINDOWS.filter((w) => w.ms === null || newest - history.extent[0] > w.ms).map((w) => (
              <button
                key={w.name}
                type="button"
                aria-pressed={w.ms === null && route.from === null}
                onClick={() => go(w.ms === null ? { from: null, to: null } : { from: newest - w.ms, to: null })}
              >
                {w.name}
              </button>
            ))}
          </span>
        </>
      }
    >
      {error === '' ? null : <p role="alert">{error}</p>}
      {rows.length === 0 ? (
        <p class="quiet">No prediction has been scored yet: the first batch after a fit brings one.</p>
      ) : null}
      <div class="strips">
        {rows.map((row, i) => (
          <Strip
            key={`${key}${model}${row.column}${old === null ? '' : 'old'}`}
            row={row}
            history={history}
            version={version}
            scopes={scopes}
            scope={scope}
            first={i === 0}
            last={i === rows.length - 1}
          />
        ))}
      </div>
    </Panel>
  );
}

interface StripProps {
  readonly row: ScoreRow;
  readonly history: ScoreHistory;
  readonly version: number;
  readonly scopes: readonly string[];
  readonly scope: string;
  readonly first: boolean;
  readonly last: boolean;
}

function Strip({ row, history, version, scopes, scope, first, last }: StripProps) {
  const page = usePage();
  const { palette, route } = page;
  const target = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const known = [...new Set([...scopes, ...history.tracks[row.of].keys()])];
  const drawn = [...known.filter((s) => s !== scope), ...(scope === '' ? [] : [scope])];
  const state = useRef<StripState>(null!);
  state.current = { history, palette, scope, asOf: route.asOf, first, last, from: route.from, to: route.to };
  const data = (): uPlot.AlignedData => {
    const { at, values } = history.aligned(row.of, row, drawn, [route.from ?? -Infinity, route.to ?? Infinity]);
    return [at, ...values];
  };
  useEffect(() => {
    if (target.current === null) return undefined;
    plot.current = makeStrip(
      row,
      drawn,
      data(),
      target.current,
      () => state.current,
      (from, to) => page.go({ from, to }),
      (at) => page.go({ asOf: at }),
    );
    const observer = new ResizeObserver(([entry]) =>
      plot.current?.setSize({ width: Math.max(120, entry.contentRect.width), height: stripHeight(last) }),
    );
    observer.observe(target.current);
    return () => {
      observer.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [palette, drawn.join(), last]);
  useEffect(() => plot.current?.setData(data()), [version, route.from, route.to]);
  useEffect(() => plot.current?.redraw(false, false), [route.asOf]);
  const thresholds = history.thresholds.filter((t) => t.score === row.column);
  const track = history.tracks[row.of].get(scope);
  const values = track?.columns.get(row.column) ?? [];
  const now = values.findLast((v) => Number.isFinite(v));
  return (
    <div class="strip-row" data-score={row.column}>
      <div class="strip-label" title={[row.says, ...thresholds.map((t) => `beyond ${t.value}: ${t.says}`)].join('. ')}>
        <strong data-print>{row.name}</strong>
        <span class="figure" data-print>
          {now === undefined ? NONE : fixed(now * row.scale, row.decimals)} <span class="unit">{row.unit}</span>
        </span>
      </div>
      <div
        ref={target}
        class="strip-plot"
        role="img"
        aria-label={`${row.name} over time, ${row.says}; the table has the numbers`}
      />
    </div>
  );
}

function scoresTable(history: ScoreHistory, scope: string): Table {
  const rows = SCORE_ROWS.filter((r) => history.tracks[r.of].get(scope)?.columns.has(r.column) === true);
  const series = history.tracks.series.get(scope);
  const quality = history.tracks.quality.get(scope);
  const place = new Map((quality?.at ?? []).map((t, i) => [t, i]));
  const times = series?.at ?? [];
  return {
    caption: `Scores of ${words(history.model)} on ${scopeName(scope)}, newest first`,
    columns: [{ name: 'at (UTC)' }, ...rows.map((r) => ({ name: r.name, unit: r.unit, decimals: r.decimals }))],
    rows: times
      .map((t, i) => [
        moment(t),
        ...rows.map((r) => {
          const track = r.of === 'series' ? series : quality;
          const j = r.of === 'series' ? i : place.get(t);
          const v = j === undefined ? NaN : (track?.columns.get(r.column)?.[j] ?? NaN);
          return Number.isFinite(v) ? v * r.scale : null;
        }),
      ])
      .toReversed(),
  };
}
