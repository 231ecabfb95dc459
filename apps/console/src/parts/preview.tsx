/** What a step would change, and what it would have blocked. */
import type { ReactNode } from 'react';
import type { StepPreview } from '../api/contract.ts';
import { useSpeech } from '../text/text.tsx';
import { Ago } from './basics.tsx';
import { type Column, Grid } from './grid.tsx';

type Impact = NonNullable<StepPreview['impact']>;
type Group = Impact['groups'][number];

function ImpactView({ impact }: { impact: Impact }): ReactNode {
  const { text, format, say } = useSpeech();
  const words = text.protection;
  const columns: Column<Group>[] = [
    { title: words.group.what, kind: 'wide', cell: group => say(group.subject) },
    { title: words.group.count, kind: 'number', cell: group => format.count(group.count) },
    { title: words.group.last, kind: 'tight', cell: group => <Ago time={group.last_time} /> },
    { title: words.group.proposal, cell: group => group.proposal && say(group.proposal) },
  ];
  return (
    <>
      <p className={impact.blocked > 0 ? 'impact-sum warn-text' : 'impact-sum'}>
        {impact.blocked > 0
          ? words.blocked(format.count(impact.blocked), format.count(impact.examined))
          : words.nothingBlocked(format.count(impact.examined))}
      </p>
      {impact.groups.length > 0 && (
        <Grid label={words.impact} columns={columns} rows={impact.groups} keyOf={group => group.key} />
      )}
      {impact.more_groups > 0 && (
        <p className="small faint">{words.moreGroups(format.count(impact.more_groups))}</p>
      )}
      {impact.unreadable > 0 && (
        <p className="small warn-text">{words.unreadable(format.count(impact.unreadable))}</p>
      )}
      {impact.limits.length > 0 && (
        <details className="fold impact-limits">
          <summary className="soft">{words.limits}</summary>
          <ul>
            {impact.limits.map(limit => (
              <li key={limit.en}>{say(limit)}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

export function PreviewView({ preview }: { preview: StepPreview }): ReactNode {
  const { text, say } = useSpeech();
  const words = text.protection;
  return (
    <div className="preview">
      <section aria-label={words.changes}>
        <h3>{words.changes}</h3>
        {preview.changes.length === 0 ? (
          <p className="soft">{words.noChanges}</p>
        ) : (
          <ul className="planned">
            {preview.changes.map(change => (
              <li key={`${change.kind} ${change.text.en}`} data-kind={change.kind}>
                <span className="chip">{words.changeKind[change.kind]}</span>
                <span className="breaks">{say(change.text)}</span>
              </li>
            ))}
          </ul>
        )}
      </section>
      <section aria-label={words.impact}>
        <h3>{words.impact}</h3>
        {preview.impact ? <ImpactView impact={preview.impact} /> : <p className="soft">{words.notJudged}</p>}
      </section>
    </div>
  );
}
