import { drawCreditHistory, drawHazards, drawInnovations } from '../credit-drawing.ts';
import {
  contributorTable,
  creditHistoryTable,
  curveName,
  hazardTable,
  nodeTable,
  quoteText,
  type CreditCurve,
  type CreditGlance,
} from '../credit-reading.ts';
import { age, fixed, moment, percent, words } from '../format.ts';
import { GATE_LOOK } from '../gate-look.ts';
import { useAsked, usePage } from './context.tsx';
import { DataTable } from './data-table.tsx';
import { Panel } from './panel.tsx';
import { Picture } from './picture.tsx';
import { StateMark } from './state-mark.tsx';
import type { Tab } from './tabs.ts';

/** Hazard curves: in force with their band, the next quotes against them, the certificate, who quotes, and history. */
export const creditTab: Tab = {
  name: 'credit',
  word: 'Credit',
  says: 'hazard curves: bands, next quotes, certificate, contributors',
  View: CreditView,
  offered: (monitor) => monitor.status?.rooms?.includes('credit') ?? false,
  alone: true,
};

const POLL_MS = 2_000;

function CreditView() {
  const { route, go } = usePage();
  const { data: page, error } = useAsked<{ readonly items: readonly CreditGlance[] }>('credit', POLL_MS);
  const curves = page?.items ?? [];
  const chosen = curves.find((c) => c.key === route.scope)?.key ?? curves[0]?.key ?? null;
  const { data: curve } = useAsked<CreditCurve>(
    chosen === null ? null : `credit/${encodeURIComponent(chosen)}`,
    POLL_MS,
  );
  if (curves.length === 0)
    return (
      <p class="quiet wait">
        {error === ''
          ? 'No credit curve has been quoted yet. vernier credit watch --quotes STREAM.csv --terms TERMS.yaml --serve brings them.'
          : error}
      </p>
    );
  return (
    <div>
      <nav class="choices" aria-label="credit curves">
        {curves.map((c) => (
          <button type="button" key={c.key} aria-pressed={c.key === chosen} onClick={() => go({ scope: c.key })}>
            <StateMark look={GATE_LOOK[c.gate.state]} small /> {curveName(c.key)}
            {c.incidents.length === 0 ? null : <span class="unit"> {c.incidents.length} open</span>}
          </button>
        ))}
      </nav>
      {curve === null ? <p class="quiet">…</p> : <OneCurve curve={curve} />}
    </div>
  );
}

function OneCurve({ curve }: { readonly curve: CreditCurve }) {
  const { palette } = usePage();
  return (
    <>
      <div class="columns">
        <Panel
          name="hazards"
          title="Hazard rates"
          table={() => hazardTable(curve)}
          aside={
            <span class="quiet">
              {curve.at === null ? '' : `${moment(curve.at)} UTC; band: two standard errors from half-spreads`}
            </span>
          }
        >
          <Picture
            label="forward hazard rates as steps with their band; the table has the numbers"
            height={230}
            draw={(pen, w, h) => drawHazards(pen, curve, w, h, palette)}
          />
        </Panel>
        <Panel name="certificate" title="Certificate" table={() => nodeTable(curve)}>
          <Certificate curve={curve} />
        </Panel>
      </div>
      <div class="columns">
        <Panel
          name="innovations"
          title="Next quotes against their prediction"
          table={() => nodeTable(curve)}
          aside={<span class="quiet">inside the band: between bid and ask</span>}
        >
          <Picture
            label="the newest quote of each node less its prediction, in half-spreads; the table has the numbers"
            height={170}
            draw={(pen, w, h) => drawInnovations(pen, curve, w, h, palette)}
          />
        </Panel>
        <Panel name="credit-history" title="History" table={() => creditHistoryTable(curve)}>
          <Picture
            label="error of the predictions over time in half-spreads; the table has the numbers"
            height={170}
            draw={(pen, w, h) => drawCreditHistory(pen, curve, w, h, palette)}
          />
        </Panel>
      </div>
      <div class="stack">
        <Panel name="nodes" title="Nodes" table={() => nodeTable(curve)}>
          <DataTable table={nodeTable(curve)} />
        </Panel>
        <Panel name="contributors" title="Contributors" table={() => contributorTable(curve)}>
          <DataTable table={contributorTable(curve)} />
        </Panel>
      </div>
    </>
  );
}

function Certificate({ curve }: { readonly curve: CreditCurve }) {
  const { certificate, terms, gate } = curve;
  const five = curve.nodes.find((n) => n.node === '5Y') ?? curve.nodes[0];
  const rows: readonly (readonly [string, string])[] = [
    ['gate', `${gate.state}${gate.reasons.length === 0 ? '' : `: ${gate.reasons.map(words).join(', ')}`}`],
    ['open', curve.incidents.map((i) => `${words(i.cause)} (${i.scope.slice(curve.key.length + 1) || 'the curve'})`).join(', ') || 'nothing'],
    ['loop', curve.loop.toLowerCase()],
    [five === undefined ? 'quote' : five.node, five === undefined ? '–' : `${quoteText(five.mid, five.quote_type)} ± ${quoteText(five.half_spread, five.quote_type)}`],
    ['next quotes', `PZ ${fixed(curve.pz)}, ${percent(curve.inside_share, 0)} inside bid and ask`],
    ['re-priced to', certificate === null ? '–' : `${certificate.rms_half_spreads.toExponential(1)} half-spreads rms`],
    ['nearest arbitrage', certificate === null ? '–' : `${certificate.nearest_arbitrage}, ${fixed(certificate.to_arbitrage_half_spreads, 1)} half-spreads away`],
    ['moved beyond its quotes', curve.unexplained_move_se === null ? '–' : `${fixed(curve.unexplained_move_se)} standard errors`],
    ['oldest quote', certificate === null ? '–' : age(certificate.oldest_quote_s)],
    ['terms', terms === null ? 'not stated' : `recovery ${percent(terms.recovery, 0)}, ${terms.accrual} accrual, ${terms.roll} roll`],
    ['event', terms?.event_definition ?? '–'],
  ]; // prettier-ignore
  return (
    <table class="money">
      <tbody>
        {rows.map(([name, value]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
