/** What a change of the persistence inventory means: by what kind it is, what it runs, and who brought it. */
import type { Bilingual, Fact, Reason, StateChange } from '@redoubt/model';
import type { DriftJudgement } from '../../collector.ts';
import { persistenceSources } from './all.ts';
import type { PersistenceSource, Remark } from './source.ts';

type Facts = Readonly<Record<string, Fact>>;

const text = (facts: Facts, name: string): string => String(facts[name] ?? '');

const sharedFolder = /^\/(?:tmp|var\/tmp|dev\/shm|run\/user|run\/shm|run\/lock|var\/lock)\//;
const hiddenPart = /\/\.(?!config\/|local\/|\.?\/)[^/]+/;
const fetchAndRun =
  /\b(?:curl|wget|fetch)\b[^|;]*\|\s*(?:\w*\/)*(?:ba|da|z)?sh\b|\bbase64\s+(?:-d|--decode)\b|\/dev\/tcp\//;
/** Owners that do no harm: root, and accounts' own files. */
const rootOwned = /^(?:root|0):/;

/** What is remarkable about any item, whatever its kind. */
function commonRemarks(facts: Facts): Remark[] {
  const remarks: Remark[] = [];
  const add = (field: string, en: string, zh: string, weight = 1): void => {
    remarks.push({ field, value: text(facts, field), text: { en, zh }, weight });
  };
  const program = text(facts, 'program');
  if (sharedFolder.test(program))
    add('program', 'the program lies in a folder that everybody can write to', '程序位于所有人可写的目录');
  else if (hiddenPart.test(program))
    add('program', 'the program is hidden by its name', '程序名称为隐藏形式');
  if (fetchAndRun.test(text(facts, 'command')))
    add('command', 'the command runs what it fetches or decodes', '命令会执行下载或解码得到的内容');
  const mode = Number.parseInt(text(facts, 'mode') || '0', 8);
  if ((mode & 0o002) !== 0) add('mode', 'everybody can write to the file', '所有人可写此文件');
  if (facts['program_mode'] !== undefined)
    add('program_mode', 'everybody can write to the program', '所有人可写此程序');
  const runsAsRoot = facts['user'] === 'root' || facts['user'] === 'every user';
  if (
    runsAsRoot &&
    facts['owner'] !== null &&
    facts['owner'] !== undefined &&
    !rootOwned.test(text(facts, 'owner'))
  )
    add('owner', 'it runs as root but does not belong to root', '以 root 身份运行，但文件不属于 root');
  if (typeof facts['environment'] === 'string')
    add('environment', 'it sets what the loader preloads', '设置了动态链接器的预加载变量');
  return remarks;
}

const verbs = {
  added: { en: 'New', zh: '新增' },
  removed: { en: 'Gone', zh: '移除' },
  changed: { en: 'Changed', zh: '变更' },
} as const;

/** Facts that say nothing about what an item does. */
const quietFields = new Set(['package', 'program_package']);

const advice: Bilingual = {
  en: 'Find out who made it and when (`redoubt events`, the process in the evidence). If nobody meant it, keep the file as evidence, then take it away and look for what it has started.',
  zh: '查明由谁、何时创建（`redoubt events`，或证据中的进程）。若并非有意为之，请先保留文件作为证据，再将其移除，并检查它已启动的程序。',
};

function titleOf(kind: StateChange['kind'], source: PersistenceSource, facts: Facts): Bilingual {
  const name = text(facts, 'name') || text(facts, 'path');
  return {
    en: `${verbs[kind].en} start-up item (${source.kind}): ${name}`,
    zh: `${verbs[kind].zh}自启动项（${source.kind}）：${name}`,
  };
}

/** What an item runs, in words; the file when it runs nothing that can be named. */
function whatReason(facts: Facts, source: PersistenceSource): Reason {
  const command = text(facts, 'command');
  const user = text(facts, 'user');
  const schedule = text(facts, 'schedule');
  const when = schedule === '' ? '' : ` (${schedule})`;
  const who = user === '' ? { en: '', zh: '' } : { en: ` as ${user}`, zh: `以 ${user} 身份` };
  return {
    text: {
      en: `${source.title.en}: ${text(facts, 'path')}${command === '' ? '' : ` runs “${command}”${who.en}${when}`}`,
      zh: `${source.title.zh}：${text(facts, 'path')}${command === '' ? '' : ` ${who.zh}运行“${command}”${when}`}`,
    },
    field: command === '' ? 'path' : 'command',
    value: command === '' ? text(facts, 'path') : command,
  };
}

function packageReason(facts: Facts): Reason {
  const owner = facts['package'];
  return typeof owner === 'string'
    ? {
        text: { en: `the package ${owner} owns the file`, zh: `文件属于软件包 ${owner}` },
        field: 'package',
        value: owner,
      }
    : { text: { en: 'no package owns the file', zh: '文件不属于任何软件包' }, field: 'package', value: '' };
}

/** What is remarkable about an entry of the inventory. */
export function remarksOf(facts: Facts): Remark[] {
  const source = persistenceSources.find(({ kind }) => kind === facts['kind']);
  return [...commonRemarks(facts), ...(source?.remarks?.(facts) ?? [])];
}

/** Judges a change; undefined when only what a package manager calls it has changed. */
export function judgePersistence(change: StateChange): DriftJudgement | undefined {
  const entry = change.kind === 'removed' ? change.before : change.after;
  const { facts } = entry;
  const source = persistenceSources.find(({ kind }) => kind === facts['kind']);
  if (source === undefined) return undefined;
  if (change.kind === 'changed' && change.fields.every(field => quietFields.has(field))) return undefined;
  const remarks = change.kind === 'removed' ? [] : remarksOf(facts);
  const weight = remarks.reduce((sum, remark) => sum + remark.weight, 0);
  const base = change.kind === 'removed' ? 2 : typeof facts['package'] === 'string' ? 2 : source.severity;
  const idle = facts['enabled'] === false && change.kind !== 'removed' ? -1 : 0;
  const reasons: Reason[] = [whatReason(facts, source), packageReason(facts)];
  if (change.kind === 'changed')
    for (const field of change.fields)
      reasons.push({
        text: {
          en: `${field} was “${text(change.before.facts, field)}”`,
          zh: `${field} 原为“${text(change.before.facts, field)}”`,
        },
        field,
        value: text(facts, field),
      });
  reasons.push(...remarks.map(({ text: words, field, value }) => ({ text: words, field, value })));
  return {
    severity: Math.min(5, Math.max(1, base + weight + idle)),
    title: titleOf(change.kind, source, facts),
    reasons,
    tags: source.tags,
    mlps: ['8.1.4.4', '8.1.4.6'],
    advice,
  };
}
