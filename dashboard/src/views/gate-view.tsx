import { moment, scopeName, tenor, day, fixed } from '../format.ts';
import { GATE_LOOK } from '../gate-look.ts';
import {
  gateCell,
  gateModels,
  gateTable,
  loopLook,
  loopReason,
  registryTable,
  trialText,
  type GateCell,
  type GateItem,
  type Lease,
  type RegistryItem,
} from '../gate-reading.ts';
import { expiryOrders } from '../orders.ts';
import type { ExpiryGlance } from '../wire.ts';
import { useAsked, usePage, useParts } from './context.tsx';
import { DataTable } from './data-table.tsx';
import { OrderButtons } from './order-buttons.tsx';
import { Panel } from './panel.tsx';
import { StateMark } from './state-mark.tsx';
import type { Tab } from './tabs.ts';

/** May I rely on this model here now: model by expiry, with the loop behind it and what changed. */
export const gateTab: Tab = {
  name: 'gate',
  word: 'Gate',
  says: 'the gate per model and expiry, the loop with its reason, trials, what changed',
  View: GateView,
};

const POLL_MS = 2_000;
const REGISTRY_POLL_MS = 5_000;
const REGISTERED = 60;

function GateView() {
  const { monitor, key } = usePage();
  useParts(monitor, ['underlyings', 'status'], 500);
  const rooms = monitor.status?.rooms ?? [];
  const under = key === '' ? null : `?underlying=${encodeURIComponent(key)}`;
  const gates = useAsked<{ readonly items: readonly GateItem[] }>(under === null ? null : `gate${under}`, POLL_MS);
  const { data: handed } = useAsked<{ readonly mode: string; readonly leases: readonly Lease[] }>(
    rooms.includes('gate') ? 'gate/leases' : null,
    POLL_MS,
  );
  const registry = useAsked<{ readonly items: readonly RegistryItem[] }>(
    rooms.includes('oversight') && key !== '' ? `registry?scope=${encodeURIComponent(key)}&limit=${REGISTERED}` : null,
    REGISTRY_POLL_MS,
  );
  const glances = monitor.underlyings.get(key)?.expiries ?? [];
  const items = gates.data?.items ?? [];
  const leases = new Map((handed?.leases ?? []).map((l) => [l.scope, l]));
  const changed = registry.data?.items ?? [];
  return (
    <div class="stack">
      {gates.error === '' ? null : <p role="alert">{gates.error}</p>}
      <Panel
        name="gate"
        title="Gate"
        table={() => gateTable(glances, items, leases)}
        aside={
          <span class="quiet">
            {handed === null
              ? 'as the monitor sees it; trading engines get no leases here'
              : handed.mode === 'enforcing'
                ? 'enforcing: trading engines refuse by themselves'
                : 'advisory: trading engines are told, and decide'}
          </span>
        }
      >
        {glances.length === 0 ? (
          <p class="quiet">No expiry is watched yet; the first chain of quotes brings them.</p>
        ) : (
          <Matrix glances={glances} items={items} leases={leases} />
        )}
      </Panel>
      <Panel name="registry" title="What changed" table={() => registryTable(changed)}>
        {changed.length === 0 ? (
          <p class="quiet">
            {registry.error === ''
              ? 'Nothing has been calibrated yet; the first fit is registered here.'
              : registry.error}
          </p>
        ) : (
          <DataTable table={registryTable(changed)} />
        )}
      </Panel>
    </div>
  );
}

interface MatrixProps {
  readonly glances: readonly ExpiryGlance[];
  readonly items: readonly GateItem[];
  readonly leases: ReadonlyMap<string, Lease>;
}

function Matrix({ glances, items, leases }: MatrixProps) {
  const models = gateModels(items, glances);
  return (
    <div class="scroll whole" tabIndex={0} role="region" aria-label="gate of every model on every expiry">
      <table class="matrix">
        <thead>
          <tr>
            <th scope="col">expiry</th>
            {models.map((m) => (
              <th scope="col" key={m}>
                {m}
              </th>
            ))}
            <th scope="col">loop</th>
            <th scope="col">why, since (UTC)</th>
            <th scope="col">orders</th>
          </tr>
        </thead>
        <tbody>
          {glances.map((g) => (
            <ExpiryRow
              key={g.scope}
              glance={g}
              cells={models.map((m) => gateCell(items, leases, m, g.scope))}
              models={models}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  readonly glance: ExpiryGlance;
  readonly models: readonly string[];
  readonly cells: readonly (GateCell | null)[];
}

function ExpiryRow({ glance: g, models, cells }: RowProps) {
  const { go, monitor, session } = usePage();
  const trial = trialText(g);
  const why = loopReason(g.loop_why);
  return (
    <tr data-scope={g.scope}>
      <th scope="row">
        <button type="button" class="link" onClick={() => go({ view: 'monitor', scope: g.scope })}>
          {day(g.expiry)}
        </button>{' '}
        <span class="quiet">{tenor(g.years)}</span>
      </th>
      {cells.map((cell, i) => (
        <td key={models[i]} class={models[i] === g.model ? 'serves' : undefined}>
          {cell === null ? <span class="quiet">not watched</span> : <Cell cell={cell} serves={models[i] === g.model} />}
        </td>
      ))}
      <td>
        <StateMark look={loopLook(g.loop)} />
      </td>
      <td class="why">
        {g.loop_incident === null ? (
          why
        ) : (
          <button type="button" class="link" onClick={() => go({ view: 'monitor', incident: g.loop_incident ?? '' })}>
            {why}
          </button>
        )}
        {why === '' ? loopLook(g.loop).says : ''}
        {g.loop_since === null ? null : <span class="quiet">, {moment(g.loop_since).slice(5)}</span>}
        {trial === '' ? null : <strong class="trial">{trial}</strong>}
      </td>
      <td>
        <OrderButtons
          label={`orders for ${scopeName(g.scope)}`}
          orders={expiryOrders(session, g, monitor.status?.rooms ?? [])}
        />
      </td>
    </tr>
  );
}

function Cell({ cell, serves }: { readonly cell: GateCell; readonly serves: boolean }) {
  const more = [
    ...(cell.brokenBy === '' ? [] : [`glass broken by ${cell.brokenBy}`]),
    ...(cell.multiplier === null || cell.multiplier === 1 ? [] : [`×${fixed(cell.multiplier, 1)}`]),
    ...cell.reasons,
    ...cell.wings,
  ];
  return (
    <span title={cell.since === null ? undefined : `since ${moment(cell.since)} UTC`}>
      <StateMark look={GATE_LOOK[cell.state]} />
      {serves ? <span class="serving"> serves</span> : null}
      {more.length === 0 ? null : <span class="quiet reasons">{more.join(', ')}</span>}
    </span>
  );
}
