import { useEffect, useRef } from 'preact/hooks';
import { KEYS, tabAct, type Key } from '../keymap.ts';
import type { Monitor } from '../monitor.ts';
import { offeredTabs, TABS } from './tabs.ts';

/** Every key there is. */
export function Help({ onClose, monitor }: { readonly onClose: () => void; readonly monitor: Monitor }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} aria-label="keys" onClose={onClose}>
      <h2>Keys</h2>
      <table>
        <tbody>
          {keysOf(monitor).map((k) => (
            <tr key={k.act}>
              <th scope="row">
                {k.keys.map((key, i) => (
                  <span key={key}>
                    {i > 0 ? ' ' : ''}
                    <kbd>{key === ' ' ? 'space' : key}</kbd>
                  </span>
                ))}
              </th>
              <td>{k.does}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="quiet">Arrow keys turn the mesh when it has the focus. Every state of the page has its own address.</p>
      <button type="button" onClick={() => dialog.current?.close()}>
        Close
      </button>
    </dialog>
  );
}

/** The keys that do something now; those of the views say which. */
function keysOf(monitor: Monitor): Key[] {
  return KEYS.filter((k) => k.replay !== true || monitor.replay !== null).flatMap((k) => {
    if (!k.act.startsWith('tab-')) return [k];
    const tab = offeredTabs(monitor).find((t) => tabAct(TABS.indexOf(t)) === k.act);
    return tab === undefined ? [] : [{ ...k, does: `${tab.word.toLowerCase()}: ${tab.says}` }];
  });
}
