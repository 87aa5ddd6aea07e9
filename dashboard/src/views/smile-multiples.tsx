import { useEffect, useRef } from 'preact/hooks';
import { GATE_LOOK, gateRank } from '../gate-look.ts';
import { age, day, fixed, percent, scopeName, tenor } from '../format.ts';
import { acrossName, upName, type Axes } from '../smile-axes.ts';
import { drawSmile } from '../smile-drawing.ts';
import { frameOf, sceneOf, sharedFrame, type SmileScene } from '../smile-frame.ts';
import { insideCount, type SmilePicture } from '../smile-picture.ts';
import { worstSlice } from '../slices.ts';
import type { Table } from '../table.ts';
import type { ExpiryGlance } from '../wire.ts';
import { AxisControls } from './axis-controls.tsx';
import { usePage, useParts, type SmilesInView } from './context.tsx';
import { Panel } from './panel.tsx';
import { Picture } from './picture.tsx';
import { StateMark } from './state-mark.tsx';

const CELL_HEIGHT = 150;
const BOX = { left: 30, top: 6, right: 6, bottom: 18 };

/** All expiries side by side on shared axes; a click enlarges one. */
export function SmileMultiples({ smiles }: { readonly smiles: SmilesInView }) {
  const page = usePage();
  const { monitor, route, palette } = page;
  const axes: Axes = { across: route.across, up: route.up, unit: route.unit };
  const redraws = useRef(new Map<string, () => void>());
  const shared = useRef(sharedFrame([]));
  shared.current = sharedFrame(scenesOf(smiles, axes));
  useParts(monitor, ['incidents'], 1_000);
  useEffect(() => {
    if (smiles.still) return undefined;
    return monitor.listen(['quotes', 'curves'], () => {
      const began = performance.now();
      for (const scope of monitor.touched) redraws.current.get(scope)?.();
      measure('vernier-smiles', began);
    });
  }, [smiles.still, monitor]);
  const glance = new Map((monitor.underlyings.get(page.key)?.expiries ?? []).map((e) => [e.scope, e]));
  const worst = smiles.still ? null : worstSlice([...glance.values()], monitor.incidents.values());
  return (
    <Panel
      name="smiles"
      title="Smiles"
      table={() => smilesTable(smiles, glance)}
      aside={
        worst === null ? null : (
          <button type="button" class="link" onClick={() => page.go({ scope: worst.slice.scope })} title="w">
            worst: {scopeName(worst.slice.scope)}, {worst.why}
          </button>
        )
      }
      controls={<AxisControls />}
    >
      <p class="legend quiet" data-print>
        {upName(axes)} against {acrossName(axes)}
      </p>
      <Legend challenged={smiles.scopes.some((s) => smiles.picture(s)?.curves.some((c) => c.role === 'challenger'))} />
      <div class="multiples">
        {smiles.scopes.map((scope) => {
          const picture = smiles.picture(scope);
          if (picture === null) return null;
          return (
            <SmileCell
              key={scope}
              picture={picture}
              glance={smiles.still ? null : (glance.get(scope) ?? null)}
              worst={scope === worst?.slice.scope}
              ownScale={shared.current.own.has(scope)}
              draw={(pen, width, height) => {
                const now = smiles.picture(scope);
                if (now === null) return;
                const scene = sceneOf(now, axes);
                const { frame, own } = shared.current;
                const alone = axes.up !== 'volatility' || own.has(scope) ? frameOf([scene]) : null;
                const across = axes.across === 'x' || axes.across === 'delta' ? frame.across : frameOf([scene]).across;
                const shown = { across, up: alone?.up ?? frame.up };
                drawSmile(pen, scene, shown, inner(width, height), palette, { large: false, chosen: null });
              }}
              onReady={(redraw) => redraws.current.set(scope, redraw)}
            />
          );
        })}
      </div>
    </Panel>
  );
}

const inner = (width: number, height: number) => ({
  left: BOX.left,
  top: BOX.top,
  width: width - BOX.left - BOX.right,
  height: height - BOX.top - BOX.bottom,
});

/** Every smile on the chosen axes. */
function scenesOf(smiles: SmilesInView, axes: Axes): SmileScene[] {
  return smiles.scopes.flatMap((scope) => {
    const picture = smiles.picture(scope);
    return picture === null ? [] : [sceneOf(picture, axes)];
  });
}

