/** Programs on this host that Redoubt works with or stands beside. */
import { absent, type Check, same } from './check.ts';
import { exists, outputOf, pidsNamed } from './read.ts';

const clamdSockets = ['/run/clamav/clamd.ctl', '/run/clamd.scan/clamd.sock', '/tmp/clamd.socket'];

/** clamd's socket: a second opinion on files. */
export const clamdCheck: Check = async () => {
  const found = (
    await Promise.all(clamdSockets.map(async path => ((await exists(path)) ? path : undefined)))
  ).find(path => path !== undefined);
  return {
    id: 'clamd',
    name: { en: 'ClamAV daemon', zh: 'ClamAV 守护进程' },
    state: found === undefined ? 'limited' : 'ok',
    found: found === undefined ? absent : same(found),
    ...(found === undefined && {
      cost: { en: 'Files are judged without ClamAV’s signatures.', zh: '判断文件时没有 ClamAV 特征库。' },
      remedy: { en: 'apt-get install clamav-daemon', zh: 'apt-get install clamav-daemon' },
    }),
  };
};

/** nftables: how addresses are banned and hosts isolated. */
export const nftablesCheck: Check = async () => {
  const version = (await outputOf('nft', ['--version']))?.trim();
  const root = process.geteuid?.() === 0;
  const usable = root && (await outputOf('nft', ['list', 'tables'])) !== undefined;
  return {
    id: 'nftables',
    name: same('nftables'),
    state: usable ? 'ok' : 'limited',
    found:
      version === undefined
        ? absent
        : usable || !root
          ? same(version)
          : { en: `${version}, but the kernel refuses`, zh: `${version}，但内核拒绝` },
    ...(!usable && {
      cost: { en: 'Nothing can be blocked on the network.', zh: '无法在网络上进行阻断。' },
      remedy:
        version === undefined
          ? { en: 'apt-get install nftables', zh: 'apt-get install nftables' }
          : { en: 'Run as root on a kernel with nf_tables.', zh: '在支持 nf_tables 的内核上以 root 运行。' },
    }),
  };
};

/** auditd: not in the way, but its rules cost every call that they cover a second time. */
export const auditdCheck: Check = async () => {
  const running = (await pidsNamed('auditd')).length > 0;
  return {
    id: 'auditd',
    name: same('auditd'),
    state: 'info',
    found: running ? { en: 'running', zh: '运行中' } : { en: 'not running', zh: '未运行' },
    ...(running && {
      cost: {
        en: 'Its rules slow each system call that they cover, in addition to Redoubt; Redoubt does not need it.',
        zh: '它的规则会在 Redoubt 之外再次拖慢所覆盖的每个系统调用；Redoubt 并不需要它。',
      },
    }),
  };
};
