/** Findings: list, one, its processes, its status. */
import { type Finding, Type } from '@redoubt/model';
import type { Reader, Recorder, StatusChange } from '@redoubt/store';
import { findingTree } from '../../process/finding-tree.ts';
import { type FindingsPage, FindingsQuery, StatusRequest } from '../contract.ts';
import { ApiFailure, notFound } from '../errors.ts';
import type { Api } from '../server.ts';

/** What the routes need. */
export interface FindingsParts {
  reader: Reader;
  recorder: Pick<Recorder, 'flush' | 'updateFinding'>;
  /** Told of a finding whose status was changed. */
  onChange: (finding: Finding) => void;
}

const Uid = Type.Object({ uid: Type.String({ minLength: 1, maxLength: 64 }) });

/** Findings read at one time while looking for those that a query wants. */
const pageOfRows = 200;

/** Adds the routes below /api/findings. */
export function findingsRoutes(api: Api, { reader, recorder, onChange }: FindingsParts): void {
  const find = async (uid: string): Promise<Finding> => {
    await recorder.flush();
    const finding = reader.finding(uid);
    if (finding === undefined) throw notFound({ en: `finding ${uid}`, zh: `编号为 ${uid} 的告警` });
    return finding;
  };

  api.get('/api/findings', { schema: { querystring: FindingsQuery } }, async request => {
    await recorder.flush();
    return listFindings(reader, request.query);
  });

  api.get('/api/findings/:uid', { schema: { params: Uid } }, request => find(request.params.uid));

  api.get('/api/findings/:uid/tree', { schema: { params: Uid } }, async request => {
    const tree = await findingTree(await find(request.params.uid), reader);
    if (tree === undefined) throw notFound({ en: 'process in this finding', zh: '与此告警相关的进程' });
    return tree;
  });

  api.post('/api/findings/:uid/status', { schema: { params: Uid, body: StatusRequest } }, async request => {
    const { uid } = await find(request.params.uid).then(finding => finding.finding_info);
    const { status_id: status, comment } = request.body;
    const change = comment === undefined ? { status } : { status, comment };
    await recorder.updateFinding(uid, change as StatusChange);
    const changed = await find(uid);
    onChange(changed);
    return changed;
  });
}

/** The findings that a query wants, newest first; `before` counts the rows that earlier pages have looked at. */
async function listFindings(
  reader: Reader,
  query: { limit?: number; before?: string; severity?: string; status?: string; q?: string },
): Promise<FindingsPage> {
  const limit = query.limit ?? 50;
  const severities = query.severity?.split(',').map(Number);
  const words = query.q?.toLowerCase().split(/\s+/).filter(Boolean) ?? [];
  let offset = offsetOf(query.before);
  const items: Finding[] = [];
  for (;;) {
    const rows = await reader.findings({
      status: query.status?.split(',').map(Number),
      limit: pageOfRows,
      offset,
    });
    for (const finding of rows) {
      if (items.length === limit) return { items, next: String(offset) };
      offset++;
      const wanted = severities === undefined || severities.includes(finding.severity_id);
      if (wanted && mentions(finding, words)) items.push(finding);
    }
    if (rows.length < pageOfRows) return { items };
  }
}

function offsetOf(before: string | undefined): number {
  if (before === undefined) return 0;
  if (/^\d{1,9}$/.test(before)) return Number(before);
  throw new ApiFailure(400, 'bad_request', {
    en: `"before" must be the "next" of an earlier page, not "${before}"`,
    zh: `“before”应为前一页返回的“next”，而不是“${before}”`,
  });
}

/** Whether every word stands in what a person would look for: titles, rule, technique, process, paths. */
function mentions(finding: Finding, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const { finding_info: info, redoubt } = finding;
  const parts = [redoubt.title.en, redoubt.title.zh, info.analytic.uid, info.analytic.name];
  for (const { tactic, technique } of info.attacks) {
    parts.push(tactic.uid, tactic.name, technique?.uid ?? '', technique?.name ?? '');
  }
  for (const { process, file, src_endpoint, dst_endpoint } of finding.evidences) {
    parts.push(
      process?.file?.path ?? '',
      process?.cmd_line ?? '',
      process?.user?.name ?? '',
      file?.path ?? '',
    );
    parts.push(src_endpoint?.ip ?? '', dst_endpoint?.ip ?? '');
  }
  const text = parts.join('\n').toLowerCase();
  return words.every(word => text.includes(word));
}
