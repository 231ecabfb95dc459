import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { Icon, Mark } from '../parts/icon.tsx';
import { LanguageSwitch, ThemeSwitch } from '../shell/switches.tsx';
import { useSpeech } from '../text/text.tsx';
import './sign-in.css';

/** `refused`: the agent does not accept the token. `unreachable`: it does not answer. */
export type SignInTrouble = 'refused' | 'unreachable';

/** The token in what the user typed: the token alone, or the whole printed address. */
export function tokenIn(typed: string): string {
  const text = typed.trim();
  return /#token=([^\s&]+)/.exec(text)?.[1] ?? text;
}

/** Asks for the token, and says where it was printed. `onToken(undefined)` only tries again. */
export function SignIn({
  checking,
  trouble,
  onToken,
}: {
  checking: boolean;
  trouble: SignInTrouble | undefined;
  onToken: (token: string | undefined) => Promise<void>;
}): ReactNode {
  const { text } = useSpeech();
  const id = useId();
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    await onToken(typed.trim() === '' ? undefined : tokenIn(typed));
    setBusy(false);
  };

  return (
    <main className="sign-in">
      <div className="sign-in-tools">
        <ThemeSwitch />
        <LanguageSwitch />
      </div>
      <div className="panel sign-in-card">
        <p className="sign-in-mark">
          <Mark size={30} />
          <span>Redoubt</span>
          <span lang="zh-CN">壁垒</span>
        </p>
        {checking ? (
          <p className="sign-in-checking" role="status">
            <span className="spinner" />
            {text.signIn.checking}
          </p>
        ) : (
          <form onSubmit={event => void submit(event)}>
            <h1>{text.signIn.title}</h1>
            <p className="soft">{text.signIn.lead}</p>
            <p className="soft">{text.signIn.where}</p>
            <pre className="command">{`${location.origin}/#token=…\njournalctl -u redoubt | grep token`}</pre>
            <label htmlFor={id}>{text.signIn.label}</label>
            <input
              id={id}
              className="field mono"
              type="password"
              autoComplete="off"
              spellCheck={false}
              value={typed}
              aria-invalid={trouble === 'refused'}
              aria-describedby={trouble && `${id}-trouble`}
              onChange={event => setTyped(event.target.value)}
            />
            {trouble && (
              <p id={`${id}-trouble`} className="notice bad" role="alert">
                <Icon name={trouble === 'refused' ? 'warning' : 'offline'} />
                {text.signIn[trouble]}
              </p>
            )}
            <button
              type="submit"
              className="button primary"
              disabled={busy || (typed.trim() === '' && trouble !== 'unreachable')}
            >
              {typed.trim() === '' && trouble === 'unreachable' ? text.signIn.retry : text.signIn.button}
            </button>
          </form>
        )}
      </div>
    </main>
  );
}
