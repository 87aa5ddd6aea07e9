import { useEffect, useRef, useState } from 'preact/hooks';
import { fixed, moment, percent, scopeName, significant, words } from '../format.ts';
import { explainCommand, foldSteps, readEvidence } from '../incident-reading.ts';
import * as rest from '../rest.ts';
import { routeHash, HOME } from '../route.ts';
import { drawSmile } from '../smile-drawing.ts';
import { frameOf, sceneOf } from '../smile-frame.ts';
import { pictureOf } from '../smile-picture.ts';
import type { Incident, Smile } from '../wire.ts';
import { incidentOrders } from '../orders.ts';
import { OrderButtons } from './order-buttons.tsx';
import { usePage } from './context.tsx';
import { NO_MONEY } from './top-strip.tsx';
import { Picture } from './picture.tsx';

/** Why: what was seen, what it was taken for and against what, what was done, and the smiles that show it. */
export function IncidentDetail({ id }: { readonly id: string }) {
  const page = usePage();
  const { monitor, go, key } = page;
  const live = monitor.incidents.get(id) ?? null;
  const [whole, setWhole] = useState<Incident | null>(null);
  const [error, setError] = useState('');
  useEffect(() => {
    let gone = false;
    rest.incident(id).then(
      (answer) => gone || setWhole(answer),
      (cause: unknown) => gone || setError(cause instanceof Error ? cause.message : String(cause)),
    );
    return () => {
      gone = true;
    };
  }, [id, live?.updated, live?.state]);
  const incident = live ?? whole;
  if (incident === null) return <p class="quiet">{error === '' ? 'asking the server' : error}</p>;
  const reading = readEvidence(whole ?? incident);
  const opened = Date.parse(incident.opened);
  const expiryScope = incident.scope.split(':').length > 2 ? incident.scope : '';
  return (
    <div class="incident-detail">
      <p>{incident.says}.</p>
      <div class="row">
        <button type="button" onClick={() => go({ asOf: opened, scope: expiryScope })}>
          Look as of {moment(opened).slice(5)}
        </button>
        {expiryScope === '' ? null : (
          <button type="button" onClick={() => go({ scope: expiryScope })}>
            {scopeName(expiryScope)} now
          </button>
        )}
      </div>
      <Evidence reading={reading} cause={incident.cause} />
      <Pictures pictures={whole?.pictures ?? []} />
      <h3>What happened</h3>
      <ol class="steps">
        {foldSteps((whole ?? incident).timeline).map((step, i) => (
          <li key={i}>
            <span class="figure quiet">{moment(step.at).slice(5)}</span> <strong>{step.what}</strong> {step.text}
            {step.times > 1 ? <span class="quiet"> ×{step.times}</span> : null}
          </li>
        ))}
      </ol>
      <p class="quiet">
        Money:{' '}
        {incident.money === null
          ? `not stated: ${NO_MONEY}`
          : `${fixed(incident.money, 0)} USD of drift not yet booked`}
      </p>
      <Acknowledge incident={incident} onDone={setWhole} />
      <h3>Verdict</h3>
      {incident.verdict === undefined || incident.verdict === null ? (
        <p class="quiet">None yet: it is given by a person, or by a rule once the incident is over.</p>
      ) : (
        <p>
          <strong>{incident.verdict.verdict}</strong>{' '}
          {incident.verdict.automatic
            ? `by the rule ${words(incident.verdict.rule ?? '')}`
            : `by ${incident.verdict.by}`}
          {incident.verdict.note === '' ? '' : `: ${incident.verdict.note}`}
        </p>
      )}
      <OrderButtons
        label={`orders for ${id}`}
        orders={incidentOrders(page.session, incident, monitor.status?.rooms ?? [])}
      />
      <p class="quiet">
        <a href={routeHash({ ...HOME, key, incident: id })}>Link to this incident</a> · in a terminal{' '}
        <code>{explainCommand(id)}</code>
      </p>
    </div>
  );
}

