import { AFTERSHOCKS } from './aftershocks.ts';
import { CAUSES, type Cause } from './causes.ts';
import { evidenceOf, rankCauses } from './ranking.ts';
import { SIGNATURES } from './signatures.ts';
import { SIGNS, type Sign, type SignDefinition, type SignName, type SignVector } from './signs.ts';

/** What is wrong, where, and why it is believed. */
export interface Diagnosis {
  readonly cause: string;
  /** `data` vetoes refits and closes the gate; `market` widens; `model` asks for a refit; `book` is about what is held. */
  readonly kind: 'data' | 'market' | 'model' | 'book';
  readonly scope: string;
  readonly severity: 'info' | 'warning' | 'critical';
  /** Log-odds against health, nats: what diagnoses of one close are ranked by. */
  readonly logOdds: number;
  readonly evidence: Readonly<Record<string, unknown>>;
  /** The move that this is an aftershock of, as `cause|scope`; absent where it stands for itself. */
  readonly symptomOf?: string;
}

/** What one expiry shows at a close. */
export interface ScopeSigns {
  readonly scope: string;
  readonly signs: SignVector;
}

/** What an underlying shows at a close. */
export interface UnderlyingSigns {
  readonly scope: string;
  /** Signs that belong to no single expiry. */
  readonly own: SignVector;
  readonly expiries: readonly ScopeSigns[];
  /** Log-odds at which a diagnosis opens an incident, nats. */
  readonly openAt: number;
  /** Plain numbers that go into the evidence as they are. */
  readonly numbers: Readonly<Record<string, number | null>>;
  /** Whether a condition is already open on a scope: it then needs less to stay. */
  readonly isOpen: (cause: string, scope: string) => boolean;
  /** Whether it was shown at the close before and waits for confirmation: half of the evidence then confirms a move. */
  readonly isWaiting?: (cause: string, scope: string) => boolean;
  /** Market causes that are open on a scope and were seen a moment ago; where it is not given nothing is an aftershock. */
  readonly standing?: (scope: string) => readonly Cause[];
}

/** An open incident lives on down to even odds. */
const STAY = 0;
/** Causes named per scope and close. */
const MOST = 3;
/** A sign this many times likelier under a found cause than in health is explained by it. */
const EXPLAINED = 3;

/** Ranked causes of one close, strongest first: the underlying's own, then those of expiries that it does not explain. */
export function diagnose(signs: UnderlyingSigns): Diagnosis[] {
  const found: Diagnosis[] = [];
  const explained = new Set<SignName>();
  const whole = pooled(signs);
  judge(whole, signs.scope, explained, standingOn(signs, signs.scope), signs, found, signs.numbers);
  const wide = new Set(found.filter((d) => d.symptomOf === undefined).map((d) => d.cause));
  const common = [
    ...standingOn(signs, signs.scope),
    ...(signs.standing === undefined ? [] : found)
      .filter((d) => d.symptomOf === undefined)
      .map((d): Move => [d.cause as Cause, d.scope]),
  ];
  for (const expiry of signs.expiries) {
    const here: Diagnosis[] = [];
    const moves = [...standingOn(signs, expiry.scope), ...common];
    judge(expiry.signs, expiry.scope, new Set(explained), moves, signs, here, {});
    for (const d of here) found.push(wide.has(d.cause) ? { ...d, symptomOf: `${d.cause}|${signs.scope}` } : d);
  }
  return found.toSorted(
    (a, b) => diagnosisRank(b.kind, b.logOdds) - diagnosisRank(a.kind, a.logOdds) || (a.scope < b.scope ? -1 : 1),
  );
}

