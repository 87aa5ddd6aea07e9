/** The diagnosis: each cause is named from the signs that always come with it, evidence adds up, symptoms are explained. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { CAUSES, type Cause } from '../../src/policy/causes.ts';
import { diagnose, type UnderlyingSigns } from '../../src/policy/diagnosis.ts';
import { initIncidentBook, updateIncidents } from '../../src/policy/incident.ts';
import { ALWAYS, OFTEN, SIGNATURES } from '../../src/policy/signatures.ts';
import { SIGNS, strengthOf, type Sign, type SignName } from '../../src/policy/signs.ts';

const SCOPE = 'deribit:BTC';
const CALM = 0;

function vector(strengths: Partial<Record<SignName, number>>): Map<SignName, Sign> {
  const signs = new Map<SignName, Sign>();
  for (const name of Object.keys(SIGNS) as SignName[]) {
    const strength = strengths[name] ?? CALM;
    signs.set(name, { value: strength, strength });
  }
  return signs;
}

function underlying(own: Map<SignName, Sign>, expiries: UnderlyingSigns['expiries'] = []): UnderlyingSigns {
  return { scope: SCOPE, own, expiries, openAt: 2.5, numbers: {}, isOpen: () => false };
}

test('the closed list and the signatures name the same causes, and every sign is used', () => {
  assert.deepEqual(Object.keys(SIGNATURES).sort(), Object.keys(CAUSES).sort());
  const used = new Set(Object.values(SIGNATURES).flatMap((s) => Object.keys(s.signs)));
  for (const s of Object.values(SIGNS)) if ('unless' in s) used.add(s.unless);
  assert.deepEqual(
    Object.keys(SIGNS).filter((n) => !used.has(n)),
    [],
  );
});

for (const cause of Object.keys(CAUSES) as Cause[])
  test(`${cause} is named from the signs that come with it always and often`, () => {
    const strengths: Partial<Record<SignName, number>> = {};
    for (const [name, p] of Object.entries(SIGNATURES[cause].signs) as [SignName, number][])
      if (p >= OFTEN) strengths[name] = 2;
    const [first] = diagnose(underlying(vector(strengths)));
    assert.equal(first?.cause, cause);
    assert.equal(first.kind, CAUSES[cause].kind);
    assert.ok(first.logOdds >= 2.5);
  });

test('health names nothing', () => {
  assert.deepEqual(diagnose(underlying(vector({}))), []);
});

test('a crash wakes somebody when liquidity goes with it; spot and volatility alone are looked at in the morning', () => {
  const crash = { return: 2, level: 2, 'level-leads': 1 } as const;
  const severity = (strengths: Partial<Record<SignName, number>>): string | undefined =>
    diagnose(underlying(vector(strengths))).find((d) => d.cause === 'flash-crash')?.severity;
  assert.equal(severity(crash), 'warning');
  assert.equal(severity({ ...crash, wide: 1 }), 'critical');
  assert.equal(severity({ ...crash, fall: 1 }), 'critical');
});

test('evidence: probabilities sum to at most one, the strongest signs come first, the runner-up is told apart', () => {
  const [first] = diagnose(underlying(vector({ flipped: 2, discount: 2, bounds: 1, 'forward-gap': 2 })));
  const evidence = first.evidence as {
    probabilities: Record<string, number>;
    signs: { sign: string; nats: number }[];
    runner_up: { cause: string; separated_by: string };
  };
  assert.equal(first.cause, 'call-put-flip');
  const total = Object.values(evidence.probabilities).reduce((s, v) => s + v, 0);
  assert.ok(total > 0.99 && total <= 1.002, `${total}`);
  assert.equal(evidence.signs.length, 3);
  assert.ok(evidence.signs[0].nats >= evidence.signs[2].nats);
  assert.equal(evidence.runner_up.separated_by, 'flipped');
});

test('a cause of the whole explains the same signs on single expiries', () => {
  const expiries = [1, 2, 3, 4].map((i) => ({
    scope: `${SCOPE}:${i}`,
    signs: vector({ unit: 2, bounds: 2, discount: 2 }),
  }));
  const found = diagnose(underlying(new Map(), expiries));
  assert.deepEqual(
    found.map((d) => `${d.cause}@${d.scope}`),
    [`unit-mismatch@${SCOPE}`],
  );
});

test("a crash explains a forward that quotes contradict, and not one that the venue's own marks contradict", () => {
  const crash = { return: 2, level: 2, 'level-leads': 1, skew: 2, wide: 1, 'forward-gap': 2 } as const;
  const named = (strengths: Partial<Record<SignName, number>>): string[] =>
    diagnose(underlying(vector(strengths))).map((d) => d.cause);
  assert.deepEqual(named(crash), ['flash-crash']);
  assert.deepEqual(named({ ...crash, 'mark-forward': 2 }).toSorted(), ['flash-crash', 'wrong-forward']);
  assert.deepEqual(named({ ...crash, 'mark-forward': 0.9 }), ['flash-crash']);
});

test('one expiry alone is an incident of that expiry', () => {
  const expiries = [1, 2, 3, 4].map((i) => ({
    scope: `${SCOPE}:${i}`,
    signs: vector(i === 3 ? { flipped: 2, discount: 2, 'forward-gap': 2 } : {}),
  }));
  const found = diagnose(underlying(new Map(), expiries));
  assert.deepEqual(
    found.map((d) => `${d.cause}@${d.scope}`),
    [`call-put-flip@${SCOPE}:3`],
  );
});

test('a sign that could not be read speaks for nothing', () => {
  const signs = vector({ 'forward-gap': 2, 'call-put': 2 });
  const before = diagnose(underlying(signs))[0].logOdds;
  signs.delete('mark-gap');
  assert.ok(diagnose(underlying(signs))[0].logOdds > before, 'without the calm sign the odds are higher');
  assert.ok(ALWAYS > OFTEN);
});

test('strength: nothing up to half the entry, one at it, two from one and a half on', () => {
  assert.deepEqual(
    [0.4, 0.5, 0.75, 1, -1.25, 9].map((v) => strengthOf(v, 1)),
    [0, 0, 0.5, 1, 1.5, 2],
  );
});

const diagnosis = {
  cause: 'crossed-quotes', kind: 'data', scope: SCOPE, severity: 'warning', logOdds: 5, evidence: {},
} as const; // prettier-ignore

test('an incident opens after its patience, attaches, lingers, resolves once', () => {
  const book = initIncidentBook();
  const turn = (at: number, seen: boolean): string[] =>
    updateIncidents(
      book,
      SCOPE,
      at,
      seen ? [diagnosis] : [],
      () => true,
      () => 2,
      () => 3_000,
    ).map((r) => r.state);
  assert.deepEqual(turn(1_000, true), []);
  assert.deepEqual(turn(2_000, false), [], 'once is not twice in a row');
  assert.deepEqual(turn(3_000, true), []);
  assert.deepEqual(turn(4_000, true), ['open']);
  assert.deepEqual(turn(5_000, true), [], 'symptoms attach');
  assert.deepEqual(turn(7_000, false), [], 'it lingers');
  assert.deepEqual(turn(8_000, false), ['resolved']);
  assert.deepEqual(turn(9_000, false), []);
});

/** Signs of a stream in which `standing` moves are open on the whole. */
function streamed(
  own: Partial<Record<SignName, number>>,
  expiry: Partial<Record<SignName, number>>,
  standing: Cause[],
) {
  return {
    ...underlying(vector(own), [{ scope: `${SCOPE}:A`, signs: vector(expiry) }]),
    standing: (scope: string) => (scope === SCOPE ? standing : []),
  };
}

