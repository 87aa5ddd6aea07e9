/** The examples of docs/library.md, run as they stand: what each line prints is written behind it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as numeric from '../../src/library/numeric.ts';
import * as surface from '../../src/library/surface.ts';
import { ROOT } from '../shared.ts';

const MODULES: Readonly<Record<string, object>> = { 'vernier/numeric': numeric, 'vernier/surface': surface };
const text = readFileSync(join(ROOT, 'docs/library.md'), 'utf8');
const examples = [...text.matchAll(/```js\n([\s\S]*?)```/g)].map((m) => m[1]);

test('docs/library.md has examples', () => assert.ok(examples.length >= 4));

examples.forEach((source, i) =>
  test(`example ${i + 1} prints what it says`, () => {
    const expected = [...source.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map((m) => m[1]);
    const printed: string[] = [];
    const body = source.replace(/import \{([^}]*)\} from '([^']+)';/g, (_, names: string, module: string) => {
      const known = MODULES[module];
      for (const name of names.split(','))
        assert.ok(known !== undefined && name.trim() in known, `${module} exports ${name}`);
      return `const {${names}} = modules['${module}'];`;
    });
    // eslint-disable-next-line no-implied-eval -- the document's own text is what is under test
    const run = new Function('modules', 'console', body) as (modules: object, console: object) => void;
    run(MODULES, { log: (...values: unknown[]) => printed.push(values.join(' ')) });
    assert.ok(expected.length > 0);
    assert.deepEqual(printed, expected);
  }),
);
