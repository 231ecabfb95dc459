import { type FormEvent, type ReactNode, useEffect, useId, useState } from 'react';
import type { EventsFilter, Failure } from '../../api/client.ts';
import { Icon } from '../../parts/icon.tsx';
import { useSpeech } from '../../text/text.tsx';
import { pointAt } from './caret.ts';
import { categoryOf, kindName, kindsByCategory } from './describe.ts';

function WhereError({ id, where, failure }: { id: string; where: string; failure: Failure }): ReactNode {
  const { say } = useSpeech();
  return (
    <div id={id} className="caret-error" role="alert">
      <p>{say(failure)}</p>
      {failure.column !== undefined && <pre aria-hidden="true">{pointAt(where, failure.column)}</pre>}
    </div>
  );
}

function Kinds({ chosen, choose }: { chosen: string[]; choose: (kinds: string[]) => void }): ReactNode {
  const { text, format } = useSpeech();
  const groups = kindsByCategory(text);
  const set = (kinds: string[], on: boolean): void => {
    const rest = chosen.filter(kind => !kinds.includes(kind));
    choose(on ? [...rest, ...kinds] : rest);
  };
  const label =
    chosen.length === 0 ? text.events.allKinds : text.events.kindsChosen(format.count(chosen.length));
  return (
    <details className="kinds">
      <summary className="button" aria-label={`${text.events.kinds}: ${label}`}>
        {label}
        <Icon name="down" size={12} />
      </summary>
      <div className="kinds-list">
        <button
          type="button"
          className="button quiet"
          disabled={chosen.length === 0}
          onClick={() => choose([])}
        >
          {text.events.allKinds}
        </button>
        {Array.from(groups, ([category, kinds]) => (
          <fieldset key={category}>
            <legend>
              <label>
                <input
                  type="checkbox"
                  checked={kinds.every(kind => chosen.includes(kind))}
                  onChange={event => set(kinds, event.target.checked)}
                />
                <span className="event-kind" data-category={category}>
                  {Object.entries(text.events.category).find(([name]) => name === category)?.[1] ?? category}
                </span>
              </label>
            </legend>
            {kinds.map(kind => (
              <label key={kind} title={kind}>
                <input
                  type="checkbox"
                  checked={chosen.includes(kind)}
                  onChange={event => set([kind], event.target.checked)}
                />
                {kindName(kind, text)}
              </label>
            ))}
          </fieldset>
        ))}
      </div>
    </details>
  );
}

/** The filter of the event list: an expression, and kinds of events. */
export function FilterBar({
  filter,
  failure,
  onFilter,
}: {
  filter: EventsFilter;
  failure: Failure | undefined;
  onFilter: (filter: EventsFilter) => void;
}): ReactNode {
  const { text } = useSpeech();
  const id = useId();
  const [typed, setTyped] = useState(filter.where);
  useEffect(() => setTyped(filter.where), [filter.where]);
  const kinds = filter.kinds === '' ? [] : filter.kinds.split(',');
  const wrong = failure?.kind === 'refused' ? failure : undefined;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onFilter({ ...filter, where: typed.trim() });
  };
  const sorted = (list: string[]): string =>
    list.toSorted((left, right) => categoryOf(left).localeCompare(categoryOf(right))).join(',');
  return (
    <div className="event-filter">
      <form onSubmit={submit}>
        <div className="search">
          <Icon name="search" size={15} />
          <input
            className="field mono"
            data-filter
            value={typed}
            spellCheck={false}
            autoCapitalize="off"
            autoComplete="off"
            placeholder={text.events.wherePlaceholder}
            aria-label={text.events.where}
            aria-invalid={wrong !== undefined}
            aria-describedby={wrong && id}
            onChange={event => setTyped(event.target.value)}
          />
        </div>
        <button type="submit" className="button">
          {text.events.apply}
        </button>
        <Kinds chosen={kinds} choose={list => onFilter({ ...filter, kinds: sorted(list) })} />
      </form>
      {wrong && <WhereError id={id} where={filter.where} failure={wrong} />}
    </div>
  );
}
