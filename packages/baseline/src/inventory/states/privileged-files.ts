/** Files that give whoever runs them more rights: set-uid, set-gid, and file capabilities. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { walkTrees } from '@redoubt/kernel/tree';
import type { StateChange, StateEntry } from '@redoubt/model';
import type { CollectOptions, Collector, DriftJudgement } from '../../collector.ts';
import { fieldsOf } from '../../files/walk.ts';
import { Host } from '../host.ts';
import { modeText } from '../persistence/facts.ts';
import { keyOfText } from '../text-key.ts';
import { inventoryTitles } from '../titles.ts';
import { judgement, reason, titled } from './judgement.ts';
import { type Mount, parseMountInfo } from './mounts.ts';

/** Set-user-id and set-group-id, of a mode. */
const setIdBits = 0o6000;
/** Where no files of the host's own stand. */
const skipped = [
  '/proc',
  '/sys',
  '/dev',
  '/run',
  '/var/lib/docker',
  '/var/lib/containerd',
  '/var/lib/containers',
  '/snap',
];
/** Folders with programs, asked for capabilities. */
const programFolders = [
  '/usr/bin',
  '/usr/sbin',
  '/usr/lib',
  '/usr/libexec',
  '/usr/local',
  '/bin',
  '/sbin',
  '/opt',
  '/home',
  '/root',
  '/tmp',
  '/var/tmp',
  '/srv',
];

const isBelow = (path: string, folder: string): boolean => path.startsWith(`${folder}/`);

/**
 * Where to walk on the running system, and what to leave out of that: mounts of other machines, of the kernel, and those
 * that obey no set-id bits. A mount that does obey them is walked wherever it stands.
 */
function placesOf(mountInfo: string): { starts: string[]; pruned: string[] } {
  const mounts = parseMountInfo(mountInfo).filter(({ target }) => target !== '/');
  const counts = ({ options, source }: Mount): boolean =>
    !options.includes('nosuid') && (source.startsWith('/dev/') || source === 'tmpfs');
  const pruned = mounts.filter(mount => !counts(mount)).map(({ target }) => target);
  const hidden = mounts
    .filter(counts)
    .map(({ target }) => target)
    .filter(target => !skipped.some(folder => target === folder || isBelow(target, folder)))
    .filter(target => pruned.some(folder => isBelow(target, folder)));
  return { starts: ['/', ...hidden], pruned: [...skipped, ...pruned] };
}

/** Keys of every regular file with a set-id bit. */
async function* setIdFiles(host: Host): AsyncGenerator<string> {
  const { starts, pruned } = host.isLive
    ? placesOf(readFileSync('/proc/self/mountinfo', 'utf8'))
    : { starts: ['/'], pruned: skipped };
  for (const start of starts) {
    const without = pruned.filter(folder => start === '/' || isBelow(folder, start));
    const walk = walkTrees(
      host.files.root,
      [Buffer.from(start)],
      without.map(folder => Buffer.from(folder)),
    );
    for await (const fields of fieldsOf(walk)) {
      host.signal?.throwIfAborted();
      for (let at = 0; at + 1 < fields.length; at += 2) {
        const [type, mode = ''] = (fields[at + 1] as string).split(' ', 2);
        if (type === 'f' && (Number.parseInt(mode, 8) & setIdBits) !== 0) yield fields[at] as string;
      }
    }
  }
}

/** Where getcap(8) is; capabilities are an extended attribute, which Node cannot read. */
const getcap = ['/usr/sbin/getcap', '/sbin/getcap'].find(path => existsSync(path));

/** Path and capabilities of a line of getcap(8): `/usr/bin/ping cap_net_raw=ep`, or with ` = ` in old releases. */
export function parseCapabilities(line: string): { path: string; capabilities: string } | undefined {
  const [, path, capabilities] = /^(.+?)(?: =)? (cap_\S+|=\S+)$/.exec(line) ?? [];
  return path === undefined || capabilities === undefined ? undefined : { path, capabilities };
}

