import type { ReactNode } from 'react';
import { Icon } from '../parts/icon.tsx';
import { useSpeech } from '../text/text.tsx';
import { themeChoices, useTheme } from '../theme.ts';

/** Goes from the system's theme to light, to dark, and back. */
export function ThemeSwitch(): ReactNode {
  const { text } = useSpeech();
  const [theme, setTheme] = useTheme();
  const next = themeChoices[(themeChoices.indexOf(theme) + 1) % themeChoices.length] ?? 'auto';
  return (
    <button
      type="button"
      className="button quiet"
      aria-label={text.shell.theme[theme]}
      title={text.shell.theme[theme]}
      onClick={() => setTheme(next)}
    >
      <Icon name={theme} />
    </button>
  );
}

/** Goes to the other language; its name stands in that language. */
export function LanguageSwitch(): ReactNode {
  const { text, language, setLanguage } = useSpeech();
  const other = language === 'zh' ? 'en' : 'zh';
  return (
    <button
      type="button"
      className="button quiet"
      lang={other === 'zh' ? 'zh-CN' : 'en'}
      aria-label={text.shell.languageLabel}
      title={text.shell.languageLabel}
      onClick={() => setLanguage(other)}
    >
      {text.shell.language}
    </button>
  );
}
