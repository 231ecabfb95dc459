/** The processes around a finding: all ancestors of the one that it is about, and its descendants. */
import type { Finding } from '@redoubt/model';
import type { Reader } from '@redoubt/store';
import type { FindingTree, ProcessNode } from '../api/contract.ts';
import { nodeOfEntity, nodeOfRow } from './node.ts';

/** Most descendants that are shown. */
const descendantLimit = 200;

/**
 * Ancestors stand in the finding itself, as they were at that moment; descendants come from the record. A process
 * that ran several programs one after the other has a node for each.
 * @returns undefined when the finding is not about a process
 */
export async function findingTree(finding: Finding, reader: Reader): Promise<FindingTree | undefined> {
  const process = finding.evidences.find(evidence => evidence.process?.uid !== undefined)?.process;
  const focus = process?.uid;
  if (process === undefined || focus === undefined) return undefined;

  const nodes: ProcessNode[] = [];
  const taken = new Set<string>();
  // From the focus upwards; an earlier program of the same process needs a name of its own.
  const chain = [process, ...(process.ancestry ?? [])];
  const names = chain.map(({ uid = 'unknown' }) => {
    let name = uid;
    for (let earlier = 1; taken.has(name); earlier++) name = `${uid}/-${earlier}`;
    taken.add(name);
    return name;
  });
  chain.forEach((entity, index) => {
    nodes.push(nodeOfEntity(entity, names[index] ?? '', names[index + 1]));
  });
  const focusNode = nodes[0];
  if (focusNode !== undefined) focusNode.flags = [...focusNode.flags, 'finding'];
  nodes.push(...(await descendants(focus, finding.finding_info.first_seen_time, taken, reader)));
  return { processes: nodes, focus };
}

async function descendants(
  root: string,
  from: number,
  taken: Set<string>,
  reader: Reader,
): Promise<ProcessNode[]> {
  const found: ProcessNode[] = [];
  const waiting = [root];
  for (let uid = waiting.shift(); uid !== undefined; uid = waiting.shift()) {
    for (const row of await reader.processes({ parentUid: uid, from, limit: descendantLimit })) {
      if (taken.has(row.uid)) continue; // rows come newest image first
      taken.add(row.uid);
      found.push(nodeOfRow(row));
      waiting.push(row.uid);
      if (found.length >= descendantLimit) return found;
    }
  }
  return found;
}
