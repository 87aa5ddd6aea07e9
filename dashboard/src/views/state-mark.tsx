import type { Look, Shape } from '../gate-look.ts';

const PATHS: Readonly<Record<Shape, string>> = {
  circle: 'M8 2a6 6 0 1 0 .01 0Z',
  triangle: 'M8 1.5 15 14H1Z',
  square: 'M2.5 2.5h11v11h-11Z',
  cross: 'M3.5 1 8 5.5 12.5 1 15 3.5 10.5 8 15 12.5 12.5 15 8 10.5 3.5 15 1 12.5 5.5 8 1 3.5Z',
  ring: 'M8 2a6 6 0 1 0 .01 0ZM8 4.5a3.5 3.5 0 1 1-.01 0Z',
};

/** A state as shape and colour, with its word unless the place is too small for it (then it is said, not shown). */
export function StateMark({ look, small }: { readonly look: Look; readonly small?: boolean }) {
  return (
    <span class={`state ${look.colour}`} title={`${look.word}: ${look.says}`}>
      <svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
        <path d={PATHS[look.shape]} fill-rule="evenodd" />
      </svg>
      <span class={small === true ? 'spoken' : 'word'}>{look.word}</span>
    </span>
  );
}
