import type { ScoresWanted } from '../../server/monitor-view.ts';
import type { Smile, Smiles, Surface } from '../../server/wire/smile.ts';
import type { Incident, IncidentWithPictures, Scores } from '../../server/wire/watch.ts';

/** What the past can be asked, and what each question is answered with. Times epoch ms. */
export interface Answers {
  smiles: { ask: { key: string; at: number; scope: string | null }; answer: Smiles | null };
  surface: { ask: { key: string; at: number; model: string | null }; answer: Surface | null };
  /** One picture of a scope (its own, or the worst expiry's) at each time. */
  pictures: { ask: { scope: string; at: readonly number[] }; answer: Smile[] };
  scores: { ask: { key: string; wanted: ScoresWanted }; answer: Scores };
  incidents: { ask: { from: number; to: number }; answer: Incident[] };
  incident: { ask: { id: string }; answer: IncidentWithPictures | null };
  sessions: { ask: object; answer: readonly { readonly first: number; readonly last: number }[] };
}

/** Name of a question. */
export type Kind = keyof Answers;

/** One question on its way to the thread that reads the log. */
export type Question = {
  [K in Kind]: { readonly id: number; readonly directory: string; readonly kind: K } & Answers[K]['ask'];
}[Kind];

/** What comes back: the answer, or why the log cannot say. */
export type Reply =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly refused: string };
