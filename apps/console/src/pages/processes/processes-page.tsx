import { type ReactNode, useDeferredValue, useMemo, useState } from 'react';
import { getProcesses } from '../../api/client.ts';
import type { ProcessNode } from '../../api/contract.ts';
import { useResource } from '../../api/hooks.ts';
import { isRemarkable } from '../../parts/flags.tsx';
import { rowsOf, withAncestors } from '../../parts/forest.ts';
import { Icon } from '../../parts/icon.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { useSpeech } from '../../text/text.tsx';
import { ProcessTree } from './process-tree.tsx';
import './processes.css';

interface Wish {
  words: string;
  flagged: boolean;
  kernelThreads: boolean;
}

function hasWords(node: ProcessNode, words: string): boolean {
  const all = [node.name, node.exe, node.cmd_line, node.user?.name, String(node.pid), node.container?.name];
  return all.some(text => text?.toLowerCase().includes(words));
}

/** The processes to show; those above a match stay, to hold it in its place. */
function choose(nodes: readonly ProcessNode[], { words, flagged, kernelThreads }: Wish): ProcessNode[] {
  const wanted = kernelThreads ? nodes : nodes.filter(node => !node.flags.includes('kernel_thread'));
  const lower = words.trim().toLowerCase();
  if (lower === '' && !flagged) return [...wanted];
  return withAncestors(
    wanted,
    node => (!flagged || node.flags.some(isRemarkable)) && (lower === '' || hasWords(node, lower)),
  );
}

function Chosen({ nodes, wish }: { nodes: readonly ProcessNode[]; wish: Wish }): ReactNode {
  const { text, format } = useSpeech();
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const chosen = useMemo(() => choose(nodes, wish), [nodes, wish]);
  const rows = useMemo(() => rowsOf(chosen, uid => closed.has(uid)), [chosen, closed]);
  const setOpen = (uid: string, open: boolean): void => {
    const next = new Set(closed);
    if (open) next.delete(uid);
    else next.add(uid);
    setClosed(next);
  };
  return (
    <>
      <p className="soft small process-count" role="status">
        {text.processes.count(format.count(chosen.length), format.count(nodes.length))}
      </p>
      {rows.length === 0 ? (
        <Empty title={text.processes.noMatch} />
      ) : (
        <ProcessTree rows={rows} isOpen={uid => !closed.has(uid)} setOpen={setOpen} />
      )}
    </>
  );
}

/** Every process that runs, as a tree. */
export function ProcessesPage(): ReactNode {
  const { text } = useSpeech();
  const resource = useResource(getProcesses);
  const [words, setWords] = useState('');
  const [flagged, setFlagged] = useState(false);
  const [kernelThreads, setKernelThreads] = useState(false);
  const deferred = useDeferredValue(words);
  const wish = useMemo(
    () => ({ words: deferred, flagged, kernelThreads }),
    [deferred, flagged, kernelThreads],
  );
  return (
    <>
      <div className="page-head">
        <h1>{text.processes.title}</h1>
        <button type="button" className="button" disabled={resource.loading} onClick={resource.reload}>
          <Icon name="refresh" size={14} />
          {text.processes.refresh}
        </button>
      </div>
      <div className="filters">
        <div className="search">
          <Icon name="search" size={15} />
          <input
            type="search"
            className="field"
            data-filter
            value={words}
            placeholder={text.processes.search}
            aria-label={text.processes.search}
            onChange={event => setWords(event.target.value)}
          />
        </div>
        <div className="choices">
          <button
            type="button"
            className="button"
            aria-pressed={flagged}
            onClick={() => setFlagged(!flagged)}
          >
            {text.processes.flagged}
          </button>
          <button
            type="button"
            className="button"
            aria-pressed={kernelThreads}
            onClick={() => setKernelThreads(!kernelThreads)}
          >
            {text.processes.kernelThreads}
          </button>
        </div>
      </div>
      <section className="panel" aria-label={text.processes.list}>
        <Loaded resource={resource}>{({ items }) => <Chosen nodes={items} wish={wish} />}</Loaded>
      </section>
    </>
  );
}
