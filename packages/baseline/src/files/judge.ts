/** What a change of a file means. */
import type { Bilingual, Reason, StateChange, StateEntry } from '@redoubt/model';
import type { DriftJudgement } from '../collector.ts';
import type { FileClass } from './policy.ts';

const say = (en: string, zh: string): Bilingual => ({ en, zh });

const classNames: Readonly<Record<FileClass, Bilingual>> = {
  binaries: say('A program or library', '程序或库'),
  configuration: say('A configuration file', '配置文件'),
  web: say('A file of a web root', 'Web 目录文件'),
  logs: say('A log', '日志'),
  other: say('A watched file', '受监控文件'),
  ignored: say('A file', '文件'),
};

const verbs = {
  added: say('was added', '被新增'),
  removed: say('is gone', '已消失'),
  changed: say('was changed', '被更改'),
};

/** Files whose change gives a foothold or rights at once. */
const decisive =
  /^\/etc\/(passwd|shadow|group|gshadow|sudoers|sudoers\.d\/.*|ld\.so\.(preload|conf)|ld\.so\.conf\.d\/.*|pam\.d\/.*|ssh\/sshd_config.*|crontab|cron\.d\/.*|nsswitch\.conf)$|\/\.ssh\/authorized_keys2?$/;
/** What web servers run. */
const script = /\.(php\d?|phtml|phar|jspx?|aspx?|ashx|asmx|cgi|pl|py|rb|cfm)$/i;
/** Folders that a package manager of a language fills; what changes inside is told as one. */
const installed = /^(.*?\/(?:node_modules|vendor|site-packages|__pycache__|bower_components))(?:\/|$)/;

const modeOf = (entry: StateEntry | undefined): number =>
  Number.parseInt(String(entry?.facts['mode'] ?? '0'), 8);

/** Rights that appear with a change: set-uid and set-gid bits, capabilities, writing by everyone. */
function newRights(before: StateEntry | undefined, after: StateEntry | undefined): Reason[] {
  if (after === undefined) return [];
  const reasons: Reason[] = [];
  const mode = String(after.facts['mode']);
  const added = modeOf(after) & ~modeOf(before);
  const file = after.facts['type'] === 'file';
  if (file && (added & 0o6000) !== 0)
    reasons.push({
      field: 'mode',
      value: mode,
      text: say('it runs with its owner’s rights now', '现在以属主权限运行'),
    });
  if (file && (added & 0o002) !== 0)
    reasons.push({ field: 'mode', value: mode, text: say('everyone may write to it now', '现在任何人可写') });
  const capabilities = after.facts['capabilities'];
  if (capabilities !== undefined && capabilities !== before?.facts['capabilities'])
    reasons.push({
      field: 'capabilities',
      value: String(capabilities),
      text: say('it has capabilities that it had not', '获得了新的能力'),
    });
  return reasons;
}

const fieldWords: Readonly<Record<string, Bilingual>> = {
  sha256: say('the content is another', '内容已改变'),
  size: say('the size is another', '大小已改变'),
  mode: say('the permissions are others', '权限已改变'),
  uid: say('the owner is another', '属主已改变'),
  gid: say('the group is another', '属组已改变'),
  link: say('it points elsewhere', '链接目标已改变'),
  type: say('it has become something else', '类型已改变'),
  acl: say('the access control list is another', '访问控制列表已改变'),
  selinux: say('the SELinux label is another', 'SELinux 标签已改变'),
};

function reasonsOf(change: StateChange): Reason[] {
  if (change.kind === 'changed')
    return change.fields.map(field => ({
      field,
      value: `${change.before.facts[field] ?? '–'} → ${change.after.facts[field] ?? '–'}`,
      text: fieldWords[field] ?? say('it differs', '有差异'),
    }));
  const { facts } = change.kind === 'added' ? change.after : change.before;
  const value = String(facts['sha256'] ?? facts['link'] ?? facts['type'] ?? '');
  const text =
    change.kind === 'added' ? say('it was not there', '此前不存在') : say('it was there', '此前存在');
  return [{ field: 'key', value, text }];
}

interface Weight {
  readonly severity: number;
  readonly tags: readonly string[];
}

function weightOf(change: StateChange, kind: FileClass, content: boolean, executable: boolean): Weight {
  const { key } = change;
  if (decisive.test(key)) return { severity: 4, tags: ['attack.persistence', 'attack.privilege-escalation'] };
  if (kind === 'binaries') {
    if (change.kind === 'added') return { severity: executable ? 4 : 3, tags: ['attack.persistence'] };
    return { severity: content ? 4 : 3, tags: ['attack.t1554'] };
  }
  if (kind === 'web') {
    const runs = script.test(key) && change.kind !== 'removed' && content;
    return runs ? { severity: 4, tags: ['attack.t1505.003'] } : { severity: 2, tags: [] };
  }
  if (kind === 'logs') return { severity: 4, tags: ['attack.t1070.002'] };
  if (kind === 'configuration') return { severity: 3, tags: [] };
  return { severity: 2, tags: [] };
}

const inodeOf = (entry: StateEntry): string => String(entry.facts['stat']).split(' ')[7] ?? '';

/** Logs are rotated: a new one, one that is gone, another inode in its place are no drift; a shortened one is. */
function ordinaryLog(change: StateChange): boolean {
  if (change.kind !== 'changed') return true;
  if (change.before.facts['type'] !== 'file') return true;
  if (inodeOf(change.before) !== inodeOf(change.after)) return true;
  return !change.fields.includes('sha256');
}

/** What a change of a file means; undefined when it is of no interest. */
export function judgeFile(change: StateChange): DriftJudgement | undefined {
  const before = change.kind === 'added' ? undefined : change.before;
  const after = change.kind === 'removed' ? undefined : change.after;
  const entry = after ?? before;
  const kind = (entry?.facts['class'] ?? 'other') as FileClass;
  const rights = newRights(before, after);
  if (kind === 'logs' && rights.length === 0 && ordinaryLog(change)) return undefined;

  const type = entry?.facts['type'];
  const content =
    change.kind !== 'changed' || change.fields.some(one => ['sha256', 'link', 'type'].includes(one));
  const executable = type === 'file' && (modeOf(after) & 0o111) !== 0;
  const { severity, tags } = weightOf(change, kind, content, executable);
  const folderOnly = type === 'folder' && change.kind !== 'changed';
  const [, group] = installed.exec(change.key) ?? [];
  const name = classNames[kind];
  const verb = verbs[change.kind];
  const metadata = !content && rights.length === 0;
  return {
    severity:
      rights.length > 0
        ? Math.max(severity, 4)
        : folderOnly
          ? 2
          : metadata
            ? Math.min(severity, 3)
            : severity,
    title: say(`${name.en} ${verb.en}: ${change.key}`, `${name.zh}${verb.zh}：${change.key}`),
    reasons: [...rights, ...reasonsOf(change)],
    tags: [
      ...tags,
      ...(rights.length > 0 ? ['attack.t1548.001'] : []),
      ...(metadata ? ['attack.t1222.002'] : []),
    ],
    mlps: kind === 'web' || kind === 'binaries' ? ['8.1.4.6', '8.1.4.4'] : ['8.1.4.6'],
    advice: say(
      'Accept it when it was planned (redoubt baseline accept); otherwise look at the process that did it and restore the file.',
      '若为计划内更改请接受（redoubt baseline accept）；否则请检查做出更改的进程并恢复文件。',
    ),
    ...(group === undefined
      ? {}
      : {
          group: {
            key: group,
            title: say(`Installed packages changed below ${group}`, `${group} 下安装的软件包有变更`),
          },
        }),
  };
}
