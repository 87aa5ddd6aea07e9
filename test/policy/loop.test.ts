/** The loop's table: every state times every input; what must never happen, and its clocks. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  LOOP_ACTIONS,
  LOOP_INPUTS,
  LOOP_STATES,
  LOOP_TABLE,
  type LoopInput,
  type LoopStateName,
} from '../../src/policy/loop-table.ts';
import { initLoop, loopNoise, loopStep, loopWidth, mayGoLive, type LoopState } from '../../src/policy/loop.ts';
import { DOCUMENT, redraw } from '../../tools/draw-loop.ts';

const INPUTS = Object.keys(LOOP_INPUTS) as LoopInput[];
const AT = Date.UTC(2026, 0, 15);
const MINUTE = 60_000;
const inState = (state: LoopStateName): LoopState => ({ ...initLoop(), state, since: AT });
const cells = LOOP_STATES.flatMap((state) => INPUTS.map((input) => ({ state, input, cell: LOOP_TABLE[state][input] })));
const FITS = new Set(['fit', 'fit-level-skew', 'fit-challengers']);
const CHANGES = new Set(['promote', 'roll-back', 'open-trial', 'stand-in']);

/** Asserts that a property holds of every cell, naming those of which it does not. */
function always(says: string, holds: (c: (typeof cells)[number]) => boolean): void {
  const wrong = cells.filter((c) => !holds(c)).map((c) => `${c.state} x ${c.input} -> ${c.cell.join(' ')}`);
  assert.deepEqual(wrong, [], says);
}

test('every state answers every input with a state and known actions, and nothing else', () => {
  assert.equal(cells.length, 9 * 24);
  for (const state of LOOP_STATES) assert.deepEqual(Object.keys(LOOP_TABLE[state]).sort(), [...INPUTS].sort());
  always('known names', ({ cell: [to, ...actions] }) => LOOP_STATES.includes(to) && actions.every((a) => a in LOOP_ACTIONS)); // prettier-ignore
});

test('stepping is the table: every state times every input', () => {
  for (const { state, input, cell } of cells) {
    const before = inState(state);
    const copy = structuredClone(before);
    const { loop, actions } = loopStep(before, input, AT + 1);
    assert.deepEqual([loop.state, ...actions], [...cell], `${state} x ${input}`);
    assert.equal(loop.since, loop.state === state ? AT : AT + 1);
    assert.deepEqual(before, copy, 'the step is pure');
  }
});

test('a data fault vetoes: it leads to quarantine (or stays manual), nothing is fitted, nothing goes live', () => {
  always('data-fault', ({ state, input, cell: [to, ...actions] }) =>
    input !== 'data-fault' || (to === (state === 'MANUAL' ? 'MANUAL' : 'QUARANTINE') && !actions.some((a) => FITS.has(a) || CHANGES.has(a)))); // prettier-ignore
  const leaves = INPUTS.filter((i) => LOOP_TABLE.QUARANTINE[i].length > 1);
  assert.deepEqual(leaves, ['first', 'unfit', 'breach', 'age', 'event', 'stress'], 'only closes without a data fault lead to a fit'); // prettier-ignore
  assert.equal(LOOP_TABLE.QUARANTINE.refit[0], 'QUARANTINE', 'not even an operator refits on bad data');
  assert.equal(mayGoLive(inState('QUARANTINE')), false);
});

test('under stress the structure is frozen: level and skew only, no trial, no promotion; holding fits nothing', () => {
  always('stress', ({ state, input, cell: [to, ...actions] }) =>
    (state !== 'STRESS' && to !== 'STRESS') || to !== 'STRESS' || input === undefined ||
    (!actions.includes('fit') && !actions.includes('fit-challengers') && !actions.some((a) => CHANGES.has(a)))); // prettier-ignore
  always('hold', ({ cell: [to, ...actions] }) => to !== 'HOLD' || !actions.some((a) => FITS.has(a) || CHANGES.has(a)));
  always('the way out is staged', ({ state, cell: [to, ...actions] }) =>
    !(['STRESS', 'HOLD'].includes(state) && !['STRESS', 'HOLD'].includes(to)) || actions.includes('start-re-entry')); // prettier-ignore
});