/** Names up to three causes of one scope, each explaining its signs away before the next is sought. */
function judge(
  vector: SignVector,
  scope: string,
  explained: Set<SignName>,
  moves: readonly Move[],
  signs: UnderlyingSigns,
  found: Diagnosis[],
  numbers: Readonly<Record<string, number | null>>,
): void {
  if (![...vector.values()].some((s) => s.strength > 0)) return;
  const taken = new Set<Cause>();
  for (let i = 0; i < MOST; i++) {
    const ranked = rankCauses(vector, explained).filter((r) => !taken.has(r.cause));
    const first = ranked[0];
    const cause = ranked.find((r) => r.logOdds >= needed(signs, r.cause, scope))?.cause;
    if (cause === undefined) return;
    const { logOdds } = ranked.find((r) => r.cause === cause) ?? first;
    const { kind } = CAUSES[cause];
    const symptomOf = signs.isOpen(cause, scope) ? null : moveBehind(cause, moves);
    const ordered = [...ranked].toSorted((a, b) => (a.cause === cause ? -1 : b.cause === cause ? 1 : 0));
    found.push({
      cause,
      kind,
      scope,
      severity: severityOf(cause, kind, scope === signs.scope, vector),
      logOdds,
      ...(symptomOf === null ? {} : { symptomOf }),
      evidence: { log_odds: Math.round(logOdds * 1000) / 1000, ...evidenceOf(ordered, vector, explained), ...numbers },
    });
    taken.add(cause);
    // An aftershock explains nothing: what stands behind it must still be seen in its own signs.
    if (symptomOf !== null) continue;
    for (const [name, p] of Object.entries(SIGNATURES[cause].signs) as [SignName, number][])
      if (p >= EXPLAINED * SIGNS[name].rate && !(kind === 'market' && keeps(name, vector))) explained.add(name);
  }
}

/** A market may move quotes away from a published forward; no move makes a venue contradict itself. */
function keeps(name: SignName, vector: SignVector): boolean {
  const { unless }: SignDefinition = SIGNS[name];
  return unless !== undefined && (vector.get(unless as SignName)?.strength ?? 0) >= 1;
}

/** Log-odds that a cause must reach, nats: less to confirm a move that has shown, least to stay open. */
function needed(signs: UnderlyingSigns, cause: Cause, scope: string): number {
  if (signs.isOpen(cause, scope)) return STAY;
  const confirms = CAUSES[cause].kind === 'market' && signs.isWaiting?.(cause, scope) === true;
  return confirms ? 0.5 * (signs.openAt + STAY) : signs.openAt;
}

/** A move of the market that may have aftershocks: cause and scope. */
type Move = readonly [Cause, string];

function standingOn(signs: UnderlyingSigns, scope: string): Move[] {
  return (signs.standing?.(scope) ?? []).map((cause): Move => [cause, scope]);
}

function moveBehind(cause: Cause, moves: readonly Move[]): string | null {
  return moves.find(([m]) => AFTERSHOCKS[m]?.has(cause) === true)?.join('|') ?? null;
}

/**
 * What diagnoses of one instant are ordered by: log-odds (nats), data and model faults ahead of market moves at equal
 * odds, because a fault of the data or the model may feign the move and not the other way round.
 */
export function diagnosisRank(kind: Diagnosis['kind'], logOdds: number): number {
  return logOdds + (kind === 'data' ? 4 : kind === 'model' ? 2 : 0);
}

/**
 * Who is woken: for data faults of a whole underlying, and for a crash that took the liquidity with it. Spot and volatility
 * moving together are one family of evidence, and in the hours after a crash an everyday one: two families make a page
 * (methods.md 5.2).
 */
function severityOf(cause: Cause, kind: Diagnosis['kind'], whole: boolean, vector: SignVector): Diagnosis['severity'] {
  const shows = (name: SignName): boolean => (vector.get(name)?.strength ?? 0) >= 1;
  if (cause === 'flash-crash') return shows('wide') || shows('fall') ? 'critical' : 'warning';
  return kind === 'data' && whole ? 'critical' : 'warning';
}

/** The underlying's vector: its own signs, and those of expiries that a quorum of them shows. */
function pooled(signs: UnderlyingSigns): SignVector {
  const vector = new Map<SignName, Sign>(signs.own);
  for (const [name, { quorum }] of Object.entries(SIGNS) as [SignName, { quorum: number | null }][]) {
    if (quorum === null) continue;
    const shown = signs.expiries.map((e) => e.signs.get(name)).filter((s) => s !== undefined);
    if (shown.length === 0) continue;
    const firing = shown.filter((s) => s.strength >= 1);
    const total = shown.reduce((sum, s) => sum + Math.min(1, s.strength), 0);
    const strength = firing.length < 2 ? 0 : Math.min(2, total / shown.length / quorum);
    const strongest = shown.reduce((best, s) => (s.strength > best.strength ? s : best));
    vector.set(name, { value: strongest.value, strength: strength >= 1 ? Math.max(1, strength) : strength });
  }
  return vector;
}
