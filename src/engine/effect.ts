import type { FitJob } from '../model/contract.ts';
import type { OutputRecord } from '../model/record.ts';

/** What the engine asks of the world. Effects are released only after the events they rest on are durable. */
export type Effect =
  | { readonly type: 'record'; readonly record: OutputRecord }
  /** Run the model's pure `fit` and bring the outcome back as a `fit-result` event. */
  | { readonly type: 'fit'; readonly job: FitJob };