test('in MANUAL only an operator moves anything; every state can be left for it', () => {
  for (const input of INPUTS) {
    const cell = LOOP_TABLE.MANUAL[input];
    if (input === 'resume') assert.equal(cell[0], 'DRIFT');
    else assert.deepEqual(cell, input === 'refit' ? ['MANUAL', 'fit'] : ['MANUAL']);
  }
  for (const state of LOOP_STATES) assert.equal(LOOP_TABLE[state].manual[0], 'MANUAL');
});

test('families change only in SHADOW, by proof or approval; whoever leaves a trial closes or decides it', () => {
  always('promote', ({ state, input, cell }) => !cell.includes('promote') || (state === 'SHADOW' && (input === 'won' || input === 'approve'))); // prettier-ignore
  always('leaving', ({ state, cell: [to, ...actions] }) =>
    state !== 'SHADOW' || to === 'SHADOW' || actions.includes('close-trial') || actions.includes('promote')); // prettier-ignore
  always('entering', ({ state, cell: [to, ...actions] }) => to !== 'SHADOW' || state === 'SHADOW' || actions.includes('open-trial')); // prettier-ignore
});

test('every state is reached from WARMUP, and HEALTHY from every state', () => {
  const reach = (from: LoopStateName): Set<LoopStateName> => {
    const seen = new Set<LoopStateName>([from]);
    for (const state of seen) for (const input of INPUTS) seen.add(LOOP_TABLE[state][input][0]);
    return seen;
  };
  assert.equal(reach('WARMUP').size, LOOP_STATES.length);
  for (const state of LOOP_STATES) assert.ok(reach(state).has('HEALTHY'), state);
});

test('re-entry: twice the width for ten minutes, one and a half for five, then one; stress begins it anew', () => {
  let loop = loopStep(inState('HEALTHY'), 'stress', AT).loop;
  assert.equal(loopWidth(loop, AT + 5 * MINUTE), 2);
  assert.equal(loopNoise(loop), 10);
  loop = loopStep(loop, 'quiet', AT + 20 * MINUTE).loop;
  loop = loopStep(loop, 'accepted', AT + 20 * MINUTE + 50).loop;
  assert.equal(loop.state, 'HEALTHY');
  assert.equal(loopNoise(loop), 1);
  const widths = [0, 9.9, 10, 14.9, 15].map((m) => loopWidth(loop, AT + (20 + m) * MINUTE));
  assert.deepEqual(widths, [2, 2, 1.5, 1.5, 1]);
  const again = loopStep(loop, 'stress', AT + 25 * MINUTE).loop;
  assert.equal(again.reentryAt, null);
  assert.equal(loopWidth(again, AT + 60 * MINUTE), 2);
  const over = loopStep(loop, 'quiet', AT + 35 * MINUTE).loop;
  assert.equal(over.reentryAt, null);
});

test('what comes to nothing is retried ever more slowly, and success forgives', () => {
  let loop = inState('RECALIBRATING');
  const waits: number[] = [];
  for (let i = 0; i < 8; i++) {
    loop = loopStep({ ...loop, state: 'RECALIBRATING' }, 'refused', AT).loop;
    waits.push((loop.retryAt - AT) / 1000);
  }
  assert.deepEqual(waits, [2, 4, 8, 16, 32, 64, 64, 64]);
  loop = loopStep(loop, 'accepted', AT).loop;
  assert.equal(loop.failures, 0);
  assert.equal(loop.retryAt, -Infinity);
});

test('the document shows the table as it is', () => {
  const text = readFileSync(DOCUMENT, 'utf8');
  assert.equal(redraw(text), text, 'run node tools/draw-loop.ts');
});
