import { type ReactNode, useCallback, useState } from 'react';
import type { QuarantineItem } from '../../api/contract.ts';
import { useDeed, useResource } from '../../api/hooks.ts';
import { getQuarantine, restoreFile } from '../../api/posture.ts';
import { Ago, Panel } from '../../parts/basics.tsx';
import { Refusal } from '../../parts/facts.tsx';
import { type Column, Grid } from '../../parts/grid.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { SureButton } from '../../parts/sure.tsx';
import { hrefOf } from '../../router.ts';
import { useSpeech } from '../../text/text.tsx';

/** Files in quarantine, and giving one back. */
export function QuarantineList(): ReactNode {
  const { text, format } = useSpeech();
  const words = text.scanning.quarantine;
  const load = useCallback((signal: AbortSignal) => getQuarantine(signal), []);
  const resource = useResource(load);
  const deed = useDeed();
  const [restored, setRestored] = useState<string>();
  const restore = (id: string): void =>
    void deed.run(async () => {
      const { path } = await restoreFile(id);
      setRestored(path);
      resource.reload();
    });
  const columns: Column<QuarantineItem>[] = [
    {
      title: words.path,
      kind: 'wide',
      cell: item => (
        <>
          <code className="breaks">{item.path}</code>
          {item.other_links > 0 && (
            <span className="chip warn">{words.links(format.count(item.other_links))}</span>
          )}
        </>
      ),
    },
    { title: words.size, kind: 'number', cell: item => format.bytes(item.size) },
    { title: words.taken, kind: 'tight', cell: item => <Ago time={item.time} /> },
    { title: words.by, cell: item => item.by },
    {
      title: words.why,
      cell: item => (
        <>
          {item.reason}
          {item.findings?.map(uid => (
            <a key={uid} href={hrefOf('findings', uid)} className="finding-link mono small">
              {uid.slice(0, 12)}
            </a>
          ))}
        </>
      ),
    },
    {
      title: words.restore,
      kind: 'tight',
      cell: item => (
        <SureButton
          label={words.restore}
          about={item.path}
          question={words.sure}
          yes={words.really}
          no={words.cancel}
          busy={deed.busy}
          onYes={() => restore(item.id)}
        />
      ),
    },
  ];
  return (
    <Loaded resource={resource}>
      {({ items, damaged }) => (
        <Panel title={words.title} className="flush">
          <p className="padded soft">{words.help}</p>
          <div className="padded" hidden={!deed.failure && restored === undefined}>
            <Refusal failure={deed.failure} />
            {!deed.failure && restored !== undefined && (
              <p role="status" className="breaks">
                {words.restored(restored)}
              </p>
            )}
          </div>
          {damaged.length > 0 && <p className="padded bad-text">{words.damaged(damaged.join(', '))}</p>}
          {items.length === 0 ? (
            <Empty title={words.empty} />
          ) : (
            <Grid label={words.title} columns={columns} rows={items} keyOf={item => item.id} />
          )}
        </Panel>
      )}
    </Loaded>
  );
}
