/** The settings that sshd itself says it uses (sshd(8), `-T`). */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ExposureIssue } from './report.ts';

const run = promisify(execFile);

interface Check {
  readonly key: string;
  readonly bad: (value: string) => boolean;
  readonly severity: number;
  readonly en: string;
  readonly zh: string;
  readonly set: string;
}

/** sshd_config(5); what is wanted is what GB/T 22239-2019 8.1.4.1 and the CIS benchmarks ask for. */
const checks: readonly Check[] = [
  {
    key: 'permitemptypasswords',
    bad: value => value === 'yes',
    severity: 5,
    en: 'accounts without a password may log in',
    zh: '允许空密码账户登录',
    set: 'PermitEmptyPasswords no',
  },
  {
    key: 'permitrootlogin',
    bad: value => value === 'yes',
    severity: 4,
    en: 'root may log in with a password',
    zh: '允许 root 使用密码登录',
    set: 'PermitRootLogin prohibit-password',
  },
  {
    key: 'passwordauthentication',
    bad: value => value === 'yes',
    severity: 3,
    en: 'passwords are taken: they can be guessed',
    zh: '允许密码登录，可能被猜测',
    set: 'PasswordAuthentication no',
  },
  {
    key: 'ignorerhosts',
    bad: value => value === 'no',
    severity: 4,
    en: '.rhosts files are trusted',
    zh: '信任 .rhosts 文件',
    set: 'IgnoreRhosts yes',
  },
  {
    key: 'hostbasedauthentication',
    bad: value => value === 'yes',
    severity: 3,
    en: 'whole hosts are trusted',
    zh: '信任整台主机',
    set: 'HostbasedAuthentication no',
  },
  {
    key: 'maxauthtries',
    bad: value => Number(value) > 6,
    severity: 2,
    en: 'many guesses on one connection',
    zh: '单个连接允许过多尝试',
    set: 'MaxAuthTries 4',
  },
  {
    key: 'ciphers',
    bad: value => /(?:^|,)(?:3des-cbc|arcfour\S*|blowfish-cbc|\S*-cbc)(?:,|$)/.test(value),
    severity: 3,
    en: 'weak ciphers are offered',
    zh: '提供弱加密算法',
    set: 'Ciphers -*-cbc',
  },
  {
    key: 'macs',
    bad: value => /(?:^|,)(?:hmac-md5\S*|umac-64@\S*)(?:,|$)/.test(value),
    severity: 2,
    en: 'weak message authentication is offered',
    zh: '提供弱消息认证算法',
    set: 'MACs -hmac-md5*,umac-64@*',
  },
];

/** Issues of settings as `sshd -T` prints them. */
export function sshdIssues(text: string): ExposureIssue[] {
  const settings = new Map(
    text.split('\n').map(line => {
      const [key = '', ...value] = line.trim().split(' ');
      return [key.toLowerCase(), value.join(' ')];
    }),
  );
  return checks.flatMap(({ key, bad, severity, en, zh, set }) => {
    const value = settings.get(key);
    if (value === undefined || !bad(value)) return [];
    return [
      {
        code: `sshd-${key}`,
        severity,
        text: { en: `sshd: ${en} (${key})`, zh: `sshd：${zh}（${key}）` },
        advice: { en: `set “${set}” in sshd_config`, zh: `在 sshd_config 中设置“${set}”` },
        mlps: ['8.1.4.1', '8.1.4.4'],
      },
    ];
  });
}

/** Asks sshd; undefined where there is none or it does not tell. */
export async function askSshd(): Promise<ExposureIssue[] | undefined> {
  for (const program of ['/usr/sbin/sshd', '/sbin/sshd', '/usr/local/sbin/sshd']) {
    try {
      const { stdout } = await run(program, ['-T'], { timeout: 5_000, maxBuffer: 1 << 20 });
      return sshdIssues(stdout);
    } catch {
      // Not there, or it does not tell whoever is not root.
    }
  }
  return undefined;
}
