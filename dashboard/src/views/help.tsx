import { useEffect, useRef } from 'preact/hooks';
import { KEYS } from '../keymap.ts';

/** Every key there is. */
export function Help({ onClose, replaying }: { readonly onClose: () => void; readonly replaying: boolean }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} aria-label="keys" onClose={onClose}>
      <h2>Keys</h2>
      <table>
        <tbody>
          {KEYS.filter((k) => k.replay !== true || replaying).map((k) => (
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
