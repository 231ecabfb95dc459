/** What scanning on access would have denied in a past period: as far as the record knows. */
import type { Impact, ImpactGroup } from '@redoubt/model';
import type { Period } from '../ladder/protection.ts';

const groupsTold = 500;
const pageSize = 500;

/**
 * Files that were found malicious and then run, out of findings of scans in the record. Contents are not kept, so a
 * file that nobody scanned then cannot be judged now.
 */
export async function onAccessImpact({ reader, from, to, signal, onProgress }: Period): Promise<Impact> {
  const malicious = new Set<string>();
  const found = await reader.findings({ limit: pageSize });
  for (const { evidences = [], finding_info, severity_id } of found)
    if (/^(?:scan|on-access)\./.test(finding_info.analytic.uid) && severity_id >= 4)
      for (const { file } of evidences) if (file?.path !== undefined) malicious.add(file.path);
  const groups = new Map<string, ImpactGroup>();
  let examined = 0;
  let unreadable = 0;
  let blocked = 0;
  const events = reader.events({
    from,
    to,
    kinds: ['process.exec'],
    signal,
    onDamage: ({ count }) => {
      unreadable += count;
    },
  });
  for await (const event of events) {
    examined += 1;
    if (examined % 1000 === 0) onProgress(examined);
    const path = event.get('process.file.path');
    if (typeof path !== 'string' || !malicious.has(path)) continue;
    blocked += 1;
    const { time, sequence } = event;
    const before = groups.get(path);
    groups.set(path, {
      key: path,
      subject: {
        en: `${path}: a scan has found it malicious`,
        zh: `${path}：扫描判定为恶意`,
      },
      count: (before?.count ?? 0) + 1,
      first_time: before?.first_time ?? time,
      last_time: time,
      sequence: before?.sequence ?? sequence,
    });
  }
  const all = [...groups.values()].sort((a, b) => b.count - a.count);
  return {
    from,
    to,
    examined,
    blocked,
    groups: all.slice(0, groupsTold),
    more_groups: Math.max(all.length - groupsTold, 0),
    unreadable,
    limits: [
      {
        en: 'the record keeps no contents: only programs that a scan has found malicious are counted; go to audit to see what is run from now on',
        zh: '记录不保存文件内容：仅统计扫描已判定为恶意的程序；进入 audit 可查看此后运行的程序',
      },
    ],
  };
}
