/** The language that the page speaks, and the switch between them. */
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import type { Bilingual } from '../api/contract.ts';
import { type Dictionary, type Language, languages } from './dictionary.ts';
import { en } from './en/index.ts';
import { type Format, formatIn } from './format.ts';
import { zh } from './zh/index.ts';

const dictionaries: Record<Language, Dictionary> = { en, zh };
const storageKey = 'redoubt.language';

/** What a component needs to speak. */
export interface Speech {
  language: Language;
  setLanguage: (language: Language) => void;
  /** Texts of the page. */
  text: Dictionary;
  format: Format;
  /** The text in the page's language. */
  say: (both: Bilingual) => string;
}

const SpeechContext = createContext<Speech | undefined>(undefined);

/** Texts and formats in the language of the page. */
export function useSpeech(): Speech {
  const speech = useContext(SpeechContext);
  if (!speech) throw new Error('a part was shown outside the language provider');
  return speech;
}

function firstLanguage(): Language {
  const chosen = languages.find(language => language === localStorage.getItem(storageKey));
  if (chosen) return chosen;
  const wanted = navigator.languages.map(tag => tag.toLowerCase().slice(0, 2));
  return languages.find(language => language === wanted[0]) ?? 'en';
}

export function SpeechProvider({ children }: { children: ReactNode }): ReactNode {
  const [language, setState] = useState(firstLanguage);
  const setLanguage = useCallback((chosen: Language) => {
    localStorage.setItem(storageKey, chosen);
    setState(chosen);
  }, []);
  useEffect(() => {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  }, [language]);
  const speech = useMemo<Speech>(
    () => ({
      language,
      setLanguage,
      text: dictionaries[language],
      format: formatIn(language),
      say: both => both[language],
    }),
    [language, setLanguage],
  );
  return <SpeechContext value={speech}>{children}</SpeechContext>;
}
