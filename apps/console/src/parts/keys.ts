/** Keyboard use. */
import { useEffect } from 'react';

/** Handlers by `KeyboardEvent.key`. */
export type KeyMap = Readonly<Record<string, (event: KeyboardEvent) => void>>;

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, dialog') !== null;
}

/** Handles single keys anywhere on the page, but not while the user types. Keep `keys` stable, by useMemo. */
export function useKeys(keys: KeyMap): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const handler = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
      if (!handler) return;
      event.preventDefault();
      handler(event);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [keys]);
}

/** Moves the focus among the elements that match `selector`, by `step`. */
export function moveFocus(selector: string, step: number): void {
  const rows = Array.from(document.querySelectorAll<HTMLElement>(selector));
  const { activeElement } = document;
  const index = activeElement instanceof HTMLElement ? rows.indexOf(activeElement) : -1;
  const next = index < 0 ? (step > 0 ? 0 : rows.length - 1) : index + step;
  const row = rows[Math.max(0, Math.min(rows.length - 1, next))];
  row?.focus();
  row?.scrollIntoView({ block: 'nearest' });
}

/** `j` and `k` move among rows, `/` goes to the filter: the same on every page. */
export const listKeys: KeyMap = {
  j: () => moveFocus('[data-row]', 1),
  k: () => moveFocus('[data-row]', -1),
  '/': () => document.querySelector<HTMLElement>('[data-filter]')?.focus(),
};
