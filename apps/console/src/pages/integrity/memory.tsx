import { type ReactNode, useCallback } from 'react';
import type { MemoryCheck, MemoryItem } from '../../api/contract.ts';
import { useDeed, usePolled } from '../../api/hooks.ts';
import { checkMemory, getMemory } from '../../api/posture.ts';
import { Ago, Panel } from '../../parts/basics.tsx';
import { Refusal, Standing } from '../../parts/facts.tsx';
import { type Column, Grid } from '../../parts/grid.tsx';
import { Severity } from '../../parts/severity.tsx';
import { Loaded } from '../../parts/states.tsx';
import { useSpeech } from '../../text/text.tsx';
import './integrity.css';

const interval = 3_000;

function Observations({ item }: { item: MemoryItem }): ReactNode {
  const { say } = useSpeech();
  return (
    <ul className="found">
      {item.observations.map(one => (
        <li key={`${one.kind} ${one.reason.en}`}>
          <p className="found-head">
            <Severity id={one.severity} />
            <strong>{say(one.title)}</strong>
          </p>
          <p className="small soft breaks">{say(one.reason)}</p>
        </li>
      ))}
    </ul>
  );
}

function Check({ check }: { check: MemoryCheck }): ReactNode {
  const { text, format } = useSpeech();
  const words = text.integrity.memory;
  const found = check.items.length + check.more;
  const columns: Column<MemoryItem>[] = [
    {
      title: words.process,
      cell: item => (
        <>
          <strong>{item.name}</strong> <span className="faint">{item.pid}</span>
          <code className="breaks small entry-key soft">{item.program}</code>
        </>
      ),
    },
    { title: words.observed, kind: 'wide', cell: item => <Observations item={item} /> },
  ];
  const all = format.count(check.processes);
  return (
    <>
      <p className="padded">
        <Standing level={found === 0 ? 'good' : 'warn'}>
          {found === 0 ? words.clean(all) : words.found(format.count(found), all)}
        </Standing>{' '}
        <span className="soft">
          {text.integrity.lastCheck}: <Ago time={check.time} /> ·{' '}
          {text.integrity.kernel.took(format.latency(check.milliseconds))}
        </span>
      </p>
      {check.items.length > 0 && (
        <Grid
          label={words.title}
          columns={columns}
          rows={check.items}
          keyOf={item => `${item.pid} ${item.program}`}
        />
      )}
      {check.more > 0 && <p className="padded soft">{words.more(format.count(check.more))}</p>}
    </>
  );
}

/** What the last check of all processes saw, and a new one. */
export function Memory(): ReactNode {
  const { text } = useSpeech();
  const words = text.integrity.memory;
  const load = useCallback((signal: AbortSignal) => getMemory(signal), []);
  const resource = usePolled(load, interval);
  const { update } = resource;
  const deed = useDeed();
  const check = (): void =>
    void deed.run(async () => {
      const answer = await checkMemory();
      update(() => answer);
    });
  return (
    <Loaded resource={resource}>
      {({ checking, last }) => (
        <Panel
          title={words.title}
          className="flush"
          aside={
            <button type="button" className="button" disabled={deed.busy || checking} onClick={check}>
              {checking ? text.integrity.checking : text.integrity.checkNow}
            </button>
          }
        >
          <p className="padded soft">{words.help}</p>
          <Refusal failure={deed.failure} />
          {checking && (
            <p className="padded soft" role="status">
              {words.running}
            </p>
          )}
          {last ? <Check check={last} /> : !checking && <p className="padded soft">{words.never}</p>}
        </Panel>
      )}
    </Loaded>
  );
}
