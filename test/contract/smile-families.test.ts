import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { SMILE_FAMILIES, SURFACE_FAMILIES, smileFamilyNamed, surfaceFamilyNamed } from '../../src/surface/registry.ts';
import { smileFamilyContract, type Exceptions } from './smile-family.ts';

const EXCEPTIONS: Record<string, Exceptions> = {
  // One expiry does not tell kappa, theta and v0 of Heston apart.
  heston: { ridge: true, exactFit: 1e-3 },
  // The spline's knots follow the quotes, and its roughness penalty keeps it off its own exact smile.
  spline: { exactFit: 1e-3 },
};

for (const family of SMILE_FAMILIES) smileFamilyContract(family, EXCEPTIONS[family.name]);

test('the registry holds every family of the room, each under its own name', () => {
  const room = new URL('../../src/surface/', import.meta.url);
  const declared: string[] = [];
  for (const file of readdirSync(room)) {
    const code = readFileSync(new URL(file, room), 'utf8');
    for (const m of code.matchAll(/^export const (\w+): (SmileFamily|SurfaceFamily) =/gm)) declared.push(m[1]);
  }
  const registry = readFileSync(new URL('registry.ts', room), 'utf8');
  for (const name of declared)
    assert.match(registry, new RegExp(`import \\{[^}]*\\b${name}\\b`), `${name} is not registered`);
  assert.equal(declared.length, SMILE_FAMILIES.length + SURFACE_FAMILIES.length);
  assert.equal(new Set(SMILE_FAMILIES.map((f) => f.name)).size, SMILE_FAMILIES.length);
  assert.equal(new Set(SURFACE_FAMILIES.map((f) => f.name)).size, SURFACE_FAMILIES.length);
  assert.equal(smileFamilyNamed('svi')?.name, 'svi');
  assert.equal(surfaceFamilyNamed('essvi')?.name, 'essvi');
  assert.equal(smileFamilyNamed('nonsense'), undefined);
});
