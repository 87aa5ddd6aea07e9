import { usePage, useSmiles } from './context.tsx';
import { IncidentList } from './incident-list.tsx';
import { ScoreStrips } from './score-strips.tsx';
import { SmileDetail } from './smile-detail.tsx';
import { SmileMultiples } from './smile-multiples.tsx';
import type { Tab } from './tabs.ts';

/** Smiles, scores over time and incidents side by side. */
export const monitorTab: Tab = {
  name: 'monitor',
  word: 'Monitor',
  says: 'smiles, scores, incidents',
  View: MonitorView,
};

function MonitorView() {
  const page = usePage();
  const smiles = useSmiles(page);
  return (
    <div class="monitor">
      <div class="middle">
        {smiles.error === '' ? null : <p role="alert">{smiles.error}</p>}
        {page.route.scope !== '' ? (
          <SmileDetail key={page.route.scope} smiles={smiles} scope={page.route.scope} />
        ) : (
          <SmileMultiples smiles={smiles} />
        )}
        <ScoreStrips scopes={smiles.scopes} />
      </div>
      <aside class="right" aria-label="incidents">
        <IncidentList />
      </aside>
    </div>
  );
}
