/** What can be done about a finding: actions on what it names, each with its plan first. */
import type { ReactNode } from 'react';
import type { Evidence, Finding } from '../../api/contract.ts';
import { Panel } from '../../parts/basics.tsx';
import { hrefOf } from '../../router.ts';
import { useSpeech } from '../../text/text.tsx';

type Kind = 'suspend-tree' | 'kill-tree' | 'block-address' | 'quarantine-file';

function kindsFor({ evidences }: Finding): Kind[] {
  const names = (look: (evidence: Evidence) => unknown): boolean =>
    evidences.some(one => look(one) !== undefined);
  const kinds: Kind[] = [];
  if (names(one => one.process?.uid)) kinds.push('suspend-tree', 'kill-tree');
  if (names(one => one.src_endpoint?.ip ?? one.dst_endpoint?.ip)) kinds.push('block-address');
  if (names(one => one.file?.path ?? one.process?.file?.path)) kinds.push('quarantine-file');
  return kinds;
}

export function Respond({ finding }: { finding: Finding }): ReactNode {
  const { text } = useSpeech();
  const words = text.response;
  const { uid } = finding.finding_info;
  return (
    <Panel title={words.respond}>
      <p className="small soft">{words.respondHelp}</p>
      <p className="respond">
        {kindsFor(finding).map(kind => (
          <a key={kind} className="button" href={hrefOf('responses', undefined, { kind, finding: uid })}>
            {words.short[kind]}
          </a>
        ))}
        <a className="button" href={hrefOf('responses', 'playbooks', { finding: uid })}>
          {words.tab.playbooks}
        </a>
      </p>
    </Panel>
  );
}
