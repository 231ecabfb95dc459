/**
 * Drills about logs: made-up lines in a log of the drill's own, which the agent follows. No account, host or
 * address in them exists; addresses are of the documentation range 2001:db8::/32 (RFC 3849), each run's own.
 */
import type { Drill, LogPlace } from '../drill.ts';

const harmless = {
  en: 'The lines stand in a file of the drill’s own that is removed afterwards; nothing is contacted and no service is involved.',
  zh: '这些行写在演练自己的文件里，结束后删除；不连接任何地址，也不涉及任何服务。',
};

/** A drill whose step is what a log says. The program only opens a file that everyone may read. */
function says(
  drill: Pick<Drill, 'name' | 'title' | 'what' | 'technique' | 'rules'>,
  lines: (place: LogPlace) => readonly string[],
): Drill {
  return {
    ...drill,
    what: { en: `${drill.what.en} ${harmless.en}`, zh: `${drill.what.zh}${harmless.zh}` },
    needs: ['root', 'log-drills'],
    step: ({ tag }) => ['read-file', '/etc/os-release', tag],
    log: lines,
  };
}

const repeated = (count: number, line: (number: number) => string): string[] =>
  Array.from({ length: count }, (_, number) => line(number));

/** The head of a syslog line: time and host. */
const head = ({ tag, now }: LogPlace, later = 0): string =>
  `${new Date(now.getTime() - 2_000 + later).toISOString()} ${tag}`;

/** The time of a web server's access log, in UTC. */
function commonLogTime(now: Date): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+) GMT$/.exec(now.toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}

const request = ({ address, now }: LogPlace, path: string, status: number, agent: string): string =>
  `${address} - - [${commonLogTime(now)}] "GET ${path} HTTP/1.1" ${status} 153 "-" "${agent}"`;

const failedSsh = (place: LogPlace, number: number): string =>
  `${head(place, number)} sshd[811]: Failed password for invalid user ${place.tag} from ${place.address} port ${40_000 + number} ssh2`;

export const logDrills: readonly Drill[] = [
  says(
    {
      name: 'log-ssh-brute-force',
      title: { en: 'A log tells of guessed SSH passwords', zh: '日志显示 SSH 口令被猜测' },
      what: {
        en: 'Writes 25 lines of failed SSH log-ins from one address.',
        zh: '写入同一地址 25 次 SSH 登录失败的日志行。',
      },
      technique: { uid: 'T1110.001', name: 'Password Guessing' },
      rules: ['ssh-brute-force'],
    },
    place => repeated(25, number => failedSsh(place, number)),
  ),
  says(
    {
      name: 'log-ssh-guessed',
      title: { en: 'A guessed SSH password is accepted', zh: '猜中的 SSH 口令被接受' },
      what: {
        en: 'Writes 12 lines of failed SSH log-ins and one that succeeds, which correlations join in their order.',
        zh: '写入 12 行 SSH 登录失败和一行成功，由关联规则按先后联系起来。',
      },
      technique: { uid: 'T1078', name: 'Valid Accounts' },
      rules: ['ssh-brute-force-succeeds'],
    },
    place => [
      ...repeated(12, number => failedSsh(place, number)),
      `${head(place, 500)} sshd[811]: Accepted password for ${place.tag} from ${place.address} port 40100 ssh2`,
    ],
  ),
  says(
    {
      name: 'log-sudo-failure',
      title: { en: 'A log tells of wrong passwords for sudo', zh: '日志显示 sudo 口令错误' },
      what: {
        en: 'Writes two lines of sudo that refuses wrong passwords.',
        zh: '写入两行 sudo 拒绝错误口令的日志。',
      },
      technique: { uid: 'T1548.003', name: 'Sudo and Sudo Caching' },
      rules: ['sudo-wrong-passwords'],
    },
    place =>
      repeated(
        2,
        number =>
          `${head(place, number)} sudo[811]: ${place.tag} : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/true`,
      ),
  ),
  says(
    {
      name: 'log-web-scanner',
      title: { en: 'A web server’s log shows a scanner', zh: 'Web 服务器日志显示扫描器' },
      what: {
        en: 'Writes one line of an access log whose client names itself a vulnerability scanner.',
        zh: '写入一行访问日志，其客户端自称漏洞扫描器。',
      },
      technique: { uid: 'T1595.002', name: 'Vulnerability Scanning' },
      rules: ['web-scanner-user-agent'],
    },
    place => [request(place, `/${place.tag}`, 404, 'Mozilla/5.0 (compatible; Nikto/2.5)')],
  ),
  says(
    {
      name: 'log-web-probing',
      title: { en: 'One address asks for many missing pages', zh: '同一地址请求大量不存在的页面' },
      what: {
        en: 'Writes 45 lines of an access log about different pages that do not exist.',
        zh: '写入 45 行访问日志，各请求一个不存在的页面。',
      },
      technique: { uid: 'T1595.003', name: 'Wordlist Scanning' },
      rules: ['web-probing-many-missing-pages'],
    },
    place => repeated(45, number => request(place, `/${place.tag}/${number}`, 404, 'Mozilla/5.0')),
  ),
  says(
    {
      name: 'log-database-program',
      title: {
        en: 'A PostgreSQL log shows a statement that starts a program',
        zh: 'PostgreSQL 日志显示语句启动程序',
      },
      what: {
        en: 'Writes one line of a PostgreSQL log: data copied from the program true.',
        zh: '写入一行 PostgreSQL 日志：从程序 true 复制数据。',
      },
      technique: { uid: 'T1059.004', name: 'Unix Shell' },
      rules: ['postgresql-runs-program'],
    },
    ({ tag, now }) => [
      `${now.toISOString().replace('T', ' ').replace('Z', ' UTC')} [811] drill@${tag} LOG:  statement: COPY "${tag}" FROM PROGRAM 'true'`,
    ],
  ),
  says(
    {
      name: 'log-kerberoasting',
      title: { en: 'A domain controller gives out many weak tickets', zh: '域控制器签发多张弱加密票据' },
      what: {
        en: 'Writes six Windows events about service tickets with an RC4 key for one account.',
        zh: '写入六条 Windows 事件：同一帐户获得 RC4 密钥的服务票据。',
      },
      technique: { uid: 'T1558.003', name: 'Kerberoasting' },
      rules: ['kerberoasting'],
    },
    ({ tag, address, now }) =>
      repeated(6, number =>
        JSON.stringify({
          EventTime: new Date(now.getTime() - 1_000 + number).toISOString(),
          Hostname: tag,
          EventID: 4769,
          Channel: 'Security',
          TargetUserName: `${tag}@EXAMPLE.TEST`,
          ServiceName: `service${number}`,
          TicketOptions: '0x40810000',
          TicketEncryptionType: '0x17',
          Status: '0x0',
          IpAddress: address,
        }),
      ),
  ),
];
