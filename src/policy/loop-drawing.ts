import {
  LOOP_ACTIONS,
  LOOP_INPUTS,
  LOOP_STATES,
  LOOP_TABLE,
  type LoopInput,
  type LoopStateName,
} from './loop-table.ts';

/** The loop as a Mermaid state diagram: one arrow per pair of states with the inputs that lead there. */
export function drawLoop(): string {
  const lines = ['stateDiagram-v2', '  [*] --> WARMUP'];
  for (const from of LOOP_STATES) {
    const arrows = new Map<LoopStateName, LoopInput[]>();
    for (const input of inputs()) {
      const [to] = LOOP_TABLE[from][input];
      if (to !== from) arrows.set(to, [...(arrows.get(to) ?? []), input]);
    }
    for (const [to, by] of arrows) lines.push(`  ${from} --> ${to}: ${by.join(', ')}`);
  }
  return lines.join('\n');
}

/** The loop as a Markdown table: a row per input, a column per state; `.` stays without an action. */
export function tabulateLoop(): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const lines = [row(['input', ...LOOP_STATES]), row(['---', ...LOOP_STATES.map(() => '---')])];
  for (const input of inputs())
    lines.push(
      row([
        `\`${input}\``,
        ...LOOP_STATES.map((state) => {
          const [to, ...actions] = LOOP_TABLE[state][input];
          const where = to === state ? '' : to;
          return [where, ...actions].filter((w) => w !== '').join(', ') || '.';
        }),
      ]),
    );
  return lines.join('\n');
}

/** What inputs and actions mean, as two Markdown tables. */
export function explainLoop(): string {
  const table = (name: string, rows: Readonly<Record<string, string>>): string =>
    [`| ${name} | is |`, '|---|---|', ...Object.entries(rows).map(([k, v]) => `| \`${k}\` | ${v} |`)].join('\n');
  return `${table('input', LOOP_INPUTS)}\n\n${table('action', LOOP_ACTIONS)}`;
}

function inputs(): LoopInput[] {
  return Object.keys(LOOP_INPUTS) as LoopInput[];
}
