import { horizonsOf, tournamentTable, type TournamentRow } from '../tournament-reading.ts';
import { useState } from 'preact/hooks';
import { useAsked, usePage } from './context.tsx';
import { DataTable } from './data-table.tsx';
import { Panel } from './panel.tsx';
import type { Tab } from './tabs.ts';

/** Every model on the same quotes: which one predicts best, where, and how far ahead. */
export const modelsTab: Tab = {
  name: 'models',
  word: 'Models',
  says: 'models side by side on the same quotes',
  View: ModelsView,
  offered: (monitor) => monitor.status?.rooms?.includes('tournament') ?? false,
};

const POLL_MS = 5_000;

function ModelsView() {
  const { key } = usePage();
  const [horizon, choose] = useState('');
  const path = key === '' ? null : `tournament/${encodeURIComponent(key)}`;
  const { data, error } = useAsked<{ readonly items: readonly TournamentRow[] }>(path, POLL_MS);
  const rows = data?.items ?? [];
  const table = tournamentTable(rows, horizon);
  return (
    <div class="stack">
      <Panel
        name="tournament"
        title="Models side by side"
        table={() => table}
        aside={<span class="quiet">since the monitor began; best log score of each tenor first</span>}
        controls={['', ...horizonsOf(rows)].map((h) => (
          <button type="button" key={h} aria-pressed={h === horizon} onClick={() => choose(h)}>
            {h === '' ? 'all horizons' : h}
          </button>
        ))}
      >
        {rows.length === 0 ? (
          <p class="quiet">
            {error === ''
              ? 'No two models have been scored on the same quotes yet: it takes two batches of an expiry, and two models.'
              : error}
          </p>
        ) : (
          <DataTable table={table} />
        )}
      </Panel>
    </div>
  );
}
