/** Changes of the wire format as data: each form has its own parser and the day until which it holds. */
export interface DatedForm<Parse> {
  /** Epoch ms at which this form ends, exclusive; Infinity for the one in force. */
  readonly until: number;
  readonly parse: Parse;
  /** What shows that the form was in use. */
  readonly evidence: string;
}

/** The form in force at `at` (epoch ms). `forms` ascend by `until` and end with Infinity. */
export function formAt<Parse>(forms: readonly DatedForm<Parse>[], at: number): Parse {
  for (const form of forms) if (at < form.until) return form.parse;
  throw new Error('the last dated form must have no end');
}
