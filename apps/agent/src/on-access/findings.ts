/** What scanning on access says: the verdict of the engines, with who wrote or ran the file and what was done. */
import type { AccessFinding } from '@redoubt/act/on-access';
import { findingDraftOf } from '@redoubt/detect/scan-helper';
import { type Bilingual, type Device, draftFinding, type Finding } from '@redoubt/model';
import type { Taken } from './taking.ts';

/** The finding; undefined where there is nothing to say. @param count occasions that it stands for */
export function accessFinding(
  found: AccessFinding,
  count: number,
  device: Device,
  taken?: Taken,
): Finding | undefined {
  const { path, identity, verdict, sha256, process } = found;
  if (verdict === undefined) return undefined;
  const draft = findingDraftOf({
    path,
    size: identity?.size ?? 0,
    verdict,
    ...(sha256 !== undefined && { sha256 }),
    ...(process !== undefined && { process }),
  });
  if (draft === undefined) return undefined;
  const occasion = occasionOf(found);
  const done = doneOf(found, taken);
  return draftFinding({
    ...draft,
    analytic: { ...draft.analytic, uid: draft.analytic.uid.replace(/^scan/, 'on-access') },
    title: { en: `${occasion.en}: ${draft.title.en}`, zh: `${occasion.zh}：${draft.title.zh}` },
    description: joined([draft.description, ...done]),
    reasons: [...draft.reasons, ...done.map(text => ({ field: 'on-access', value: path, text }))],
    dedupKey: `on-access.${keyOf(found)}:${draft.dedupKey}`,
    device,
    count,
  });
}

/** What tells findings of one file apart: the same thing again is the same finding. */
export function keyOf({ occasion, isDenied, ranUnjudged, rung }: AccessFinding): string {
  if (occasion !== 'run') return 'written';
  if (isDenied) return 'denied';
  return ranUnjudged || rung === 'enforce' ? 'ran' : 'would-deny';
}

function occasionOf(found: AccessFinding): Bilingual {
  const isBad = found.verdict?.judged === 'malicious';
  if (found.occasion !== 'run') return { en: 'File written', zh: '写入文件' };
  if (found.isDenied) return { en: 'Program denied', zh: '已拒绝程序' };
  if (isBad && found.rung === 'audit') return { en: 'Program would be denied', zh: '程序将被拒绝' };
  return { en: 'Program run', zh: '程序已运行' };
}

function doneOf(found: AccessFinding, taken: Taken | undefined): Bilingual[] {
  const done: Bilingual[] = [];
  if (found.isDenied) done.push({ en: 'Its start was refused (EPERM).', zh: '启动被拒绝（EPERM）。' });
  if (found.ranUnjudged)
    done.push({
      en: 'It had been let through already: its verdict came too late.',
      zh: '结论未能及时得出，程序此前已被放行。',
    });
  else if (found.occasion === 'run' && found.rung === 'audit' && found.verdict?.judged === 'malicious')
    done.push({ en: 'At enforce its start would be refused.', zh: '在强制阶段将被拒绝启动。' });
  if (found.occasion === 'found-later')
    done.push({
      en: 'It was found by a later look: word of its being written was lost, or the rules were older then.',
      zh: '系事后扫描发现：写入通知曾丢失，或当时的规则较旧。',
    });
  if (taken !== undefined)
    done.push(
      'id' in taken
        ? {
            en: `It is in quarantine; back with: redoubt quarantine restore ${taken.id}`,
            zh: `已移入隔离区；恢复：redoubt quarantine restore ${taken.id}`,
          }
        : { en: `It could not be quarantined: ${taken.error}`, zh: `无法隔离：${taken.error}` },
    );
  return done;
}

function joined(texts: readonly Bilingual[]): Bilingual {
  return { en: texts.map(({ en }) => en).join(' '), zh: texts.map(({ zh }) => zh).join('') };
}
