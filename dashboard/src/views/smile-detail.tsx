import { useEffect, useRef, useState } from 'preact/hooks';
import { arbitrageReport, fitNumbers } from '../fit-reading.ts';
import { age, day, fixed, moment, NONE, percent, scopeName, significant, tenor, words } from '../format.ts';
import { GATE_LOOK } from '../gate-look.ts';
import { drawResiduals } from '../residual-drawing.ts';
import { acrossName, upName, type Axes, type Bar } from '../smile-axes.ts';
import { drawSmile, scaleOf, type Box } from '../smile-drawing.ts';
import { frameOf, nearestBar, sceneOf, type Frame, type SmileScene } from '../smile-frame.ts';
import { expiryOrders } from '../orders.ts';
import { curveOf, insideCount, residual, type SmilePicture } from '../smile-picture.ts';
import { quotesTable } from '../smile-table.ts';
import type { Fit } from '../wire.ts';
import { AxisControls } from './axis-controls.tsx';
import { OrderButtons } from './order-buttons.tsx';
import { usePage, useParts, type SmilesInView } from './context.tsx';
import { DataTable } from './data-table.tsx';
import { Panel } from './panel.tsx';
import { Picture } from './picture.tsx';
import { StateMark } from './state-mark.tsx';

const SMILE_HEIGHT = 340;
const RESIDUAL_HEIGHT = 130;
const box = (width: number, height: number, foot: number): Box => ({
  left: 40,
  top: 8,
  width: width - 52,
  height: height - 8 - foot,
});

/** One expiry enlarged: smile, residuals in half-spreads, what the fit says of itself, every quote. */
export function SmileDetail({ smiles, scope }: { readonly smiles: SmilesInView; readonly scope: string }) {
  const page = usePage();
  const { monitor, route, go } = page;
  useParts(monitor, smiles.still ? [] : ['quotes', 'curves'], 1_000);
  const picture = smiles.picture(scope);
  const at = smiles.scopes.indexOf(scope);
  const beside = (step: number): void => {
    const next = smiles.scopes[at + step];
    if (next !== undefined) go({ scope: next });
  };
  if (picture === null)
    return (
      <section class="panel" data-panel="smile">
        <p class="quiet">
          {scopeName(scope)}: nothing is known of it {route.asOf === null ? 'yet' : `as of ${moment(route.asOf)} UTC`}.{' '}
          <button type="button" class="link" onClick={() => go({ scope: '' })}>
            All expiries
          </button>
        </p>
      </section>
    );
  const { inside, used } = insideCount(picture);
  const glance = monitor.underlyings.get(page.key)?.expiries.find((e) => e.scope === scope);
  return (
    <Panel
      name="smile"
      title={`Smile of ${day(picture.expiry)}`}
      table={() => quotesTable(smiles.picture(scope) ?? picture)}
      aside={
        <span class="quiet">
          {tenor(picture.years)} · F {fixed(picture.forward, 2)} USD · at the money {percent(picture.atmVol, 2)} ·{' '}
          {inside} of {used} inside · quotes of {moment(picture.quotesAt)} UTC
        </span>
      }
      controls={
        <>
          <button type="button" onClick={() => go({ scope: '' })} title="Escape">
            All expiries
          </button>
          <button type="button" onClick={() => beside(-1)} disabled={at <= 0} aria-label="previous expiry" title="k">
            ‹
          </button>
          <button
            type="button"
            onClick={() => beside(1)}
            disabled={at < 0 || at >= smiles.scopes.length - 1}
            aria-label="next expiry"
            title="j"
          >
            ›
          </button>
          <AxisControls />
        </>
      }
    >
      <div class="detail">
        <SmilePlot smiles={smiles} scope={scope} picture={picture} />
        <FitReport picture={picture} />
        {glance === undefined || smiles.still ? null : (
          <OrderButtons
            label={`orders for ${scopeName(scope)}`}
            orders={expiryOrders(page.session, glance, monitor.status?.rooms ?? [])}
          />
        )}
      </div>
      <DataTable table={quotesTable(picture)} />
    </Panel>
  );
}

