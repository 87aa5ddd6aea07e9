import { age, fixed, moment, NONE, words } from '../format.ts';
import { counts, PULSE_ROWS, pulseValue, type PulseRow } from '../health-rows.ts';
import type { Table } from '../table.ts';
import { inForce } from '../orders.ts';
import type { Feed, OrdersInForce } from '../wire.ts';
import { useAsked, usePage, useParts } from './context.tsx';
import { DataTable } from './data-table.tsx';
import { OrderButtons } from './order-buttons.tsx';
import { Panel } from './panel.tsx';
import { Picture } from './picture.tsx';
import type { Tab } from './tabs.ts';

/** The monitor's own pulse: a verdict is worth no more than the machine that gives it. */
export const healthTab: Tab = {
  name: 'health',
  word: 'Health',
  says: 'the monitor itself: pulse, feeds, what was refused',
  View: HealthView,
  ofMonitor: true,
};

function HealthView() {
  const { monitor } = usePage();
  useParts(monitor, ['health', 'status'], 900);
  const { health } = monitor;
  const refused = counts(health, 'refused_by_reason');
  const dropped = counts(health, 'clients_dropped');
  const log = health?.['log_state'];
  return (
    <div class="columns">
      <Panel
        name="pulse"
        title="Pulse"
        table={() => pulseTable(monitor.health)}
        aside={
          <span class="quiet">log {typeof log === 'string' ? log : 'state unknown'}; the last ten minutes at most</span>
        }
      >
        <table class="pulse">
          <tbody>
            {PULSE_ROWS.map((row) => (
              <PulseLine key={row.name} row={row} />
            ))}
          </tbody>
        </table>
      </Panel>
      <div>
        <Panel name="feeds" title="Feeds" table={() => feedsTable(monitor.feeds)}>
          <DataTable table={feedsTable(monitor.feeds)} />
        </Panel>
        <Panel
          name="refused"
          title="Refused, by reason"
          table={() => countsTable('Data that was refused, by reason', refused)}
          aside={<span class="quiet">quotes that calibration does not use, and data refused at the border</span>}
        >
          {refused.length === 0 ? <p class="quiet">Nothing was refused.</p> : <Bars of={refused} />}
        </Panel>
        <Orders />
        {dropped.length === 0 ? null : (
          <Panel
            name="dropped"
            title="Readers dropped"
            table={() => countsTable('Readers dropped, by reason', dropped)}
          >
            <Bars of={dropped} />
          </Panel>
        )}
      </div>
    </div>
  );
}

/** What people have ordered: who, why, until when, and its end. */
function Orders() {
  const { monitor, session } = usePage();
  const rooms = monitor.status?.rooms ?? [];
  const { data, error } = useAsked<OrdersInForce>(rooms.includes('oversight') ? 'oversight' : null, 2_000);
  if (data === null) return error === '' ? null : <p role="alert">{error}</p>;
  const all = inForce(session, data, rooms);
  const table = (): Table => ({
    caption: 'What people have ordered and is in force',
    columns: [{ name: 'order' }, { name: 'on' }, { name: 'by' }, { name: 'until or since (UTC)' }, { name: 'why' }],
    rows: all.map((o) => [o.what, o.on, o.by, moment(o.time), o.note]),
  });
  return (
    <Panel name="orders" title="Orders in force" table={table}>
      {all.length === 0 ? <p class="quiet">Nobody has ordered anything that is still in force.</p> : null}
      <ul class="orders-in-force">
        {all.map((o) => (
          <li key={`${o.what}${o.on}`}>
            <strong>{o.what}</strong> {o.on}{' '}
            <span class="quiet">
              {o.what === 'manual' ? `since ${moment(o.time)}` : `by ${o.by} until ${moment(o.time)}: ${o.note}`}
            </span>
            {o.end === null ? null : <OrderButtons label={`end of ${o.what} on ${o.on}`} orders={[o.end]} />}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function PulseLine({ row }: { readonly row: PulseRow }) {
  const { monitor, palette } = usePage();
  const value = pulseValue(monitor.health, row);
  return (
    <tr>
      <th scope="row">{row.label}</th>
      <td class="figure">
        {row.name === 'uptime_s' ? age(value) : value === null ? NONE : fixed(value, row.decimals)}{' '}
        <span class="unit">{row.name === 'uptime_s' ? '' : row.unit}</span>
      </td>
      <td class="trace">
        {row.traced ? (
          <Picture
            label={`${row.label} of the last minutes`}
            height={22}
            draw={(pen, width, height) => {
              const values = monitor.pulses.map((p) => pulseValue(p.health, row) ?? 0);
              const high = Math.max(...values, 1e-9);
              pen.strokeStyle = palette.accent;
              pen.lineWidth = 1;
              pen.beginPath();
              values.forEach((v, i) => {
                const x = (width * (i + 1)) / Math.max(60, values.length);
                const y = height - 2 - (height - 4) * (v / high);
                if (i === 0) pen.moveTo(x, y);
                else pen.lineTo(x, y);
              });
              pen.stroke();
            }}
          />
        ) : null}
      </td>
    </tr>
  );
}

function Bars({ of }: { readonly of: readonly [string, number][] }) {
  const most = of[0]?.[1] ?? 1;
  return (
    <table class="bars">
      <tbody>
        {of.map(([reason, n]) => (
          <tr key={reason}>
            <th scope="row">{words(reason)}</th>
            <td class="figure">{fixed(n, 0)}</td>
            <td>
              <svg viewBox="0 0 100 8" width="100" height="8" aria-hidden="true" preserveAspectRatio="none">
                <rect width={(100 * n) / most} height="8" class="meter-fill" />
              </svg>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function pulseTable(health: Parameters<typeof pulseValue>[0]): Table {
  return {
    caption: "The monitor's own pulse",
    columns: [{ name: 'what' }, { name: 'value' }, { name: 'unit' }],
    rows: PULSE_ROWS.map((row) => [row.label, pulseValue(health, row), row.unit]),
  };
}

function countsTable(caption: string, of: readonly [string, number][]): Table {
  return { caption, columns: [{ name: 'reason' }, { name: 'count', decimals: 0 }], rows: of };
}

function feedsTable(feeds: readonly Feed[]): Table {
  return {
    caption: `${feeds.length} feed${feeds.length === 1 ? '' : 's'}`,
    columns: [
      { name: 'venue' },
      { name: 'state' },
      { name: 'frames', unit: '/s', decimals: 0 },
      { name: 'quotes', unit: '/s', decimals: 0 },
      { name: 'lag p99', unit: 'ms', decimals: 0 },
      { name: 'queue', decimals: 0 },
      { name: 'dropped', unit: 'quotes', decimals: 0 },
      { name: 'clock offset', unit: 'ms', decimals: 1 },
      { name: 'last gap (UTC)' },
      { name: 'reason' },
    ],
    rows: feeds.map((f) => [
      f.venue,
      f.state,
      f.frames_per_s,
      f.quotes_per_s,
      f.lag_p99_ms,
      f.queue,
      f.dropped_quotes,
      f.clock_offset_ms,
      f.last_gap === null ? 'none' : moment(f.last_gap.at),
      f.last_gap?.reason ?? '',
    ]),
  };
}
