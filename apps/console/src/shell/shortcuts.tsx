import { type ReactNode, useEffect, useRef } from 'react';
import { useSpeech } from '../text/text.tsx';

/** The list of keys, as a modal dialog. */
export function Shortcuts({ onClose }: { onClose: () => void }): ReactNode {
  const { text } = useSpeech();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const rows: [string, string][] = [
    ['1 … 9 0', text.keys.pages],
    ['[ ]', text.keys.nextPage],
    ['/', text.keys.search],
    ['j', text.keys.next],
    ['k', text.keys.previous],
    ['Enter', text.keys.open],
    ['p', text.keys.pause],
    ['?', text.keys.help],
  ];
  return (
    <dialog ref={dialog} className="shortcuts" aria-label={text.shell.keys} onClose={onClose}>
      <h2>{text.shell.keys}</h2>
      <dl>
        {rows.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map(key => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit" className="button">
          {text.keys.close}
        </button>
      </form>
    </dialog>
  );
}
