/** Rules run over a session log: how often they would have paged, for how long, and what was wrong at the time. */
import type { OutputRecord } from '../model/record.ts';
import { applyRules, openRuleBook, type Rule } from '../policy/rules.ts';
import { quantile } from '../numeric/robust.ts';

/** One rule over the log. */
export interface RuleBacktest {
  readonly rule: string;
  readonly severity: Rule['severity'];
  readonly opened: number;
  readonly perWeek: number;
  /** Median time open, s; null when none was resolved. */
  readonly medianOpenSeconds: number | null;
  readonly stillOpen: number;
  /** Openings by the cause of an incident open then on the same expiry or underlying; `none` without one. */
  readonly causes: Readonly<Record<string, number>>;
}

/** Takes the output records of a log in order. */
export class Backtest {
  readonly #rules: readonly Rule[];
  readonly #book;
  readonly #openSince = new Map<string, number>();
  readonly #durations = new Map<string, number[]>();
  readonly #opened = new Map<string, number>();
  readonly #causes = new Map<string, Map<string, number>>();
  readonly #incidents = new Map<string, { readonly cause: string; readonly scope: string }>();
  #from = Infinity;
  #to = -Infinity;

  constructor(rules: readonly Rule[]) {
    this.#rules = rules;
    this.#book = openRuleBook(rules);
  }

  /** Takes one record. */
  take(record: OutputRecord): void {
    const at = Date.parse(record.at);
    this.#from = Math.min(this.#from, at);
    this.#to = Math.max(this.#to, at);
    if (record.type === 'incident') {
      if (record.state === 'resolved') this.#incidents.delete(record.id);
      else this.#incidents.set(record.id, { cause: record.cause, scope: record.scope });
    }
    for (const alert of applyRules(this.#book, record)) {
      const key = `${alert.rule}|${alert.scope}`;
      if (alert.state === 'resolved') {
        const since = this.#openSince.get(key) ?? at;
        this.#openSince.delete(key);
        this.#durations.set(alert.rule, [...(this.#durations.get(alert.rule) ?? []), (at - since) / 1000]);
        continue;
      }
      this.#openSince.set(key, at);
      this.#opened.set(alert.rule, (this.#opened.get(alert.rule) ?? 0) + 1);
      const counts = this.#causes.get(alert.rule) ?? new Map<string, number>();
      const cause = this.#causeOn(alert.scope);
      counts.set(cause, (counts.get(cause) ?? 0) + 1);
      this.#causes.set(alert.rule, counts);
    }
  }

  /** Scope of a rule `svi@BTC:2026-03-27` against scopes of incidents `deribit:BTC` and `deribit:BTC:2026-03-27`. */
  #causeOn(scope: string): string {
    const [underlying, expiry] = scope.slice(scope.indexOf('@') + 1).split(':');
    for (const { cause, scope: other } of this.#incidents.values()) {
      const [, u, e] = other.split(':');
      if (u === underlying && (e === undefined || e === expiry)) return cause;
    }
    return 'none';
  }

  /** What came of every rule. */
  result(): RuleBacktest[] {
    const weeks = Math.max((this.#to - this.#from) / (7 * 86_400_000), 1e-9);
    return this.#rules.map((r) => {
      const durations = this.#durations.get(r.name) ?? [];
      const opened = this.#opened.get(r.name) ?? 0;
      return {
        rule: r.name,
        severity: r.severity,
        opened,
        perWeek: opened / weeks,
        medianOpenSeconds: durations.length === 0 ? null : quantile(durations, 0.5),
        stillOpen: opened - durations.length,
        causes: Object.fromEntries([...(this.#causes.get(r.name) ?? [])].toSorted((a, b) => b[1] - a[1])),
      };
    });
  }
}