function Evidence({ reading, cause }: { readonly reading: ReturnType<typeof readEvidence>; readonly cause: string }) {
  return (
    <>
      {reading.probabilities.length === 0 ? null : (
        <>
          <h3>Likely causes</h3>
          <table class="bars">
            <tbody>
              {reading.probabilities.slice(0, 4).map(({ cause: c, p }) => (
                <tr key={c}>
                  <th scope="row">{c === cause ? <strong>{words(c)}</strong> : words(c)}</th>
                  <td class="figure">{percent(p, p > 0.999 ? 0 : 1)}</td>
                  <td>
                    <svg viewBox="0 0 100 8" width="100" height="8" aria-hidden="true" preserveAspectRatio="none">
                      <rect width={100 * p} height="8" class="meter-fill" />
                    </svg>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
      {reading.signs.length === 0 ? null : (
        <>
          <h3>Strongest signs</h3>
          <ul class="signs">
            {reading.signs.map((s) => (
              <li key={s.name}>
                {s.says}: <span class="figure">{significant(s.value, 3)}</span>{' '}
                <span class="quiet">
                  {s.nats === null ? '' : `(${s.nats >= 0 ? '+' : ''}${fixed(s.nats, 1)} nats)`}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
      {reading.runnerUp === null ? null : (
        <p>
          Runner-up: <strong>{words(reading.runnerUp.cause)}</strong>
          {reading.runnerUp.nats === null ? '' : `, ${fixed(reading.runnerUp.nats, 1)} nats behind`}
          {reading.runnerUp.separatedBy === '' ? '' : `, told apart by ${words(reading.runnerUp.separatedBy)}`}.
        </p>
      )}
      {reading.numbers.length === 0 ? null : (
        <table>
          <tbody>
            {reading.numbers.map((n) => (
              <tr key={n.name}>
                <th scope="row">{words(n.name)}</th>
                <td class="figure">{significant(n.value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

function Pictures({ pictures }: { readonly pictures: readonly Smile[] }) {
  const { palette } = usePage();
  return (
    <>
      {pictures.map((smile, i) => (
        <figure key={`${smile.scope}${i}`}>
          <figcaption class="quiet">
            {scopeName(smile.scope)} at {moment(smile.at)} UTC{i === 0 ? ', when it opened' : ', at its end'}
          </figcaption>
          <Picture
            label={`smile of ${scopeName(smile.scope)} at ${moment(smile.at)}`}
            height={150}
            draw={(pen, width, height) => {
              const scene = sceneOf(pictureOf(smile), { across: 'x', up: 'volatility', unit: 'usd' });
              const box = { left: 34, top: 6, width: width - 42, height: height - 26 };
              drawSmile(pen, scene, frameOf([scene]), box, palette, { large: false, chosen: null });
            }}
          />
        </figure>
      ))}
    </>
  );
}

function Acknowledge({ incident, onDone }: { readonly incident: Incident; readonly onDone: (i: Incident) => void }) {
  const page = usePage();
  const note = useRef<HTMLInputElement>(null);
  const [error, setError] = useState('');
  if (incident.acknowledged !== null)
    return (
      <p>
        Acknowledged by <strong>{incident.acknowledged.by}</strong> at {moment(incident.acknowledged.at)} UTC
        {(incident.acknowledged.note ?? '') === '' ? '' : `: ${incident.acknowledged.note}`}
      </p>
    );
  if (page.session !== null && !page.session.can.includes('acknowledge'))
    return <p class="quiet">To acknowledge needs the role acknowledge; you are {page.session.role}.</p>;
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      const answer = await rest.acknowledge(incident.id, note.current?.value.trim() ?? '');
      page.monitor.putIncident(answer);
      onDone(answer);
      page.say(`${incident.id} acknowledged`);
    } catch (cause) {
      setError(cause instanceof Error ? cause.message : String(cause));
    }
  };
  return (
    <form class="row" onSubmit={(event) => void send(event)}>
      <input ref={note} maxLength={500} placeholder="note (optional)" aria-label="note" data-acknowledge />
      <button type="submit" title="a">
        Acknowledge
      </button>
      {error === '' ? null : <span role="alert">{error}</span>}
    </form>
  );
}
