/** Processes as trees. */
import type { ProcessNode } from '../api/contract.ts';

/** A process among others: how deep it stands, and whether it has children. */
export interface TreeRow {
  node: ProcessNode;
  depth: number;
  children: number;
}

/** Nodes by the uid of their parent; those whose parent is not among them stand under ''. */
export function childrenByParent(nodes: readonly ProcessNode[]): Map<string, ProcessNode[]> {
  const known = new Set(nodes.map(node => node.uid));
  const byParent = new Map<string, ProcessNode[]>();
  for (const node of nodes) {
    const { parent_uid: parent } = node;
    const key = parent !== undefined && parent !== node.uid && known.has(parent) ? parent : '';
    const siblings = byParent.get(key);
    if (siblings) siblings.push(node);
    else byParent.set(key, [node]);
  }
  for (const siblings of byParent.values()) {
    siblings.sort((left, right) => left.start - right.start || left.pid - right.pid);
  }
  return byParent;
}

/** The rows of a tree from top to bottom, leaving out what stands below a closed node. */
export function rowsOf(nodes: readonly ProcessNode[], isClosed: (uid: string) => boolean): TreeRow[] {
  const byParent = childrenByParent(nodes);
  const rows: TreeRow[] = [];
  const seen = new Set<string>();
  const stack = (byParent.get('') ?? []).toReversed().map(node => ({ node, depth: 0 }));
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { node, depth } = top;
    if (seen.has(node.uid)) continue;
    seen.add(node.uid);
    const children = byParent.get(node.uid) ?? [];
    rows.push({ node, depth, children: children.length });
    if (isClosed(node.uid)) continue;
    for (const child of children.toReversed()) stack.push({ node: child, depth: depth + 1 });
  }
  return rows;
}

/** The nodes that match, with all their ancestors, so that each still stands in its place. */
export function withAncestors(
  nodes: readonly ProcessNode[],
  matches: (node: ProcessNode) => boolean,
): ProcessNode[] {
  const byUid = new Map(nodes.map(node => [node.uid, node]));
  const kept = new Set<string>();
  for (const node of nodes) {
    if (!matches(node)) continue;
    let at: ProcessNode | undefined = node;
    while (at && !kept.has(at.uid)) {
      kept.add(at.uid);
      at = at.parent_uid === undefined ? undefined : byUid.get(at.parent_uid);
    }
  }
  return nodes.filter(node => kept.has(node.uid));
}
