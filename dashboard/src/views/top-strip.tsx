import { GATE_LOOK, lifeSpent, SEVERITY_LOOK } from '../gate-look.ts';
import { age, clock, fixed, moment, percent, scopeName, words } from '../format.ts';
import type { Feed, Underlying } from '../wire.ts';
import { useNow, usePage, useParts } from './context.tsx';
import { StateMark } from './state-mark.tsx';

/** The first glance: may I quote, how old is the model, what is worst, are the feeds alive. */
export function TopStrip() {
  const page = usePage();
  const { monitor } = page;
  useParts(monitor, ['underlyings', 'health', 'status'], 250);
  return (
    <div class="glances">
      {monitor.watched().map((u) => (
        <Glance key={u.key} underlying={u} />
      ))}
      {monitor.feeds.map((feed) => (
        <FeedGlance key={feed.venue} feed={feed} />
      ))}
    </div>
  );
}

function Glance({ underlying: u }: { readonly underlying: Underlying }) {
  const { go, key, monitor } = usePage();
  const now = Number.isFinite(monitor.at) ? monitor.at : Date.now();
  const worst = u.worst_incident;
  const spent = lifeSpent(u.model_age_s, u.half_life_s);
  return (
    <div class="glance" data-underlying={u.key}>
      <button
        type="button"
        class="who"
        aria-pressed={u.key === key}
        onClick={() => go({ key: u.key, scope: '', incident: '' })}
      >
        {u.underlying} <span class="quiet">{u.venue}</span>
      </button>
      <StateMark look={GATE_LOOK[u.gate.state]} />
      {u.gate.reasons.length > 0 ? <span class="quiet">{u.gate.reasons.map(words).join(', ')}</span> : null}
      <Fact name="index" value={u.index === null ? 'none' : `${fixed(u.index, 2)} USD`} />
      <Fact
        name={u.model}
        value={`${age(u.model_age_s)} of ${u.half_life_s === null ? 'unknown half-life' : age(u.half_life_s)}`}
        title={
          spent === null
            ? 'age of the oldest live fit; half-life: when half its predictions have left the bid-ask'
            : `${percent(spent, 0)} of its half-life spent`
        }
        meter={spent}
      />
      {worst === null ? (
        <span class="quiet">no open incident</span>
      ) : (
        <button
          type="button"
          class="worst"
          title={worst.money === null ? NO_MONEY : 'drift that is not yet booked, where the incident is'}
          onClick={() => go({ view: 'monitor', key: u.key, incident: worst.id })}
        >
          <StateMark look={SEVERITY_LOOK[worst.severity]} small />
          <strong>{words(worst.cause)}</strong> {scopeName(worst.scope)}{' '}
          <span class="quiet">
            {age((now - Date.parse(worst.opened)) / 1000)} ·{' '}
            {worst.money === null ? 'money not stated' : `${fixed(worst.money, 0)} USD`}
            {u.open_incidents > 1 ? ` · ${u.open_incidents} open` : ''}
          </span>
        </button>
      )}
    </div>
  );
}

/** Why an incident has no amount beside it. */
export const NO_MONEY = 'nothing is held there, or positions are not loaded or in doubt';

function FeedGlance({ feed }: { readonly feed: Feed }) {
  const now = useNow(5_000);
  const gap = feed.last_gap;
  const alive = feed.state === 'live';
  // A recording comes as fast as it is played: its rate and its lag say nothing about the venue.
  const replayed = usePage().monitor.status?.mode === 'replay';
  return (
    <div class="glance feed">
      <span class="who">feed {feed.venue}</span>
      <StateMark
        look={{
          word: feed.state,
          shape: alive ? 'circle' : feed.state === 'down' ? 'cross' : 'triangle',
          colour: alive ? 'ok' : feed.state === 'down' ? 'stop' : 'widen',
          says: 'state of the feed',
        }}
      />
      {replayed ? null : <Fact name="rate" value={`${fixed(feed.quotes_per_s, 0)} quotes/s`} />}
      {replayed || feed.lag_p99_ms === null ? null : <Fact name="lag p99" value={`${fixed(feed.lag_p99_ms, 0)} ms`} />}
      <Fact
        name="last gap"
        value={gap === null ? 'none' : `${clock(gap.at, now)} ${gap.seconds === null ? '' : age(gap.seconds)}`}
        title={gap === null ? 'no gap in this session' : `${gap.reason} at ${moment(gap.at)} UTC`}
      />
    </div>
  );
}

function Fact(props: {
  readonly name: string;
  readonly value: string;
  readonly title?: string;
  readonly meter?: number | null;
}) {
  return (
    <span class="fact" title={props.title}>
      <span class="quiet">{props.name}</span> <span class="figure">{props.value}</span>
      {props.meter === undefined || props.meter === null ? null : (
        <svg class="meter" viewBox="0 0 40 6" width="40" height="6" aria-hidden="true">
          <rect width="40" height="6" class="meter-back" />
          <rect
            width={40 * Math.min(1, props.meter)}
            height="6"
            class={props.meter > 1 ? 'meter-over' : 'meter-fill'}
          />
        </svg>
      )}
    </span>
  );
}