const MEASURES = 200;
let measured = 0;

/** Leaves what a redraw took where the browser's own tools (and the tests) find it; bounded. */
function measure(name: string, began: number): void {
  if (++measured > MEASURES) {
    performance.clearMeasures(name);
    measured = 0;
  }
  performance.measure(name, { start: began, end: performance.now() });
}

interface CellProps {
  readonly picture: SmilePicture;
  readonly glance: ExpiryGlance | null;
  readonly worst: boolean;
  /** Whether it stands on a vertical scale of its own. */
  readonly ownScale: boolean;
  readonly draw: Parameters<typeof Picture>[0]['draw'];
  readonly onReady: (redraw: () => void) => void;
}

function SmileCell({ picture, glance, worst, ownScale, draw, onReady }: CellProps) {
  const { go } = usePage();
  const gate = glance?.gate ?? picture.gate;
  return (
    <div
      class={`cell${worst && gate !== null && gateRank(gate.state) > 0 ? ' is-worst' : ''}`}
      data-scope={picture.scope}
    >
      <button type="button" class="cell-open" onClick={() => go({ scope: picture.scope })}>
        <span class="spoken">Enlarge </span>
        <span class="cell-head">
          {gate === null ? null : <StateMark look={GATE_LOOK[gate.state]} small />}
          <strong data-print>{day(picture.expiry)}</strong>
          <span class="quiet" data-print>
            {tenor(picture.years)}
          </span>
          <span class="figure push" data-print title="at-the-money volatility">
            {percent(picture.atmVol)}
          </span>
        </span>
        <Picture label="" height={CELL_HEIGHT} draw={draw} onReady={onReady} />
        <span class="cell-foot quiet figure">
          {glance === null ? (
            <span>{picture.quotesAt === null ? 'no quotes kept for this time' : 'as it was'}</span>
          ) : (
            <>
              <span title="prediction error in its own standard deviations">PZ {fixed(glance.pz, 2)}</span>
              <span title="predictions inside the bid-ask">in {percent(glance.inside_share, 0)}</span>
              {ownScale ? (
                <strong title="reaches far beyond the other smiles, which share one">own scale</strong>
              ) : (
                <span title="age of the fit">{age(glance.age_s)}</span>
              )}
            </>
          )}
        </span>
      </button>
    </div>
  );
}

function Legend({ challenged }: { readonly challenged: boolean }) {
  return (
    <ul class="legend-keys quiet">
      <li class="key-bar">bid-ask</li>
      <li class="key-model">model ± 1 s.e.</li>
      {challenged ? <li class="key-challenger">challenger on trial</li> : null}
      <li class="key-mark">venue mark</li>
      <li class="key-refused">refused</li>
      <li class="key-buy">bought</li>
      <li class="key-sell">sold</li>
    </ul>
  );
}

function smilesTable(smiles: SmilesInView, glance: ReadonlyMap<string, ExpiryGlance>): Table {
  return {
    caption: 'Every expiry: level, gate, scores and how many quotes hold the model',
    columns: [
      { name: 'expiry' },
      { name: 'gate' },
      { name: 'forward', unit: 'USD', decimals: 2 },
      { name: 'at the money', unit: '%', decimals: 2 },
      { name: 'PZ', unit: 'sd', decimals: 2 },
      { name: 'inside now', unit: 'quotes', decimals: 0 },
      { name: 'used', unit: 'quotes', decimals: 0 },
      { name: 'refused', unit: 'quotes', decimals: 0 },
      { name: 'fit age', unit: 's', decimals: 0 },
      { name: 'half-life', unit: 's', decimals: 0 },
      { name: 'reasons' },
    ],
    rows: smiles.scopes.flatMap((scope) => {
      const picture = smiles.picture(scope);
      if (picture === null) return [];
      const g = smiles.still ? undefined : glance.get(scope);
      const { inside, used } = insideCount(picture);
      const gate = g?.gate ?? picture.gate;
      return [
        [
          picture.expiry.slice(0, 10),
          gate?.state ?? '',
          picture.forward,
          100 * picture.atmVol,
          g?.pz ?? null,
          inside,
          used,
          picture.quotes.length - used,
          g?.age_s ?? null,
          g?.half_life_s ?? null,
          gate?.reasons.join(' ') ?? '',
        ],
      ];
    }),
  };
}
