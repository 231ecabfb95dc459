/** Addresses that are never banned: a setting of the protection, changed by a step with its preview. */
import { type FormEvent, type ReactNode, useCallback, useState } from 'react';
import type { ProtectionItem } from '../../api/contract.ts';
import { useResource } from '../../api/hooks.ts';
import { getProtections } from '../../api/posture.ts';
import { Panel } from '../../parts/basics.tsx';
import { TextField } from '../../parts/fields.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { StepForm } from '../../parts/step-form.tsx';
import { useSpeech } from '../../text/text.tsx';

type Settings = { readonly allow?: readonly string[] } & Readonly<Record<string, unknown>>;

function Editor({ item, onDone }: { item: ProtectionItem; onDone: () => void }): ReactNode {
  const { text } = useSpeech();
  const words = text.bans;
  const settings = item.policy.settings as Settings;
  const { allow: before = [] } = settings;
  const [allow, setAllow] = useState(before);
  const [added, setAdded] = useState('');
  const isChanged = JSON.stringify(allow) !== JSON.stringify(before);
  const add = (event: FormEvent): void => {
    event.preventDefault();
    const wanted = added.split(/[\s,，、]+/).filter(one => one !== '' && !allow.includes(one));
    setAllow([...allow, ...wanted]);
    setAdded('');
  };
  const changed = { ...settings, allow };
  return (
    <div className="stack">
      <p className="soft">{words.allowHelp}</p>
      {allow.length === 0 && <p className="soft">{words.allowEmpty}</p>}
      <ul className="allow-list" aria-label={words.allow}>
        {allow.map(one => (
          <li key={one} className="chip" data-new={!before.includes(one)}>
            <code>{one}</code>
            <button
              type="button"
              className="button quiet"
              aria-label={words.removeAllowed(one)}
              onClick={() => setAllow(allow.filter(other => other !== one))}
            >
              ×
            </button>
          </li>
        ))}
      </ul>
      <form className="step-row" onSubmit={add}>
        <TextField label={words.addAllowed} value={added} onChange={setAdded} placeholder="192.0.2.0/24" />
        <button type="submit" className="button" disabled={added.trim() === ''}>
          {words.addButton}
        </button>
      </form>
      {isChanged && (
        <StepForm
          key={JSON.stringify(allow)}
          item={item}
          settings={changed}
          onDone={done => {
            if (done === undefined) setAllow(before);
            onDone();
          }}
        />
      )}
    </div>
  );
}

/** The section about the allow-list. */
export function AllowList(): ReactNode {
  const { text } = useSpeech();
  const words = text.bans;
  const load = useCallback((signal: AbortSignal) => getProtections(signal), []);
  const resource = useResource(load);
  return (
    <Loaded resource={resource}>
      {({ items }) => {
        const item = items.find(({ name }) => name === 'bans');
        if (item === undefined) return <Empty title={text.protection.empty} />;
        return (
          <Panel title={words.allow}>
            <Editor key={item.revision} item={item} onDone={resource.reload} />
          </Panel>
        );
      }}
    </Loaded>
  );
}