async function* capableFiles(
  host: Host,
  options: CollectOptions,
): AsyncGenerator<{ path: string; capabilities: string }> {
  if (getcap === undefined) {
    const text = {
      en: 'getcap is not installed (libcap2-bin): file capabilities are not listed',
      zh: '未安装 getcap（libcap2-bin）：未列出文件能力',
    };
    options.onTrouble?.({ key: 'getcap', text });
    return;
  }
  const prefix = host.files.root.replace(/\/+$/, '');
  const folders = programFolders
    .filter(folder => host.files.resolve(folder) === folder)
    .map(folder => prefix + folder);
  if (folders.length === 0) return;
  const child = spawn(getcap, ['-r', ...folders], {
    stdio: ['ignore', 'pipe', 'ignore'],
    ...(host.signal && { signal: host.signal }),
  });
  const failed = new Promise<void>(resolve =>
    child.once('error', () => resolve()).once('close', () => resolve()),
  );
  for await (const line of createInterface({ input: child.stdout })) {
    const found = parseCapabilities(line);
    if (found?.path.startsWith(`${prefix}/`))
      yield { ...found, path: keyOfText(found.path.slice(prefix.length)) };
  }
  await failed;
}

async function* collect(options: CollectOptions): AsyncGenerator<StateEntry> {
  const host = new Host(options);
  const capabilities = new Map<string, string>();
  for await (const { path, capabilities: found } of capableFiles(host, options))
    capabilities.set(path, found);
  const entry = async (path: string, mode: number): Promise<StateEntry> => {
    const stats = host.files.lstat(path);
    return {
      key: path,
      facts: {
        mode: modeText(mode),
        owner: stats === undefined ? null : `${host.userName(stats.uid)}:${host.groupName(stats.gid)}`,
        capabilities: capabilities.get(path) ?? '',
        sha256: host.files.sha256(path),
        package: await host.packageOf(path),
      },
    };
  };
  let done = 0;
  for await (const path of setIdFiles(host)) {
    yield await entry(path, host.files.lstat(path)?.mode ?? 0);
    capabilities.delete(path);
    options.onProgress?.(++done);
  }
  for (const path of capabilities.keys()) yield await entry(path, host.files.lstat(path)?.mode ?? 0);
}

const shells = /\/(?:(?:ba|da|z|k)?sh|python[\d.]*|perl|find|vim?|env|cp|busybox)$/;

function judge(change: StateChange): DriftJudgement | undefined {
  if (change.kind === 'removed') return undefined;
  const { facts } = change.after;
  const reasons = [];
  let severity = facts['package'] === null ? 4 : 2;
  const what = Number.parseInt(String(facts['mode']), 8) & setIdBits;
  if ((what & 0o4000) !== 0)
    reasons.push(
      reason(
        'mode',
        facts['mode'],
        `whoever runs it becomes ${String(facts['owner']).split(':')[0]}`,
        `任何人运行都会获得 ${String(facts['owner']).split(':')[0]} 的权限`,
      ),
    );
  if (facts['capabilities'] !== '')
    reasons.push(
      reason(
        'capabilities',
        facts['capabilities'],
        `it gives capabilities: ${facts['capabilities']}`,
        `赋予能力：${facts['capabilities']}`,
      ),
    );
  if (facts['package'] === null)
    reasons.push(reason('package', '', 'no package owns it', '不属于任何软件包'));
  if (shells.test(change.key)) {
    severity = 5;
    reasons.push(reason('key', change.key, 'it runs whatever it is told to', '可执行任意命令'));
  }
  if (/^\/(?:tmp|var\/tmp|dev\/shm|home)\//.test(change.key)) severity = 5;
  return judgement(change, {
    severity,
    reasons,
    title: titled(change, { en: `privileged file ${change.key}`, zh: `特权文件 ${change.key}` }),
    tags: ['attack.privilege-escalation', 'attack.defense-evasion', 'attack.t1548.001'],
    mlps: ['8.1.4.2', '8.1.4.4'],
    advice: {
      en: 'If it is not needed, take the bit away (`chmod u-s,g-s FILE`, `setcap -r FILE`) and find out who set it.',
      zh: '若不需要，请移除权限位（`chmod u-s,g-s 文件`、`setcap -r 文件`），并查明由谁设置。',
    },
  });
}

export const privilegedFilesCollector: Collector = {
  name: 'privileged-files',
  title: inventoryTitles['privileged-files'],
  collect,
  judge,
};
