import { SEVERITY_LOOK } from '../gate-look.ts';
import { age, clock, fixed, moment, scopeName, words } from '../format.ts';
import { foldRuns, inOrder } from '../incident-reading.ts';
import { useState } from 'preact/hooks';
import type { Table } from '../table.ts';
import type { Incident } from '../wire.ts';
import { usePage, useParts } from './context.tsx';
import { IncidentDetail } from './incident-detail.tsx';
import { Panel } from './panel.tsx';
import { StateMark } from './state-mark.tsx';

const SHOWN = 60;

/** One timeline of what broke, was diagnosed and done. */
export function IncidentList() {
  const page = usePage();
  const { monitor, key, route } = page;
  useParts(monitor, ['incidents', 'status'], 500);
  /** The oldest incident of the run that is unfolded. */
  const [opened, open] = useState('');
  const all = inOrder(monitor.incidents.values()).filter((i) => i.underlying === key);
  const openNow = all.filter((i) => i.state === 'open').length;
  const now = Number.isFinite(monitor.at) ? monitor.at : Date.now();
  return (
    <Panel
      name="incidents"
      title="Incidents"
      table={() => incidentsTable(all)}
      aside={<span class="quiet">{`${openNow} open, ${all.length - openNow} resolved`}</span>}
    >
      {route.incident !== '' && !all.some((i) => i.id === route.incident) ? (
        <IncidentDetail id={route.incident} />
      ) : null}
      {all.length === 0 ? (
        <p class="quiet">None so far: every prediction has been within what noise explains.</p>
      ) : null}
      <ol class="incidents">
        {foldRuns(all.slice(0, SHOWN), route.incident).map(({ first, same }) => {
          const unfolded = same.some((i) => i.id === opened);
          return [first, ...(unfolded ? same : [])].map((i) => (
            <li key={i.id} data-incident={i.id} class={i.state}>
              <IncidentLine incident={i} now={now} />
              {route.incident === i.id ? <IncidentDetail id={i.id} /> : null}
              {i !== first || same.length === 0 ? null : (
                <button
                  type="button"
                  class="link same"
                  aria-expanded={unfolded}
                  onClick={() => open(unfolded ? '' : same[same.length - 1].id)}
                >
                  {same.length} more of it since {clock(same[same.length - 1].opened, now)}
                </button>
              )}
            </li>
          ));
        })}
      </ol>
      {all.length > SHOWN ? (
        <p class="quiet">
          The newest {SHOWN} of {all.length}; the table has all.
        </p>
      ) : null}
    </Panel>
  );
}

function IncidentLine({ incident: i, now }: { readonly incident: Incident; readonly now: number }) {
  const { route, go } = usePage();
  const shown = route.incident === i.id;
  const end = i.resolved === null ? now : Date.parse(i.resolved);
  return (
    <button
      type="button"
      class="incident-line"
      aria-expanded={shown}
      onClick={() => go({ incident: shown ? '' : i.id })}
    >
      <StateMark look={SEVERITY_LOOK[i.severity]} small />
      <span class="incident-what">
        <strong>{words(i.cause)}</strong> <span>{scopeName(i.scope)}</span>
        <span class="quiet">
          {' '}
          {clock(i.opened, now)} · {i.state === 'open' ? 'open ' : 'lasted '}
          {age((end - Date.parse(i.opened)) / 1000)}
          {i.money === null ? '' : ` · ${fixed(i.money, 0)} USD`}
          {i.acknowledged === null ? '' : ` · acknowledged by ${i.acknowledged.by}`}
        </span>
      </span>
    </button>
  );
}

function incidentsTable(all: readonly Incident[]): Table {
  return {
    caption: 'Incidents of this underlying',
    columns: [
      { name: 'id' },
      { name: 'cause' },
      { name: 'severity' },
      { name: 'scope' },
      { name: 'state' },
      { name: 'opened (UTC)' },
      { name: 'resolved (UTC)' },
      { name: 'runner-up' },
      { name: 'apart', unit: 'nats', decimals: 2 },
      { name: 'acknowledged by' },
    ],
    rows: all.map((i) => [
      i.id,
      i.cause,
      i.severity,
      i.scope,
      i.state,
      moment(i.opened),
      i.resolved === null ? '' : moment(i.resolved),
      i.runner_up?.cause ?? '',
      i.runner_up?.nats ?? null,
      i.acknowledged?.by ?? '',
    ]),
  };
}
