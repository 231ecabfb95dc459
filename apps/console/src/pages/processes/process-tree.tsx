import { type CSSProperties, type KeyboardEvent, type ReactNode, useState } from 'react';
import { Ago, Copyable } from '../../parts/basics.tsx';
import { Flags } from '../../parts/flags.tsx';
import type { TreeRow } from '../../parts/forest.ts';
import { Icon } from '../../parts/icon.tsx';
import { moveFocus } from '../../parts/keys.ts';
import { hrefOf } from '../../router.ts';
import { useSpeech } from '../../text/text.tsx';

interface TreeProps {
  rows: readonly TreeRow[];
  isOpen: (uid: string) => boolean;
  setOpen: (uid: string, open: boolean) => void;
}

function Details({ row: { node } }: { row: TreeRow }): ReactNode {
  const { text, format } = useSpeech();
  return (
    <dl className="facts process-more">
      <dt>{text.process.commandLine}</dt>
      <dd>
        <Copyable value={node.cmd_line ?? node.name} />
      </dd>
      {node.exe !== undefined && (
        <>
          <dt>{text.process.executable}</dt>
          <dd>
            <Copyable value={node.exe} />
          </dd>
        </>
      )}
      {node.sha256 !== undefined && (
        <>
          <dt>{text.process.sha256}</dt>
          <dd>
            <Copyable value={node.sha256} />
          </dd>
        </>
      )}
      {(node.package || node.flags.includes('unpackaged')) && (
        <>
          <dt>{text.process.package}</dt>
          <dd>
            {node.package ? `${node.package.name} ${node.package.version ?? ''}` : text.process.noPackage}
          </dd>
        </>
      )}
      {node.container && (
        <>
          <dt>{text.process.container}</dt>
          <dd>
            {node.container.name} <span className="mono faint">{node.container.uid}</span>
          </dd>
        </>
      )}
      <dt>{text.process.started}</dt>
      <dd>{format.dateTime(node.start)}</dd>
      {!node.flags.includes('kernel_thread') && (
        <>
          <dt>{text.response.respond}</dt>
          <dd className="process-hands">
            {(['suspend-tree', 'kill-tree'] as const).map(kind => (
              <a key={kind} href={hrefOf('responses', undefined, { kind, process: node.uid })}>
                {text.response.short[kind]}
              </a>
            ))}
          </dd>
        </>
      )}
    </dl>
  );
}

/** Rows of a process tree. Arrow keys walk, open and close it; Enter shows what is known of a process. */
export function ProcessTree({ rows, isOpen, setOpen }: TreeProps): ReactNode {
  const { text } = useSpeech();
  const [shown, setShown] = useState<string>();
  const [current, setCurrent] = useState(rows[0]?.node.uid);
  const reachable = rows.some(row => row.node.uid === current) ? current : rows[0]?.node.uid;

  const onKey = (event: KeyboardEvent, row: TreeRow): void => {
    if (event.target !== event.currentTarget) return;
    const { uid } = row.node;
    switch (event.key) {
      case 'ArrowDown':
        moveFocus('[data-row]', 1);
        break;
      case 'ArrowUp':
        moveFocus('[data-row]', -1);
        break;
      case 'ArrowRight':
        setOpen(uid, true);
        break;
      case 'ArrowLeft':
        setOpen(uid, false);
        break;
      case 'Enter':
        setShown(shown === uid ? undefined : uid);
        break;
      default:
        return;
    }
    event.preventDefault();
  };

  return (
    <div role="tree" className="processes" aria-label={text.processes.list}>
      {rows.map(row => {
        const { node, depth, children } = row;
        const open = isOpen(node.uid);
        return (
          <div
            key={node.uid}
            role="treeitem"
            className="process"
            tabIndex={node.uid === reachable ? 0 : -1}
            aria-level={depth + 1}
            aria-expanded={children > 0 ? open : undefined}
            aria-selected={shown === node.uid}
            data-row
            style={{ '--depth': depth } as CSSProperties}
            onFocus={() => setCurrent(node.uid)}
            onKeyDown={event => onKey(event, row)}
          >
            {/* biome-ignore lint/a11y/useKeyWithClickEvents: the keys are on the row, which has the focus. */}
            {/* biome-ignore lint/a11y/noStaticElementInteractions: the row is the tree item. */}
            <div className="process-row" onClick={() => setShown(shown === node.uid ? undefined : node.uid)}>
              <span className="process-name">
                {children > 0 ? (
                  <button
                    type="button"
                    tabIndex={-1}
                    className="twist"
                    data-open={open}
                    aria-label={open ? text.processes.collapse : text.processes.expand}
                    onClick={event => {
                      event.stopPropagation();
                      setOpen(node.uid, !open);
                    }}
                  >
                    <Icon name="right" size={11} />
                  </button>
                ) : (
                  <span className="twist" />
                )}
                <strong className="mono cut">{node.name}</strong>
                <span className="faint small">{node.pid}</span>
              </span>
              <span className="process-user cut soft">{node.user?.name ?? node.user?.uid}</span>
              <span className="process-time soft small">
                <Ago time={node.start} />
              </span>
              <span className="process-what">
                <Flags flags={node.flags} />
                {node.container && (
                  <span className="chip">{node.container.name ?? node.container.uid.slice(0, 12)}</span>
                )}
                <span className="mono cut soft" title={node.cmd_line}>
                  {node.cmd_line ?? node.exe}
                </span>
              </span>
            </div>
            {shown === node.uid && <Details row={row} />}
          </div>
        );
      })}
    </div>
  );
}