function SmilePlot(props: { readonly smiles: SmilesInView; readonly scope: string; readonly picture: SmilePicture }) {
  const { smiles, scope, picture } = props;
  const { monitor, route, palette } = usePage();
  const axes: Axes = { across: route.across, up: route.up, unit: route.unit };
  const [pointed, point] = useState<{ bar: Bar; x: number; y: number } | null>(null);
  const redraws = useRef<(() => void)[]>([]);
  const drawn = useRef<{ scene: SmileScene; frame: Frame } | null>(null);
  const chosen = pointed?.bar.quote.symbol ?? null;
  useEffect(() => {
    if (smiles.still) return undefined;
    return monitor.listen(['quotes', 'curves'], () => {
      if (monitor.touched.has(scope)) for (const redraw of redraws.current) redraw();
    });
  }, [monitor, scope, smiles.still]);
  const fresh = (): { scene: SmileScene; frame: Frame } => {
    const scene = sceneOf(smiles.picture(scope) ?? picture, axes);
    drawn.current = { scene, frame: frameOf([scene]) };
    return drawn.current;
  };
  return (
    <div class="plot">
      <p class="legend quiet" data-print>
        {upName(axes)} against {acrossName(axes)}
      </p>
      <Picture
        label={`smile of ${day(picture.expiry)}: ${upName(axes)} against ${acrossName(axes)}; the table below has every quote`}
        height={SMILE_HEIGHT}
        draw={(pen, width, height) => {
          const { scene, frame } = fresh();
          drawSmile(pen, scene, frame, box(width, height, 20), palette, { large: true, chosen });
        }}
        onReady={(redraw) => (redraws.current[0] = redraw)}
        onMove={(x, y, width, height) => {
          if (drawn.current === null) return;
          const { scene, frame } = drawn.current;
          const { px, py } = scaleOf(frame, box(width, height, 20));
          const bar = nearestBar(scene, px, py, x, y);
          point(bar === null ? null : { bar, x: Math.min(x, width - 190), y });
        }}
        onLeave={() => point(null)}
      />
      {pointed === null ? null : <Tip bar={pointed.bar} x={pointed.x} y={pointed.y} />}
      <p class="legend quiet" data-print>
        residual (market − model), half-spreads; the band is the bid-ask
      </p>
      <Picture
        label="residuals in half-spreads; the table below has every number"
        height={RESIDUAL_HEIGHT}
        draw={(pen, width, height) => {
          const { scene, frame } = drawn.current ?? fresh();
          drawResiduals(pen, scene, frame, box(width, height, 6), palette, chosen);
        }}
        onReady={(redraw) => (redraws.current[1] = redraw)}
      />
    </div>
  );
}

function Tip({ bar, x, y }: { readonly bar: Bar; readonly x: number; readonly y: number }) {
  const q = bar.quote;
  return (
    <div class="tip" style={{ left: `${x + 14}px`, top: `${y + 30}px` }}>
      <strong>{q.symbol}</strong>
      <div class="figure">
        σ {percent(q.sigmaBid, 2)} / {percent(q.sigmaAsk, 2)} · model {percent(q.model, 2)}
      </div>
      <div class="figure">
        bid {significant(q.bid)} · ask {significant(q.ask)} coin · {age(q.ageS)} old
      </div>
      {q.refused === null ? (
        <div class="figure">residual {fixed(residual(q), 2)} half-spreads</div>
      ) : (
        <div>refused: {words(q.refused)}</div>
      )}
    </div>
  );
}

function FitReport({ picture }: { readonly picture: SmilePicture }) {
  const curve = curveOf(picture, 'champion');
  const fit = curve?.fit ?? null;
  const gate = picture.gate;
  return (
    <div class="report">
      {gate === null ? null : (
        <p>
          <StateMark look={GATE_LOOK[gate.state]} />{' '}
          {gate.reasons.length === 0 ? GATE_LOOK[gate.state].says : gate.reasons.map(words).join(', ')}
        </p>
      )}
      {fit === null || curve === null ? (
        <p class="quiet">No fit is live for this expiry.</p>
      ) : (
        <>
          <h3>Why the fit stopped</h3>
          <p>
            <strong>{words(fit.status)}</strong>: {fit.reason === '' ? NONE : fit.reason}
            <br />
            <span class="quiet">
              {curve.model}, data of {moment(fit.at)} UTC, {age(fit.age_s)} old
            </span>
          </p>
          <Parameters title="Parameters" of={fit.parameters} />
          <Parameters title="What it says" of={fit.features} />
          <h3>Arbitrage</h3>
          <table>
            <tbody>
              {arbitrageReport(fit).map((f) => (
                <tr key={f.name} title={f.says}>
                  <th scope="row">{f.name}</th>
                  <td class="figure">{significant(f.value, 3)}</td>
                  <td>{f.holds === null ? 'not judged' : f.holds ? 'holds' : <strong>violated</strong>}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <Numbers fit={fit} />
        </>
      )}
    </div>
  );
}

function Parameters({ title, of }: { readonly title: string; readonly of: Fit['parameters'] }) {
  if (of.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <table>
        <tbody>
          {of.map((p) => (
            <tr key={p.name}>
              <th scope="row">{words(p.name)}</th>
              <td class="figure">{significant(p.value, 5)}</td>
              <td class="figure quiet">
                {p.standard_error === null ? 'no s.e.' : `± ${significant(p.standard_error, 2)}`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function Numbers({ fit }: { readonly fit: Fit }) {
  return (
    <details>
      <summary>Numbers of the fit</summary>
      <table>
        <tbody>
          {fitNumbers(fit).map((n) => (
            <tr key={n.name}>
              <th scope="row">{n.name}</th>
              <td class="figure">{significant(n.value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
