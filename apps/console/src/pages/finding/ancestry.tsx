import { type CSSProperties, type ReactNode, useCallback } from 'react';
import { getFindingTree } from '../../api/client.ts';
import type { FindingTree, ProcessFlag, ProcessNode } from '../../api/contract.ts';
import { useResource } from '../../api/hooks.ts';
import { At, CommandLine, Copyable, Panel } from '../../parts/basics.tsx';
import { Flags } from '../../parts/flags.tsx';
import { rowsOf } from '../../parts/forest.ts';
import { Loaded } from '../../parts/states.tsx';
import { useSpeech } from '../../text/text.tsx';
import './ancestry.css';

/** Indentation grows with depth, but a deep tree must stay readable. */
const deepest = 10;
/** Flags that the node says in other words. */
const saidElsewhere: ReadonlySet<ProcessFlag> = new Set(['finding', 'unpackaged']);

function Facts({ node }: { node: ProcessNode }): ReactNode {
  const { text } = useSpeech();
  return (
    <dl className="node-facts small">
      {node.exe !== undefined && (
        <div>
          <dt className="unseen">{text.process.executable}</dt>
          <dd>
            <Copyable value={node.exe} />
          </dd>
        </div>
      )}
      {node.package ? (
        <div>
          <dt>{text.process.package}</dt>
          <dd className="mono">
            {node.package.name} <span className="faint">{node.package.version}</span>
          </dd>
        </div>
      ) : (
        node.flags.includes('unpackaged') && (
          <div>
            <dd className="warn-text">{text.process.noPackage}</dd>
          </div>
        )
      )}
      {node.sha256 !== undefined && (
        <div>
          <dt>{text.process.sha256}</dt>
          <dd>
            <Copyable value={node.sha256}>{`${node.sha256.slice(0, 12)}…`}</Copyable>
          </dd>
        </div>
      )}
      {node.container && (
        <div>
          <dt>{text.process.container}</dt>
          <dd className="mono breaks">
            {node.container.name ?? node.container.uid.slice(0, 12)}
            <span className="faint">
              {' '}
              {node.container.runtime} {node.container.image?.name}
            </span>
          </dd>
        </div>
      )}
    </dl>
  );
}

function Node({ node, focus }: { node: ProcessNode; focus: boolean }): ReactNode {
  const { text } = useSpeech();
  return (
    <>
      <p className="node-head">
        <strong className="mono">{node.name}</strong>
        <span className="faint small">
          {text.process.pid} {node.pid}
        </span>
        {node.user && (
          <span className={node.user.uid === '0' ? 'chip accent' : 'chip'}>
            {node.user.name ?? node.user.uid}
          </span>
        )}
        {focus && <span className="chip bad focus-chip">{text.finding.thisProcess}</span>}
        <Flags flags={node.flags.filter(flag => !saidElsewhere.has(flag))} />
        <span className="node-time faint small">
          <At time={node.start} />
          {node.end !== undefined && (
            <>
              {' – '}
              <At time={node.end} />
            </>
          )}
          {node.exit_code !== undefined && ` · ${text.process.exit(String(node.exit_code))}`}
        </span>
      </p>
      {node.cmd_line !== undefined && <CommandLine value={node.cmd_line} />}
      <Facts node={node} />
    </>
  );
}

/** The processes around a finding from the first one down, each with all that is known about it. */
function Tree({ tree }: { tree: FindingTree }): ReactNode {
  const { text } = useSpeech();
  return (
    <ol className="ancestry" aria-label={text.finding.ancestry}>
      {rowsOf(tree.processes, () => false).map(({ node, depth }) => (
        <li
          key={node.uid}
          className="node"
          data-focus={node.uid === tree.focus}
          aria-current={node.uid === tree.focus ? 'true' : undefined}
          style={{ '--depth': Math.min(depth, deepest) } as CSSProperties}
        >
          <Node node={node} focus={node.uid === tree.focus} />
        </li>
      ))}
    </ol>
  );
}

export function Ancestry({ uid }: { uid: string }): ReactNode {
  const { text } = useSpeech();
  const load = useCallback((signal: AbortSignal) => getFindingTree(uid, signal), [uid]);
  const resource = useResource(load);
  return (
    <Panel
      title={text.finding.ancestry}
      aside={<span className="faint small">{text.finding.ancestryHelp}</span>}
    >
      <Loaded resource={resource}>{tree => <Tree tree={tree} />}</Loaded>
    </Panel>
  );
}
