/** Dark or light: as the system has it, unless the user chose. */
import { useEffect, useState, useSyncExternalStore } from 'react';

export const themeChoices = ['auto', 'light', 'dark'] as const;
export type ThemeChoice = (typeof themeChoices)[number];

const storageKey = 'redoubt.theme';
const systemDark = window.matchMedia('(prefers-color-scheme: dark)');

function subscribe(watcher: () => void): () => void {
  systemDark.addEventListener('change', watcher);
  return () => systemDark.removeEventListener('change', watcher);
}

function firstChoice(): ThemeChoice {
  return themeChoices.find(choice => choice === localStorage.getItem(storageKey)) ?? 'auto';
}

function apply(choice: ThemeChoice): void {
  const dark = choice === 'dark' || (choice === 'auto' && systemDark.matches);
  document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
}

/** Sets the theme before anything is drawn. */
export function applyTheme(): void {
  apply(firstChoice());
}

/** The choice of theme, and the setter of it. */
export function useTheme(): [ThemeChoice, (choice: ThemeChoice) => void] {
  const [choice, setChoice] = useState(firstChoice);
  const dark = useSyncExternalStore(subscribe, () => systemDark.matches);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `dark` is what `auto` follows.
  useEffect(() => apply(choice), [choice, dark]);
  return [
    choice,
    chosen => {
      localStorage.setItem(storageKey, chosen);
      setChoice(chosen);
    },
  ];
}
