/** Drills about what survives a restart. All files are written in a private copy of their directory. */
import type { Drill } from '../drill.ts';

const harmless = {
  en: 'This happens in a mount namespace of its own with an empty file system in memory: the host’s files stay as they are.',
  zh: '这一切发生在独立的挂载命名空间里的空内存文件系统中：主机自身的文件不受影响。',
};

/** A drill that writes one comment line to a file in a private directory. */
function writes(
  drill: Pick<Drill, 'name' | 'title' | 'technique' | 'rules'>,
  directory: string,
  file: (tag: string) => string,
): Drill {
  const shown = file('…');
  return {
    ...drill,
    what: {
      en: `Writes a comment line to ${shown}. ${harmless.en}`,
      zh: `向 ${shown} 写入一行注释。${harmless.zh}`,
    },
    needs: ['root', 'kernel-sensor'],
    step: ({ tag }) => ['write-hidden', directory, file(tag), tag],
  };
}

export const persistenceDrills: readonly Drill[] = [
  writes(
    {
      name: 'ld-so-preload',
      title: { en: 'Write to ld.so.preload', zh: '写入 ld.so.preload' },
      technique: { uid: 'T1574.006', name: 'Dynamic Linker Hijacking' },
      rules: ['ld-so-preload-write'],
    },
    '/etc',
    () => '/etc/ld.so.preload',
  ),
  writes(
    {
      name: 'cron-job',
      title: { en: 'Add a cron job', zh: '添加 cron 任务' },
      technique: { uid: 'T1053.003', name: 'Cron' },
      rules: ['cron-persistence'],
    },
    '/etc',
    tag => `/etc/cron.d/${tag}`,
  ),
  writes(
    {
      name: 'systemd-unit',
      title: { en: 'Add a systemd service', zh: '添加 systemd 服务' },
      technique: { uid: 'T1543.002', name: 'Systemd Service' },
      rules: ['systemd-persistence'],
    },
    '/etc',
    tag => `/etc/systemd/system/${tag}.service`,
  ),
  writes(
    {
      name: 'authorized-keys',
      title: { en: 'Add an SSH key for login', zh: '添加 SSH 登录公钥' },
      technique: { uid: 'T1098.004', name: 'SSH Authorized Keys' },
      rules: ['ssh-authorized-keys-write'],
    },
    '/root',
    () => '/root/.ssh/authorized_keys',
  ),
  writes(
    {
      name: 'sudoers',
      title: { en: 'Give sudo rights', zh: '授予 sudo 权限' },
      technique: { uid: 'T1548.003', name: 'Sudo and Sudo Caching' },
      rules: ['sudoers-write'],
    },
    '/etc',
    tag => `/etc/sudoers.d/${tag}`,
  ),
];
