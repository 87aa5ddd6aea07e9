import { test } from 'node:test';
import assert from 'node:assert/strict';
import { actOf, KEYS, nextSpeed } from '../../dashboard/src/keymap.ts';

const press = (key: string, of: Partial<Record<'ctrlKey' | 'metaKey' | 'altKey', boolean>> = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...of,
});
const BODY = { tag: 'BODY', editable: false };

test('no key does two things, and every key says what it does', () => {
  const all = KEYS.flatMap((k) => k.keys);
  assert.equal(new Set(all).size, all.length);
  for (const key of KEYS) assert.ok(key.does.length > 3, key.act);
});

test('keys typed into a field, with a modifier, or for a recording that is not there, are left alone', () => {
  assert.equal(actOf(press('w'), BODY, false), 'worst-slice');
  assert.equal(actOf(press('c', { ctrlKey: true }), BODY, false), null, 'copying copies');
  assert.equal(actOf(press('w'), { tag: 'INPUT', editable: false }, false), null);
  assert.equal(actOf(press('Escape'), { tag: 'INPUT', editable: false }, false), 'back');
  assert.equal(actOf(press(' '), BODY, false), null);
  assert.equal(actOf(press(' '), BODY, true), 'play');
  assert.equal(actOf(press(' '), { tag: 'BUTTON', editable: false }, true), null, 'space presses the button');
  assert.equal(actOf(press('q'), BODY, true), null);
});

test('speeds step up and down and stop at the ends', () => {
  assert.equal(nextSpeed(60, 1), 100);
  assert.equal(nextSpeed(60, -1), 50);
  assert.equal(nextSpeed(10_000, 1), 10_000);
  assert.equal(nextSpeed(0.5, -1), 1);
});
