import { ACROSS, UNITS, UPS, type Across, type Unit, type Up } from '../route.ts';
import { usePage } from './context.tsx';

const ACROSS_WORDS: Readonly<Record<Across, string>> = { x: 'x', k: 'k', strike: 'strike', delta: 'delta' };
const UP_WORDS: Readonly<Record<Up, string>> = { volatility: 'vol', variance: 'variance', price: 'price' };
const UNIT_WORDS: Readonly<Record<Unit, string>> = { coin: 'coin', usd: 'USD' };

/** What stands on the axes, for all smiles at once. */
export function AxisControls() {
  const { route, go } = usePage();
  return (
    <>
      <Choice
        name="horizontal axis"
        all={ACROSS}
        now={route.across}
        words={ACROSS_WORDS}
        pick={(across) => go({ across })}
      />
      <Choice name="vertical axis" all={UPS} now={route.up} words={UP_WORDS} pick={(up) => go({ up })} />
      {route.up === 'price' ? (
        <Choice name="unit" all={UNITS} now={route.unit} words={UNIT_WORDS} pick={(unit) => go({ unit })} />
      ) : null}
    </>
  );
}

/** One of a few, all in sight. */
export function Choice<T extends string>(props: {
  readonly name: string;
  readonly all: readonly T[];
  readonly now: T;
  readonly words: Readonly<Record<T, string>>;
  readonly pick: (value: T) => void;
}) {
  return (
    <span class="choice" role="group" aria-label={props.name}>
      {props.all.map((value) => (
        <button key={value} type="button" aria-pressed={value === props.now} onClick={() => props.pick(value)}>
          {props.words[value]}
        </button>
      ))}
    </span>
  );
}
