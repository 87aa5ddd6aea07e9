import { useEffect, useRef, useState } from 'preact/hooks';
import { minutesText, type Order } from '../orders.ts';
import * as rest from '../rest.ts';
import { usePage } from './context.tsx';

/** Buttons for what this session may order. Each asks once more, in words, and wants a reason. */
export function OrderButtons({ orders, label }: { readonly orders: readonly Order[]; readonly label: string }) {
  const [asking, ask] = useState<Order | null>(null);
  if (orders.length === 0) return null;
  return (
    <div class="row orders" role="group" aria-label={label}>
      {orders.map((order) => (
        <button key={order.name} type="button" data-order={order.name} onClick={() => ask(order)}>
          {order.word}
        </button>
      ))}
      {asking === null ? null : <Question order={asking} onClose={() => ask(null)} />}
    </div>
  );
}

function Question({ order, onClose }: { readonly order: Order; readonly onClose: () => void }) {
  const page = usePage();
  const dialog = useRef<HTMLDialogElement>(null);
  const [note, setNote] = useState('');
  const [minutes, setMinutes] = useState(order.minutes[0] ?? 0);
  const [error, setError] = useState('');
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      await rest.send(order.method, order.path, order.body(note.trim(), minutes));
      page.say(`${order.word}: done`);
      dialog.current?.close();
    } catch (cause) {
      setError(cause instanceof Error ? cause.message : String(cause));
    }
  };
  return (
    <dialog ref={dialog} aria-label={order.word} onClose={onClose}>
      <h2>{order.word}</h2>
      <p>{order.says}</p>
      <form onSubmit={(event) => void send(event)}>
        {order.minutes.length === 0 ? null : (
          <p>
            <label>
              for{' '}
              <select value={minutes} onChange={(e) => setMinutes(Number(e.currentTarget.value))}>
                {order.minutes.map((m) => (
                  <option key={m} value={m}>
                    {minutesText(m)}
                  </option>
                ))}
              </select>
            </label>
          </p>
        )}
        <p class="row">
          <input
            value={note}
            onInput={(e) => setNote(e.currentTarget.value)}
            maxLength={500}
            placeholder="why"
            aria-label="why"
            required
          />
        </p>
        {error === '' ? null : <p role="alert">{error}</p>}
        <p class="row">
          <button type="submit" disabled={note.trim() === ''} data-confirm>
            {order.word}
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Leave it
          </button>
        </p>
      </form>
    </dialog>
  );
}