test('what follows a move within its minute attaches to it; what does not belong to it opens beside it', () => {
  const again = { level: 2, 'level-leads': 1 } as const;
  const [after] = diagnose(streamed({}, again, ['level-move']));
  assert.deepEqual([after.cause, after.symptomOf], ['level-move', `level-move|${SCOPE}`]);
  const [lagging] = diagnose(streamed({ level: 2, 'level-leads': 1 }, { outlier: 2 }, [])).filter(
    (d) => d.scope !== SCOPE,
  );
  assert.deepEqual([lagging.cause, lagging.symptomOf], ['fat-finger', `level-move|${SCOPE}`]);
  const crash = diagnose(streamed({ return: 2, level: 2, 'level-leads': 1, wide: 2 }, {}, ['level-move']));
  assert.deepEqual([crash[0].cause, crash[0].symptomOf], ['flash-crash', undefined]);
  const [fault] = diagnose(streamed({}, { flipped: 2, discount: 2, bounds: 2 }, ['level-move']));
  assert.deepEqual([fault.cause, fault.symptomOf], ['call-put-flip', undefined]);
});

test('between snapshots nothing is an aftershock: a fat finger beside a move is a fat finger', () => {
  const { standing: _, ...snapshots } = streamed({ level: 2, 'level-leads': 1 }, { outlier: 2 }, []);
  const fault = diagnose(snapshots).find((d) => d.cause === 'fat-finger');
  assert.ok(fault !== undefined && fault.symptomOf === undefined);
});

test('aftershocks open nothing, are kept with the move, and are told when it ends', () => {
  const book = initIncidentBook();
  const [move] = diagnose(underlying(vector({ level: 2, 'level-leads': 1 })));
  updateIncidents(book, SCOPE, 0, [move], () => true);
  const [after] = diagnose(streamed({}, { level: 2, 'level-leads': 1 }, ['level-move']));
  assert.deepEqual(
    updateIncidents(book, SCOPE, 1_000, [move, after, after], () => true),
    [],
  );
  const [ended] = updateIncidents(book, SCOPE, 2_000, [], () => true);
  assert.deepEqual(ended.evidence['symptoms'], [`level-move@${SCOPE}:A`]);
});

test('half the evidence confirms what waits, and is not enough to begin', () => {
  const weak = vector({ level: 1.5, 'level-leads': 1 });
  assert.deepEqual(diagnose(underlying(weak)), []);
  const [confirmed] = diagnose({ ...underlying(weak), isWaiting: (cause) => cause === 'level-move' });
  assert.equal(confirmed.cause, 'level-move');
  assert.ok(confirmed.logOdds < 2.5 && confirmed.logOdds > 1.25);
});
