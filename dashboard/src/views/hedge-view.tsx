import { age, moment, words } from '../format.ts';
import { drawSlopes, drawWaterfall, regimeColour, slopesHeight } from '../hedge-drawing.ts';
import {
  championTable,
  contestTable,
  explainTable,
  fundingTable,
  slopeTable,
  targetTable,
  type Hedge,
  type HedgeTarget,
} from '../hedge-reading.ts';
import { GATE_LOOK } from '../gate-look.ts';
import { useAsked, usePage } from './context.tsx';
import { DataTable } from './data-table.tsx';
import { Panel } from './panel.tsx';
import { Picture } from './picture.tsx';
import { StateMark } from './state-mark.tsx';
import type { Tab } from './tabs.ts';

/** Hedging models against what prices then did. */
export const hedgeTab: Tab = {
  name: 'hedge',
  word: 'Hedge',
  says: 'hedging models against realised prices, the hedge to hold, a change in value explained',
  View: HedgeView,
  offered: (monitor) => monitor.status?.rooms?.includes('hedge') ?? false,
};

const POLL_MS = 10_000;
const AFTER = 'Stands here after the first horizon of five minutes.';
const NOT_YET =
  'The first horizon of five minutes has not ended yet: hedging models are judged by the prices at its end. It needs quotes minutes apart; for snapshots hours apart there is vernier hedge.';
const REGIMES = ['any', 'volatility-against-spot', 'volatility-with-spot', 'unclear', 'stress'] as const;

function HedgeView() {
  const { key, palette } = usePage();
  const path = key === '' ? null : `hedge/${encodeURIComponent(key)}`;
  const { data: hedge, error } = useAsked<Hedge>(path, POLL_MS);
  const { data: target } = useAsked<HedgeTarget>(path === null ? null : `${path}/target`, POLL_MS);
  const judged = (hedge?.buckets.length ?? 0) > 0;
  return (
    <>
      {error === '' ? null : <p role="alert">{error}</p>}
      {(hedge?.open ?? []).map((i) => (
        <p class="broken" role="status" key={i.id}>
          ✕ {words(i.cause)} {i.scope.split(':hedge/')[1] ?? i.scope}, since {moment(i.opened)} UTC
        </p>
      ))}
      <div class="columns">
        <Panel
          name="slopes"
          title="Greeks against realised prices"
          table={() => slopeTable(hedge)}
          aside={
            hedge === null ? null : (
              <>
                <StateMark look={GATE_LOOK[hedge.gate.state]} />
                <span class="quiet">
                  {[
                    ...hedge.gate.reasons.map(words),
                    `regime now: ${words(hedge.regime)}`,
                    ...(hedge.judged_at === null ? [] : [`last horizon ${moment(hedge.judged_at)} UTC`]),
                  ].join(' · ')}
                </span>
              </>
            )
          }
        >
          {hedge === null || !judged ? (
            <p class="quiet">{NOT_YET}</p>
          ) : (
            <Picture
              label="slope of realised on predicted moves per bucket with 95 % interval, by regime; the table has the numbers"
              height={slopesHeight(hedge.buckets.length)}
              draw={(pen, w, h) => drawSlopes(pen, hedge, w, h, palette)}
            />
          )}
          <p class="legend quiet">
            {REGIMES.map((r) => (
              <span key={r}>
                <span style={{ color: regimeColour(r, palette) }}>●</span>{' '}
                {r === 'any' ? 'all hours' : r.replaceAll('-', ' ')}{' '}
              </span>
            ))}
            ; 1 = prices moved as predicted. A slope belongs to its regime; it is no error of a model by itself.
          </p>
        </Panel>
        <div>
          <Panel name="target" title="The hedge to hold" table={() => targetTable(target)}>
            <DataTable table={targetTable(target)} />
            {target === null ? null : (
              <p class="quiet">
                {target.options} options, {target.unpriced} of them without a ratio; ratios of {moment(target.as_of)}{' '}
                UTC, {age(target.age_s)} old
              </p>
            )}
          </Panel>
          <Panel
            name="explained"
            title="A day's change in value"
            table={() => explainTable(hedge)}
            aside={
              <span class="quiet">
                {hedge?.explained.basis === 'book' ? 'options held, coin' : 'one coin of every option, coin'}
              </span>
            }
          >
            {hedge === null || hedge.explained.from === null ? (
              <p class="quiet">{AFTER}</p>
            ) : (
              <Picture
                label="parts of the change in value; the table has the numbers"
                height={200}
                draw={(pen, w, h) => drawWaterfall(pen, hedge, w, h, palette)}
              />
            )}
          </Panel>
          <Panel name="funding" title="Funding and basis" table={() => fundingTable(hedge)}>
            <DataTable table={fundingTable(hedge)} />
          </Panel>
        </div>
      </div>
      <Panel name="champions" title="Who is relied on" table={() => championTable(hedge)}>
        {judged ? <DataTable table={championTable(hedge)} /> : <p class="quiet">{AFTER}</p>}
      </Panel>
      <Panel name="contest" title="Competition" table={() => contestTable(hedge)}>
        {judged ? <DataTable table={contestTable(hedge)} /> : <p class="quiet">{AFTER}</p>}
      </Panel>
    </>
  );
}
